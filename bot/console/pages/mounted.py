"""NiceGUI with the pages of this console, as one app."""

from collections.abc import Callable, Iterable

from fastapi import FastAPI
from nicegui import app as pages_app
from nicegui import ui

from bot.console.pages.away import BoundedPages
from bot.console.pages.frame import FAVICON, theme
from bot.console.pages.lost import notice_style, notices
from bot.console.pages.trouble import broken, missing

RECONNECT_SECONDS = 30.0  # after a short sleep of a laptop, its page keeps what was typed


def mounted(mounts: Iterable[Callable[[], None]]) -> FastAPI:
    """The app in which NiceGUI runs, once its lifespan has begun; each of `mounts` adds a page to it."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.add_middleware(BoundedPages)
    pages_app.add_exception_handler(404, missing)  # in place of NiceGUI's, which are in English
    pages_app.add_exception_handler(Exception, broken)
    ui.add_css(theme() + notice_style(), shared=True)
    ui.add_head_html(notices(), shared=True)
    for mount in mounts:
        mount()
    ui.run_with(
        app,
        title="Cameo",
        favicon=FAVICON,
        dark=None,  # as the system setting
        tailwind=False,  # half a megabyte of script that these pages don't use
        reconnect_timeout=RECONNECT_SECONDS,
        show_welcome_message=False,
    )
    return app
