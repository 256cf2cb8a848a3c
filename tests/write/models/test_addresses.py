"""Where a model server is, and whether anything listens there."""

import asyncio

import pytest

from bot.write.models.addresses import is_local, is_loopback, listens


@pytest.mark.parametrize(
    ("url", "here", "near"),
    [
        ("http://127.0.0.1:11434/v1", True, True),
        ("http://localhost:1234", True, True),
        ("http://llm.localhost/v1", True, True),
        ("http://[::1]:8080/v1", True, True),
        ("http://192.168.1.20:8080/v1", False, True),
        ("http://studio.local:1234/v1", False, True),
        ("https://api.openai.com/v1", False, False),
        ("https://127.example.org/v1", False, False),
    ],
)
def test_an_address_is_here_near_or_elsewhere(url: str, here: bool, near: bool) -> None:
    assert (is_loopback(url), is_local(url)) == (here, near)


async def test_a_server_listens_until_it_is_closed_and_is_sent_nothing() -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.read())
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    assert await listens(url)
    assert await heard.get() == b""
    server.close()
    await server.wait_closed()
    assert not await listens(url)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1", "http://", "http://127.0.0.1:99999", "http://127.0.0.1:x", "ftp://127.0.0.1"]
)
async def test_nothing_listens_at_an_address_that_is_none(url: str) -> None:
    assert not await listens(url)
