"""discord.py's HTTP client with configurable URLs and a session that accepts any JSON from Discord.

The SDK keeps its URLs as class attributes and its JSON parser in a module, for the whole process. Here both belong to
one client, so that several clients can coexist.
"""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self

import aiohttp
import discord
import yarl
from discord import utils
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

from bot.types import NotSent, PlatformError, Unavailable

from .gateway import COMPRESSION, FRAME_BYTES, LenientSocket, OversizedAnswer
from .json_text import without_halves
from .pace import UNLIMITED, Pace

CDN_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")  # the only hosts that serve attachments
FILE_SECONDS = 10  # of the files that are fetched, the largest have 8 MB; who calls waits for them
CHUNK_BYTES = 64 * 1024
ANSWER_BYTES = 16_000_000  # of JSON; 100 messages, the longest answer that we ask for, have 2 MB at most
CLOSE_WAIT_SECONDS = 30.0  # for the gateway to confirm that the connection is closed, as the SDK waits
REFUSED = (401, 429)  # answers by which Discord surely did nothing, and after which the same request may work later


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Discord's URLs; None for the SDK's defaults. `api` includes the version ("http://127.0.0.1:8080/api/v10"). A
    gateway session is resumed at the URL that its READY named."""

    api: str | None = None
    gateway: str | None = None

    def of_route(self, url: str) -> str:
        return self.api.rstrip("/") + url.removeprefix(Route.BASE) if self.api else url

    def of_gateway(self, url: str) -> str:
        """The configured gateway in place of the SDK's default one, with the same query."""
        asked, default = yarl.URL(url), DiscordWebSocket.DEFAULT_GATEWAY
        if not self.gateway or asked.host != default.host:
            return url
        return str(yarl.URL(self.gateway).with_query(asked.query))

    def serves_files(self, url: yarl.URL) -> bool:
        """True if the URL may serve attachments: on a host of Discord's, or of the configured test server or proxy."""
        if url.host in CDN_HOSTS:
            return url.scheme == "https"
        own = yarl.URL(self.api or "")
        return self.api is not None and (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)


@dataclass(slots=True)
class Attempt:
    """One API call, for which the SDK may send several requests. `open` counts those sent and not refused."""

    open: int = 0


class LenientResponse(aiohttp.ClientResponse):
    """A response of the REST API, of at most ANSWER_BYTES after decompression."""

    async def read(self) -> bytes:
        if self._body is None:
            self._body = await _read(self, ANSWER_BYTES)
        return self._body

    async def text(self, encoding: str | None = None, errors: str = "strict") -> str:
        return without_halves(await super().text(encoding, errors))


