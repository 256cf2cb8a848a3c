"""Recorded messages as moments and questions show them."""

from bot.measure.trial_results import ShownMessage
from bot.types import Message, Part, PartKind

LONGEST_SHOWN = 1000  # characters; a longer text is a log or a story, and hides the moment that it is part of


def shown(message: Message) -> ShownMessage:
    """The message with what its author says; what it carries besides (a picture, a file) is named by its kind."""
    return ShownMessage(
        message.id, message.thread.root, message.author.id, message.author.name, message.author.is_bot,
        clipped(message.said or _carried(message.parts)), message.at, message.reply_to, message.mentions,
    )  # fmt: skip


def clipped(text: str) -> str:
    text = text.strip()
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _carried(parts: tuple[Part, ...]) -> str:
    """Names what a message without words carries, such as "[image: cat.png]"."""
    told = [(part.kind, part.text) for part in parts if part.kind is not PartKind.TAGS]
    return " ".join(f"[{kind}: {text}]" if text else f"[{kind}]" for kind, text in told)
