"""The local community's rooms, threads and messages in memory, and the watchers of their changes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from adapters.local.answers import Answers
from adapters.local.colours import Colours
from adapters.local.entries import Entry
from adapters.local.members import Roll
from adapters.local.settings import ROOMS, community_room
from bot.types import Room, Thread

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A text while it is being written; without text, only a typing sign."""

    thread: Thread
    key: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A change passed to watchers: of a message, or of what we write or intend in a thread."""

    room_id: str
    thread_id: str
    entry: Entry | None = None  # None: the change is in what we write or intend


Watcher = Callable[[Change], None]


class Board:
    """Holds only committed messages; changes are made by `put` and `drop`."""

    def __init__(self, room_names: Iterable[str] = ROOMS):
        self.rooms = {name: community_room(name) for name in room_names}
        self.entries: dict[str, Entry] = {}  # in order
        self.roll = Roll()
        self.answers = Answers()
        self._colours = {name: Colours() for name in self.rooms}
        self._threads: dict[str, dict[str, None]] = {}  # thread id -> ids of its messages, in order
        self._unfinished: dict[str, Unfinished] = {}
        self._watchers: list[Watcher] = []
        self._last_order = 0

    @property
    def next_order(self) -> int:
        return self._last_order + 1

    def load(self, entries: Iterable[Entry], last_order: int = 0) -> None:
        """Loads earlier messages. `last_order` is the highest order ever given, including forgotten messages."""
        self._last_order = max(self._last_order, last_order)
        for entry in sorted(entries, key=lambda entry: entry.order):
            self._keep(entry)

    def put(self, entry: Entry) -> None:
        """Adds a message, or replaces its entry."""
        self._keep(entry)
        self._tell(Change(entry.room_id, entry.thread_id, entry))

    def drop(self, ids: Iterable[str]) -> None:
        """Forgets messages and their places in the threads."""
        for id_ in ids:
            entry = self.entries.pop(id_)
            thread = self._threads[entry.thread_id]
            del thread[id_]
            if not thread:
                del self._threads[entry.thread_id]
            self._tell(Change(entry.room_id, entry.thread_id, entry))

    def _keep(self, entry: Entry) -> None:
        self.entries[entry.id] = entry
        self._threads.setdefault(entry.thread_id, {})[entry.id] = None
        self._last_order = max(self._last_order, entry.order)
        if entry.message:
            self._colours[entry.room_id].add(entry.message.author)
            if not entry.message.author.is_self:
                self.roll.add(entry.message.author)

    # --- reading ---

    def standing(self, id_: str) -> Entry | None:
        """The entry, if its message exists and is not deleted."""
        entry = self.entries.get(id_)
        return entry if entry and entry.message else None

    def colours(self, room: Room) -> Colours:
        """The colours of the room's people."""
        return self._colours[room.id]

    def thread(self, thread_id: str) -> list[Entry]:
        """All entries of a thread, oldest first, including deleted ones; empty if all its messages are deleted."""
        entries = [self.entries[id_] for id_ in self._threads.get(thread_id, {})]
        return entries if any(entry.message for entry in entries) else []

    def threads(self, room_id: str) -> list[str]:
        """The ids of the threads with messages to show, oldest first."""
        return [
            thread_id
            for thread_id, ids in self._threads.items()
            if self.entries[next(iter(ids))].room_id == room_id and self.thread(thread_id)
        ]

    def messages(self, room_id: str, after: str = "") -> list[Entry] | None:
        """The room's messages after the message `after`, oldest first; None if `after` never existed here."""
        start = 0
        if after:
            if after not in self.entries or self.entries[after].room_id != room_id:
                return None
            start = self.entries[after].order
        return [e for e in self.entries.values() if e.message and e.room_id == room_id and e.order > start]

    # --- what is being written ---

    def writing(self, thread_id: str) -> list[Unfinished]:
        return [one for one in self._unfinished.values() if one.thread.root == thread_id]

    def set_unfinished(self, key: str, unfinished: Unfinished | None) -> None:
        before = self._unfinished.pop(key, None)
        if unfinished:
            self._unfinished[key] = unfinished
        shown = unfinished or before
        if shown and unfinished != before:
            self._tell(Change(shown.thread.room.id, shown.thread.root or "", None))

    def clear_unfinished(self) -> None:
        for key in list(self._unfinished):
            self.set_unfinished(key, None)

    # --- watching ---

    def turn_changed(self, thread: Thread) -> None:
        """Tells watchers that what we intend to do about a message of the thread has changed."""
        self._tell(Change(thread.room.id, thread.root or ""))

    def steps_changed(self) -> None:
        """Tells watchers that the first steps have changed, which belong to no room."""
        self._tell(Change("", ""))

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Calls `watcher` after every change, until the returned function is called."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    def _tell(self, change: Change) -> None:
        for watcher in list(self._watchers):
            try:
                watcher(change)
            except Exception:  # a page that fails to draw must not affect what is committed
                log.exception("watcher_failed", room=change.room_id)
