"""Calls by name: without an @, or with one in the text."""

from bot.decide.message_facts import leading_name
from bot.decide.room import RoomState
from bot.decide.signals import QUOTED, calls, prose
from bot.language.called import calls_by_name, load_calls
from bot.types import Message


def is_called(message: Message, names: tuple[str, ...], room: RoomState, *, by_name: bool) -> bool:
    """Whether the text calls us by one of our names: with an @ or, if `by_name`, as one calls to somebody. A name that
    a member of the room has, too, calls us only with an @."""
    if calls(message.said, names):
        return True
    if not by_name or message.author.is_bot:
        return False
    text = message.said.casefold()
    ours = tuple(name for name in names if name.casefold() in text and not room.has_member(name))
    return bool(ours) and not _is_for_another(message, ours) and calls_by_name(_own(message.said), ours, load_calls())


def _is_for_another(message: Message, ours: tuple[str, ...]) -> bool:
    """Whether the message begins with a mention of somebody else, or with "Ana:"."""
    if message.text.startswith(("@", "<@")):
        return bool(message.mentions)
    name = leading_name(message.text) if ":" in message.text[:40] else None
    return name is not None and not any(one.casefold() in name for one in ours) and " " not in name


def _own(text: str) -> str:
    return prose(QUOTED.sub(" ", text))
