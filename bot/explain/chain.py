"""Why, in words: the sentence for a turn's reason, and the chain that led to it.

A turn's facts are what was known when it was decided (`Decision.facts`). Facts stored by another version may be missing
or new, so each one is optional, and a fact that is not understood is shown raw.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bot.config.model_settings import POINTER
from bot.decide.chosen import CHOSEN
from bot.decide.reasons import Reason
from bot.explain.chosen import because
from bot.explain.words import Words
from bot.types import State, Turn, Usage

To = Literal["member", "manager"]
AUDIENCES: tuple[To, ...] = ("member", "manager")
Facts = Mapping[str, Any]

MISFITS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)  # raised by a fact of another shape
LONGEST_RAW = 200  # characters of a fact that is shown raw: three lines of a terminal
BEFORE_ANY_GATE = (Reason.FROM_BOT, Reason.IGNORED, Reason.TOO_OLD)  # silent whatever the gates say
# These stop a turn without a gate's objection.
ENDED_OTHERWISE = (Reason.TOO_LATE, Reason.DELETED, Reason.EDITED, Reason.JUDGED)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation. `passed` is a gate's answer, None if no gate was asked. Lines with the same label
    belong together."""

    label: str
    text: str
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class Tongue:
    """The words of an explanation, in one language."""

    words: Words
    language: str

    def say(self, key: str, **values: object) -> str:
        return self.words.say(f"why.{key}", self.language, **values)

    def name(self, key: str) -> str:
        """The catalogue's text for a name of the code ("gate.was_answered"), or the name itself without its section."""
        try:
            return self.words.say(key, self.language)
        except KeyError:
            return key.split(".")[1]


def code(turn: Turn) -> str:
    """What decided the turn in the end: its error, or else its reason."""
    return turn.error or turn.decision.reason


def sentence(turn: Turn, words: Words, to: To, language: str = "en") -> str:
    """Why it spoke or did not, for members or managers. A code without a sentence is returned as it is."""
    return Tongue(words, language).name(f"reason.{code(turn)}.{to}")


def chain(turn: Turn, words: Words, language: str = "en") -> list[Line]:
    """How the turn was decided and what became of it, in order."""
    tongue, facts = Tongue(words, language), turn.decision.facts
    lines = [Line(tongue.say("label.signals"), tongue.say("called"))] if turn.addressed else []
    for key in (
        *FACT_LINES,
        *FACT_SENTENCES,
        *(key for key in facts if key not in FACT_LINES and key not in FACT_SENTENCES),
    ):
        if key in facts:
            lines += _part(key, turn, tongue)
    return [*lines, *_result(turn, tongue)]


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _part(key: str, turn: Turn, tongue: Tongue) -> list[Line]:
    value = turn.decision.facts[key]
    try:
        if key in FACT_LINES:
            return list(FACT_LINES[key](value, turn, tongue))
        return [Line(tongue.say("label.numbers"), FACT_SENTENCES[key](value, tongue))]
    except MISFITS:
        shown = json.dumps(value, ensure_ascii=False, default=str)
        return [Line(tongue.say("label.numbers"), f"{key}: {shown[:LONGEST_RAW]}")]


# --- what a message is, and the gates ------------------------------------------------------------


def _signals(kinds: list[str], _turn: Turn, tongue: Tongue) -> Iterator[Line]:
    if kinds:
        yield Line(tongue.say("label.signals"), tongue.say("and").join(tongue.name(f"signal.{kind}") for kind in kinds))


def _asked(gates: list[str], turn: Turn, tongue: Tongue) -> Iterator[Line]:
    if turn.decision.reason not in BEFORE_ANY_GATE:
        objected = turn.state is State.SILENT and "would" not in turn.decision.facts
        yield from _gates(gates, objected, tongue.say("label.asked"), tongue)


def _asked_again(gates: list[str], turn: Turn, tongue: Tongue) -> Iterator[Line]:
    return _gates(gates, _was_stopped_by(gates, turn), tongue.say("label.asked_again"), tongue)


def _gates(gates: list[str], objected: bool, label: str, tongue: Tongue) -> Iterator[Line]:
    """One line per gate. The first objection wins, so only the last gate can have objected."""
    for number, gate in enumerate(gates, 1):
        yield Line(label, tongue.name(f"gate.{gate}"), not (objected and number == len(gates)))


def _was_stopped_by(gates: list[str], turn: Turn) -> bool:
    """Whether the last of these gates objected. A turn also stops when something is said or changed while it is
    written."""
    if turn.state is not State.STOPPED or turn.decision.reason in ENDED_OTHERWISE:
        return False
    return "ended_by" not in turn.decision.facts or gates[-1:] == ["was_answered"]


# --- the hold ------------------------------------------------------------------------------------


def _hold(hold: Facts, _turn: Turn, tongue: Tongue) -> Iterator[Line]:
    yield Line(tongue.say("label.hold"), hold_in_words(hold, tongue))


def hold_in_words(hold: Facts, tongue: Tongue) -> str:
    """How long the hold is, and why: "waits 74 min: after that, 25 % of the posts here still got a person's answer
    ..."."""
    wait, ground, bound = _length(hold["seconds"], tongue), _ground(hold, tongue), hold.get("at")
    if hold.get("how") == "fixed":
        is_learnt = ground and hold["from"] != "prior"
        return tongue.say("hold.fixed" if is_learnt else "hold.fixed_alone", wait=wait, ground=ground)
    if not ground:
        return tongue.say("hold.alone", wait=wait)
    text = tongue.say(f"hold.{bound or 'auto'}", wait=wait, ground=ground)
    return tongue.say("hold.bound", hold=text, risk=_share(hold["risk"], tongue)) if bound else text


