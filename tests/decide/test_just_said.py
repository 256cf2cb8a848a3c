"""A person in danger whose call and whose danger stand in two messages."""

from dataclasses import replace

import pytest

from bot.decide.care import Care
from bot.decide.floor import Floor
from bot.decide.just_said import CALL_BURST
from bot.language.danger import InDanger
from bot.types import Message, State, Turn
from tests.fakes.floors import floor_of, rule_of
from tests.fakes.talk import BOT, line

OWN = Care(InDanger.OWN, "en")
DANGER = "i want to kill myself tonight"
CALLS = ["@mochi", "@mochi hello, are you there?", "@mochi please"]


def hear(floor: Floor, message: Message) -> list[Turn]:
    return floor.hear(floor.recognise(message), message.heard)


def place() -> Floor:
    return floor_of(rule_of("mentions"))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("wait", [1, 20, CALL_BURST])
def test_who_calls_and_then_tells_gets_the_careful_text_once(call: str, wait: float) -> None:
    floor = place()
    hear(floor, line("a", "Ana", call))
    hear(floor, line("b", "Ben", "does rye rise?", wait / 2))
    merged, turn = hear(floor, tells := line("c", "Ana", DANGER, wait))
    assert (merged.state, turn.state, turn.trigger) == (State.MERGED, State.DUE, "c")
    assert turn.decision.due == tells.heard
    assert floor.care(tells) == OWN
    assert floor.state.care.until(tells.heard) is not None


@pytest.mark.parametrize("call", CALLS)
def test_who_tells_and_then_calls_gets_the_careful_text(call: str) -> None:
    floor = place()
    assert hear(floor, line("a", "Ana", DANGER))[-1].state is State.SILENT
    calls = line("b", "Ana", call, 20)
    assert hear(floor, calls)[-1].state is State.DUE
    assert floor.care(calls) == OWN
    assert floor.state.care.until(calls.heard) is not None


def test_what_was_told_before_the_last_call_is_not_told_again() -> None:
    floor = place()
    for message in (line("a", "Ana", DANGER), line("b", "Ana", "@mochi", 5)):
        hear(floor, message)
    later = line("c", "Ana", "@mochi how long does rye rise?", 30)
    hear(floor, later)
    assert floor.care(later) is None


def another(message: Message) -> Message:
    return replace(message, author=BOT)


@pytest.mark.parametrize(
    "second",
    [
        line("b", "Ben", DANGER, 5),
        line("b", "Ana", DANGER, CALL_BURST + 1),
        line("b", "Ana", "does rye rise?", 5),
        another(line("b", "Ana", DANGER, 5)),
        line("b", "Ana", DANGER, 5, history=True),
    ],
)
def test_anybody_else_anything_else_and_later_messages_do_not_count(second: Message) -> None:
    floor = place()
    hear(floor, line("a", "Ana", "@mochi hello"))
    hear(floor, second)
    assert floor.state.care.until(second.heard) is None


def test_what_was_deleted_does_not_count() -> None:
    floor = place()
    hear(floor, line("a", "Ana", DANGER))
    floor.delete("a")
    calls = line("b", "Ana", "@mochi", 5)
    hear(floor, calls)
    assert floor.care(calls) is None
