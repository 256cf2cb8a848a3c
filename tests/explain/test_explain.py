"""Why, in words: each decision explained from its facts, and a fact that is not understood shown raw."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decide import gates
from bot.decide.reasons import SIGNS, Reason
from bot.explain.chain import FACT_LINES, FACT_SENTENCES, Tongue, chain, hold_in_words, sentence
from bot.explain.reasons_page import TROUBLES, groups, reasons_page
from bot.explain.terminal import cells, fold, printable
from bot.explain.why import why_lines
from bot.explain.words import LANGUAGES
from bot.remember.lookup import Lookup
from bot.types import Author, Decision, Message, Room, State, Thread, Turn, Usage, Verdict
from tests.fakes.shipped import shipped_words

ROOT = Path(__file__).parents[2]
WORDS = shipped_words()
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ROOM = Room("discord", "881", "991", "kitchen", "Home")
POST = Message("m1", Thread(ROOM, "m1"), Author("u7", "Noor"), "why does it sink?", NOON, NOON, starts_thread=True)
HOLD = {"seconds": 4440, "how": "auto", "risk": 0.25, "share": 0.25, "posts": 312, "days": 60, "from": "room"}
EVERYTHING: dict[str, Any] = {
    "signals": ["question", "newcomer"],
    "asked": ["joins_only_when_called", "is_for_others"],
    "hold": {**HOLD, "at": None},
    "asked_again": ["was_answered", "would_be_two_in_a_row"],
    "opens": 0.83,
    "answered": 0.12,
    "voice": [3, 50],
    "pointer": {"score": 0.8, "least": 0.62, "because": "no_model"},
    "share_of_voice": 0.2,
    "limit": {"used": 0.93},
    "quiet_until": "2026-01-05T07:00:00+00:00",
    "judge": {"model": "small", "answer": "no"},
    "named": ["bots", "@weather:*"],
    "ended_by": "m9",
    "chosen": {"hold": {"value": 5.0, "for": "room", "at": "2026-01-04T07:00:00+00:00", "until": None, "change": 3}},
    "would": {"reason": "unanswered", "at": "2026-01-05T13:14:00+00:00", "judge": "small"},
}


def turn(reason: str = "holding", state: State = State.WAITING, **facts: Any) -> Turn:
    verdict = {State.WAITING: Verdict.WAIT, State.SENT: Verdict.SPEAK}.get(state, Verdict.SILENT)
    decision = Decision(verdict, reason, NOON + timedelta(minutes=74), facts)
    return Turn("t1", POST.thread, POST.id, "u7", "mochi", decision, state, NOON)


def texts(turn: Turn, language: str = "en") -> list[str]:
    return [line.text for line in chain(turn, WORDS, language)]


def marks(turn: Turn) -> list[bool | None]:
    return [line.passed for line in chain(turn, WORDS) if line.passed is not None]


# --- the hold ------------------------------------------------------------------------------------


HERE = "after that, {} of the posts here still got a person's answer (312 posts in 60 days)"
HERE_ZH = "过了这段时间，这里仍有 {} 的帖子得到真人回答（60 天内 312 个帖子）"
AROUND = (
    "after that, 25 % of the posts in this community still got a person's answer (4,120 posts in a day); this room "
    "alone has too few yet"
)
AROUND_ZH = "过了这段时间，这个社区仍有 25% 的帖子得到真人回答（一天内 4,120 个帖子）；单看这个房间，帖子还太少"
ELSEWHERE = "no history here yet, so it goes by what is known of other communities"
ELSEWHERE_ZH = "这里还没有历史，按其他社区的情况估计"
PRIOR = f"{ELSEWHERE}, where 25 % of such posts still got a person's answer after that"
PRIOR_ZH = f"{ELSEWHERE_ZH}，过了这段时间，那里仍有 25% 的帖子得到真人回答"
LEAST = "the least that `hold_floor_minutes` allows"
MOST = "the most that `hold_ceiling_minutes` allows"
ASKED = "; `displacement_risk` asks for 25 %"
LEAST_ZH, MOST_ZH = "这是 `hold_floor_minutes` 允许的最短时间", "这是 `hold_ceiling_minutes` 允许的最长时间"
ASKED_ZH = "；`displacement_risk` 要求 25%"


@pytest.mark.parametrize(
    ("change", "english"),
    [
        ({}, f"waits 74 min: {HERE.format('25 %')}"),
        ({"from": "community", "posts": 4120, "days": 1}, f"waits 74 min: {AROUND}"),
        ({"from": "prior"}, f"waits 74 min: {PRIOR}"),
        ({"from": "prior", "share": None}, f"waits 74 min: {ELSEWHERE}"),
        ({"seconds": 60, "share": 0.12, "at": "floor"}, f"waits 1 min, {LEAST}: {HERE.format('12 %')}{ASKED}"),
        ({"seconds": 43_200, "share": 0.31, "at": "ceiling"}, f"waits 12 h, {MOST}: {HERE.format('31 %')}{ASKED}"),
        ({"how": "fixed", "share": 0.004}, f"waits 74 min, as `hold` says: {HERE.format('0.4 %')}"),
        ({"how": "fixed", "from": "prior"}, "waits 74 min, as `hold` says"),
        ({"from": None, "seconds": 15_480}, "waits 4.3 h"),
        ({"from": None, "seconds": 119}, "waits 119 s"),
    ],
)
def test_the_hold_is_told_in_words(change: dict[str, Any], english: str) -> None:
    assert hold_in_words({**HOLD, **change}, Tongue(WORDS, "en")) == english


@pytest.mark.parametrize(
    ("change", "chinese"),
    [
        ({}, f"等 74 分钟：{HERE_ZH.format('25%')}"),
        ({"from": "community", "posts": 4120, "days": 1}, f"等 74 分钟：{AROUND_ZH}"),
        ({"from": "prior"}, f"等 74 分钟：{PRIOR_ZH}"),
        ({"from": "prior", "share": None}, f"等 74 分钟：{ELSEWHERE_ZH}"),
        (
            {"seconds": 60, "share": 0.12, "at": "floor"},
            f"等 1 分钟，{LEAST_ZH}：{HERE_ZH.format('12%')}{ASKED_ZH}",
        ),
        (
            {"seconds": 43_200, "share": 0.31, "at": "ceiling"},
            f"等 12 小时，{MOST_ZH}：{HERE_ZH.format('31%')}{ASKED_ZH}",
        ),
        ({"how": "fixed", "share": 0.004}, f"等 74 分钟，由 `hold` 设定：{HERE_ZH.format('0.4%')}"),
        ({"how": "fixed", "from": "prior"}, "等 74 分钟，由 `hold` 设定"),
        ({"from": None, "seconds": 15_480}, "等 4.3 小时"),
    ],
)
def test_the_hold_is_told_in_chinese(change: dict[str, Any], chinese: str) -> None:
    assert hold_in_words({**HOLD, **change}, Tongue(WORDS, "zh")) == chinese


def test_a_fixed_hold_needs_no_more_than_its_length() -> None:
    assert texts(turn(hold={"seconds": 2, "how": "fixed"}))[0] == "waits 2 s, as `hold` says"


# --- the gates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "state", "facts", "expected"),
    [
        ("holding", State.WAITING, {"asked": ["a", "b"]}, [True, True]),
        ("meant_for_others", State.SILENT, {"asked": ["a", "b"]}, [True, False]),
        ("share_of_voice", State.STOPPED, {"asked": ["a"], "asked_again": ["b", "c"]}, [True, True, False]),
        ("unanswered", State.SENT, {"asked": ["a"], "asked_again": ["b", "c"]}, [True, True, True]),
        # asked when due, was_answered objected, and it is known who had answered:
        ("someone_answered", State.STOPPED, {"asked_again": ["was_answered"], "ended_by": "m9"}, [False]),
        # all gates had passed, and then somebody answered, or took it back, while it wrote:
        ("someone_answered", State.STOPPED, {"asked_again": ["was_answered", "b"], "ended_by": "m9"}, [True, True]),
        ("deleted", State.STOPPED, {"asked_again": ["was_answered", "b"]}, [True, True]),
        ("judged", State.PASSED, {"asked_again": ["b"]}, [True]),
        ("too_late", State.STOPPED, {"asked_again": ["b"]}, [True]),
        ("watching", State.SILENT, {"asked": ["a"], "asked_again": ["b"], "would": {}}, [True, True]),
        ("from_bot", State.SILENT, {"asked": []}, []),
        ("too_old", State.SILENT, {"asked": ["a", "b"]}, []),  # the gates did not count
    ],
)
def test_the_gate_that_objected_is_marked(
    reason: str, state: State, facts: dict[str, Sequence[str] | list[str]], expected: list[bool]
) -> None:
    assert marks(turn(reason, state, **facts)) == expected


def test_each_gate_there_is_has_its_sentence() -> None:
    lists = [value for value in vars(gates).values() if isinstance(value, tuple)]
    every = {gate.__name__ for gates_in_order in lists for gate in gates_in_order if callable(gate)}
    shown = texts(turn(asked=sorted(every)))
    assert len(every) >= 9 and [name for name in every if name in shown] == []


# --- facts of all kinds --------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_is_told_and_none_as_it_stands(language: str) -> None:
    assert set(EVERYTHING) == {*FACT_LINES, *FACT_SENTENCES}
    for key, value in EVERYTHING.items():
        assert not any(text.startswith(f"{key}: ") for text in texts(turn(**{key: value}), language)), key
        assert len(texts(turn(**{key: value}))) > len(texts(turn())), key


def test_numbers_are_told() -> None:
    shown = texts(turn(state=State.STOPPED, **EVERYTHING))
    for text in (
        "a question, a newcomer's post",
        "83 % likely that it opens a conversation",
        "12 % likely that a person had answered by then",
        "3 of the last 50 messages here were Cameo's, uncalled (6 %)",
        "93 % of the nearest limit was used",
        "quiet hours until 2026-01-05 07:00:00 UTC",
        "asked small whether to speak: no",
        "its author is named by `bots: @weather:*` in the room's rule",
        "ended by message m9",
    ):
        assert text in shown


def test_a_name_that_the_catalogue_does_not_know_stands_for_itself() -> None:
    assert texts(turn(signals=["a_new_one"], asked=["a_new_gate"]))[:2] == ["a_new_one", "a_new_gate"]
    assert sentence(turn("a_new_reason"), WORDS, "member") == "a_new_reason"


def test_a_fact_that_is_not_understood_is_shown_as_it_stands() -> None:
    assert 'mood: {"blue": 1}' in texts(turn(mood={"blue": 1}))
    assert "hold: 5" in texts(turn(hold=5))
    assert "voice: [1]" in texts(turn(voice=[1]))
    assert 'quiet_until: "soon"' in texts(turn(quiet_until="soon"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(HOLD)) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(EVERYTHING)) | st.text(max_size=9), JSON, max_size=5), st.sampled_from(State)
)
def test_whatever_the_facts_are_there_is_an_explanation(facts: dict[str, Any], state: State) -> None:
    one = turn("someone_answered", state, **{})
    one = replace(one, decision=replace(one.decision, facts=facts))
    for language in LANGUAGES:
        assert chain(one, WORDS, language)[-1].text
        assert why_lines(Lookup("m1", "discord", POST, one, POST), WORDS, language)


# --- what became of it ---------------------------------------------------------------------------


def test_what_it_took_is_told() -> None:
    sent = replace(turn("addressed", State.SENT), model="kimi", usage=Usage(1800, 300, 60, 0.0012), reply_id="r1")
    assert texts(replace(sent, addressed=True)) == [
        "it calls Cameo",
        "speak · addressed · sent",
        "kimi: 1,800 tokens read (300 from the cache), 60 written, $0.0012",
        "its message is r1",
    ]
    assert "$" not in " ".join(texts(replace(sent, usage=Usage(1800, 0, 60))))
    assert "no model was asked" in texts(turn("from_bot", State.SILENT))


def test_a_trouble_is_the_reason_that_counts() -> None:
    """The decision was to speak, but it failed: "nobody had answered, so I spoke" would be a lie."""
    failed = replace(turn("unanswered", State.FAILED), error="undeliverable")
    assert sentence(failed, WORDS, "member") == WORDS.say("reason.undeliverable.member")
    assert "error: undeliverable" in texts(failed)


def test_a_waiting_turn_says_when_it_decides_again() -> None:
    assert "decides again at 2026-01-05 13:14:00 UTC" in texts(turn("quiet_hours"))
    others = "decides again once somebody else has written there, or at 2026-01-05 13:14:00 UTC"
    assert others in texts(turn("two_in_a_row"))
    assert not any("decides again" in text for text in texts(turn(state=State.STOPPED, hold=HOLD)))


# --- in a terminal -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_a_terminal_and_stays_in_its_columns(language: str) -> None:
    lines = why_lines(Lookup("m1", "discord", POST, turn(state=State.STOPPED, **EVERYTHING), POST), WORDS, language)
    beside = cells(lines[0].removesuffix("m1"))
    assert max(cells(line) for line in lines) <= 80
    starts = {len(line) - len(line.lstrip()) for line in lines if line.startswith(" ")}
    assert beside in starts and starts <= {beside, beside + 2}  # text beside a mark is indented by two more


def test_texts_are_shown_only_where_they_are_asked_for() -> None:
    sent = replace(turn("addressed", State.SENT), text="Fold it twice.")
    trace = Lookup("m1", "discord", POST, sent, POST)
    assert not [line for line in why_lines(trace, WORDS) if "sink" in line or "Fold" in line]
    shown = "\n".join(why_lines(trace, WORDS, with_text=True))
    assert "why does it sink?" in shown and "Fold it twice." in shown


def test_words_that_never_left_are_not_shown_as_said() -> None:
    kept = replace(turn("platform_away", State.WAITING), text="Fold it twice.")
    shown = "\n".join(why_lines(Lookup("m1", "discord", POST, kept, None), WORDS, with_text=True))
    assert "Fold it twice." not in shown and "decides again at" in shown


def test_a_stranger_cannot_paint_the_terminal() -> None:
    evil = replace(POST, author=Author("u\x1b]0;x\x07", "Noor\n\x1b[31m\u202eroot"))
    lines = why_lines(Lookup("m1", "discord", evil, turn(), evil), WORDS)
    assert lines and all(line.isprintable() for line in lines)
    assert printable("a\n\tb\x1b[0m") == "a b\N{REPLACEMENT CHARACTER}[0m"


def test_a_chinese_letter_or_mark_takes_two_columns_and_an_accent_none() -> None:
    assert (cells("abc"), cells("等，"), cells("e\u0301")) == (3, 4, 1)


@given(st.text(max_size=200), st.integers(2, 80))
def test_folded_lines_keep_their_width_and_lose_nothing(text: str, width: int) -> None:
    lines = fold(printable(text), width)
    assert all(cells(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(printable(text).split())


# --- the page of all reasons ---------------------------------------------------------------------


def test_the_page_of_reasons_is_the_one_in_the_repository() -> None:
    """`cameo reasons > REASONS.md` updates the page."""
    assert (ROOT / "REASONS.md").read_text(encoding="utf-8") == reasons_page(WORDS)


def test_the_command_prints_the_page() -> None:
    printed = subprocess.run([sys.executable, "-m", "bot", "reasons"], cwd=ROOT, capture_output=True, check=True)
    assert printed.stdout.decode() == reasons_page(WORDS)


def test_every_code_is_in_one_group() -> None:
    every = [code for codes in groups().values() for code in codes]
    assert sorted(every) == sorted([*(str(reason) for reason in Reason), *TROUBLES])
    assert set(groups()["sign"]) == set(SIGNS)
    assert {"holding", "settling"} <= set(groups()["wait"])
    page = reasons_page(WORDS)
    assert [code for code in every if page.count(f"| `{code}` |") != 1] == []


def test_every_trouble_of_the_page_is_one_that_the_code_knows() -> None:
    sources = [path for path in (ROOT / "bot").rglob("*.py") if path.name != "reasons_page.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    assert [trouble for trouble in TROUBLES if f'"{trouble}"' not in code] == []
