"""Client for the homeserver: one method per request, JSON in and out, every failure a `MatrixError`.

Uses only the transport of matrix-nio (whose client will do the encryption later). Its sync loop saves the token before
the events are handled and repeats a refused request without a pause; its parser does not know room version 12.
"""

import errno
import json
import math
import os
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import aiohttp
from nio import AsyncClient

from adapters.matrix.json_text import decoded
from adapters.matrix.raw import JSONObject, string
from bot.types import PlatformError, Unavailable

REQUEST_SECONDS = 30.0  # for an ordinary request; Synapse answers in well under one second
JOIN_SECONDS = 180.0  # joining a big room over federation takes minutes
POLL_SECONDS = 30.0  # how long the homeserver may hold a sync open
FIRST_SYNC_SECONDS = 300.0  # for a first sync of an account with many rooms
FETCH_SECONDS = 60.0  # for 25 MB over a slow line; the homeserver may have to fetch it from another one first
LONGEST_WAIT = 3600.0  # seconds; callers give up far sooner, and more would overflow a date
CHUNK_BYTES = 64 * 1024
ANSWER_BYTES = 16_000_000  # of JSON after decompression: 16,000 events; as Python objects it takes some times as much


NO_CODE, UNKNOWN_CODE = "no errcode", "M_ of no known name"
ERROR_CODES = frozenset(
    {
        # the client-server API 1.13, "Standard error response" and the requests that we make
        "M_FORBIDDEN", "M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_LOCKED", "M_USER_SUSPENDED", "M_BAD_JSON",
        "M_NOT_JSON", "M_NOT_FOUND", "M_LIMIT_EXCEEDED", "M_UNRECOGNIZED", "M_UNKNOWN", "M_UNAUTHORIZED",
        "M_USER_DEACTIVATED", "M_USER_IN_USE", "M_INVALID_USERNAME", "M_ROOM_IN_USE", "M_INVALID_ROOM_STATE",
        "M_UNSUPPORTED_ROOM_VERSION", "M_INCOMPATIBLE_ROOM_VERSION", "M_BAD_STATE", "M_GUEST_ACCESS_FORBIDDEN",
        "M_MISSING_PARAM", "M_INVALID_PARAM", "M_TOO_LARGE", "M_EXCLUSIVE", "M_RESOURCE_LIMIT_EXCEEDED",
        "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM", "M_DUPLICATE_ANNOTATION", "M_NOT_YET_UPLOADED", "M_UNACTIONABLE",
        "M_CONSENT_NOT_GIVEN", "M_EXPIRED_ACCOUNT", "M_UNABLE_TO_AUTHORISE_JOIN", "M_UNABLE_TO_GRANT_JOIN",
        "M_CONNECTION_FAILED", "M_CONNECTION_TIMEOUT", "M_WEAK_PASSWORD", "M_APPSERVICE_LOGIN_UNSUPPORTED",
        "M_WRONG_ROOM_KEYS_VERSION", "M_UNKNOWN_POS", "M_UNKNOWN_DEVICE",
    }
)  # fmt: skip
"""Codes that are kept. Another one could be anything that a server likes to write into our log."""


class MatrixError(PlatformError):
    """An unsuccessful request. `status` 0 means that no response came; `code` is the homeserver's errcode, `wait` the
    seconds that it asks us to wait (None: unspecified). `not_sent`: the request certainly had no effect, but a retry
    may succeed; without a response this holds if the request never `left`. Its text is ours alone, since errors are
    logged, and a homeserver's sentence may repeat a member's words or our token."""

    def __init__(self, status: int, code: str, wait: float | None = None, *, left: bool = True):
        super().__init__(f"{code} (HTTP {status})")
        self.status = status
        self.code = code
        self.wait = wait
        self.not_sent = not left or status in (401, 429)


