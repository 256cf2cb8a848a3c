"""A failing homeserver gets few requests, permanent errors end the adapter clearly, and nothing is lost."""

import asyncio
import contextlib
import itertools
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.settings import MatrixSettings
from bot.types import NotSent, PlatformError, PlatformRefused, Status, StoreError, Undeliverable
from tests.adapters.matrix.parts import JumpClock, adapter_of, reply, running, settings_for, status_is
from tests.adapters.matrix.scripted import HOLD, OWN, RESET, WHO, Answer, error, scripted
from tests.fakes.core import FakeCore
from tests.fakes.waiting import until

QUIET = (200, {"next_batch": "s1"})


def listening(request: str, query: dict[str, str]) -> Answer:
    """A working homeserver without events."""
    if request != "GET sync":
        return WHO
    return HOLD if "since" in query else QUIET


def settings(url: str, **changes: Any) -> MatrixSettings:
    return settings_for(url, OWN, token="T", **changes)


async def test_a_bad_token_costs_at_most_two_requests(core: FakeCore) -> None:
    async with scripted(lambda *_: error(401, "M_UNKNOWN_TOKEN")) as server:
        adapter = adapter_of(settings(server.url), core, JumpClock())
        with pytest.raises(PlatformRefused, match="MATRIX_TOKEN"):
            await adapter.run(core.hear, core.typing)
    assert adapter.status is Status.REFUSED
    assert len(server.requests) <= 2


async def test_without_a_homeserver_we_are_refused(core: FakeCore) -> None:
    adapter = adapter_of(settings_for(None), core, JumpClock())
    with pytest.raises(PlatformRefused, match="homeserver"):
        await adapter.run(core.hear, core.typing)
    assert adapter.status is Status.REFUSED


async def test_a_token_that_is_taken_back_while_we_listen_ends_it(core: FakeCore) -> None:
    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request != "GET sync":
            return WHO
        return error(401, "M_UNKNOWN_TOKEN") if "since" in query else QUIET

    async with scripted(answer) as server:
        adapter = adapter_of(settings(server.url), core, JumpClock())
        with pytest.raises(PlatformRefused, match="no longer accepted"):
            await adapter.run(core.hear, core.typing)
    assert server.requests.count("GET sync") == 2


@pytest.mark.parametrize("broken", ["GET account/whoami", "GET sync"])
async def test_ten_seconds_of_502_cost_few_requests(core: FakeCore, broken: str) -> None:
    clock = JumpClock()
    failed: list[float] = []

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request == broken and clock.passed < 10:
            failed.append(clock.passed)
            return 502, "<html>Bad Gateway</html>"
        return QUIET if request == "GET sync" else WHO

    async with scripted(answer) as server, running(adapter := adapter_of(settings(server.url), core, clock), core):
        assert adapter.status is Status.UP
    assert 3 <= len(failed) <= 6
    pauses = [later - earlier for earlier, later in itertools.pairwise(failed)]
    assert all(1.0 <= later / earlier <= 2.5 for earlier, later in itertools.pairwise(pauses))


async def test_a_homeserver_that_answers_emptily_at_once_is_not_stormed(core: FakeCore) -> None:
    clock = JumpClock()
    async with (
        scripted(lambda request, *_: QUIET if request == "GET sync" else WHO) as server,
        running(adapter_of(settings(server.url), core, clock), core),
    ):
        await until(lambda: server.requests.count("GET sync") >= 5)
    assert clock.passed >= server.requests.count("GET sync") - 3  # all but the first two waited a second


async def test_a_store_that_cannot_commit_is_waited_for(core: FakeCore) -> None:
    clock = JumpClock()
    core.broken = StoreError("locked")
    async with scripted(lambda request, *_: QUIET if request == "GET sync" else WHO) as server:
        adapter = adapter_of(settings(server.url), core, clock)
        work = asyncio.create_task(adapter.run(core.hear, core.typing))
        await status_is(adapter, Status.DOWN, work)
        assert "next_batch" not in core.marks
        core.broken = None
        await status_is(adapter, Status.UP, work)
        assert core.marks["next_batch"] == "s1"
        work.cancel()
        await asyncio.wait({work})


SAID = "Ana: I want to go home; Bearer T-secret-token"
BODIES: list[Answer] = [
    (status, {"errcode": code, "error": SAID})
    for status in (400, 403, 404, 500)
    for code in (
        SAID,
        f"M_{SAID}",
        "M_T-SECRET-TOKEN",
        "M_FORBIDDEN",
        "M_UNKNOWN",
        SAID.encode().hex(),
        {"x": SAID},
        "",
    )
] + [(502, f"<html>{SAID}</html>"), (200, SAID), (400, [SAID]), (500, {"errcode": {"error": SAID}})]


