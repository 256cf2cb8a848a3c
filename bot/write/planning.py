"""Removes planning that a model writes before its answer, as words: "Intent: joke", "The user asks ... I should". Pure.

Planning speaks about the task: about the one who asked, in the third person, and about what to write. One of both is
ordinary talk ("The user needs root."); planning has both near its beginning, or a label. Code stays as it is.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

from bot.write.models.code import code_in

_ABOUT = r"""
\b(?:the|this|our) (?:user|member|person|human|asker)(?: (?:is|was|has|just|now|also|really|probably|here|seems to))* \
(?:ask\w*|want\w*|says?|said|saying|mention\w*|greet\w*|wrote|writes|posted|seems|\
needs?(?= (?:help|advice|comfort|support|to (?:know|hear|vent)|an? (?:\w+ )?(?:reply|answer|response|tip))\b)|\
talk\w*|griev\w*|sad|upset)\b
\b(?:the|this) (?:user's |member's |last )?(?:message|question) \
(?:asks|says|seems|is (?:about|asking|addressed|directed|from))\b
\bin (?:character|persona)\b|\bpersona\b|\bsystem prompt\b|\bmy (?:role|instructions)\b
\bthe (?:instructions|rules) (?:say|tell)
用户(?:问|在问|想|说|提到|希望|让|要求|似乎)|这位(?:成员|用户)|(?:系统)?提示词|人设|角色设定
\bder (?:nutzer|benutzer) (?:fragt|möchte|will)|\bel usuario (?:pregunta|quiere)|\bl'utilisateur (?:demande|veut)
пользователь (?:спрашивает|хочет)|ユーザー(?:は|が)|사용자(?:가|는)
\bo usuário (?:pergunta|quer)|\bl'utente (?:chiede|vuole)
"""
_DECIDES = r"""
\b(?:I|we)(?:'ll| will| should| need to| must| have to| can| could|'d better| want to|'(?:m|re) going to)\
(?: not| just| also| probably| only| simply)* (?:answer|reply|respond|say|write|acknowledge|mention|keep\
|stay in|avoid|be (?:brief|short|concise|warm|careful|honest)|craft|comment|produce|decide)\b
\blet (?:me|us) (?:think|craft|respond|write|see|draft|consider|figure|reply|keep)\b
\blet's (?:respond|answer|craft|write|keep|think|reply)\b
\b(?:my|the) (?:reply|response|answer|comment) (?:should|must|could|needs)\b
\bkeep (?:it|this) (?:short|brief|light|under|to \d|in)
(?:应该|需要|必须|得|要|最好)(?:用|以|先|简短|回答|回复|回应|表达|保持|避免|语气)
让我(?:想|思考|来)|我来(?:想|写)|字以内
\bich (?:sollte|muss|werde) (?:antworten|kurz|schreiben)|\bdebo responder|\bje (?:dois|devrais) répondre
(?:нужно|следует) ответить
"""
# What to write, told of its form. About a member by name this is planning; "I'd say rye" is talk.
_FORM = r"""
\b(?:keep|make) (?:it|this|things|my (?:reply|answer|response)) (?:(?:very|really|nice and) )?(?:short|brief|light|\
warm|simple|friendly|casual|playful|concise|gentle)\b(?=[^\w\s]|\s*\Z|\s+(?:and|but|here)\b)
\b(?:my|the) (?:reply|response|answer) (?:should|must|needs|could)\b
\bI(?: should| need to| must| have to| want to| will|'ll|'d)(?: just)? (?:(?:answer|say (?:it|something)) \
(?:brief(?:ly)?|short(?:ly)?|warm(?:ly)?|simpl[ey]|nice(?:ly)?|quick(?:ly)?)|\
be (?:brief|short|concise|warm|careful|honest)\
|respond|reply|acknowledge|craft|stay in|match|congratulate|react)\b
\bI need to (?:consider|think about|figure out)\b|\blet me (?:craft|draft|respond|reply)\b
(?:应该|需要|必须|得|要|最好)(?:用|以|先|简短|保持|语气)
"""
_BEGINS = re.compile(r"\W*(?:hm+|okay|ok|alright|first|so|let me|let's|well)\b", re.IGNORECASE)
_STRONG = (
    r"(?:intent(?:ion)?|tone|reasoning|internal(?: thoughts?| monologue)?|inner (?:thoughts?|monologue)|"
    r"thought process|chain of thought|"
    r"意图|推理|思路|语气|内心独白)"
)
_WEAK = (
    r"(?:thoughts?|thinking|analysis|plan|strategy|approach|goal|context|observation|action|action input|"
    r"思考|想法|分析|计划|策略)"
)
_FINAL = (
    r"(?:(?:sure|okay|ok)[!,.] )?(?:here(?:'s|’s| is) )?"
    r"(?:(?:a|the|my|one|short|brief|possible|suggested|final|actual) )+"
    r"(?:reply|response|answer|comment|message|draft|output)|final"
)
_ANSWER = (
    rf"(?:{_FINAL}|reply|response|answer|draft(?: reply)?|possible (?:reply|response)|"
    r"(?:好的[，,！!。 ]*)?(?:我来|以下是|这是)?(?:我的)?(?:回复|回答|草稿|答复)|最终(?:回复|答案|回答|版本))"
)
_TASK = re.compile(
    r"\b(?:joke|user|member|persona|character|reply|respond|response|answer|comment|PASS)\b|"
    r"\b(?:playful|tease|teasing|humou?r\w*|friendly|warm|casual|witty|short|brief)\b(?=\W*\Z|\s*[,;.&]|\s+(?:and|but)\b)|"
    r"玩笑|调侃|回复|回应|用户|成员|轻松|幽默|简短",
    re.IGNORECASE,
)
_TASK_PLAINLY = re.compile(
    r"\b(?:a joke|joke about|persona|in character|playful\w*|the user)\b|用户|玩笑", re.IGNORECASE
)
_SHOWN_THOUGHT = re.compile(
    r"\A(?:[*_]*Thinking\.{3}[*_]*\s*\n+(?:>[^\n]*(?:\n|\Z))+|[*_(]*Thought for [^\n]{1,30}\n"
    r"|[（(\[*]+(?:thinking|thoughts?|思考|内心)[:：][^)）\]*]*[)）\]*]+|【(?:思考|分析|意图)】.*?【(?:回复|回答)】)\s*",
    re.IGNORECASE | re.DOTALL,
)
_NOTE_AFTER = re.compile(
    r"\n+(?:[-*_]{3,}\n+)?[*_(\[（]*(?:(?:word|character) count|字数)\s*[:：][^\n]*\Z"
    r"|\n\n[*_(\[（]*(?:internal )?note\s*[:：][^\n]*(?:in character|persona|requested|kept|the user)[^\n]*\Z",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^\n]*?(?:[.!?…。！？]+[\"”’)]*(?:\s+|\Z)|[。！？]|\n+|\Z)")
_PARAGRAPH = re.compile(r".+?(?:\n\s*\n|\Z)", re.DOTALL)
_NEAR = 3  # sentences: planning tells itself in the first ones; after so many others without it, the answer has begun


def without_planning(text: str, called: Sequence[str], speakers: Collection[str] = ()) -> str:
    """The text from where the answer begins; empty if all of it is planning. `called` are the persona's names,
    `speakers` those of the others in the thread."""
    text = _NOTE_AFTER.sub("", _SHOWN_THOUGHT.sub("", text))
    names = "|".join(map(re.escape, called)) or r"(?!)"
    ours = rf"(?:{names})(?:'s|’s) (?:reply|response|answer)|as (?:{names})"
    label, code = _labelled(rf"(?:{_ANSWER}(?: \(?(?:as|from|by) (?:{names})\)?)?|{ours})"), list(code_in(text))
    final = [one for one in label.finditer(text) if not any(start <= one.start() < end for start, end in code)]
    begun = text[: final[-1].start()].strip() if final else ""
    if final and (not begun or _plans(begun, called) or _labelled(f"{_STRONG}|{_WEAK}").match(begun)):
        return text[final[-1].end() :].strip()
    text = _after_reasoning(_without_labels(text, called), called)
    return _after_talk_of(tuple(sorted(speakers)), text)


@lru_cache(maxsize=64)
def _labelled(names: str) -> re.Pattern[str]:
    return re.compile(rf"^[\s*_#>-]{{0,6}}(?:{names})[*_]{{0,3}}\s*[:：][*_]{{0,3}}\s*", re.IGNORECASE | re.MULTILINE)


@lru_cache(maxsize=64)  # the names of personas in force
def _signals(called: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = "|".join(map(re.escape, called)) or r"(?!)"
    ours = rf"\bas (?:{names})\b|\b(?:{names}) (?:should|would|could) (?:say|reply|answer|respond)|[以作]为?(?:{names})"
    return re.compile(f"{_lines(_ABOUT)}|{ours}", re.IGNORECASE), re.compile(_lines(_DECIDES), re.IGNORECASE)


def _lines(patterns: str) -> str:
    """Any of the lines; one that ends with a backslash goes on."""
    return "|".join(patterns.replace("\\\n", "").strip().split("\n"))


def _plans(text: str, called: Sequence[str]) -> bool:
    """Whether the first sentences of the text speak about the asker and decide what to write."""
    about, decides = _signals(tuple(called))
    begin = "".join(match[0] for match, _ in zip(_SENTENCE.finditer(text), range(_NEAR), strict=False)).replace(
        "’", "'"
    )
    return bool(about.search(begin) and decides.search(begin))


def _after_reasoning(text: str, called: Sequence[str]) -> str:
    if not _plans(text, called):
        return text
    about, decides = _signals(tuple(called))
    end, since = 0, 0
    for sentence in _SENTENCE.finditer(text):
        plain = sentence[0].replace("’", "'")
        since += bool(plain.strip())
        if about.search(plain) or decides.search(plain):
            end, since = sentence.end(), 0
        elif since >= _NEAR or "```" in plain:
            break
    return text[end:].strip()


def _after_talk_of(speakers: tuple[str, ...], text: str) -> str:
    """Without the first paragraphs, if they speak about somebody here in the third person and about the form of the
    answer. Without another paragraph after them, only if they begin as thinking aloud does."""
    about, form = _talk_of(speakers)
    end = 0
    for paragraph in _PARAGRAPH.finditer(text):
        plain = paragraph[0].replace("’", "'")
        begin = "".join(match[0] for match, _ in zip(_SENTENCE.finditer(plain), range(_NEAR), strict=False))
        if "```" in plain or not form.search(begin) or not (end or about.search(begin)):
            break
        end = paragraph.end()
    left = text[end:].strip()
    return left if left or _BEGINS.match(text) else text


@lru_cache(maxsize=64)  # threads that are answered at the same time
def _talk_of(speakers: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Somebody's name as no call ("Ana wants", not "Ana, ..."), and talk about the form that leads to no answer."""
    names = "|".join(map(re.escape, speakers)) or r"(?!)"
    told = r"(?=\s+(?!(?:and|I|you|we|for|if)\b)[^\W\d_])|'s\b|问|在问|想|说|提到|希望|让|要|分享"
    about = rf"(?<![\w@])(?:{names})(?:{told})"
    return re.compile(about, re.IGNORECASE), re.compile(rf"(?:{_lines(_FORM)})(?![^\n.!?]*[:：])", re.IGNORECASE)


def _without_labels(text: str, called: Sequence[str]) -> str:
    """Without the labelled lines at the beginning, if they are about the task."""
    label, lines = _labelled(rf"{_STRONG}|{_WEAK}"), text.split("\n")
    count = next((number for number, line in enumerate(lines) if line.strip() and not label.match(line)), len(lines))
    labelled = [line for line in lines[:count] if line.strip()]
    is_about_task = any(
        _is_task(line, called) or _labelled("action input|observation").match(line) for line in labelled
    )
    return "\n".join(lines[count:]).strip() if labelled and is_about_task else text


def _is_task(line: str, called: Sequence[str]) -> bool:
    about, decides = _signals(tuple(called))
    if about.search(line) or decides.search(line) or _TASK_PLAINLY.search(line):
        return True
    return bool(_labelled(_STRONG).match(line) and _TASK.search(line))
