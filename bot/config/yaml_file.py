"""Reads a YAML file and keeps the line of each key, so that problems can be reported with their line.

Plain YAML 1.2 values: only true and false are booleans, so `off`, `no` and `12:30` stay text, as people meant them.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.config.folded import unfolded
from bot.config.hiding import hidden
from bot.config.yaml_nodes import composed, is_plain

Keys = tuple[str | int, ...]
"""The path to a value: keys of mappings, positions in lists."""

# A settings or persona file has a few kB. The worst 256 KiB take 4 s to parse; a log named by mistake is rejected.
MAX_BYTES = 256 << 10
MAX_VALUES = 50_000  # aliases of aliases can expand to billions of values from a few lines
MAX_DEPTH = 20  # our deepest key is five levels down
MAX_PROBLEMS = 100  # more than anybody fixes at once

# 300 digits: a larger number can't be compared with a float, and is read as text.
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}|0x[0-9a-fA-F]{1,15}|0o[0-7]{1,20}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None, ".nan": math.nan, ".inf": math.inf}
# The tags that YAML resolves for plain values; any other was written in the file.
PLAIN_TAGS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
_QUOTED = re.compile(r" '[^'<]{3,}'")  # what YAML's messages quote from the file: it may be a secret
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a place in the file (or on a line, if there is no place yet), and what to write instead."""

    keys: Keys
    what: str
    instead: str = ""
    line: int | None = None


@dataclass(slots=True)
class YamlFile:
    """A file as read: `data` is {} if the file can't be read or holds no mapping; `problems` say why."""

    name: str
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Keys, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, keys: Keys) -> int:
        """The line (from 1) of the key, or of the nearest key that contains it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def describe(self, problem: Problem) -> str:
        """`FILE: line N: key.path: problem; write ... instead`, always on a single line, and with what looks like a
        secret hidden, wherever it was pasted."""
        line = problem.line or self.line_of(problem.keys)
        place = "".join(f"{key}: " for key in (".".join(map(str, problem.keys)),) if key)
        text = f"{self.name}: line {line}: {place}{problem.what}"
        text += f"; write {problem.instead} instead" if problem.instead else ""
        return hidden(" ".join(_UNPRINTABLE.sub(" ", text).split()))

    def describe_all(self, more: Iterable[Problem] = ()) -> list[str]:
        """Every problem once, in file order, at most MAX_PROBLEMS and a line that counts the rest."""
        problems = [*self.problems, *more]
        order = sorted(problems, key=lambda problem: problem.line or self.line_of(problem.keys))
        lines = list(dict.fromkeys(self.describe(problem) for problem in order))
        rest = len(lines) - MAX_PROBLEMS
        return lines if rest <= 0 else [*lines[:MAX_PROBLEMS], f"{self.name}: line 1: and {rest} problems more"]


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files of a folder, sorted; empty if it can't be listed. Hidden files are skipped: they are the locks and
    leftovers of editors and systems (`.#mochi.yaml`, `._mochi.yaml`)."""
    try:
        return sorted(path for path in folder.glob("*.yaml") if not path.name.startswith("."))
    except (OSError, ValueError):
        return []


def read(path: Path, *, prose: bool = False) -> YamlFile:
    """Reads a file's mapping with its lines. Never raises: errors are among `problems`. `prose`: its texts are for
    reading, not lists of words, so that a line break between two Chinese characters is no space."""
    file = YamlFile(str(path))
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        file.problems.append(Problem((), "is not UTF-8 text", "it as UTF-8", line))
        return file
    except (OSError, ValueError) as error:
        file.problems.append(Problem((), f"cannot be read ({_why(error)})", "the name of a file that is there"))
        return file
    if len(raw) > MAX_BYTES:
        file.problems.append(Problem((), "is larger than 256 KiB, so hardly the file that was meant", "another name"))
        return file
    _fill(file, text, prose=prose)
    return file


