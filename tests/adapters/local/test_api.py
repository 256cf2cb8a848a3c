"""The JSON API as its callers see it: paths, status codes, keys; errors are JSON for any input."""

import json
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.local.adapter import LocalAdapter
from adapters.local.entries import PREFIX, from_json
from bot.types import Part, PartKind, Reply, StoreError
from tests.fakes.core import FakeCore

ROOM = "/api/local/rooms/kitchen/messages"


async def say(api: httpx.AsyncClient, text: str, **more: Any) -> dict[str, Any]:
    answer = await api.post(ROOM, json={"author": "Ana", "text": text, "thread": None, "reply_to": None} | more)
    assert answer.status_code == 201, answer.text
    return cast(dict[str, Any], answer.json())


def assert_json_error(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"] and answer.json()["error"]


async def test_a_conversation_in_calls(api: httpx.AsyncClient, adapter: LocalAdapter, core: FakeCore) -> None:
    post = await say(api, "Hello @mochi")
    assert post["thread"] == post["id"]
    comment = await say(api, "Anyone?", thread=post["thread"], reply_to=post["id"])
    assert comment["thread"] == post["id"] != comment["id"]
    message = core.messages[0]
    await adapter.send(Reply(message.thread, "Here.", message.id), "key")
    rows = (await api.get(ROOM, params={"after": ""})).json()
    assert [list(row) for row in rows] == [["id", "thread", "author", "is_bot", "text", "reply_to", "at"]] * 3
    assert [(row["author"], row["is_bot"], row["text"]) for row in rows] == [
        ("Ana", False, "Hello @mochi"),
        ("Ana", False, "Anyone?"),
        ("Mochi", True, "Here."),
    ]
    assert rows[2]["reply_to"] == post["id"] and rows[2]["thread"] == post["id"]
    later = (await api.get(ROOM, params={"after": comment["id"]})).json()
    assert later == rows[2:]
    assert (await api.get("/api/local/rooms/feed/messages")).json() == []


async def test_a_post_may_have_a_title_that_says_it_all_and_tags(
    api: httpx.AsyncClient, adapter: LocalAdapter, core: FakeCore
) -> None:
    answer = await api.post(ROOM, json={"author": "Ana", "title": " Why is\nit flat? ", "tags": ["help", "rye"]})
    assert answer.status_code == 201
    (message,) = core.messages
    assert (message.text, message.said) == ("", "Why is it flat?")
    assert message.parts == (Part(PartKind.TITLE, "Why is it flat?"), Part(PartKind.TAGS, "help, rye"))
    (row,) = (await api.get(ROOM)).json()
    assert (row["title"], row["tags"], row["text"]) == ("Why is it flat?", "help, rye", "")
    kept = [text for key, text in core.marks.items() if key.startswith(PREFIX)]
    read = from_json(PREFIX + message.id, str(kept[0]), adapter.community.rooms)
    assert read is not None and read.message == message, "after a restart"


@pytest.mark.parametrize(
    "odd",
    [
        {"title": "x" * 101},
        {"title": 5},
        {"title": " \n"},
        {"title": "a", "tags": "help"},
        {"title": "a", "tags": [5]},
        {"title": "a", "tags": ["x" * 21]},
        {"title": "a", "tags": ["x"] * 6},
        {"title": "a", "text": 5},
        {"title": ""},
        {},
    ],
)
async def test_a_heading_that_is_none_is_refused(api: httpx.AsyncClient, odd: dict[str, Any]) -> None:
    assert_json_error(await api.post(ROOM, json={"author": "Ana"} | odd), 400)


async def test_only_a_post_has_a_title(api: httpx.AsyncClient) -> None:
    first = await say(api, "One")
    for where in ({"thread": first["id"]}, {"reply_to": first["id"]}):
        assert_json_error(await api.post(ROOM, json={"author": "Ana", "text": "x", "title": "y"} | where), 400)


async def test_what_is_being_written_is_not_a_message(
    api: httpx.AsyncClient, adapter: LocalAdapter, core: FakeCore
) -> None:
    await say(api, "Hello")
    await adapter.preview(core.messages[0].thread, core.messages[0].id, "key", "Unfinish")
    assert len((await api.get(ROOM)).json()) == 1


async def test_readers_find_on_after_a_deletion(api: httpx.AsyncClient) -> None:
    first, second = await say(api, "One"), await say(api, "Two")
    assert (await api.delete(f"/api/local/messages/{first['id']}")).status_code == 204
    rows = (await api.get(ROOM, params={"after": first["id"]})).json()
    assert [row["id"] for row in rows] == [second["id"]]
    assert_json_error(await api.delete(f"/api/local/messages/{first['id']}"), 404)


async def test_edit_and_reactions(api: httpx.AsyncClient, adapter: LocalAdapter) -> None:
    post = await say(api, "Helo")
    path = f"/api/local/messages/{post['id']}"
    answer = await api.patch(path, json={"text": "Hello"})
    assert (answer.status_code, answer.json()["text"]) == (200, "Hello")
    answer = await api.post(f"{path}/reactions", json={"author": "Ben", "emoji": "👍"})
    assert (answer.status_code, answer.json()["reactions"]) == (201, {"👍": ["Ben"]})
    assert_json_error(await api.patch(path, json={"text": ""}), 400)
    assert_json_error(await api.patch("/api/local/messages/none", json={"text": "x"}), 404)
    assert_json_error(await api.post(f"{path}/reactions", json={"author": "Mochi", "emoji": "👍"}), 400)
    assert_json_error(await api.post(f"{path}/reactions", json={"author": "Ben", "emoji": ""}), 400)
    assert_json_error(await api.post("/api/local/messages/none/reactions", json={"author": "Ben", "emoji": "👍"}), 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"author": "Ana"},
        {"author": "Ana", "text": "  "},
        {"author": "", "text": "x"},
        {"author": "a" * 81, "text": "x"},
        {"author": "Cameo", "text": "x"},
        {"author": "Ana", "text": "x" * 100_001},
        {"author": "Ana", "text": 5},
        {"author": ["Ana"], "text": "x"},
        {"author": "Ana", "text": "x", "thread": "unknown"},
        {"author": "Ana", "text": "x", "thread": 5},
        {"author": "Ana", "text": "x", "reply_to": "unknown"},
        {"author": "Ana", "text": "x", "reply_to": {}},
        [],
        "text",
        None,
    ],
)
async def test_bad_messages_are_refused_and_change_nothing(
    api: httpx.AsyncClient, core: FakeCore, body: object
) -> None:
    assert_json_error(await api.post(ROOM, json=body), 400)
    assert core.commits == []


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe", b"nul", b"[" * 100_000, b'{"author": ' + b"9" * 10_000 + b"}", b" " * 2_000_001],
    ids=["empty", "cut off", "not UTF-8", "not JSON", "deep", "long number", "too big"],
)
async def test_bodies_that_are_not_json_are_refused(api: httpx.AsyncClient, raw: bytes) -> None:
    assert_json_error(await api.post(ROOM, content=raw), 400)


