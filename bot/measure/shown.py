"""Recorded messages as moments and questions show them."""

from bot.measure.trial_results import ShownMessage
from bot.types import Message, Part, PartKind, Room

LONGEST_SHOWN = 1000  # characters; a longer text is a log or a story, and hides the moment that it is part of

LONGEST_SHOWN_NAME = 100  # characters: of a member, or of a room
MOST_SHOWN_MENTIONS = 20  # people; nobody talks to more at once


def shown(message: Message) -> ShownMessage:
    """The message with what its author says; what it carries besides (a picture, a file) is named by its kind."""
    return ShownMessage(
        message.id, message.thread.root, message.author.id, message.author.name[:LONGEST_SHOWN_NAME],
        message.author.is_bot, clipped(message.said or _carried(message.parts)), message.at, message.reply_to,
        message.mentions[:MOST_SHOWN_MENTIONS],
    )  # fmt: skip


def clipped(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _carried(parts: tuple[Part, ...]) -> str:
    """Names what a message without words carries, such as "[image: cat.png]"."""
    told = [(part.kind, part.text) for part in parts if part.kind is not PartKind.TAGS]
    return " ".join(f"[{kind}: {text}]" if text else f"[{kind}]" for kind, text in told)


def room_name(room: Room) -> str:
    return (room.name or room.id)[:LONGEST_SHOWN_NAME]
