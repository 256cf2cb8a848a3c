"""Commands in the local community: typed by a member, heard once, answered to them alone."""

import pytest

from adapters.local.adapter import LocalAdapter
from adapters.local.adapter import open as open_local
from adapters.local.answers import ANSWERS_KEPT, ASKERS_KEPT, Answers
from adapters.local.commanding import command_lines, use_command
from adapters.local.settings import LocalSettings
from bot.commands.parse import ReadCommand, parse
from bot.types import Answer, Asked, NotSent, Power
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.local_house import local_adapter


async def used(adapter: LocalAdapter, text: str, key: str = "", who: str = "Ana") -> Asked:
    community = adapter.community
    return await use_command(community, community.author(who), "kitchen", text, key=key, power=community.power)


async def test_a_command_is_heard_and_is_no_message(adapter: LocalAdapter, core: FakeCore) -> None:
    asked = await used(adapter, "room join off")
    assert core.new == [asked]
    assert (asked.text, asked.room.id, asked.author.name) == ("room join off", "kitchen", "Ana")
    assert adapter.community.messages("kitchen") == []


async def test_the_same_key_is_the_same_command(adapter: LocalAdapter) -> None:
    first, again = [await used(adapter, "help", "k1") for _ in range(2)]
    others = [
        await used(adapter, "help", "k2"),
        await used(adapter, "why", "k1"),
        await used(adapter, "help", "k1", "Ben"),
    ]
    assert first.id == again.id and len({first.id, *(each.id for each in others)}) == 4


async def test_nothing_is_used_while_it_is_down(core: FakeCore) -> None:
    with pytest.raises(NotSent):
        await used(local_adapter(core), "help")


async def test_an_answer_is_its_askers_until_they_dismiss_it(adapter: LocalAdapter) -> None:
    asked = await used(adapter, "help")
    await adapter.answer(asked, Answer("Here is help."), "a1")
    answers, ben = adapter.community.answers, adapter.community.author("Ben")
    assert [given.answer.text for given in answers.of(asked.author.id)] == ["Here is help."]
    assert answers.of(ben.id) == []
    answers.dismiss(ben.id, asked.id)
    assert len(answers.of(asked.author.id)) == 1
    answers.dismiss(asked.author.id, asked.id)
    assert answers.of(asked.author.id) == []


async def test_the_answers_are_bounded(adapter: LocalAdapter) -> None:
    answers, asked = Answers(), await used(adapter, "help")
    for number in range(ANSWERS_KEPT + 5):
        assert answers.give(asked, Answer(f"{number}"), f"a{number}")
    assert [given.answer.text for given in answers.of(asked.author.id)][::19] == ["5", "24"]
    for number in range(ASKERS_KEPT):
        other = await used(adapter, "help", who=f"Member {number}")
        answers.give(other, Answer("x"), "a")
    assert answers.of(asked.author.id) == []


def test_who_manages_is_a_setting() -> None:
    for everyone, power in ((True, Power.MANAGER), (False, Power.MEMBER)):
        settings = LocalSettings(everyone_manages=everyone)
        adapter = open_local(
            settings, FakeCore(), VirtualClock(), voice=lambda room: "Mochi", our_names=list, greet=lambda arrival: ""
        )
        assert isinstance(adapter, LocalAdapter) and adapter.community.power is power


def test_what_the_page_completes_can_be_used() -> None:
    assert set(command_lines(Power.MEMBER)) < set(command_lines(Power.MANAGER))
    for line in command_lines(Power.MANAGER):
        found = parse(line)
        assert isinstance(found, ReadCommand) or found.code == "missing", line
