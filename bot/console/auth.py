"""Authenticates every request before any route sees it.

The JSON API accepts only `Authorization: Bearer TOKEN`, never a cookie, so no other website can use it through a
visitor's browser. The page needs a cookie, which a visit with `?token=` or the sign-in page sets. `/healthz` is open.

After some wrong tokens an address has to wait (see `guesses.py`). A strong token can't be guessed at any rate, so the
right one is accepted even then: a guesser behind the same address, such as a proxy's, locks nobody out. A weak one,
which is possible on loopback only, is not tried while its address has to wait.
"""

import math
import time
from collections.abc import Callable, Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console.guesses import Guesses
from bot.console.pages.frame import language_of
from bot.console.pages.sign_in import asking_page
from bot.console.tokens import is_weak, page_cookie, same

log = structlog.get_logger()

ENTER = "/enter"  # where the sign-in page sends the token
MAX_FORM = 4_096  # bytes; the form holds one token
KEEP_SECONDS = 365 * 24 * 3600  # the cookie's lifetime; a new token ends it earlier

# Vue builds the page in the browser and needs inline scripts and eval; nothing is loaded from another host.
PAGE_HEADERS = {
    b"content-security-policy": b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    b"style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
}


class Auth:
    """ASGI middleware. `hosts` are the accepted Host names; empty accepts any, because behind a proxy or on a public
    address we can't know them. On loopback the check stops a website that resolves its own name to us."""

    def __init__(
        self, app: ASGIApp, token: str, hosts: Collection[str] = (), now: Callable[[], float] = time.monotonic
    ):
        self._app, self._token, self._hosts = app, token, {host.casefold() for host in hosts}
        self._is_weak, self._guesses = is_weak(token), Guesses(now)
        self._cookie_name, self._cookie_value = page_cookie(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = await self._refusal(scope, receive)
        if refused is None:
            await self._app(scope, receive, _with_headers(send, scope))
        elif scope["type"] == "websocket":
            await receive()  # the connect message
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(scope, receive, _with_headers(send, scope))

    async def _refusal(self, scope: Scope, receive: Receive) -> Response | None:
        """The response that replaces the app's, or None to admit the request."""
        headers, path = Headers(scope=scope), scope["path"]
        if not self._known_host(headers.get("host", "")):
            return JSONResponse({"error": "unknown Host; call this server by the address that it printed"}, 400)
        if path == "/healthz":
            return None
        if path == "/api" or path.startswith("/api/"):
            return self._bearer(headers, scope)
        if not _same_origin(headers):
            return JSONResponse({"error": "another site may not use this page"}, 400)
        if scope["type"] == "http" and (answer := await self._entering(Request(scope, receive), path)):
            return answer
        return None if self._has_cookie(headers) else _ask(headers, path)

    async def _entering(self, request: Request, path: str) -> Response | None:
        """The response to a visit that brings the token, in the address or from the sign-in page; None for any
        other."""
        given = request.query_params.get("token")
        if given is None or request.method not in ("GET", "HEAD"):
            if path != ENTER or request.method != "POST":
                return None
            given = await _form_token(request)
        language = _language(request.headers)
        match self._tried(given, request.scope):
            case True:
                return self._let_in(request)
            case False:
                return HTMLResponse(asking_page(language, wrong=True), 401)
            case wait:
                return HTMLResponse(asking_page(language, wait=wait), 429, {"retry-after": str(wait)})

    def _bearer(self, headers: Headers, scope: Scope) -> Response | None:
        """The refusal of a call of the API, or None to admit it."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        match self._tried(given.strip() if kind.casefold() == "bearer" else "", scope):
            case True:
                return None
            case False:
                return _unauthorized()
            case wait:
                sentence = f"too many wrong tokens came from this address; try again in {wait} seconds"
                return JSONResponse({"error": sentence}, 429, {"retry-after": str(wait)})

    def _tried(self, given: str, scope: Scope) -> bool | int:
        """Whether the token is right; or for how many seconds, at least 1, none is tried."""
        address = (scope.get("client") or ("",))[0]
        wait = math.ceil(self._guesses.wait(address))
        if wait and self._is_weak:
            return wait
        if same(given, self._token):
            return True
        if not given:
            return False  # no guess
        if wait:
            return wait
        self._guesses.note(address)
        log.warning("console.wrong_token", address=address)
        return False

    def _let_in(self, request: Request) -> Response:
        """Sets the cookie and redirects to the page, without the token in its address."""
        rest = [(key, value) for key, value in request.query_params.multi_items() if key != "token"]
        path = "/" if request.url.path == ENTER else "/" + request.url.path.lstrip("/\\")  # never to another host
        response = RedirectResponse(path + ("?" + urlencode(rest) if rest else ""), 303)
        response.set_cookie(
            self._cookie_name,
            self._cookie_value,
            max_age=KEEP_SECONDS,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        response.headers["cache-control"] = "no-store"
        return response

    def _known_host(self, host: str) -> bool:
        if not self._hosts:
            return True
        try:
            return (urlsplit(f"//{host}").hostname or "") in self._hosts
        except ValueError:
            return False

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            held = SimpleCookie(headers.get("cookie", "")).get(self._cookie_name)
        except CookieError:
            return False
        return held is not None and same(held.value, self._cookie_value)


def _same_origin(headers: Headers) -> bool:
    """Whether a websocket or form comes from this page, by the browser's Origin header."""
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.casefold() == headers.get("host", "").casefold()
    except ValueError:
        return False


def _unauthorized() -> Response:
    sentence = "the access token is missing or wrong; send the header Authorization: Bearer TOKEN"
    return JSONResponse({"error": sentence}, 401, {"www-authenticate": "Bearer"})


def _ask(headers: Headers, path: str) -> Response:
    """The answer without the cookie: the sign-in page for people, an empty 401 for scripts and images."""
    if path == "/" or "text/html" in headers.get("accept", ""):
        return HTMLResponse(asking_page(_language(headers)), 401, {"cache-control": "no-store"})
    return Response(status_code=401)


def _language(headers: Headers) -> str:
    return language_of(headers.get("accept-language", ""))


async def _form_token(request: Request) -> str:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_FORM:
            return ""
    return parse_qs(raw.decode("utf-8", "replace")).get("token", [""])[0].strip()


def _with_headers(send: Send, scope: Scope) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and not scope["path"].startswith("/api/"):
            there = {name.lower() for name, _ in message["headers"]}
            more = [(name, value) for name, value in PAGE_HEADERS.items() if name not in there]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return sending
