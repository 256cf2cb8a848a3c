"""The page of all reasons, REASONS.md: every code, with its sentences for members and managers, in every language."""

from collections.abc import Iterator, Mapping

from bot.decide.reasons import Reason
from bot.explain.words import LANGUAGES, Words

TROUBLES = ("late", "empty", "dishonest", "held_back", "stiff", "cut", "blocked", "undeliverable", "internal")
"""What can go wrong with a turn besides the reasons for decisions: codes of `Turn.error`."""

GROUP_OF = {
    Reason.ADDRESSED: "speak",
    Reason.HOLDING: "wait",
    Reason.MEMBER_LIMIT: "sign",
    Reason.FROM_BOT: "silence",
    Reason.SOMEONE_ANSWERED: "end",
}
"""The groups of `decide/reasons.py`, by the reason with which each begins."""


def groups() -> Mapping[str, list[str]]:
    """Every code by group, in the order of the code."""
    found: dict[str, list[str]] = {}
    group = ""
    for reason in Reason:
        group = GROUP_OF.get(reason, group)
        found.setdefault(group, []).append(reason.value)
    return {**found, "trouble": list(TROUBLES)}


def reasons_page(words: Words) -> str:
    """The page as Markdown. Raises KeyError for a code without a sentence."""
    head = [f"# {_both(words, 'reasons_page.title', ' · ')}", "", _both(words, "reasons_page.intro", "\n\n"), ""]
    return "\n".join([*head, *(line for group, codes in groups().items() for line in _group(words, group, codes))])


def _group(words: Words, group: str, codes: list[str]) -> Iterator[str]:
    yield f"## {_both(words, f'reasons_page.{group}', ' · ')}"
    yield ""
    yield "| " + " | ".join(_both(words, f"reasons_page.{key}", " · ") for key in ("code", "member", "manager")) + " |"
    yield "|-|-|-|"
    for code in codes:
        sentences = (_both(words, f"reason.{code}.{to}", "<br>") for to in ("member", "manager"))
        yield f"| `{code}` | {' | '.join(sentences)} |"
    yield ""


def _both(words: Words, key: str, between: str) -> str:
    return between.join(words.say(key, language) for language in LANGUAGES)
