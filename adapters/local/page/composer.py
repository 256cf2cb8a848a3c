"""A box to write in, and the button beside it."""

from collections.abc import Awaitable, Callable

import structlog
from nicegui import ui

from adapters.local.community import NotThere
from adapters.local.members import NameTaken
from adapters.local.page.tags import Tag, button
from adapters.local.page.visit import Visit
from adapters.local.text import MAX_TEXT, Unacceptable
from bot.types import PlatformError, StoreError

log = structlog.get_logger()


SIGN_SECONDS = 0.5  # between two signs of typing: whoever waits for a second without one must see each second


class Composer:
    """`submit(text)` is called with what was written; the box is emptied only when it went through. `typing` is called
    now and then while somebody types."""

    def __init__(
        self,
        visit: Visit,
        submit: Callable[[str], Awaitable[object]],
        *,
        label: str,
        action: str,
        text: str = "",
        needs_name: bool = True,
        typing: Callable[[], None] | None = None,
    ):
        self._visit, self._submit, self._needs_name = visit, submit, needs_name
        self._busy = False
        with Tag("div", css="composer"):
            self.box = ui.textarea(placeholder=label, value=text).classes("box")
            self.box.props(f"autogrow borderless dense maxlength={MAX_TEXT} input-class=typed")
            self.box.props["aria-label"] = label
            if typing:
                self.box.on("keydown", typing, args=[], throttle=SIGN_SECONDS, trailing_events=False)
            self.box.on("keydown.ctrl.enter", self.send).on("keydown.meta.enter", self.send)
            with Tag("div", css="composer-foot"):
                self.error = Tag("p", css="error", role="alert")
                self.foot = Tag("div", css="composer-buttons")
                with self.foot:
                    button(action, "main-button").on("click", self.send)

    async def send(self) -> None:
        """Twice pressed is once sent."""
        text = str(self.box.value or "")
        if self._busy or not text.strip():
            self.box.run_method("focus")
            return
        if self._needs_name and self._visit.author is None:
            self.error.text = self._visit.say("name_first")
            return
        self._busy = True
        try:
            problem = await outcome(self._visit, self._submit(text))
        finally:
            self._busy = False
        if self.box.is_deleted:  # an edit that went through closes its box
            return
        self.error.text = problem or ""
        if not problem:
            self.box.value = ""


async def outcome(visit: Visit, work: Awaitable[object]) -> str | None:
    """Does the work; returns None, or a sentence that says why nothing has changed."""
    try:
        await work
    except NameTaken:
        return visit.say("name_taken")
    except (Unacceptable, NotThere) as error:
        return str(error)
    except StoreError:
        return visit.say("not_stored")
    except PlatformError:
        return visit.say("not_up")
    return None
