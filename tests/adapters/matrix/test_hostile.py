"""Whatever a homeserver answers: reading it raises MatrixError or nothing, and all that is read can be stored."""

import asyncio
import json
import re
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix.hearing import Hearing, names_in
from adapters.matrix.homeserver import LONGEST_WAIT, Homeserver, MatrixError, error_from
from adapters.matrix.json_text import _shallow, decoded
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.session import Session
from bot.types import Event
from tests.adapters.matrix.parts import JumpClock
from tests.adapters.matrix.scripted import OWN
from tests.fakes import hostile_json
from tests.fakes.hostile_json import changed, places

Raw = tuple[int, bytes, str | None]


def event(kind: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": kind, "event_id": f"${kind}", "sender": "@a:x", "origin_server_ts": 1, "content": content, **more}


def related(kind: str) -> dict[str, Any]:
    return {"m.relates_to": {"rel_type": kind, "event_id": "$1", "key": "+"}}


STATE = [
    event("m.room.member", {"membership": "join", "displayname": "a"}, state_key="@a:x"),
    event("m.room.name", {"name": "Kitchen"}, state_key=""),
]
SAID = [
    event("m.room.member", {"membership": "join"}, state_key=OWN, unsigned={"prev_content": {"membership": "leave"}}),
    event("m.room.message", {"msgtype": "m.text", "body": "> <@b:x> q\n\nhi", "m.mentions": {"user_ids": [OWN]}}),
    event(
        "m.room.message", {"msgtype": "m.text", "body": "* b", "m.new_content": {"body": "b"}, **related("m.replace")}
    ),
    event("m.room.message", {"msgtype": "m.image", "body": "a.png", "info": {"size": 1, "mimetype": "image/png"}}),
    event("m.reaction", related("m.annotation")),
    event("m.room.redaction", {"redacts": "$1"}, redacts="$1", unsigned={"redacted_because": {"origin_server_ts": 1}}),
]
JOINED = {
    "state": {"events": STATE},
    "timeline": {"events": SAID, "limited": True, "prev_batch": "p"},
    "ephemeral": {"events": [event("m.typing", {"user_ids": ["@a:x"]})]},
    "summary": {"m.joined_member_count": 2},
}
INVITED = {"invite_state": {"events": [event("m.room.member", {"membership": "invite"}, state_key=OWN)]}}
SYNCED = {
    "next_batch": "s2",
    "rooms": {"join": {"!r:x": JOINED, "!s:x": JOINED}, "leave": {"!l:x": JOINED}, "invite": {"!i:x": INVITED}},
}
STATUSES = (200, 200, 200, 302, 404, 429, 500)
OTHER = {
    "chunk": SAID,
    "state": STATE,
    "end": "e",
    "sender": "@a:x",
    "retry_after_ms": 1,
    "errcode": "M_X",
    "error": "no",
}


def hostile() -> st.SearchStrategy[Any]:
    texts, numbers = st.sampled_from(hostile_json.TEXTS), st.sampled_from(hostile_json.NUMBERS)
    plain = st.none() | st.booleans() | texts | numbers
    return plain | st.lists(plain, max_size=2) | st.dictionaries(texts, plain, max_size=2)


@st.composite
def answers(draw: st.DrawFn, good: Any, statuses: tuple[int, ...] = (200,)) -> Raw:
    """A good answer with one or two hostile changes: its status, its bytes (with escaped or raw surrogates), and the
    Retry-After header."""
    paths = st.sampled_from(places(good))
    body = changed(good, draw(paths), draw(hostile()), draw(st.booleans()))
    if draw(st.booleans()):
        body = changed(body, draw(st.sampled_from(places(body))), draw(hostile()), draw(st.booleans()))
    depth = draw(st.sampled_from([1, 100]) | st.integers(100, 1000))
    text = hostile_json.written(body, depth, ascii_only=draw(st.booleans()))
    header = draw(st.sampled_from([None, "1", "nan", "9" * 400, "x"]))
    return draw(st.sampled_from(statuses)), text.encode("utf-8", "surrogatepass"), header


class Answering(Homeserver):
    """Gives one answer to each sync, and another to all other requests."""

    def __init__(self, synced: Raw, other: Raw):
        super().__init__("http://127.0.0.1:9")
        self._synced, self._other = synced, other

    async def _exchange(self, method: str, address: str, *rest: object) -> Raw:
        return self._synced if "/sync?" in address else self._other


def written(event: Event) -> str:
    return json.dumps(asdict(event), default=str, ensure_ascii=False)


async def read(server: Homeserver, known: bool) -> list[str]:
    """All that one sync gives to be stored or put into URLs."""
    session = Session(OWN, "D", "t", "Cameo")
    hearing = Hearing(server, session, {"!r:x": RoomInfo("!r:x")} if known else {}, JumpClock())
    answer = await server.sync("s1", {}, 0)
    batch = await hearing.read(answer, "s1")
    marks = batch.marks()
    return [
        str(answer.get("next_batch")),
        *marks,
        *(value or "" for value in marks.values()),
        *map(written, batch.events),
    ]


@settings(max_examples=300, deadline=None)
@given(answers(SYNCED), answers(OTHER, STATUSES), st.booleans())
def test_a_sync_is_read_or_raises_matrix_error(synced: Raw, other: Raw, known: bool) -> None:
    try:
        kept = asyncio.run(read(Answering(synced, other), known))
    except MatrixError as error:
        assert error.wait is None or 0 <= error.wait <= LONGEST_WAIT
    else:
        "".join(kept).encode()


@settings(deadline=None)
@given(answers(OTHER, STATUSES), st.none() | st.text())
def test_an_error_is_made_from_any_answer(answer: Raw, header: str | None) -> None:
    error = error_from(answer[0], decoded(answer[1]), header)
    assert error.wait is None or 0 <= error.wait <= LONGEST_WAIT
    assert error.code


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        (b"1500", 1.5),
        (b"-5", 0),
        (b"9" * 400, LONGEST_WAIT),
        (b"Infinity", LONGEST_WAIT),
        (b"NaN", None),
        (b"true", None),
        (b"[1]", None),
    ],
)
def test_the_time_to_wait_is_bounded(asked: bytes, wait: float | None) -> None:
    assert error_from(429, decoded(b'{"retry_after_ms":' + asked + b"}"), None).wait == wait


