"""discord.py's HTTP client with addresses of its own and a session that any JSON of Discord's passes through.

The SDK keeps its addresses as attributes of its classes and its JSON reader as one of its modules, which would hold for
the whole process. Here both belong to one client, so that several can live side by side.
"""

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self

import aiohttp
import discord
import yarl
from discord import utils
from discord.gateway import DiscordClientWebSocketResponse, DiscordWebSocket
from discord.http import HTTPClient, Route

from bot.types import NotSent, PlatformError, Unavailable

from .json_text import without_halves

CDN_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")  # the only hosts that serve attachments
FETCH_SECONDS = 60  # a file of 25 MB over a slow line; whoever waits for it has waited long enough then
CHUNK_BYTES = 64 * 1024
REFUSED = (401, 429)  # answers by which Discord surely did nothing, and after which the same request may work later


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where Discord is; None: where the SDK says. `api` includes the version ("http://127.0.0.1:8080/api/v10"). A
    session of the gateway is resumed wherever its READY said."""

    api: str | None = None
    gateway: str | None = None

    def of_route(self, url: str) -> str:
        return self.api.rstrip("/") + url.removeprefix(Route.BASE) if self.api else url

    def of_gateway(self, url: str) -> str:
        """Another address in place of the SDK's default one, with the same query."""
        asked, default = yarl.URL(url), DiscordWebSocket.DEFAULT_GATEWAY
        if not self.gateway or asked.host != default.host:
            return url
        return str(yarl.URL(self.gateway).with_query(asked.query))

    def serves_files(self, url: yarl.URL) -> bool:
        """Attachments come from hosts of Discord's own; a test server and a proxy may serve them too."""
        if url.host in CDN_HOSTS:
            return url.scheme == "https"
        own = yarl.URL(self.api or "")
        return self.api is not None and (url.scheme, url.host, url.port) == (own.scheme, own.host, own.port)


@dataclass(slots=True)
class Attempt:
    """One call of the API, which the SDK may make of several requests. `open`: those that left and were not refused."""

    open: int = 0


class LenientResponse(aiohttp.ClientResponse):
    """An answer of the REST API."""

    async def text(self, encoding: str | None = None, errors: str = "strict") -> str:
        return without_halves(await super().text(encoding, errors))


class LenientSocket(DiscordClientWebSocketResponse):
    """A connection to the gateway. It decompresses by itself, as the text can only be mended after that."""

    _decompressor: Any = None

    async def receive(self, timeout: float | None = None) -> Any:
        while True:
            frame = await super().receive(timeout)
            text = self._text(frame)
            if text is not None:
                return aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, without_halves(text), None)
            if frame.type is not aiohttp.WSMsgType.BINARY:
                return frame

    def _text(self, frame: Any) -> str | None:
        """None for a frame that is no text, or not a whole one yet."""
        if frame.type is aiohttp.WSMsgType.BINARY:
            self._decompressor = self._decompressor or utils._ActiveDecompressionContext()
            text: str | None = self._decompressor.decompress(frame.data)
            return text
        return frame.data if frame.type is aiohttp.WSMsgType.TEXT else None


class DiscordHTTP(HTTPClient):
    """Requests of one client. One that would have changed something, and surely never left or was refused for now by a
    rate limit, raises NotSent; everything else raises what the SDK raises."""

    endpoints = Endpoints()

    @classmethod
    def like(cls, http: HTTPClient, endpoints: Endpoints) -> Self:
        """With the options that the SDK gave its own."""
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
        """As the SDK's, with a session of ours. Raises LoginFailure."""
        if self.connector is utils.MISSING:
            self.connector = aiohttp.TCPConnector(limit=0)
        self._HTTPClient__session = aiohttp.ClientSession(
            connector=self.connector,
            response_class=LenientResponse,
            ws_response_class=LenientSocket,
            trace_configs=[_attempts(), *([self.http_trace] if self.http_trace else [])],
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
        return await super().ws_connect(self.endpoints.of_gateway(url), compress=compress)

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
        """The file at an address that Discord gave us. Raises Unavailable where it is gone, larger than `most_bytes` or
        no file of Discord's, PlatformError for another failure, aiohttp.ClientError and TimeoutError."""
        address = _address(url)
        if address is None or not self.endpoints.serves_files(address):
            raise Unavailable("the file is not at an address of Discord's")
        headers = {"User-Agent": self.user_agent, "Accept-Encoding": "identity"}  # what is packed could unpack to more
        asked = self._HTTPClient__session.get(
            address, headers=headers, proxy=self.proxy, proxy_auth=self.proxy_auth, allow_redirects=False
        )
        async with asyncio.timeout(FETCH_SECONDS), asked as response:
            if response.status in (403, 404, 410):
                raise Unavailable(f"the file is gone (HTTP {response.status})")
            if response.status != 200:
                raise PlatformError(f"Discord answered {response.status} for a file")
            return await _read(response, most_bytes)


async def _read(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        content += chunk
        if len(content) > most_bytes:
            raise Unavailable(f"the file is larger than {most_bytes} bytes")
    return bytes(content)


def _address(url: str) -> yarl.URL | None:
    """Unchanged, as its query is signed."""
    try:
        return yarl.URL(url, encoded=True)
    except ValueError:
        return None


def _attempts() -> aiohttp.TraceConfig:
    """Counts into the Attempt of a call which of its requests may have had an effect."""
    trace = aiohttp.TraceConfig()

    async def left(session: aiohttp.ClientSession, about: SimpleNamespace, sent: object) -> None:
        if isinstance(about.trace_request_ctx, Attempt):
            about.trace_request_ctx.open += 1

    async def answered(
        session: aiohttp.ClientSession, about: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if isinstance(about.trace_request_ctx, Attempt) and end.response.status in REFUSED:
            about.trace_request_ctx.open -= 1

    trace.on_request_headers_sent.append(left)
    trace.on_request_end.append(answered)
    return trace
