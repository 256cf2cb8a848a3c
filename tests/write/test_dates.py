"""Dates and times in prompts: the room's zone, the prompt's language, and beginnings that stay the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.types import Author, Message, Room, Thread
from bot.write.abilities import Abilities
from bot.write.dates import OLDEST, SILENCE, clock, date_line, is_new_time, said_at
from bot.write.guard import look
from bot.write.models.chat import ChatMessage
from bot.write.persona import PromptLanguage
from bot.write.prompt import compose
from bot.write.tasks import Task
from tests.fakes.shipped import personas

PERSONAS = personas()
KITCHEN = Room("local", "home", "kitchen", "kitchen", "Home")
START = datetime(2026, 1, 5, 9, 25, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def say(number: int, at: datetime, text: str = "hm", *, ours: bool = False) -> Message:
    author = Author("me", "Mochi", is_bot=True, is_self=True) if ours else Author("id-Ana", "Ana")
    return Message(f"m{number}", Thread(KITCHEN, "m0"), author, text, at, at, starts_thread=number == 0)


def prompt(thread: Sequence[Message], now: datetime, persona: str = "mochi") -> list[ChatMessage]:
    return compose(
        PERSONAS[persona], KITCHEN, thread, (), (), thread[-1],
        task=Task.CALLED, now=now, room_tokens=8000, abilities=Abilities(30),
    )  # fmt: skip


def dates(messages: Sequence[ChatMessage]) -> list[str]:
    lines = [line for one in messages[1:] for line in one.text.split("\n")]
    return [line for line in lines if line.startswith(("(", "（"))]


@pytest.mark.parametrize(
    ("zone", "language", "at", "told"),
    [
        ("Asia/Shanghai", "zh", START, "现在是2026年1月5日，星期一，17:25（Asia/Shanghai）。"),
        ("Asia/Shanghai", "en", START, "It is Monday, 5 January 2026, 17:25 (Asia/Shanghai)."),
        ("UTC", "zh", START, "现在是2026年1月5日，星期一，09:25（UTC）。"),
        ("America/New_York", "en", datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
         "It is Sunday, 1 March 2026, 20:30 (America/New_York)."),
        ("Asia/Kolkata", "en", datetime(2026, 3, 2, 19, 0, tzinfo=UTC),
         "It is Tuesday, 3 March 2026, 00:30 (Asia/Kolkata)."),
        ("Europe/Berlin", "en", datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
         "It is Thursday, 2 July 2026, 00:30 (Europe/Berlin)."),
        ("Pacific/Auckland", "zh", datetime(2026, 12, 31, 12, 0, tzinfo=UTC),
         "现在是2027年1月1日，星期五，01:00（Pacific/Auckland）。"),
        ("Asia/Shanghai", "zh", datetime(2026, 1, 31, 16, 30, tzinfo=UTC),
         "现在是2026年2月1日，星期日，00:30（Asia/Shanghai）。"),
    ],
)  # fmt: skip
def test_the_clock_shows_the_rooms_time_in_the_prompts_language(
    zone: str, language: PromptLanguage, at: datetime, told: str
) -> None:
    assert clock(at.astimezone(ZoneInfo(zone)), language) == told
    persona = "xiaoman" if language == "zh" else "mochi"
    assert told in prompt([say(0, at)], at.astimezone(ZoneInfo(zone)), persona)[-1].text


def test_a_thread_shows_its_beginning_each_new_day_and_each_silence_in_the_rooms_time() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    thread = [
        say(0, START),  # 17:25
        say(1, START + 10 * MINUTE),
        say(2, START + 10 * MINUTE + SILENCE - MINUTE),  # 20:34
        say(3, START + 7 * HOUR),  # 00:25 on the next day
        say(4, START + 7 * HOUR + SILENCE),  # 03:25
        say(5, START + 7 * HOUR + SILENCE + MINUTE),
    ]
    shown = prompt(thread, thread[-1].at.astimezone(zone))
    assert dates(shown) == [
        "(Monday, 5 January 2026, 17:25)",
        "(Tuesday, 6 January 2026, 00:25)",
        "(Tuesday, 6 January 2026, 03:25)",
    ]
    assert dates(prompt(thread[:4], thread[-1].at.astimezone(zone), "xiaoman")) == [
        "（2026年1月5日，星期一，17:25）",
        "（2026年1月6日，星期二，00:25）",
    ]


def test_an_answer_of_ours_holds_no_date_and_the_members_line_after_it_does() -> None:
    thread = [
        say(0, START),
        say(1, START + MINUTE, "Rye.", ours=True),
        say(2, START + 24 * HOUR, "Or spelt.", ours=True),
        say(3, START + 24 * HOUR + MINUTE, "so?"),
    ]
    shown = prompt(thread, thread[-1].at)
    assert [one.text for one in shown if one.role == "assistant"] == ["Rye.\nOr spelt."]
    assert dates(shown[-2:]) == ["(Tuesday, 6 January 2026, 09:26)"]


@given(
    st.lists(st.tuples(st.timedeltas(timedelta(days=-2), timedelta(days=2)), st.booleans()), min_size=2, max_size=30),
    st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kolkata"]),
)
def test_a_message_that_is_added_changes_nothing_above_it(gaps: list[tuple[timedelta, bool]], zone: str) -> None:
    """Also where platforms' clocks go backward."""
    at, thread = START, []
    for number, (gap, ours) in enumerate(gaps):
        at = at + gap
        thread.append(say(number, at, f"word {number}", ours=ours and number > 0))
    now = (at + timedelta(days=90)).astimezone(ZoneInfo(zone))
    before, after = (
        "\n".join(f"{one.role}\n{one.text}" for one in prompt(shown, now))
        for shown in ([*thread[:-1], say(98, at)], [*thread, say(99, at)])
    )
    last = before.rindex(f"word {len(thread) - 2}")
    assert after.startswith(before[:last])


