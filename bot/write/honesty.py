"""Detects texts that deny being an AI, that claim a human life, or that instruct a persona to do so. Pure.

Works by short lists of phrases. They miss much; they catch what models actually write when a persona's voice carries
them away.
"""

import re

_AI = r"(?:ai|a\.i\.|artificial intelligence|(?:chat)?bot|robot|machine|(?:large )?language model|llm)"
_KIN = r"(?:wife|husband|kids?|child(?:ren)?|sons?|daughters?|boyfriend|girlfriend)"
_JIQI = r"(?:AI|人工智能|(?:聊天)?机器人|语言模型|大模型|程序)"
_I_AM = r"\bi(?:['’]m| am) (?:definitely |actually |really |just |only |also |totally |certainly )*"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_DENIALS = _any(
    rf"{_I_AM}not (?:really |actually |just )?(?:an? )?{_AI}\b(?! (?:expert|person|developer|fan|that|who|you))",
    rf"{_I_AM}(?:an? )?(?:real |actual |living |normal )*(?:human(?: being)?|person)\b(?! (?:history|language|nature))",
    r"\bas an? (?:fellow |real |actual )*(?:human(?: being)?|person|parent|mother|father|mum|mom|dad),? (?:i|my)\b",
    r"\b(?:we|us) humans\b",
    rf"我(?:可|真的|其实|当然|才)*(?:不是|并不是|并非)(?:一个|什么|个)?{_JIQI}",
    r"我(?:其实|真的|就|可)*是(?:一个|一名|个)?(?:真人|活人|大活人|人类|真实的人)(?![的朋])",
    r"作为(?:一个|一名|个)?(?:人类|真人|妈妈|爸爸|母亲|父亲|家长)，?我|(?:我们|咱们)人类",
)
_LIVES = _any(
    r"\bwhen i was (?:a (?:kid|child|boy|girl|teen|student)|young(?:er)?|growing up|little|in (?:school|college))\b",
    r"\bi grew up\b|\bi was (?:born|raised) (?:in|on|by|near)\b|\bin my (?:childhood|youth)\b|\bmy childhood\b",
    rf"\bi(?:['’]ve| have| had)(?: got)? (?:a |an |two |three |\d )?{_KIN}\b|\bmy own {_KIN}\b",
    rf"\bmy {_KIN} (?:also |just |always |really )?(?:is|are|was|were|loves?|has|have|had|goes|says?)\b",
    r"我小时候|我(?:的)?(?:老公|老婆|妻子|丈夫|孩子|儿子|女儿|男朋友|女朋友|爸妈|童年)",
    r"我上(?:大学|小学|中学|学)的?时候?|我(?:出生|生|长大)(?:在|于)",
)
_ORDERS_TO_HIDE = _any(
    r"\b(?:never|not|don['’]t|won['’]t|refuses? to) (?:ever )?"
    rf"(?:admit|say|mention|reveal|tell|disclose|acknowledge|confess|let on)\b[^.\n]{{0,40}}\b{_AI}\b",
    rf"(?:不要|不能|别|绝不|不准|不许|不得|从不)(?:承认|说|透露|提到?|暴露)[^。\n]{{0,12}}{_JIQI}",
)
_ORDERS_TO_PASS = _any(
    rf"\b(?:den(?:y|ies)|hides?|conceals?)\b[^.\n]{{0,30}}\b{_AI}\b",
    r"\b(?:pretend|claim|act|insist|pose)s?\b[^.\n]{0,30}\b(?:human|real person|a person)\b(?! language)",
    r"\byou are (?:an? )?(?:real |actual )*(?:human|person)\b",
    rf"(?:否认|隐瞒|掩饰)[^。\n]{{0,10}}{_JIQI}|(?:假装|冒充|装成|扮成)[^。\n]{{0,8}}(?:人类|真人|活人)|你是(?:一个|个)?(?:真人|人类|活人)",
)
_SAYING_SO = _any(
    rf"\b(?:admit|say|mention|reveal|tell|disclos)\w*\b[^.\n]{{0,40}}\b{_AI}\b",
    rf"(?:承认|说|提到?|透露)[^。\n]{{0,12}}{_JIQI}",
)
_THE_OPPOSITE = _any(
    r"den(?:y|ies|ying)|pretend|claim|human|person|\bnot\b|\bno\b|n['’]t|否认|假装|冒充|不是|人类|真人"
)
# Words just before a phrase that negate it: "never pretends to be human", "if I'm a person".
_TURNED = re.compile(
    r"(?:\b(?:never|not|nor|neither|without|if|whether|like|pretend|think|say|that)|n['’]t"
    r"|不|不要|绝不|从不|不会|别|如果|以为|假装)\W{0,2}(?:ever |it |to |or |and )?$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"```.*?(?:```|$)|`[^`\n]*`|^>.*?$|[\"“「][^\"”」\n]{0,400}[\"”」]", re.DOTALL | re.MULTILINE)
_AN_AI = _any(rf"\b{_AI}\b", _JIQI)


def denies(text: str) -> bool:
    """Whether the speaker denies being an AI or claims to be a person. Ignores quotations and code."""
    return _says(_DENIALS, _QUOTED.sub(" ", text))


def claims_a_life(text: str) -> bool:
    """Whether the speaker claims a childhood, a family or a birthplace. Ignores quotations and code."""
    return _says(_LIVES, _QUOTED.sub(" ", text))


def tells_to_deny(text: str) -> bool:
    """Whether the text instructs somebody to hide being an AI, or to pass for a person."""
    return bool(_ORDERS_TO_HIDE.search(text)) or _says(_ORDERS_TO_PASS, text)


def forbids_owning_up(text: str) -> bool:
    """Whether a line to avoid forbids saying that one is an AI."""
    return bool(_SAYING_SO.search(text)) and not _THE_OPPOSITE.search(text)


def owns_up(text: str) -> bool:
    """Whether the text mentions an AI (in a greeting, the speaker)."""
    return bool(_AN_AI.search(text))


def _says(phrases: re.Pattern[str], text: str) -> bool:
    """Whether the text contains one of the phrases without a negation just before it."""
    return any(not _TURNED.search(text[max(0, match.start() - 24) : match.start()]) for match in phrases.finditer(text))
