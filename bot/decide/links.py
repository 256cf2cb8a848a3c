"""Who answers whom in a plain timeline: how likely a message answers each earlier message, or opens a conversation.

This is a conditional logit: each candidate has a score, the sum of the weights of its traits, and so has "answers
nobody"; the likelihoods are the softmax of the scores. Traits are relative (how many messages between, how much longer
than the room's usual gap), so that they mean the same in a busy channel and in a slow one. The weights are data
(`bot/language/links.yaml`), learnt from annotated links: `tests/train/links.py` makes them and prints how good they
are.

The traits follow Elsner and Charniak, "You talking to me?" (ACL 2008).
"""

import math
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice

from bot.decide.message_facts import MessageFacts
from bot.types import record

LOOK_BACK = 200  # messages kept; one reply in a thousand answers an older one
# This many latest messages are all candidates: 9 of 10 replies in a busy channel answer one of these, and most others a
# person who is called by name, or the author's own message. Judging 20 is no better.
NEAR = 12
PACE = 50  # latest gaps that the usual gap is computed from
CROWD = 10  # latest messages whose authors count as talking at once
BRIEF, LONG = 12, 80  # characters: below, "yes" or "thanks"; above, a message that explains itself
RARE = 4  # a word in at most this many of the last 200 messages is rare
ROOMY = 40 * LOOK_BACK  # people remembered before those who have long been silent are forgotten
LIKELY = 0.02  # less likely links are dropped

Weights = Mapping[str, float]
"""Weight by trait."""

Traits = list[str]

# Traits of a number: its bounds, and a name for each interval between them.
DISTANCES = (1, 2, 3, 5, 8, 12, 20)
GAPS = (0.3, 0.7, 1.2, 2.0, 3.5)  # of log(1 + time between / usual gap)
GAP_SECONDS = [math.expm1(gap) for gap in GAPS]  # the same in seconds, for a usual gap of one second
CROWDS = (2, 4, 6)
CALLING_SHARES = (0.15, 0.33)  # shares of messages that call somebody by name
DISTANCE_OF = [
    [f"crowd{crowd}.distance{bound}" for bound in (*(bound for bound in DISTANCES), "far")] for crowd in range(4)
]
GAP_OF = [f"gap{bound}" for bound in (*GAPS, "long")]
START_OF_CROWD = [f"open.crowd{crowd}" for crowd in range(4)]
OPEN_CALLS_NONE = [f"open.calls_none{custom}" for custom in range(3)]
BEFORE_CALLS_NONE = [f"before.calls_none{custom}" for custom in range(3)]
OWN_CALLS_NONE = [f"own.calls_none{custom}" for custom in range(3)]
SHARED_OF = ["shared0", "shared1", "shared2", "shared3"]
RARE_OF = ["rare0", "rare1", "rare2"]


@record
class Links:
    """What a message answers: likelihoods by the position of the answered message; `opens` is that it answers none."""

    to: tuple[tuple[int, float], ...]
    opens: float


OPENING = Links((), 1.0)