async def test_the_longest_text_is_taken(api: httpx.AsyncClient) -> None:
    await say(api, "包" * 100_000)
    await say(api, "\U0001f956" * 100_000)
    assert len((await api.get(ROOM)).json()[0]["text"]) == 100_000


async def test_half_characters_and_nul_become_signs_of_loss(api: httpx.AsyncClient) -> None:
    raw = b'{"author": "A\\ud800na\\u0000", "text": "so \\udfff\\u0000 it goes"}'
    assert (await api.post(ROOM, content=raw)).status_code == 201
    (row,) = (await api.get(ROOM)).json()
    assert (row["author"], row["text"]) == ("A\ufffdna", "so \ufffd\ufffd it goes")


async def test_a_thread_of_another_room_is_unknown_here(api: httpx.AsyncClient) -> None:
    post = await say(api, "Hello")
    body = {"author": "Ana", "text": "x", "thread": post["id"]}
    assert_json_error(await api.post("/api/local/rooms/feed/messages", json=body), 400)
    body = {"author": "Ana", "text": "x", "reply_to": post["id"]}
    assert_json_error(await api.post("/api/local/rooms/feed/messages", json=body), 400)
    assert_json_error(await api.get("/api/local/rooms/feed/messages", params={"after": post["id"]}), 400)


async def test_what_is_not_stored_is_not_acknowledged(api: httpx.AsyncClient, core: FakeCore) -> None:
    post = await say(api, "Hello")
    core.broken = StoreError("disk full")
    assert_json_error(await api.post(ROOM, json={"author": "Ana", "text": "x"}), 503)
    assert_json_error(await api.patch(f"/api/local/messages/{post['id']}", json={"text": "x"}), 503)
    assert_json_error(await api.delete(f"/api/local/messages/{post['id']}"), 503)
    core.broken = None
    assert [row["text"] for row in (await api.get(ROOM)).json()] == ["Hello"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api", 404),
        ("GET", "/api/", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/local/rooms/attic/messages", 404),
        ("POST", "/api/local/rooms/attic/messages", 400),
        ("GET", "/api/local/rooms/kitchen/messages/", 404),
        ("PUT", ROOM, 405),
        ("GET", "/api/local/messages/x", 405),
        ("GET", ROOM + "?after=unknown", 400),
    ],
)
async def test_wrong_paths_and_methods_are_told_in_json(
    api: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    assert_json_error(await api.request(method, path), status)


async def test_an_unknown_room_is_not_found(api: httpx.AsyncClient) -> None:
    body = {"author": "Ana", "text": "x"}
    assert_json_error(await api.post("/api/local/rooms/attic/messages", json=body), 404)


@pytest.mark.parametrize("path", [ROOM, "/api/turns", "/api/nothing", "/api"])
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "Bearer", "Bearer \xff"])
async def test_without_the_token_nothing_is_told(api: httpx.AsyncClient, path: str, header: str | None) -> None:
    del api.headers["authorization"]
    headers = {b"authorization": header.encode("latin-1")} if header else {}
    answer = await api.get(path, headers=headers, params={"token": "a-token-for-tests"})
    assert_json_error(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("author", "text", "thread", "reply_to", "emoji", "removed")
BODY = st.dictionaries(st.sampled_from(KEYS), JSON | st.text(st.characters(codec=None)), max_size=6) | JSON
PATHS = st.sampled_from(["rooms/kitchen/messages", "messages/{id}", "messages/{id}/reactions", "messages/none"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(method=st.sampled_from(["POST", "PATCH", "DELETE", "GET"]), path=PATHS, body=BODY)
async def test_whatever_is_sent_there_is_an_answer_in_json(
    api: httpx.AsyncClient, method: str, path: str, body: object
) -> None:
    post = await say(api, "Hello")
    path = "/api/local/" + path.replace("{id}", post["id"])
    answer = await api.request(method, path, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code in (200, 201, 204, 400, 404, 405), answer.text
    if answer.status_code != 204:
        answer.json()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200))
async def test_whatever_bytes_are_sent_there_is_an_answer(api: httpx.AsyncClient, raw: bytes) -> None:
    assert_json_error(await api.post(ROOM, content=raw), 400)
