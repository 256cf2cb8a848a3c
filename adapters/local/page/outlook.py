"""The line under a message that says what we intend to do about it, or why nothing came of it."""

from collections.abc import Sequence
from datetime import timedelta

from adapters.local.entries import Entry
from adapters.local.page import example
from adapters.local.page.clock import left, length
from adapters.local.page.tags import Tag
from adapters.local.page.visit import Outlook, Visit
from bot.types import Message

ENDS = ("answered", "because")
TOLD_FOR = timedelta(days=1)


class OutlookView:
    """Draws the line anew when it changes. Only a line that has come to its end is announced by screen readers."""

    def __init__(self, visit: Visit, message: Message):
        self._visit, self._message = visit, message
        self._shown: Outlook | None = None
        self._box = Tag("div", css="outlook")
        self.sync()

    def sync(self) -> None:
        """Shows the current outlook."""
        now = example.outlook(self._visit, self._message) or self._lately()
        if now == self._shown:
            return
        self._shown = now
        self._box.clear()
        if now:
            with self._box:
                self._draw(now)

    def _lately(self) -> Outlook | None:
        """The outlook; what has ended is told for a day, as an old post is about its answers."""
        now, age = self._visit.around.outlook(self._message.id), self._visit.community.clock.now() - self._message.at
        return None if now and now.what in ENDS and age > TOLD_FOR else now

    def _draw(self, outlook: Outlook) -> None:
        if outlook.until is None:
            Tag("p", self._ended(outlook), role="status", dir="auto")
            return
        over = self._say("looking")
        waiting = self._say(outlook.what, left="{left}", at="{at}")
        unit, count = left(outlook.until, self._visit.community.clock.now())
        remaining = self._visit.say(f"left.{unit}", count=count)
        text = self._say(outlook.what, left=remaining, at=f"{outlook.until:%Y-%m-%d %H:%M} UTC") if count else over
        Tag(
            "p",
            text,
            role="timer",
            dir="auto",
            data_until=outlook.until.isoformat(),
            data_waiting=waiting,
            data_over=over,
        )

    def _ended(self, outlook: Outlook) -> str:
        if outlook.what == "because":
            sentence = self._visit.around.say(f"reason.{outlook.why}.member", self._visit.language)
            return self._say("because", sentence=sentence)
        if outlook.what == "answered" and (name := self._answerer(outlook)):
            return self._say("answered_by", by=name)
        unit, count = length(outlook.after)
        return self._say(outlook.what, after=self._visit.say(f"left.{unit}", count=count))

    def _answerer(self, outlook: Outlook) -> str:
        """Who answered; empty if nobody knows."""
        by = self._visit.standing(outlook.by) if outlook.by else None
        if by and by.message:
            return by.message.author.name
        return only_answerer(self._visit.thread(self._message.thread.root or self._message.id), self._message)

    def _say(self, key: str, **values: object) -> str:
        name = self._visit.community.voice(self._message.room)
        return self._visit.say(f"outlook.{key}", name=name, **values)


def only_answerer(thread: Sequence[Entry], message: Message) -> str:
    """The name of the one other person who has written in the thread since; empty for none, or for several."""
    since = [entry.message for entry in thread if entry.message and entry.message.at >= message.at]
    names = {one.author.id: one.author.name for one in since if not one.author.is_self and not one.author.is_bot}
    names.pop(message.author.id, None)
    return next(iter(names.values())) if len(names) == 1 else ""