class Timeline:
    """The latest messages of a plain timeline by position, 0 being the first that was ever heard."""

    def __init__(self) -> None:
        self._said: deque[MessageFacts] = deque(maxlen=LOOK_BACK)
        self._gaps: deque[float] = deque(maxlen=PACE)
        self._common: dict[str, int] = {}
        self._calls = 0
        self._last: dict[str, int] = {}
        self._called: dict[str, int] = {}
        self._partner: dict[str, tuple[int, str]] = {}
        self._roomy = ROOMY
        self._crowd: deque[str] = deque(maxlen=CROWD)
        self.talking = 0  # authors of the last `CROWD` messages
        self.usual_gap = 60.0  # recent seconds between two messages
        self.end = 0  # the position of the next message

    def add(self, said: MessageFacts) -> None:
        if self._said:
            self._gaps.append(math.log1p(max(0.0, said.at - self._said[-1].at)))
            # A geometric mean, because one long night says nothing about the day.
            self.usual_gap = max(1.0, math.expm1(sum(self._gaps) / len(self._gaps)))
        if len(self._said) == LOOK_BACK:
            self._forget(self._said[0])
        self._said.append(said)
        common = self._common
        for word in said.words:
            common[word] = common.get(word, 0) + 1
        self._calls += bool(said.calls)
        self._last[said.author] = self.end
        for person in sorted(said.calls):  # sorted, because set order differs between processes and the last one counts
            self._called[person] = self.end
            self._partner[person] = self.end, said.author
            self._partner[said.author] = self.end, person
        self.end += 1
        self._crowd.append(said.author)
        self.talking = len(set(self._crowd))
        if len(self._last) + len(self._called) > self._roomy:
            self._tidy()

    def _forget(self, oldest: MessageFacts) -> None:
        self._calls -= bool(oldest.calls)
        common = self._common
        for word in oldest.words:
            if common[word] == 1:
                del common[word]
            else:
                common[word] -= 1

    def _tidy(self) -> None:
        """Forgets people silent for `LOOK_BACK` messages. Runs rarely: next when there are twice as many people as
        remain."""
        begin = self.end - LOOK_BACK
        self._last = {key: at for key, at in self._last.items() if at >= begin}
        self._called = {key: at for key, at in self._called.items() if at >= begin}
        self._partner = {key: pair for key, pair in self._partner.items() if pair[0] >= begin}
        self._roomy = max(ROOMY, 2 * (len(self._last) + len(self._called)))

    def __getitem__(self, position: int) -> MessageFacts:
        return self._said[position - self.end]

    def knows(self, position: int) -> bool:
        return self.end - len(self._said) <= position < self.end

    def find(self, message_id: str) -> int | None:
        return next((position for position, said in self.latest() if said.id == message_id), None)

    def latest(self) -> Iterator[tuple[int, MessageFacts]]:
        """(position, message) pairs, newest first."""
        return zip(range(self.end - 1, -1, -1), reversed(self._said), strict=False)

    def crowd(self) -> int:
        """How many talk at once, in four levels."""
        return bisect_right(CROWDS, self.talking)

    def custom(self) -> int:
        """How usual it is here to call people by name, in three levels: where everybody does, a message that calls
        nobody is for nobody in particular."""
        return bisect_right(CALLING_SHARES, (self._calls + 2) / (len(self._said) + 8))

    def last_of(self, author: str) -> int | None:
        return self._known(self._last.get(author))

    def last_call_of(self, person: str) -> int | None:
        """The position of the last message that called a person; None if it is no longer known."""
        return self._known(self._called.get(person))

    def partner_of(self, person: str) -> str | None:
        """The person with whom `person` last exchanged a message that called one of them; None if it is no longer
        known."""
        at, partner = self._partner.get(person, (-1, None))
        return partner if self._known(at) is not None else None

    def is_rare(self, word: str) -> bool:
        return self._common.get(word, 0) <= RARE

    def _known(self, position: int | None) -> int | None:
        return position if position is not None and self.knows(position) else None


def links(said: MessageFacts, timeline: Timeline, weights: Weights) -> Links:
    """What `said`, which is not in the timeline yet, answers. A reply link to a known message is certain; all else is
    inferred."""
    if said.reply_to is not None and (known := timeline.find(said.reply_to)) is not None:
        return Links(((known, 1.0),), 0.0)
    weigh = weights.__getitem__
    scores = [(at, sum(map(weigh, traits))) for at, traits in candidates(said, timeline)]
    opens = sum(map(weigh, opening(said, timeline)))
    top = max([opens, *[score for _, score in scores]])
    powers = [(at, math.exp(score - top)) for at, score in scores]
    nothing = math.exp(opens - top)
    total = nothing + sum([power for _, power in powers])
    least = LIKELY * total
    return Links(tuple([(at, power / total) for at, power in powers if power > least]), nothing / total)


def candidates(said: MessageFacts, timeline: Timeline) -> Iterator[tuple[int, Traits]]:
    """The positions of the messages that `said` may answer, each with its traits."""
    sight = Sight(said, timeline)
    far = {sight.mine, sight.call, *(timeline.last_of(person) for person in said.calls)} - {None}
    begin = timeline.end - NEAR
    for at in sorted(one for one in far if one is not None and one < begin):
        one = timeline[at]
        yield at, sight.traits(at, one, at == timeline.last_of(one.author))
    heard: set[str] = set()
    for at, one in islice(timeline.latest(), NEAR):
        yield at, sight.traits(at, one, one.author not in heard)
        heard.add(one.author)


