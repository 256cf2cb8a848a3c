"""Moments: some of the replies in their context, chosen so that a manager sees different rooms, times and outcomes."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, zip_longest

from bot.measure.followed import HORIZON, SpokenReply, lot_of
from bot.measure.shown import room_name, shown
from bot.measure.trial_results import Became, SpeakingMoment
from bot.types import Message, Thread

MOST_MOMENTS = 20  # as many as a manager judges at a sitting
BEFORE, AFTER = 4, 6  # messages shown around a post; with these, a stranger mostly understands what was going on
PERIODS = 4  # parts of the history from which moments are chosen alike
# Of twenty moments, so many that show a mistake, if there are any: a manager must see these, too.
MISTAKES: Mapping[Became, int] = {"pre_empted": 5, "late": 2}


@dataclass(slots=True)
class _Scene:
    """What was said around a post, as it is collected."""

    reply: SpokenReply
    before: tuple[Message, ...] = ()
    after: list[Message] = field(default_factory=list)
    heard: int = 0
    is_over: bool = False

    def hear(self, message: Message, horizon: timedelta) -> None:
        """Takes the next message there: the first ones, and the answer, wherever it is."""
        answer = self.reply.counted.answer
        if message.at - self.reply.post.at > horizon:
            self.is_over = True
            return
        self.heard += 1
        is_answer = message.id == answer
        if self.heard <= AFTER or is_answer:
            self.after.append(message)
        is_known = not answer or any(one.id == answer for one in self.after)
        self.is_over = self.heard >= AFTER and is_known

    def moment(self, names: Mapping[str, str]) -> SpeakingMoment:
        reply, post = self.reply, self.reply.post
        turn, would = reply.considered.turn, reply.considered.would
        persona = names.get(turn.persona, turn.persona)
        return SpeakingMoment(
            id=post.id, room=post.room.id, room_name=room_name(post.room), persona=persona,
            reason=would["reason"] if would else reply.considered.reason, post=shown(post), at=reply.at,
            waited=reply.waited, became=reply.became, before=tuple(map(shown, self.before)),
            after=tuple(map(shown, self.after)), answer=reply.counted.answer or "",
            answer_sure=round(reply.counted.sure, 2),
        )  # fmt: skip


def moments(
    replies: Sequence[SpokenReply],
    history: Iterable[Message],
    names: Mapping[str, str],
    horizon: timedelta = HORIZON,
) -> tuple[SpeakingMoment, ...]:
    """The replies in their context, in the same order. Reads the history once, until it has all; of a thread, only its
    own messages are its context. `names` are those of personas, by key."""
    wanted = {(one.post.room.id, one.post.id): _Scene(one) for one in replies}
    scenes = list(wanted.values())
    lately: dict[Thread, deque[Message]] = defaultdict(lambda: deque(maxlen=BEFORE))
    open_scenes: dict[Thread, list[_Scene]] = defaultdict(list)
    waiting = len(scenes)
    for message in history:
        here = open_scenes.get(message.thread)
        for scene in here or ():
            scene.hear(message, horizon)
            waiting -= scene.is_over
        if here:
            open_scenes[message.thread] = [scene for scene in here if not scene.is_over]
        if (found := wanted.pop((message.thread.room.id, message.id), None)) is not None:
            found.before = tuple(lately[message.thread])
            open_scenes[message.thread].append(found)
        lately[message.thread].append(message)
        if not waiting:
            break
    return tuple(scene.moment(names) for scene in scenes)


def chosen(
    replies: Sequence[SpokenReply], begin: datetime, end: datetime, most: int = MOST_MOMENTS
) -> list[SpokenReply]:
    """At most so many replies, newest first; `begin` and `end` are those of the history. The same replies give the same
    choice, and a reply that is still there at the next step of the dial is mostly chosen there, too."""
    found: list[SpokenReply] = []
    for kind, share in MISTAKES.items():
        found += _varied([one for one in replies if one.became == kind], begin, end)[: most * share // MOST_MOMENTS]
    rest = [one for one in replies if one.became not in MISTAKES]
    found += _varied(rest, begin, end)[: most - len(found)]
    if len(found) < most:
        known = set(map(id, found))
        found += [one for one in _varied(replies, begin, end) if id(one) not in known][: most - len(found)]
    return sorted(found, key=lambda one: (one.at, one.post.id), reverse=True)


def _varied(replies: Iterable[SpokenReply], begin: datetime, end: datetime) -> list[SpokenReply]:
    """The replies in an order in which rooms and times take turns: by lot, so that nothing else chooses."""
    cells: dict[tuple[str, int], list[SpokenReply]] = defaultdict(list)
    length = max(1e-9, (end - begin).total_seconds())
    for reply in replies:
        period = int(PERIODS * (reply.post.heard - begin).total_seconds() / length)
        cells[reply.post.room.id, min(period, PERIODS - 1)].append(reply)
    ordered = [sorted(cell, key=lambda one: lot_of(one.post.id)) for _, cell in sorted(cells.items(), key=_cell_lot)]
    return [one for one in chain.from_iterable(zip_longest(*ordered)) if one is not None]


def _cell_lot(item: tuple[tuple[str, int], list[SpokenReply]]) -> str:
    return lot_of(f"{item[0][0]}\0{item[0][1]}")
