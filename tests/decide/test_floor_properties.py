"""What holds on the floor for any messages in any order. Promises to people are in `test_promises.py`."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.config.room_rule import RoomRule
from bot.config.settings import Limits
from bot.types import Author, Message, State, Turn
from tests.fakes.floors import Evening
from tests.fakes.talk import BOT, at, comment, line, post

TEXTS = ("good morning", "does it rise?", "@mochi help?", "Ben: did you try rye?", "@cameo @mochi", "thanks!", "")
WHO: tuple[str | Author, ...] = ("Ana", "Ben", "Eve", BOT)
Happening = tuple[float, Message | tuple[str, str]]
"""Seconds, and what is heard or (what is done, to what)."""
LIMITS = Limits(replies_per_member_hour=3, replies_per_room_hour=5)
GAPS = st.sampled_from((0.0, 0.5, 1.9, 2.1, 30.0, 61.0, 1000.0, 50_000.0))
RULES = st.builds(
    RoomRule,
    match=st.just("*"),
    join=st.sampled_from(("mentions", "unanswered", "unanswered", "every_post")),
    posts=st.sampled_from(("inviting", "all")),
    hold=st.sampled_from(("auto", 1.0)),
    share_of_voice=st.sampled_from((0.0, 0.2, 0.5, 1.0)),
)


@st.composite
def evenings(draw: st.DrawFn) -> list[Happening]:
    """Events in sequence, with the seconds at which they happen."""
    moment = 0.0
    happened: list[Happening] = []
    posts: list[str] = []
    for number in range(draw(st.integers(2, 25))):
        moment += draw(GAPS)
        kind = draw(st.sampled_from(("post", "post", "comment", "line", "edit", "delete", "tick", "tick", "say")))
        who, text = draw(st.sampled_from(WHO)), draw(st.sampled_from(TEXTS))
        if kind == "post" or (kind != "line" and not posts):
            posts.append(f"m{number}")
            happened.append((moment, post(f"m{number}", who, text, moment)))
        elif kind == "comment":
            happened.append((moment, comment(f"m{number}", draw(st.sampled_from(posts)), who, text, moment)))
        elif kind == "line":
            posts.append(f"m{number}")
            happened.append((moment, line(f"m{number}", who, text, moment)))
        else:
            happened.append((moment, (kind, draw(st.sampled_from(posts)))))
    return happened


def play(room: Evening, moment: float, what: Message | tuple[str, str]) -> list[Turn]:
    if isinstance(what, Message):
        return room.hear(what)
    kind, about = what
    if kind == "edit":
        return room.edit(about, "never mind", moment)
    if kind == "delete":
        return room.delete(about)
    turn = room.turns.get(about)
    if turn is None or not turn.state.is_open:
        return []
    if kind == "tick":
        return room.tick(about, moment)
    return [] if turn.state is State.WAITING else room.say(about, moment)


@settings(max_examples=60)
@given(evenings(), RULES)
def test_a_restart_before_each_event_changes_no_decision(happened: list[Happening], rule: RoomRule) -> None:
    through, restarted = Evening(rule, LIMITS), Evening(rule, LIMITS)
    for moment, what in happened:
        restarted.restart()
        assert play(through, moment, what) == play(restarted, moment, what)


@settings(max_examples=60)
@given(evenings(), RULES)
def test_what_comes_later_changes_no_decision(happened: list[Happening], rule: RoomRule) -> None:
    """Decisions never look ahead: each is the same as if nothing more had come."""
    room, played = Evening(rule, LIMITS), []
    for moment, what in happened:
        played.append([replace(turn) for turn in play(room, moment, what)])
    for end in (len(happened) // 2, len(happened) - 1):
        again = Evening(rule, LIMITS)
        assert [play(again, moment, what) for moment, what in happened[:end]] == played[:end]


@settings(max_examples=60)
@given(evenings(), RULES, st.lists(st.floats(-890, 1e7), min_size=25, max_size=25))
def test_the_platforms_clock_decides_nothing_but_what_is_too_old_and_what_is_a_burst(
    happened: list[Happening], rule: RoomRule, lies: list[float]
) -> None:
    honest, forged = Evening(rule, LIMITS), Evening(rule, LIMITS)
    for (moment, what), lie in zip(happened, lies, strict=False):
        lying = replace(what, at=what.at + timedelta(seconds=lie)) if isinstance(what, Message) else what
        play(honest, moment, what)
        play(forged, moment, lying)
    assume(State.MERGED not in {turn.state for turn in (*honest.turns.values(), *forged.turns.values())})
    uncalled = [trigger for trigger, turn in honest.turns.items() if not turn.addressed]
    assume(uncalled)
    decided = [[(room.turns[each].state, room.turns[each].decision) for each in uncalled] for room in (honest, forged)]
    assert decided[0] == decided[1]


@settings(max_examples=60)
@given(evenings(), RULES)
def test_each_message_of_others_gets_one_turn_and_each_turn_is_about_one(
    happened: list[Happening], rule: RoomRule
) -> None:
    room = Evening(rule, LIMITS)
    for moment, what in happened:
        play(room, moment, what)
    said = {what.id for _, what in happened if isinstance(what, Message)}
    assert set(room.turns) == said
    assert len({turn.id for turn in room.turns.values()}) == len(said)
    assert all(turn.at >= at(0) for turn in room.turns.values())
