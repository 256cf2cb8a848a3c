"""What becomes of a draft that is not to be said as it is: asked for once more with the reason, a line, or nothing.

`TREATMENTS` is a table of what can be wrong with a draft. A turn asks at most twice, whatever the causes. Who called
gets an answer or a line; uncalled, silence costs nobody anything, so a second draft is only asked for where the first
one was worth having.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.language.asked_for import Wish
from bot.write.assistant_voice import AssistantSign, assistant_voice
from bot.write.endings import up_to_the_cut
from bot.write.forbidden import HARMFUL, PROMPT, SECRET
from bot.write.guard import Look
from bot.write.models.finish import Finish
from bot.write.variety import Repetition, repetition

UNCHECKED = "unchecked"  # the moderation model could not be asked; asking for another draft would not help
HELD_BACK, STIFF, CUT, DISHONEST, EMPTY = "held_back", "stiff", "cut", "dishonest", "empty"


class Flaw(StrEnum):
    """What is wrong with a draft that the guard lets pass."""

    CUT = "cut"  # it was cut before it said anything whole
    CUT_UNCALLED = "cut_uncalled"  # nobody waits for half a comment
    FILTERED = "filtered"  # the provider's filter stopped it
    PHRASES = "phrases"
    LAYOUT = "layout"
    REPEATS = "repeats"


@dataclass(frozen=True, slots=True)
class Treatment:
    """`note` is the name of the reason that the model is told when it is asked again ("": it is not asked again),
    `uncalled` whether it is asked again if nobody called, `line` the line for who called if the second draft is no
    better and neither has a text that may be said."""

    note: str
    line: str
    uncalled: bool = False


TREATMENTS: Mapping[str, Treatment] = MappingProxyType({
    DISHONEST: Treatment("held_back", DISHONEST),
    HARMFUL: Treatment("held_back", HELD_BACK),
    SECRET: Treatment("held_back", HELD_BACK),
    PROMPT: Treatment("held_back", HELD_BACK),
    UNCHECKED: Treatment("", HELD_BACK),
    EMPTY: Treatment("empty", EMPTY),
    Flaw.FILTERED: Treatment("filtered", HELD_BACK),
    Flaw.CUT: Treatment("cut", CUT),
    Flaw.CUT_UNCALLED: Treatment("", CUT),
    Flaw.PHRASES: Treatment("phrases", STIFF, uncalled=True),
    Flaw.LAYOUT: Treatment("layout", STIFF, uncalled=True),
    # A good answer to a question that comes again may be the same one, so who called gets it.
    Flaw.REPEATS: Treatment("repeats", EMPTY, uncalled=True),
})  # fmt: skip
PASS = Treatment("", "")  # uncalled and empty: the writer declines


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a draft is read against: the message that it answers and what that asks for, whether somebody called us, our
    last lines in the room (oldest first), and the sign of a cut. `plain`: only endings are checked, since a calm text
    in a hard hour may be a plain one."""

    asked: str
    addressed: bool
    wishes: frozenset[Wish] = frozenset()
    own: Sequence[str] = ()
    cut_sign: str = "[…]"
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The text that may be said to who called, or None; `flaw` names the row of the table, "" if nothing is wrong."""

    text: str | None
    flaw: str = ""

    @property
    def treatment(self) -> Treatment:
        return TREATMENTS.get(self.flaw, PASS)


def reviewed(seen: Look, finish: Finish, occasion: Occasion) -> Reviewed:
    """Reads a draft that the guard has seen: how it ended, its voice, and what it repeats."""
    if seen.text is None:
        return Reviewed(None, EMPTY if seen.reason == "passed" and occasion.addressed else seen.reason)
    text, flaw = _ended(seen.text, finish, occasion)
    if flaw or occasion.plain:
        return Reviewed(text, flaw)
    if voice := assistant_voice(text or "", occasion.asked, occasion.wishes):
        return Reviewed(None, Flaw.LAYOUT if voice is AssistantSign.LAYOUT else Flaw.PHRASES)
    repeats: Repetition | None = repetition(text or "", occasion.own)
    return Reviewed(text, Flaw.REPEATS if repeats else "")


def _ended(text: str, finish: Finish, occasion: Occasion) -> tuple[str | None, str]:
    if finish is Finish.STOP:
        return text, ""
    if finish is Finish.FILTERED:
        return None, Flaw.FILTERED
    if not occasion.addressed:
        return None, Flaw.CUT_UNCALLED
    whole = up_to_the_cut(text)
    return (f"{whole}\n{occasion.cut_sign}", "") if whole else (None, Flaw.CUT)
