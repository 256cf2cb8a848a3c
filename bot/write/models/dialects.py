"""The signs with which models and chat templates mark thoughts, tool calls and turns, in prose. Pure.

Collected from the reasoning and tool parsers of vLLM, SGLang and llama.cpp, from the models' own templates, and from
reports of signs that were shown to people. Names are matched by what they say, because every model has its own.
"""

import json
import re
from enum import Enum, auto
from typing import Any, NamedTuple


class Meaning(Enum):
    THOUGHT = auto()  # what follows is thinking, up to its end
    TOOL = auto()  # what follows is a tool call, up to its end
    CHANNEL = auto()  # the name of a channel follows
    ROLE = auto()  # the name of a speaker follows: another message begins
    STOP = auto()  # the message ends
    WRAPPER = auto()  # the answer stands between such tags
    NOTHING = auto()  # a mark without meaning


class Sign(NamedTuple):
    """A sign of `text[at:end]`. `is_sure`: never meant as words; other signs count only if they are closed."""

    meaning: Meaning
    name: str
    end: int
    closes: bool = False
    is_sure: bool = True
    is_token: bool = False  # of a template, which nobody writes as a word

    @property
    def ending(self) -> re.Pattern[str]:
        """The closing tag of the same name."""
        name = re.escape(self.name)
        return re.compile(rf"</(?:\w+:)?{name}\s*>|\[/{name}\]", re.IGNORECASE)

    def is_ended_by(self, other: "Sign") -> bool:
        """Whether what this sign begins ends at the other. Thoughts end at any end of thoughts: models mix them up."""
        if other.closes and other.name == self.name:
            return True
        both = self.is_token and other.is_token
        match self.meaning:
            case Meaning.CHANNEL:
                return other.is_token and (other.meaning is not Meaning.THOUGHT or other.closes)
            case Meaning.THOUGHT:
                ends = other.meaning is Meaning.THOUGHT and other.closes and other.is_sure
                return ends or (both and other.meaning is Meaning.STOP)
        return both and other.closes and other.meaning is self.meaning

    @property
    def is_word(self) -> bool:
        """Whether the sign could be spoken of without quotation marks."""
        return not self.is_token and self.meaning in (Meaning.THOUGHT, Meaning.TOOL)

    @property
    def begins_message(self) -> bool:
        return self.meaning in (Meaning.CHANNEL, Meaning.ROLE)


LONGEST = 340  # characters of a sign, with its attributes
_TOKEN = re.compile(r"<(/?)[|｜]{1,2}(?:DSML[|｜]{1,2})?([^\s|｜<>]{1,60})(?:[|｜]{1,2}|(\s[^<>]{0,240})?)>")
_TOKEN_END = re.compile(r"<()([a-z_]{1,40})[|｜]>")  # Gemma 4: "<|channel>" ... "<channel|>"
_ELEMENT = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,60})((?:=|\s)[^<>]{0,240})?/?>")
_ATTRIBUTES = re.compile(r"\s*/?\Z|=|\s+[\w:.-]+\s*=(?!=)")  # not "a<think and b>think", which compares
_OTHER = re.compile(r"\[(/?)([A-Za-z_]{3,30})\]|◁(/?)([a-z_]{3,20})▷|✿()([A-Z]{3,20})✿|<<(/?)(SYS)>>")
_UNFINISHED = re.compile(
    r"<(?:[/|｜<]{0,4}(?:[A-Za-z][^<>]{0,330})?)?\Z|\[(?:/?[A-Za-z_]{0,30}|(?i:tool|function)[^\]\n]{0,320})\Z"
    r"|◁/?[a-z_]{0,20}\Z|✿[A-Z]{0,20}\Z"
)