def _ground(hold: Facts, tongue: Tongue) -> str:
    """What the hold is learnt from; "" if unknown."""
    source, share = hold.get("from"), hold.get("share")
    if source == "prior" and share is None:
        return tongue.say("hold.prior_alone")
    if source is None or share is None:
        return ""
    if source == "prior":
        return tongue.say("hold.prior", share=_share(share, tongue))
    posts, days = f"{hold['posts']:,}", round(hold["days"])
    counted = tongue.say("hold.counted" if days > 1 else "hold.counted_one_day", posts=posts, days=days)
    return tongue.say(f"hold.{source}", share=_share(share, tongue), counted=counted)


# --- numbers -------------------------------------------------------------------------------------


def _likely(key: str) -> Callable[[Any, Tongue], str]:
    return lambda share, tongue: tongue.say(key, share=_share(share, tongue))


def _voice(voices: tuple[int, int], tongue: Tongue) -> str:
    ours, everything = voices
    return tongue.say("voice", ours=ours, all=everything, share=_share(min(1.0, ours / max(1, everything)), tongue))


def _limit(limit: Facts, tongue: Tongue) -> str:
    return tongue.say("limit", share=_share(limit["used"], tongue))


def _quiet(until: str, tongue: Tongue) -> str:
    return tongue.say("quiet_until", at=moment(datetime.fromisoformat(until)))


def _share(share: float, tongue: Tongue) -> str:
    percent = 100 * share
    return tongue.say("percent", count=f"{percent:.0f}" if percent >= 1 or percent == 0 else f"{percent:.1f}")


def _length(seconds: float, tongue: Tongue) -> str:
    """A length of time in the unit that people would use: not 4,440 s."""
    if seconds < 120 and seconds != 60:
        return tongue.say("seconds", count=round(seconds))
    if seconds < 3 * 3600:
        return tongue.say("minutes", count=round(seconds / 60))
    return tongue.say("hours", count=f"{seconds / 3600:.1f}".removesuffix(".0"))


# --- a watched room ------------------------------------------------------------------------------


def _would(would: Facts, turn: Turn, tongue: Tongue) -> Iterator[Line]:
    at = datetime.fromisoformat(would["at"])
    after = _length(max(0.0, (at - turn.at).total_seconds()), tongue)
    key = "would_emoji" if would["reason"] == Reason.EMOJI else "would"
    yield Line(tongue.say("label.result"), tongue.say(key, at=moment(at), after=after, reason=would["reason"]))
    if "judge" in would:
        yield Line(tongue.say("label.result"), tongue.say("would_judge", model=would["judge"]))


# --- the result ----------------------------------------------------------------------------------


def _result(turn: Turn, tongue: Tongue) -> Iterator[Line]:
    label = tongue.say("label.result")
    yield Line(label, f"{turn.decision.verdict.value} · {turn.decision.reason} · {turn.state.value}")
    if turn.state is State.WAITING and turn.decision.due:
        until = "until_others" if turn.decision.reason == Reason.TWO_IN_A_ROW else "until"
        yield Line(label, tongue.say(until, at=moment(turn.decision.due)))
    if turn.model:
        yield Line(label, _usage(turn, tongue))
    elif not turn.state.is_open:
        yield Line(label, tongue.say("no_usage"))
    if turn.error:
        yield Line(label, tongue.say("error", code=turn.error))
    if turn.reply_id:
        yield Line(label, tongue.say("reply", id=turn.reply_id))


def _usage(turn: Turn, tongue: Tongue) -> str:
    usage = turn.usage
    is_pointer = turn.model == POINTER
    if is_pointer and usage == Usage():
        return tongue.say("no_usage")
    read, cached, written = f"{usage.input_tokens:,}", f"{usage.cached_tokens:,}", f"{usage.output_tokens:,}"
    key = "pointer_usage" if is_pointer else "usage"
    text = tongue.say(key, model=turn.model, read=read, cached=cached, written=written)
    return f"{text}, ${usage.cost_usd:.4f}" if usage.cost_usd else text


def _pointer(told: Facts, turn: Turn, tongue: Tongue) -> Iterator[Line]:
    """Why it pointed, at what, and how sure it was; or that it found nothing."""
    because = tongue.say(f"pointer.because.{told['because']}")
    least, score = _share(told["least"], tongue), told["score"]
    if score is None:
        text = tongue.say("pointer.nothing", because=because, least=least)
    else:
        key = "pointer.found" if turn.points_at else "pointer.gone"
        text = tongue.say(key, because=because, id=turn.points_at, score=_share(score, tongue), least=least)
    yield Line(tongue.say("label.numbers"), text)


def _chosen(fact: Facts, _turn: Turn, tongue: Tongue) -> Iterator[Line]:
    yield from (Line(tongue.say("label.chosen"), text) for text in because(fact, tongue.words, tongue.language))


FACT_LINES: Mapping[str, Callable[[Any, Turn, Tongue], Iterator[Line]]] = {
    "signals": _signals,
    "asked": _asked,
    "hold": _hold,
    "asked_again": _asked_again,
    "would": _would,
    "pointer": _pointer,
    CHOSEN: _chosen,
}
FACT_SENTENCES: Mapping[str, Callable[[Any, Tongue], str]] = {
    "opens": _likely("opens"),
    "answered": _likely("answered"),
    "voice": _voice,
    "share_of_voice": _likely("share_of_voice"),
    "limit": _limit,
    "quiet_until": _quiet,
    "judge": lambda judge, tongue: tongue.say("judge", model=judge["model"], answer=judge["answer"]),
    "named": lambda named, tongue: tongue.say("named", list=named[0], pattern=named[1]),
    "ended_by": lambda message_id, tongue: tongue.say("ended_by", id=message_id),
}
