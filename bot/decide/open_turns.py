"""The turns of one room that are not final yet: each change is checked against the table of states."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.decide.hold import SETTLE
from bot.decide.pseudonyms import id_of_turn
from bot.decide.reasons import SIGNS, Reason
from bot.decide.turn_states import check_transition
from bot.language.packs import MessageKind
from bot.types import Decision, Message, State, Turn, Verdict


@dataclass(slots=True)
class Open:
    """A turn that is not final yet, and its trigger; `kinds` classifies the trigger, None if not classified yet."""

    turn: Turn
    message: Message
    kinds: frozenset[MessageKind] | None = None

    @property
    def can_end(self) -> bool:
        """Whether it is unprompted, and not being sent already."""
        return not self.turn.addressed and self.turn.state is not State.SENDING


def turn_id(message: Message) -> str:
    """The id of the one turn that this trigger can have."""
    return id_of_turn(message.thread.room.platform, message.id)


def unwritten(turn: Turn) -> Turn:
    """The turn without its draft, to be written again. A sign that replaces an answer is kept: it is decided, not
    written."""
    return replace(turn, text="", error="", sign=turn.sign if turn.decision.reason in DECIDED_SIGNS else "")


def anew(turn: Turn) -> Turn:
    """The turn after an edit of its trigger, without what the old text led to."""
    return replace(unwritten(turn), decision=replace(turn.decision, facts={}))


DECIDED_SIGNS = SIGNS | {Reason.EMOJI}


class OpenTurns:
    """`explains`: an ended turn keeps which message ended it."""

    def __init__(self, *, explains: bool) -> None:
        self._turns: dict[str, Open] = {}
        self._explains = explains

    def __len__(self) -> int:
        return len(self._turns)

    def __iter__(self) -> Iterator[Open]:
        return iter(list(self._turns.values()))

    def get(self, key: str) -> Open | None:
        return self._turns.get(key)

    def about(self, message_id: str) -> Open | None:
        """The open turn with this trigger, or None."""
        return next((each for each in self._turns.values() if each.message.id == message_id), None)

    def add(self, turn: Turn, message: Message, kinds: frozenset[MessageKind] | None = None) -> None:
        self._turns[turn.id] = Open(turn, message, kinds)

    def put(self, turn: Turn) -> Turn:
        """Replaces an open turn. Raises ValueError for a state that can't follow, KeyError if it is not open."""
        open_turn = self._turns[turn.id]
        check_transition(open_turn.turn.state, turn.state)
        open_turn.turn = turn
        return turn

    def drop(self, key: str) -> None:
        """Removes a turn that a new one for the same trigger replaces."""
        del self._turns[key]

    def close(self, turn: Turn) -> None:
        """Removes a turn that has reached the final state `turn.state`. Raises as `put`."""
        check_transition(self._turns[turn.id].turn.state, turn.state)
        del self._turns[turn.id]

    def end(
        self,
        open_turn: Open,
        state: State,
        reason: str,
        *,
        policy: str,
        by: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Turn:
        """Ends a turn before it is sent, for a reason; `by` is the message that ended it."""
        turn = open_turn.turn
        known = facts or turn.decision.facts
        if by and self._explains:
            known = {**known, "ended_by": by}
        verdict = Verdict.SILENT if state is State.STOPPED else turn.decision.verdict
        decision = Decision(verdict, reason, turn.decision.due, known)
        ended = replace(turn, decision=decision, state=state, text="", policy=policy)
        self.close(ended)
        return ended

    # --- several at once -------------------------------------------------------------------------

    def unprompted(self, besides: Turn) -> list[str | None]:
        """The threads of unprompted turns that were decided but are not sent yet."""
        return [
            open_turn.turn.thread.root
            for open_turn in self._turns.values()
            if not open_turn.turn.addressed
            and open_turn.turn.state is not State.WAITING
            and open_turn.turn is not besides
        ]

    def about_any(self, message_ids: Iterable[str]) -> list[Open]:
        """The unprompted turns about one of these messages that can still end."""
        return [each for each in self._turns.values() if each.message.id in message_ids and each.can_end]

    def near(self, message: Message) -> list[Open]:
        """The unprompted turns about the message's author, or in its thread, that can still end."""
        return [each for each in self._turns.values() if each.can_end and _is_near(each, message)]

    def let_speak(self, message: Message, now: datetime) -> list[Turn]:
        """Makes turns that wait for somebody else's message due, once this message's burst may be over."""
        due = now + SETTLE
        return [
            self.put(replace(open_turn.turn, decision=replace(open_turn.turn.decision, due=due)))
            for open_turn in self._turns.values()
            if open_turn.turn.decision.reason == Reason.TWO_IN_A_ROW
            and open_turn.turn.thread == message.thread
            and (open_turn.turn.decision.due or now) > due
        ]


def _is_near(open_turn: Open, message: Message) -> bool:
    """Whether the message has the same author as the turn's post, or is in the same thread."""
    post, root = open_turn.message, message.thread.root
    return post.author.id == message.author.id or (root is not None and root in (post.id, post.thread.root))
