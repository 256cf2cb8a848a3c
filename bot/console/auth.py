"""Authenticates every request before any route sees it.

The JSON API accepts only `Authorization: Bearer TOKEN`, never a cookie, so no other website can use it through a
visitor's browser. The page needs a cookie, which a visit with `?token=` or the sign-in page sets. `/healthz` is open.
"""

from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console.pages.sign_in import asking_page
from bot.console.tokens import page_cookie, same

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

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str] = ()):
        self._app, self._token, self._hosts = app, token, {host.casefold() for host in hosts}
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
            return None if self._has_bearer(headers) else _unauthorized()
        if not _same_origin(headers):
            return JSONResponse({"error": "another site may not use this page"}, 400)
        if scope["type"] == "http" and (answer := await self._entering(Request(scope, receive), path)):
            return answer
        return None if self._has_cookie(headers) else _ask(headers, path)

    async def _entering(self, request: Request, path: str) -> Response | None:
        """The response to a visit that brings the token, in the address or from the sign-in page; None for any
        other."""
        given = request.query_params.get("token")
        if given is not None and request.method in ("GET", "HEAD"):
            return self._let_in(request) if same(given, self._token) else HTMLResponse(asking_page(wrong=True), 401)
        if path == ENTER and request.method == "POST":
            right = same(await _form_token(request), self._token)
            return self._let_in(request) if right else HTMLResponse(asking_page(wrong=True), 401)
        return None

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

    def _has_bearer(self, headers: Headers) -> bool:
        kind, _, given = headers.get("authorization", "").partition(" ")
        return kind.casefold() == "bearer" and same(given.strip(), self._token)

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
        return HTMLResponse(asking_page(), 401, {"cache-control": "no-store"})
    return Response(status_code=401)


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
