"""`why`: why Cameo spoke, or did not. Nobody is told here that a message was painful, or about danger: what the turn
holds is all that is told, and it holds no such cause."""

from bot.commands.answers.messages import meant_message
from bot.commands.desk import Desk
from bot.commands.request import Request
from bot.explain.chain import Tongue, chain, sentence
from bot.explain.member_steps import member_steps
from bot.remember.choosers import with_choosers
from bot.remember.lookup import Lookup
from bot.types import Answer, Power, Turn


async def tell_why(desk: Desk, request: Request) -> Answer:
    found = await meant_message(desk, request, ours=False)
    if found.turn is None:
        key = "history" if found.message and found.message.history else "not_considered"
        return Answer(Tongue(desk.words, request.language).say(key))
    to_manager = request.power.covers(Power.MANAGER)
    if to_manager:
        found = await with_choosers(desk.store, found)
    assert found.turn is not None
    lines = _for_manager(found.turn, desk, request) if to_manager else _for_member(found, found.turn, desk, request)
    return Answer("\n".join(lines))


def _for_manager(turn: Turn, desk: Desk, request: Request) -> list[str]:
    steps = chain(turn, desk.words, request.language)
    return [sentence(turn, desk.words, "manager", request.language), *(f"{one.label}: {one.text}" for one in steps)]


def _for_member(found: Lookup, turn: Turn, desk: Desk, request: Request) -> list[str]:
    """The sentence and the steps, without those that only name another message."""
    steps = member_steps(turn, found.id, desk.words, request.language)
    told = [f"{one.label}: {one.text}" for one in steps if not one.message and one.at is None]
    return [sentence(turn, desk.words, "member", request.language), *told]
