"""Deleting a question takes our answer along, if it stands alone; and where answers go."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.remember.withdrawing import OWNER, WITHDRAWN_PREFIX
from bot.types import Author, Capabilities, Deletion, Message, PlatformError, Reaction, Thread, Undeliverable
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, US, at, comment, line, person, post
from tests.fakes.waiting import PATIENCE


async def answered(on: Stage, question: Message) -> str:
    """Our answer's id, after the platform has echoed both of its parts."""
    await on.hear([question])
    await on.clock.advance(5)
    await on.until_told(question.id, "sent")
    reply = (await on.turn(question.id)).reply_id
    assert reply is not None
    more = comment(reply.replace("reply", "more"), question.id, US, "and more", 2)
    await on.hear([more if question.thread.root else line(more.id, US, "and more", 2)])
    return reply


async def until_gone(on: Stage, count: int) -> None:
    await on.until(lambda: len(on.platform.gone) == count)


@pytest.mark.parametrize(
    "question", [post("p", "Ana", "@mochi why?"), line("p", "Ana", "@mochi why?")], ids=["post", "line"]
)
async def test_our_answer_goes_with_its_question_in_all_its_parts(tmp_path: Path, question: Message) -> None:
    async with stage(tmp_path) as on:
        reply = await answered(on, question)
        await on.hear([line("x", "Ben", "so much rain today", 4), Deletion(FEED, "p", at(5))])
        await until_gone(on, 2)
        assert {message_id for _, message_id in on.platform.gone} == {reply, reply.replace("reply", "more")}


def reacted(who: Author, to: str) -> Reaction:
    return Reaction(FEED, to, who, "👍", at(4))


@pytest.mark.parametrize(
    ("join", "stays"),
    [
        (lambda reply: line("b", "Ben", "is that so?", 4, reply_to=reply), True),
        (lambda reply: line("b", "Ana", "hm, I see, so rye then", 4), True),
        (lambda reply: comment("b", reply, "Ben", "is that so?", 4), True),
        (lambda reply: reacted(person("Ben"), reply), True),
        (lambda reply: reacted(person("Ben"), reply.replace("reply", "more")), True),
        (lambda reply: reacted(US, reply), False),
        (lambda reply: line("b", "Ben", "so much rain today", 4), False),
    ],
)
async def test_it_stays_where_somebody_has_answered_or_reacted(tmp_path: Path, join: Any, stays: bool) -> None:
    async with stage(tmp_path) as on:
        reply = await answered(on, line("p", "Ana", "@mochi why?"))
        await on.hear([join(reply)])
        await on.hear([Deletion(FEED, "p", at(5))])
        await on.hear([post("q", "Eve", "@mochi hi", 6)])
        await on.clock.advance(5)
        await on.until_told("q", "sent")
        if not stays:
            await until_gone(on, 2)
        assert len(on.platform.gone) == (0 if stays else 2)


@pytest.mark.parametrize(
    ("seconds", "keys", "gone"), [(3700, {}, 0), (3500, {}, 2), (5, {"delete_with_question": False}, 0)]
)
async def test_only_within_the_hour_and_where_the_room_wants_it(
    tmp_path: Path, seconds: float, keys: dict[str, Any], gone: int
) -> None:
    async with stage(tmp_path, **keys) as on:
        await answered(on, post("p", "Ana", "@mochi why?"))
        await on.clock.advance(seconds)
        await on.hear([Deletion(FEED, "p", at(seconds))])
        await on.hear([post("q", "Eve", "@mochi hi", seconds + 1)])
        await on.clock.advance(5)
        await on.until_told("q", "sent")
        await until_gone(on, gone)


async def test_a_restart_and_an_outage_lose_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await answered(on, post("p", "Ana", "@mochi why?"))
        on.platform.trouble = [PlatformError("away")] * 99
        await on.hear([Deletion(FEED, "p", at(5))])
        await on.until(lambda: len(on.platform.trouble) < 99)
        clock = on.clock
    async with stage(tmp_path, clock) as on:
        await until_gone(on, 2)
        async with asyncio.timeout(PATIENCE):
            while await on.store.adapter_state(OWNER).scan(WITHDRAWN_PREFIX):
                await asyncio.sleep(0.002)
    async with stage(tmp_path, clock) as on:
        await on.hear([post("q", "Eve", "@mochi hi", 60)])
        await on.clock.advance(5)
        await on.until_told("q", "sent")
        assert on.platform.gone == [], "each is deleted once"


async def test_what_the_platform_refuses_is_not_tried_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await answered(on, post("p", "Ana", "@mochi why?"))
        on.platform.trouble = [Undeliverable("no")]
        await on.hear([Deletion(FEED, "p", at(5))])
        await until_gone(on, 1)


# --- where answers go ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "threads", "root"),
    [
        (line("p", "Ana", "@mochi why?"), True, "p"),
        (line("p", "Ana", "@mochi why?"), False, None),
        (comment("p", "t", "Ana", "@mochi why?"), True, "t"),
    ],
)
async def test_in_a_thread_of_its_own(tmp_path: Path, question: Message, threads: bool, root: str | None) -> None:
    async with stage(tmp_path, place="thread") as on:
        on.platform.capabilities = Capabilities(threads=threads)
        await on.hear([question])
        await on.clock.advance(5)
        await on.until_told("p", "sent")
        (reply,) = on.platform.standing.values()
        assert reply.thread == Thread(FEED, root)
        goes_on = comment("g", "p", "Ana", "and rye, is it wetter?", 20) if root == "p" else None
        if goes_on:
            await on.hear([goes_on])
            assert (await on.story())["g"][1] == "continued"


async def test_where_it_goes_survives_a_restart_and_a_change_of_the_rule(tmp_path: Path) -> None:
    async with stage(tmp_path, place="thread") as on:
        on.platform.capabilities = Capabilities(threads=True)
        on.platform.pause.clear()
        await on.hear([line("p", "Ana", "@mochi why?")])
        await on.clock.advance(5)
        await on.until_told("p", "sending")
        clock = on.clock
    async with stage(tmp_path, clock, place="inline") as on:
        await on.clock.advance(5)
        await on.until_told("p", "sent")
        (reply,) = on.platform.standing.values()
        assert reply.thread == Thread(FEED, "p")


async def test_an_emoji_is_a_reaction_and_asks_no_model(tmp_path: Path) -> None:
    async with stage(tmp_path, emoji_instead=True) as on:
        await on.hear([line("p", "Ana", "@mochi thanks!")])
        await on.clock.advance(5)
        await on.until_told("p", "sent")
        assert on.platform.signs == {"p": "💛"} and on.platform.said() == [] and on.writer.writing == []
