"""The reactions under a message. Under ours, two are always offered: whether it was a good answer."""

from collections.abc import Awaitable, Callable

from adapters.local.entries import Entry
from adapters.local.page.tags import Tag, button
from adapters.local.page.visit import Visit

GOOD, BAD = "👍", "👎"
VERDICTS = {GOOD: "good_answer", BAD: "bad_answer"}  # and their words; feedback is stored as any other reaction
NAMES_SHOWN = 20  # in the name of a chip; more would take a screen reader a minute

React = Callable[[str, bool], Awaitable[None]]
"""Adds a reaction of the visitor's, or removes it (True)."""


class ReactionsView:
    def __init__(self, visit: Visit, entry: Entry, react: React):
        self._visit, self._react = visit, react
        self._box = Tag("div", css="reactions")
        self.update(entry)

    def update(self, entry: Entry) -> None:
        """Shows the reactions of the entry."""
        self._entry = entry
        self._box.clear()
        is_ours = entry.message is not None and entry.message.author.is_self and not entry.example  # not judged
        shown = list(dict.fromkeys([*(VERDICTS if is_ours else ()), *entry.reactions]))
        with self._box:
            for emoji in shown:
                self._draw(emoji, VERDICTS.get(emoji) if is_ours else None)
        self._box.set_visibility(bool(shown))

    def _draw(self, emoji: str, verdict: str | None) -> None:
        people = self._entry.reactions.get(emoji, ())
        names = ", ".join(one.name for one in people[:NAMES_SHOWN])
        meaning = f" {self._visit.say(verdict)}" if verdict else ""
        count = f" {len(people)}" if people else ""
        chip = button(
            "",
            "chip" if people else "chip unused",
            aria_pressed=str(self._is_mine(emoji)).lower(),
            title=(names or meaning).strip(),
            aria_label=f"{emoji}{count}{meaning}{': ' if names else ''}{names}",
        )
        chip.on("click", lambda: self._toggle(emoji, is_verdict=verdict is not None))
        with chip:
            Tag("span", emoji)
            if people:
                Tag("span", str(len(people)))

    async def _toggle(self, emoji: str, *, is_verdict: bool) -> None:
        """A verdict takes the place of the other one."""
        was_mine = self._is_mine(emoji)
        other = BAD if emoji == GOOD else GOOD
        if is_verdict and not was_mine and self._is_mine(other):
            await self._react(other, True)
        await self._react(emoji, was_mine)

    def _is_mine(self, emoji: str) -> bool:
        me = self._visit.author
        return me is not None and any(one.id == me.id for one in self._entry.reactions.get(emoji, ()))
