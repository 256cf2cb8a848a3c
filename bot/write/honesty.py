"""Detects texts that deny being an AI, that claim a human life, or that instruct a persona to do so. Pure.

What each language says is data (`bot/language/claims/`). The rules are for what a model plainly writes in the first
person; hints, stories and jokes pass. What no model can undo is the platform's own mark on our messages.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from itertools import islice

from bot.language.claims import Claims, shipped_claims
from bot.language.packs import compiled

_QUOTED = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|^>.*?$|[\"“„«「『][^\"”“»」』\n]{0,400}[\"”“»」』]|(?<!\w)[‘'][^'‘’\n]{0,200}['’](?!\w)",
    re.DOTALL | re.MULTILINE,
)
_SENTENCE = re.compile(r"[^.!?…。！？\n]*(?:\.(?=\w)[^.!?…。！？\n]*)*[.!?…。！？]*")
_HAN = "\u3040-\u30ff\u3400-\u9fff"
_CODE_WORD = re.compile(r"(?<!`)`([^\W\d_]+)`(?!`)")  # emphasis; code has more than one word, or other signs
_MARKS = r"(?:\\?(?:[*~`]|\|\|)|(?<![^\W_])_|_(?![^\W_]))+"  # of emphasis, strike-through and spoilers
_UNSPACED = re.compile(rf"(?<=[{_HAN}]) ?{_MARKS} ?(?=[{_HAN}])|(?<=[{_HAN}]) ?\n ?(?=[{_HAN}])")
_EMPHASIS = re.compile(_MARKS)
_SPACES = re.compile(r"[^\S\n]+")
_WRAPPED = re.compile(r"(?<=[\w,']) ?\n ?(?=(?:I\b|[^\W\d_A-Z]))")  # a line end within a sentence
_RUN_ON = re.compile(r"(?<=[\w,']) ?\n ?(?=\w)")  # a line end that may be within one; lists begin with a sign
_WIDE = re.compile("[Ａ-Ｚａ-ｚ０-９\U0001d400-\U0001d7ff]+")  # full width, and mathematical letters
_INITIALS = re.compile(r"\b([aki])\.([aiи])\b|\b(и)\.(и)\b", re.IGNORECASE)  # "A.I.", "K.I.", "I.A.", "И.И."
_OWN_UP = re.compile(
    r"\b(?:an? )?(?:ai|a\.i\.|artificial intelligence|(?:chat)?bot|robot|machine|language model|llm|ki|ia|ии)\b"
    r"|AI|人工智能|人工智慧|机器人|機器人|语言模型|大模型|程序|人工知能|ボット|인공지능|봇",
    re.IGNORECASE,
)

_CLAUSE = re.compile(r"([^\n]+?)\s*(\s-+\s|[^\w\s'%-]+|\n|\Z)")
CLAUSES_READ = 5  # of a reply: "Haha, good question. Well, no."
_MENTION = re.compile(r"<@[^>\s]*>|@\S+")
_ASKING = frozenset("?？")
_ANSWERS = ("person_only", "no", "yes")
_QUESTIONS = ("asks_ai", "asks_human", "doubts_ai")
# Which answers deny; after "a bot or a human?" neither yes nor no does.
_DENYING = {
    frozenset({"asks_ai"}): {"no"},
    frozenset({"asks_human"}): {"yes"},
    frozenset({"doubts_ai"}): {"no", "yes"},
}
_FEW_WORDS = 2  # of a question that only presses for the answer: "for real?"


def denies(text: str) -> bool:
    """Whether the speaker denies being an AI or claims to be a person. Ignores quotations and code."""
    spoken = said_by_speaker(text)
    return any(
        _claimed(claims.human, claims, sentence)
        or (_claimed(claims.not_ai, claims, sentence) and not compiled(claims.owns_up).search(spoken))
        for sentence in _sentences(spoken)
        for claims in _languages(sentence)
    )


def denies_when_asked(text: str, asked: str, names: Collection[str] = ()) -> bool:
    """Whether a reply denies being an AI by its answer to what was asked: "No." to "are you a bot?", "Yes." to "are you
    human?". `names` are the speaker's. The first answer counts; who owns up may say either."""
    question = _asked(asked, names)
    spoken = said_by_speaker(text)
    if not question or any(compiled(claims.owns_up).search(spoken) for claims in shipped_claims()):
        return False
    denying = {"person_only", *_DENYING.get(frozenset(question), ())}
    answers = (_answer(match[1].strip(" ¡¿'-")) for match in _CLAUSE.finditer(spoken) if not _ASKING & set(match[2]))
    return next(filter(None, islice(answers, CLAUSES_READ)), "") in denying


def language_asked_in(asked: str, names: Collection[str] = ()) -> str | None:
    """The language, as the name of its file, of a question that asks the speaker what it is; None if none does."""
    for sentence in _SENTENCE.findall(_addressed(asked, names)):
        for claims in shipped_claims():
            if any(compiled(getattr(claims, kind)).search(sentence) for kind in _QUESTIONS):
                return claims.language
    return None