_THINKS = r"(?:ant)?think(?:ing)?|thoughts?|reasoning|(?:inner|internal)_?monologue|scratch_?pad"
_THOUGHT = re.compile(rf"(?:[a-z]+_)*(?:{_THINKS})(?:_[a-z]+)*")
_MAYBE_THOUGHT = re.compile(
    r"(?:[a-z]+_)*(?:reason|reflections?|analysis|cot|chain_of_thought|deliberation|rationale|plan|planning)"
)
_TOOL = re.compile(
    r"(?:[a-z]+_)*(?:tools?|functions?)_?(?:calls?|use|code|results?|responses?|outputs?)(?:_[a-z]+)*|invoke"
)
_TOOL_TOKEN = re.compile(r"\w*(?:tool|function|action|plugin|python_tag|invoke|args)\w*")
_MAYBE_TOOL = frozenset({
    "tool", "function", "search", "execute", "action", "observation", "query", "browser", "python", "bash", "terminal",
    "shell", "plugin",
})  # fmt: skip
_NOTE = re.compile(
    r"\[(?:tool|function)[ _-]?(?:calls?|use|results?|outputs?|responses?):[^\]\n]{0,300}\]", re.IGNORECASE
)
_ENDS = re.compile(r"end_.*|.*_(?:end|suffix)|eom_id")
_ANSWERS = frozenset({"answer", "final_answer", "final", "reply", "final_reply", "response", "final_response"})
_ROLES = frozenset({"im_start", "start_header_id", "start_of_turn", "start", "begin", "from", "role"})
_STOPS = frozenset({"end_of_turn", "eos", "bos", "pad", "unk", "start_of_turn", "endoftext", "inst", "sys", "s"})
# Names that don't say so: Apertus's and MedGemma's thoughts, and whether the sign ends them.
_PAIRED = {"inner_prefix": False, "inner_suffix": True, "unused94": False, "unused95": True}
# Dialects without signs, or with their names alone, at the beginning of an answer: first words, how thoughts begin, how
# they end, and whether they are thoughts even without an end. gpt-oss without signs; Granite; Ollama's command line.
SPOKEN = (
    ("analysis", re.compile(r"analysis(?=[A-Z])"), re.compile("assistantfinal"), True),
    ("assistantanalysis", re.compile(r"assistantanalysis(?=[A-Z])"), re.compile("assistantfinal"), True),
    ("to=functions.", re.compile(r"to=functions\."), re.compile("assistantfinal"), True),
    ("commentary to=", re.compile(r"commentary to=\w"), re.compile("assistantfinal"), True),
    ("assistantcommentary", re.compile(r"assistantcommentary"), re.compile("assistantfinal"), True),
    ("here", re.compile(r"Here(?:'s| is) my thought process:"), re.compile(r"Here(?:'s| is) my response:\s*"), False),
    ("thinking...", re.compile(r"Thinking\.{3}\n"), re.compile(r"\.{3}done thinking\.\s*"), False),
)


def sign_at(text: str, at: int, *, starts_line: bool) -> Sign | None:
    """The sign that begins at `at`, if one does. `starts_line`: nothing stands before it on its line."""
    if token := _TOKEN.match(text, at) or _TOKEN_END.match(text, at):
        return _token(token, token.re is _TOKEN_END)
    if element := _ELEMENT.match(text, at):
        return _element(element, starts_line)
    if note := _NOTE.match(text, at):
        return Sign(Meaning.TOOL, "note", note.end(), closes=True, is_token=True)
    if other := _OTHER.match(text, at):
        groups = other.groups()
        name = next(filter(None, groups[1::2]))
        return _bracket(name, "/" in groups, other.end(), is_pair=text[at] == "[")
    return None


def may_become_sign(text: str, at: int) -> bool:
    """Whether what begins at `at` may be the beginning of a sign that is cut off at the end of the text."""
    return len(text) - at < LONGEST and _UNFINISHED.match(text, at) is not None


def _token(match: re.Match[str], ends: bool) -> Sign:
    name = match[2].casefold().replace("▁", "_")
    closes = bool(match[1]) or ends or name.startswith("/") or bool(_ENDS.fullmatch(name))
    name = name.removeprefix("/")
    is_tool = _TOOL_TOKEN.fullmatch(name) or name in ("open", "close", "sep") or "DSML" in match[0]
    if name in _PAIRED:
        meaning, closes = Meaning.THOUGHT, _PAIRED[name]
    elif name in ("channel", "recipient"):
        meaning = Meaning.THOUGHT if ends else Meaning.CHANNEL
    elif _THOUGHT.fullmatch(name):
        meaning = Meaning.THOUGHT
    else:
        meaning = Meaning.TOOL if is_tool else Meaning.ROLE if name in _ROLES else Meaning.STOP
    return Sign(meaning, name, match.end(), closes, is_token=True)


