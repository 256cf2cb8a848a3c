"""The end of a burst, by who is seen typing, and its effect on the time of a reply."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.burst import BURST
from bot.live.bursts import LONGEST_BURST, UNSEEN, Bursts
from bot.types import Message, Thread
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, comment, post

P = post("p", "Ana", "@mochi hi")
IN_P, ELSEWHERE, TIMELINE = P.thread, Thread(FEED, "q"), Thread(FEED)
SECONDS = st.floats(0, 30).map(lambda seconds: round(seconds, 1))


def seconds(bursts: Bursts, message: Message) -> float:
    return (bursts.until(message) - at(0)).total_seconds()


class ClockAt:
    """Implements `bot.types.Clock`; the test sets the time."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return at(self.seconds)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")


def seen(*signs: tuple[float, Thread, str], platforms: tuple[str, ...] = ("local",)) -> Bursts:
    clock = ClockAt()
    bursts = Bursts(clock)
    bursts.watch(platforms)
    for clock.seconds, thread, person in signs:
        bursts.sign(thread, person)
    return bursts


@pytest.mark.parametrize(
    ("signs", "until"),
    [
        ([], 1),
        ([(0.5, IN_P, "id-ana")], 8),
        ([(0.5, IN_P, "id-ana"), (7.9, IN_P, "id-ana"), (12, IN_P, "id-ana")], 8),  # at most
        ([(0.5, TIMELINE, "id-ana")], 8),  # a platform that does not report the thread
        ([(0.5, ELSEWHERE, "id-ana")], 1),
        ([(0.5, IN_P, "id-ben")], 1),
        ([(-0.5, IN_P, "id-ana")], 1),  # typing this message
    ],
)
def test_a_sign_after_the_message_puts_its_end_off(signs: list[tuple[float, Thread, str]], until: int) -> None:
    assert seconds(seen(*signs), P) == until


def test_where_no_signs_are_passed_on_two_seconds_must_do() -> None:
    assert seconds(seen(platforms=("discord",)), P) == BURST.total_seconds()


def test_time_on_the_way_counts_and_a_forged_time_in_the_future_does_not() -> None:
    assert seconds(seen(), post("p", "Ana", when=0.0, sent=at(-0.4))) == pytest.approx(0.6)
    assert seconds(seen(), post("p", "Ana", when=0.0, sent=at(1e6))) == 1


@given(
    st.lists(st.tuples(SECONDS, st.sampled_from((IN_P, ELSEWHERE, TIMELINE)), st.sampled_from(("id-ana", "id-ben"))))
)
def test_nobody_waits_less_than_a_second_nor_longer_than_eight(signs: list[tuple[float, Thread, str]]) -> None:
    bursts = seen(*sorted(signs, key=lambda sign: sign[0]))
    assert at(0) + UNSEEN <= bursts.until(P) <= at(0) + LONGEST_BURST
    burst = bursts.hear(P)
    assert BURST <= burst.gap <= LONGEST_BURST and burst.until == bursts.until(P)


def test_signs_are_kept_only_as_long_as_they_matter() -> None:
    bursts = seen(*((n / 100, IN_P, f"id-{n}") for n in range(100_000)))
    assert len(bursts._signs) <= LONGEST_BURST.total_seconds() * 100 + 1


@pytest.mark.parametrize(("minutes", "is_known"), [(5, True), (5.1, False)])
def test_that_somebody_went_on_is_known_as_long_as_a_draft_may_take(minutes: float, is_known: bool) -> None:
    """Whoever else writes meanwhile; later, nobody asks any more."""
    bursts = seen()
    for message in (P, comment("a", "p", "Ana", "it sinks", 1), comment("b", "p", "Ben", when=1 + 60 * minutes)):
        bursts.hear(message)
    assert bursts.went_on(P, at(0.5)) is is_known


# --- the time of a reply -------------------------------------------------------------------------


def sees_typing(on: Stage, does: bool = True) -> None:
    on.rooms.bursts.watch(["local"] if does else [])


async def seconds_to_reply(on: Stage, model_seconds: float) -> float:
    """The seconds from a call to its reply, with a model that takes so long."""
    on.writer.pen.clear()
    await on.hear([P])
    await on.until(lambda: on.writer.writing == ["p"])
    await on.clock.advance(model_seconds)
    on.writer.pen.set()
    return await _until_attempted(on)


async def _until_attempted(on: Stage) -> float:
    while True:
        await on.until(lambda: bool(on.platform.attempts) or on.clock.sleeping == len(on.turns._tasks))
        if on.platform.attempts:
            return (on.clock.now() - at(0)).total_seconds()
        await on.clock.advance(0.1)