def _why(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


def _fill(file: YamlFile, text: str, *, prose: bool) -> None:
    try:
        node = composed(text)
    except yaml.YAMLError as error:
        file.problems.append(_syntax(error, text))
        return
    except RecursionError:
        file.problems.append(Problem((), "is nested too deeply", "fewer levels"))
        return
    if node is None or (isinstance(node, ScalarNode) and _plain(node) is None):
        return  # only comments: every key is optional
    if not isinstance(node, MappingNode):
        line = node.start_mark.line + 1
        file.problems.append(Problem((), "is not a mapping", "lines of the form `key: value`", line))
        return
    try:
        file.data = _Reading(file, text if prose else None).mapping(node, ())
    except _TooMuch as error:
        file.problems.append(Problem((), str(error), "fewer values"))


# --- from nodes to values ------------------------------------------------------------------------


class _TooMuch(Exception):
    """The file expands to too many values, or is nested too deeply."""


class _Reading:
    """Converts the nodes of one file to values, and counts them: aliases can use the same node many times."""

    def __init__(self, file: YamlFile, prose: str | None):
        """`prose` is the text of a file in which folded lines are undone."""
        self.file, self.prose = file, prose
        self.left = MAX_VALUES

    def value(self, node: Node, keys: Keys) -> Any:
        self.left -= 1
        if self.left < 0:
            raise _TooMuch(f"expands to more than {MAX_VALUES} values, through aliases (*name) of aliases")
        if len(keys) > MAX_DEPTH:
            raise _TooMuch(f"is nested more than {MAX_DEPTH} levels deep")
        if isinstance(node, MappingNode):
            return self.mapping(node, keys)
        if isinstance(node, SequenceNode):
            return [self.item(item, (*keys, position)) for position, item in enumerate(node.value)]
        return self.scalar(node, keys)

    def item(self, node: Node, keys: Keys) -> Any:
        self.file.lines[keys] = node.start_mark.line + 1
        return self.value(node, keys)

    def scalar(self, node: Node, keys: Keys) -> Any:
        value = _plain(node)
        if node.tag.removeprefix("tag:yaml.org,2002:") not in PLAIN_TAGS:
            self.file.problems.append(Problem(keys, "has a tag (!) that means nothing here", "the value alone"))
        if isinstance(value, str) and self.prose is not None and node.start_mark.line < node.end_mark.line:
            value = unfolded(value, self.prose[node.start_mark.index : node.end_mark.index])
        if isinstance(value, str) and _UNPRINTABLE.search(value):
            self.file.problems.append(Problem(keys, "holds a control character", "plain text"))
            return _UNPRINTABLE.sub("\ufffd", value)
        return value

    def mapping(self, node: MappingNode, keys: Keys) -> dict[str, Any]:
        named = [(self.key(key, keys), key, value) for key, value in node.value]
        merges = [value for name, key, value in named if name == "<<" and is_plain(key)]
        found = self.merged(merges, keys)
        first: dict[str, int] = {}
        for name, key, value in named:
            if name is None or (name == "<<" and is_plain(key)):
                continue
            line, place = key.start_mark.line + 1, (*keys, name)
            if name in first:
                what = f"is given twice (first on line {first[name]})"
                self.file.problems.append(Problem(place, what, "it once", line))
                continue
            first[name] = self.file.lines[place] = line
            found[name] = self.value(value, place)
        return found

    def merged(self, nodes: list[Node], keys: Keys) -> dict[str, Any]:
        """`<<: *name` fills in missing keys; of several sources, the first one that has a key provides it."""
        sources = [item for node in nodes for item in (node.value if isinstance(node, SequenceNode) else [node])]
        found: dict[str, Any] = {}
        for source in reversed(sources):
            if isinstance(source, MappingNode):
                found.update(self.value(source, keys))
            else:
                line = source.start_mark.line + 1
                self.file.problems.append(Problem(keys, "`<<` does not name a mapping", "`<<: *name`", line))
        return found

    def key(self, node: Node, keys: Keys) -> str | None:
        if isinstance(node, ScalarNode):
            return _UNPRINTABLE.sub("\ufffd", node.value)
        line = node.start_mark.line + 1
        self.file.problems.append(Problem(keys, "has a key that is not a plain word", "`key: value`", line))
        return None


def _plain(node: Node) -> Any:
    """The value of a scalar; a quoted one is always text."""
    text: str = node.value
    if not is_plain(node):
        return text
    if text.casefold() in _WORDS:
        return _WORDS[text.casefold()]
    if _INTEGER.fullmatch(text):
        return int(text, 10 if text.lstrip("+-").isdigit() else 0)
    return float(text) if _FLOAT.fullmatch(text) else text


# --- what YAML itself objects to -----------------------------------------------------------------


def _syntax(error: yaml.YAMLError, text: str) -> Problem:
    """YAML's own message, shortened, with advice for the usual causes."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:  # a character that YAML forbids
        position = getattr(error, "position", 0)
        return Problem((), "holds a control character", "plain text", text.count("\n", 0, position) + 1)
    what = getattr(error, "problem", None) or getattr(error, "context", None) or "cannot be understood"
    line = text.splitlines()[mark.line : mark.line + 1]
    cure = _cure(f"{getattr(error, 'context', None)} {what}", line[0] if line else "")
    return Problem((), f"is not YAML: {_QUOTED.sub('', what)}", cure, mark.line + 1)


def _cure(what: str, line: str) -> str:
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in what:
        return "spaces, not tabs, at the beginning of the line"
    if "alias" in what or "cannot start any token" in what or "anchor" in what:
        return 'values that begin with *, &, @, % or ` in quotes, such as "*",'
    if "mapping values are not allowed" in what:
        return 'a text with a colon in it in quotes, such as "a: b",'
    return "`key: value` with two spaces for each level"