def test_a_name_belongs_to_a_user_and_the_last_one_counts() -> None:
    def member(user: object, name: object) -> dict[str, Any]:
        return {"type": "m.room.member", "state_key": user, "content": {"displayname": name}}

    assert names_in([member(["x"], "x"), member("@a:x", "a"), member("@a:x", "b"), member("@c:x", 7)]) == {"@a:x": "b"}


@pytest.mark.parametrize("raw", [rb'{"id":"a\ud800"}', b'{"id":"a\xed\xa0\x80"}', rb'{"id":"a\uDfff"}'])
def test_a_lone_surrogate_is_replaced(raw: bytes) -> None:
    answer = decoded(raw)
    assert isinstance(answer, dict)
    assert set(answer["id"]) == {"a", "\ufffd"}


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert decoded(rb'{"a":"\ud83d\ude00 \\ud800"}') == {"a": "\U0001f600 \\ud800"}


POISON = {
    "too deep": "[" * 50_000 + "]" * 50_000,
    "objects too deep": '{"a":' * 5_000 + "1" + "}" * 5_000,
    "mixed": '[{"a":' * 5_000 + '"]}"' + "}]" * 5_000,
    "too many digits": "9" * 5_000,
    "negative digits": "-" + "9" * 5_000,
}


@pytest.mark.parametrize("poison", POISON)
def test_poison_is_cut_out_and_the_rest_is_read(poison: str) -> None:
    raw = f'{{"before": "[{{\\"", "events": [1, {POISON[poison]}, {{"x": [2]}}], "next_batch": "s\\u00e9"}}'
    answer = decoded(raw.encode())
    assert isinstance(answer, dict)
    assert (answer["before"], answer["next_batch"]) == ('[{"', "s\u00e9")
    assert (answer["events"][0], answer["events"][2]) == (1, {"x": [2]})


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[" * 100_000, b'{"a": ' * 100_000, b'"' + b"x" * 100, b"]" * 1000])
def test_what_is_no_json_is_nothing(raw: bytes) -> None:
    assert decoded(raw) is None


@settings(max_examples=200, deadline=None)
@given(answers(SYNCED))
def test_mending_changes_nothing_that_can_be_parsed(answer: Raw) -> None:
    text = answer[1].decode("utf-8", "replace")
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return
    shallow = len(re.findall(r"[\[{]", text)) <= 100
    assert not shallow or json.dumps(json.loads("".join(_shallow(text)))) == json.dumps(plain)
