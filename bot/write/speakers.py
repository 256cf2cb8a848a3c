"""Removes the form of a transcript from a draft: our name before it, turns of others that the model invented, and
quotation marks around all of it. Pure; code stays as it is."""

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache

from bot.language.packs import load_packs, words_of
from bot.write.models.code import code_in

_ROLES = ("user", "human", "member", "成员", "用户", "人类", r"(?:user|member|speaker) ?\d")
_A_ROLE = re.compile("|".join(_ROLES), re.IGNORECASE)
_ROLE = re.compile(
    r"\s*(?:#{1,4} )?[*_]{0,3}(?:assistant|bot|ai|you|你|助手)[*_]{0,3}\s*[:：][*_]{0,3}\s*", re.IGNORECASE
)
_TIME = r"(?:[A-Z][a-z]{2,8},? )?(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?:\d\d)[^\]\n:：]{0,20}(?::\d\d){0,2}[^\]\n:：]{0,6}"
_STAMP = rf"[\[(]?{_TIME}[\])]?\s*[-–—|]?\s*"
_BESIDE = (
    r"(?:\s*[(（\[][^()（）\[\]\n]{1,40}[)）\]])?(?:\s*(?:,|->|→|=>)\s*(?:to |an |à |a |对)?@?(?!\d)[\w.-]{1,32})?"
)
_SAYS = r"(?:\s+(?:says|said|replies|replied|answers|answered|responds|responded|writes|wrote)|\s*(?:说|回答|回复|答))?"
_ICON = "(?:\\s*[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]{1,8})?"
_ANY_NAME = r"[^\W\d_][\w' .-]{0,30}?"
_LIST_ITEM = re.compile(r"[^\n]*[:：]\s*\Z")
_TABLE_ROW = re.compile(r"\|[^\n]*\|\s*\Z")
_MARK = re.compile(r"^\|(?: |$)", re.MULTILINE)
_PROMPT = re.compile(r"#{1,4} (?:user|human|instruction|input|system)\b", re.IGNORECASE)  # of instruction data sets
_TO = (
    r"(?:(?:(?:my |a )?(?:reply|response|answer)|replying|responding|answering) )?"
    r"(?:to|for|für|an|à|a|para|回复|回答|对)\s*@?"
)
_BARE_LABEL = re.compile(r"(?m:^)([^\W\d_][\w' .-]{0,30}?)[:：][^\S\n]*")
# How people answer, and nobody goes on after a label ("Water: 350 g").
_TALK = re.compile(
    r"(?:thanks?|thx|ok(?:ay)?|lol|haha\w*|wow|hi|hey|hello|cool|nice|yeah|yep|nope|great|good|sounds|sure|"
    r"got it|what|how|why|i|i['’]\w+)\b|[^\n]*[?？]\s*(?:\n|\Z)",
    re.IGNORECASE,
)
_RULE = re.compile(r"\n\s*[-*_=]{3,}\s*\Z")  # a line that parts two turns
_QUOTATIONS = ('""', "“”", "„“", "«»", "「」", "『』", "‘’", "''")


def own_words(text: str, called: Sequence[str], speakers: Collection[str] = ()) -> str:
    """What the persona itself says. `called` are its names, `speakers` those of the others in the thread."""
    text = _without_marks(text)
    ours, others = _label(tuple(called)), _label((*sorted(speakers), *_ROLES), escaped=len(speakers))
    text = _ours_of_a_dialogue(text, ours)
    text = _before_the_next(text, ours, others)
    while begin := ours.match(text) or _ROLE.match(text) or _directed(tuple(sorted(speakers)), text):
        text = text[begin.end() :]
    return _unwrapped(text)


@lru_cache(maxsize=64)  # personas in force, and threads that are answered at the same time
def _label(names: tuple[str, ...], escaped: int = 99) -> re.Pattern[str]:
    """Matches the beginning of a line of one of the speakers, up to what is said. The first `escaped` names are
    literal, the others regular expressions."""
    name = "|".join(re.escape(one) if number < escaped else one for number, one in enumerate(names)) or r"(?!)"
    name, bot, closed = f"(?:{name})", r"(?:\s+(?:BOT|APP|AI))?", r"[*_\])>」】）]{0,4}"
    opened = rf"(?:{_STAMP})?(?:\|\s?|>\s|#{{1,4}}\s)?[*_\[<(（「【@]{{0,4}}(?:{_STAMP})?[*_]{{0,2}}"
    opened, discord = rf"{opened}(?:\{{\{{)?", r"(?:\}\})?(?:#\d{4})?"
    forms = (
        rf"{opened}{name}{discord}{closed}{_ICON}{bot}{_BESIDE}{_SAYS}{closed}\s*[:：][*_]{{0,3}}",  # "**Name**:"
        rf"(?:{_STAMP})?<{name}>(?=\s)|\[{name}\](?=\s)|【{name}】|{name}>{{1,3}}\s",  # "<Name> ...", "[Name] ..."
        rf"(?:\*\*|__|#{{1,4}}\s){name}(?:\*\*|__)?[^\S\n]*(?=\n)",  # "**Name**" on a line of its own
        rf"\A{name} \| (?=[^|\n]+\Z)",  # a line of a log
        rf"{name}{bot},?\s+\d\d?:\d\d(?:\s*[AP]M)?[^\S\n]*(?=\n)",  # "Name, 12:04" on a line of its own
        rf"{name}{bot}\s+[—–-]+\s+[^\n]{{0,30}}\d\d?:\d\d(?:\s*[AP]M)?[^\S\n]*(?=\n)",  # copied from Discord
    )
    return re.compile(rf"^(?:{'|'.join(forms)})\s*", re.IGNORECASE | re.MULTILINE)


