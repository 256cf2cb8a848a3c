"""Checks a draft before it is sent: removes what models leave behind, makes pings harmless, shortens, and rejects
what must not be said. Pure and idempotent."""

import re
from dataclasses import dataclass
from itertools import pairwise

from bot.write.forbidden import BY_FORM, SECRET, Forbidden
from bot.write.honesty import claims_a_life, denies
from bot.write.links import unmasked
from bot.write.persona import Persona
from bot.write.sanitize import TEMPLATE_TOKEN, tidy

MAX_CHARACTERS = 1800  # one Discord message holds 2000; the rest is for what an adapter adds
MAX_UNASKED = 500  # a longer uninvited comment is a speech
MAX_LINES, MAX_LINES_UNASKED = 40, 12  # a desktop window of a chat shows about 40 lines, a phone 20
LONGEST_BAR = 60  # characters of one repeated sign, such as a progress bar or a rule: one line of a chat window
MAX_READ = 20_000  # characters of a draft that are read; no reply that we ask for is longer
ROUNDS = 8  # removing one thing may expose another; a draft that needs more rounds is rejected

_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_THOUGHT_BEFORE = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)>", re.IGNORECASE | re.DOTALL)
_ROLE_LABEL = re.compile(r"\A(?:assistant|bot|ai|you|你)\s*[:：]\s*", re.IGNORECASE)
_QUOTE_MARK = re.compile(r"^\| ?(?!.*\|\s*$)", re.MULTILINE)  # our mark, but not a table row
_NEXT_SPEAKER = re.compile(r"\n\| ?[^\n|]{1,60}: [^\n]*[^|\s]\s*(?:\n.*)?\Z", re.DOTALL)
_WRAPPED = re.compile(r'\A(?:"([^"]+)"|“([^”]+)”)\Z', re.DOTALL)
_PASS = re.compile(r"\A[\W_]*PASS[\W_]*(?:\Z|\n)")
_PASS_UNASKED = re.compile(r"\A[\W_]*(?:PASS\b(?![\w'’])|(?i:pass)[\W_]*\Z)")
_AGAIN_AND_AGAIN = re.compile(r"([^\d\n]{1,60}?)\1{5,}")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+|[。！？]+[”’」]*\s*|\n+")
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
# "@here" as a word; in "info@here.example" it is part of an address.
_PING = re.compile(r"@(?=(?:everyone|here|room)(?!\w))(?!(?<=\w@)\w+\.\w)|<(?=@[!&]?\d)", re.IGNORECASE)
_JOINER = "\u2060"  # invisible and without width; the platforms no longer see a ping


@dataclass(frozen=True, slots=True)
class Look:
    """The text that may be sent, or None for silence. `reason` is fine, passed, empty (nothing was left) or
    dishonest, or the name of a rule of `forbidden`."""

    text: str | None
    reason: str


def look(text: str, persona: Persona, *, addressed: bool, forbidden: Forbidden = BY_FORM) -> Look:
    """Cleans and checks a draft, also by the rules of `forbidden`. The result has at most MAX_CHARACTERS (MAX_UNASKED
    unless `addressed`) and pings nobody. Never raises."""
    draft = text[:MAX_READ]
    for _ in range(ROUNDS):
        cleaner = _clean(draft, persona, addressed)
        if cleaner == draft:
            break
        draft = cleaner
    else:
        return Look(None, "empty")
    if (_PASS if addressed else _PASS_UNASKED).match(draft):
        return Look(None, "empty" if addressed else "passed")
    if not re.search(r"\w|[^\x00-\x7f]", draft):
        return Look(None, "empty")
    if denies(draft) or claims_a_life(draft):
        return Look(None, "dishonest")
    rule = forbidden.rule(draft, persona)
    if rule is None and forbidden.leaks(tidy(text[:MAX_READ])):  # shortening has cut it, and most of it is left
        rule = SECRET
    if rule:
        return Look(None, rule)
    return Look(draft, "fine")