def _element(match: re.Match[str], starts_line: bool) -> Sign | None:
    closes, name, attributes, end = bool(match[1]), match[2].casefold(), match[3] or "", match.end()
    plain = name.rpartition(":")[2].replace("-", "_")
    if not _ATTRIBUTES.match(attributes):
        return None
    if plain in _PAIRED:
        return Sign(Meaning.THOUGHT, plain, end, _PAIRED[plain], is_token=True)
    if plain in _STOPS:
        meaning = Meaning.ROLE if plain in _ROLES else Meaning.STOP
        return Sign(meaning, plain, end, closes, is_token=True)
    is_own = plain != name or (
        starts_line and ("_" in plain or plain in _MAYBE_TOOL)
    )  # no HTML: a tool of somebody's own
    kinds = (
        (Meaning.NOTHING, False, plain == "details" and closes),
        (Meaning.THOUGHT, True, _THOUGHT.fullmatch(plain) or (plain == "details" and "reasoning" in attributes)),
        (Meaning.TOOL, True, _TOOL.fullmatch(plain) or (plain == "function" and attributes.startswith("="))),
        (Meaning.WRAPPER, True, plain in _ANSWERS),
        (Meaning.WRAPPER, False, plain in ("output", "message")),
        (Meaning.THOUGHT, False, _MAYBE_THOUGHT.fullmatch(plain)),
        (Meaning.TOOL, False, is_own),
    )
    found = next(((meaning, is_sure) for meaning, is_sure, fits in kinds if fits), None)
    return Sign(found[0], plain, end, closes, found[1]) if found else None


def _bracket(name: str, closes: bool, end: int, *, is_pair: bool) -> Sign | None:
    plain, is_sure = name.casefold(), name.isupper() or not is_pair
    if is_sure and plain.startswith("end_"):
        plain, closes = plain.removeprefix("end_"), True
    if plain in ("inst", "sys"):
        return Sign(Meaning.STOP, plain, end, closes, is_token=True)
    if _THOUGHT.fullmatch(plain):
        return Sign(Meaning.THOUGHT, plain, end, closes, is_sure)
    if is_sure and (_TOOL_TOKEN.fullmatch(plain)):
        return Sign(Meaning.TOOL, plain, end, closes)
    return None


# --- tool calls as JSON, or as a list of calls ---------------------------------------------------

_NAMES = {"name", "tool", "tool_name", "function", "function_name", "action", "recipient_name"}
_ARGUMENTS = {"arguments", "parameters", "args", "params", "action_input", "tool_input", "kwargs"}
_BEGINS = re.compile(r'\[?\s*\{\s*"(?:name|tool(?:_name|_calls)?|function(?:_call)?|action|type)"\s*:\s*["\[{]')
_CALLS = re.compile(r"\[(?:[\w.]+\((?:\s*\w+\s*=[^\n]*)?\)(?:,\s*)?)+\]\s*")
_decoder = json.JSONDecoder()


def json_at(text: str, at: int) -> tuple[Any, int]:
    """The JSON value that begins at `at`, and its end; (None, -1) if there is none."""
    try:
        return _decoder.raw_decode(text, at)
    except (ValueError, RecursionError):
        return None, -1


def is_tool_call(value: object) -> bool:
    """Whether a JSON value is a call of a tool, or a list of calls."""
    if isinstance(value, list):
        return bool(value) and all(map(is_tool_call, value))
    if not isinstance(value, dict):
        return False
    if "tool_calls" in value or "function_call" in value or (value.get("type") == "function" and "function" in value):
        return True
    named = any(isinstance(value.get(key), str) for key in _NAMES)
    return named and (not _ARGUMENTS.isdisjoint(value) or isinstance(value.get("input"), dict))


def begins_tool_call(text: str) -> bool:
    """Whether a JSON value that is cut off is the beginning of a tool call."""
    return bool(_BEGINS.match(text)) and any(f'"{key}"' in text for key in _ARGUMENTS)


def is_list_of_calls(text: str) -> bool:
    """Whether the text is nothing but `[tool(argument="value")]`, as Llama and LFM write it."""
    return bool(_CALLS.fullmatch(text))
