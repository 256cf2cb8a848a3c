"""The share of voice: what it allows, by hand, and that this keeps the promise in every window."""

from bisect import bisect_right
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.times import DAY
from bot.decide.voice import VOICE_WINDOW, Voice
from tests.fakes.talk import NOON

HOUR = 3600.0
EPOCH = NOON.timestamp()  # times are seconds since 1970, far more than there are messages


def heard(said: str, apart: float = 60.0) -> tuple[Voice, float]:
    """A room with these messages in order (o: ours and unprompted, .: anybody else's), and the time of the last one."""
    voice, now = Voice(), EPOCH
    for one in said:
        now += apart
        voice.hear(now, one == "o")
    return voice, now


@pytest.mark.parametrize(
    ("said", "share", "allowed"),
    [
        pytest.param("", 0.02, True, id="a first word, which will be one of fifty"),
        pytest.param("", 0.0199, False, id="a first word, where one of fifty is too much"),
        pytest.param("." * 48, 0.02, True, id="one of forty-nine"),
        pytest.param("." * 99, 0.0, False, id="none at all"),
        pytest.param("o" + "." * 8, 0.2, True, id="two of ten"),
        pytest.param("o" + "." * 7, 0.2, False, id="two of nine"),
        pytest.param("o" * 9 + "." * 40, 0.2, True, id="ten of fifty"),
        pytest.param("o" * 10 + "." * 39, 0.2, False, id="eleven of fifty"),
        pytest.param("o" * 10 + "." * 40, 0.2, False, id="eleven of fifty-one within a day"),
        pytest.param("o" * 10 + "." * 43, 0.2, False, id="eleven of fifty-four within a day"),
        pytest.param("o" * 10 + "." * 44, 0.2, True, id="eleven of fifty-five within a day"),
        pytest.param("." * 60 + "o" * 10 + ".", 0.2, False, id="they are still too close: in fifty words are eleven"),
    ],
)
def test_by_hand(said: str, share: float, allowed: bool) -> None:
    voice, now = heard(said)
    assert voice.allows(share, now) is allowed


def test_whatever_is_older_than_a_day_and_fifty_words_counts_no_more() -> None:
    voice, now = heard("o" * 10 + "." * 41)
    assert not voice.allows(0.2, now)
    assert voice.allows(0.2, now + 1.1 * DAY)
    slow, then = heard("o" * 10 + "." * 39, apart=2 * HOUR)  # in a slow room the last fifty messages span days
    assert not slow.allows(0.2, then + 9 * DAY)


def test_words_under_way_count_as_said() -> None:
    voice, now = heard("." * 12)
    assert voice.allows(0.2, now, underway=2)  # three of fifteen
    assert not voice.allows(0.2, now, underway=3)


def test_the_figures_that_are_told() -> None:
    voice, _ = heard("o." * 10)
    assert voice.last() == (10, 20)
    assert voice.last(5) == (2, 5)
    assert heard("o" + "." * 60)[0].last() == (0, 50)


SHARES = st.sampled_from((0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0))
STEPS = st.lists(
    st.one_of(
        st.just("ask"),
        st.integers(1, 30).map(lambda count: "." * count),
        st.sampled_from((1.0, HOUR, 5 * HOUR, 23.9 * HOUR, DAY, 30 * HOUR)),
        st.integers(0, 3),  # messages under way arrive
    ),
    max_size=60,
)


@given(SHARES, STEPS)
def test_every_window_keeps_the_share(share: float, steps: list[float | str]) -> None:
    """Speaks whenever allowed, with messages that arrive late, in any order of silence and noise."""
    voice, now, underway = Voice(), EPOCH, 0
    words: list[tuple[float, bool]] = []

    def say(ours: bool) -> None:
        words.append((now, ours))
        voice.hear(now, ours)

    for step in steps:
        if step == "ask":
            while underway < 9 and voice.allows(share, now, underway):
                underway += 1
        elif isinstance(step, str):
            for _ in step:
                say(False)
        elif isinstance(step, float):
            now += step
        else:
            for _ in range(min(step, underway)):
                say(True)
                underway -= 1
    _check(share, words)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.2, 0.35, 0.5])
@pytest.mark.parametrize("apart", [20.0, 600.0, HOUR])
def test_who_speaks_as_often_as_allowed_for_days_keeps_the_share_of_each_day(share: float, apart: float) -> None:
    """Never more than the share, in the last fifty messages or in any 24 hours; in the long run at least half of it."""
    voice, words = Voice(), []
    for number in range(600):
        now = EPOCH + number * apart
        words.append((now, voice.allows(share, now)))
        voice.hear(*words[-1])
    _check(share, words)
    assert sum(ours for _, ours in words) >= share * len(words) / 2


def _check(share: float, words: list[tuple[float, bool]]) -> None:
    times, sums = [at for at, _ in words], [0, *accumulate(ours for _, ours in words)]
    for end in range(1, len(sums)):
        count = min(end, VOICE_WINDOW)
        # a first message is always allowed if it keeps the promise among fifty
        first = 1 if count < VOICE_WINDOW else 0
        assert sums[end] - sums[end - count] <= max(first, share * count + 1e-9)
    for begin, at in enumerate(times):
        for end in range(begin + VOICE_WINDOW, bisect_right(times, at + DAY) + 1):
            assert sums[end] - sums[begin] <= share * (end - begin) + 1e-9


WORDS = st.lists(st.tuples(st.floats(EPOCH, EPOCH + 2 * DAY), st.booleans()), min_size=1, max_size=120)


@given(SHARES, WORDS, st.data())
def test_a_restart_changes_nothing(share: float, words: list[tuple[float, bool]], data: st.DataObject) -> None:
    """Rebuilt from the last fifty and the last day; clocks that go back do no harm."""
    cut = data.draw(st.integers(0, len(words) - 1))
    before, after = words[:cut], words[cut:]
    voice, rebuilt = Voice(), Voice()
    voice.restore(before)
    begin = next((n for n, (when, _) in enumerate(before) if when > after[0][0] - DAY), cut)
    rebuilt.restore(before[min(begin, max(0, cut - VOICE_WINDOW)) :])
    now = max((when for when, _ in before), default=EPOCH)
    for at, ours in after:
        now = max(now, at)
        for each in (voice, rebuilt):
            each.hear(at, ours)
        assert voice.last() == rebuilt.last()
        assert voice.allows(share, now) == rebuilt.allows(share, now)


def test_it_remembers_no_more_than_it_needs() -> None:
    voice, _ = heard("o" * 5000, apart=HOUR)
    assert len(voice._ours) <= VOICE_WINDOW + 1
