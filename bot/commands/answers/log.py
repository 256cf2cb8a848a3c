"""`log`: the last changes in a room and its community: what, who and when."""

from bot.commands.answers.room import changed_words
from bot.commands.catalogue import HISTORY_MOST
from bot.commands.desk import Desk
from bot.commands.request import Request
from bot.explain.chosen import clock
from bot.remember.choices import ChoiceChange
from bot.remember.choosers import names_in
from bot.types import Answer

SHOWN_AT_FIRST = 10


async def tell_log(desk: Desk, request: Request) -> Answer:
    count = request.values.get("count", SHOWN_AT_FIRST)
    last = max(1, min(HISTORY_MOST, int(count))) if isinstance(count, float | int) else SHOWN_AT_FIRST
    changes = await desk.choices.log(request.room, last)
    names = await desk.store.ask(names_in(request.room, {change.by for change in changes if change.by}))
    if not changes:
        return Answer(request.say("log.none"))
    return Answer("\n".join(_line(change, names, desk, request) for change in changes))


def _line(change: ChoiceChange, names: dict[str, str], desk: Desk, request: Request) -> str:
    scope = "log.room" if change.scope.room else "log.community"
    what = changed_words(change, desk, request)
    if change.undoes is not None:
        what = request.say("log.undo", what=what)
    elif change.undone_by is not None:
        what = request.say("log.undone", what=what)
    at = clock(change.at, desk.policy.current.zone(request.room))
    who = names.get(change.by, change.by) or request.say("log.nobody")
    return request.say(scope, at=at, who=who, what=what)
