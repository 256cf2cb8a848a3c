"""The message that is answered stands in the prompt, however old it is, and never if it is deleted or hidden."""

from datetime import timedelta
from typing import Any

import pytest

from bot.types import (
    Audience,
    Deletion,
    Message,
    Part,
    PartKind,
    PastReaders,
    PlatformError,
    Unavailable,
    Undeliverable,
)
from tests.fakes.talk import FEED, US, line

from .test_writer import Desk, desk, turn_about

__all__ = ["desk"]  # a fixture

OLD = line("old", "Ben", "I feed it rye and 90 ml of water", -100_000)
ANSWERS = "The message that you answer is a reply to this one:"


def asks(text: str = "@mochi thoughts?", **more: Any) -> Message:
    return line("q", "Ana", text, 999, **{"reply_to": "old", **more})


def between() -> list[Message]:
    """As many lines as push everything before them out of sight."""
    return [line(f"b{n}", "Cem", f"line {n}", n) for n in range(76)]


async def prompt_for(desk: Desk, asked: Message, *before: Message, **more: Any) -> str:
    await desk.hears(*before, asked)
    await desk.write(asked, **more)
    return desk.pen.prompts[-1][-1].text


async def test_what_is_answered_is_shown_though_it_is_out_of_sight(desk: Desk) -> None:
    shown = await prompt_for(desk, asks(), OLD, *between())
    assert shown.endswith(f"{ANSWERS}\n| Ben: I feed it rye and 90 ml of water")
    assert desk.screen.looked_up == [], "we keep it"


async def test_13_the_chain_above_it_comes_first_and_has_an_end(desk: Desk) -> None:
    """What we keep, and what only the platform has."""
    for n in range(30):
        one = line(f"c{n}", f"Member {n}", f"step number {n}!", -200_000 - n, reply_to=f"c{n + 1}")
        if n % 2:
            desk.screen.elsewhere[one.id] = one
        else:
            await desk.hears(one)
    await desk.hears(*between(), asks(reply_to="c0"))
    desk.pen.room = 20_000
    await desk.write(asks(reply_to="c0"))
    shown = "\n".join(message.text for message in desk.pen.prompts[-1])
    places = [shown.find(f"step number {n}!") for n in range(10)]
    assert -1 not in places and places[1:] == sorted(places[1:], reverse=True), "the oldest first"
    assert places[0] > shown.index(ANSWERS) > places[1]
    assert desk.screen.looked_up == ["c1", "c3", "c5", "c7", "c9"]


async def test_13_a_chain_that_bites_its_tail_ends(desk: Desk) -> None:
    old, older = line("old", "Ben", "first", -9, reply_to="older"), line("older", "Cem", "second", -10, reply_to="old")
    shown = await prompt_for(desk, asks(), old, older, *between())
    assert shown.endswith(f"{ANSWERS}\n| Ben (to Cem): first")


async def test_13_of_a_chain_in_sight_nothing_is_asked_for(desk: Desk) -> None:
    await desk.hears(line("older", "Cem", "second", -10, reply_to="gone"))
    await prompt_for(desk, asks(), line("old", "Ben", "first", -9, reply_to="older"))
    assert desk.screen.looked_up == []


async def test_what_was_said_before_we_came_is_asked_for_once(desk: Desk) -> None:
    desk.screen.elsewhere["old"] = OLD
    desk.pen.pieces = ["I am human."]  # refused, and asked for again
    shown = await prompt_for(desk, asks())
    assert f"{ANSWERS}\n| Ben: I feed it rye" in shown and len(desk.pen.prompts) == 2
    assert desk.screen.looked_up == ["old"]


