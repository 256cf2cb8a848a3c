"""One open tab: the visitor, the language, and what the page gets from the console."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeGuard

from adapters.local.claims import NameInUse
from adapters.local.commanding import use_command
from adapters.local.community import Community
from adapters.local.entries import Entry
from adapters.local.examples import is_example, is_unsaid
from adapters.local.members import OUR_ID, is_bare
from adapters.local.page.ago import ago
from adapters.local.page.markup import Chip, html_of
from adapters.local.text import Unacceptable
from bot.types import Author, Message, Room


class Say(Protocol):
    """The word catalogue's function `Words.say`."""

    def __call__(self, key: str, language: str = "en", **values: object) -> str: ...


@dataclass(frozen=True, slots=True)
class Joining:
    """How we join a room: "mentions", "unanswered" (after `hold_minutes`; None: learnt from the room), "every_post",
    "watch" or "off"."""

    join: str
    hold_minutes: float | None = None
    by_name: bool = True  # whether our name without an @ calls us, too


@dataclass(frozen=True, slots=True)
class Step:
    """One step towards a decision; `passed` is the result if the step is a rule. `text` may have `{at}`, the moment
    `at`; `message` is the id of a message to quote."""

    label: str
    text: str
    passed: bool | None = None
    at: datetime | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """Why we did or did not speak: a sentence for members, and the steps of the decision."""

    sentence: str
    steps: Sequence[Step]


class Outlook(NamedTuple):
    """What we intend to do about a message, or why nothing came of it. `what` names the words: "holding", "quiet" and
    "others" last until `until`; "answered" was ended by the message `by`; "because" gives the reason coded `why`;
    "would" and "would_at_once" tell that we only watch, and would have spoken after so many seconds, "would_emoji" that
    we would have reacted."""

    what: str
    until: datetime | None = None
    by: str | None = None
    why: str = ""
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Around:
    """What the page gets from the console: words, how we join a room, which model speaks (a sentence in a
    language), and why a message was or was not answered, by its id and in a language."""

    say: Say
    joins: Callable[[Room], Joining]
    speaker: Callable[[str], str]
    explain: Callable[[str, str], Awaitable[Explained | None]]
    operator: Callable[[], tuple[str | None, str | None]] = lambda: (None, None)
    """Who runs us, and the address of the privacy policy, if the manager has set them."""
    outlook: Callable[[str], Outlook | None] = lambda message_id: None
    """What we intend to do about a message, by its id. The board tells its watchers when that changes."""
    pages: Collection[str] = ()
    """The addresses of the other pages that are served here."""
    has_model: Callable[[], bool] = lambda: False
    """Whether a model that the manager has given us speaks now."""


class NoName(Unacceptable):
    """The visitor has not chosen a name."""

    def __init__(self) -> None:
        super().__init__("author: choose a name first")


