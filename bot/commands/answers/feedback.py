"""`feedback`: what was wrong with something that Cameo wrote."""

from bot.commands.answers.messages import meant_message
from bot.commands.desk import Desk
from bot.commands.request import Change, Request
from bot.remember.feedback import Feedback, kept_feedback
from bot.remember.store import Transaction
from bot.types import Answer

LONGEST_FEEDBACK = 500  # characters; a modal of Discord may have more, a line of feedback has not


async def give_feedback(desk: Desk, request: Request) -> Change:
    """Keeps a verdict about the turn."""
    found = await meant_message(desk, request, ours=True)
    if found.turn is None:
        raise request.declined("no_message")
    one = Feedback(
        room=found.turn.thread.room,
        turn_id=found.turn.id,
        member=request.asked.author.id,
        verdict=request.text("verdict"),
        text=request.text("text")[:LONGEST_FEEDBACK],
        at=request.now,
    )

    async def keep(tx: Transaction) -> Answer:
        await tx.run(kept_feedback(one))
        return Answer(request.say("feedback.kept"))

    return keep