@pytest.mark.parametrize(
    "answered",
    [
        line("old", US, "Try rye.", -9),  # ours
        line("old", "Ana", "I feed it rye", -9),  # the asker's own
        line("old", "Ben", "", -9, parts=(Part(PartKind.IMAGE, name="rye.png"),)),
        line("old", "Ben", "", -9, parts=(Part(PartKind.POLL, "Which flour?\n- rye\n- spelt"),)),
        line("old", "Ben", "rye " * 5000, -9),
        line("old", "Ben", "see title", -9, parts=(Part(PartKind.TITLE, "All about rye"),)),
    ],
)
async def test_whatever_is_answered_is_shown_in_bounds(desk: Desk, answered: Message) -> None:
    between = [line(f"b{n}", "Cem", f"line {n}", n) for n in range(76)]
    shown = await prompt_for(desk, asks(), answered, *between)
    told = shown.rpartition(ANSWERS)[2]
    assert "rye" in told.lower() and len(told) < 2000


async def test_what_stands_just_above_is_not_shown_twice(desk: Desk) -> None:
    shown = await prompt_for(desk, asks(), line("old", "Ben", "I feed it rye", 998))
    assert ANSWERS not in shown and shown.count("I feed it rye") == 1


async def test_what_the_reply_itself_carries_is_not_asked_for(desk: Desk) -> None:
    carried = asks(parts=(Part(PartKind.QUOTE, "I feed it rye", "Ben"),))
    assert "(quote from Ben: I feed it rye)" in await prompt_for(desk, carried) and desk.screen.looked_up == []


async def test_a_quotation_that_its_author_may_have_made_up_is_asked_for(desk: Desk) -> None:
    desk.screen.elsewhere["old"] = OLD
    made_up = asks(parts=(Part(PartKind.QUOTE, "I put bleach into it"),))
    assert f"{ANSWERS}\n| Ben: I feed it rye" in await prompt_for(desk, made_up)


async def test_a_deleted_message_is_neither_shown_nor_asked_for(desk: Desk) -> None:
    desk.screen.elsewhere["old"] = OLD
    await desk.hears(OLD)
    await desk.store.write(lambda tx: tx.delete(Deletion(FEED, "old", OLD.at)))
    assert "rye" not in await prompt_for(desk, asks()) and desk.screen.looked_up == []


@pytest.mark.parametrize("audience", [Audience.INVITED, Audience.PRESENT])
async def test_what_the_asker_may_not_read_is_not_shown(desk: Desk, audience: Audience) -> None:
    hidden = line("old", "Ben", "the zebra is mine", -9, audience=audience)
    desk.screen.elsewhere["old"] = hidden
    assert "zebra" not in await prompt_for(desk, asks())
    await desk.hears(hidden)
    assert "zebra" not in await prompt_for(desk, line("r", "Ana", "@mochi so?", 1000, reply_to="old"))


async def test_who_may_not_read_the_past_is_shown_none_that_the_platform_has(desk: Desk) -> None:
    desk.screen.elsewhere["old"] = OLD
    assert "rye" not in await prompt_for(desk, asks(past_readers=PastReaders.NOBODY))


@pytest.mark.parametrize("trouble", [PlatformError("away"), Unavailable("gone"), Undeliverable("forbidden")])
async def test_without_the_platform_the_reply_is_written_all_the_same(desk: Desk, trouble: Exception) -> None:
    desk.screen.trouble = trouble
    await desk.hears(asks())
    assert (await desk.write(asks())).text == "A week."
    assert ANSWERS not in desk.pen.prompts[-1][-1].text


async def test_what_is_answered_helps_to_recall(desk: Desk) -> None:
    told = line("t", "Cem", "acetone means hungry", -500_000)
    between = [line(f"b{n}", "Cem", f"line {n}", n) for n in range(76)]
    smells = line("old", "Ben", "mine smells of acetone", -400_000)
    assert "acetone means hungry" in await prompt_for(desk, asks(), told, smells, *between)


async def test_a_judge_sees_what_is_answered(desk: Desk) -> None:
    asked = asks("thoughts?")
    between = [line(f"b{n}", "Cem", f"line {n}", n) for n in range(76)]
    await desk.hears(OLD, *between, asked)
    turn = turn_about(asked, addressed=False)
    await desk.writer.judge(turn, asked, "small", desk.spending(turn))
    assert "I feed it rye" in desk.pen.prompts[-1][-1].text
    assert timedelta(0) < asked.heard - OLD.heard
