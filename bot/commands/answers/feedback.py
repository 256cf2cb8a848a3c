"""`feedback`: what was wrong with something that Cameo wrote. If two members find it too much on one day, its share of
voice in the room is a third lower until the next."""

from bot.commands.answers.messages import meant_message
from bot.commands.desk import Desk
from bot.commands.request import Change, Request
from bot.config.choices import scopes_of
from bot.live.choices import NotChosen
from bot.remember.feedback import Feedback, kept_feedback, members_who_said
from bot.remember.store import Transaction
from bot.types import Answer

LONGEST_FEEDBACK = 500  # characters; a modal of Discord may have more, a line of feedback has not
TOO_MUCH, ENOUGH = "too_much", 2  # members: one alone may have a bad day
LESS = 2 / 3
VOICE = "share_of_voice"


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
        lowered = one.verdict == TOO_MUCH and await lower_voice(desk, one, tx)
        return Answer(request.say("feedback.lowered" if lowered else "feedback.kept"))

    return keep


async def lower_voice(desk: Desk, one: Feedback, tx: Transaction) -> bool:
    """Lowers the room's share of voice until the day ends, once a day, if enough members have found it too much, and
    tells the managers. False if nothing was lowered."""
    ends = desk.budget.day_ends(one.at)
    here = desk.choices.in_force(one.room)
    chosen = here.chosen.get(VOICE)
    if chosen is not None and not chosen.by and chosen.until == ends:
        return False
    if await tx.ask(members_who_said(one.room, TOO_MUCH, desk.budget.day_begins(one.at))) < ENOUGH:
        return False
    share = {VOICE: round(here.rule.share_of_voice * LESS, 4)}
    try:
        await desk.choices.choose_in(tx, one.room, scopes_of(one.room)[1], share, "", ends)
    except NotChosen:  # the operator keeps the settings of this room to themselves
        return False
    desk.notices.tell(one.room, "told.too_much")
    return True
