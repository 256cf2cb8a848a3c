"""The pages for an address that leads nowhere, and for a page that broke while it was built; in plain HTML."""

from html import escape
from typing import Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from bot.console.pages.frame import framed, language_of
from bot.explain.words import load_words

Trouble = Literal["missing", "broken"]
_TROUBLE = """<h1>{title}</h1>
<p>{text}</p>
<p class="last"><a href="/">{home}</a></p>"""


def trouble_page(trouble: Trouble, language: str = "en") -> str:
    """The page as HTML."""
    words = {key: escape(load_words().say(f"{trouble}.{key}", language)) for key in ("title", "text", "home")}
    return framed(_TROUBLE.format(**words), language)


async def missing(request: Request, error: Exception) -> Response:
    """Answers a request for an address that leads nowhere: people in HTML, programs in JSON."""
    return _answer(request, "missing", 404, "Not Found")


async def broken(request: Request, error: Exception) -> Response:
    """Answers a request that has raised `error`, which the server logs."""
    return _answer(request, "broken", 500, "something went wrong here; it is in the log")


def _answer(request: Request, trouble: Trouble, status: int, sentence: str) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": sentence}, status)
    language = language_of(request.headers.get("accept-language", ""))
    return HTMLResponse(trouble_page(trouble, language), status, {"cache-control": "no-store"})