class Sight:
    """What the traits of one message need to know about the timeline before it; computed once per message."""

    def __init__(self, said: MessageFacts, timeline: Timeline):
        self.said, self.timeline = said, timeline
        self.mine = timeline.last_of(said.author)
        self.call = timeline.last_call_of(said.author)
        self.partner = timeline.partner_of(said.author)
        self.before = _person_before(said, timeline)
        self.gaps = [timeline.usual_gap * long for long in GAP_SECONDS]
        self.custom = timeline.custom()
        self.by_distance = DISTANCE_OF[timeline.crowd()]

    def traits(self, at: int, one: MessageFacts, is_last: bool) -> Traits:
        """The traits of `said` answering `one`. `is_last`: the author of `one` has said nothing since."""
        said, distance = self.said, self.timeline.end - at
        found = [
            self.by_distance[bisect_right(DISTANCES, distance - 1)],
            GAP_OF[bisect_right(self.gaps, said.at - one.at)],
        ]
        if said.author == one.author:
            self._own(found, at, one, distance)
        else:
            self._others(found, at, one, is_last)
        if shared := said.words & one.words:
            found.append(SHARED_OF[min(3, len(shared))])
            found.append(RARE_OF[min(2, sum([self.timeline.is_rare(word) for word in shared]))])
        if said.calls and not said.calls.isdisjoint(one.calls):
            found.append("calls_the_same")
        return found

    def _own(self, found: Traits, at: int, one: MessageFacts, distance: int) -> None:
        found.append("own.last" if at == self.mine else "own.older")
        if at == self.mine and distance == 1:
            found.append("own.goes_on")
        if self.said.calls:
            found.append("own.but_calls" if self.said.calls.isdisjoint(one.calls) else "own.calls_the_same")
        else:
            found.append(OWN_CALLS_NONE[self.custom])
        if one.asks:
            found.append("own.asks")

    def _others(self, found: Traits, at: int, one: MessageFacts, is_last: bool) -> None:
        said, author = self.said, one.author
        if said.calls:
            found.append(("calls.last" if is_last else "calls.older") if author in said.calls else "calls_another")
            if one.asks and author in said.calls:
                found.append("calls.asks")
        elif author == self.partner:
            found.append("partner.last" if is_last else "partner.older")
        if one.calls:
            called = said.author in one.calls
            found.append(("called.last" if at == self.call else "called.older") if called else "called_another")
        elif one.asks:
            found.append("asks_all")
        if at == self.before:
            found.append("before.brief" if said.length <= BRIEF else "before")
            if not said.calls:
                found.append(BEFORE_CALLS_NONE[self.custom])
        elif is_last:
            found.append("last_of_another")
        if not one.by_person:
            found.append("bot")
        if one.length <= BRIEF:
            found.append("answers_brief")
        elif one.length > LONG:
            found.append("answers_long")


def opening(said: MessageFacts, timeline: Timeline) -> Traits:
    """The traits of `said` answering nobody."""
    found = ["open", START_OF_CROWD[timeline.crowd()]]
    mine = timeline.last_of(said.author)
    if mine is None:
        found.append("open.new_here")
    elif timeline.end - mine <= CROWD:
        found.append("open.spoke_lately")
    if timeline.last_call_of(said.author) is not None:
        found.append("open.was_called")
    found.append("open.calls" if said.calls else OPEN_CALLS_NONE[timeline.custom()])
    if said.asks:
        found.append("open.asks" if mine is not None else "open.asks_new_here")
    if said.length <= BRIEF:
        found.append("open.brief")
    elif said.length > LONG:
        found.append("open.long")
    if timeline.end and said.at - timeline[timeline.end - 1].at > 4 * timeline.usual_gap:
        found.append("open.after_silence")
    return found


def _person_before(said: MessageFacts, timeline: Timeline) -> int | None:
    """The position of the last message by another person, if it is near."""
    for at, one in islice(timeline.latest(), NEAR):
        if one.author != said.author and one.by_person:
            return at
    return None
