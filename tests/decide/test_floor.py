"""The floor of a room, told as conversations: what is heard and when, and what becomes of each turn."""

from datetime import timedelta

import pytest

from bot.decide.budget import Budget
from bot.decide.floor import Floor
from bot.settings import Limits, RoomRule
from bot.types import Edit, State, Verdict
from tests.fakes.talk import BOT, FEED, US, at, comment, line, post

CATCH_UP = timedelta(minutes=15)


class Evening:
    """One room and its turns; `now` is in seconds after noon."""

    def __init__(self, join: str, limits: Limits | None = None, **rule):
        self.budget = Budget(limits or Limits())
        self.floor = Floor(FEED, RoomRule(match="*", join=join, **rule), ("cameo", "mochi"), self.budget, CATCH_UP)
        self.turns = {}

    def _keep(self, turns):
        for turn in turns:
            self.budget.fold(turn)
            self.turns[turn.trigger] = turn
        return turns

    def hear(self, *messages):
        for message in messages:
            self._keep(self.floor.hear(self.floor.recognise(message), message.heard))

    def tick(self, trigger, seconds):
        ticked = self.floor.tick(self.turns[trigger].id, at(seconds))
        if ticked:
            self._keep([ticked])

    def say(self, trigger, id, seconds, text="ours"):
        """The turn is written and sent, and heard as our own message."""
        turn = self.turns[trigger]
        for state in (State.WRITING, State.SENDING, State.SENT):
            turn = self.floor.move(_in(turn, state))
            self._keep([turn])
        self.floor.hear(comment(id, turn.thread.root, US, text, seconds, reply_to=trigger), at(seconds))

    def story(self):
        return {trigger: (str(turn.state), str(turn.decision.reason)) for trigger, turn in self.turns.items()}


def _in(turn, state):
    from dataclasses import replace

    return replace(turn, state=state)


def test_a_mention_is_answered_in_every_room():
    for join in ("mentions", "unanswered", "every_post"):
        room = Evening(join)
        room.hear(post("p", "Ana", "@mochi what rises faster?"))
        assert room.story() == {"p": ("due", "addressed")}
        assert room.turns["p"].decision.due == at(0)


def test_where_we_join_when_called_all_else_is_silence():
    room = Evening("mentions")
    room.hear(post("p", "Ana", "does it rise?"), comment("c", "p", "Ben", "yes"))
    assert room.story() == {"p": ("silent", "join_mentions"), "c": ("silent", "join_mentions")}


def test_people_go_first_and_a_persons_answer_ends_the_wait():
    room = Evening("unanswered", hold_minutes=1)
    room.hear(post("p", "Ana", "does it rise?"))
    assert room.story() == {"p": ("waiting", "holding")}
    assert room.turns["p"].decision.due == at(60)
    room.hear(comment("own", "p", "Ana", "anybody?", 10))  # her own second message answers nothing
    assert room.turns["p"].state is State.WAITING
    room.hear(comment("bot", "p", BOT, "sunny", 15))  # nor does a bot's
    assert room.turns["p"].state is State.WAITING
    room.hear(comment("c", "p", "Ben", "mine does", 20))
    assert room.story()["p"] == ("stopped", "someone_answered")
    assert room.turns["p"].decision.verdict is Verdict.SILENT
    room.tick("p", 60)
    assert room.story()["p"] == ("stopped", "someone_answered")


def test_nobody_answered_so_we_do_once():
    room = Evening("unanswered", hold_minutes=1)
    room.hear(post("p", "Ana", "does it rise?"))
    room.tick("p", 60)
    assert room.story()["p"] == ("due", "unanswered")
    room.say("p", "ours", 61)
    room.hear(comment("more", "p", "Ana", "really?", 70))
    assert room.story()["more"] == ("silent", "not_a_post")


def test_a_persons_answer_stops_us_while_we_write_but_not_while_we_send():
    room = Evening("unanswered", hold_minutes=1, share_of_voice=1.0)
    room.hear(post("p", "Ana", "does it rise?"), post("q", "Eve", "and rye?", 1))
    for trigger in ("p", "q"):
        room.tick(trigger, 61)
        room.floor.move(_in(room.turns[trigger], State.WRITING))
    room.floor.move(_in(room.turns["q"], State.SENDING))
    room.hear(comment("c", "p", "Ben", "mine does", 62), comment("d", "q", "Ben", "rye too", 63))
    assert room.story()["p"] == ("stopped", "someone_answered")
    assert room.floor.wanted(room.turns["q"].id).turn.state is State.SENDING


def test_in_a_timeline_any_other_voice_ends_the_wait():
    room = Evening("unanswered", hold_minutes=1)
    room.hear(line("l", "Ana", "does it rise?"), line("m", "Ben", "good morning", 5))
    assert room.story() == {"l": ("stopped", "someone_answered"), "m": ("silent", "not_a_post")}


def test_every_post_gets_its_comment_whatever_people_say():
    room = Evening("every_post")
    room.hear(post("p", "Ana", "my first loaf"), comment("c", "p", "Ben", "lovely", 1))
    assert room.story() == {"p": ("waiting", "holding"), "c": ("silent", "not_a_post")}
    room.tick("p", 2)
    assert room.story()["p"] == ("due", "every_post")


@pytest.mark.parametrize("author", [BOT])
def test_bots_are_never_answered_not_even_when_they_call(author):
    room = Evening("every_post")
    room.hear(post("p", author, "@mochi hello"))
    assert room.story() == {"p": ("silent", "from_bot")}


