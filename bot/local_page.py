"""What the page of the local community asks the core. Part of the composition root: it knows the adapter's page."""

from adapters.local.page.visit import Explained, Joining, Outlook, Step
from bot.config.policy import InForce
from bot.explain.chain import sentence
from bot.explain.member_steps import member_steps
from bot.explain.outlook import outlook
from bot.explain.recognised import recognised
from bot.explain.why import thanked_line
from bot.explain.words import Words
from bot.language.packs import Packs
from bot.live.latest_turns import LatestTurns
from bot.live.rooms import Rooms
from bot.remember.lookup import lookup
from bot.remember.store import Store
from bot.types import Room
from bot.write.persona import Persona


class LocalPage:
    def __init__(
        self,
        policy: InForce[Persona],
        store: Store,
        words: Words,
        packs: Packs,
        latest: LatestTurns,
        rooms: Rooms,
    ):
        self._policy, self._store, self._words, self._packs = policy, store, words, packs
        self._latest, self._rooms = latest, rooms

    def joins(self, room: Room) -> Joining:
        rule = self._policy.current.rule(room)
        return Joining(rule.join, rule.hold_minutes, rule.answers_to_name)

    async def explain(self, message_id: str, language: str) -> Explained | None:
        """Why a message was answered or not, or why we wrote a message of ours; None if it is unknown."""
        known = await lookup(self._store, "local", message_id)
        found = recognised(known, self._packs) if known else None
        if found is None or not (found.turn or found.thanked):
            return None
        thanked = [thanked_line(found, self._words, language)] if found.thanked else []
        if found.turn is None:
            return Explained(thanked[0].text, [])
        why = sentence(found.turn, self._words, "member", language)
        steps = member_steps(found.turn, message_id, self._words, language)
        told = [Step(one.label, one.text, one.passed, one.at, one.message) for one in steps]
        return Explained(why, [*told, *(Step(line.label, line.text) for line in thanked)])

    def outlook(self, message_id: str) -> Outlook | None:
        """What we intend to do about a message of the local community, or why nothing came of it."""
        turn = self._latest.about(message_id)
        here = self._policy.current.in_room(turn.thread.room) if turn else None
        told = outlook(turn, watches=here.rule.join == "watch" or bool(here.mute)) if turn and here else None
        return Outlook(*told) if told else None
