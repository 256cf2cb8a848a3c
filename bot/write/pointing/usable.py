"""Which messages may be quoted: by people, not painful, not ignored, and in a language that Cameo reads. Pure."""

from dataclasses import dataclass

from bot.config.room_rule import RoomRule
from bot.decide.care import spoken_by
from bot.decide.reading import OTHER_SCRIPT, Reading, reading
from bot.decide.reference import Reference
from bot.decide.signals import KANA, PAINFUL, is_empty, kinds
from bot.language.danger import danger
from bot.language.harm import Harms, harm
from bot.language.packs import MessageKind, Packs, words_of
from bot.types import Author, Message
from bot.write.pointing.quotable import may_be_repeated
from bot.write.pointing.terms import LONGEST_COMPARED

LEAST_KNOWN = 0.25  # of the words: terms and names are in no list; in other languages, one word in ten is known
FEW_WORDS = 8  # too few to tell by: "citric acid, 20 g per litre" has one common word
NEVER = PAINFUL | {MessageKind.MODERATION, MessageKind.COMMAND}
"""Kinds of messages that are left alone, and whose conversation is."""


@dataclass(frozen=True, slots=True)
class Usable:
    """Judges messages of one room by its rule."""

    rule: RoomRule
    reference: Reference
    harms: Harms

    def is_person(self, author: Author) -> bool:
        """Whether the author is a person whom the rule does not tell us to ignore."""
        if author.is_self or self.rule.names("ignore", author):
            return False
        is_bot = author.is_bot or self.rule.names("bots", author) is not None
        return not is_bot or self.rule.names("people", author) is not None

    def hurts(self, message: Message) -> bool:
        """Whether the message is painful, dangerous or moderation, so that its conversation is left alone."""
        if kinds(message, self.reference.packs) & NEVER:
            return True
        said = spoken_by(message)
        return danger(said, self.reference.dangers) is not None or harm(message.said, self.harms) is not None

    def may_be_quoted(self, message: Message) -> bool:
        """Whether a person said it, and it says something that can be read and hurts nobody."""
        if not self.is_person(message.author) or is_empty(kinds(message, self.reference.packs)):
            return False
        if not is_read(message.text, self.reference.packs) or self.hurts(message):
            return False
        return may_be_repeated(message.said)


def is_read(text: str, packs: Packs) -> bool:
    """Whether the text is in a language of the packs, as far as a short answer full of terms can show. In no other
    language would anybody notice what hurts."""
    if reading(text, packs) is not Reading.UNREAD:
        return True
    if KANA.search(text) or OTHER_SCRIPT.search(text.casefold()):
        return False
    words = [word for word in words_of(text, LONGEST_COMPARED) if word[0].isalpha()]
    known = sum(word in pack.words for word in words for some in packs.values() for pack in some)
    return known >= LEAST_KNOWN * len(words) or (len(words) <= FEW_WORDS and text.isascii())
