"""Looks for what already stands of a reply in its channel, before it is sent again."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import discord

from bot.types import Reply, Thread, Undeliverable

from .client import DiscordClient
from .payload import Payload, id_at, id_of, part, text

SEARCHED_PAGES = 5  # of 100 messages: enough for a busy channel between a crash and the restart
NONCE_WINDOW = timedelta(minutes=2)  # Discord says "a few minutes", and returns the existing message meanwhile
SKEW = 60_000 << 22  # one minute in ids: our clock may be ahead of Discord's


class Unseen(Undeliverable):
    """Nobody knows whether the reply was sent: we may not read the channel's history. The channel is not closed."""


@dataclass(frozen=True, slots=True)
class SentPart:
    """A message of ours: its id and its text."""

    id: str
    text: str


class SentBefore:
    """Searches through one connected client."""

    def __init__(self, client: DiscordClient):
        self._client = client

    async def look(self, channel_id: int, reply: Reply, parts: tuple[str, ...], tried: datetime) -> list[SentPart]:
        """The first parts of the reply that stand, in the timeline too if its own thread could not be started. Raises
        Unseen, and what the SDK raises."""
        try:
            return await self._found(channel_id, reply, parts, tried)
        except discord.NotFound:
            if reply.thread.root != reply.reply_to:
                raise
            return await self.look(
                int(reply.thread.room.id), replace(reply, thread=Thread(reply.thread.room)), parts, tried
            )
        except discord.Forbidden as problem:
            raise Unseen("its channel's history can't be read, so nobody knows whether it was sent") from problem

    async def answer_to(self, channel_id: int, message_id: str) -> str | None:
        """The id of the newest message of ours that replies to a message of the channel, among the next ones after it;
        None if there is none. Raises what the SDK raises."""
        found = None
        after = int(message_id)
        for _ in range(SEARCHED_PAGES):
            page = await self._page(channel_id, after)
            found = next((id_of(one.get("id")) for one in reversed(page) if self._answers(one) == message_id), found)
            if len(page) < 100:
                break
            after = max(int(id_of(one.get("id")) or 0) for one in page)
        return found

    async def speaks_after(self, channel_id: int, moment: datetime) -> bool:
        """Whether we have written in the channel since then, in its next hundred messages. Raises what the SDK
        raises."""
        return any(self._is_ours(one) for one in await self._page(channel_id, id_at(moment)))

    async def _found(self, channel_id: int, reply: Reply, parts: tuple[str, ...], tried: datetime) -> list[SentPart]:
        after = max(int(reply.reply_to), id_at(tried) - SKEW)
        found: list[SentPart] = []
        for _ in range(SEARCHED_PAGES):
            page = await self._page(channel_id, after)
            for one in page:
                if len(found) < len(parts) and self._is_part(one, reply, parts, len(found)):
                    found.append(SentPart(str(id_of(one.get("id"))), text(one, "content")))
            if len(found) == len(parts) or len(page) < 100:
                break
            after = max(int(id_of(one.get("id")) or 0) for one in page)
        return found

    async def _page(self, channel_id: int, after: int) -> list[Payload]:
        page: list[Payload] = list(await self._client.http.logs_from(channel_id, 100, after=after))
        return sorted(page, key=lambda one: int(id_of(one.get("id")) or 0))

    def _is_part(self, one: Payload, reply: Reply, parts: tuple[str, ...], number: int) -> bool:
        """True if the message is ours and either replies to the trigger (there is one turn per trigger) or, for later
        parts and if the trigger is deleted, has exactly the part's text."""
        if not self._is_ours(one):
            return False
        answers = _answered(one)
        if number == 0 and answers is not None:
            return answers == reply.reply_to
        return answers is None and text(one, "content").strip() == parts[number]

    def _answers(self, one: Payload) -> str | None:
        return _answered(one) if self._is_ours(one) else None

    def _is_ours(self, one: Payload) -> bool:
        me = self._client.user
        return me is not None and id_of(part(one, "author").get("id")) == str(me.id)


def _answered(one: Payload) -> str | None:
    return id_of(part(one, "message_reference").get("message_id"))
