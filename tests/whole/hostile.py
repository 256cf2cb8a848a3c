"""A homeserver and a gateway that mix mutated events among good ones, which a room's members call the bot in."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tests.adapters.matrix.scripted import HOLD, OWN, WHO, Answer
from tests.adapters.matrix.test_hostile import JOINED, SAID, STATE
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import Json
from tests.fakes.hostile_json import mutants

MUTATED, EVERY = 500, 20  # a good event follows each EVERY mutated ones
ROOM, OTHER = "!r:x", "!s:x"


def called(number: int) -> Json:
    """A member calls the bot; everybody speaks once."""
    content = {"msgtype": "m.text", "body": f"why does rye sink, {number}?", "m.mentions": {"user_ids": [OWN]}}
    return {"type": "m.room.message", "event_id": f"$good{number}", "sender": f"@member{number}:x",
            "origin_server_ts": int(time.time() * 1000), "content": content}  # fmt: skip


class HostileHomeserver:
    """Answers each sync with EVERY mutated events and a good one, and with a mutated part for another room."""

    def __init__(self, seed: int):
        self._events = mutants([*SAID, *STATE], seed)
        self._parts = mutants([JOINED], seed + 1)
        self._given = 0
        self.good: list[str] = []
        self.replies: Counter[str] = Counter()

    def answer(self, request: str, query: dict[str, str], body: Any) -> Answer:
        if request == "GET sync":
            return self._sync(query.get("since"))
        if "/send/m.room.message/" in request:
            answered = body.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id", "")
            self.replies[answered] += 1
            return 200, {"event_id": f"$ours{sum(self.replies.values())}"}
        if "/messages" in request or "/event/" in request:
            return 200, next(self._parts).encode()
        return WHO

    def _sync(self, since: str | None) -> Answer:
        if since is None:
            return 200, {"next_batch": "0", "rooms": {"join": {ROOM: {"timeline": {"events": STATE}}}}}
        if self._given >= MUTATED:
            return HOLD
        self._given += EVERY
        said = called(self._given)
        self.good.append(said["event_id"])
        events = [*islice(self._events, EVERY // 2), json.dumps(said), *islice(self._events, EVERY // 2)]
        timeline = f'{{"timeline": {{"events": [{", ".join(events)}]}}}}'
        rooms = f'{{"join": {{"{ROOM}": {timeline}, "{OTHER}": {next(self._parts)}}}}}'
        return 200, f'{{"next_batch": "{self._given}", "rooms": {rooms}}}'.encode()


class HostileGateway:
    """Sends mutated frames of every kind, and good messages between them, through a fake Discord."""

    def __init__(self, discord: FakeDiscord, seed: int):
        self._discord, self.good = discord, list[str]()
        self._frames = mutants(list(self._kinds()), seed)

    def _kinds(self) -> Iterator[Json]:
        world = self._discord.world
        channel, mallory = world.find("kitchen"), world.member("Mallory")
        said = world.event(world.message(channel, mallory, "hello there"))
        gone = {"id": said["id"], "channel_id": channel, "guild_id": world.guild_id}
        who = {"user_id": mallory["id"], "message_id": said["id"], "emoji": {"id": None, "name": "🍞"}}
        kinds: dict[str, Any] = {
            "MESSAGE_CREATE": said,
            "MESSAGE_UPDATE": {**said, "edited_timestamp": "2026-01-01T00:00:00+00:00"},
            "MESSAGE_DELETE": gone,
            "MESSAGE_DELETE_BULK": {**gone, "ids": [said["id"]]},
            "MESSAGE_REACTION_ADD": {**gone, **who},
            "MESSAGE_REACTION_REMOVE": {**gone, **who},
            "TYPING_START": {**gone, "user_id": mallory["id"], "timestamp": 1},
            "CHANNEL_UPDATE": {**world.channels[channel], "guild_id": world.guild_id},
            "THREAD_CREATE": {**world.channels[channel], "guild_id": world.guild_id, "type": 11},
            "GUILD_ROLE_UPDATE": {"guild_id": world.guild_id, "role": {"id": world.guild_id, "name": "x"}},
            "GUILD_MEMBER_UPDATE": {"guild_id": world.guild_id, "user": mallory, "roles": []},
            "GUILD_CREATE": {**world.guild(), "id": "77"},
            "RESUMED": {},
        }
        for name, data in kinds.items():
            yield {"op": 0, "t": name, "s": 5, "d": data}
        yield from ({"op": op, "d": {"heartbeat_interval": 41250}, "s": None, "t": None} for op in (10, 11, 1))

    async def run(self) -> None:
        [session] = self._discord.sessions.values()
        for number in range(MUTATED):
            assert session.socket is not None
            await session.socket.send_str(next(self._frames))
            if number % EVERY == 0:
                await self._call(number)

    async def _call(self, number: int) -> None:
        said = await self._discord.say("general", f"Member {number}", f"why does rye sink, {number}?", mention=True)
        self.good.append(said["id"])
        await asyncio.sleep(0)
