"""Annotated talk to learn from, in the shapes of other rooms: as recorded, calling fewer people by name, and thinner.

The record is a busy channel where people call each other by name. Most rooms are slower, less interleaved, and call by
name less often, and weights must be right there too.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.decide.message_facts import MessageFacts, said_at, words_of
from bot.decide.signals import asks
from bot.measure.lines import Shape
from bot.types import Message

QUIET = 0.3  # share of the messages calling somebody that still do: the text stays, the call is dropped
# shares of the conversations that are kept: from a slow room to a lively one
THINNED = (0.1, 0.15, 0.25, 0.25, 0.4, 0.5)
KINDS = ("full", "quiet", "thinned", "thinned, quiet")
FOLDS = 5


@dataclass(frozen=True)
class Annotated:
    """What people found out about a message by reading: its conversation (the id of its first message) and what it
    answers. `scored`: its own links were annotated."""

    conversation: str
    answers: tuple[str, ...]
    scored: bool


@dataclass(frozen=True)
class Window:
    """Some hours of one room, in order of time."""

    room: str
    messages: tuple[Message, ...]
    truth: Mapping[str, Annotated]


@dataclass(frozen=True)
class Variant:
    """A window as it would have been heard in another room."""

    kind: str
    said: tuple[MessageFacts, ...]


def read_windows(folder: Path) -> list[Window]:
    """Reads a folder with messages.jsonl and truth.jsonl."""
    truth = {row["id"]: _annotated(row) for row in _rows(folder / "truth.jsonl")}
    shape, rooms = Shape(), dict[str, list[Message]]()
    for row in _rows(folder / "messages.jsonl"):
        rooms.setdefault(row["room"], []).append(shape.message(row))
    return [
        Window(room, tuple(messages), {one.id: truth[one.id] for one in messages if one.id in truth})
        for room, messages in rooms.items()
    ]


def fold_of(windows: Iterable[Window]) -> dict[str, int]:
    """The fold of each window: every fifth one is left out together."""
    return {window.room: number % FOLDS for number, window in enumerate(windows)}


def variants(window: Window) -> Iterator[Variant]:
    """The variants of a window; always the same for the same window."""
    chance = random.Random(window.room)
    said = [_said(message) for message in window.messages]
    yield Variant("full", tuple(said))
    yield Variant("quiet", tuple(_quieter(said, chance)))
    annotated = [one for one in said if one.id in window.truth]
    conversations = sorted({window.truth[one.id].conversation for one in annotated})
    for share in THINNED:
        kept = {one for one in conversations if chance.random() < share}
        thin = [one for one in annotated if window.truth[one.id].conversation in kept]
        yield Variant("thinned", tuple(thin))
        yield Variant("thinned, quiet", tuple(_quieter(thin, chance)))


def _quieter(said: Iterable[MessageFacts], chance: random.Random) -> Iterator[MessageFacts]:
    return (one if chance.random() < QUIET else replace(one, calls=frozenset()) for one in said)


def _said(message: Message) -> MessageFacts:
    calls = frozenset(message.mentions) - {message.author.id}
    return MessageFacts(
        message.id, None, message.author.id, False, not message.author.is_bot, None, False, said_at(message),
        calls, asks(message.text), len(message.text), words_of(message.text),
    )  # fmt: skip


def _annotated(row: dict[str, Any]) -> Annotated:
    return Annotated(row["conversation"], tuple(row["reply_to"]), row["scored"])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
