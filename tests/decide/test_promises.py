"""The promises, under any events: two floors of the same room hear hostile events in any order, and one of them is
restarted now and then. They must agree, and plain code counts what was said."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.config.room_rule import RoomRule
from bot.types import Author, Message, State, Thread, Turn, Verdict
from tests.fakes.floors import CATCH_UP, Evening
from tests.fakes.talk import BOT, FEED, at, said_in

WINDOW = 50
DAY = 86_400.0  # seconds
OTHER_BOT = Author("id-echo", "Echo", is_bot=True)
BOTS = (BOT, OTHER_BOT)
PEOPLE = ("Ana", "Ben", "Eve")
TEXTS = (
    "does it rise?",
    "how do I keep a starter alive in winter?",
    "thanks!",
    "@mochi what rises faster?",
    "@cameo @mochi",
    "Ben: did you try rye?",
    "in the oven, with only the light on",
    "!roll",
    "weiß jemand, wie das geht?",
    "das Brot ist gut geworden",
    "any rye?",
    "free nitro for the first ten at https://gift.example/",
    "free nitro for the first nine at https://gift.example/9 🎉",
    "my dog died last night, what now?",
    "",
)
NIGHT = (time(22), time(7))
RULES = st.builds(
    RoomRule,
    match=st.just("*"),
    join=st.sampled_from(("unanswered", "unanswered", "unanswered", "every_post", "every_post", "mentions")),
    posts=st.sampled_from(("inviting", "all")),
    coverage=st.sampled_from((1.0, 0.5)),
    hold=st.sampled_from(("auto", "auto", 1.0)),
    share_of_voice=st.sampled_from((0.0, 0.1, 0.2, 0.35, 0.5, 1.0)),
    conversation_minutes=st.sampled_from((10.0, 10.0, 0.0)),
    quiet_hours=st.sampled_from((None, None, NIGHT)),
    time_zone=st.sampled_from((ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai"))),
)
GAPS = st.sampled_from((0.0, 0.3, 1.9, 2.1, 20.0, 61.0, 700.0))
JUMPS = st.sampled_from((1.0, 9.0, 70.0, 700.0, 4000.0, 20_000.0, 90_000.0))
# seconds by which the platform's clock is wrong
FORGED = st.sampled_from((0.0, 0.0, 0.0, -5.0, -2000.0, 40_000.0, 1e9))
PLACE = st.integers(-2, 5)  # below 0: the timeline; else one of the latest threads


@dataclass(frozen=True)
class Word:
    """A message: where, when by our own clock, and whether it is ours."""

    id: str
    root: str | None
    at: float
    who: str


class Promises(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.time, self.count = 0.0, 0
        self.roots: list[str] = []
        self.words: list[Word] = []
        self.asked: dict[str, Message] = {}

    @initialize(rule=RULES, history=st.lists(st.tuples(st.sampled_from(PEOPLE), FORGED), max_size=4))
    def begin(self, rule: RoomRule, history: list[tuple[str, float]]) -> None:
        self.rule = rule
        self.through, self.restarted = Evening(rule), Evening(rule)
        for who, forged in history:
            self._hear(Thread(FEED), who, "hello", history=True, sent=at(forged - 4000))

    # --- what happens --------------------------------------------------------------------------

    @rule(
        place=PLACE,
        who=st.sampled_from((*PEOPLE, *BOTS)),
        text=st.sampled_from(TEXTS),
        gap=GAPS,
        forged=FORGED,
        starts=st.booleans(),
    )
    def somebody_speaks(
        self, place: int, who: str | Author, text: str, gap: float, forged: float, starts: bool
    ) -> None:
        """Some platforms say of every message in a thread that it starts the thread."""
        self._go_on(gap)
        thread = self._place(place)
        starts_thread = starts and thread.root is not None
        self._hear(thread, who, text, sent=at(self.time + forged), starts_thread=starts_thread)

    @rule(who=st.sampled_from((*PEOPLE, BOT)), text=st.sampled_from(TEXTS), gap=GAPS, forged=FORGED)
    def somebody_posts(self, who: str | Author, text: str, gap: float, forged: float) -> None:
        self._go_on(gap)
        self.roots.append(f"m{self.count}")
        self._hear(Thread(FEED, self.roots[-1]), who, text, sent=at(self.time + forged), starts_thread=True)

    @rule(many=st.integers(2, 12), gap=GAPS, in_threads=st.booleans())
    def many_ask(self, many: int, gap: float, in_threads: bool) -> None:
        for number in range(many):
            self._go_on(gap)
            if in_threads:
                self.roots.append(f"m{self.count}")
            place = Thread(FEED, self.roots[-1] if in_threads else None)
            self._hear(place, f"Asker{number}", "does anybody know how long it rests?", starts_thread=in_threads)

    @rule(many=st.sampled_from((3, 20, 60)), place=PLACE, gap=st.sampled_from((0.0, 1.0, 40.0)))
    def a_crowd_chats(self, many: int, place: int, gap: float) -> None:
        for number in range(many):
            self._go_on(gap)
            self._hear(self._place(place), f"Guest{number % 7}", "so it is")

    @precondition(lambda self: self.words)
    @rule(back=st.integers(0, 8), who=st.sampled_from(PEOPLE), text=st.sampled_from(TEXTS), gap=GAPS)
    def somebody_replies(self, back: int, who: str, text: str, gap: float) -> None:
        self._go_on(gap)
        word = self.words[-1 - back % len(self.words)]
        self._hear(Thread(FEED, word.root), who, text, reply_to=word.id)

    @rule(gap=GAPS)
    def bots_answer_all_we_say(self, gap: float) -> None:
        for word in [word for word in self.words[-30:] if word.who != "person"][-3:]:
            for bot in BOTS:
                self._go_on(gap)
                self._hear(Thread(FEED, word.root), bot, "@mochi indeed", reply_to=word.id, mentions=("cameo",))

    @precondition(lambda self: self.words)
    @rule(back=st.integers(0, 30), what=st.sampled_from(("edit", "delete", "replay")), text=st.sampled_from(TEXTS))
    def a_message_changes(self, back: int, what: str, text: str) -> None:
        about = self.words[-1 - back % len(self.words)].id
        if what == "edit":
            self._both(lambda room: room.edit(about, text, self.time))
        elif what == "delete":
            self._both(lambda room: room.delete(about))
        else:
            assert self._both(lambda room: room.hear(room.kept.messages[about])) == []

    @rule(seconds=JUMPS)
    def time_passes(self, seconds: float) -> None:
        self._go_on(seconds)

    @rule(latest_first=st.booleans())
    def holds_are_over(self, latest_first: bool) -> None:
        """Everything due by now, and the next due turn, is decided again."""
        waiting = sorted(self._in(State.WAITING), key=self.through.due, reverse=latest_first)
        if waiting and not any(self.through.due(trigger) <= self.time for trigger in waiting):
            self.time = min(map(self.through.due, waiting))
        for trigger in waiting:
            if trigger in self._in(State.WAITING) and self.through.due(trigger) <= self.time:
                self._tick(trigger)

    @rule(most=st.sampled_from((1, 100)), latest_first=st.booleans())
    def we_write(self, most: int, latest_first: bool) -> None:
        for trigger in self._pick(State.DUE, most, latest_first):
            self._move(trigger, State.WRITING)

    @rule(most=st.sampled_from((1, 100)), latest_first=st.booleans(), passes=st.sampled_from((False, False, True)))
    def it_is_written(self, most: int, latest_first: bool, passes: bool) -> None:
        state = State.PASSED if passes else State.SENDING
        for trigger in self._pick(State.WRITING, most, latest_first):
            self._move(trigger, state)

    @rule(most=st.sampled_from((1, 100)), latest_first=st.booleans(), gap=GAPS, is_echo=st.booleans())
    def it_stands_there(self, most: int, latest_first: bool, gap: float, is_echo: bool) -> None:
        """Sometimes the platform delivers our own message before it answers the request that sent it."""
        for trigger in self._pick(State.SENDING, most, latest_first):
            self._go_on(gap)
            if not is_echo:
                self._move(trigger, State.SENT)
            turn = self.through.turns[trigger]
            self._say(self.through.ours(trigger, self.time), "us, called" if turn.addressed else "us")

    @rule(most=st.sampled_from((1, 100)), latest_first=st.booleans(), gap=GAPS)
    def it_surely_never_left(self, most: int, latest_first: bool, gap: float) -> None:
        for trigger in self._pick(State.SENDING, most, latest_first):
            self._both(partial(Evening.put_back, trigger=trigger, seconds=self.time + gap))

    @rule(latest_first=st.booleans())
    def we_are_quick(self, latest_first: bool) -> None:
        self.we_write(100, latest_first)
        self.it_is_written(100, latest_first, False)
        self.it_stands_there(100, latest_first, 0.3, False)

    @rule(at_once=st.booleans())
    def all_that_waits_is_said(self, at_once: bool) -> None:
        """One after another as they fall due, or all together when the last is due."""
        if at_once and (waiting := self._in(State.WAITING)):
            self.time = max(self.time, *map(self.through.due, waiting))
        for _ in range(20):
            self.holds_are_over(False)
            self.we_are_quick(False)

    @rule(chat=st.sampled_from((0, 30, 45)))
    def a_rush(self, chat: int) -> None:
        """Many posts at once, and all our replies together when their holds are over."""
        self.a_crowd_chats(chat, -1, 1.0)
        self.many_ask(12, 0.3, True)
        self.all_that_waits_is_said(True)

    @rule()
    def a_restart(self) -> None:
        self.restarted.restart()

    # --- what is promised ----------------------------------------------------------------------

    def _look(self, turns: list[Turn], before: dict[str, Turn]) -> None:
        for turn in turns:
            asked = self.through.kept.triggers.get(turn.id, turn.trigger)  # a turn may lose its trigger
            old, trigger = before.get(asked), self.asked.get(asked)
            assert old is None or old.state.is_open, "a final turn came back"
            assert trigger is not None, "nobody said that"
            if turn.state in (State.SILENT, State.STOPPED, State.MERGED):
                if old is not None and old.addressed:
                    assert turn.state is State.MERGED or turn.decision.reason == "deleted", "a call got no answer"
                continue
            assert not trigger.author.is_bot, "a bot was answered"
            if turn.state is State.DUE and not turn.addressed:
                assert not self._is_quiet(at(self.time)), "spoke in quiet hours"

    def _look_at_the_call(self, message: Message, turns: list[Turn]) -> None:
        ours = {word.id for word in self.words if word.who.startswith("us")}
        calls = "@mochi" in message.text or "@cameo" in message.text or message.reply_to in ours
        if calls and not (message.author.is_bot or message.history) and message.at >= message.heard - CATCH_UP:
            turn = next(turn for turn in turns if turn.trigger == message.id)
            assert (turn.state, turn.decision.verdict, turn.addressed) == (State.DUE, Verdict.SPEAK, True)

    def _is_quiet(self, now: datetime) -> bool:
        zone = self.rule.time_zone
        clock = (now.astimezone(zone) - timedelta(hours=7)).hour  # the night from 22 to 7, as hours from 15 on
        return self.rule.quiet_hours is not None and clock >= 15

    def teardown(self) -> None:
        if self.words:
            ours = [word.who == "us" for word in self.words]
            self._each_window_of_50_keeps_the_share(ours)
            self._each_day_of_50_keeps_the_share(ours)
            self._once_a_thread_and_never_twice_in_a_row()

    def _each_window_of_50_keeps_the_share(self, ours: list[bool]) -> None:
        sums = [0, *accumulate(ours)]
        for end in range(1, len(sums)):
            count, share = min(end, WINDOW), self.rule.share_of_voice
            first = 1 if count < WINDOW and share * WINDOW >= 1 else 0  # we may speak once in a new room
            assert sums[end] - sums[end - count] <= max(first, share * count + 1e-9)

    def _each_day_of_50_keeps_the_share(self, ours: list[bool]) -> None:
        sums, times = [0, *accumulate(ours)], [word.at for word in self.words]
        for begin, moment in enumerate(times):
            for end in range(begin + WINDOW, bisect_right(times, moment + DAY) + 1):
                assert sums[end] - sums[begin] <= self.rule.share_of_voice * (end - begin) + 1e-9

    def _once_a_thread_and_never_twice_in_a_row(self) -> None:
        spoken = Counter(word.root for word in self.words if word.who == "us" and word.root is not None)
        assert all(count == 1 for count in spoken.values())
        for root in {word.root for word in self.words}:
            here = [word.who for word in self.words if word.root == root]
            assert ("us", "us") not in pairwise(here)

    # --- inside --------------------------------------------------------------------------------

    def _both(self, does: Callable[[Evening], list[Turn]]) -> list[Turn]:
        before = dict(self.through.turns)
        turns, others = does(self.through), does(self.restarted)
        assert turns == others, "a restart has changed a decision"
        self._look(turns, before)
        return turns

    def _move(self, trigger: str, state: State) -> None:
        self._both(lambda room: room.move(trigger, state))

    def _tick(self, trigger: str) -> None:
        self._both(lambda room: room.tick(trigger, self.time))

    def _hear(self, thread: Thread, who: str | Author, text: str, **more: Any) -> None:
        message = said_in(thread, f"m{self.count}", who, text, self.time, **more)
        self.count += 1
        self._look_at_the_call(message, self._say(message, "bot" if message.author.is_bot else "person"))

    def _say(self, message: Message, who: str) -> list[Turn]:
        if message.id not in self.asked:
            moment = min(message.at, message.heard) if message.history else message.heard
            self.words.append(Word(message.id, message.thread.root, (moment - at(0)).total_seconds(), who))
            self.asked[message.id] = message
        return self._both(lambda room: room.hear(message))

    def _place(self, place: int) -> Thread:
        return Thread(FEED, self.roots[-1 - place % len(self.roots)] if place >= 0 and self.roots else None)

    def _in(self, state: State) -> list[str]:
        return [trigger for trigger, turn in self.through.turns.items() if turn.state is state]

    def _pick(self, state: State, most: int, latest_first: bool) -> list[str]:
        found = self._in(state)
        return (found[::-1] if latest_first else found)[:most]

    def _go_on(self, seconds: float) -> None:
        self.time += seconds


Promises.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
test_what_is_promised = Promises.TestCase
