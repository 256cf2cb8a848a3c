"""A small window that explains why we did or did not speak, with the steps of the decision under "more"."""

from adapters.local.page import example
from adapters.local.page.popup import popup
from adapters.local.page.tags import Tag
from adapters.local.page.visit import Explained, Step, Visit
from bot.types import Message

MARKS = {True: "✓", False: "✗"}


async def show_why(visit: Visit, message: Message, opener: Tag) -> None:
    """Explains a message: ours by the turn that sent it, a person's by the turn that it triggered."""
    explained = example.explained(visit, message) or await visit.around.explain(message.id, visit.language)
    if opener.is_deleted:  # the message was deleted meanwhile
        return
    with popup(opener, visit.say("why"), "why", "max-width=26rem") as menu:
        if explained is None:
            Tag("p", visit.say("why_none", name=visit.community.voice(message.room)))
        else:
            details = _draw(visit, explained)
            details.on("toggle", lambda: menu.run_method("updatePosition"))  # it has grown: keep it on the screen


def _draw(visit: Visit, explained: Explained) -> Tag:
    Tag("p", explained.sentence)
    with Tag("details") as details:
        Tag("summary", visit.say("why_more"), "quiet")
        with Tag("dl", css="steps"):
            before = ""
            for step in explained.steps:
                if step.label != before:
                    Tag("dt", step.label)
                before = step.label
                _draw_step(visit, step)
    return details


def _draw_step(visit: Visit, step: Step) -> None:
    if step.passed is None:
        with Tag("dd"):
            _draw_text(step.text)
        return
    with Tag("dd", css="passed" if step.passed else "objected"):
        answer = visit.say("why_passed" if step.passed else "why_objected")
        Tag("span", MARKS[step.passed], "answer-mark", role="img", aria_label=answer)
        Tag("span", step.text)


def _draw_text(text: str) -> None:
    """Draws text; names of settings in backticks become code."""
    for number, part in enumerate(text.split("`")):
        if part:
            Tag("code" if number % 2 else "span", part)
