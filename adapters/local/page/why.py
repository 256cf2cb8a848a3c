"""Why did it (not) speak? The small window that says so."""

from nicegui import ui

from adapters.local.page.tags import Tag
from adapters.local.page.visit import Visit
from bot.types import Message, Turn


async def show_why(visit: Visit, message: Message, opener: Tag) -> None:
    """For our own message: the turn that led to it. For a person's: the turn that it started."""
    trigger = message.reply_to if message.author.is_self else message.id
    turn = await visit.around.explain(trigger) if trigger else None
    if opener.is_deleted:  # the message went away while we asked
        return
    opener.clear()
    with opener, ui.menu().props("no-parent-event max-width=22rem").classes("why") as menu:
        name = visit.adapter.voice(message.room)
        Tag("p", reason(visit, turn) if turn else visit.say("why_none", name=name))
        if turn:
            Tag("p", codes(turn), "codes")
    menu.open()


def reason(visit: Visit, turn: Turn) -> str:
    """The sentence for the turn's reason; a reason without a sentence shows its code."""
    try:
        return visit.around.say(f"reason.{turn.decision.reason}", visit.language)
    except KeyError:
        return turn.decision.reason


def codes(turn: Turn) -> str:
    """Verdict, reason and state as they stand in the turn, and what it took."""
    facts = [turn.decision.verdict.value, turn.decision.reason, turn.state.value]
    if turn.error:
        facts.append(turn.error)
    if turn.model:
        usage = turn.usage
        cost = f", ${usage.cost_usd:.4f}" if usage.cost_usd else ""
        facts.append(f"{turn.model}: {usage.input_tokens} + {usage.output_tokens} tokens{cost}")
    return " · ".join(facts)