def test_our_own_words_and_history_make_no_turn():
    room = Evening("every_post")
    room.hear(post("p", US, "@mochi hello"), post("h", "Ana", "@mochi old", 1, history=True))
    assert room.story() == {}


def test_a_reply_to_us_calls_us():
    room = Evening("mentions")
    room.hear(post("p", "Ana", "@mochi hi"))
    room.say("p", "ours", 1)
    room.hear(comment("c", "p", "Ben", "is that so?", 2, reply_to="ours"))
    assert room.story()["c"] == ("due", "addressed")


def test_what_called_us_while_we_were_away_too_long_is_only_recorded():
    room = Evening("mentions")
    room.hear(post("old", "Ana", "@mochi hi", 1000, sent=at(0)), post("new", "Ana", "@mochi hi", 1001, sent=at(200)))
    assert room.story() == {"old": ("silent", "too_old"), "new": ("due", "addressed")}


def test_a_burst_is_answered_once_by_a_reply_to_its_last():
    room = Evening("mentions")
    room.hear(
        post("p", "Ana", "@mochi hi", 0),
        comment("a", "p", "Ana", "@mochi about rye", 1.5),
        comment("b", "p", "Ana", "@mochi it sinks", 3),
        comment("x", "p", "Ben", "@mochi me too", 3),
        comment("c", "p", "Ana", "@mochi still there?", 6),
    )
    assert room.story() == {
        "p": ("merged", "merged"),
        "a": ("merged", "merged"),
        "b": ("due", "addressed"),
        "x": ("due", "addressed"),
        "c": ("due", "addressed"),
    }
    assert room.turns["b"].decision.due == at(5)  # the burst may go on for two seconds more
    assert room.turns["c"].decision.due == at(6)


def test_what_is_being_sent_is_not_merged():
    room = Evening("mentions")
    room.hear(post("p", "Ana", "@mochi hi"))
    room.floor.move(_in(room.turns["p"], State.SENDING))
    room.hear(comment("a", "p", "Ana", "@mochi more", 1))
    assert room.story()["a"] == ("due", "addressed")
    assert room.floor.wanted(room.turns["p"].id).turn.state is State.SENDING


def test_deleted_and_edited():
    room = Evening("unanswered", hold_minutes=1)
    room.hear(post("p", "Ana", "@mochi hi"), post("q", "Ben", "does it rise?", 1), post("r", "Eve", "and rye?", 2))
    room._keep(room.floor.delete("q"))
    assert room.story()["q"] == ("stopped", "deleted")
    room.floor.move(_in(room.turns["p"], State.WRITING))
    room._keep(room.floor.edit(Edit(FEED, "p", "@mochi bye", at(3))))
    assert room.story()["p"] == ("due", "addressed")  # begins anew, on the new text
    assert room.floor.wanted(room.turns["p"].id).message.text == "@mochi bye"
    room.tick("r", 62)
    room._keep(room.floor.edit(Edit(FEED, "r", "never mind", at(63))))
    assert room.story()["r"] == ("stopped", "edited")


def test_over_a_members_limit_one_honest_line_and_then_an_emoji():
    room = Evening("mentions", Limits(replies_per_member_hour=1))
    room.hear(post("p", "Ana", "@mochi one", 0))
    room.say("p", "ours", 1)
    room.hear(post("q", "Ana", "@mochi two", 10), post("r", "Ana", "@mochi three", 20), post("s", "Ben", "@mochi", 21))
    assert room.story()["q"] == ("due", "member_limit")
    assert (room.turns["q"].sign, room.turns["r"].sign) == ("", "⏳")
    assert room.story()["s"] == ("due", "addressed")
    room.hear(post("t", "Ana", "@mochi an hour later", 3602))
    assert room.story()["t"] == ("due", "addressed")


def test_over_the_rooms_limit_nothing_unprompted():
    room = Evening("every_post", Limits(replies_per_room_hour=1))
    room.hear(post("p", "Ana", "@mochi one", 0))
    room.say("p", "ours", 1)
    room.hear(post("q", "Ben", "a loaf", 10), post("r", "Ben", "@mochi two", 20))
    room.tick("q", 12)
    assert room.story()["q"] == ("stopped", "room_limit")
    assert room.story()["r"] == ("due", "room_limit")


def test_once_the_days_money_is_spent_nothing_unprompted():
    room = Evening("every_post", Limits(usd_per_day=0.5))
    room.hear(post("p", "Ana", "a loaf"))
    assert room.budget.reserve("another turn", 0.5, at(1))
    room.tick("p", 2)
    assert room.story() == {"p": ("stopped", "budget")}


def test_what_is_meant_for_others_is_left_alone():
    room = Evening("unanswered")
    room.hear(post("p", "Ana", "Ben: did you try rye?"), post("q", "Ana", "did you?", 1, mentions=("id-ben",)))
    assert set(room.story().values()) == {("silent", "meant_for_others")}


def test_our_share_of_the_voices_holds():
    room = Evening("every_post", share_of_voice=0.2)
    for number in range(20):
        room.hear(post(f"p{number}", f"Member{number}", "a loaf", number * 10))
        if room.turns[f"p{number}"].state is State.WAITING:
            room.tick(f"p{number}", number * 10 + 2)
        if room.turns[f"p{number}"].state is State.DUE:
            room.say(f"p{number}", f"ours{number}", number * 10 + 3)
        ours, everything = room.floor.state.voices(50)
        assert ours <= max(1, 0.2 * everything)
    assert sum(turn.state is State.SENT for turn in room.turns.values()) == 5  # of 25 messages
