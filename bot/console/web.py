"""The web server: the JSON API, the health check and the pages on one address, run as one task."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from bot.config.loopback import LOOPBACK, on_loopback
from bot.config.settings import ConsoleSettings
from bot.console.auth import Auth
from bot.console.connections import ARRIVAL_SECONDS, bounded_http, most_connections
from bot.console.late_pages import LatePages, Pages
from bot.console.pages.frame import FAVICON, language_of
from bot.console.pages.trouble import missing
from bot.live.limit_alerts import LimitAlert
from bot.live.policy import PolicyStatus
from bot.types import Status

BACKLOG = 32  # connections waiting to be accepted, or being accepted beyond the cap: a page opens about ten
GRACE_SECONDS = 2  # for open pages and pending answers when we stop; the whole stop stays under 3 s

Health = Callable[[], Mapping[str, Status]]
Alerts = Callable[[], Sequence[LimitAlert]]
Home = Callable[[str], str]
"""Takes a language; returns the page at `/` as HTML."""
PolicyNow = Callable[[], PolicyStatus]
StoreNow = Callable[[], str]
"""Returns what is wrong with the database; empty if nothing is."""

log = structlog.get_logger()


class ConsoleError(Exception):
    """The console can't listen at the configured address; the message says what to change."""


class Console:
    """The web server. `open()` binds the address (so that `address` is known), `run()` serves until cancelled."""

    def __init__(
        self,
        settings: ConsoleSettings,
        token: str,
        *,
        health: Health,
        alerts: Alerts = list,
        policy: PolicyNow = lambda: PolicyStatus(""),
        store: StoreNow = str,
        routes: Sequence[APIRouter] = (),
        home: Home | None = None,
        pages: Pages | None = None,
        page_routes: Sequence[APIRouter] = (),
        request_seconds: float = ARRIVAL_SECONDS,
    ):
        """`/healthz` reports `alerts` (limits that are used up, models that can't write), `policy` (what is in force)
        and `store` (what is wrong with the database). `routes` are served
        under `/api`. `pages` are made with NiceGUI (see `LatePages`). `page_routes` are served beside them, by the same
        cookie, and need no NiceGUI. `home` is the page at `/`, unless one of `pages` is."""
        self._settings, self._token, self._request_seconds = settings, token, request_seconds
        self._socket: socket.socket | None = None
        self._app = build_app(health, routes, pages, alerts, policy, home, store, page_routes)

    def open(self) -> None:
        """Binds the address. Raises ConsoleError if it is taken or not one of this machine."""
        self._socket = _listen(self._settings.host, self._settings.port)

    @property
    def port(self) -> int:
        """The actual port, also if the settings say 0."""
        assert self._socket is not None, "open() comes first"
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def address(self) -> str:
        """The page's URL for a browser on this machine."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound
        host = everywhere.get(self._settings.host, self._settings.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"

    @property
    def address_with_token(self) -> str:
        return f"{self.address}?token={self._token}"

    async def run(self) -> None:
        """Serves until cancelled, then lets pending answers finish, for at most GRACE_SECONDS."""
        if self._socket is None:
            self.open()
        assert self._socket is not None
        app = Auth(self._app, self._token, _hosts(self._settings.host))
        server = _Server(_uvicorn_config(app, self._request_seconds))
        serving = asyncio.create_task(server.serve(sockets=[self._socket]), name="console")
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            server.should_exit = True
            await serving
            raise
        finally:
            self._socket.close()
            self._socket = None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leaves signals to the program, which stops everything in order."""
        yield


def build_app(
    health: Health,
    routes: Sequence[APIRouter] = (),
    pages: Pages | None = None,
    alerts: Alerts = list,
    policy: PolicyNow = lambda: PolicyStatus(""),
    home: Home | None = None,
    store: StoreNow = str,
    page_routes: Sequence[APIRouter] = (),
) -> FastAPI:
    """The app behind authentication."""
    late = LatePages(pages) if pages else None
    app = FastAPI(openapi_url=None, redirect_slashes=False, lifespan=late.lifespan if late else None)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        platforms = {name: status.value for name, status in health().items()}
        problem = store()
        told = alerts()
        notices = [*([_database(problem)] if problem else []), *(_alert(each) for each in told)]
        status = "failing" if problem or any(each.level == "failing" for each in told) else "ok"
        return JSONResponse({"status": status, "platforms": platforms, "notices": notices, "policy": asdict(policy())})

    app.mount("/api", _json_api(routes))
    app.add_route("/api", _nothing_here)  # the mount matches only with a slash; the pages would answer in HTML
    for router in page_routes:
        app.include_router(router)
    if home:
        _serve_home(app, home)
    app.add_api_route("/favicon.ico", _favicon)
    if late:
        app.mount("/", late)  # last: the pages answer every remaining path
    return app


def _database(problem: str) -> dict[str, str | None]:
    return {"limit": "database", "level": "failing", "until": None, "text": f"Nothing can be stored: {problem}"}


def _alert(alert: LimitAlert) -> dict[str, str | None]:
    return {
        "limit": str(alert.limit),
        "level": alert.level,
        "until": alert.until.isoformat() if alert.until else None,
        "text": alert.text,
    }


def _json_api(routes: Sequence[APIRouter]) -> FastAPI:
    """A separate app, so that every error under /api is answered in JSON."""
    api = FastAPI(openapi_url=None, redirect_slashes=False)
    for router in routes:
        api.include_router(router)
    api.add_exception_handler(HTTPException, _json_error)
    api.add_exception_handler(RequestValidationError, _json_error)
    api.add_exception_handler(Exception, _json_error)
    return api


async def _nothing_here(request: Request) -> Response:
    return JSONResponse({"error": "Not Found"}, 404)


async def _json_error(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return JSONResponse({"error": str(error.detail)}, error.status_code, error.headers)
    if isinstance(error, RequestValidationError):
        return JSONResponse({"error": "the request can't be read"}, 400)
    return JSONResponse({"error": "something went wrong here; it is in the log"}, 500)


async def _favicon() -> Response:
    return Response(FAVICON, media_type="image/svg+xml")


def _serve_home(app: FastAPI, home: Home) -> None:
    """Serves the page in plain HTML at `/`."""
    app.add_exception_handler(404, missing)

    @app.get("/")
    async def page(request: Request) -> HTMLResponse:
        language = language_of(request.headers.get("accept-language", ""))
        return HTMLResponse(home(language), headers={"cache-control": "no-store"})


def _hosts(bound: str) -> tuple[str, ...]:
    """The Host names to accept; empty (accept any) unless bound to loopback."""
    return (*LOOPBACK, bound) if on_loopback(bound) else ()


def _uvicorn_config(app: Auth, request_seconds: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=bounded_http(most_connections(), request_seconds),
        log_config=None,  # the program sets up logging
        access_log=False,  # addresses may hold the token
        proxy_headers=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=BACKLOG,
    )


def _listen(host: str, port: int) -> socket.socket:
    """A bound and listening socket. Raises ConsoleError. Listens at once: two programs can bind the same address."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConsoleError(f"console.host: {host!r} is not an address of this machine ({error.strerror})") from error
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        hint = "stop the other program, or set console.port to another number (0 takes any free one)"
        raise ConsoleError(f"can't open {host}:{port}: {error.strerror}; {hint}") from error
    opened.setblocking(False)
    return opened
