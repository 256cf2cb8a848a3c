"""An input box with its button."""

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


SIGN_SECONDS = 0.5  # between two typing signs: shorter than the second without a sign that ends a burst


class Composer:
    """`submit(text)` is called with the text; the box is cleared only on success. `typing` is called at most every
    `SIGN_SECONDS` while somebody types."""

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
        """Submits the text. Pressing the button twice sends it once."""
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
        if self.box.is_deleted:  # a successful edit closes its box
            return
        self.error.text = problem or ""
        if not problem:
            self.box.value = ""


async def outcome(visit: Visit, work: Awaitable[object]) -> str | None:
    """Awaits the work; returns None on success, or a sentence that explains why nothing has changed."""
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
