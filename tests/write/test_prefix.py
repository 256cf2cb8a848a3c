"""How much of a prompt a provider's cache can reuse, inside one thread: the beginning that it shares with the last."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.types import Author, Message, Room, Thread
from bot.write.abilities import Abilities
from bot.write.models.chat import estimate_tokens
from bot.write.prompt import compose
from bot.write.tasks import Task
from tests.fakes.shipped import personas

PERSONAS = personas()
KITCHEN = Room("local", "home", "kitchen", "kitchen", "Home")
START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ASKED = "I tried it again this morning with a coarser grind and it came out worse than before, any idea why?"
SAID = "Coarser runs faster, so it pulls less out and tastes sharper. Two clicks finer, and keep the dose."


def say(number: int) -> Message:
    """Ana asks, we answer, in turn; each night passes between the sixth and the seventh message."""
    ours = number % 2 == 1
    at = START + timedelta(minutes=number, hours=12 * (number // 6))
    author = Author("me", "Mochi", is_self=True) if ours else Author("ana", "Ana")
    text = f"{number}: {SAID if ours else ASKED}"
    return Message(f"m{number}", Thread(KITCHEN, "m0"), author, text, at, at, starts_thread=number == 0)


def prompt(persona: str, count: int) -> str:
    thread = [say(number) for number in range(count)]
    messages = compose(
        PERSONAS[persona], KITCHEN, thread, (), (), thread[-1], task=Task.CALLED, now=thread[-1].at,
        room_tokens=32_000, abilities=Abilities(30), own=[one for one in thread if one.author.is_self],
    )  # fmt: skip
    return "".join(f"\0{one.role}\0{one.text}" for one in messages)


@pytest.mark.parametrize("persona", sorted(PERSONAS))
def test_nine_tenths_of_a_prompt_are_the_beginning_of_the_last_one(persona: str) -> None:
    prompts = [prompt(persona, count) for count in range(1, 20, 2)]
    shares = []
    for before, after in pairwise(prompts):
        same = next(at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other)
        shares.append(estimate_tokens(after[:same]) / estimate_tokens(after))
    assert min(shares) >= 0.89 and sum(shares) / len(shares) >= 0.9