class Visit:
    """`author` is None until a name is chosen; `run` runs JavaScript in the tab."""

    def __init__(self, community: Community, around: Around, language: str, run: Callable[[str], object]):
        self.community, self.around, self.language, self.run = community, around, language, run
        self.author: Author | None = None
        self.browser = secrets.token_hex(16)  # until the browser tells its own
        self.has_greeted = asyncio.Event()  # set once the browser has told what it keeps
        self.ask_name: Callable[[], None] = lambda: None  # leads the visitor to the name field
        self.once_named: Callable[[], None] = lambda: None  # called when a name is chosen

    def name(self, author: Author | None) -> None:
        self.author = author
        if author:
            self.once_named()
            self.once_named = lambda: None

    def author_called(self, name: str) -> Author:
        """The author with this name. Raises Unacceptable (NameInUse, NameTaken) if the visitor can't have it."""
        return self.community.author_in(self.browser, name)

    def free_name(self, name: str) -> str:
        """The name, or one like it that is free."""
        try:
            return self.author_called(name).name
        except NameInUse as error:
            return error.free

    async def claim(self) -> str:
        """The visitor's name, which belongs to this browser from now on; waits until the browser has told what it
        keeps. Raises NoName if there is none, and NameInUse if somebody was faster."""
        await self.has_greeted.wait()
        if self.author is None:
            raise NoName
        return (await self.community.claim(self.browser, self.author.name)).name

    async def use(
        self, room_id: str, text: str, key: str, root: str | None = None, reply_to: str | None = None
    ) -> None:
        """Uses a command, under the visitor's name. Raises NoName, NameInUse, NotSent and StoreError."""
        author = self.community.author(await self.claim())
        told, power = {"root": root, "reply_to": reply_to}, self.community.power
        await use_command(self.community, author, room_id, text, key=key, language=self.language, power=power, **told)

    def say(self, key: str, **values: object) -> str:
        return self.around.say(f"page.{key}", self.language, **values)

    def refusal(self, error: Unacceptable) -> str:
        """Why something that was typed can't be taken, and what to write instead."""
        return self.say(f"refused.{error.code}", **error.values)

    def html(self, text: str) -> str:
        """The text of a message as HTML, with chips for whom it names."""
        return html_of(text, self._chips, spoiler=self.say("spoiler"))

    def _chips(self, text: str) -> Iterator[Chip]:
        for start, end, member_id in self.community.named_in(text):
            yield Chip(start, end, "named us" if member_id == OUR_ID else "named")

    def owns(self, message: Message) -> bool:
        return self.author is not None and message.author.id == self.author.id

    def shows(self, thread_id: str) -> bool:
        """Whether a thread is for this visitor: the seed's posts are for the readers of one language, until somebody
        writes there."""
        return any(entry.language in ("", self.language) for entry in self.thread(thread_id) if entry.message)

    def thread(self, thread_id: str) -> list[Entry]:
        """The entries of a thread, as `Community.thread`, without lines of examples that do not fit the room."""
        return [entry for entry in self.community.thread(thread_id) if not is_unsaid(entry, self._join(entry))]

    def standing(self, message_id: str) -> Entry | None:
        """The entry, if its message is shown."""
        entry = self.community.standing(message_id)
        return entry if entry and not is_unsaid(entry, self._join(entry)) else None

    def shows_example(self, entry: Entry) -> bool:
        return is_example(entry, self._join(entry))

    def _join(self, entry: Entry) -> str:
        return self.around.joins(self.community.rooms[entry.room_id]).join

    def asked_for(self, message: Message) -> bool:
        """Whether the message is ours, in answer to the visitor: who asked may take the answer away."""
        asked = self.standing(message.reply_to) if message.author.is_self and message.reply_to else None
        return asked is not None and asked.message is not None and self.owns(asked.message)

    def ago(self, message: Message) -> str:
        key, values = ago(message.at, self.community.clock.now())
        return self.say(f"ago.{key}", **values)

    def joining(self, room: Room) -> str:
        """A line that says how we join the room."""
        how = self.around.joins(room)
        name = self.community.voice(room)
        if how.join == "unanswered" and how.hold_minutes is not None:
            return self.say("joins.unanswered_after", name=name, minutes=f"{how.hold_minutes:g}")
        key = "mentions_only" if how.join == "mentions" and not how.by_name else how.join
        return self.say(f"joins.{key}", name=name)

    def in_vain(self, room: Room, text: str) -> str:
        """What to do instead, if the text calls us by our name alone in a room where only "@name" calls us; else
        empty."""
        how, name = self.around.joins(room), self.community.voice(room)
        if how.by_name or how.join in ("off", "watch") or not is_bare(name, text):
            return ""
        return self.say("in_vain", name=name)


def language_of(accepted: str) -> str:
    """The language for a browser's Accept-Language: its first preference that we have, or English."""
    for wish in accepted.split(","):
        tag = wish.partition(";")[0].strip().casefold()
        if tag.startswith(("en", "zh")):
            return tag[:2]
    return "en"


def is_secret(told: object) -> TypeGuard[str]:
    """Whether what a browser tells can be its secret: 32 hexadecimal digits, as composer.js makes it."""
    return isinstance(told, str) and bool(re.fullmatch("[0-9a-f]{32}", told))
