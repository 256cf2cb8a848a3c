"""What holds on the floor whatever is heard, in whatever order."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.decide.budget import Budget
from bot.decide.floor import Floor
from bot.settings import Limits, RoomRule
from bot.types import Edit, Message, State
from tests.fakes.talk import BOT, FEED, US, at, comment, line, post

TEXTS = ("good morning", "does it rise?", "@mochi help?", "Ben: did you try rye?", "@cameo @mochi", "")
WHO = ("Ana", "Ben", "Eve", BOT)


@st.composite
def evenings(draw):
    """Things that happen, one after another, with the seconds at which they do."""
    moment, happened, posts = 0.0, [], []
    for number in range(draw(st.integers(1, 25))):
        moment += draw(st.sampled_from((0.0, 0.5, 1.9, 2.1, 30.0, 61.0, 1000.0)))
        kind = draw(st.sampled_from(("post", "post", "comment", "line", "edit", "delete", "tick", "tick", "say")))
        who, text = draw(st.sampled_from(WHO)), draw(st.sampled_from(TEXTS))
        sent = at(moment + draw(st.sampled_from((0.0, -5.0, -2000.0, 10_000.0))))  # the platform's clock may lie
        if kind == "post" or (kind != "line" and not posts):
            posts.append(f"m{number}")
            happened.append((moment, post(f"m{number}", who, text, moment, sent=sent)))
        elif kind == "comment":
            happened.append((moment, comment(f"m{number}", draw(st.sampled_from(posts)), who, text, moment, sent=sent)))
        elif kind == "line":
            happened.append((moment, line(f"m{number}", who, text, moment, sent=sent)))
        else:
            happened.append((moment, (kind, draw(st.sampled_from(posts)))))
    return happened


class Evening:
    """Plays what happened on a floor and keeps, as the store does, what a restart needs."""

    def __init__(self, rule: RoomRule):
        self.rule, self.kept, self.turns = rule, {}, {}
        self._open_floor([])

    def _open_floor(self, open_turns):
        self.budget = Budget(Limits(replies_per_member_hour=3, replies_per_room_hour=5))
        self.budget.restart(self.turns.values())
        self.floor = Floor(FEED, self.rule, ("cameo", "mochi"), self.budget, timedelta(minutes=15))
        self.floor.restore(self.kept.values(), open_turns)

    def restart(self):
        self._open_floor([(turn, self.kept[turn.trigger]) for turn in self.turns.values() if turn.state.is_open])

    def play(self, moment, what):
        if isinstance(what, Message):
            return self._hear(what)
        kind, about = what
        if kind == "edit":
            return self._keep(self._edit(about, moment))
        if kind == "delete":
            self.kept.pop(about, None)
            return self._keep(self.floor.delete(about))
        turn = self.turns.get(about)
        if turn is None or not turn.state.is_open:
            return []
        if kind == "tick":
            ticked = self.floor.tick(turn.id, at(moment))
            return self._keep([ticked] if ticked else [])
        return self._say(turn, moment)

    def _hear(self, message):
        recognised = self.floor.recognise(message)
        self.kept[message.id] = recognised
        return self._keep(self.floor.hear(recognised, message.heard))

    def _edit(self, about, moment):
        if about not in self.kept:
            return []
        self.kept[about] = replace(self.kept[about], text="never mind")
        return self.floor.edit(Edit(FEED, about, "never mind", at(moment)))

    def _say(self, turn, moment):
        if turn.state is State.WAITING:
            return []
        sent = [self.floor.move(replace(turn, state=State.SENT, reply_id=f"re-{turn.trigger}"))]
        ours = comment(f"re-{turn.trigger}", turn.thread.root, US, "ours", moment, reply_to=turn.trigger)
        return self._keep(sent) + self._hear(replace(ours, thread=turn.thread))

    def _keep(self, turns):
        for turn in turns:
            self.turns[turn.trigger] = turn
            self.budget.fold(turn)
        return turns


RULES = st.builds(
    RoomRule,
    match=st.just("*"),
    join=st.sampled_from(("mentions", "unanswered", "every_post")),
    hold_minutes=st.just(1.0),
    share_of_voice=st.sampled_from((0.0, 0.2, 0.5, 1.0)),
)


@given(evenings(), RULES, st.integers(0, 25))
def test_a_restart_at_any_moment_changes_no_decision(happened, rule, cut):
    through, restarted = Evening(rule), Evening(rule)
    for number, (moment, what) in enumerate(happened):
        if number == cut:
            restarted.restart()
        assert through.play(moment, what) == restarted.play(moment, what)


@given(evenings(), RULES)
def test_what_never_happens(happened, rule):
    evening = Evening(rule)
    authors = {what.id: what.author for _, what in happened if isinstance(what, Message)}
    for moment, what in happened:
        before = dict(evening.turns)
        for turn in evening.play(moment, what):
            old = before.get(turn.trigger)
            assert old is None or old.state.is_open, "a final turn came back"
            if turn.state not in (State.SILENT, State.STOPPED):
                assert not authors[turn.trigger].is_bot, "a bot was answered"
    unprompted = [turn for turn in evening.turns.values() if turn.state is State.SENT and not turn.addressed]
    in_threads = [turn.thread.root for turn in unprompted if turn.thread.root is not None]
    assert len(in_threads) == len(set(in_threads)), "unprompted twice in a thread"
    ours, everything = evening.floor.state.voices(50)
    assert ours <= max(1 if rule.share_of_voice else 0, rule.share_of_voice * everything)
