"""Which of several answers is pointed at."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.language.asking import QuestionKind
from bot.types import Message
from bot.write.pointing.scores import answer_score
from tests.fakes.pointing import Library, library
from tests.fakes.talk import line

DAY = 86400.0
TEMPEH = "Can I freeze tempeh?"
ANSWERED = (
    line("q", "Ana", f"{TEMPEH} I bought four blocks of it because the label was so beautiful."),
    line("a", "Femi", "Yes, you can freeze tempeh for up to three months. Slice it first.", 60, reply_to="q"),
)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Library]:
    async with library(tmp_path) as it:
        yield it


async def pointed(room: Library, asked: str, *past: Message) -> str | None:
    await room.hears(*past)
    found = await room.asks(asked)
    return found.message.id if found else None


@pytest.mark.parametrize("times", [0, 1, 4, 5, 9, 14])
async def test_asked_again_and_again_it_points_at_the_same(room: Library, times: int) -> None:
    again = [
        line(f"n{n}", f"Visitor{n}", f"@mochi can I freeze tempeh{'?' * (n % 3 + 1)}", DAY * (n + 1))
        for n in range(times)
    ]
    assert await pointed(room, "@mochi can I freeze tempeh?", *ANSWERED, *again) == "a"


@pytest.mark.parametrize("thanks", [(), (line("t", "Sock1", "thanks, that worked!", 2 * DAY + 120),)])
async def test_a_later_pair_does_not_push_aside_an_older_answer(room: Library, thanks: tuple[Message, ...]) -> None:
    pair = (
        line("sq", "Sock1", TEMPEH, 2 * DAY),
        line("sa", "Sock2", "Put tempeh in the oven, wet, at 200 degrees. Works!", 2 * DAY + 60, reply_to="sq"),
    )
    assert await pointed(room, f"@mochi {TEMPEH}", *ANSWERED, *pair, *thanks) == "a"


@pytest.mark.parametrize(
    ("asked", "then", "later"),
    [
        ("@mochi is the heron still on the library roof?", "There is a heron on the roof of the library, since noon.",
         "Heron update: gone. The librarians have put up a small card."),
        ("@mochi 图书馆的苍鹭还在吗？", "图书馆的苍鹭站在房顶上，从中午一直站到现在。", "苍鹭后续：走了。"),
    ],
)  # fmt: skip
async def test_what_may_have_changed_is_not_answered_by_what_is_outdated(
    room: Library, asked: str, then: str, later: str
) -> None:
    past = line("q", "Ana", asked.removeprefix("@mochi "), DAY), line("then", "Rosa", then, DAY + 60, reply_to="q")
    assert await pointed(room, asked, *past) == "then"
    assert await pointed(room, asked, line("later", "Rosa", later, 2 * DAY)) != "then"


@pytest.mark.parametrize("text", ["Same candle. Borrow it.", "That one, always.", "It did, once.", "同上，蜡烛。"])
def test_an_answer_that_leans_on_others_scores_less(text: str) -> None:
    assert answer_score(QuestionKind.OTHER, text, 1.0) < answer_score(
        QuestionKind.OTHER, "A candle, along the runners.", 1.0
    )


async def test_where_is_not_answered_by_whether(room: Library) -> None:
    asked = line("q", "Ana", "天贝能冷冻吗？标签太好看，我一口气买了四块。")
    answer = line("a", "Femi", "天贝能冷冻，三个月没问题。先切好再冻，冻硬了一下刀就碎。", 60, reply_to="q")
    assert await pointed(room, "@mochi 天贝在哪里买？", asked, answer) is None
