"""Messages that a program repeats in the name of their author: proxied (PluralKit) or bridged ones.

The original is deleted within a second or two; the copy stays. Both together get one answer.
"""

from collections import OrderedDict
from collections.abc import Iterable

from bot.decide.message_facts import MessageFacts, said_at
from bot.types import Message

COPIED = 80  # characters that are compared; the program may have taken off the signs by which it was told to
COPIED_WITHIN = 10.0  # seconds from the original to its copy; PluralKit takes one or two
ORIGINALS_KEPT = 200  # originals of one room: they are deleted within seconds


class Relays:
    """Which messages of one room have a copy that our answer to them answers, too."""

    def __init__(self) -> None:
        self._copied: OrderedDict[str, None] = OrderedDict()

    def keep(self, message_id: str) -> None:
        """Remembers that a copy of the message stays."""
        self._copied[message_id] = None
        if len(self._copied) > ORIGINALS_KEPT:
            self._copied.popitem(last=False)

    def has_copy(self, message_id: str) -> bool:
        return message_id in self._copied


def original_of(copy: Message, latest: Iterable[MessageFacts]) -> MessageFacts | None:
    """The message that `copy` repeats; `latest` are the messages of its thread, newest first."""
    words = copy.text[:COPIED].strip().casefold()
    for said in latest if words else ():
        if said_at(copy) - said.at > COPIED_WITHIN:
            return None
        is_other = said.id != copy.id and said.by_person and said.author != copy.author.id
        if is_other and words in said.begins.casefold():
            return said
    return None
