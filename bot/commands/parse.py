"""Reads a command from text, or from the options that a platform gives; or says what is wrong with it.

    room join unanswered
    room join value=unanswered where=community
    mute until 18:00 community
    room about "A beginners' bread room, dry humour"

Words are compared without regard to case, hyphens and the form of letters. A value may stand by its place or by its
option's name; a text takes the rest of the line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from difflib import get_close_matches
from typing import NamedTuple

from bot.commands.catalogue import BY_PATH, COMMANDS, OTHER_WORDS
from bot.commands.values import Value, folded, value
from bot.types import Command, Option, OptionKind, record

LONGEST_COMMAND = 2000  # characters; a message of Discord has no more
MOST_WORDS = 400
LIKE = 0.6  # similarity from which a word was probably meant: one or two letters of a short word

_PREFIX = re.compile(r"\s*[!/！／]\s*cameo(?![\w@])[\s,:，：]*", re.IGNORECASE)
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "「": "」", "『": "』", "«": "»", "„": "“"}
OPTION_NAMES = {option.name for command in COMMANDS for option in command.options}
_NAMED = re.compile(r"(\w{1,20})[=:：＝](?!//)")


@record
class ReadCommand:
    """A command with the values of its options."""

    command: Command
    values: Mapping[str, Value] = field(default_factory=dict)


class Misread(NamedTuple):
    """What is wrong: `code` names the text in words.yaml under `commands.misread`. `command` is what was probably
    meant, None if nobody knows."""

    code: str
    command: Command | None = None
    option: str = ""
    said: str = ""
    meant: str = ""


class _Word(NamedTuple):
    """A word of the line: its text, and where it begins and ends there. `name` is that of an option, if the word is
    `name=text` or `name:text`, which begins at `start`. In quotes, a text is one word."""

    text: str
    start: int = 0
    begin: int = 0
    end: int = 0
    quoted: bool = False
    name: str = ""


def command_text(message: str) -> str | None:
    """What follows `!cameo` or `/cameo` in a message; None if that is no command."""
    found = _PREFIX.match(message)
    return message[found.end() :] if found else None


def parse(text: str) -> ReadCommand | Misread:
    """Reads a command from text without its prefix. Nothing at all asks for help."""
    if len(text) > LONGEST_COMMAND:
        return Misread("long")
    words = list(_words(text))[:MOST_WORDS]
    if not words:
        return ReadCommand(BY_PATH["help",])
    path, rest = _path(words)
    command = BY_PATH.get(tuple(path))
    if command is None:
        return _unknown(path, rest)
    given = _given(command, rest, text)
    return given if isinstance(given, Misread) else read_options(command, given)


def read_options(command: Command, given: Mapping[str, str]) -> ReadCommand | Misread:
    """Reads the values of a command's options from their texts."""
    values: dict[str, Value] = {}
    for option in command.options:
        if option.name not in given:
            if option.required:
                return Misread("missing", command, option.name)
            continue
        found = value(option, given[option.name])
        if found is None:
            said = given[option.name]
            return Misread("value", command, option.name, said, _like(said, option.choices))
        values[option.name] = found
    return ReadCommand(command, values)


def read_path(path: Sequence[str], given: Mapping[str, str]) -> ReadCommand | Misread:
    """The same for a command that is named by its path, as a platform's own commands are."""
    command = BY_PATH.get(tuple(path))
    return read_options(command, given) if command else Misread("unknown", said=" ".join(path))


def named_commands(text: str) -> list[Command] | Misread:
    """The commands that a text names: one, or all of a group ("room")."""
    words = list(_words(text[:LONGEST_COMMAND]))[:MOST_WORDS]
    path, _ = _path(words)
    found = [command for command in COMMANDS if path and command.path[: len(path)] == tuple(path)]
    return found or _unknown(path, words)


# --- words ---------------------------------------------------------------------------------------


def _words(text: str) -> Iterator[_Word]:
    """The words of a line. A quote that never ends is an ordinary character."""
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        found = _NAMED.match(text, at)
        name, begin = (folded(found[1]), found.end()) if found and folded(found[1]) in OPTION_NAMES else ("", at)
        word = (_quoted(text, begin) or _bare(text, begin))._replace(name=name, start=at)
        at = word.end
        if word.text or word.quoted or name:
            yield word


def _quoted(text: str, at: int) -> _Word | None:
    close = text.find(_QUOTES[text[at]], at + 1) if at < len(text) and text[at] in _QUOTES else -1
    if close < 0 or not (close + 1 == len(text) or text[close + 1].isspace()):
        return None
    return _Word(text[at + 1 : close], at, at, close + 1, quoted=True)


