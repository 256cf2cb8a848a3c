"""How a decision came about, for members on the page: without settings, codes, ids and costs.

Moments and messages are left to the page, which shows them in the reader's zone, and in the words of who wrote them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.config.model_settings import POINTER
from bot.decide.chosen import CHOSEN
from bot.explain.chain import FACT_LINES, FACT_SENTENCES, MISFITS, Line, Tongue, hold_in_words
from bot.explain.chosen import because
from bot.explain.words import Words
from bot.types import State, Turn

GATED = ("signals", "asked", "hold", "asked_again")  # in order; what they say is for members, too, but for the hold
NUMBERS = ("opens", "answered", "voice", "limit")


@dataclass(frozen=True, slots=True)
class MemberStep:
    """`passed` is a rule's answer, None if it is no rule. `text` may have `{at}`, the moment `at`. `message` is the id
    of a message to quote."""

    label: str
    text: str
    passed: bool | None = None
    at: datetime | None = None
    message: str = ""


def member_steps(turn: Turn, asked: str, words: Words, language: str = "en") -> list[MemberStep]:
    """The steps of the decision about a message, when somebody asks about the message `asked`: that one, or our reply
    to it. Facts that can't be understood are left out."""
    tongue = Tongue(words, language)
    called = [MemberStep(tongue.say("label.signals"), tongue.say("called"))] if turn.addressed else []
    return [*called, *_rules(turn, tongue), *_numbers(turn, tongue), *_result(turn, asked, tongue)]


def _rules(turn: Turn, tongue: Tongue) -> Iterator[MemberStep]:
    for key in GATED:
        if key in turn.decision.facts:
            try:
                lines = list(_lines(key, turn, tongue))
            except MISFITS:
                continue
            yield from (MemberStep(line.label, line.text, line.passed) for line in lines)


def _lines(key: str, turn: Turn, tongue: Tongue) -> Iterator[Line]:
    fact = turn.decision.facts[key]
    if key != "hold":
        yield from FACT_LINES[key](fact, turn, tongue)
        return
    told = {"seconds": fact["seconds"]} if fact.get("how") == "fixed" else {**fact, "at": None}
    yield Line(tongue.say("label.hold"), hold_in_words(told, tongue))


def _numbers(turn: Turn, tongue: Tongue) -> Iterator[MemberStep]:
    facts, label = turn.decision.facts, tongue.say("label.numbers")
    for key in NUMBERS:
        if key in facts:
            try:
                yield MemberStep(label, FACT_SENTENCES[key](facts[key], tongue))
            except MISFITS:
                continue
    yield from _choices(facts.get(CHOSEN, {}), tongue)
    try:
        until = datetime.fromisoformat(facts["quiet_until"])
    except MISFITS:
        return
    yield MemberStep(label, tongue.say("quiet_until", at="{at}"), at=until)


def _choices(fact: Any, tongue: Tongue) -> Iterator[MemberStep]:
    """The choices of managers that decided, without who made them."""
    try:
        nameless = {key: {**one, "by": ""} for key, one in fact.items()}
        told = list(because(nameless, tongue.words, tongue.language))
    except MISFITS:
        return
    yield from (MemberStep(tongue.say("label.chosen"), text) for text in told)


def _result(turn: Turn, asked: str, tongue: Tongue) -> Iterator[MemberStep]:
    label = tongue.say("label.result")
    if turn.state is State.WAITING and turn.decision.due:
        yield MemberStep(label, tongue.say("until", at="{at}"), at=turn.decision.due)
    else:
        yield MemberStep(label, tongue.say(f"state.{turn.state}"))
    if ended_by := turn.decision.facts.get("ended_by"):
        yield MemberStep(label, tongue.say("ended_here"), message=str(ended_by))
    if turn.reply_id and turn.reply_id != asked:
        yield MemberStep(label, tongue.say("replied_here"), message=turn.reply_id)
    if turn.trigger not in (asked, turn.id):
        yield MemberStep(label, tongue.say("about_here"), message=turn.trigger)
    if turn.model == POINTER:
        yield MemberStep(
            label, tongue.say("points_here" if turn.points_at else "points_nowhere"), message=turn.points_at
        )
    elif turn.model:
        yield MemberStep(label, tongue.say("written_by", model=turn.model))
