"""Whatever a homeserver answers: reading it raises MatrixError or nothing, and all that is read can be stored."""

import asyncio
import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix.hearing import Hearing, names_in
from adapters.matrix.homeserver import LONGEST_WAIT, Homeserver, MatrixError, decoded, error_from
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.session import Session
from bot.types import Event
from tests.adapters.matrix.parts import JumpClock
from tests.adapters.matrix.scripted import OWN

DEEP, VAST = "<deep>", "<vast>"  # stand for what json.dumps can't write: nested lists, and too many digits
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
    texts = st.sampled_from(["\ud800", "a\udfff\0", "", "x" * 300, DEEP, VAST])
    numbers = st.sampled_from([10**400, 10**4000, 0, -1, 2**63, 1e308, float("nan"), float("inf"), float("-inf")])
    plain = st.none() | st.booleans() | texts | numbers
    return plain | st.lists(plain, max_size=2) | st.dictionaries(texts, plain, max_size=2)


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values in JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(path for key, below in inner for path in places(below, (*above, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any, rename: bool) -> Any:
    """The JSON with another value at the path or, to `rename`, with another key there."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, list):
        return [changed(one, tuple(rest), new, rename) if at == key else one for at, one in enumerate(value)]
    if rename and not rest and isinstance(new, str):
        return {new if name == key else name: one for name, one in value.items()}
    return {name: changed(one, tuple(rest), new, rename) if name == key else one for name, one in value.items()}


@st.composite
def answers(draw: st.DrawFn, good: Any, statuses: tuple[int, ...] = (200,)) -> Raw:
    """A good answer with one or two hostile changes: its status, its bytes (with escaped or raw surrogates), and the
    Retry-After header."""
    paths = st.sampled_from(places(good))
    body = changed(good, draw(paths), draw(hostile()), draw(st.booleans()))
    if draw(st.booleans()):
        body = changed(body, draw(st.sampled_from(places(body))), draw(hostile()), draw(st.booleans()))
    depth = draw(st.sampled_from([1, 100]) | st.integers(100, 1000))
    text = json.dumps(body, ensure_ascii=draw(st.booleans())).replace(f'"{DEEP}"', "[" * depth + "]" * depth)
    text = text.replace(f'"{VAST}"', "9" * 5000)
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
