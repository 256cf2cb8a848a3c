"""A card for newcomers: three buttons that post for them, and then what to do next. It goes away for good."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from adapters.local.entries import Entry
from adapters.local.first_steps import CLOSED, HAS_MODEL, SKIPPED
from adapters.local.page.composer import outcome
from adapters.local.page.pages import PAGES
from adapters.local.page.tags import Tag, button
from adapters.local.page.visit import Joining, Visit
from bot.types import Room

TITLE_ID = "first-steps"


class FirstStep(NamedTuple):
    """Something to post in a room, and the ways of joining it in which something comes of that."""

    key: str
    room: str
    joins: Collection[str]


TO_TAKE = (
    FirstStep("ask", "workshop", ("mentions", "unanswered", "every_post")),
    FirstStep("wait", "kitchen", ("unanswered",)),
    FirstStep("post", "feed", ("every_post",)),
)


def steps_for(rooms: Mapping[str, Room], joins: Callable[[Room], Joining]) -> list[FirstStep]:
    """The steps that lead to something, as we join these rooms now."""
    return [step for step in TO_TAKE if step.room in rooms and joins(rooms[step.room]).join in step.joins]


def is_answered(thread: Sequence[Entry]) -> bool:
    """Whether a comment stands under the post, or the post is gone: then it shows itself what came of it."""
    return not thread or any(entry.message and not entry.is_post for entry in thread)


class FirstStepsCard:
    """`named` gives the visitor's name, and chooses one if there is none; `enter` shows a room."""

    def __init__(self, visit: Visit, named: Callable[[], Awaitable[str]], enter: Callable[[str], None]):
        self._visit, self._named, self._enter = visit, named, enter
        self._steps = visit.community.first_steps
        self._buttons: dict[FirstStep, Tag] = {}
        self._lines: dict[str, Tag] = {}  # what comes next, by the keys of PAGES
        self._is_next, self._busy = False, False
        self._posted = ""  # the id of the post that `_told` is about
        self.box = Tag("section", css="first-steps", aria_labelledby=TITLE_ID)
        with self.box:
            self._head = Tag("header")
            self._body = Tag("div")
            self._told = Tag("p", css="first-told", role="status")
        self._draw_steps()
        self.sync()

    def sync(self) -> None:
        """Shows which steps are taken, in this tab or another one."""
        if not self._steps.is_open:
            self.box.set_visibility(False)
            return
        if self._posted and is_answered(self._visit.thread(self._posted)):
            self._posted = self._told.text = ""
        if self._is_next:
            if "model" in self._lines:
                self._lines["model"].set_visibility(not (self._steps.has_model or self._visit.around.has_model()))
            return
        for step, pressed in self._buttons.items():
            if step.key in self._steps.taken:
                pressed.classes("taken").props["aria-disabled"] = "true"
                pressed.props["aria-label"] = self._say("taken", step=self._of(step, "title"))
        if SKIPPED in self._steps.taken or not self._left():
            self._draw_next()

    async def refresh(self) -> None:
        """As `sync`. Notes that a model speaks, so that the invitation to give one never comes back."""
        if self._steps.is_open and not self._steps.has_model and self._visit.around.has_model():
            await outcome(self._visit, self._steps.note(HAS_MODEL))
        self.sync()

    def _left(self) -> list[FirstStep]:
        return [step for step in self._buttons if step.key not in self._steps.taken]

    # --- the steps ---

    def _draw_steps(self) -> None:
        self._draw_head("title", "skip", SKIPPED)
        steps = steps_for(self._visit.community.rooms, self._visit.around.joins)
        with self._body, Tag("ol", css="steps-to-take"):
            for number, step in enumerate(steps, 1):
                with Tag("li"):
                    self._draw_step(step, number)

    def _draw_step(self, step: FirstStep, number: int) -> None:
        self._buttons[step] = button("", "step", title=self._of(step, "text"), data_step=step.key)
        self._buttons[step].on("click", lambda: self._take(step))
        with self._buttons[step]:
            Tag("span", str(number), "step-mark", aria_hidden="true")
            Tag("strong", self._of(step, "title"))
            Tag("span", self._of(step, "hint"), "step-hint")

    async def _take(self, step: FirstStep) -> None:
        """Posts for the visitor, and shows the room. Pressing twice posts once."""
        if self._busy or step.key in self._steps.taken:
            return
        self._busy, self._posted = True, ""
        try:
            problem = await outcome(self._visit, self._post(step))
        finally:
            self._busy = False
        self._told.text = problem or self._of(step, "then")
        if not problem:
            self.sync()
            self._enter(step.room)
            if self._is_next:
                self._title.run_method("focus")  # the button that was pressed is gone

    async def _post(self, step: FirstStep) -> None:
        text = self._of(step, "text")
        name = await self._named()
        self._posted = (await self._visit.community.post(step.room, name, text, key=TITLE_ID)).id  # once, in any tab
        await self._steps.note(step.key)

    # --- what next ---

    def _draw_next(self) -> None:
        self._is_next = True
        self._draw_head("next.title", "next.close", CLOSED)
        self._body.clear()
        with self._body, Tag("ul", css="next-steps"):
            for key, path in PAGES.items():
                if path in self._visit.around.pages:
                    with Tag("li") as line:
                        Tag("a", self._say(f"next.{key}"), href=path)
                    self._lines[key] = line
            Tag("li", self._say("next.invite"))
        self.sync()

    def _draw_head(self, title: str, action: str, word: str) -> None:
        self._head.clear()
        with self._head:
            self._title = Tag("h2", self._say(title), id=TITLE_ID, tabindex="-1")
            button(self._say(action)).on("click", lambda: self._leave(word))

    async def _leave(self, word: str) -> None:
        self._told.text = await outcome(self._visit, self._steps.note(word)) or ""
        self.sync()
        if self._steps.is_open:
            self._title.run_method("focus")
        else:
            self._visit.run("cameo.focusOn(document.querySelector('h1'))")  # the card is hidden

    def _say(self, key: str, **values: object) -> str:
        return self._visit.say(f"first.{key}", **values)

    def _of(self, step: FirstStep, part: str) -> str:
        """What the catalogue says about a step, with our name in its room."""
        community = self._visit.community
        return self._say(f"{step.key}.{part}", name=community.voice(community.rooms[step.room]))
