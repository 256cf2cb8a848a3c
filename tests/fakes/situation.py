"""Test input for the gates: messages before and since, and what was spent."""

from dataclasses import dataclass, field, replace

from bot.config.room_rule import RoomRule
from bot.config.settings import Limits
from bot.decide.ask import Ask
from bot.decide.budget import Budget
from bot.types import Decision, Message, State, Thread, Turn, Usage, Verdict
from tests.fakes.floors import CATCH_UP, floor_of
from tests.fakes.shipped import reference
from tests.fakes.talk import FEED, US, at, comment, line, post

MINUTE = 60


@dataclass(frozen=True)
class Situation:
    """`before` and `since` are messages before and after the message; `replies` are ours in this hour, `usd` their
    cost. `in_peace`: ids of members who want no uncalled answers."""

    message: Message
    before: tuple[Message, ...] = ()
    since: tuple[Message, ...] = ()
    seconds: float = 0
    replies: int = 0
    usd: float = 0.0
    underway: int = 0
    underway_here: int = 0
    lot: float = 0.0
    in_peace: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=lambda: Limits(replies_per_member_hour=3, replies_per_room_hour=4))

    def ask(self, rule: RoomRule) -> Ask:
        budget = Budget(self.limits)
        floor = floor_of(rule, budget)
        floor.state.wants_quiet = self.in_peace.__contains__
        for message in self.before:
            floor.state.fold(message)
        heard = floor.state.fold(self.message)
        floor.state.posts.open(heard.said, heard.position, heard.links)
        for message in self.since:
            floor.state.fold(message)
        for number in range(self.replies):
            budget.fold(reply(f"t{number}", self.message.author.id, self.usd / self.replies))
        return Ask(
            self.message, floor.state, rule, floor.zone, reference(), budget, at(self.seconds), CATCH_UP, self.lot,
            heard, self.underway, self.underway_here,
        )  # fmt: skip


def reply(id: str, member: str, usd: float) -> Turn:
    spoken = Decision(Verdict.SPEAK, "addressed")
    return Turn(id, Thread(FEED), id, member, "mochi", spoken, State.SENT, at(-1), usage=Usage(cost_usd=usd))


def called(message: Message) -> Message:
    return replace(message, addressed=True)


ASKED, ASKED_IN_TIMELINE = post("m", "Ana", "does it rise?"), line("m", "Ana", "does it rise?")
STATED = post("m", "Ana", "it rises")
LATE = post("m", "Ana", "does it rise?", sent=at(-16 * MINUTE))
OURS = comment("o", "m", US, "mine does", 1)  # unprompted: answers no call
ANSWER = comment("a", "m", "Ben", "mine does", 1)
BEN = line("b", "Ben", "hm", -100)  # makes Ben known


def talk(count: int, ours: int = 0) -> tuple[Message, ...]:
    """So many messages about other things: first `ours` unprompted ones of ours, then people's."""
    people = [comment(f"x{n}", "other", "Ben", "hm", n - 900) for n in range(count - ours)]
    return (*(comment(f"y{n}", "other", US, "hm", n - 950, reply_to=f"z{n}") for n in range(ours)), *people)
