"""A post with its comments, texts that are being written, and a box for a new comment."""

from collections.abc import Sequence

from adapters.local.board import Unfinished
from adapters.local.entries import Entry
from adapters.local.page.answers import AnswersView
from adapters.local.page.composer import Composer
from adapters.local.page.message import MessageView
from adapters.local.page.tags import Tag, button
from adapters.local.page.visit import Visit
from bot.commands.parse import command_text
from bot.types import Message

SHOWN_COMMENTS = 8  # the last ones of a long thread; a button shows the others


class UnfinishedView:
    """A text that is being written. Screen readers announce that it is being written, and read it once finished."""

    def __init__(self, visit: Visit, one: Unfinished):
        self.box = Tag("div", css="message unfinished")
        with self.box:
            with Tag("header", role="status"):
                Tag("bdi", visit.say("writing", name=one.name), "name")
                Tag("span", visit.say("ai"), "badge", title=visit.say("ai_long"))
                Tag("span", visit.say("unfinished"), "soft")
            self.text = Tag("div", css="text", dir="auto", aria_hidden="true")


class ThreadView:
    """Draws messages once and then updates them in place, so that text typed below is never lost."""

    def __init__(self, visit: Visit, thread_id: str):
        self.visit, self.id = visit, thread_id
        self.order = visit.thread(thread_id)[0].order
        self._views: dict[str, MessageView] = {}
        self._unfinished: dict[str, UnfinishedView] = {}
        self._reply_to: Message | None = None
        self._from: int | None = None  # the order of the first comment shown
        self.box = Tag("section", css="thread")
        with self.box:
            self._first = Tag("div", css="first")
            self._earlier = button("", "quiet earlier").on("click", self._show_all)
            self._comments = Tag("div", css="comments")
            self._writing = Tag("div", css="comments")
            self._draw_composer()
        self.sync()

    def _label(self, entries: Sequence[Entry]) -> str:
        message = entries[0].message if entries else None
        return f"{message.author.name}: {message.text[:60]}" if message else self.visit.say("deleted_post")

    def _draw_composer(self) -> None:
        with Tag("div", css="answer"):
            self._answering = Tag("div", css="answering-to")
            self._composer = Composer(
                self.visit,
                self._comment,
                label=self.visit.say("write_comment"),
                action=self.visit.say("comment"),
                draft=f"thread/{self.id}",
                typing=self._typing,
                answering=self._restore_answer,
                note=self._in_vain,
            )
            self._answers = AnswersView(self.visit, self.visit.community.entries[self.id].room_id, self.id)

    # --- messages ---

    def sync(self) -> None:
        """Shows the thread's current state."""
        entries = self.visit.thread(self.id)
        self.box.props["aria-label"] = self._label(entries)
        wanted = {entry.id: entry for entry in self._shown(entries)}
        for id_ in [id_ for id_ in self._views if id_ not in wanted]:
            self._views.pop(id_).remove()
        for id_, entry in wanted.items():
            if id_ not in self._views:
                self._add(entry)
            elif self._views[id_].entry != entry:
                self._views[id_].update(entry)
        self.sync_writing()

    def _shown(self, entries: Sequence[Entry]) -> list[Entry]:
        """The post (a placeholder if deleted) and the comments from the first one drawn on (initially the last few), so
        that new comments never push others out of sight."""
        comments = [entry for entry in entries if entry.message and not entry.is_post]
        if self._from is None:
            self._from = comments[-SHOWN_COMMENTS].order if len(comments) > SHOWN_COMMENTS else 0
        hidden = sum(entry.order < self._from for entry in comments)
        self._earlier.text = self.visit.say("earlier", count=hidden)
        self._earlier.set_visibility(hidden > 0)
        return [entry for entry in entries if entry.is_post] + comments[hidden:]

    def _add(self, entry: Entry) -> None:
        with self._first if entry.is_post else self._comments:
            self._views[entry.id] = MessageView(self.visit, entry, self._answer)

    def reveal(self, entry: Entry) -> None:
        """Shows an entry, unfolded, and the comments after it."""
        if entry.id not in self._views:
            self._show_from(entry.order)
        self._views[entry.id].unfold()

    def _show_all(self) -> None:
        self._show_from(0)

    def _show_from(self, order: int) -> None:
        self._from = order
        for view in self._views.values():  # earlier comments go above: draw all again, in order
            view.remove()
        self._views.clear()
        self.sync()

    def redraw(self) -> None:
        self._answers.sync()
        for view in self._views.values():
            view.redraw()

    # --- what is being written ---

    def sync_writing(self) -> None:
        """Updates what we intend, and growing texts in place; a plain typing sign is shown only without such a text."""
        self._answers.sync()
        for view in self._views.values():
            view.sync_outlook()
        now = self.visit.community.writing(self.id)
        texts = [one for one in now if one.text] or now[:1]
        wanted = {one.key: one for one in texts}
        for key in [key for key in self._unfinished if key not in wanted]:
            self._unfinished.pop(key).box.delete()
        for key, one in wanted.items():
            if key not in self._unfinished:
                with self._writing:
                    self._unfinished[key] = UnfinishedView(self.visit, one)
            self._unfinished[key].text.text = one.text

    # --- a new comment ---

    async def _comment(self, text: str, key: str) -> None:
        reply_to = self._reply_to.id if self._reply_to else None
        room = self.visit.community.entries[self.id].room_id
        if (command := command_text(text)) is not None:
            await self.visit.use(room, command, key, self.id, reply_to)
        else:
            name = await self.visit.claim()
            await self.visit.community.post(room, name, text, thread=self.id, reply_to=reply_to, key=key)
        self._show_answering(None)

    def _in_vain(self, text: str) -> str:
        entry = self.visit.community.entries.get(self.id)
        return self.visit.in_vain(self.visit.community.rooms[entry.room_id], text) if entry else ""

    def _typing(self) -> None:
        if self.visit.author:
            self.visit.community.typing(self.id, self.visit.author)

    def _answer(self, message: Message) -> None:
        self._show_answering(message)
        self._composer.answer(message.id)
        self._composer.focus()

    def _restore_answer(self, message_id: str) -> None:
        """Shows what a restored draft answers, if it is still there."""
        entry = self.visit.standing(message_id)
        if entry and entry.thread_id == self.id:
            self._show_answering(entry.message)

    def _stop_answering(self) -> None:
        self._show_answering(None)
        self._composer.answer("")

    def _show_answering(self, message: Message | None) -> None:
        self._reply_to = message
        self._answering.clear()
        if message:
            with self._answering:
                Tag("bdi", self.visit.say("answering", name=message.author.name), "soft")
                button("×", "quiet", aria_label=self.visit.say("cancel")).on("click", self._stop_answering)
