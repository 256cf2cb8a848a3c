"""Examples: seed messages that show how we take part. Their badge, and why we spoke or stayed silent in them."""

from adapters.local.entries import Entry
from adapters.local.page.tags import button
from adapters.local.page.visit import Explained, Outlook, Step, Visit
from bot.types import Message

ANSWERED = "someone_answered"  # the code in `bot.decide.reasons`


def draw_badge(visit: Visit, entry: Entry) -> None:
    """The badge of an example's post; pointing at it, or focus, shows what an example is."""
    if entry.is_post and visit.shows_example(entry):
        badge, about = visit.say("example.badge"), _about(visit, entry)
        button(badge, "badge example", data_about=about, aria_label=f"{badge}: {about}")


def explained(visit: Visit, message: Message) -> Explained | None:
    """Why we did or did not speak in an example, by its rule; None for any other message."""
    entry = visit.standing(message.id)
    if entry is None or not visit.shows_example(entry):
        return None

    def rule(reader: str) -> str:
        return visit.around.say(f"reason.{entry.example}.{reader}", visit.language)

    steps = (
        Step(visit.say("example.badge"), _about(visit, entry)),
        Step(visit.say("example.rule"), rule("manager")),
        Step(visit.say("example.here"), visit.joining(message.room)),
    )
    return Explained(visit.say("example.why", sentence=rule("member")), steps)


def outlook(visit: Visit, message: Message) -> Outlook | None:
    """What is told under the post of an example to which somebody's answer was enough; None for any other message."""
    entry = visit.standing(message.id)
    if entry is None or not entry.is_post or entry.example != ANSWERED or not visit.shows_example(entry):
        return None
    comments = (each for each in visit.thread(entry.id) if each.message and not each.is_post)
    first = next((each for each in comments if each.message and each.message.author != message.author), None)
    return Outlook("answered", by=first.id) if first else None


def _about(visit: Visit, entry: Entry) -> str:
    return visit.say("example.about", name=visit.community.voice(visit.community.rooms[entry.room_id]))