def claims_a_life(text: str) -> bool:
    """Whether the speaker claims a childhood, a family, a home or a body. Ignores quotations, code and questions."""
    spoken = said_by_speaker(text)
    return any(
        _claimed(claims.lives, claims, sentence) and not compiled(claims.owns_up).search(sentence)
        for sentence in _sentences(spoken)
        if not sentence.rstrip().endswith(("?", "？"))
        for claims in _languages(sentence)
    )


def tells_to_deny(text: str) -> bool:
    """Whether the text instructs somebody to hide being an AI, or to pass for a person."""
    plain = _plain(text)
    return any(
        _is_order(match, claims)
        for claims in shipped_claims()
        for sentence in _sentences(plain)
        for match in compiled(claims.orders).finditer(sentence)
    )


def forbids_owning_up(text: str) -> bool:
    """Whether a line to avoid forbids saying that one is an AI."""
    spoken = said_by_speaker(text)
    return any(
        compiled(claims.withheld).search(spoken) and not compiled(claims.opposite).search(spoken)
        for claims in shipped_claims()
    )


def is_biography(text: str) -> bool:
    """Whether a description of a character is that of a person: an age, a family, a place of birth, a job."""
    return any(compiled(claims.biography).search(said_by_speaker(text)) for claims in shipped_claims())


def owns_up(text: str) -> bool:
    """Whether the text mentions an AI (in a greeting, the speaker)."""
    return bool(_OWN_UP.search(text))


def _plain(text: str) -> str:
    """The text as it is read: plain apostrophes, letters of one width, one space between words, no emphasis."""
    narrow = _WIDE.sub(lambda run: unicodedata.normalize("NFKC", run[0]), text)
    bare = _EMPHASIS.sub("", _UNSPACED.sub("", narrow.replace("’", "'").replace("‘", "'")))
    return _WRAPPED.sub(" ", _SPACES.sub(" ", _INITIALS.sub(r"\1\2\3\4", bare)))


def said_by_speaker(text: str) -> str:
    """What the speaker says. A text that is nothing but fenced code counts as the speaker's."""
    bare = _CODE_WORD.sub(r"\1", text)
    spoken = _QUOTED.sub(" ", bare)
    hidden = text.startswith("```") and not any(map(str.isalnum, spoken))
    return _plain(bare if hidden else spoken)


def _addressed(asked: str, names: Collection[str]) -> str:
    """The text as it speaks to the speaker: the names are "you", other mentions are left out."""
    called = re.compile(rf"@?(?:{'|'.join(map(re.escape, names)) or '(?!)'})(?::[\w.]+)?", re.IGNORECASE)
    return said_by_speaker(_MENTION.sub(" ", called.sub("you", asked)))


def _asked(asked: str, names: Collection[str]) -> set[str]:
    """How the last question asks the speaker what it is; empty if it asks something else."""
    for sentence in reversed([match[0].strip() for match in _SENTENCE.finditer(_addressed(asked, names))]):
        found = {
            kind
            for kind in _QUESTIONS
            for claims in shipped_claims()
            if compiled(getattr(claims, kind)).search(sentence)
        }
        if found or (_ASKING & set(sentence[-2:]) and not _presses(sentence)):
            return found
    return set()


def _presses(question: str) -> bool:
    """Whether a question only presses for an answer: "yes or no?", "really?"."""
    words = question.strip(" ?？").split()
    return not words or _is_whole("no", words[0]) or _is_whole("yes", words[0]) or len(words) <= _FEW_WORDS


def _answer(clause: str) -> str:
    """Which answer the clause is, or "" for none."""
    return next((kind for kind in _ANSWERS if _is_whole(kind, clause)), "")


def _is_whole(kind: str, clause: str) -> bool:
    return any(compiled(getattr(claims, kind)).fullmatch(clause) for claims in shipped_claims())


def _languages(sentence: str) -> Iterator[Claims]:
    """The languages in which the sentence could claim something."""
    return (claims for claims in shipped_claims() if compiled(claims.when).search(sentence))


def _sentences(text: str) -> list[str]:
    """The sentences; lines that may be one sentence are read apart and together."""
    texts = dict.fromkeys((text, _RUN_ON.sub(" ", text)))
    return [match[0] for one in texts for match in _SENTENCE.finditer(one) if match[0].strip()]


def _claimed(claim: str, claims: Claims, sentence: str) -> bool:
    """Whether the sentence holds the claim, and nothing around it makes it somebody else's, or no claim."""
    return any(
        not compiled(claims.unless).search(sentence[: match.start()])
        and not compiled(claims.after).search(sentence[match.end() :])
        for match in compiled(claim).finditer(sentence)
    )


def _is_order(order: re.Match[str], claims: Claims) -> bool:
    return not compiled(claims.turned).search(order.string[: order.start()])
