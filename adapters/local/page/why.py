"""A small window that explains why we did or did not speak, with the steps of the decision under "more"."""

from adapters.local.page import example
from adapters.local.page.popup import popup
from adapters.local.page.tags import Tag
from adapters.local.page.visit import Explained, Step, Visit
from bot.types import Message

MARKS = {True: "✓", False: "✗"}
QUOTE_LENGTH = 80  # characters of a message: a line or two


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
            _draw_text(step)
            _quote(visit, step.message)
        return
    with Tag("dd", css="passed" if step.passed else "objected"):
        answer = visit.say("why_passed" if step.passed else "why_objected")
        Tag("span", MARKS[step.passed], "answer-mark", role="img", aria_label=answer)
        with Tag("span"):
            _draw_text(step)


def _draw_text(step: Step) -> None:
    """Draws text; names of settings in backticks become code. The browser fills in a moment."""
    if step.at is not None:
        at = f"{step.at:%Y-%m-%d %H:%M} UTC"
        words = {"data_waiting": step.text, "data_over": step.text}
        Tag("span", step.text.replace("{at}", at), data_until=step.at.isoformat(), **words)
        return
    for number, part in enumerate(step.text.split("`")):
        if part:
            Tag("code" if number % 2 else "span", part)


def _quote(visit: Visit, message_id: str) -> None:
    """What a message says, with who said it and when, while it is there."""
    entry = visit.standing(message_id) if message_id else None
    if entry is None or entry.message is None:
        return
    said, name = " ".join(entry.message.said.split()), entry.message.author.name
    with Tag("blockquote"):
        Tag(
            "span",
            visit.say("quote", name=name, text=said[:QUOTE_LENGTH] + "…" * (len(said) > QUOTE_LENGTH)),
            dir="auto",
        )
        Tag("time", visit.ago(entry.message), datetime=entry.at.isoformat())