def _bare(text: str, begin: int) -> _Word:
    """The word up to the next space; one of invisible characters alone is empty."""
    end = next((place for place in range(begin, len(text)) if text[place].isspace()), len(text))
    word = text[begin:end]
    return _Word(word if folded(word) else "", begin, begin, end)


def _plain(text: str) -> str:
    return " ".join(re.split(r"[-_\s]+", folded(text).strip(".,;!。，！"))).strip()


_KNOWN = {_plain(word): (word,) for command in COMMANDS for word in command.path} | {
    _plain(said): tuple(meant.split()) for said, meant in OTHER_WORDS.items()
}
_BEGINNINGS = {command.path[:length] for command in COMMANDS for length in range(1, len(command.path) + 1)}
LONGEST_PHRASE = 3  # words, as in "share of voice"
OF_MANY_WORDS = (OptionKind.DURATION, OptionKind.HOURS, OptionKind.SHARE, OptionKind.CHOICE)  # "2 days", "too much"
MOST_WORDS_OF_ONE = 6  # words of a duration: "1 h and 30 min"


def _path(words: list[_Word]) -> tuple[list[str], list[_Word]]:
    """The longest beginning that names a command or a group of commands, and the words after it."""
    path: list[str] = []
    while words and tuple(path) not in BY_PATH:
        for length in range(min(LONGEST_PHRASE, len(words)), 0, -1):
            said = _KNOWN.get(_phrase(words[:length]))
            if said and (*path, said[0]) in _BEGINNINGS:
                path.append(said[0])
                words = [*map(_Word, said[1:]), *words[length:]]
                break
        else:
            break
    return path, words


def _phrase(words: list[_Word]) -> str:
    is_plain = not any(word.name or word.quoted for word in words)
    return _plain(" ".join(word.text for word in words)) if is_plain else ""


def _unknown(path: list[str], rest: list[_Word]) -> Misread:
    """What may have been meant: a command of the group that was named, or one that is written alike."""
    group = [command for command in COMMANDS if command.path[: len(path)] == tuple(path)] if path else []
    if group and not rest:
        return Misread("group", group[0], said=" ".join(path), meant=", ".join(command.name for command in group))
    said = " ".join([*path, *(word.text for word in rest[: max(1, 2 - len(path))])])
    names = [command.name for command in group or COMMANDS]
    first = {command.path[0]: command.name for command in reversed(COMMANDS)}
    like = _like(said, names) or first.get(_like("".join(said.split()[:1]), list(first)), "")
    if not like and group:
        return Misread("group", group[0], said=said, meant=", ".join(names))
    return Misread("unknown", BY_PATH.get(tuple(like.split())), said=said[:60], meant=like)


def _like(said: str, known: Sequence[str]) -> str:
    """The known word that is written most alike; "" if none is."""
    return next(iter(get_close_matches(folded(said[:60]), known, 1, LIKE)), "")


# --- options -------------------------------------------------------------------------------------


def _given(command: Command, words: list[_Word], line: str) -> dict[str, str] | Misread:
    """The texts of a command's options."""
    given: dict[str, str] = {}
    while words:
        option = _option(command, words[0])
        if option is None:
            left = [option for option in command.options if option.name not in given]
            if not left:
                return Misread("too_many", command, said=" ".join(word.text for word in words)[:60])
            option = _fitting(command, left, words, line)
        elif not words[0].text and not words[0].quoted:
            words = words[1:]  # "where: community"
            if not words:
                return Misread("value", command, option.name)
        if option.name in given:
            return Misread("twice", command, option.name)
        given[option.name], used = _taken(command, option, words, line)
        words = words[used:]
    return given


def _option(command: Command, word: _Word) -> Option | None:
    return next((option for option in command.options if word.name and option.name == word.name), None)


def _fitting(command: Command, left: Sequence[Option], words: list[_Word], line: str) -> Option:
    """The option that the next words are for: a word that can't be the value of an option that may be left out goes to
    the next."""
    for option in left[:-1]:
        if option.required or value(option, _taken(command, option, words, line)[0]) is not None:
            return option
    return left[-1]


def _taken(command: Command, option: Option, words: list[_Word], line: str) -> tuple[str, int]:
    """The words that are an option's value, and how many: a text takes all up to the next option that is named,
    others as many as make one."""
    if words[0].quoted:
        return words[0].text, 1
    begin = words[0].begin if _option(command, words[0]) else words[0].start
    last = next((at for at, word in enumerate(words) if at and _option(command, word)), len(words))
    if option.kind is OptionKind.TEXT:
        return line[begin : words[last - 1].end].strip(), last
    if option.kind in OF_MANY_WORDS:
        for length in range(min(MOST_WORDS_OF_ONE, last), 1, -1):
            text = line[begin : words[length - 1].end]
            if value(option, text) is not None:
                return text, length
    return line[begin : words[0].end] or words[0].text, 1
