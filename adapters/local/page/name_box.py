"""The field for the visitor's name: says what is wrong with one, and offers one that is free."""

import json
from collections.abc import Callable
from zlib import crc32

from nicegui import ui

from adapters.local.claims import NameInUse
from adapters.local.members import NameTaken
from adapters.local.page.tags import Tag, button
from adapters.local.page.visit import Visit
from adapters.local.text import MAX_NAME, Unacceptable
from bot.types import Author

NAME_KEY = "cameo-name"  # where the browser keeps the visitor's name


class NameBox:
    """Keeps `visit.author` up to date. A name that was typed in this tab overrides the one that the browser keeps."""

    def __init__(self, visit: Visit, renamed: Callable[[], None]):
        """`renamed` is called when the visitor has become somebody else."""
        self._visit, self._renamed = visit, renamed
        with Tag("div", css="who"):
            self._field = ui.input(label=visit.say("your_name")).classes("name-field")
            self._field.props(f"dense outlined maxlength={MAX_NAME} debounce=400 autocomplete=nickname")
            self._field.on_value_change(self._rename)
            self._hint = Tag("p", visit.say("name_hint"), "hint", role="status")
            self._offer = button("", "offer").on("click", self._take_offer)
        self._offered = ""
        self._offer_name("")
        visit.ask_name = self._ask

    def restore(self, name: object) -> None:
        """Takes the name that the browser keeps, unless one was typed meanwhile: that is looked at again, now that we
        know the browser."""
        if isinstance(name, str) and name and not self._field.value:
            self._field.value = name
        else:
            self._rename()

    async def chosen(self) -> str:
        """The visitor's name, which belongs to this browser from now on; one that is free, if there is none yet. Raises
        Unacceptable for a name that can't be had."""
        await self._visit.has_greeted.wait()
        if self._visit.author is None:
            typed = str(self._field.value or "").strip()
            self._field.value = self._visit.author_called(typed).name if typed else self._any_free()
        return await self._visit.claim()

    def _ask(self) -> None:
        """The visitor wants to write, and has no name or one that somebody else was faster to take."""
        self._rename()
        if not str(self._field.value or "").strip():
            self._offer_name(self._any_free())
        self._visit.run("cameo.askName()")

    def _any_free(self) -> str:
        """One of the catalogue's names, another in each browser, that is free."""
        names = self._visit.say("names").split()
        return self._visit.free_name(names[crc32(self._visit.browser.encode()) % len(names)])

    def _rename(self) -> None:
        author, problem, offered = self._read(str(self._field.value or ""))
        self._hint.text = problem or self._visit.say("name_hint")
        self._hint.classes(add="wrong" if problem else "", remove="" if problem else "wrong")
        self._offer_name(offered)
        before = self._visit.author
        self._visit.name(author)
        if author != before:
            self._renamed()
        if author:
            self._visit.run(f"localStorage.setItem('{NAME_KEY}', {json.dumps(author.name)})")

    def _read(self, typed: str) -> tuple[Author | None, str, str]:
        """The author of a name as typed; or what is wrong with it, and a name that is free."""
        say = self._visit.say
        try:
            return self._visit.author_called(typed), "", ""
        except NameTaken:
            return None, say("name_taken"), self._any_free()
        except NameInUse as error:
            return None, say("name_in_use", name=error.name), error.free
        except Unacceptable as error:
            return None, self._visit.refusal(error) if typed.strip() else "", ""

    def _offer_name(self, name: str) -> None:
        self._offered = name
        self._offer.text = self._visit.say("name_offer", name=name) if name else ""
        self._offer.set_visibility(bool(name))

    def _take_offer(self) -> None:
        self._field.value = self._offered
