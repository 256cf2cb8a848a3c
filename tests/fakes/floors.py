"""Floors as a running Cameo has them: with the shipped reference data, and a memory that holds what its store would."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.room_rule import Join, RoomRule
from bot.config.settings import Limits
from bot.decide.answer_times import AnswerTimes
from bot.decide.budget import Budget
from bot.decide.floor import Floor
from bot.decide.message_facts import said_at
from bot.decide.posts import Post
from bot.decide.room import REBUILT, Past
from bot.decide.times import HOUR
from bot.types import Edit, Message, State, Turn
from tests.fakes.shipped import reference
from tests.fakes.talk import FEED, US, at, said_in

CATCH_UP = timedelta(minutes=15)
NAMES = ("cameo", "mochi")
PLENTY = Limits(replies_per_member_hour=3600, replies_per_room_hour=3600, replies_per_community_hour=3600)


def rule_of(join: Join = "unanswered", **keys: Any) -> RoomRule:
    return RoomRule(match="*", join=join, **keys)


def floor_of(
    rule: RoomRule, budget: Budget | None = None, community: AnswerTimes | None = None, *, explains: bool = False
) -> Floor:
    zone = rule.time_zone or ZoneInfo("UTC")
    community = AnswerTimes() if community is None else community
    return Floor(
        FEED, rule, NAMES, budget or Budget(PLENTY), CATCH_UP, reference(), community, zone, explains=explains
    )  # fmt: skip


class Kept:
    """The store's content for one room: messages in the order in which they were heard, including that some were
    deleted; turns; posts and hours as they were learnt."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.deleted: set[str] = set()
        self.turns: dict[str, Turn] = {}
        self.triggers: dict[str, str] = {}  # by turn
        self._triggers: dict[str, str] = {}  # by turn
        self.posts: dict[str, Post] = {}
        self.hours: Counter[int] = Counter()

    def add(self, message: Message) -> None:
        self.messages[message.id] = message
        hour = int(said_at(message) // HOUR)
        if not (message.author.is_bot or message.author.is_self) and hour >= max(self.hours, default=hour):
            self.hours[hour] += 1  # the room leaves out late messages of earlier hours

    def edit(self, edit: Edit) -> bool:
        if edit.message_id not in self.messages or edit.message_id in self.deleted:
            return False
        self.messages[edit.message_id] = replace(self.messages[edit.message_id], text=edit.text)
        return True

    def delete(self, message_id: str) -> None:
        self.deleted.add(message_id)
        self.posts.pop(message_id, None)

    def learn(self, floor: Floor) -> None:
        for post in floor.state.posts.changes():
            if post.id not in self.deleted:
                self.posts[post.id] = post

    def past(self) -> Past:
        """The room's past. Our deleted messages count as said."""
        folded = [one for one in self.messages.values() if one.id not in self.deleted or one.author.is_self]
        last = [self._as_decided(one) for one in folded[-REBUILT:]]
        before = [one for one in folded[:-REBUILT] if one.id not in self.deleted]
        names = {one.author.id: one.author.name for one in reversed(before) if not one.author.is_self}
        roots = [one.thread.root for one in self.messages.values() if one.thread.root is not None]
        voices = [(said_at(one), self._is_unprompted(one)) for one in self.messages.values()]
        return Past(
            messages=last,
            members=list(names.items())[::-1],
            roots=roots,
            posts=list(self.posts.values())[-500:],
            voices=voices,
            hours=sorted(self.hours.items()),
        )

    def open_turns(self) -> list[tuple[Turn, Message]]:
        return [
            (turn, self._as_decided(self.messages[turn.trigger]))
            for turn in self.turns.values()
            if turn.state.is_open and turn.trigger not in self.deleted
        ]

    def community(self) -> AnswerTimes:
        times = AnswerTimes()
        for post in self.posts.values():
            if post.counts:
                times.ask(post.id, post.at)
            if post.waited is not None:
                times.answer(post.id, post.waited)
        return times

    def _as_decided(self, message: Message) -> Message:
        turn = self.turns.get(message.id)
        return replace(message, addressed=message.addressed or (turn is not None and turn.addressed))

    def _is_unprompted(self, message: Message) -> bool:
        called_by = self.messages.get(message.reply_to or "")
        return message.author.is_self and (called_by is None or not self._as_decided(called_by).addressed)


class Evening:
    """One room, its floor and its stored content. Times are seconds after noon; turns are identified by trigger."""

    def __init__(self, rule: RoomRule, limits: Limits = PLENTY):
        self.rule, self.limits, self.kept = rule, limits, Kept()
        self.restart()

    @property
    def turns(self) -> dict[str, Turn]:
        return self.kept.turns

    def restart(self) -> None:
        """Loses everything that is not in the store."""
        self.budget = Budget(self.limits)
        self.budget.restart(self.turns.values())
        self.community = self.kept.community()
        self._rebuild()

    def _rebuild(self) -> None:
        self.floor = floor_of(self.rule, self.budget, self.community, explains=True)
        self.floor.restore(self.kept.past(), self.kept.open_turns())

    # --- what is heard -------------------------------------------------------------------------

    def hear(self, *messages: Message) -> list[Turn]:
        return [turn for message in messages for turn in self._hear(message)]

    def _hear(self, message: Message) -> list[Turn]:
        if message.id in self.kept.messages or message.id in self.kept.deleted:
            return []
        self._refresh()
        message = self._recognise(message)
        self.kept.add(message)
        return self._keep(self.floor.hear(message, message.heard))

    def _recognise(self, message: Message) -> Message:
        """The message with `addressed` final, also for replies to messages before the floor's window."""
        recognised, answered = self.floor.recognise(message), self.kept.messages.get(message.reply_to or "")
        if recognised.addressed or message.author.is_self or answered is None:
            return recognised
        return replace(recognised, addressed=answered.author.is_self)

    def edit(self, message_id: str, text: str, seconds: float) -> list[Turn]:
        edit = Edit(FEED, message_id, text, at(seconds))
        self._refresh()
        return self._keep(self.floor.edit(edit)) if self.kept.edit(edit) else []

    def delete(self, message_id: str) -> list[Turn]:
        self._refresh()
        self.kept.delete(message_id)
        return self._keep(self.floor.delete(message_id))

    # --- the course of a turn ------------------------------------------------------------------

    def due(self, trigger: str) -> float:
        """Seconds after noon."""
        moment = self.turns[trigger].decision.due
        assert moment is not None
        return (moment - at(0)).total_seconds()

    def tick(self, trigger: str, seconds: float | None = None) -> list[Turn]:
        """Decides again at a time, by default when the turn is due."""
        self._refresh()
        ticked = self.floor.tick(self.turns[trigger].id, at(self.due(trigger) if seconds is None else seconds))
        return self._keep([ticked] if ticked else [])

    def move(self, trigger: str, state: State, **changes: Any) -> list[Turn]:
        """Moves an open turn to a state; empty if it has ended."""
        self._refresh()
        opened = self.floor.wanted(self.turns[trigger].id)
        return self._keep([self.floor.move(replace(opened.turn, state=state, **changes))]) if opened else []

    def put_back(self, trigger: str, seconds: float, answered: str | None = None) -> list[Turn]:
        """Puts back a turn that certainly was not sent, to be retried then. `answered`: the trigger's text that the
        draft answers, if it has changed since."""
        self._refresh()
        text = self.kept.messages[trigger].text if answered is None else answered
        back = self.floor.put_back(self.turns[trigger].id, text, at(seconds))
        return self._keep([back] if back else [])

    def say(self, trigger: str, seconds: float) -> list[Turn]:
        """Writes and sends the turn, then hears our message."""
        for state in (State.WRITING, State.SENDING):
            self.move(trigger, state)
        return self.land(trigger, seconds)

    def land(self, trigger: str, seconds: float) -> list[Turn]:
        """Marks the turn as sent, and hears our message."""
        return self.move(trigger, State.SENT) + self.hear(self.ours(trigger, seconds))

    def ours(self, trigger: str, seconds: float) -> Message:
        """Our message, in reply to `trigger`."""
        return said_in(self.turns[trigger].thread, f"re-{trigger}", US, "ours", seconds, reply_to=trigger)

    def story(self) -> dict[str, tuple[str, str]]:
        return {trigger: (str(turn.state), str(turn.decision.reason)) for trigger, turn in self.turns.items()}

    # --- inside --------------------------------------------------------------------------------

    def _refresh(self) -> None:
        if self.floor.is_stale:
            self._rebuild()

    def _keep(self, turns: list[Turn]) -> list[Turn]:
        for turn in turns:
            self.turns[self.kept.triggers.setdefault(turn.id, turn.trigger)] = turn  # a turn may lose its trigger
            self.budget.fold(turn)
        self.kept.learn(self.floor)
        return turns


def clock(hours: float, day: int = 5, month: int = 1, zone: str = "UTC") -> datetime:
    """So many hours after midnight of a day in 2026 in local time, as UTC."""
    moment = datetime(2026, month, day, tzinfo=ZoneInfo(zone)) + timedelta(hours=hours)
    return moment.astimezone(UTC)
