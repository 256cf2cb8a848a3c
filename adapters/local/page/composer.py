"""An input box with its button. Keys and drafts are the browser's: see composer.js."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui.events import GenericEventArguments

from adapters.local.claims import NameInUse
from adapters.local.community import NotThere
from adapters.local.members import NameTaken
from adapters.local.page.tags import Tag, button
from adapters.local.page.visit import NoName, Visit
from adapters.local.text import MAX_TEXT, Unacceptable
from bot.types import PlatformError, StoreError

SIGN_SECONDS = 0.5  # between two typing signs: shorter than the second without a sign that ends a burst
DETAIL = "(event) => emit(event.detail)"


class Composer:
    """`submit(text, key)` is called with the text, and a key of the browser's for this text, however often it comes;
    the box is cleared only on success. `draft` names the draft among those that the browser keeps. `typing` is called
    at most every `SIGN_SECONDS` while somebody types, `answering(message_id)` when a draft is restored that answers a
    message."""

    def __init__(
        self,
        visit: Visit,
        submit: Callable[[str, str], Awaitable[object]],
        *,
        label: str,
        action: str,
        draft: str,
        text: str = "",
        typing: Callable[[], None] | None = None,
        answering: Callable[[str], None] | None = None,
        note: Callable[[str], str] = lambda text: "",
    ):
        """`note` says of a text that was sent what its author should know; empty: nothing."""
        self._visit, self._submit, self._draft, self._note_of = visit, submit, draft, note
        self._busy = False
        with Tag("div", css="composer"):
            self.box = Tag("textarea", text, "typed", rows=1, maxlength=MAX_TEXT, placeholder=label, aria_label=label)
            self.box.props["data-draft"] = draft
            self.box.on("written", self._written, js_handler=DETAIL)
            if typing:
                self.box.on("keydown", typing, args=[], throttle=SIGN_SECONDS, trailing_events=False)
            if answering:
                self.box.on("answering", lambda event: answering(str(event.args)), js_handler=DETAIL)
            with Tag("div", css="composer-foot"):
                self.error = Tag("p", css="error", role="alert")
                self._note = Tag("p", css="hint note", role="status")
                Tag("p", visit.say("keys"), "hint keys")
                self.foot = Tag("div", css="composer-buttons")
                with self.foot:
                    button(action, "main-button", data_send="")

    def focus(self) -> None:
        """Puts the caret behind the text."""
        self._run(f"cameo.write(document.getElementById('{self.box.html_id}'))")

    def answer(self, message_id: str) -> None:
        """Keeps with the draft which message it answers; empty: none."""
        self._run(f"cameo.answering({json.dumps(self._draft)}, {json.dumps(message_id)})")

    def drop(self) -> None:
        """Removes the draft."""
        self._run(f"cameo.drop({json.dumps(self._draft)})")

    async def _written(self, event: GenericEventArguments) -> None:
        """Submits the text. What is sent twice while it is on its way is submitted once."""
        text, key = _read(event.args)
        if self._busy or not text.strip():
            return
        self._busy = True
        try:
            problem = await self._try(text, key)
        finally:
            self._busy = False
        if not self.box.is_deleted:  # a successful edit closes its box
            self.error.text = problem or ""
            self._note.text = "" if problem else self._note_of(text)
        self._run(f"cameo.{'failed' if problem else 'sent'}({json.dumps(self._draft)})")

    async def _try(self, text: str, key: str) -> str | None:
        problem = await outcome(self._visit, self._submit(text, key))
        if self._visit.author is None:
            self._visit.once_named = self._named
        return problem

    def _named(self) -> None:
        """Called once the visitor has a name."""
        if not self.box.is_deleted:
            self.error.text = ""

    def _run(self, code: str) -> None:
        self._visit.run(code)


def _read(sent: Any) -> tuple[str, str]:
    """The text and its key from what a browser sent; empty if they are not texts."""
    fields = sent if isinstance(sent, dict) else {}
    text, key = (str(fields.get(name) or "") for name in ("text", "key"))
    return text, key[:64]


async def outcome(visit: Visit, work: Awaitable[object]) -> str | None:
    """Awaits the work; returns None on success, or a sentence that explains why nothing has changed."""
    try:
        await work
    except (Unacceptable, NotThere) as error:
        return _refused(visit, error)
    except StoreError:
        return visit.say("not_stored")
    except PlatformError:
        return visit.say("not_up")
    return None


def _refused(visit: Visit, error: Unacceptable | NotThere) -> str:
    if isinstance(error, NotThere):
        return visit.say("refused.gone")
    if isinstance(error, NoName):
        visit.ask_name()
        return visit.say("name_first")
    if isinstance(error, NameTaken):
        return visit.say("name_taken")
    if isinstance(error, NameInUse):
        visit.ask_name()
        return visit.say("name_in_use", name=error.name)
    return visit.refusal(error)
