"""Hides members who want to be left out, and what was said before a member's data was erased, before anything is
recorded or decided.

That somebody spoke is kept: a place, a time, and what it answered, so that people still go first and our share of voice
stays right. Who it was, what they said, and the message's own id are not.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bot.remember.known_hidden import Shown, known_with
from bot.remember.store import Transaction
from bot.remember.wishes import Wishes
from bot.types import (
    SOMEBODY,
    Author,
    Deletion,
    Edit,
    Message,
    NewParts,
    PartKind,
    Reaction,
)

NOBODY_IN_PARTICULAR = Author(SOMEBODY, "")


class Veil:
    """Costs nothing while nobody has wished anything."""

    def __init__(self, wishes: Wishes, notices: Sequence[tuple[str, str]] = ()):
        """`notices`: what our line about ourselves begins and ends with, in each language."""
        self._wishes, self._notices = wishes, notices

    def bars(self, message: Message) -> bool:
        """Whether nothing of the message may be stored or shown."""
        if self._wishes.is_empty or message.author.is_self:
            return False
        return message.at < self._wishes.barred_before(message.room.platform, message.author.id)

    def is_out(self, platform: str, member: str) -> bool:
        return self._wishes.is_out(platform, member)

    async def over(self, tx: Transaction, messages: Sequence[Message]) -> list[Message]:
        """The messages as they may be recorded, in the same order: those that are barred say nothing and are by nobody
        in particular, and others neither quote nor mention who is left out."""
        messages = [self._without_notice(one) if one.author.is_self else one for one in messages]
        if self._wishes.is_empty:
            return messages
        barred = {(one.room.platform, one.id) for one in messages if self.bars(one)}
        answered = {(one.room.platform, one.reply_to) for one in messages if one.reply_to is not None}
        ids = barred | answered
        tokens = {key: self._wishes.message_token(*key) for key in ids}
        both = [*ids, *((platform, tokens[platform, key]) for platform, key in ids)]
        known = await tx.ask(known_with(both)) if both else {}
        hidden = {key: token for key, token in tokens.items() if key in barred or (key[0], token) in known}
        return [
            self._somebody(one, known, tokens) if (one.room.platform, one.id) in barred else one
            for one in (self._clean(one, known, hidden) for one in messages)
        ]

    def _somebody(
        self, message: Message, known: Mapping[tuple[str, str], Shown], tokens: Mapping[tuple[str, str], str]
    ) -> Message:
        """A barred message. One that was stored before its author opted out keeps its id, and so is not counted
        again."""
        key = message.room.platform, message.id
        return Message(
            id=message.id if key in known else tokens[key],
            thread=message.thread,
            author=replace(NOBODY_IN_PARTICULAR, is_bot=message.author.is_bot),
            text="",
            at=message.at,
            heard=message.heard,
            reply_to=message.reply_to,
            history=message.history,
            audience=message.audience,
        )

    def _clean(
        self, message: Message, known: Mapping[tuple[str, str], Shown], hidden: Mapping[tuple[str, str], str]
    ) -> Message:
        """A message without quotations, ids and mentions of those who are left out."""
        platform, answers = message.room.platform, message.reply_to
        key = platform, answers or ""
        quotes_hidden = key in hidden or known.get(key) is Shown.HIDDEN or self.is_out(platform, message.answers)
        mentions = self._mentions(platform, message.mentions)
        if not quotes_hidden and mentions == message.mentions:
            return message
        parts = tuple(part for part in message.parts if not (quotes_hidden and part.kind is PartKind.QUOTE))
        return replace(message, reply_to=hidden.get(key, answers), parts=parts, mentions=mentions)

    def _without_notice(self, ours: Message) -> Message:
        """A message of ours as it was written, without the line that delivering it has added."""
        for before, behind in self._notices:
            begin = ours.text.rfind(before)
            if begin >= 0 and ours.text.endswith(behind):
                return replace(ours, text=ours.text[:begin].rstrip().removesuffix("-#").rstrip())
        return ours

    def _mentions(self, platform: str, mentions: Collection[str]) -> tuple[str, ...]:
        return tuple(SOMEBODY if self.is_out(platform, one) else one for one in mentions)

    def may_react(self, reaction: Reaction) -> bool:
        """Whether a reaction may be stored; one may always be taken away."""
        if reaction.removed or self._wishes.is_empty or reaction.author.is_self:
            return True
        return reaction.at >= self._wishes.barred_before(reaction.room.platform, reaction.author.id)

    async def change(self, tx: Transaction, event: Edit | NewParts | Deletion) -> Edit | NewParts | Deletion:
        """A change of a message: what is hidden is deleted instead of getting new words, and a deletion finds a message
        of somebody who is left out."""
        if self._wishes.is_empty:
            return event
        platform, message_id = event.room.platform, event.message_id
        token = self._wishes.message_token(platform, message_id)
        known = await tx.ask(known_with([(platform, message_id), (platform, token)]))
        if (platform, token) in known:
            return Deletion(event.room, token, event.at)
        is_hidden = known.get((platform, message_id)) is Shown.HIDDEN
        return Deletion(event.room, message_id, event.at) if is_hidden else event
