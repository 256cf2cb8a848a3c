"""What the local community deletes of ours when a member takes something back."""

import pytest

from adapters.local.echoes import is_echo
from bot.types import Message, Room, Thread
from tests.fakes.talk import US, at, person

ROOM = Room("local", "home", "kitchen")
SAID = "my sourdough smells of paint, call 555019"


def ours(text: str, reply_to: str | None = "other", root: str = "p") -> Message:
    return Message("r", Thread(ROOM, root), US, text, at(1), at(1), reply_to=reply_to)


def said(text: str = SAID) -> Message:
    return Message("m", Thread(ROOM, "p"), person("Ana"), text, at(0), at(0))


@pytest.mark.parametrize(
    ("mine", "when_deleted", "when_edited"),
    [
        pytest.param(ours("Feed it twice a day.", "m"), True, False, id="answers it"),
        pytest.param(ours("SOURDOUGH again!"), True, True, id="repeats a long word"),
        pytest.param(ours("Was it 555019?"), True, True, id="repeats a number"),
        pytest.param(ours("As Ana said."), True, False, id="names its author in the same thread"),
        pytest.param(ours("As Ana said.", root="q"), False, False, id="names its author elsewhere"),
        pytest.param(ours("Banana bread, then."), False, False, id="has the name inside a word"),
        pytest.param(ours("What does it smell of?"), False, False, id="shares only short words"),
    ],
)
def test_what_repeats_it_goes_and_what_else_we_said_stays(mine: Message, when_deleted: bool, when_edited: bool) -> None:
    assert is_echo(mine, said(), None) is when_deleted
    assert is_echo(mine, said(), "my loaf smells of paint") is when_edited


def test_an_edit_takes_only_what_it_has_removed() -> None:
    assert not is_echo(ours("Sourdough!"), said(), "my sourdough is fine")


@pytest.mark.parametrize(("text", "is_gone"), [("你家面包闻起来怎样", True), ("今天天气很好", False)])
def test_languages_without_spaces_count_by_pieces(text: str, is_gone: bool) -> None:
    assert is_echo(ours(text), said("我家面包闻起来像油漆"), None) is is_gone
