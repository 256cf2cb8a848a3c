"""What the writer puts into a prompt from settings and store: local time, abilities, our own lines, who is who."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config.policy import Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.decide.reasons import Reason
from bot.remember.store import Store
from bot.types import State
from tests.fakes.database import migrated
from tests.fakes.talk import US, comment, person, post
from tests.write.test_writer import PERSONAS, Desk, turn_about

DAY = 86_400
CALL = post("p", "Ana", "@mochi how long does pesto keep?")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    migrated(tmp_path / "cameo.db")
    store = await Store.open(tmp_path / "cameo.db")
    yield Desk(store)
    await store.close()


def in_force(desk: Desk, **settings: Any) -> None:
    desk.writer._policy = type(desk.writer._policy)(Policy(Settings(**settings), PERSONAS))


async def prompt(desk: Desk, **more: Any) -> list[str]:
    """The prompt's system message and its last one."""
    await desk.write(CALL, **more)
    shown = desk.pen.prompts[-1]
    return [shown[0].text, shown[-1].text]


async def test_the_rooms_zone_comes_before_the_files(desk: Desk) -> None:
    await desk.hears(CALL)
    in_force(desk, time_zone="Europe/Berlin")
    assert "Monday, 5 January 2026, 13:00 (Europe/Berlin)" in (await prompt(desk))[1]
    in_force(desk, time_zone="Europe/Berlin", rooms=(RoomRule(match="*", time_zone=ZoneInfo("Asia/Shanghai")),))
    assert "2026年1月5日，星期一，20:00（Asia/Shanghai）" in (await prompt(desk, persona="xiaoman"))[1]


async def test_each_way_of_joining_reaches_its_instruction_with_the_time_that_has_passed(desk: Desk) -> None:
    await desk.hears(CALL)
    await desk.clock.advance(74 * 60)
    assert "is spoken to you" in (await prompt(desk))[1]
    unanswered = await prompt(desk, addressed=False, reason=Reason.UNANSWERED)
    assert "nobody has answered it for 74 minutes" in unanswered[1] and "at most 60 words" in unanswered[1]
    in_force(desk, rooms=(RoomRule(match="*", join="every_post"),))
    comments = await prompt(desk, addressed=False, reason=Reason.EVERY_POST, persona="pip")
    assert "worth reading" in comments[1] and "at most 35 words" in comments[1]


async def test_what_it_can_do_follows_from_the_settings(desk: Desk) -> None:
    await desk.hears(CALL)
    in_force(desk, keep_days=7, contact="ana@example.org")
    system, _ = await prompt(desk)
    assert "you know for 7 days" in system and "they ask ana@example.org" in system


async def test_our_own_lines_of_the_room_are_shown_once_and_as_ours(desk: Desk) -> None:
    ours = [comment(f"o{n}", "old", US, f"line {n}. And you?", n - 1000) for n in range(8)]
    await desk.hears(post("old", "Ben", "bread", -2000), *ours, CALL)
    last = (await prompt(desk))[1]
    own = last.split("Yours, said elsewhere")[1].split("\n\n")[0]
    assert [f"line {n}." in own for n in range(8)] == [False] * 3 + [True] * 5
    assert all(last.count(f"line {n}.") == 1 for n in range(3, 8))
    assert all(line.startswith("| Mochi: ") for line in own.split("\n")[1:])


async def test_who_is_who_is_told_after_the_thread(desk: Desk) -> None:
    regular = [post(f"b{n}", "Ben", "bread", n * 100 - 20 * DAY) for n in range(30)]
    asked = post("q", person("Cy"), "@mochi rye?", -15 * DAY)
    await desk.hears(*regular, asked)
    answered = replace(turn_about(asked), state=State.SENT, text="Rye.")
    await desk.store.write(lambda writing: writing.put_turns([answered]))
    others = [comment("c1", "p", "Ben", "a week", 1), comment("c2", "p", "Cy", "two", 2)]
    await desk.hears(CALL, *others)
    last = (await prompt(desk))[1]
    known = last.split("Who is who")[1].split("\n\n")[0]
    assert known.split("\n")[1:] == [
        "| Ana (new here)", "| Cy (has asked you before)", "| Ben (writes here often)"
    ]  # fmt: skip
    assert last.index("two") < last.index("Who is who") < last.index("Your turn")


async def test_where_nothing_is_known_nothing_is_told(desk: Desk) -> None:
    await desk.hears(CALL)
    last = (await prompt(desk))[1]
    assert "Who is who" not in last and "Yours, said elsewhere" not in last


async def test_our_lines_of_the_thread_stand_in_the_thread_only(desk: Desk) -> None:
    await desk.hears(CALL, comment("o", "p", US, "A week. And you?", 1), comment("c", "p", "Ana", "a day", 2))
    await desk.write(comment("c", "p", "Ana", "a day", 2))
    shown = "\n".join(message.text for message in desk.pen.prompts[-1])
    assert shown.count("A week. And you?") == 1 and "Yours, said elsewhere" not in shown
