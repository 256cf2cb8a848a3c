"""`status`: what is in force in a room, and where each value comes from."""

from collections.abc import Iterator

from bot.commands.desk import Desk
from bot.commands.request import Request
from bot.config.choices import InRoom, Value, values_in_force
from bot.explain.chosen import said, source, unfit_line
from bot.remember.choosers import names_in
from bot.types import Answer


async def tell_status(desk: Desk, request: Request) -> Answer:
    here = desk.choices.in_force(request.room)
    makers = {one.chosen.by for one in values_in_force(here) if one.chosen} | {one.chosen.by for one in here.unfit}
    names = await desk.store.ask(names_in(request.room, makers - {""}))
    return Answer("\n".join(_lines(here, names, desk, request)))


def _lines(here: InRoom, names: dict[str, str], desk: Desk, request: Request) -> Iterator[str]:
    language, zone = request.language, desk.policy.current.zone(request.room)
    yield request.say("status.title", room=request.room.name or request.room.id)
    for value in values_in_force(here):
        by = names.get(value.chosen.by, value.chosen.by) if value.chosen else ""
        where = source(value, here, desk.words, language, name=by, zone=zone)
        yield request.say("status.line", said=_said(value, desk, request), source=where)
    for unfit in here.unfit:
        by = names.get(unfit.chosen.by, unfit.chosen.by)
        yield unfit_line(unfit, desk.words, language, name=by, zone=zone)
    yield request.say("status.speaking", speaker=desk.speaker(language))


def _said(value: Value, desk: Desk, request: Request) -> str:
    return said(value.key, value.value, desk.words, request.language)
