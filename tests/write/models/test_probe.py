"""Trying a model: what works, what it costs, and what each kind of failure is called."""

import asyncio
import errno
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
import yaml

from bot.config.model_settings import ModelSettings, Price
from bot.types import Usage
from bot.write.models.causes import Cause, cause_of, sentence
from bot.write.models.failover import USUAL_INPUT
from bot.write.models.faults import Fault, FaultKind, sort
from bot.write.models.probe import Probe, probe_model
from tests.fakes.clock import RealClock
from tests.fakes.scripted_model import ErrorBody, Fail, Hang, HangUp, Raw, Say, ScriptedModel, Step
from tests.fakes.waiting import PATIENCE

KEY = "sk-right-1234567890abcdef"
PRICE = Price(input=1.0, cached=0.5, output=10.0)
ASK = "Say hello."


class Purse:
    def __init__(self, usd: float = 1.0):
        self.left, self.charged = usd, list[Usage]()

    async def reserve(self, model: str, worst_case_usd: float) -> bool:
        return worst_case_usd <= self.left

    def charge(self, model: str, usage: Usage) -> None:
        self.charged.append(usage)


def settings(url: str, **more: object) -> ModelSettings:
    return ModelSettings.model_validate({"name": "m", "base_url": url, "model": "scripted", **more})


async def tried(url: str, purse: Purse | None = None, **more: object) -> Probe:
    async with asyncio.timeout(PATIENCE):
        return await probe_model(settings(url, **more), ASK, purse or Purse(), RealClock())


async def test_it_says_what_works_and_what_a_hundred_answers_cost() -> None:
    purse = Purse()
    async with ScriptedModel(
        [Say("Hello there!", first_delay=0.2)], models=("b", "scripted", "embed-1"), key=KEY
    ) as server:
        found = await tried(server.url, purse, key=KEY, key_env="K", price=PRICE)
    assert (found.model, found.text, found.cause, found.listed) == ("scripted", "Hello there!", None, ("b", "scripted"))
    assert 0.2 <= found.seconds < PATIENCE
    (charged,) = purse.charged
    assert found.cost_usd == charged.cost_usd > 0
    assert found.hundred_usd == pytest.approx(100 * (USUAL_INPUT * 1.0 + 100 * 10.0) / 1e6)


async def test_thoughts_count_in_what_a_hundred_answers_cost() -> None:
    usage = {"completion_tokens": 700, "total_tokens": 710}
    async with ScriptedModel([Say("Hi", thinking="hm " * 200, extra_usage=usage)]) as server:
        found = await tried(server.url, price=PRICE)
    assert found.hundred_usd is not None and found.hundred_usd > 100 * (USUAL_INPUT * 1.0 + 600 * 10.0) / 1e6


async def test_a_free_model_has_no_price_and_the_first_that_chats_is_taken() -> None:
    async with ScriptedModel([Say("Hi")], models=("text-embedding-3", "llama3.2:latest"), owner="library") as server:
        found = await tried(server.url, model=None)
        assert (found.model, found.hundred_usd, server.requests[0].body["model"]) == (
            "llama3.2:latest",
            None,
            "llama3.2:latest",
        )
        missing = await tried(server.url, model="qwen3")
    assert (missing.cause, missing.listed) == (Cause.NO_MODEL, ("llama3.2:latest",))


async def test_a_server_without_a_list_is_asked_all_the_same() -> None:
    async with ScriptedModel([Say("Hi")], models=None) as server:
        assert (await tried(server.url)).text == "Hi"


async def test_over_budget_nothing_is_asked() -> None:
    async with ScriptedModel() as server:
        found = await tried(server.url, Purse(0.0), price=PRICE)
        assert found.over_budget and not server.requests
        assert (await tried(server.url, Purse(0.0))).text, "a free one needs none"


async def test_a_cancelled_trial_is_charged_and_closed() -> None:
    purse = Purse()
    async with ScriptedModel([Hang()]) as server:
        trying = asyncio.create_task(probe_model(settings(server.url, price=PRICE), ASK, purse, RealClock()))
        await server.asked()
        trying.cancel()
        await asyncio.gather(trying, return_exceptions=True)
        await server.until(lambda server: server.requests[0].hung_up)
    assert trying.cancelled() and [each.output_tokens for each in purse.charged] == [500]


FAILS: list[tuple[Step, Cause]] = [
    (Fail(401, message="Incorrect API key provided", code="invalid_api_key"), Cause.WRONG_KEY),
    (Fail(402, message="Insufficient Balance"), Cause.NO_CREDIT),
    (Fail(429, message="You exceeded your current quota", code="insufficient_quota"), Cause.NO_CREDIT),
    (Fail(429, message="Rate limit reached for requests per min"), Cause.BUSY),
    (Fail(404, message="The model `gpt-9` does not exist", code="model_not_found"), Cause.NO_MODEL),
    (Fail(400, message="Model Not Exist"), Cause.NO_MODEL),
    (Fail(403, message="Country, region, or territory not supported"), Cause.REGION),
    (Fail(403, message="Your organization has been suspended"), Cause.ACCOUNT),
    (Fail(403, message="no"), Cause.ACCOUNT),
    (Fail(404, message="Not Found"), Cause.NOT_AN_API),
    (Fail(405, message="Method Not Allowed"), Cause.NOT_AN_API),
    (Fail(503, message="overloaded"), Cause.OVERLOADED),
    (Fail(500, message="oops"), Cause.OVERLOADED),
    (Raw(), Cause.NOT_AN_API),
    (Raw('{"hello": "world"}', "application/json"), Cause.EMPTY),
    (Raw("not json at all", "text/plain"), Cause.NOT_AN_API),
    (ErrorBody("Incorrect API key provided", code="invalid_api_key"), Cause.WRONG_KEY),
    (ErrorBody("Insufficient Balance", code=402, streamed=True), Cause.NO_CREDIT),
    (HangUp(), Cause.HUNG_UP),
    (HangUp("Hello the"), Cause.HUNG_UP),
    (Hang(), Cause.SLOW),
    (Say(""), Cause.EMPTY),
]  # fmt: skip


