"""Who is thanked, when somebody is glad of what we pointed at. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bot.decide.emoji import EMOJI, emoji_for
from bot.decide.signals import kinds
from bot.language.called import without_name
from bot.language.courtesy import is_filler, is_glad, objects
from bot.language.packs import MessageKind, Packs
from bot.types import Author, Message, Reaction, record

LONGEST_THANKS = 160  # characters: thanks, and a sentence on what has helped; longer messages say more

# Emoji that approve, thank or rejoice, whatever the community. Those that also mock (😂, 🤣, 🙃) or only say that
# something was seen (👀) are left out, and emoji of a community's own are unknown.
POSITIVE = frozenset(
    "👍👏🙌🙏🤝💪👌🫶🤗🎉🥳🎊❤🧡💛💚💙💜🤎🖤🤍🩷🩵💖💗💓💞💕💘♥😍🥰😊☺😄😃😀😁🙂🤩😻🌟⭐✨💯🔥🏆🥇🎯✅✔☑🚀💐🌻🌈"
)
NO_THANKS = frozenset({MessageKind.QUESTION, MessageKind.REQUEST, MessageKind.DISTRESS, MessageKind.COMMAND})
_CLAUSE_END = re.compile(r"[.!。！,，;；:：\n]+")
_MODIFIERS = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")  # presentation, and tones of skin


@record
class Pointing:
    """A reply of ours, `reply_id`, that has pointed the member `asker` at the message `points_at` of `author`. `root`
    is the thread of the reply, `at` when it was sent."""

    reply_id: str
    points_at: str
    author: Author
    asker: str
    root: str | None
    at: datetime


def is_positive(emoji: str) -> bool:
    """Whether a reaction is plainly a glad one."""
    return _MODIFIERS.sub("", emoji) in POSITIVE


def glad_reaction(reaction: Reaction, pointings: Iterable[Pointing]) -> Pointing | None:
    """The pointing that a reaction is glad of: a positive one, by anybody but its author, on either message."""
    if reaction.removed or not is_positive(reaction.emoji) or not _is_person(reaction.author):
        return None
    about = (one for one in pointings if reaction.message_id in (one.reply_id, one.points_at))
    return next((one for one in about if one.author.id != reaction.author.id), None)


def glad_message(
    message: Message, pointings: Sequence[Pointing], names: Iterable[str], packs: Packs, *, called: bool
) -> Pointing | None:
    """The pointing, of the newest first, that a message which thanks is glad of. It replies to either message, or
    calls the person pointed at; or it is said to us (`called`) in the thread of the pointing, in a timeline by who had
    asked. `names` are ours."""
    if not _is_person(message.author) or len(message.text) > LONGEST_THANKS:
        return None
    others = [one for one in pointings if one.author.id != message.author.id]
    named = [one for one in others if _calls(message, one.author)]
    replied = [one for one in others if message.reply_to in (one.reply_id, one.points_at)]
    ours = [one for one in others if called and one.root == message.thread.root]
    asked = [one for one in ours if one.root is not None or one.asker == message.author.id]
    found = next(iter([*replied, *named, *asked]), None)
    known = [*names, *(one.author.name for one in named)]
    return found if found and _thanks(message, known, packs) else None


def _thanks(message: Message, names: Sequence[str], packs: Packs) -> bool:
    """Whether a message only thanks, or thanks in one clause and is as glad in every other. One that objects, asks,
    complains or has an emoji that may mock does not."""
    if objects(message.text) or kinds(message, packs) & NO_THANKS or any(map(_may_mock, message.text)):
        return False
    clauses = [clause for clause in _CLAUSE_END.split(message.text) if clause.strip()]
    said = [emoji_for(replace(message, text=one), names, packs) for one in (message.text, *clauses)]
    thanks = EMOJI[MessageKind.THANKS]
    if said[0] == thanks:
        return True
    fits = all(emoji or _is_welcoming(one, names) for emoji, one in zip(said[1:], clauses, strict=True))
    return fits and thanks in said


def _is_welcoming(clause: str, names: Sequence[str]) -> bool:
    return is_glad(clause) or is_filler(without_name(clause, names))


def _may_mock(sign: str) -> bool:
    return unicodedata.category(sign) == "So" and not is_positive(sign)


def _calls(message: Message, author: Author) -> bool:
    """Whether a message mentions somebody, or has their name as a word."""
    name = author.name.strip()
    if author.id in message.mentions:
        return True
    pattern = rf"(?<![a-z0-9_]){re.escape(name)}(?![a-z0-9_])"  # Chinese has no spaces around a name
    there = bool(name) and name.casefold() in message.text.casefold()  # cheap, and mostly false
    return there and bool(re.search(pattern, message.text, re.IGNORECASE))


def _is_person(author: Author) -> bool:
    return not (author.is_bot or author.is_self)
