"""What a chunk of an answer says: text, thoughts, and what nobody sees, in the providers' forms. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# "reasoning_content" (DeepSeek), "reasoning_details" (OpenRouter), "thinking" (Ollama), "thinking_blocks" (LiteLLM),
# parts of type "thinking" (Mistral, Anthropic), "thought" (Gemini) ...
_THOUGHT = re.compile(r"reason|think|thought", re.IGNORECASE)
_LABELS = frozenset({"type", "id", "format", "role", "signature", "name", "object"})  # their strings are no tokens
LONGEST_WALK = 10_000  # values of one chunk; no genuine chunk has a hundred


@dataclass(frozen=True, slots=True)
class Delta:
    """`unseen` is output that is neither text nor thoughts, such as the arguments of a tool call. `is_whole`: the text
    came as a message, which holds the whole answer."""

    text: str = ""
    thoughts: str = ""
    unseen: str = ""
    finish: str = ""
    is_whole: bool = False

    @property
    def output(self) -> str:
        return self.text + self.thoughts + self.unseen


def delta_of(chunk: Mapping[str, Any]) -> Delta:
    """Reads the first choice of a chunk. Each of its fields may be missing, or be anything."""
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, Mapping):
        return Delta()
    reason = choice.get("finish_reason")
    finish = reason[:40] if isinstance(reason, str) and reason.casefold() not in ("null", "none") else ""
    for place, is_whole in (("delta", False), ("message", True)):
        said = choice.get(place)
        if isinstance(said, Mapping) and any(said.get(name) for name in said if name != "role"):
            return _read(said, finish, is_whole)
    return Delta(text=_string(choice.get("text")), finish=finish)


def _read(said: Mapping[str, Any], finish: str, is_whole: bool) -> Delta:
    content = said.get("content")
    parts = content if isinstance(content, list) else [content]
    thoughts = [_all_text(said[name]) for name in said if _THOUGHT.search(name)]  # the same text in several fields
    others = [name for name in said if name != "content" and name not in _LABELS and not _THOUGHT.search(name)]
    thinking = "".join(_all_text(part) for part in parts if _is_thought(part))
    return Delta(
        text="".join(_text(part) for part in parts if not _is_thought(part)),
        thoughts=max([thinking, *thoughts], key=len),
        unseen="".join(_all_text(said[name]) for name in others),
        finish=finish,
        is_whole=is_whole,
    )


def _is_thought(part: object) -> bool:
    if not isinstance(part, Mapping):
        return False
    return part.get("thought") is True or bool(_THOUGHT.search(_string(part.get("type"))))


def _text(part: object) -> str:
    return _string(part.get("text")) if isinstance(part, Mapping) else _string(part)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _all_text(value: object) -> str:
    return "".join(_strings(value))


def _strings(value: object) -> Iterator[str]:
    """The strings in nested JSON, without labels; not recursive, since a server may nest as deep as it likes."""
    waiting = [value]
    for _ in range(LONGEST_WALK):
        if not waiting:
            return
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, list):
            waiting += reversed(one)
        elif isinstance(one, Mapping):
            waiting += [one[name] for name in reversed(one) if name not in _LABELS]