@pytest.mark.parametrize(
    ("at", "is_believed"),
    [
        (START - OLDEST, True),
        (START, True),
        (START + MINUTE, False),
        (START - OLDEST - MINUTE, False),
        (datetime.min.replace(tzinfo=UTC), False),
        (datetime.max.replace(tzinfo=UTC), False),
    ],
)
def test_a_forged_time_is_not_believed(at: datetime, is_believed: bool) -> None:
    message = Message("m", Thread(KITCHEN), Author("a", "Ana"), "hi", at, START)
    for zone in ("Pacific/Auckland", "Pacific/Honolulu"):
        assert said_at(message, ZoneInfo(zone)) == (at if is_believed else START)


def test_midnight_needs_a_date_however_short_the_pause() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    late = datetime(2026, 1, 5, 23, 50, tzinfo=zone).astimezone(UTC)
    thread = [say(0, late), say(1, late + 20 * MINUTE)]
    assert dates(prompt(thread, thread[-1].at.astimezone(zone))) == [
        "(Monday, 5 January 2026, 23:50)",
        "(Tuesday, 6 January 2026, 00:10)",
    ]
    assert len(dates(prompt(thread, thread[-1].at))) == 1, "in another zone it is the middle of the day"


def test_a_clock_set_back_a_little_needs_no_date() -> None:
    assert not is_new_time(START - MINUTE, START)
    assert is_new_time(START - SILENCE, START)
    assert is_new_time(START, None)


class Found:
    """A recalled message, with the field that a prompt uses."""

    def __init__(self, message: Message):
        self.messages = (message,)


@pytest.mark.parametrize("persona", ["mochi", "xiaoman"])
@pytest.mark.parametrize(
    ("zone", "at", "lately", "recalled"),
    [
        ("UTC", datetime(2026, 1, 5, 7, 0, tzinfo=UTC), "| Ana: rye", "| 2026-01-05 Ana: rye"),
        ("UTC", datetime(2026, 1, 4, 23, 30, tzinfo=UTC), "| 2026-01-04 Ana: rye", "| 2026-01-04 Ana: rye"),
        ("Asia/Shanghai", datetime(2026, 1, 4, 23, 30, tzinfo=UTC), "| Ana: rye", "| 2026-01-05 Ana: rye"),
        ("America/New_York", datetime(2026, 1, 5, 4, 59, tzinfo=UTC), "| 2026-01-04 Ana: rye", "| 2026-01-04 Ana: rye"),
        ("America/New_York", datetime(2026, 1, 5, 5, 0, tzinfo=UTC), "| Ana: rye", "| 2026-01-05 Ana: rye"),
    ],
)
def test_a_memory_is_dated_by_the_rooms_day_and_recent_talk_unless_it_is_of_today(
    persona: str, zone: str, at: datetime, lately: str, recalled: str
) -> None:
    now = START.astimezone(ZoneInfo(zone))
    for line, where in (
        (lately, {"lately": [say(9, at, "rye")]}),
        (recalled, {"recalled": [Found(say(9, at, "rye"))]}),
    ):
        shown: dict[str, Any] = {"lately": (), "recalled": (), **where}
        messages = compose(
            PERSONAS[persona], KITCHEN, [say(0, START)], trigger=say(0, START),
            task=Task.CALLED, now=now, room_tokens=8000, abilities=Abilities(30), **shown,
        )  # fmt: skip
        assert line in messages[-1].text.split("\n")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("said", ["A pinch.", "| Mochi: A pinch.", "Mochi: A pinch."])
def test_a_date_line_that_a_draft_copies_is_left_out(language: PromptLanguage, said: str) -> None:
    line = date_line(datetime(2026, 11, 30, 20, 0, tzinfo=UTC), language)
    assert look(f"{line}\n{said}", PERSONAS["mochi"], addressed=True).text == "A pinch."
    assert look(f"{line}\n{line}\n{said}", PERSONAS["mochi"], addressed=True).text == "A pinch."
    kept = f"It was said then:\n{line}\nand never again."
    assert look(kept, PERSONAS["mochi"], addressed=True).text == kept
