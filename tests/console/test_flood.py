"""The web server under attack: half-sent requests, too many connections, and guesses of the token."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import structlog

from bot.config.settings import ConsoleSettings
from bot.console.connections import ARRIVAL_SECONDS, MOST_CONNECTIONS, most_connections
from bot.console.guesses import FREE, LONGEST_BACKOFF
from bot.console.web import BACKLOG, Console
from tests.fakes.waiting import PATIENCE

STRONG, WEAK = secrets.token_urlsafe(24), "letmein"
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HALVES = [
    b"",
    b"G",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 2000,
    b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\ntok",
    b"POST /enter HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ntok",
    b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /healthz HTTP/1.1\r\nHos",
]


@asynccontextmanager
async def served(token: str, request_seconds: float = ARRIVAL_SECONDS) -> AsyncIterator[Console]:
    settings = ConsoleSettings(host="127.0.0.1", port=0)
    console = Console(settings, token, health=dict, request_seconds=request_seconds)
    console.open()
    serving = asyncio.create_task(console.run())
    yield console
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


def client_of(console: Console) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=console.address, trust_env=False, timeout=PATIENCE)


@pytest.fixture
async def open_sockets() -> AsyncIterator[list[Connection]]:
    opened: list[Connection] = []
    yield opened
    for _, writer in opened:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def half_sent(console: Console, text: bytes, opened: list[Connection]) -> asyncio.StreamReader:
    reader, writer = await asyncio.open_connection("127.0.0.1", console.port)
    opened.append((reader, writer))
    with contextlib.suppress(ConnectionError):
        writer.write(text)
        await writer.drain()
    return reader


@pytest.mark.parametrize("text", HALVES)
async def test_a_request_that_never_ends_is_cut_off(text: bytes, open_sockets: list[Connection]) -> None:
    async with served(STRONG, request_seconds=0.2) as console, asyncio.timeout(PATIENCE):
        reader = await half_sent(console, text, open_sockets)
        with contextlib.suppress(ConnectionError):
            await reader.read()


async def test_a_thousand_half_sent_requests_lock_nobody_out(open_sockets: list[Connection]) -> None:
    async with served(STRONG) as console, asyncio.timeout(10 * PATIENCE):
        for number in range(MOST_CONNECTIONS + 100):
            await half_sent(console, HALVES[number % len(HALVES)], open_sockets)
        async with client_of(console) as client:
            for _ in range(5):
                assert (await client.get("/healthz")).status_code == 200


def test_connections_stay_below_the_limit_of_open_files() -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for limit in (64, 128, 256, 1024):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            assert 8 <= most_connections() <= MOST_CONNECTIONS and most_connections() + BACKLOG < limit
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def guess(client: httpx.AsyncClient, way: str, token: str) -> httpx.Response:
    if way == "bearer":
        return await client.get("/api/turns", headers={"authorization": f"Bearer {token}"})
    if way == "address":
        return await client.get("/", params={"token": token})
    return await client.post("/enter", data={"token": token})


@pytest.mark.parametrize("way", ["bearer", "address", "form"])
async def test_a_guesser_is_slowed_and_logged_and_locks_nobody_out(way: str) -> None:
    with structlog.testing.capture_logs() as logs:
        async with served(STRONG) as console, client_of(console) as client:
            answers = [await guess(client, way, f"wrong {number}") for number in range(60)]
            right = await guess(client, way, STRONG)
    codes = [answer.status_code for answer in answers]
    assert codes[:FREE] == [401] * FREE and codes.count(401) < FREE + 5 and set(codes) == {401, 429}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= LONGEST_BACKOFF
    assert right.status_code in (303, 404)  # there is no such route in this house, and authentication let it through
    told = [entry for entry in logs if entry["event"] == "console.wrong_token"]
    assert len(told) == codes.count(401) and {entry["address"] for entry in told} == {"127.0.0.1"}
    assert "wrong 1" not in str(logs)


@pytest.mark.parametrize("way", ["bearer", "address", "form"])
async def test_a_weak_token_is_not_even_tried_while_a_guesser_has_to_wait(way: str) -> None:
    async with served(WEAK) as console, client_of(console) as client:
        for number in range(FREE + 3):
            await guess(client, way, f"wrong {number}")
        assert (await guess(client, way, WEAK)).status_code == 429


async def test_visits_without_a_token_are_no_guesses() -> None:
    async with served(WEAK) as console, client_of(console) as client:
        for _ in range(FREE + 5):
            await client.get("/api/turns")
            await client.get("/", headers={"accept": "text/html", "cookie": "cameo_12345678=stale"})
        assert (await guess(client, "form", WEAK)).status_code == 303