class DiscordHTTP(HTTPClient):
    """Makes the requests of one client. A request that changes something raises NotSent if it certainly had no effect:
    it was not sent, or was refused by a rate limit. Otherwise raises what the SDK raises."""

    endpoints = Endpoints()

    @classmethod
    def like(cls, http: HTTPClient, endpoints: Endpoints) -> Self:
        """A client with the options of the SDK's own client."""
        made = cls(
            http.loop,
            http.connector,
            proxy=http.proxy,
            proxy_auth=http.proxy_auth,
            unsync_clock=not http.use_clock,
            http_trace=http.http_trace,
            max_ratelimit_timeout=http.max_ratelimit_timeout,
        )
        made.endpoints = endpoints
        return made

    async def static_login(self, token: str) -> Any:
        """Logs in as the SDK does, but with our own session. Raises LoginFailure."""
        if self.connector is utils.MISSING:
            self.connector = aiohttp.TCPConnector(limit=0)
        self._HTTPClient__session = aiohttp.ClientSession(
            connector=self.connector,
            response_class=LenientResponse,
            ws_response_class=LenientSocket,
            trace_configs=[_attempts(Pace()), *([self.http_trace] if self.http_trace else [])],
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self._global_over = asyncio.Event()
        self._global_over.set()
        self.token = token
        try:
            return await self.request(Route("GET", "/users/@me"))
        except discord.HTTPException as problem:
            if problem.status == 401:
                raise discord.LoginFailure("Improper token has been passed.") from problem
            raise

    async def ws_connect(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        """Connects as the SDK does, but with a limit for frames, and always in the compression that we can bound."""
        address = yarl.URL(self.endpoints.of_gateway(url))
        if "compress" in address.query:
            address = address.update_query(compress=COMPRESSION)
        return await self._HTTPClient__session.ws_connect(
            address,
            proxy=self.proxy,
            proxy_auth=self.proxy_auth,
            max_msg_size=FRAME_BYTES,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_WAIT_SECONDS),
            autoclose=False,
            headers={"User-Agent": self.user_agent},
            compress=compress,
        )

    async def request(self, route: Route, **options: Any) -> Any:
        route.url = self.endpoints.of_route(route.url)
        attempt = Attempt()
        try:
            return await super().request(route, trace_request_ctx=attempt, **options)
        except (discord.DiscordException, aiohttp.ClientError, OSError, RuntimeError) as problem:
            if route.method == "GET" or attempt.open:
                raise
            raise NotSent(f"Discord did not take it: {type(problem).__name__}") from problem

    async def download(self, url: str, most_bytes: int) -> bytes:
        """Downloads the file at a URL that Discord gave us. Raises Unavailable if it is gone, larger than `most_bytes`
        or not on Discord's hosts, PlatformError for another status, aiohttp.ClientError and TimeoutError."""
        address = _address(url)
        if address is None or not self.endpoints.serves_files(address):
            raise Unavailable("the file is not at an address of Discord's")
        headers = {"User-Agent": self.user_agent, "Accept-Encoding": "identity"}
        asked = self._HTTPClient__session.get(
            address, headers=headers, proxy=self.proxy, proxy_auth=self.proxy_auth, allow_redirects=False
        )
        async with asyncio.timeout(FILE_SECONDS), asked as response:
            if response.status in (403, 404, 410):
                raise Unavailable(f"the file is gone (HTTP {response.status})")
            if response.status != 200:
                raise PlatformError(f"Discord answered {response.status} for a file")
            try:
                return await _read(response, most_bytes)
            except OversizedAnswer as error:
                raise Unavailable(f"the file is larger than {most_bytes} bytes") from error


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body, decompressed (by aiohttp, in bounded steps). Raises OversizedAnswer."""
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        content += chunk
        if len(content) > most_bytes:
            raise OversizedAnswer(f"more than {most_bytes} bytes")
    return bytes(content)


def _address(url: str) -> yarl.URL | None:
    """The URL exactly as given, since its query is signed; None if invalid."""
    try:
        return yarl.URL(url, encoded=True)
    except ValueError:
        return None


def _attempts(pace: Pace) -> aiohttp.TraceConfig:
    """Paces the requests of calls, repeated ones too, and counts in a call's Attempt those that may have had an
    effect."""
    trace = aiohttp.TraceConfig()

    async def begins(
        session: aiohttp.ClientSession, about: SimpleNamespace, start: aiohttp.TraceRequestStartParams
    ) -> None:
        if isinstance(about.trace_request_ctx, Attempt) and not any(part in start.url.path for part in UNLIMITED):
            await pace.wait()

    async def left(session: aiohttp.ClientSession, about: SimpleNamespace, sent: object) -> None:
        if isinstance(about.trace_request_ctx, Attempt):
            about.trace_request_ctx.open += 1

    async def answered(
        session: aiohttp.ClientSession, about: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if isinstance(about.trace_request_ctx, Attempt) and end.response.status in REFUSED:
            about.trace_request_ctx.open -= 1

    trace.on_request_start.append(begins)
    trace.on_request_headers_sent.append(left)
    trace.on_request_end.append(answered)
    return trace