def _clean(text: str, persona: Persona, addressed: bool) -> str:
    """One round, in this order: invisible characters, the model's artefacts, repetitions, pings, excess length."""
    text = tidy(text)
    text = _without_thoughts(text)
    text = _up_to_the_end_token(text)
    text = _own_words(text.strip(), persona).strip()
    text = _without_loops(text).strip()
    text = _calling_nobody(unmasked(text))
    return _shortened(text, persona, addressed)


def _without_thoughts(text: str) -> str:
    return _THOUGHT_BEFORE.sub("", _THOUGHT.sub("", text))


def _up_to_the_end_token(text: str) -> str:
    """Drops what follows a template's token: another message, which the model invented."""
    before, token, after = _split(text)
    return (before if before.strip() else after) if token else text


def _split(text: str) -> tuple[str, str, str]:
    match = TEMPLATE_TOKEN.search(text)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _own_words(text: str, persona: Persona) -> str:
    """Removes the leading name, the transcript's marks, invented next speakers, and enclosing quotation marks."""
    text = _NEXT_SPEAKER.sub("", text)
    text = _QUOTE_MARK.sub("", text)
    names = "|".join(re.escape(name) for name in persona.called)
    text = re.sub(rf"\A[*_\[<(]*(?:{names})[*_\])>]*\s*[:：][*_]*\s*", "", text, flags=re.IGNORECASE)
    text = _ROLE_LABEL.sub("", text)
    wrapped = _WRAPPED.match(text)
    return (wrapped[1] or wrapped[2]) if wrapped else text


# --- loops and length ----------------------------------------------------------------------------


def _without_loops(text: str) -> str:
    """Removes the loops of small models: keeps a sentence once, a repeated sound three times. Leaves code unchanged."""
    if "```" in text:
        return text
    text = _AGAIN_AND_AGAIN.sub(_once_or_a_bar, _EMPTY_LINES.sub("\n\n", text))
    said: set[str] = set()
    kept = []
    for sentence in sentences(text):
        plain = " ".join(sentence.casefold().split()).strip(" .!?。！？…")
        if len(plain) >= 12 and plain in said:
            continue
        said.add(plain)
        kept.append(sentence)
    return "".join(kept)


def _once_or_a_bar(loop: re.Match[str]) -> str:
    """A repeated sound three times; of repeated signs without a letter, as many as fill a line."""
    times = 3 if re.search(r"\w", loop[1]) else LONGEST_BAR // len(loop[1])
    return loop[0] if len(loop[0]) <= times * len(loop[1]) else loop[1] * times


def sentences(text: str) -> list[str]:
    """Splits the text at the ends of sentences and lines; the pieces join to the same text."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


def _shortened(text: str, persona: Persona, addressed: bool) -> str:
    """Keeps whole sentences up to the limit; if not even one fits, the beginning of the first."""
    characters, words = _limits(persona, addressed)
    lines = MAX_LINES if addressed else MAX_LINES_UNASKED
    if len(text) <= characters and _words(text) <= words and text.count("\n") < lines:
        return text
    kept = ""
    for sentence in sentences(text):
        longer = kept + sentence
        if len(longer.rstrip()) > characters - 4 or (kept and _words(longer) > words):
            break
        if longer.rstrip().count("\n") >= lines - 1:  # a closing fence takes a line
            break
        kept = longer
    kept = kept.rstrip() or text[: characters - 5].rstrip() + "…"
    return f"{kept}\n```" if kept.count("```") % 2 else kept


def _limits(persona: Persona, addressed: bool) -> tuple[int, int]:
    """The limits in characters and words. The prompt asks for less; these stop a model that ignores it. They are wide
    when somebody asked: a request for a recipe gets the whole recipe."""
    return (MAX_CHARACTERS, persona.max_words * 5) if addressed else (MAX_UNASKED, persona.max_words * 3 // 2)


def _words(text: str) -> int:
    """Counts words; two Chinese characters count as one."""
    wide = sum("\u2e80" <= character <= "\ud7ff" for character in text)
    return len(text.split()) + wide // 2


def _calling_nobody(text: str) -> str:
    """Makes @everyone, @here, @room and <@1234> ping nobody, and keeps them readable."""
    return _PING.sub(lambda match: match[0] + _JOINER, text)
