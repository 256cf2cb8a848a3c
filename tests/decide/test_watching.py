"""The last gate in a watched room: what it keeps of a turn, and that its word counts as said."""

from dataclasses import replace

import pytest

from bot.decide.reasons import Reason
from bot.decide.watching import unsaid, withheld
from bot.types import State, Turn, Usage, Verdict
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import at, comment, line, post


def due(evening: Evening, trigger: str) -> Turn:
    opened = evening.floor.wanted(evening.turns[trigger].id)
    assert opened is not None and opened.turn.state is State.DUE
    return opened.turn


def withhold(evening: Evening, trigger: str, seconds: float) -> Turn:
    turn = due(evening, trigger)
    ended = evening.floor.move(withheld(turn, Reason.WATCHING, at(seconds)))
    if (word := unsaid(turn, at(seconds))) is not None:
        evening.hear(word)
    return ended


@pytest.mark.parametrize("judge", [None, "small"])
@pytest.mark.parametrize(("text", "reason"), [("does it rise?", "unanswered"), ("@mochi does it rise?", "addressed")])
def test_a_withheld_turn_tells_why_and_when_it_would_have_spoken(text: str, reason: str, judge: str | None) -> None:
    evening = Evening(rule_of("watch", hold=1.0))
    evening.hear(post("p", "Ana", text))
    if reason == "unanswered":
        evening.tick("p")
    turn = replace(due(evening, "p"), text="draft", usage=Usage(cost_usd=1.0))
    ended = withheld(turn, Reason.WATCHING, at(61), judge)
    assert (ended.state, ended.decision.verdict, ended.decision.reason) == (State.SILENT, Verdict.SILENT, "watching")
    asks = {"judge": judge} if judge and reason == "unanswered" else {}
    assert ended.decision.facts["would"] == {"reason": reason, "at": at(61).isoformat(), **asks}
    assert ended.decision.facts.items() >= turn.decision.facts.items()
    assert (ended.text, ended.sign, ended.usage) == ("", "", turn.usage)


def test_the_unsaid_word_has_no_text_and_an_emoji_is_none() -> None:
    evening = Evening(rule_of("watch", emoji_instead=True))
    evening.hear(post("p", "Ana", "@mochi does it rise?"), post("q", "Ben", "thanks, mochi!"))
    word = unsaid(due(evening, "p"), at(5))
    assert word is not None and (word.text, word.reply_to, word.author.is_self) == ("", "p", True)
    assert due(evening, "q").sign and unsaid(due(evening, "q"), at(5)) is None


def test_an_unsaid_word_is_the_last_word_until_somebody_else_has_written() -> None:
    evening = Evening(rule_of("watch", hold=1.0, share_of_voice=1.0))
    evening.hear(line("l", "Ana", "does it rise?"), line("m", "Ben", "who has a spare jar?", 1))
    evening.tick("l", 61)
    withhold(evening, "l", 61)
    evening.tick("m", 62)
    assert evening.story()["m"] == ("waiting", "two_in_a_row")


def test_an_unsaid_word_counts_in_the_share_of_voice() -> None:
    evening = Evening(rule_of("watch", hold=1.0, share_of_voice=0.02))
    evening.hear(post("p", "Ana", "does it rise?"), post("q", "Ben", "who has a jar?"))
    evening.tick("p", 61)
    withhold(evening, "p", 61)
    evening.tick("q", 62)
    assert evening.story()["q"] == ("stopped", "share_of_voice")


def test_nobody_goes_on_talking_with_what_was_not_said() -> None:
    evening = Evening(rule_of("watch", conversation_minutes=10.0))
    evening.hear(post("p", "Ana", "@mochi does it rise?"))
    withhold(evening, "p", 5)
    evening.hear(comment("c", "p", "Ana", "and rye?", 5), comment("d", "p", "Ana", "or oats?", 20, sent=at(1)))
    assert not evening.turns["c"].addressed and not evening.turns["d"].addressed
