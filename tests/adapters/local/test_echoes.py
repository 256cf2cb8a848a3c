"""What the local community deletes of ours when a member takes something back."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.echoes import is_echo
from bot.remember.redact import redacted
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
        pytest.param(ours("As Ana said.", root="q"), True, False, id="names its author elsewhere in the room"),
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


@pytest.mark.parametrize(
    ("theirs", "mine", "is_gone"),
    [
        ("my pin: 4821", "The pin is 4821, right?", True),
        ("ｐｌｕｍｃａｎａｒｙ", "Plumcanary, you said?", True),
        ("plo\u200bvercanary", "a plovercanary", True),
        ("we go to bed at ten", "To bed at ten? Early.", True),
        ("my pin: 4821", "Is the pin set?", False),
        ("call me at ten", "Feed it at two.", False),
    ],
)
def test_words_count_as_in_the_database(theirs: str, mine: str, is_gone: bool) -> None:
    assert is_echo(ours(mine), said(theirs), None) is is_gone
    assert (redacted(mine, theirs) != mine) is is_gone


@pytest.mark.parametrize(
    ("name", "mine", "is_gone"),
    [
        ("Ana Belén", "Ana asked first.", True),
        ("Ana Smith", "Ms Smith asked.", True),
        ("Zeb|Quuxcanary", "Zeb Quuxcanary asked.", True),
        ("Lu\u200bcan", "So Lucan said.", True),
        ("_Bertram_", "So bertram said.", True),
        ("小明", "小明说得对", True),
        ("Ana", "我问Ana了", True),
        ("It", "Feed it.", False),
        ("Tom Baker", "Ask the baker.", False),
        ("Ana", "A banana.", False),
        ("🦊🦊", "hi 🦊🦊!", True),
    ],
)
def test_so_do_names(name: str, mine: str, is_gone: bool) -> None:
    deleted = replace(said("hm"), author=replace(person("x"), name=name))
    assert is_echo(ours(mine), deleted, None) is is_gone
    assert (redacted(mine, "", [name]) != mine) is is_gone


SOME = st.lists(
    st.sampled_from(["pin", "4821", "Sourdough", "paint", "of", "面包闻", "起来", "Ana", "ten"]), max_size=8
)


@given(SOME, SOME, SOME)
def test_both_rules_agree_on_any_words(mine: list[str], theirs: list[str], newer: list[str]) -> None:
    text, gone, still = (" ".join(words) for words in (mine, theirs, newer))
    assert is_echo(ours(text), said(gone), still) is (redacted(text, gone, still=still) != text)
