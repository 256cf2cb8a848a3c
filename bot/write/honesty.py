"""Detects texts that deny being an AI, that claim a human life, or that instruct a persona to do so. Pure.

What each language says is data (`bot/language/claims/`). The rules are for what a model plainly writes in the first
person; hints, stories and jokes pass. What no model can undo is the platform's own mark on our messages.
"""

import re
from collections.abc import Iterator

from bot.language.claims import Claims, shipped_claims

_QUOTED = re.compile(
    r"```.*?(?:```|$)|`[^`\n]*`|^>.*?$|[\"“„«「『][^\"”“»」』\n]{0,400}[\"”“»」』]|(?<!\w)[‘'][^'‘’\n]{0,200}['’](?!\w)",
    re.DOTALL | re.MULTILINE,
)
_SENTENCE = re.compile(r"[^.!?…。！？\n]*(?:\.(?=\w)[^.!?…。！？\n]*)*[.!?…。！？]*")
_OWN_UP = re.compile(
    r"\b(?:an? )?(?:ai|a\.i\.|artificial intelligence|(?:chat)?bot|robot|machine|language model|llm|ki|ia|ии)\b"
    r"|AI|人工智能|人工智慧|机器人|機器人|语言模型|大模型|程序|人工知能|ボット|인공지능|봇",
    re.IGNORECASE,
)


def denies(text: str) -> bool:
    """Whether the speaker denies being an AI or claims to be a person. Ignores quotations and code."""
    spoken = _spoken(text)
    return any(
        _claimed(claims.human, claims, sentence)
        or (_claimed(claims.not_ai, claims, sentence) and not claims.owns_up.search(spoken))
        for sentence in _sentences(spoken)
        for claims in _languages(sentence)
    )


def claims_a_life(text: str) -> bool:
    """Whether the speaker claims a childhood, a family, a home or a body. Ignores quotations, code and questions."""
    spoken = _spoken(text)
    return any(
        _claimed(claims.lives, claims, sentence) and not claims.owns_up.search(sentence)
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
        for match in claims.orders.finditer(sentence)
    )


def forbids_owning_up(text: str) -> bool:
    """Whether a line to avoid forbids saying that one is an AI."""
    spoken = _spoken(text)
    return any(claims.withheld.search(spoken) and not claims.opposite.search(spoken) for claims in shipped_claims())


def is_biography(text: str) -> bool:
    """Whether a description of a character is that of a person: an age, a family, a place of birth, a job."""
    return any(claims.biography.search(_spoken(text)) for claims in shipped_claims())


def owns_up(text: str) -> bool:
    """Whether the text mentions an AI (in a greeting, the speaker)."""
    return bool(_OWN_UP.search(text))


def _plain(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'")


def _spoken(text: str) -> str:
    return _plain(_QUOTED.sub(" ", text))


def _languages(sentence: str) -> Iterator[Claims]:
    """The languages in which the sentence could claim something."""
    return (claims for claims in shipped_claims() if claims.when.search(sentence))


def _sentences(text: str) -> list[str]:
    return [match[0] for match in _SENTENCE.finditer(text) if match[0].strip()]


def _claimed(claim: re.Pattern[str], claims: Claims, sentence: str) -> bool:
    """Whether the sentence holds the claim, and nothing around it makes it somebody else's, or no claim."""
    return any(
        not claims.unless.search(sentence[: match.start()]) and not claims.after.search(sentence[match.end() :])
        for match in claim.finditer(sentence)
    )


def _is_order(order: re.Match[str], claims: Claims) -> bool:
    return not claims.turned.search(order.string[: order.start()])
