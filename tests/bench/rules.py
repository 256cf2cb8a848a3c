"""Simple rules for when to speak in a room without threads, which Cameo's judgement must beat.

Each takes a window's messages in order and yields what it would say: (seconds since 1970, trigger). Rules know mentions
and nothing else of who speaks to whom; no caps apply to them.
"""

import random
from collections.abc import Callable, Iterator, Sequence

from bot.measure.outcomes import asks
from bot.types import Message

Speech = tuple[float, Message]
Answers = Callable[[Message, Message], bool]
"""Whether the second message ends the wait for an answer to the first. Only asked about other people's messages."""

SOON = 120.0  # seconds in which the next message of another person counts as the answer, at the record's pace


def after_a_hold(messages: Sequence[Message], hold: float, answers: Answers) -> Iterator[Speech]:
    """Speaks `hold` seconds after each question that addresses nobody, unless it has been answered by then."""
    for number, question in enumerate(messages):
        if is_open_question(question):
            due = question.at.timestamp() + hold
            if not any(answers(question, later) for later in _until(messages, number + 1, due, question)):
                yield due, question


def is_open_question(message: Message) -> bool:
    return not (message.author.is_bot or message.mentions) and asks(message.text)


def anybody_writes(question: Message, later: Message) -> bool:
    return True


def asker_is_mentioned(question: Message, later: Message) -> bool:
    return question.author.id in later.mentions


def mentioned_or_soon(stretch: float) -> Answers:
    """The asker is mentioned, or somebody who calls nobody else writes within two minutes (at the record's pace)."""

    def answers(question: Message, later: Message) -> bool:
        is_soon = (later.at - question.at).total_seconds() <= SOON * stretch
        return asker_is_mentioned(question, later) or (is_soon and not later.mentions)

    return answers


def dice(messages: Sequence[Message], chance: float, seed: int = 1) -> Iterator[Speech]:
    """Answers any person's message at once, by chance."""
    throw = random.Random(f"{seed} {messages[0].id}")  # each window has its own seed
    return ((one.at.timestamp(), one) for one in messages if not one.author.is_bot and throw.random() < chance)


def _until(messages: Sequence[Message], start: int, due: float, question: Message) -> Iterator[Message]:
    """Other people's messages from `start` on; at equal times they come first."""
    for number in range(start, len(messages)):
        one = messages[number]
        if one.at.timestamp() > due:
            return
        if not one.author.is_bot and one.author.id != question.author.id:
            yield one