@pytest.mark.parametrize(("step", "cause"), FAILS, ids=[f"{cause}-{at}" for at, (_, cause) in enumerate(FAILS)])
async def test_each_failure_has_its_cause(step: Step, cause: Cause) -> None:
    async with ScriptedModel(lambda _: step) as server:
        found = await tried(server.url, first_token_seconds=0.5, idle_seconds=0.5)
    assert (found.cause, found.text, found.listed) == (cause, "", ("scripted",))


async def test_the_right_key_alone_is_let_in() -> None:
    async with ScriptedModel([Say("Hi")], key=KEY) as server:
        wrong = await tried(server.url, key="sk-wrong-1234567890", key_env="K", price=PRICE)
        assert (wrong.cause, wrong.said, wrong.cost_usd) == (Cause.WRONG_KEY, "Incorrect API key provided", 0)
        assert (await tried(server.url, key=KEY, key_env="K", price=PRICE)).text == "Hi"


@asynccontextmanager
async def listening(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is not closes:
            await reader.read(65_536)
        answer(reader, writer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def speaks(text: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]:
    return lambda _, writer: writer.write(text)


def closes(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_what_is_no_model_server_is_told_from_what_is_no_server() -> None:
    async with listening(closes) as port:
        pass
    assert (await tried(f"http://127.0.0.1:{port}/v1")).cause is Cause.NO_SERVER
    async with listening(speaks(b"+OK mail is ready\r\n\r\n")) as port:
        assert (await tried(f"http://127.0.0.1:{port}/v1", model=None)).cause is Cause.NOT_AN_API
    moved = b"HTTP/1.1 308 Permanent Redirect\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    async with listening(speaks(moved)) as port:
        assert (await tried(f"http://127.0.0.1:{port}/v1", key=KEY)).cause is Cause.REDIRECTED
    async with listening(closes) as port:
        assert (await tried(f"http://127.0.0.1:{port}/v1")).cause is Cause.HUNG_UP


@pytest.mark.parametrize(
    ("behind", "cause"),
    [
        (socket.gaierror(-2, "Name or service not known"), Cause.NO_HOST),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Cause.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Cause.UNREACHABLE),
        (httpx2.ProxyError("403 Forbidden"), Cause.PROXY),
        (httpx2.ConnectTimeout("timed out"), Cause.UNREACHABLE),
    ],
)  # fmt: skip
def test_what_keeps_a_connection_from_being_made_has_its_cause(behind: Exception, cause: Cause) -> None:
    fault = Fault(FaultKind.BROKEN, "no connection")
    outer = httpx2.ConnectError("All connection attempts failed")
    fault.__cause__, outer.__cause__ = outer, behind
    assert cause_of(fault) is cause


PROTOCOL_VERSION_ALERT = bytes([21, 3, 1, 0, 2, 2, 70])  # RFC 8446, 6.2: what a server sends that is too old or new


async def test_tls_is_told_by_what_is_wrong_with_it(tmp_path: Path) -> None:
    async with listening(speaks(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")) as port:
        assert (await tried(f"https://127.0.0.1:{port}/v1")).cause is Cause.NO_TLS
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(self_signed(tmp_path))
    async with listening(closes, tls) as port:
        assert (await tried(f"https://127.0.0.1:{port}/v1")).cause is Cause.CERTIFICATE
    async with listening(speaks(PROTOCOL_VERSION_ALERT)) as port:
        assert (await tried(f"https://127.0.0.1:{port}/v1")).cause is Cause.OLD_TLS
    async with listening(closes) as port:
        assert (await tried(f"https://127.0.0.1:{port}/v1")).cause in (Cause.NO_TLS, Cause.HUNG_UP)


def self_signed(folder: Path) -> Path:
    path = folder / "self-signed.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *words.split(), "-keyout", path, "-out", path], check=True, capture_output=True)
    return path


TABLE = yaml.safe_load(Path(__file__).with_name("causes.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("cause", "status", "words"),
    [(cause, *row) for cause, parts in TABLE.items() for part in parts.values() for row in part],
)
def test_the_words_of_providers_have_their_cause(cause: str, status: int, words: str) -> None:
    body = {"error": {"message": words, "type": "invalid_request_error", "code": None}}
    assert cause_of(Fault(sort(status, body), "", status=status, body=body)) == Cause(cause)
    assert sentence(body) == words


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, ""),
        ("<html><b>502</b>", ""),
        ("plain\n words", "plain words"),
        ({"error": {"message": "a", "code": 1}}, "a"),
        ({"error": "b"}, "b"),
        ([{"error": {"message": "c"}}], "c"),
        ({"detail": [{"msg": "d"}]}, "d"),
        ({"base_resp": 1}, ""),
        ({"message": "x" * 1000}, "x" * 299 + "…"),
        ({"message": "a\x1b[31m\u202eb"}, "a [31m b"),
    ],
)
def test_the_servers_own_sentence_is_one_short_printable_line(body: object, told: str) -> None:
    assert sentence(body) == told
