"""The last look at a draft before it leaves: what models leave behind is taken off, what could hurt is made harmless,
and what should not be said is not said. Pure; looking twice changes nothing more."""

import re
from dataclasses import dataclass
from itertools import pairwise

from bot.write.honesty import claims_a_life, denies
from bot.write.persona import Persona
from bot.write.sanitize import TEMPLATE_TOKEN, tidy

MAX_CHARACTERS = 1800  # one Discord message holds 2000; the rest is for what an adapter adds
MAX_UNASKED = 500  # longer than that, an uninvited comment is a speech
MAX_READ = 20_000  # characters of a draft that are looked at; no reply we ask for is longer
ROUNDS = 8  # taking one thing off may lay bare another; a draft that needs more rounds is thrown away

_THOUGHT = re.compile(r"<(think|thinking|thought|reasoning)>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_THOUGHT_BEFORE = re.compile(r"\A.*</(?:think|thinking|thought|reasoning)>", re.IGNORECASE | re.DOTALL)
_ROLE_LABEL = re.compile(r"\A(?:assistant|bot|ai|you|你)\s*[:：]\s*", re.IGNORECASE)
_QUOTE_MARK = re.compile(r"^\| ?(?!.*\|\s*$)", re.MULTILINE)  # our mark, but not a row of a table
_NEXT_SPEAKER = re.compile(r"\n\| ?[^\n|]{1,60}: [^\n]*[^|\s]\s*(?:\n.*)?\Z", re.DOTALL)
_WRAPPED = re.compile(r'\A(?:"([^"]+)"|“([^”]+)”)\Z', re.DOTALL)
_PASS = re.compile(r"\A[\W_]*PASS[\W_]*(?:\Z|\n)")
_PASS_UNASKED = re.compile(r"\A[\W_]*(?:PASS\b(?![\w'’])|(?i:pass)[\W_]*\Z)")
_AGAIN_AND_AGAIN = re.compile(r"([^\d\n]{1,60}?)\1{5,}")
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+|[。！？]+[”’」]*\s*|\n+")
_PING = re.compile(r"@(?=everyone|here|room)|<(?=@[!&]?\d)", re.IGNORECASE)
_JOINER = "\u2060"  # takes no space and shows nothing, but the platforms no longer see a call


@dataclass(frozen=True, slots=True)
class Look:
    """What may be said; None is silence. `reason`: fine, passed, empty (nothing was left), dishonest."""

    text: str | None
    reason: str


def look(text: str, persona: Persona, *, addressed: bool) -> Look:
    """Never raises; never longer than MAX_CHARACTERS (MAX_UNASKED when nobody asked); calls nobody."""
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
    return Look(draft, "fine")


def _clean(text: str, persona: Persona, addressed: bool) -> str:
    """One round, in this order: what is invisible, what the model left behind, what it says twice, what would call
    people, what is too long."""
    text = tidy(text)
    text = _without_thoughts(text)
    text = _up_to_the_end_token(text)
    text = _own_words(text.strip(), persona).strip()
    text = _without_loops(text).strip()
    text = _calling_nobody(text)
    return _shortened(text, persona, addressed)


def _without_thoughts(text: str) -> str:
    return _THOUGHT_BEFORE.sub("", _THOUGHT.sub("", text))


def _up_to_the_end_token(text: str) -> str:
    """What follows a template's token is another message that the model made up."""
    before, token, after = _split(text)
    return (before if before.strip() else after) if token else text


def _split(text: str) -> tuple[str, str, str]:
    match = TEMPLATE_TOKEN.search(text)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _own_words(text: str, persona: Persona) -> str:
    """Without the name in front, the marks of the transcript, invented next speakers, and quotation marks around."""
    text = _NEXT_SPEAKER.sub("", text)
    text = _QUOTE_MARK.sub("", text)
    names = "|".join(re.escape(name) for name in persona.called)
    text = re.sub(rf"\A[*_\[<(]*(?:{names})[*_\])>]*\s*[:：][*_]*\s*", "", text, flags=re.IGNORECASE)
    text = _ROLE_LABEL.sub("", text)
    wrapped = _WRAPPED.match(text)
    return (wrapped[1] or wrapped[2]) if wrapped else text


# --- loops and length ----------------------------------------------------------------------------


def _without_loops(text: str) -> str:
    """Small models fall into repeating themselves: a sentence is said once, a sound three times. Code is left alone."""
    if "```" in text:
        return text
    text = _AGAIN_AND_AGAIN.sub(lambda match: match[1] * 3, text)
    said: set[str] = set()
    kept = []
    for sentence in sentences(text):
        plain = " ".join(sentence.casefold().split()).strip(" .!?。！？…")
        if len(plain) >= 12 and plain in said:
            continue
        said.add(plain)
        kept.append(sentence)
    return "".join(kept)


def sentences(text: str) -> list[str]:
    """The text in pieces that end where a sentence or a line ends; joined they are the text again."""
    ends = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends) if start < end]


def _shortened(text: str, persona: Persona, addressed: bool) -> str:
    """Whole sentences up to the limit; where not even one fits, the beginning of it."""
    characters, words = _limits(persona, addressed)
    if len(text) <= characters and _words(text) <= words:
        return text
    kept = ""
    for sentence in sentences(text):
        longer = kept + sentence
        if len(longer.rstrip()) > characters - 4 or (kept and _words(longer) > words):
            break
        kept = longer
    kept = kept.rstrip() or text[: characters - 5].rstrip() + "…"
    return f"{kept}\n```" if kept.count("```") % 2 else kept


def _limits(persona: Persona, addressed: bool) -> tuple[int, int]:
    """In characters and words. The prompt asks for less; this stops a model that does not listen. Somebody who asked
    for a recipe gets the whole recipe."""
    return (MAX_CHARACTERS, persona.max_words * 5) if addressed else (MAX_UNASKED, persona.max_words * 3 // 2)


def _words(text: str) -> int:
    """Two Chinese characters count as one word."""
    wide = sum("\u2e80" <= character <= "\ud7ff" for character in text)
    return len(text.split()) + wide // 2


def _calling_nobody(text: str) -> str:
    """@everyone, @here, @room and <@1234> stay readable, but call nobody."""
    return _PING.sub(lambda match: match[0] + _JOINER, text)
