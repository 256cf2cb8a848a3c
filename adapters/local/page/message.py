"""One message on the page: author, time, text, reactions and actions."""

from collections.abc import Callable

from nicegui import ui

from adapters.local.entries import Entry
from adapters.local.heading import title_of
from adapters.local.page.avatar import avatar
from adapters.local.page.composer import Composer, outcome
from adapters.local.page.example import draw_badge
from adapters.local.page.outlook import OutlookView
from adapters.local.page.popup import opening_button, popup
from adapters.local.page.reactions import ReactionsView
from adapters.local.page.tags import Tag, button, markup
from adapters.local.page.visit import Visit
from adapters.local.page.why import show_why
from bot.types import Message

LONG = 1_200  # characters shown before "show all": a bit more than a phone's screen
TALL = 24  # lines, for the same reason
UNLESS_TAKEN = "(event) => event.isComposing || event.defaultPrevented || emit()"  # by a list of names or input method
QUICK = ("👍", "❤️", "😂", "🎉", "🤔", "👀")


class MessageView:
    """Draws an entry and redraws what has changed. `reply` is called when the visitor presses "reply"."""

    def __init__(self, visit: Visit, entry: Entry, reply: Callable[[Message], None]):
        self.visit, self.entry, self._reply = visit, entry, reply
        self._whole = False
        self.box = Tag("article", css="message", data_id=entry.id)
        self._draw()

    def update(self, entry: Entry) -> None:
        """Shows the new entry. If only reactions changed, redraws only them, so an edit in progress isn't lost."""
        before, self.entry = self.entry, entry
        if before.message == entry.message and before.edited == entry.edited:
            self._reactions.update(entry)
        else:
            self._draw()

    def redraw(self) -> None:
        """Redraws the message after the visitor has changed names."""
        self._draw()

    def sync_outlook(self) -> None:
        if self._outlook:
            self._outlook.sync()

    def unfold(self) -> None:
        """Shows all of a long text."""
        if not self._whole:
            self._unfold()

    def remove(self) -> None:
        self.box.delete()

    def _draw(self) -> None:
        self.box.clear()
        message = self.entry.message
        with self.box:
            self._outlook: OutlookView | None = None
            if message is None:
                Tag("p", self.visit.say("deleted_post"), "gone")
                return
            self.box.classes("ours") if message.author.is_self else None
            self._draw_head(message)
            self._body = Tag("div", css="body")
            self._draw_body(message)
            self._reactions = ReactionsView(self.visit, self.entry, self._toggle)
            self._draw_actions(message)
            self._outlook = OutlookView(self.visit, message)

    def _draw_head(self, message: Message) -> None:
        with Tag("header"):
            avatar(message.author, self.visit.community.colours(message.room))
            Tag("bdi", message.author.name, "name", title=message.author.name)
            if message.author.is_self or message.author.is_bot:
                Tag("span", self.visit.say("ai"), "badge", title=self.visit.say("ai_long"))
            draw_badge(self.visit, self.entry)
            Tag("time", self.visit.ago(message), datetime=message.at.isoformat())
            if self.entry.edited:
                Tag("span", self.visit.say("edited"), "soft")
        answered = self.visit.standing(message.reply_to) if message.reply_to else None
        if answered and answered.message and not answered.is_post:
            Tag("p", self.visit.say("answering", name=answered.message.author.name), "answering", dir="auto")

    def _draw_body(self, message: Message) -> None:
        self._body.clear()
        start = beginning(message.text)
        long = start != message.text
        with self._body:
            if title := title_of(message):
                Tag("h3", title, "title", dir="auto")
            markup(self.visit.html(f"{start.rstrip()}…" if long and not self._whole else message.text), "text")
            if self.entry.notice:
                Tag("p", self.entry.notice, "told", dir="auto")
            if long:
                key = "show_less" if self._whole else "show_all"
                words = self.visit.say(key, count=f"{len(message.text):,}")
                button(words, "quiet more", aria_expanded=str(self._whole).lower()).on("click", self._unfold)

    def _unfold(self) -> None:
        self._whole = not self._whole
        if self.entry.message:
            self._draw_body(self.entry.message)

    # --- reactions ---

    async def _toggle(self, emoji: str, mine: bool) -> None:
        async def work() -> None:
            name = await self.visit.claim()
            await self.visit.community.put_reaction(self.entry.id, name, emoji, removed=mine)

        if problem := await outcome(self.visit, work()):
            self._tell(problem)

    def _pick(self, opener: Tag) -> None:
        with popup(opener, self.visit.say("react"), "picker", "auto-close"), Tag("div", css="quick"):
            for number, emoji in enumerate(QUICK):
                chosen = button(emoji, "quiet", data_autofocus=None if number else "")
                chosen.on("click", lambda emoji=emoji: self._toggle(emoji, False))

    # --- actions ---

    def _draw_actions(self, message: Message) -> None:
        say = self.visit.say
        with Tag("div", css="actions"):
            button(say("reply")).on("click", lambda: self._reply(message))
            react, why = opening_button(say("react")), opening_button(say("why"))
            react.on("click", lambda: self._pick(react))
            why.on("click", lambda: show_why(self.visit, message, why))
            if self.visit.owns(message):
                self._editor = button(say("edit")).on("click", lambda: self._edit(message))
            if self.visit.owns(message) or self.visit.asked_for(message):
                delete = opening_button(say("delete"))
                delete.on("click", lambda: self._ask_delete(delete))

    def _edit(self, message: Message) -> None:
        async def save(text: str, key: str) -> None:
            await self.visit.claim()
            entry = await self.visit.community.edit(message.id, text)
            self.entry = entry
            if entry.message and not self._body.is_deleted:
                self._draw_body(entry.message)  # also if the text is unchanged, to close the box
            self._editor.run_method("focus")

        def cancel() -> None:
            composer.drop()
            self._draw_body(message)
            self._editor.run_method("focus")

        self._body.clear()
        with self._body:
            say, draft = self.visit.say, f"edit/{message.id}"
            composer = Composer(self.visit, save, label=say("edit"), action=say("save"), draft=draft, text=message.text)
            with composer.foot:
                button(self.visit.say("cancel")).on("click", cancel)
        composer.box.on("keydown.escape", cancel, js_handler=UNLESS_TAKEN)
        composer.focus()

    def _ask_delete(self, opener: Tag) -> None:
        async def work() -> None:
            await self.visit.claim()
            await self.visit.community.delete(self.entry.id)

        async def delete() -> None:
            if problem := await outcome(self.visit, work()):
                self._tell(problem)

        with popup(opener, self.visit.say("delete"), "sure", "auto-close"):
            Tag("p", self.visit.say("delete_sure"))
            with Tag("div", css="quick"):
                button(self.visit.say("delete"), "main-button", data_deletes=self.entry.id).on("click", delete)
                button(self.visit.say("keep"))

    def _tell(self, sentence: str) -> None:
        with self.box:
            ui.notify(sentence)


def beginning(text: str) -> str:
    """The part of a text that is shown at first: all of it, unless it is long or tall."""
    return "\n".join(text[:LONG].split("\n")[:TALL])