@pytest.mark.parametrize("body", BODIES, ids=repr)
async def test_nothing_of_a_homeservers_words_is_logged(core: FakeCore, body: Answer) -> None:
    clock = JumpClock()

    def answer(request: str, query: dict[str, str], _: object) -> Answer:
        if clock.passed < 2 and request in ("GET account/whoami", "GET sync"):
            return body
        return listening(request, query)

    with capture_logs() as logs:
        async with scripted(answer) as server:
            adapter = adapter_of(settings(server.url), core, clock)
            with contextlib.suppress(PlatformRefused):
                async with running(adapter, core):
                    pass
            homeserver = Homeserver(server.url)
            clock.passed = 0
            with pytest.raises(MatrixError) as error:
                await homeserver.whoami()
            await homeserver.close()
    kept = f"{logs} {error.value!s} {error.value.code}"
    assert not [part for part in ("Ana", "home", "secret", "SECRET", SAID.encode().hex()) if part in kept]
    assert f"(HTTP {body[0]})" in str(error.value)


ROOM = "!r:localhost"


def joined(events: list[Any], **timeline: object) -> Answer:
    members = {"summary": {"m.joined_member_count": 3}}
    return 200, {"next_batch": "s2", "rooms": {"join": {ROOM: {"timeline": {"events": events, **timeline}, **members}}}}


def text(number: int) -> dict[str, Any]:
    content = {"msgtype": "m.text", "body": f"text {number}", "m.mentions": {}}
    return {
        "type": "m.room.message",
        "event_id": f"$e{number}",
        "sender": "@a:localhost",
        "origin_server_ts": 1_767_614_400_000 + number,
        "content": content,
    }


async def test_one_unreadable_event_does_not_stop_the_others(core: FakeCore) -> None:
    odd = [None, 7, {}, {"type": "m.room.message"}, {**text(1), "content": "x"}, {**text(2), "event_id": ["x"]}]
    batch = joined([*odd, text(3), {"type": "m.room.name", "state_key": "", "content": {"name": 7}}, text(4)])
    async with (
        scripted(lambda request, *_: batch if request == "GET sync" else WHO) as server,
        running(adapter_of(settings(server.url), core, JumpClock()), core),
    ):
        pass
    assert [m.text for m in core.messages] == ["text 3", "text 4"]


async def test_a_gap_is_filled_within_a_bound(core: FakeCore) -> None:
    core.marks |= {"next_batch": "s1", "account": OWN, f"room/{ROOM}": '{"id": "!r:localhost", "joined": 3}'}

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request == "GET sync":
            limited = joined([text(100_000)], limited=True, prev_batch="p100000")
            return limited if query["since"] == "s1" else (200, {"next_batch": "s2"})
        if request.endswith("/messages"):
            assert query["to"] == "s1"
            start = int(query["from"][1:])
            chunk = [text(number) for number in range(start - 1, start - 101, -1)]
            return 200, {"chunk": chunk, "end": f"p{start - 100}"}
        return WHO

    async with scripted(answer) as server, running(adapter_of(settings(server.url), core, JumpClock()), core):
        pass
    assert [m.text for m in core.messages] == [f"text {number}" for number in range(99_000, 100_001)]
    assert sum(request.endswith("/messages") for request in server.requests) == 10


async def test_an_invitation_that_fails_twice_is_accepted_at_last(core: FakeCore) -> None:
    member = {"type": "m.room.member", "state_key": OWN, "sender": "@a:localhost", "content": {"membership": "invite"}}
    others = {**member, "state_key": "@a:localhost", "sender": "@evil:elsewhere", "content": {"membership": "join"}}
    joins: list[object] = []

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request == "GET sync":
            invite = {ROOM: {"invite_state": {"events": [others, member]}}}
            return 200, {"next_batch": "s1"} | ({} if "since" in query else {"rooms": {"invite": invite}})
        if request.startswith("POST join"):
            joins.append(body)
            return error(403, "M_FORBIDDEN") if len(joins) < 3 else (200, {"room_id": ROOM})
        return WHO

    async with scripted(answer) as server:
        adapter = adapter_of(settings(server.url, invites_from=("@a:localhost",)), core, JumpClock())
        async with running(adapter, core):
            await core.until(lambda c: any(mark.get(f"invite/{ROOM}", "") is None for _, mark in c.commits))
    assert len(joins) == 3


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (error(403, "M_FORBIDDEN"), Undeliverable),
        (error(413, "M_TOO_LARGE"), Undeliverable),
        ((413, "<html>too large for nginx</html>"), Undeliverable),
        ((403, "<html>maintenance</html>"), PlatformError),
        (error(401, "M_UNKNOWN_TOKEN"), NotSent),
        (error(408, "M_UNKNOWN"), PlatformError),
        (error(500, "M_UNKNOWN"), PlatformError),
        (RESET, PlatformError),
        ((200, "no JSON at all"), PlatformError),
        (error(429, "M_LIMIT_EXCEEDED", retry_after_ms=400_000), NotSent),
        (error(429, "M_LIMIT_EXCEEDED", retry_after_ms=0), NotSent),
    ],
)
async def test_what_a_failed_send_means(core: FakeCore, answer: Answer, raised: type[Exception]) -> None:
    def answers(request: str, query: dict[str, str], body: object) -> Answer:
        if request.startswith("PUT"):
            return answer
        return listening(request, query)

    clock = JumpClock()
    async with scripted(answers) as server:
        adapter = adapter_of(settings(server.url), core, clock)
        async with running(adapter, core):
            with pytest.raises(PlatformError) as error_info:
                await adapter.send(reply(ROOM, "x", "$t"), "turn-1")
            with pytest.raises(PlatformError) as looked:
                await adapter.send(reply(ROOM, "x", "$t"), "turn-1", clock.now())
    assert type(error_info.value) is raised
    assert type(looked.value) is not NotSent, "an earlier try may have left"


