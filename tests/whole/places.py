"""Places for whole conversations: the local community, a real Matrix room, and a fake Discord."""

import contextlib
import sqlite3
from collections import Counter
from typing import Any, Protocol

from tests.fakes.cameo import Cameo, eventually, scripted
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.synapse import Person, Synapse


class Place(Protocol):
    """A place where a person can write, and a test can read all messages."""

    config: dict[str, Any]
    environment: dict[str, str]

    async def ready(self, running: Cameo) -> None:
        """Waits until Cameo is there; earlier messages are history to it."""

    async def say(self, running: Cameo, text: str) -> str:
        """Writes as a person; returns the message's id."""

    async def replies(self, running: Cameo) -> Counter[str]:
        """The number of our replies, by the message that they answer."""


class LocalRoom:
    def __init__(self, model_url: str):
        self.config = scripted(model_url, rooms=[{"match": "*", "join": "mentions"}], limits=NO_LIMITS)
        self.environment: dict[str, str] = {}
        self._number = 0

    async def ready(self, running: Cameo) -> None:
        """Returns at once."""

    async def say(self, running: Cameo, text: str) -> str:
        self._number += 1  # everybody speaks once, so that nothing is merged
        return str((await running.post("workshop", f"Member {self._number}", text))["id"])

    async def replies(self, running: Cameo) -> Counter[str]:
        found = await running.replies("workshop")
        return Counter({trigger: len(texts) for trigger, texts in found.items()})


class MatrixRoom:
    """A room on a homeserver; several people take turns, so that nothing is merged."""

    def __init__(self, model_url: str, bot: Person, people: list[Person], room: str):
        self.bot, self.people, self.room = bot, people, room
        matrix = {
            "enabled": True,
            "homeserver": bot.url,
            "user": bot.id,
            "invites_from": ["@*:localhost"],
        }
        self.config = scripted(
            model_url,
            platforms={"local": {"enabled": False}, "matrix": matrix},
            rooms=[{"match": "*", "join": "mentions"}],
            limits=NO_LIMITS,
        )
        self.environment = {"MATRIX_TOKEN": bot.token}
        self._number = 0

    async def ready(self, running: Cameo) -> None:
        def has_joined(event: dict[str, Any]) -> bool:
            return event.get("state_key") == self.bot.id and event["content"].get("membership") == "join"

        await self.people[0].wait_for(self.room, has_joined)

    async def say(self, running: Cameo, text: str) -> str:
        self._number += 1
        who = self.people[self._number % len(self.people)]
        return await who.say(self.room, text, mentions=[self.bot.id])

    async def replies(self, running: Cameo) -> Counter[str]:
        found: Counter[str] = Counter()
        for event in await self.people[0].messages(self.room, limit=1000):
            relation = event["content"].get("m.relates_to", {})
            answered = relation.get("m.in_reply_to", {}).get("event_id")
            if event["sender"] == self.bot.id and event["type"] == "m.room.message" and answered:
                found[answered] += 1
        return found


class DiscordRoom:
    """The channel "general" of a fake Discord; everybody speaks once, so that nothing is merged."""

    channel = "general"

    def __init__(self, model_url: str, discord: FakeDiscord):
        self.discord = discord
        self.config = scripted(
            model_url,
            platforms={"local": {"enabled": False}, "discord": {"enabled": True}},
            rooms=[{"match": "*", "join": "mentions"}],
            limits=NO_LIMITS,
        )
        self.environment = discord_environment(discord)
        self._number = 0

    async def ready(self, running: Cameo) -> None:
        """Waits until Discord has listed the bot's channels, some time after the login; until then all is history."""
        await eventually(lambda: knows_its_beginning(running))

    async def say(self, running: Cameo, text: str) -> str:
        self._number += 1
        said = await self.discord.say(self.channel, f"Member {self._number}", text, mention=True)
        return str(said["id"])

    async def replies(self, running: Cameo) -> Counter[str]:
        return Counter(answered(said) for said in self.discord.ours(self.channel))


def answered(said: dict[str, Any]) -> str:
    """The message that one of Discord's messages replies to; "" for none."""
    return str(said.get("message_reference", {}).get("message_id", ""))


def discord_environment(discord: FakeDiscord, token: str | None = None) -> dict[str, str]:
    return {
        "DISCORD_TOKEN": token or discord.token,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
    }


async def knows_its_beginning(running: Cameo) -> bool:
    """True if Cameo has stored when it first listened to Discord."""
    with contextlib.closing(sqlite3.connect(f"file:{running.config['database']}?mode=ro", uri=True)) as stored:
        asked = "select 1 from adapter_state where platform = 'discord' and key = 'first'"
        return stored.execute(asked).fetchone() is not None


# Six people take turns, so that after quick restarts two questions of one person never form a burst.
PEOPLE = ("ana", "ben", "eve", "fay", "gus", "hal")
NO_LIMITS = {f"replies_per_{whose}_hour": 3600 for whose in ("member", "room", "community")}


async def matrix_room(homeserver: Synapse, model_url: str, name: str) -> MatrixRoom:
    """A bot account that has been invited to a fresh room with people in it."""
    bot = await homeserver.user(f"cameo-{name}")
    people = [await homeserver.user(f"{person}-{name}") for person in PEOPLE]
    room = await people[0].create_room(invite=[bot.id, *(person.id for person in people[1:])])
    for person in people[1:]:
        await person.join(room)
    return MatrixRoom(model_url, bot, people, room)


__all__ = ["DiscordRoom", "LocalRoom", "MatrixRoom", "Place", "matrix_room"]