def _failure(error: Exception) -> str:
    """The kind of a lost connection, with the system's own words for it. The library's text may quote what the server
    sent."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number in errno.errorcode:
        return f"{type(error).__name__}: {os.strerror(number)}"
    return type(error).__name__


def _seconds(value: object, unit: float = 1.0) -> float | None:
    """A number of units, in seconds from 0 to LONGEST_WAIT; None for anything else, such as a date in a Retry-After
    header."""
    if not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(str(value)) * unit  # by its digits, since `float` of a huge int raises OverflowError
    except ValueError:
        return None
    return None if math.isnan(seconds) else min(max(0.0, seconds), LONGEST_WAIT)


def error_from(status: int, body: object, header: str | None) -> MatrixError:
    """The error in a response, from a homeserver or from a proxy in front of it."""
    said: JSONObject = body if isinstance(body, dict) else {}
    wait = _seconds(said.get("retry_after_ms"), 0.001)
    seconds = wait if wait is not None else _seconds(header)
    code = string(said.get("errcode"))
    known = code if code in ERROR_CODES else UNKNOWN_CODE if code.startswith("M_") else NO_CODE
    return MatrixError(status, known, seconds)


@dataclass(slots=True)
class RequestTrace:
    """One call, for which aiohttp may send the request twice if a kept connection was closed. `left`: some of it may
    have arrived."""

    left: bool = False


def _session() -> aiohttp.ClientSession:
    """A session as nio opens it, but recording which calls have left."""
    trace = aiohttp.TraceConfig()

    async def left(session: aiohttp.ClientSession, about: SimpleNamespace, sent: object) -> None:
        about.trace_request_ctx.left = True

    trace.on_request_headers_sent.append(left)
    return aiohttp.ClientSession(trace_configs=[trace])


class TooLong(MatrixError):
    """The homeserver answered with more than was to be expected."""


async def _bounded(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    """The body, decompressed. Raises TooLong if it is larger than `most_bytes`, whatever length the header claims.
    (aiohttp decompresses in bounded steps.)"""
    content = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        content += chunk
        if len(content) > most_bytes:
            raise TooLong(response.status, f"more than {most_bytes} bytes")
    return bytes(content)


class Homeserver:
    """Makes the requests of one account. They raise MatrixError; nothing is retried here."""

    def __init__(self, url: str):
        self._transport = AsyncClient(url.rstrip("/"), ssl=True)
        self.token = ""

    async def close(self) -> None:
        await self._transport.close()

    async def ask(
        self,
        method: str,
        *path: str,
        query: JSONObject | None = None,
        body: JSONObject | None = None,
        seconds: float = REQUEST_SECONDS,
    ) -> JSONObject:
        """Makes a request under /_matrix/client/v3. The token is sent in a header, since proxies log URLs."""
        address = "/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in path)
        status, raw, wait = await self._exchange(
            method,
            address + ("?" + urlencode(query) if query else ""),
            None if body is None else json.dumps(body, separators=(",", ":")),
            self._authorization() | {"Content-Type": "application/json"},
            seconds,
        )
        answer = decoded(raw)
        if status == 200 and isinstance(answer, dict):
            return answer
        raise error_from(status, answer, wait)

    async def download(self, server: str, media: str, most_bytes: int) -> bytes:
        """Downloads `mxc://server/media`. Raises Unavailable if it is larger than `most_bytes`, or MatrixError."""
        try:
            return await self._download("/_matrix/client/v1/media/download", server, media, most_bytes)
        except MatrixError as error:
            if error.status != 404 and error.code != "M_UNRECOGNIZED":
                raise
        return await self._download("/_matrix/media/v3/download", server, media, most_bytes)  # before version 1.11

    async def _download(self, path: str, server: str, media: str, most_bytes: int) -> bytes:
        address = f"{path}/{quote(server, safe='')}/{quote(media, safe='')}"
        headers = self._authorization() | {"Accept-Encoding": "identity"}
        try:
            status, raw, wait = await self._exchange("GET", address, None, headers, FETCH_SECONDS, most_bytes)
        except TooLong as error:
            raise Unavailable(f"matrix: the file is larger than {most_bytes} bytes") from error
        if status == 200:
            return raw
        raise error_from(status, decoded(raw), wait)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def _exchange(
        self,
        method: str,
        address: str,
        data: str | None,
        headers: dict[str, str],
        seconds: float,
        most_bytes: int = ANSWER_BYTES,
    ) -> tuple[int, bytes, str | None]:
        attempt = RequestTrace()
        self._transport.client_session = self._transport.client_session or _session()
        try:
            response = await self._transport.send(method, address, data, headers, attempt, timeout=seconds)
            async with response:
                return response.status, await _bounded(response, most_bytes), response.headers.get("Retry-After")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MatrixError(0, _failure(error), left=attempt.left) from error

    async def login(self, user: str, password: str, device: str) -> JSONObject:
        body: JSONObject = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
            "device_id": device,
            "initial_device_display_name": "Cameo",
        }
        return await self.ask("POST", "login", body=body)

    async def whoami(self) -> JSONObject:
        return await self.ask("GET", "account", "whoami")

    async def display_name(self, user: str) -> str:
        profile = await self.ask("GET", "profile", user, "displayname")
        return string(profile.get("displayname"))

    async def sync(self, since: str | None, event_filter: JSONObject, hold: float) -> JSONObject:
        """Makes one sync request. `hold`: seconds that the homeserver may wait for new events."""
        query: JSONObject = {"filter": json.dumps(event_filter, separators=(",", ":")), "timeout": int(hold * 1000)}
        if since is None:
            return await self.ask("GET", "sync", query=query, seconds=FIRST_SYNC_SECONDS)
        return await self.ask("GET", "sync", query=query | {"since": since}, seconds=hold + 2 * REQUEST_SECONDS)

    async def messages(
        self, room: str, start: str | None, end: str | None, event_filter: JSONObject, limit: int = 100
    ) -> JSONObject:
        """Fetches a page of a room's past, newest first, from `start` (None: now) back to `end`."""
        query: JSONObject = {"dir": "b", "limit": limit, "filter": json.dumps(event_filter, separators=(",", ":"))}
        bounds = {"from": start, "to": end}
        query |= {name: token for name, token in bounds.items() if token}
        return await self.ask("GET", "rooms", room, "messages", query=query)

    async def event(self, room: str, event_id: str) -> JSONObject:
        return await self.ask("GET", "rooms", room, "event", event_id)

    async def members(self, room: str, at: str) -> JSONObject:
        """Fetches the memberships of everybody who was in the room, or invited, at a sync token."""
        return await self.ask("GET", "rooms", room, "members", query={"at": at, "not_membership": "leave"})

    async def state(self, room: str, kind: str) -> JSONObject:
        """Fetches the content of a state event of the room, as it is now."""
        return await self.ask("GET", "rooms", room, "state", kind)

    async def send(self, room: str, kind: str, transaction: str, content: JSONObject) -> str:
        """Sends an event and returns its id. Repeating a transaction on the same device returns the same event."""
        answer = await self.ask("PUT", "rooms", room, "send", kind, transaction, body=content)
        return string(answer.get("event_id"))

    async def redact(self, room: str, event_id: str, transaction: str) -> None:
        """Deletes an event's content for everybody."""
        await self.ask("PUT", "rooms", room, "redact", event_id, transaction, body={})

    async def typing(self, room: str, user: str, seconds: float) -> None:
        body = {"typing": True, "timeout": int(seconds * 1000)}
        await self.ask("PUT", "rooms", room, "typing", user, body=body, seconds=5.0)

    async def join(self, room: str) -> None:
        await self.ask("POST", "join", room, body={}, seconds=JOIN_SECONDS)

    async def leave(self, room: str, reason: str) -> None:
        await self.ask("POST", "rooms", room, "leave", body={"reason": reason})
