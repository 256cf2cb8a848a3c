"""A room: how we join it, a box for a new post, and its threads, newest first."""

from functools import partial

from adapters.local.board import Change
from adapters.local.page.answers import AnswersView
from adapters.local.page.composer import Composer
from adapters.local.page.names_here import NamesHere
from adapters.local.page.tags import Tag, button
from adapters.local.page.thread import ThreadView
from adapters.local.page.visit import Visit
from bot.commands.parse import command_text
from bot.types import Room

SHOWN_THREADS = 12  # at first, and as many more per press: about a hundred messages, which a slow phone can draw


class RoomView:
    def __init__(self, visit: Visit, room: Room):
        self.visit, self.room = visit, room
        self._threads: dict[str, ThreadView] = {}
        with Tag("header", css="room-head"):
            Tag("h1", f"# {room.name}")
            Tag("p", visit.joining(room), "joins", title=visit.joining(room))
        label = visit.say("new_post", name=visit.community.voice(room))
        note, draft = partial(visit.in_vain, room), f"room/{room.id}"
        Composer(visit, self._post, label=label, action=visit.say("post"), draft=draft, note=note)
        self._answers = AnswersView(visit, room.id, None)
        self._names = NamesHere(visit.community, room)
        self._list = Tag("div", css="threads")
        self._empty = Tag("p", visit.say("empty"), "gone")
        self._older = button(visit.say("older"), "quiet older").on("click", self._show_older)
        self._show_older()

    async def _post(self, text: str, key: str) -> None:
        if (command := command_text(text)) is not None:
            await self.visit.use(self.room.id, command, key)
        else:
            await self.visit.community.post(self.room.id, await self.visit.claim(), text, key=key)

    def change(self, change: Change) -> None:
        """Shows a change in this room."""
        if not change.thread_id:
            self._answers.sync()
        if change.entry and change.entry.message:
            self._names.note(change.entry.message)
        known = self._threads.get(change.thread_id)
        exists = bool(self.visit.thread(change.thread_id))
        if known and not exists:
            self._threads.pop(change.thread_id).box.delete()
        elif known and change.entry is None:
            known.sync_writing()
        elif known:
            known.sync()
        elif exists and change.entry and change.entry.is_post and change.entry.message:
            self._draw(change.thread_id)
        self._mark_ends()

    def _show_older(self) -> None:
        """Shows the next `SHOWN_THREADS` older threads below."""
        for thread_id in self._hidden()[:SHOWN_THREADS]:
            self._draw(thread_id)
        self._mark_ends()

    def reveal(self, message_id: str) -> bool:
        """Draws the message if it is in an older thread or folded away; returns whether it exists in this room."""
        entry = self.visit.standing(message_id)
        if entry is None or entry.room_id != self.room.id:
            return False
        if entry.thread_id not in self._threads:
            self._draw(entry.thread_id)
            self._mark_ends()
        self._threads[entry.thread_id].reveal(entry)
        return True

    def _draw(self, thread_id: str) -> None:
        """Draws a thread at its place among those drawn: the newest is first."""
        with self._list:
            view = ThreadView(self.visit, thread_id)
        view.box.move(target_index=sum(one.order > view.order for one in self._threads.values()))
        self._threads[thread_id] = view

    def _hidden(self) -> list[str]:
        """The ids of the threads that are not drawn yet, newest first."""
        ids = reversed(self.visit.community.threads(self.room.id))
        return [id_ for id_ in ids if id_ not in self._threads and self.visit.shows(id_)]

    def _mark_ends(self) -> None:
        self._older.set_visibility(bool(self._hidden()))
        self._empty.set_visibility(not self._threads)

    def redraw(self) -> None:
        self._answers.sync()
        for thread in self._threads.values():
            thread.redraw()