@pytest.mark.parametrize("kept", [False, True])
async def test_a_send_that_finds_nobody_is_not_sent_unless_it_had_already_begun(kept: bool) -> None:
    """On a connection kept from before, aiohttp sends twice: the first request may have been read."""
    received: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            received.append(head)
            listener.close()  # new connections are refused from now on
            if head.startswith(b"PUT"):
                break
            connection = b"keep-alive" if kept else b"close"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: " + connection
            writer.write(head + b"\r\nContent-Length: 2\r\n\r\n{}")
            if not kept:
                break
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    server = Homeserver(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    await server.whoami()
    with pytest.raises(MatrixError) as problem:
        await server.send(ROOM, "m.room.message", "t1", {"body": "x"})
    await server.close()
    assert (problem.value.status, problem.value.not_sent) == (0, not kept)
    assert any(head.startswith(b"PUT") for head in received) is kept


async def test_of_a_long_text_that_is_there_in_part_nobody_says_it_was_not_sent(core: FakeCore) -> None:
    sent: list[str] = []

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request.startswith("PUT"):
            sent.append(request)
            return (200, {"event_id": "$1"}) if len(sent) == 1 else error(401, "M_UNKNOWN_TOKEN")
        return listening(request, query)

    async with scripted(answer) as server:
        adapter = adapter_of(settings(server.url), core, JumpClock())
        async with running(adapter, core):
            with pytest.raises(PlatformError) as error_info:
                await adapter.send(reply(ROOM, "word " * 15_000, "$t"), "turn-1")
    assert type(error_info.value) is PlatformError and len(sent) == 2


async def test_a_rate_limit_is_waited_out_as_long_as_it_says(core: FakeCore) -> None:
    clock, sent = JumpClock(), []

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request.startswith("PUT"):
            sent.append(request)
            return error(429, "M_LIMIT_EXCEEDED", retry_after_ms=90_000) if len(sent) < 3 else (200, {"event_id": "$1"})
        return listening(request, query)

    async with scripted(answer) as server:
        adapter = adapter_of(settings(server.url), core, clock)
        async with running(adapter, core):
            assert await adapter.send(reply(ROOM, "x", "$t"), "turn-1") == ("$1",)
    assert clock.passed >= 180
    assert len(set(sent)) == 1  # the same transaction each time


async def test_in_a_busy_room_just_joined_our_arrival_is_looked_for(core: FakeCore) -> None:
    """There were so many messages since that the timeline does not reach back to it."""
    core.marks |= {"next_batch": "s1", "account": OWN}
    arrival = {
        "type": "m.room.member",
        "event_id": "$join",
        "state_key": OWN,
        "sender": OWN,
        "content": {"membership": "join"},
        "unsigned": {"prev_content": {"membership": "invite"}},
    }

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request == "GET sync":
            return joined([text(4)], limited=True, prev_batch="p4") if query["since"] == "s1" else HOLD
        if request.endswith("/messages"):
            pages = {"p4": ([text(3)], "p3"), "p3": ([text(2), arrival, text(1)], "p1")}
            chunk, end = pages[query["from"]]
            return 200, {"chunk": chunk, "end": end}
        return WHO

    async with scripted(answer) as server, running(adapter_of(settings(server.url), core, JumpClock()), core):
        pass
    assert [(m.text, m.history) for m in core.messages] == [("text 2", False), ("text 3", False), ("text 4", False)]


async def test_a_reply_of_ours_is_recognised_by_what_it_answers(core: FakeCore) -> None:
    """A reply of ours without our key still answers the trigger, so nothing is said twice."""
    asked: list[dict[str, str]] = []
    tried = JumpClock().now()
    at = int(tried.timestamp() * 1000)
    answer_to = {"m.relates_to": {"m.in_reply_to": {"event_id": "$t"}}}
    chunk = [
        {**text(1), "sender": OWN, "content": answer_to, "origin_server_ts": at, "event_id": "$ours"},
        {**text(2), "sender": OWN, "origin_server_ts": at - 3_600_000},  # an hour before the first attempt: far enough
    ]

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request.endswith("/messages"):
            asked.append(query)
            return 200, {"chunk": chunk, "end": "older"}
        assert not request.startswith("PUT")
        return listening(request, query)

    async with scripted(answer) as server:
        adapter = adapter_of(settings(server.url), core, JumpClock())
        async with running(adapter, core):
            assert await adapter.send(reply(ROOM, "x", "$t"), "turn-1", tried) == ("$ours",)
    (query,) = asked
    assert OWN in query["filter"]
