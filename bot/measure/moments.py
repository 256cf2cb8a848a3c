"""Moments: some of the replies in their context, chosen so that a manager sees different rooms, times and outcomes."""

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, zip_longest

from bot.measure.shown import shown
from bot.measure.trial_play import HORIZON, SpokenReply
from bot.measure.trial_results import Became, SpeakingMoment
from bot.types import Message, Room

MOST_MOMENTS = 20  # as many as a manager judges at a sitting
BEFORE, AFTER = 4, 6  # messages shown around a post; with these, a stranger mostly understands what was going on
PERIODS = 4  # parts of the history from which moments are chosen alike
# Of twenty moments, so many that show a mistake, if there are any: a manager must see these, too.
MISTAKES: Mapping[Became, int] = {"pre_empted": 5, "late": 2}


class Scenes:
    """The history as it stood around each message: by room, and in a thread only its own messages."""

    def __init__(self, history: Sequence[Message]):
        self._scenes: dict[tuple[Room, str | None], list[Message]] = defaultdict(list)
        for message in history:
            self._scenes[message.thread.room, message.thread.root].append(message)
        self._times = {key: [one.heard for one in scene] for key, scene in self._scenes.items()}

    def moment(self, reply: SpokenReply) -> SpeakingMoment:
        post, turn = reply.post, reply.considered.turn
        key = (post.thread.room, post.thread.root)
        scene, place = self._scenes[key], self._place(key, post)
        after = scene[place + 1 :]
        answer = reply.followed.answer or ""
        return SpeakingMoment(
            post.id, post.room.id, post.room.name or post.room.id, turn.persona, str(turn.decision.reason), shown(post),
            reply.at, reply.waited, reply.became,
            tuple(map(shown, scene[max(0, place - BEFORE) : place])),
            tuple(map(shown, _what_followed(after, post, answer))),
            answer,
        )  # fmt: skip

    def _place(self, key: tuple[Room, str | None], post: Message) -> int:
        last = bisect_right(self._times[key], post.heard)
        return next(at for at in range(last - 1, -1, -1) if self._scenes[key][at].id == post.id)


def _what_followed(after: Sequence[Message], post: Message, answer: str) -> Iterator[Message]:
    """The next messages within the horizon, and the answer, wherever it is."""
    for number, message in enumerate(after):
        if message.at - post.at > HORIZON:
            return
        if number < AFTER or message.id == answer:
            yield message
        if number >= AFTER and (not answer or message.id == answer):
            return


def chosen(replies: Sequence[SpokenReply], history: Sequence[Message]) -> list[SpokenReply]:
    """At most MOST_MOMENTS replies, newest first. The same history and replies give the same ones; a reply that is
    still there at the next step of the dial is mostly chosen there, too."""
    if not history:
        return []
    begin, end = history[0].heard, history[-1].heard
    found: list[SpokenReply] = []
    for kind, most in MISTAKES.items():
        found += _varied([one for one in replies if one.became == kind], begin, end)[:most]
    rest = [one for one in replies if one.became not in MISTAKES]
    found += _varied(rest, begin, end)[: MOST_MOMENTS - len(found)]
    if len(found) < MOST_MOMENTS:
        known = set(map(id, found))
        found += [one for one in _varied(replies, begin, end) if id(one) not in known][: MOST_MOMENTS - len(found)]
    return sorted(found, key=lambda one: (one.at, one.post.id), reverse=True)


def _varied(replies: Iterable[SpokenReply], begin: datetime, end: datetime) -> list[SpokenReply]:
    """The replies in an order in which rooms and times take turns: by lot, so that nothing else chooses."""
    cells: dict[tuple[str, int], list[SpokenReply]] = defaultdict(list)
    length = max(1e-9, (end - begin).total_seconds())
    for reply in replies:
        period = int(PERIODS * (reply.post.heard - begin).total_seconds() / length)
        cells[reply.post.room.id, min(period, PERIODS - 1)].append(reply)
    ordered = [sorted(cell, key=lambda one: _lot(one.post.id)) for _, cell in sorted(cells.items(), key=_cell_lot)]
    return [one for one in chain.from_iterable(zip_longest(*ordered)) if one is not None]


def _cell_lot(item: tuple[tuple[str, int], list[SpokenReply]]) -> str:
    return _lot(f"{item[0][0]}\0{item[0][1]}")


def _lot(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def moments(replies: Sequence[SpokenReply], history: Sequence[Message], scenes: Scenes) -> tuple[SpeakingMoment, ...]:
    return tuple(scenes.moment(reply) for reply in chosen(replies, history))
