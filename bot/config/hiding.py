"""Hides what looks like a key or token in lines that are printed or logged. Pure.

A manager may paste a secret into any place of a file. Its form tells it from words: keys are random, so lower case,
upper case and digits change from one character to the next, where names, paths and versions seldom change.
"""

import re

HIDDEN = "[hidden]"
SHORTEST = 16  # characters; documented keys have 20 or more, and shorter runs are too often names with numbers
CHANGES = 0.18  # of neighbouring characters; random hexadecimal has 0.47, "Mixtral-8x7B-Instruct-v0.1" has 0.15
LONGEST_WORD = 24  # letters and digits in a row; words, names and Discord's ids (20 digits) are shorter

# Matrix room ids look random and are no secrets.
_RUN = re.compile(r"![\w-]+(?::[\w.-]+)?|[A-Za-z0-9_+/=.~-]{16,}")
_SEGMENT = re.compile(r"[A-Za-z0-9_+=~-]+")
_MARKED = re.compile(  # the beginnings that issuers document, and the form of a UUID
    r"(?i)(?:[srp]k|gh[pousr]|github_pat|glpat|xox[a-z]|hf|gsk|xai|sy[tlr]|m[ac]t)[-_]|(?:AKIA|ASIA|AIza|eyJ)"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
)


def hidden(text: str) -> str:
    """The text with everything that looks like a key or token replaced by HIDDEN."""
    return _RUN.sub(lambda run: _hidden_run(run[0]), text)


def looks_secret(text: str) -> bool:
    """Whether any part of the text looks like a key or token."""
    return hidden(text) != text


def _hidden_run(run: str) -> str:
    if run.startswith("!"):
        return run
    if not run.startswith(("/", "./", "../", "~")) and _is_random(run):  # a path is judged name by name
        return HIDDEN
    return _SEGMENT.sub(lambda segment: HIDDEN if _is_random(segment[0]) else segment[0], run)


def _is_random(run: str) -> bool:
    if len(run) < SHORTEST:
        return False
    if _MARKED.match(run) or max(map(len, re.split(r"[^A-Za-z0-9]", run))) > LONGEST_WORD:
        return True
    return sum(map(_changes, run, run[1:])) / len(run) >= CHANGES


def _changes(before: str, after: str) -> bool:
    """Whether two neighbours are of different kinds (lower case, upper case, digit), other than "Th" in a word."""
    if not (before.isalnum() and after.isalnum()) or (before.isupper() and after.islower()):
        return False
    return (before.isdigit(), before.islower()) != (after.isdigit(), after.islower())
