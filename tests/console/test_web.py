"""The console as a server: address, health, sign-in, signals and shutdown."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from bot.config.settings import ConsoleSettings
from bot.console.api import turns_router
from bot.console.pages.home import home_page
from bot.console.web import GRACE_SECONDS, Console, ConsoleError, build_app
from bot.decide.reasons import Reason
from bot.live.limit_alerts import LimitAlert
from bot.types import Decision, Room, State, Status, Thread, Turn, Usage, Verdict
from tests.fakes.present import present
from tests.fakes.shipped import shipped_words
from tests.fakes.waiting import PATIENCE

TOKEN = "t" * 20
WORDS = shipped_words()


def turn() -> Turn:
    at = datetime(2026, 1, 5, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    return Turn(
        id="t1",
        thread=Thread(Room("local", "home", "kitchen"), "m1"),
        trigger="m1",
        member="member-1",
        persona="mochi",
        decision=Decision(Verdict.SPEAK, "addressed", at + timedelta(seconds=2), {"signals": ["question"]}),
        state=State.SENT,
        at=at,
        reply_id="r1",
        model="kimi",
        usage=Usage(800, 300, 60, 0.0012),
    )


def console(port: int = 0, host: str = "127.0.0.1") -> Console:
    async def last_turns(last: int) -> list[Turn]:
        return [turn()] * min(last, 3)

    settings = ConsoleSettings(host=host, port=port)
    health = {"discord": Status.DOWN}
    routes = [turns_router(last_turns, WORDS)]
    return Console(
        settings,
        TOKEN,
        health=lambda: health,
        routes=routes,
        home=lambda language: home_page(WORDS, language, health),
    )


@pytest.fixture
async def running() -> AsyncIterator[tuple[Console, httpx.AsyncClient]]:
    it = console()
    it.open()
    serving = asyncio.create_task(it.run())
    async with httpx.AsyncClient(base_url=it.address, trust_env=False) as client:
        yield it, client
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    assert serving.cancelled()


async def test_health_is_open_and_says_how_platforms_are(running: tuple[Console, httpx.AsyncClient]) -> None:
    _, client = running
    answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "status": "ok",
            "platforms": {"discord": "down"},
            "notices": [],
            "policy": {"version": "", "problems": [], "restart": []},
        },
    )


async def test_health_tells_of_limits_that_are_used_up() -> None:
    notice = LimitAlert(Reason.ROOM_LIMIT, "over", datetime(2026, 1, 5, 13, tzinfo=UTC), "All 30 replies ...")
    transport = httpx.ASGITransport(build_app(dict, alerts=lambda: [notice]))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        told = (await client.get("/healthz")).json()["notices"]
    until = "2026-01-05T13:00:00+00:00"
    assert told == [{"limit": "room_limit", "level": "over", "until": until, "text": "All 30 replies ..."}]


async def test_turns_are_told_key_by_key(running: tuple[Console, httpx.AsyncClient]) -> None:
    _, client = running
    rows = (await client.get("/api/turns?last=2", headers={"authorization": f"Bearer {TOKEN}"})).json()
    assert len(rows) == 2
    assert rows[0] == {
        "id": "t1",
        "trigger": "m1",
        "room": "local/home/kitchen",
        "thread": "m1",
        "verdict": "speak",
        "reason": "addressed",
        "why": {
            "member": WORDS.say("reason.addressed.member"),
            "manager": WORDS.say("reason.addressed.manager"),
        },
        "facts": {"signals": ["question"]},
        "state": "sent",
        "at": "2026-01-05T12:00:00+00:00",
        "due": "2026-01-05T12:00:02+00:00",
        "reply_id": "r1",
        "model": "kimi",
        "input_tokens": 800,
        "cached_tokens": 300,
        "output_tokens": 60,
        "cost_usd": 0.0012,
        "error": "",
        "policy": "",
    }


async def test_turns_are_told_in_the_language_that_is_asked_for(running: tuple[Console, httpx.AsyncClient]) -> None:
    _, client = running
    for language, told in (("zh", "zh"), ("zh-Hant", "zh"), ("tlh", "en")):
        query: dict[str, int | str] = {"last": 1, "language": language}
        [row] = (await client.get("/api/turns", params=query, headers={"authorization": f"Bearer {TOKEN}"})).json()
        assert row["why"]["member"] == WORDS.say("reason.addressed.member", told)


@pytest.mark.parametrize("last", ["0", "-1", "x", "1001", "99999999999999999999", "٣", ""])
async def test_a_senseless_number_of_turns_is_refused(running: tuple[Console, httpx.AsyncClient], last: str) -> None:
    _, client = running
    answer = await client.get("/api/turns", params={"last": last}, headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 400 and answer.json()["error"]


async def test_visiting_with_the_token_sets_the_cookie_and_hides_it(running: tuple[Console, httpx.AsyncClient]) -> None:
    it, client = running
    answer = await client.get(it.address_with_token + "&room=feed")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?room=feed")
    cookie = answer.headers["set-cookie"].casefold()
    assert "httponly" in cookie and "samesite=strict" in cookie and TOKEN not in cookie
    page = await client.get("/?room=feed")
    assert page.status_code == 200 and "Cameo is here." in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]


async def test_the_cookie_opens_the_page_but_never_the_api(running: tuple[Console, httpx.AsyncClient]) -> None:
    it, client = running
    await client.get(it.address_with_token)
    assert (await client.get("/")).status_code == 200
    assert (await client.get("/api/turns")).status_code == 401


async def test_a_visitor_without_the_token_is_asked_for_it(running: tuple[Console, httpx.AsyncClient]) -> None:
    _, client = running
    page = await client.get("/", headers={"accept": "text/html"})
    assert page.status_code == 401 and 'name="token"' in page.text
    assert (await client.get("/?token=wrong")).status_code == 401
    assert (await client.get("/some/script.js")).content == b""
    for given, status in (("wrong", 401), (TOKEN, 303), ("x" * 10_000, 401)):
        assert (await client.post("/enter", data={"token": given})).status_code == status


async def test_the_redirect_never_leads_to_another_host(running: tuple[Console, httpx.AsyncClient]) -> None:
    _, client = running
    answer = await client.get(f"http://127.0.0.1:{running[0].port}//evil.example/?token={TOKEN}")
    assert answer.headers["location"] == "/evil.example/"


async def test_strange_hosts_and_origins_are_turned_away(running: tuple[Console, httpx.AsyncClient]) -> None:
    it, client = running
    await client.get(it.address_with_token)
    assert (await client.get("/healthz", headers={"host": "evil.example"})).status_code == 400
    assert (await client.get("/healthz", headers={"host": f"localhost:{it.port}"})).status_code == 200
    assert (await client.get("/healthz", headers={"host": "[::1]:1"})).status_code == 200
    assert (await client.get("/healthz", headers={"host": "[::1"})).status_code == 400
    assert (await client.get("/", headers={"origin": "https://evil.example"})).status_code == 400
    assert (await client.get("/", headers={"origin": it.address.rstrip("/")})).status_code == 200


@pytest.mark.parametrize("cookie", ["", "cameo", "a=b; =; ;;[]", "cameo_0=1"])
async def test_strange_cookies_open_nothing(running: tuple[Console, httpx.AsyncClient], cookie: str) -> None:
    _, client = running
    assert (await client.get("/", headers={"cookie": cookie})).status_code == 401


async def test_a_websocket_needs_the_cookie_too(running: tuple[Console, httpx.AsyncClient]) -> None:
    it, _ = running
    reader, writer = await asyncio.open_connection("127.0.0.1", it.port)
    writer.write(
        b"GET /_nicegui_ws/socket.io/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b"403" in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_an_unexpected_failure_is_told_in_json_without_details() -> None:
    async def broken(last: int) -> list[Turn]:
        raise RuntimeError("secret detail")

    transport = httpx.ASGITransport(build_app(lambda: {}, [turns_router(broken, WORDS)]), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/api/turns")
    assert answer.status_code == 500 and list(answer.json()) == ["error"] and "secret" not in answer.text


def test_a_taken_port_is_said_with_what_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConsoleError, match=rf"127\.0\.0\.1:{port}.*console\.port"):
            console(port).open()


def test_two_consoles_notice_each_other() -> None:
    first = console()
    first.open()
    second = console(first.port)
    with pytest.raises(ConsoleError):
        second.open()
    present(first._socket).close()


async def test_signals_stay_the_program_s() -> None:
    seen: list[int] = []
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, seen.append, signal.SIGTERM)
    it = console()
    it.open()
    serving = asyncio.create_task(it.run())
    try:
        async with httpx.AsyncClient(base_url=it.address, trust_env=False) as client:
            await client.get("/healthz")
            signal.raise_signal(signal.SIGTERM)
            await client.get("/healthz")
        assert seen == [signal.SIGTERM] and not serving.done()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_it_stops_in_good_time_though_somebody_hangs_on() -> None:
    """A shutdown waits `GRACE_SECONDS` for a running response, then closes the connection."""
    it = console()
    it.open()
    serving = asyncio.create_task(it.run())
    port = it.port
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\ntok")  # and never the rest
    async with httpx.AsyncClient(base_url=it.address, trust_env=False) as client:
        await client.get("/healthz")
    serving.cancel()
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(serving, return_exceptions=True)
    assert GRACE_SECONDS < 3
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
