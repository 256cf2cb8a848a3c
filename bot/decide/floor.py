"""Who has the floor in a room: events and ticks go in, new and changed turns come out.

A pure state machine: live drives it by the clock, replay by recorded time. Its rules:

1. Every message is folded into the room's state, whatever we decide.
2. A person's message ends the unprompted turns whose posts it answers, unless they are being sent already.
3. Every message by others that was not history gets one decision, and so one turn.
4. Messages by which one member calls us in quick succession are answered together, by a reply to the last; but a
   person in danger is answered at once.
5. A turn whose trigger is deleted ends. An edit of the trigger restarts an answer and ends an unprompted turn.
6. A turn that is being sent can't be ended or changed, unless its reply certainly was not sent.
7. While the last message in a timeline is ours, unprompted turns that are due wait for somebody else's message.
8. A reply that certainly was not sent is decided again with its existing draft, unless its trigger was edited.
9. A turn that has waited past its deadline is not said any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.choices import Chosen
from bot.config.policy import Terms
from bot.config.room_rule import HOLDING, RoomRule
from bot.decide.activity import Activity
from bot.decide.answer_times import AnswerTimes
from bot.decide.ask import Ask
from bot.decide.budget import Budget
from bot.decide.burst import BURST, Burst, settles
from bot.decide.care import Care
from bot.decide.chosen import with_choices
from bot.decide.deadlines import is_late
from bot.decide.decisions import decide, decide_again, until_tried_again
from bot.decide.emoji import emoji_for
from bot.decide.gates import is_left_to_people, wants_an_answer
from bot.decide.just_said import CALL_BURST
from bot.decide.lot import COVERAGE, lot
from bot.decide.name_calls import is_called
from bot.decide.open_turns import Open, OpenTurns, anew, turn_id, unwritten
from bot.decide.pseudonyms import is_mark, loosened, without_person
from bot.decide.reasons import SIGNS, Reason
from bot.decide.reference import Reference
from bot.decide.relays import original_of
from bot.decide.room import Heard, Past, RoomState
from bot.decide.turn_states import FIRST_STATE
from bot.decide.watching import withheld
from bot.language.packs import MessageKind
from bot.types import SOMEBODY, Decision, Edit, Message, NewParts, Room, State, Turn, Verdict

EDITED_WITHIN = timedelta(minutes=5)  # a forgotten mention is added at once; later, nobody waits for an answer
SIGN = "⏳"
UNCALLED = (*HOLDING, "every_post")  # the ways of joining in which it may speak uncalled
CALLING = frozenset({Reason.ADDRESSED, Reason.CONTINUED})


class Floor:
    """The floor of one room. `names` are our names there (without @), `community` the answer times of all rooms of its
    community, `zone` its time zone. `explains`: decisions keep their facts, and what the room learns is kept (there is
    a store). `policy` is the version of the policy in force, `chosen` what managers have chosen here."""

    def __init__(
        self,
        room: Room,
        rule: RoomRule,
        names: tuple[str, ...],
        budget: Budget,
        catch_up: timedelta,
        reference: Reference,
        community: AnswerTimes,
        zone: ZoneInfo,
        *,
        explains: bool = False,
        policy: str = "",
    ):
        self.room, self.rule, self.names, self.zone, self.policy = room, rule, names, zone, policy
        self._budget, self._catch_up, self._reference, self._explains = budget, catch_up, reference, explains
        self._learns = rule.join in HOLDING
        talk = timedelta(minutes=0 if rule.join == "watch" else rule.conversation_minutes)
        self.state = RoomState(
            room.id, reference, community, Activity(zone), talk,
            infers=self._learns, keeps=explains, watches=rule.join in UNCALLED, names=names,
        )  # fmt: skip
        self._open = OpenTurns(explains=explains)
        self.chosen: Mapping[str, Chosen] = {}  # by key; the rule has it in it
        self.is_stale = False  # must be rebuilt from the store, since a folded message has changed

    def restore(self, past: Past, open_turns: Iterable[tuple[Turn, Message]]) -> None:
        """Restores the state from what the store has kept."""
        self.state.restore(past)
        for turn, message in open_turns:
            self._open.add(turn, message)

    @property
    def terms(self) -> Terms:
        """The part of the policy that this floor decides by."""
        return Terms(self.rule, self.names, self.zone, self._catch_up)

    @property
    def is_idle(self) -> bool:
        return not self._open

    # --- what is heard -------------------------------------------------------------------------

    def recognise(self, message: Message) -> Message:
        """The message with `addressed` final: one of our names in the text, or a reply to our message, calls us as a
        mention does. The manager's rule says who is a person and who is not."""
        if message.author.is_self:
            return message
        message = self._by_whom(message)
        if message.addressed:
            return message
        called = is_called(message, self.names, self.state, by_name=self.rule.answers_to_name)
        if not called and message.reply_to is not None:
            called = bool(self.state.is_ours(message.reply_to))
        return replace(message, addressed=True) if called else message

    def _by_whom(self, message: Message) -> Message:
        rule, author = self.rule, message.author
        if not (rule.people or rule.bots):
            return message
        is_bot = not rule.names("people", author) and (author.is_bot or rule.names("bots", author) is not None)
        return message if is_bot == author.is_bot else replace(message, author=replace(author, is_bot=is_bot))

    def hear(self, message: Message, now: datetime, burst: Burst | None = None) -> list[Turn]:
        """Takes in a recognised message that was not heard before; returns the new and changed turns. Without `burst`,
        the message's times decide what belongs together."""
        heard = self.state.fold(message)
        if heard.goes_on:
            message = replace(message, addressed=True)
        ended = self._give_way(heard)
        ended += [self._end(each, State.STOPPED, Reason.RAID) for each in self._open.about_any(heard.raid)]
        if message.author.is_self:
            return ended
        ended += self._leave_to_people(message, now) + self._obey(message)
        if message.thread.root is None:
            ended += self._open.let_speak(message, now)
        if message.author.id == SOMEBODY:  # who wants to be left out; people go first, whoever they are
            return ended
        ask = self._ask(message, now, heard=heard)
        objection = None if message.addressed or message.author.is_bot else wants_an_answer(ask)
        if self._learns and heard.said.by_person and not message.addressed and objection is None:
            self.state.posts.open(heard.said, heard.position, heard.links)
        if message.history:
            return ended
        decision = decide(ask, objection)
        if message.relayed:
            ended += self._take_over(message)
            decision = self._unless_answered(message, decision)
        merged: list[Turn] = []
        if decision.reason in CALLING:
            burst = burst or Burst(BURST, settles(message))
            needs_care = ask.care is not None
            if (merged := self._merge(message, burst.gap, needs_care)) and not needs_care:
                decision = replace(decision, due=max(now, burst.until))
        turn = self._turn(message, decision, now)
        if turn.state is not State.SILENT:
            self._open.add(turn, message, ask.read)
        return [*ended, *merged, turn]

    def edit(self, edit: Edit | NewParts) -> list[Turn]:
        """Takes in what a message says or carries now; returns the changed turns."""
        self.is_stale |= not self.state.is_by_bot(edit.message_id)  # bots stream text by editing, many times a minute
        open_turn = self._open.about(edit.message_id)
        if open_turn is None:
            return []
        before, open_turn.message, open_turn.kinds = open_turn.message, edit.applied(open_turn.message), None
        if isinstance(edit, NewParts) and open_turn.message.said == before.said:
            return []  # what is being written need not know of the preview of a link
        turn = open_turn.turn
        if turn.state is State.SENDING:
            open_turn.turn = loosened(turn)
            return []
        if turn.state is State.WAITING:  # the new text is read when the turn is due
            return [self._open.put(anew(turn))] if turn.text or turn.decision.facts else []
        if turn.addressed:
            return [self._open.put(replace(anew(turn), state=State.DUE))]
        return [without_person(self._end(open_turn, State.STOPPED, Reason.EDITED))]

    def may_be_called_by(self, edit: Edit, now: datetime) -> bool:
        """Whether the edit is of a person's message so recent that it may still call us."""
        return self.state.was_said_by_a_person(edit.message_id, (now - EDITED_WITHIN).timestamp())

    def call_by_edit(self, message: Message, now: datetime, turn: Turn | None) -> list[Turn]:
        """Takes in that an edit of a recent message calls us. `message` has its new text and is recognised, `turn` is
        its turn. Returns the turn that now answers the call; nothing if the message was answered already."""
        can_call = message.addressed and not message.author.is_bot and not message.history
        if not can_call or (turn is not None and (turn.addressed or turn.state in (State.SENDING, State.SENT))):
            return []
        decision = decide(self._ask(message, now), None)
        called = replace(self._turn(message, decision, now), at=turn.at if turn else now)
        if self._open.get(called.id) is not None:
            self._open.drop(called.id)
        if called.state.is_open:
            self._open.add(called, message)
        return [called]

    def delete(self, message_id: str) -> list[Turn]:
        """Takes in a deletion; returns the turns that it ends."""
        self.state.forget(message_id)
        self.is_stale = True
        open_turn = self._open.about(message_id)
        if open_turn is None:
            return []
        if open_turn.turn.state is State.SENDING:
            open_turn.turn = without_person(open_turn.turn)
            return []
        return [without_person(self._end(open_turn, State.STOPPED, Reason.DELETED))]

    def withdraw(self, member: str) -> list[Turn]:
        """Takes in that a member wants nothing kept or said about them; returns the turns that this ends."""
        self.is_stale = True
        about = [each for each in self._open if each.message.author.id == member]
        for each in about:
            if each.turn.state is State.SENDING:
                each.turn = without_person(each.turn)
        ends = [each for each in about if each.turn.state is not State.SENDING]
        return [without_person(self._end(each, State.STOPPED, Reason.DELETED)) for each in ends]

    def leave_in_peace(self) -> list[Turn]:
        """Takes in that a member wants no uncalled answers; returns the turns that this ends."""
        ends = [each for each in self._open if each.can_end and self.state.wants_peace(each.message)]
        return [self._end(each, State.STOPPED, Reason.MEMBER_QUIET) for each in ends]

    # --- the course of a turn ------------------------------------------------------------------

    def tick(self, key: str, now: datetime) -> Turn | None:
        """Decides again about a waiting turn whose hold is over. None if there is no such waiting turn."""
        open_turn = self._open.get(key)
        if open_turn is None or open_turn.turn.state is not State.WAITING:
            return None
        turn = open_turn.turn
        if is_late(turn, now, self._catch_up):
            return self._end(open_turn, State.STOPPED, Reason.TOO_LATE)
        decision = decide_again(self._ask(open_turn.message, now, besides=turn, read=open_turn.kinds))
        if decision.verdict is Verdict.SILENT:
            return self._end(open_turn, State.STOPPED, decision.reason, facts=decision.facts)
        if turn.persona != self.rule.persona:
            turn = unwritten(turn)  # the draft is in another persona's voice
        turn = self._sourced(replace(turn, persona=self.rule.persona, decision=decision, policy=self.policy))
        if decision.verdict is Verdict.SPEAK:
            return self._open.put(replace(turn, state=State.DUE))
        return self._open.put(replace(unwritten(turn), tried=None))

    def put_back(self, key: str, answered: str, until: datetime) -> Turn | None:
        """Moves back a turn that certainly was not sent: due again at `until`, or, if unprompted, decided again then.
        The turn keeps its draft if its trigger still has the text that the draft answers (`answered`). None if the turn
        is not open any more."""
        open_turn = self._open.get(key)
        if open_turn is None:
            return None
        # an edit while it was sent has replaced the member, and where to answer is decided again
        turn = replace(open_turn.turn, thread=open_turn.message.thread, member=open_turn.message.author.id)
        if open_turn.message.text != answered:
            turn = unwritten(turn)
        if turn.addressed:
            return self._open.put(replace(turn, state=State.DUE, decision=replace(turn.decision, due=until)))
        return self._open.put(
            replace(turn, state=State.WAITING, decision=until_tried_again(until, turn.decision.facts))
        )

    def wanted(self, key: str) -> Open | None:
        """The open turn with this id, or None."""
        return self._open.get(key)

    def move(self, turn: Turn) -> Turn:
        """Records an open turn's new state. A final state closes the turn; if its message was edited or deleted while
        it was sent, it then loses its person. Raises ValueError for a state that can't follow, KeyError for a turn that
        is not open."""
        open_turn = self._open.get(turn.id)
        if open_turn is not None and open_turn.turn.decision.reason != turn.decision.reason:
            turn = self._sourced(turn)
        if turn.state.is_open:
            return self._open.put(turn)
        self._open.close(turn)
        return without_person(turn) if is_mark(turn.member) else turn

    def mute(self, now: datetime) -> list[Turn]:
        """Ends what is due or being written, since nothing may be said from now on."""
        begun = [each.turn for each in self._open if each.turn.state in (State.DUE, State.WRITING)]
        return [self.move(withheld(turn, Reason.MUTED, now, self.rule.judge)) for turn in begun]

    # --- inside --------------------------------------------------------------------------------

    def _ask(
        self,
        message: Message,
        now: datetime,
        *,
        heard: Heard | None = None,
        besides: Turn | None = None,
        read: frozenset[MessageKind] | None = None,
    ) -> Ask:
        underway = [] if besides is None else self._open.unprompted(besides)
        facts = (dict(besides.decision.facts) if besides else {}) if self._explains else None
        return Ask(
            message, self.state, self.rule, self.zone, self._reference, self._budget, now, self._catch_up,
            lot(message, COVERAGE) if self.rule.coverage < 1 else 0.0,
            heard, len(underway), underway.count(message.thread.root), facts, read,
        )  # fmt: skip

    def _give_way(self, heard: Heard) -> list[Turn]:
        """Ends the unprompted turns whose posts were answered."""
        answered = self._open.about_any(heard.answered) if self.rule.join != "every_post" else []
        return [self._end(each, State.STOPPED, Reason.SOMEONE_ANSWERED, heard.said.id) for each in answered]

    def _leave_to_people(self, message: Message, now: datetime) -> list[Turn]:
        """Ends the unprompted turns about the author, or in the thread, of a message that is best left to people."""
        left = self._open.near(message)
        if not left or message.author.is_bot or not is_left_to_people(self._ask(message, now)):
            return []
        return [self._end(each, State.STOPPED, Reason.MEANT_FOR_OTHERS) for each in left]

    def _take_over(self, copy: Message) -> list[Turn]:
        """Ends the turn about the message that a program repeats: the copy stays, the original will be deleted."""
        original = original_of(copy, self.state.latest(copy.thread.root))
        opened = self._open.about(original.id) if original else None
        if opened is None or opened.turn.state is State.SENDING:
            return []
        return [self._end(opened, State.MERGED if opened.turn.addressed else State.STOPPED, Reason.MERGED)]

    def _unless_answered(self, copy: Message, decision: Decision) -> Decision:
        """The decision, or silence if the original that the copy repeats has its answer already."""
        original = original_of(copy, self.state.latest(copy.thread.root))
        if original is None:
            return decision
        opened = self._open.about(original.id)
        is_sending = opened is not None and opened.turn.state is State.SENDING
        if not (is_sending or self.state.is_answered(original.id)):
            return decision
        self.state.relays.keep(original.id)
        return Decision(Verdict.SILENT, Reason.MERGED, None, decision.facts)

    def _obey(self, message: Message) -> list[Turn]:
        """Ends what is not being sent yet in a thread where somebody tells us to be quiet: uncalled turns, and answers
        to the same person."""
        if not self.state.hushed.is_order(message):
            return []
        here = [each for each in self._open if each.turn.thread == message.thread and each.message.id != message.id]
        ends = [
            each
            for each in here
            if each.turn.state is not State.SENDING
            and (not each.turn.addressed or each.message.author.id == message.author.id)
        ]
        return [self._end(each, State.STOPPED, Reason.TOLD_QUIET) for each in ends]

    def care(self, message: Message) -> Care | None:
        """The careful text that a message which calls us needs, or None."""
        return self._ask(replace(message, addressed=True), message.heard).care

    def _merge(self, message: Message, gap: timedelta, needs_care: bool) -> list[Turn]:
        """Ends the turns of earlier messages of the same burst: the last message's turn answers them all. A turn for a
        person in danger only ends for another such turn."""
        burst = [
            open_turn
            for open_turn in self._open
            if open_turn.turn.decision.reason in CALLING
            and open_turn.turn.state in (State.DUE, State.WRITING)
            and open_turn.message.author.id == message.author.id
            and open_turn.message.thread == message.thread
            and abs(message.at - open_turn.message.at) <= (timedelta(seconds=CALL_BURST) if needs_care else gap)
            and (needs_care or self.care(open_turn.message) is None)
        ]
        return [self._end(open_turn, State.MERGED, Reason.MERGED) for open_turn in burst]

    def _sourced(self, turn: Turn) -> Turn:
        """The turn, with the choices that have decided it among its facts."""
        return replace(turn, decision=with_choices(turn.decision, self.rule, self.chosen)) if self._explains else turn

    def _turn(self, message: Message, decision: Decision, now: datetime) -> Turn:
        turn = Turn(
            id=turn_id(message), thread=message.thread, trigger=message.id, member=message.author.id,
            persona=self.rule.persona, decision=decision, state=FIRST_STATE[decision.verdict], at=now,
            addressed=message.addressed, sign=self._sign(message, decision, now), policy=self.policy,
        )  # fmt: skip
        return self._sourced(turn)

    def _sign(self, message: Message, decision: Decision, now: datetime) -> str:
        if decision.reason == Reason.EMOJI:
            return emoji_for(message, self.names, self._reference.packs)
        return SIGN if self._line_was_given(message, decision, now) else ""

    def _line_was_given(self, message: Message, decision: Decision, now: datetime) -> bool:
        if decision.verdict is not Verdict.SPEAK or decision.reason not in SIGNS:
            return False
        limited = self._budget.against(message.author.id, message.room, now)
        return limited is not None and limited.line_given

    def _end(
        self, open_turn: Open, state: State, reason: str, by: str = "", *, facts: Mapping[str, Any] | None = None
    ) -> Turn:
        return self._sourced(self._open.end(open_turn, state, reason, policy=self.policy, by=by, facts=facts))
