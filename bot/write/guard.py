"""Checks a draft before it is sent: removes what models leave behind, makes pings harmless, shortens, and rejects
what must not be said. Pure and idempotent."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from bot.language.asked_for import Wish
from bot.write.dates import without_date_lines
from bot.write.forbidden import BY_FORM, SECRET, Forbidden
from bot.write.honesty import claims_a_life, denies, denies_when_asked
from bot.write.leftovers import without_leftovers
from bot.write.lengths import measure_of, words_in
from bot.write.links import unmasked
from bot.write.loops import without_loops
from bot.write.models.code import outside_code
from bot.write.models.output_reader import read
from bot.write.passing import passes
from bot.write.persona import Persona
from bot.write.planning import without_planning
from bot.write.sanitize import tidy
from bot.write.speakers import own_words

MAX_READ = 20_000  # characters of a draft that are read; no reply that we ask for is longer
ROUNDS = 8  # removing one thing may expose another; a draft that needs more rounds is rejected

_SAYS_SOMETHING = re.compile(
    r"\w|[^\x00-\x7f…。，、！？—–·“”‘’「」]|[:;=>][-'^.]?[()/\\|<>*]|\^_?\^"
)  # a word, a picture, or a smiley
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’')\]*_~]*\s+|[。！？]+[”’」]*\s*|\n+")
# "@here" as a word; in "info@here.example" it is part of an address, in "npm i @here/maps" and "/@here" of a path. (The
# adapters send all messages so that they ping nobody, whatever stands in them.)
_PING = re.compile(r"@(?=(?:everyone|here|room)(?!\w))(?!(?<=\w@)\w+\.\w|(?<=/@)|\w+/\w)|<(?=@[!&]?\d)", re.IGNORECASE)
_CUT_CODE = "\n```\n…"  # closes a code block, and shows that it went on
_JOINER = "\u2060"  # invisible and without width; the platforms no longer see a ping


@dataclass(frozen=True, slots=True)
class Look:
    """The text that may be sent, or None for silence. `reason` is fine, passed, empty (nothing was left) or
    dishonest, or the name of a rule of `forbidden`."""

    text: str | None
    reason: str


def look(
    text: str,
    persona: Persona,
    *,
    addressed: bool,
    forbidden: Forbidden = BY_FORM,
    speakers: Collection[str] = (),
    wishes: frozenset[Wish] = frozenset(),
    asked: str = "",
) -> Look:
    """Cleans and checks a draft, also by the rules of `forbidden`. `speakers` are the names of the others in the
    thread, `asked` is what the draft answers. The result keeps to the limits of `measure_of` for a message that asks
    for `wishes`, and pings nobody. Never raises."""
    draft = text[:MAX_READ]
    for _ in range(ROUNDS):
        cleaner = _clean(draft, persona, addressed, speakers, wishes)
        if cleaner == draft:
            break
        draft = cleaner
    else:
        return Look(None, "empty")
    if passes(draft, addressed=addressed, called=persona.called) or (
        draft and not without_planning(draft, persona.called, speakers)
    ):
        return Look(None, "empty" if addressed else "passed")
    if not _SAYS_SOMETHING.search(draft):
        return Look(None, "empty")
    if denies(draft) or claims_a_life(draft) or denies_when_asked(draft, asked, persona.called):
        return Look(None, "dishonest")
    rule = forbidden.rule(draft, persona)
    if rule is None and forbidden.leaks(tidy(text[:MAX_READ])):  # shortening has cut it, and most of it is left
        rule = SECRET
    if rule:
        return Look(None, rule)
    return Look(draft, "fine")


def _clean(text: str, persona: Persona, addressed: bool, speakers: Collection[str], wishes: frozenset[Wish]) -> str:
    """One round, in this order: invisible characters, the model's artefacts, repetitions, pings, excess length."""
    text = tidy(text)
    text = without_leftovers(read(text))
    text = own_words(without_date_lines(text).strip(), persona.called, speakers).strip()
    text = without_planning(text, persona.called, speakers) or text
    text = outside_code(text, partial(without_loops, sentences=sentences)).strip()
    text = _calling_nobody(unmasked(text))
    return _shortened(text, persona, addressed, wishes)


def sentences(text: str) -> list[str]:
    """Splits the text at the ends of sentences and lines; the pieces join to the same text."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


def _shortened(text: str, persona: Persona, addressed: bool, wishes: frozenset[Wish]) -> str:
    """Keeps whole sentences up to the limit; if not even one fits, the beginning of the first. A code block that is cut
    is closed and marked; uncalled, it is left out."""
    measure = measure_of(text, persona, addressed=addressed, wishes=wishes)
    if len(text) <= measure.characters and words_in(text) <= measure.words and text.count("\n") < measure.lines:
        return text
    kept = ""
    for sentence in sentences(text):
        longer = kept + sentence
        closing = _CUT_CODE if longer.count("```") % 2 else ""
        if len(longer.rstrip() + closing) > measure.characters or (kept and words_in(longer) > measure.words):
            break
        if (longer.rstrip() + closing).count("\n") >= measure.lines:
            break
        kept = longer
    kept = kept.rstrip() or text[: measure.characters - len(_CUT_CODE) - 1].rstrip() + "…"
    if kept.count("```") % 2 == 0:
        return kept
    return f"{kept}{_CUT_CODE}" if addressed else kept[: kept.rfind("```")].rstrip()


def _calling_nobody(text: str) -> str:
    """Makes @everyone, @here, @room and <@1234> ping nobody, and keeps them readable."""
    return _PING.sub(lambda match: match[0] + _JOINER, text)