@pytest.mark.parametrize(
    ("model_seconds", "with_signs", "without"), [(0.1, 1.0, 2.0), (0.7, 1.0, 2.0), (1.3, 1.3, 2.0), (3.0, 3.0, 3.0)]
)
async def test_an_answer_waits_no_longer_than_a_second_or_what_the_model_needs(
    tmp_path: Path, model_seconds: float, with_signs: float, without: float
) -> None:
    """For a model that needs 0.7 s, the wait beyond that was 1.3 s and is now 0.3 s; from 1 s on there is none."""
    for does, expected in ((True, with_signs), (False, without)):
        async with stage(tmp_path / str(does)) as on:
            sees_typing(on, does)
            assert await seconds_to_reply(on, model_seconds) == pytest.approx(expected, abs=0.11)


async def test_a_story_told_in_three_messages_gets_one_reply(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sees_typing(on)
        for number, (id, when) in enumerate((("p", 0.0), ("a", 6.0), ("b", 13.0))):
            said = comment(id, "p", "Ana", f"@mochi part {number}", when, starts_thread=id == "p")
            await on.hear([said])
            await on.clock.advance(0.7)
            on.rooms.bursts.sign(said.thread, said.author.id)
            await on.clock.advance({"p": 5.3, "a": 6.3, "b": 0.0}[id])
        assert on.platform.attempts == []
        assert await _until_attempted(on) == pytest.approx(21, abs=0.11)
        await on.until_told("b", "sent")
        assert await on.story() == {"p": ("merged", "merged"), "a": ("merged", "merged"), "b": ("sent", "addressed")}
        assert on.platform.said() == [("b", "re: @mochi part 2")]
        assert on.writer.writing == ["p", "b"], "the first at once, then not before the end"


async def test_a_story_that_calls_once_gets_one_reply_to_all_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sees_typing(on)
        on.writer.usd = 0.25
        await on.hear([P])
        await on.until(lambda: on.clock.sleeping == len(on.turns._tasks))
        await on.clock.advance(0.8)
        on.rooms.bursts.sign(P.thread, "id-ana")
        await on.until(lambda: on.clock.sleeping == len(on.turns._tasks))
        await on.clock.advance(2.2)
        await on.hear([comment("a", "p", "Ana", "it sinks", 3)])
        await on.until(lambda: on.clock.sleeping == len(on.turns._tasks))
        await on.clock.advance(0.5)
        await on.hear([comment("b", "p", "Ana", "in the middle", 3.5), comment("c", "p", "Ben", "oh", 3.6)])
        assert on.platform.attempts == [] and on.writer.writing == ["p"]
        assert await _until_attempted(on) == pytest.approx(4.5, abs=0.21)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: @mochi hi")]
        assert on.writer.writing == ["p", "p"], "written again, with all that was said"
        assert (await on.turn("p")).usage.cost_usd == on.rooms.budget.usd_today(on.clock.now()) == 0.5


async def test_who_goes_on_talking_keeps_a_reply_waiting_for_eight_seconds_at_most(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sees_typing(on)
        await on.hear([P])
        for number in range(1, 20):
            await on.clock.advance(0.5)
            if on.platform.attempts:
                break
            await on.until(lambda: on.clock.sleeping >= 1 or bool(on.platform.attempts))
            await on.hear([comment(f"c{number}", "p", "Ana", "and so on", number / 2)])
        assert await _until_attempted(on) == pytest.approx(8, abs=0.6)
        assert len(on.writer.writing) <= 3


async def test_what_is_said_after_the_burst_is_another_call(tmp_path: Path) -> None:
    """A message six seconds later, without a typing sign in between; the first reply is being sent by then."""
    async with stage(tmp_path) as on:
        sees_typing(on)
        assert await seconds_to_reply(on, 0.1) == pytest.approx(1, abs=0.11)
        await on.until_told("p", "sent")
        await on.hear([comment("a", "p", "Ana", "@mochi and rye?", 7)])
        await on.clock.advance(8)
        await on.until_told("a", "sent")
        assert [trigger for trigger, _ in on.platform.said()] == ["p", "a"]


async def test_somebody_elses_typing_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        sees_typing(on)
        await on.hear([P])
        on.rooms.bursts.sign(P.thread, "id-ben")
        assert await _until_attempted(on) == pytest.approx(1, abs=0.11)


async def test_a_sign_while_the_answer_waits_is_seen(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        sees_typing(on)
        await on.hear([P])
        await on.until(lambda: on.clock.sleeping == 1)
        await clock.advance(0.9)
        on.rooms.bursts.sign(P.thread, P.author.id)
        assert await _until_attempted(on) == pytest.approx(8, abs=0.11)
