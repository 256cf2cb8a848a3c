"""The pure parts behind a model call: thinking, faults, usage, the breaker, estimates."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.model_settings import Price
from bot.types import Usage
from bot.write.models import faults, usage
from bot.write.models.breaker import FAILURES, FIRST_REST, LONGEST_REST, REFUSED_REST, Breaker
from bot.write.models.chat import IMAGE_TOKENS, ChatMessage, ImagePart, TextPart, estimate_input
from bot.write.models.faults import FaultKind
from bot.write.models.output_reader import OutputReader

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PRICE = Price(input=1.0, cached=0.1, output=4.0)

# --- thinking ------------------------------------------------------------------------------------


def shown(text: str, size: int) -> tuple[str, list[str]]:
    visible, seen = OutputReader(), []
    for start in range(0, len(text), size):
        visible.add(text[start : start + size])
        seen.append(visible.text)
    return visible.end(), seen


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain", "plain"),
        ("<think>secret</think>\n\nhello", "hello"),
        ("<THINKING>secret</Thinking>hello", "hello"),
        ("a<think>secret</think>b<think>secret</think>c", "abc"),
        ("<think>secret, never closed", ""),
        ("1 < 2 and <b>bold</b>", "1 < 2 and <b>bold</b>"),
        ("a heart <3", "a heart <3"),
        ("ends with <thi", "ends with <thi"),
        ("<think></think>", ""),
        ("  \n spaced \n", "spaced"),
    ],
)
def test_thinking_is_never_shown(raw: str, text: str, size: int) -> None:
    final, seen = shown(raw, size)
    assert final == text
    assert not any("secret" in part for part in seen)


def test_a_lone_end_tag_makes_all_before_it_thinking() -> None:
    assert shown("I should greet.</think>Hi!", 4)[0] == "Hi!"


@given(st.text(alphabet="ab<>/think ", max_size=60), st.integers(1, 9))
def test_pieces_make_no_difference(raw: str, size: int) -> None:
    assert shown(raw, size)[0] == shown(raw, 1000)[0]


@given(st.text(alphabet="ab \n", max_size=40))
def test_text_without_tags_stays(raw: str) -> None:
    assert shown(raw, 3)[0] == raw.strip()


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, {"message": "Incorrect API key"}, FaultKind.REFUSED),
        (402, {"message": "Insufficient Balance"}, FaultKind.REFUSED),
        (404, {"message": "model not found"}, FaultKind.REFUSED),
        (403, None, FaultKind.REFUSED),
        (403, {"message": "Your input was flagged"}, FaultKind.DECLINED),
        (400, {"code": "content_filter"}, FaultKind.DECLINED),
        (400, {"message": "unknown field"}, FaultKind.DECLINED),
        (400, {"code": "context_length_exceeded"}, FaultKind.TOO_LONG),
        (
            400,
            {"message": "request (8031 tokens) exceeds the available context size (1536 tokens)"},
            FaultKind.TOO_LONG,
        ),
        (
            400,
            {"message": "This model's maximum context length is 4096 tokens. Reduce max_tokens."},
            FaultKind.TOO_LONG,
        ),
        (400, {"message": "prompt is too long"}, FaultKind.TOO_LONG),
        (422, {"message": "prompt is too long"}, FaultKind.TOO_LONG),
        (422, {"message": "Your input was flagged"}, FaultKind.DECLINED),
        (413, "", FaultKind.TOO_LONG),
        (429, {"message": "slow down"}, FaultKind.BUSY),
        (429, {"code": "insufficient_quota"}, FaultKind.REFUSED),
        (429, {"type": "exceeded_current_quota_error"}, FaultKind.REFUSED),
        (500, "<html>", FaultKind.BROKEN),
        (529, None, FaultKind.BROKEN),
        (408, None, FaultKind.BROKEN),
    ],
)
def test_what_an_error_means(status: int, body: object, kind: FaultKind) -> None:
    assert faults.sort(status, body) is kind


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"code": 429, "message": "x"}, (FaultKind.BUSY, 429)),
        ({"code": "503"}, (FaultKind.BROKEN, 503)),
        ({"code": "rate_limit_exceeded"}, (FaultKind.BUSY, 0)),
        ({"type": "overloaded_error"}, (FaultKind.BUSY, 0)),
        ({"code": 400, "type": "exceed_context_size_error"}, (FaultKind.TOO_LONG, 400)),
        ("words", (FaultKind.BROKEN, 0)),
        (None, (FaultKind.BROKEN, 0)),
    ],
)
def test_what_an_error_inside_a_stream_means(body: object, found: tuple[FaultKind, int]) -> None:
    assert faults.sort_event(body) == found


SAYS = {"choices": [{"delta": {"content": "rye"}}]}


@pytest.mark.parametrize("error", [
    {"code": 0, "message": ""}, {"code": 200, "message": "OK"}, {"code": None, "message": None, "type": ""}, {}, "",
    "none", False, {"code": "0", "msg": "Success"}, {"type": "none", "details": []}, [],
])  # fmt: skip
def test_an_error_that_says_nothing_is_none(error: object) -> None:
    assert faults.error_in({**SAYS, "error": error}) is None
    assert faults.error_in({"base_resp": {"status_code": 0, "status_msg": "success"}}) is None


@pytest.mark.parametrize("error", [
    {"code": 0, "message": "overloaded"}, {"code": 503, "message": ""}, "overloaded", True, {"details": [{"a": 1}]},
    ["overloaded"], {"type": "server_error"},
])  # fmt: skip
def test_an_error_that_says_anything_is_one(error: object) -> None:
    assert faults.error_in({**SAYS, "error": error}) == error


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Mon, 05 Jan 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 05 Jan 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 99 Jan 2026 11:00:00 GMT"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert faults.retry_after(headers, NOW) == seconds


def test_only_codes_are_fit_for_the_log() -> None:
    assert faults.short({"message": "your key sk-abc is wrong", "code": "invalid_api_key"}) == "invalid_api_key"
    assert faults.short({"error": {"type": "server_error"}}) == "server_error"
    assert faults.short({"code": "a sentence of a member"}) == ""
    assert faults.short("sk-abc") == ""
    for code in ("sk-proj-abc123", "Ana", "i_want_to_die", "ana_is_ill", "A" * 60, "хочу_умереть"):
        assert faults.short({"code": code}) == faults.short({"error": {"type": code}}) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["code", "type", "error", "x"]), inner),
    max_leaves=8,
)


@given(JSON, st.integers(400, 599), st.text(max_size=30))
def test_no_error_body_breaks_the_sorting(body: object, status: int, header: str) -> None:
    assert isinstance(faults.sort(status, body), FaultKind)
    assert isinstance(faults.sort_event(body)[0], FaultKind)
    assert len(faults.short(body)) <= 60
    waiting = faults.retry_after({"retry-after": header}, NOW)
    assert waiting is None or waiting >= 0


# --- usage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dialect",
    [
        {"prompt_tokens_details": {"cached_tokens": 600}},
        {"prompt_cache_hit_tokens": 600, "prompt_cache_miss_tokens": 400},
        {"cached_tokens": 600},
    ],
)
def test_cached_tokens_in_every_dialect(dialect: dict[str, object]) -> None:
    counted = usage.parse({"prompt_tokens": 1000, "completion_tokens": 50, **dialect}, PRICE)
    cost: Any = pytest.approx((400 * 1.0 + 600 * 0.1 + 50 * 4.0) / 1e6)
    assert counted == Usage(1000, 600, 50, cost)


@pytest.mark.parametrize(
    "chunk",
    [
        {"usage": {"prompt_tokens": 3}, "choices": []},
        {"choices": [{"usage": {"prompt_tokens": 3}}]},
        {"x_groq": {"usage": {"prompt_tokens": 3}}},
    ],
)
def test_usage_is_found_wherever_it_is_put(chunk: dict[str, object]) -> None:
    assert usage.reported(chunk) == {"prompt_tokens": 3}


@pytest.mark.parametrize("wait", ["99999999999999999", "1e300", "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("name", ["retry-after", "retry-after-ms"])
def test_a_model_that_asks_for_ages_rests_and_does_no_harm(name: str, wait: str) -> None:
    seconds = faults.retry_after({name: wait}, NOW) or 0.0
    Breaker().rest(NOW, seconds)
    assert seconds <= faults.LONGEST_RETRY_AFTER


@pytest.mark.parametrize(
    ("count", "is_plausible"),
    [(1, True), (400.0, True), (4000, True), (4001, False), (True, False), ("12", True), ("twelve", False),
     ("1e3", False), ("-1", False), (-1, False), (2**64, False),
     (1.5, False), (float("nan"), False), (float("inf"), False), (10**400, False), ([], False)],
)  # fmt: skip
def test_a_count_is_plausible_as_a_whole_number_within_some_contexts(count: object, is_plausible: bool) -> None:
    assert usage.is_plausible({"prompt_tokens": count}, 400) is is_plausible
    assert usage.is_plausible({"prompt_tokens": 1, "completion_tokens": count}, 400) is (is_plausible or count == [])


@given(st.dictionaries(st.sampled_from(["prompt_tokens", "cached_tokens", "completion_tokens"]), JSON))
def test_whatever_is_plausible_can_be_stored(strange: dict[str, object]) -> None:
    if usage.is_plausible(strange, 2_000_000):
        counted = usage.parse(strange, PRICE)
        assert max(counted.input_tokens, counted.cached_tokens, counted.output_tokens) < 2**31


def test_usage_of_nothing_is_not_reported() -> None:
    assert usage.reported({"usage": {"prompt_tokens": 0}}) is None
    assert usage.reported({"usage": None, "choices": None}) is None


@given(st.dictionaries(st.sampled_from(["prompt_tokens", "cached_tokens", "completion_tokens"]), JSON))
def test_strange_usage_never_counts_below_nothing(strange: dict[str, object]) -> None:
    counted = usage.parse(strange, PRICE)
    assert counted.cached_tokens <= counted.input_tokens
    assert min(counted.output_tokens, counted.cost_usd) >= 0


def test_without_a_price_nothing_costs() -> None:
    assert usage.parse({"prompt_tokens": 10, "completion_tokens": 10}, None).cost_usd == 0


# --- the breaker ---------------------------------------------------------------------------------


def fail(breaker: Breaker, now: datetime, times: int = FAILURES) -> None:
    for _ in range(times):
        breaker.failed(now)


def test_three_failures_in_a_row_make_it_rest() -> None:
    breaker = Breaker()
    fail(breaker, NOW, 2)
    breaker.succeeded()
    fail(breaker, NOW, 2)
    assert breaker.admits(NOW)
    breaker.failed(NOW)
    assert not breaker.admits(NOW + FIRST_REST - timedelta(seconds=1))
    assert breaker.admits(NOW + FIRST_REST)


def test_one_trial_at_a_time_and_each_failed_one_doubles_the_rest() -> None:
    breaker, now, rest = Breaker(), NOW, FIRST_REST
    fail(breaker, now)
    for _ in range(8):
        now += rest
        assert breaker.admits(now)
        breaker.begin(now)
        assert not breaker.admits(now)
        breaker.failed(now)
        rest = min(rest * 2, LONGEST_REST)
        assert not breaker.admits(now + rest - timedelta(seconds=1))
        assert breaker.admits(now + rest)


def test_rests_grow_from_half_a_minute_to_ten_minutes() -> None:
    breaker, now = Breaker(), NOW
    fail(breaker, now)
    for seconds in (30, 60, 120, 240, 480, 600, 600):
        assert not breaker.admits(now + timedelta(seconds=seconds - 1))
        now += timedelta(seconds=seconds)
        assert breaker.admits(now)
        breaker.begin(now)
        breaker.failed(now)


def test_a_trial_that_told_nothing_leaves_room_for_the_next() -> None:
    breaker = Breaker()
    fail(breaker, NOW)
    breaker.begin(NOW + FIRST_REST)
    breaker.released()
    assert breaker.admits(NOW + FIRST_REST)


def test_refused_rests_long_and_is_forgiven_by_success() -> None:
    breaker = Breaker()
    breaker.refused(NOW, "HTTP 401")
    assert breaker.refusal == "HTTP 401"
    assert not breaker.admits(NOW + REFUSED_REST - timedelta(seconds=1))
    breaker.begin(NOW + REFUSED_REST)
    breaker.succeeded()
    assert breaker.refusal == ""
    assert breaker.admits(NOW + REFUSED_REST)


def test_a_rest_asked_for_is_bounded() -> None:
    breaker = Breaker()
    breaker.rest(NOW, 1e9)
    assert breaker.admits(NOW + LONGEST_REST)


# --- estimates -----------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=30) | st.binary(max_size=30), max_size=5))
def test_an_image_counts_as_much_whatever_it_holds(parts: list[bytes | str]) -> None:
    content = tuple(TextPart(one) if isinstance(one, str) else ImagePart(one, "image/png") for one in parts)
    words = ChatMessage("user", "\n".join(one for one in parts if isinstance(one, str)))
    images = sum(isinstance(one, bytes) for one in parts)
    message = ChatMessage("user", content)
    assert estimate_input([message]) == estimate_input([words]) + images * IMAGE_TOKENS
    assert (message.text, message.images) == (words.text, images)