def _directed(speakers: tuple[str, ...], text: str) -> re.Match[str] | None:
    """Whom the text answers, if it begins with that: "(to Ana) Rye.", "Reply to Ana: Rye.". Several are a list."""
    pattern = _to_somebody(speakers)
    begin = pattern.match(text)
    return begin if begin and not pattern.search(text, begin.end()) else None


@lru_cache(maxsize=64)
def _to_somebody(speakers: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(map(re.escape, speakers)) or r"(?!)"
    to = rf"{_TO}(?:{names})"
    return re.compile(rf"(?<!\w)(?:[(（\[*]{{1,2}}{to}[)）\]*]{{1,2}}\s*[:：]?|{to}\s*[:：])\s*", re.IGNORECASE)


def _without_marks(text: str) -> str:
    """Without the mark of our transcript, if the draft begins with it; it may be a table's, or code."""
    lines = text.split("\n")
    if (
        not text.startswith("| ")
        or _TABLE_ROW.match(lines[0])
        or (len(lines) > 1 and re.match(r"[|\s:-]+\Z", lines[1]))
    ):
        return text
    return _MARK.sub("", text)


def _line_starts(text: str) -> Iterable[int]:
    """Where lines begin after the first, outside code."""
    code = list(code_in(text))
    for match in re.finditer(r"\n", text):
        if not any(start <= match.start() < end for start, end in code):
            yield match.end()


def _ours_of_a_dialogue(text: str, ours: re.Pattern[str]) -> str:
    """From our own line on, if the draft begins with somebody else's."""
    first = _label((_ANY_NAME,), escaped=0).match(text)
    if not first or ours.match(text) or _LIST_ITEM.match(text.partition("\n")[0]):
        return text
    return next((text[at:] for at in _line_starts(text) if ours.match(text, at)), text)


def _before_the_next(text: str, ours: re.Pattern[str], others: re.Pattern[str]) -> str:
    """Up to a line of somebody else. A list of people after a colon is no dialogue."""
    anybody = _label((_ANY_NAME,), escaped=0)
    starts = list(_line_starts(text))
    is_dialogue = any(ours.match(text, at) for at in starts)
    begins_with_name = bool(others.match(text))
    for at in starts:
        before = text[:at].rstrip()
        last_line = before.rpartition("\n")[2]
        if _LIST_ITEM.match(last_line):
            return text
        line = text[at:].split("\n", 1)[0]
        is_marked = bool(re.match(r"\| ?[^\n|]{1,60}: [^|]*[^|\s]\s*\Z", line))
        is_other = _PROMPT.match(line) or (others.match(text, at) and not begins_with_name and not _is_label(text, at))
        if is_marked or is_other or (is_dialogue and anybody.match(text, at) and not ours.match(text, at)):
            return _RULE.sub("", before)
        if own := ours.match(text, at):
            return _before_the_next(text[:at] + text[own.end() :], ours, others)
    return text


def _is_label(text: str, at: int) -> bool:
    """Whether the line only happens to begin like one of somebody's: a member may be called Water, and every form has a
    "User:". Then the label is a common word or stands before an amount, and what follows is no talk."""
    label = _BARE_LABEL.match(text, at)
    if not label or _TALK.match(text, label.end()):
        return False
    if _A_ROLE.fullmatch(label[1]):
        following = _BARE_LABEL.match(text, text.find("\n", at) + 1 or len(text))
        return bool(following and not _A_ROLE.fullmatch(following[1]) and not _ROLE.match(following[0]))
    return text[label.end() : label.end() + 1].isdigit() or _common_words().issuperset(words_of(label[1], 31))


@cache
def _common_words() -> frozenset[str]:
    """Of all packs. Read on first use, which takes less than half a second."""
    return frozenset().union(*(pack.words for packs in load_packs().values() for pack in packs))


def _unwrapped(text: str) -> str:
    """Without quotation marks around all of it."""
    stripped = text.strip()
    for opens, closes in map(tuple, _QUOTATIONS):
        inner = stripped[1:-1]
        plain = re.sub(r"(?<=\w)['’](?=\w)", "", inner)
        if len(stripped) > 2 and stripped[0] == opens and stripped[-1] == closes and not {opens, closes} & {*plain}:
            return inner
    return text
