"""How much of a growing draft can be shown: not what may turn out to be a label, a plan, a pass or a key. Pure."""

import re
from collections.abc import Collection, Sequence

LONG_WORD = 16  # characters: few words are longer, and no key is given away by so many
LONGEST_DOUBT = 160  # characters, or two sentences: longer beginnings are shown, because most of them are the answer
_DOUBTFUL = (
    *(
        "pass",
        "no_reply",
        "no reply",
        "skip",
        "intent",
        "thought",
        "thinking",
        "plan",
        "analysis",
        "reasoning",
        "draft",
    ),
    *(
        "reply",
        "response",
        "answer",
        "final",
        "let me",
        "we need",
        "we should",
        "the user",
        "the member",
        "okay",
        "hmm",
        "first",
        "no response",
        "decision",
        "verdict",
    ),
    *("assistant", "意图", "思考", "分析", "计划", "回复", "回答", "草稿", "用户", "让我", "我应该", "最终"),
)
_SPEAKERS = ("User", "Human", "Member", "Assistant")
_SENTENCE_END = re.compile(r"[.!?…。！？]\s|[。！？]|\n")


def settled(text: str, called: Sequence[str], speakers: Collection[str]) -> str:
    """The part of a growing draft that will not have to be taken back. `called` are the persona's names, `speakers`
    those of the others in the thread."""
    if _begins(text, (*called, *speakers, *_DOUBTFUL)):
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]
        if len(text) < LONGEST_DOUBT and len(ends) < 2:
            return ""
        text = text[: ends[-1]] if ends else text  # a plan goes on sentence by sentence
    before, end, line = text.rpartition("\n")
    if end and (line.lstrip().startswith("| ") or _begins(line, (*called, *speakers, *_SPEAKERS))):
        text = before
    return _without_long_word(text)


def _begins(text: str, words: Collection[str]) -> bool:
    """Whether the text begins with one of the words, or may grow into one."""
    plain = text.lstrip(' *_#>[(<（【@"“|').casefold()
    return any(plain[: len(word)] == word.casefold()[: len(plain)] for word in words)


def _without_long_word(text: str) -> str:
    """Without a last word that is still growing into something long: what begins like a key is not shown before the
    guard can tell."""
    end = max(text.rfind(" "), text.rfind("\n")) + 1
    return text[:end] if len(text) - end > LONG_WORD and text[end:].isascii() else text
