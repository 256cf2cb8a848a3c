"""`room ...`, `persona use` and `mute`: what managers choose for a room or its community; `undo` takes it back."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Any

from bot.commands.answers.persona import named_persona
from bot.commands.desk import Desk
from bot.commands.durations import Ended, Span, UntilClock
from bot.commands.request import Change, Declined, Request
from bot.config.choices import MUTE, Scope, scopes_of
from bot.explain.chosen import clock, said
from bot.live.choices import NotChosen
from bot.remember.choices import ChoiceChange
from bot.remember.store import Transaction
from bot.types import Answer

KEY_OF_WORD = {
    "join": "join", "persona": "persona", "use": "persona", "risk": "displacement_risk", "voice": "share_of_voice",
    "quiet": "quiet_hours", "judge": "judge", "economy": "economy", "about": "about", "place": "place",
}  # fmt: skip
"""The key of config.yaml for the last word of each command."""


async def choose(desk: Desk, request: Request) -> Change:
    """Chooses one value."""
    key = KEY_OF_WORD[request.command.path[-1]]
    value = named_persona(desk, request) if key == "persona" else request.values["value"]
    return _changing(desk, request, {key: value}, None, said(key, value, desk.words, request.language))


async def mute(desk: Desk, request: Request) -> Change:
    """Mutes for a while, from when it was asked; or ends a mute."""
    time, zone = request.values["time"], desk.policy.current.zone(request.room)
    if isinstance(time, Ended):
        return _unmuting(desk, request)
    assert isinstance(time, Span | UntilClock)
    until = time.end(min(request.asked.at, request.asked.heard), zone)

    until_words, off = clock(until, zone), "mute off community" if request.whole else "mute off"
    scope = request.scope_words()
    text = request.say("room.muted", scope=scope, until=until_words, off=request.wording.use(off))

    async def work(tx: Transaction) -> Answer:
        values, where = {MUTE: True}, scope_of(request)
        await _made(request, desk.choices.choose_in(tx, request.room, where, values, _by(request), until))
        return Answer(text)

    return work


def _unmuting(desk: Desk, request: Request) -> Change:
    async def work(tx: Transaction) -> Answer:
        change = await _made(request, desk.choices.reset_in(tx, request.room, scope_of(request), _by(request), [MUTE]))
        return Answer(request.say("room.unmuted" if change else "room.not_muted", scope=request.scope_words()))

    return work


async def reset(desk: Desk, request: Request) -> Change:
    """Takes back all choices for the room, or for its community."""

    async def work(tx: Transaction) -> Answer:
        change = await _made(request, desk.choices.reset_in(tx, request.room, scope_of(request), _by(request)))
        return Answer(request.say("room.reset" if change else "room.nothing_chosen", scope=request.scope_words()))

    return work


async def undo(desk: Desk, request: Request) -> Change:
    """Takes back the asker's last change."""

    async def work(tx: Transaction) -> Answer:
        change = await _made(request, desk.choices.undo_in(tx, request.room, _by(request)))
        return Answer(request.say("room.undone", changed=changed_words(change, desk, request) if change else ""))

    return work


def _changing(desk: Desk, request: Request, values: dict[str, Any], until: datetime | None, words: str) -> Change:
    async def work(tx: Transaction) -> Answer:
        scope = scope_of(request)
        change = await _made(request, desk.choices.choose_in(tx, request.room, scope, values, _by(request), until))
        key = "room.chosen" if change else "room.same"
        undo = request.wording.use("undo")
        return Answer(request.say(key, scope=request.scope_words(), said=words, undo=undo))

    return work


async def _made(request: Request, changing: Awaitable[ChoiceChange | None]) -> ChoiceChange | None:
    """What was changed. Raises Declined, in the asker's words, if nothing may be."""
    try:
        return await changing
    except NotChosen as error:
        words, language = request.wording.words, request.language
        raise Declined(words.say(f"choice.refused.{error.why}", language, **_problem(error))) from error


def _problem(error: NotChosen) -> dict[str, str]:
    return {"problem": "; ".join(error.problems)} if error.problems else {}


def scope_of(request: Request) -> Scope:
    community, room = scopes_of(request.room)
    return community if request.whole else room


def _by(request: Request) -> str:
    return request.asked.author.id


def changed_words(change: ChoiceChange, desk: Desk, request: Request) -> str:
    """What a change has chosen, or taken back: "share of voice: 0.1; persona: mochi"."""
    language = request.language
    told = []
    for key, some in change.after.items():
        if some:
            told.append(said(key, some[-1].value, desk.words, language))
        else:
            told.append(request.say("room.taken_back", name=desk.words.say(f"choice.key.{key}", language)))
    return "; ".join(told)
