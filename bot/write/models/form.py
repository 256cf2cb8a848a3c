"""The form of requests that a server takes, learnt from what it rejects. Pure.

Every form begins as what most servers take. A rejection changes one thing, once: so a request is repeated a few times
at most, and the next one has the right form at once.
"""

import re
from collections.abc import Sequence
from typing import Any

from bot.config.model_settings import ModelSettings
from bot.write.models.chat import ChatMessage, on_the_wire

LIMIT_NAMES = ("max_tokens", "max_completion_tokens")
_STREAM = re.compile(r"\bstream(s|ed|ing)?\b|流式|ストリー|스트리|потоков", re.IGNORECASE)
_ROLE = re.compile(
    r"\broles?\b|\b(system|developer)\b.{0,20}(message|prompt|instruction)|系统(角色|消息|提示)|システム"
    r"|시스템|системн",
    re.IGNORECASE,
)
_IMAGE = re.compile(
    r"image|vision|multi.?modal|modalit|content.{0,60}(string|\bstr\b|only text)|图[片像]", re.IGNORECASE
)

_AT_MOST = re.compile(
    r"at most|less than|<=|maximum|range|between|up to|too large|exceed|[小大]于|超|范围|上限", re.IGNORECASE
)


class RequestForm:
    """What goes into requests to one server. `adapt` learns."""

    def __init__(self, settings: ModelSettings, limit_name: str):
        self._options = dict(settings.options)
        given = next((name for name in LIMIT_NAMES if name in self._options), None)
        self._limit_name = given or limit_name
        self._limit: Any = self._options.pop(given) if given else settings.output_tokens
        self.streams = bool(self._options.pop("stream", True))
        self._stream_options = True
        self._folds = self._text_only = self._renamed = self._tried_plain = self._has_images = False
        self._before: dict[str, Any] | None = None  # the form before it was made plainer by guessing

    def fields(self) -> dict[str, Any]:
        """Everything but the messages and the model's name."""
        fields: dict[str, Any] = {**self._options, "stream": self.streams}
        if self._limit is not None:
            fields[self._limit_name] = self._limit
        if self.streams and self._stream_options:
            fields.setdefault("stream_options", {"include_usage": True})
        return fields

    def messages(self, messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
        self._has_images = any(message.images for message in messages)
        if self._text_only:
            messages = [ChatMessage(message.role, message.text) for message in messages]
        given = [on_the_wire(message) for message in messages]
        return folded(given) if self._folds else given

    def adapt(self, words: str, *, proven: bool, only_named: bool = False) -> str | None:
        """Changes the form by the words of a rejection, and returns what has changed, or None. A server that has never
        answered and does not say what it rejects is asked without stream options, then once in the plainest form."""
        return (
            self._adapt_limit(words)
            or self._adapt_options(words)
            or self._adapt_rest(words)
            or (None if proven or only_named else self._plainer())
        )

    def _adapt_limit(self, words: str) -> str | None:
        if self._limit is None or not any(_names(name, words) for name in LIMIT_NAMES):
            return None
        name = self._limit_name
        numbers = [int(number) for number in re.findall(r"\d{2,7}", words)]
        lower = [number for number in numbers if isinstance(self._limit, int) and 16 <= number < self._limit]
        if lower and (self._limit in numbers or _AT_MOST.search(words)):
            self._limit = max(lower)
            return f"{name} is {self._limit}"
        if not self._renamed:
            self._renamed = True
            self._limit_name = LIMIT_NAMES[1 - LIMIT_NAMES.index(name)]
            return f"{self._limit_name} instead of {name}"
        self._limit = None
        return f"without {name}"

    def _adapt_options(self, words: str) -> str | None:
        if self._stream_options and (_names("stream_options", words) or "include_usage" in words):
            return self._without_stream_options()
        named = [name for name in self._options if _names(name, words)]
        if not named:
            return None
        dropped = max(named, key=len)
        del self._options[dropped]
        return f"without {dropped}"

    def _adapt_rest(self, words: str) -> str | None:
        if self.streams and _STREAM.search(words):
            self.streams = False
            return "not streamed"
        if self._has_images and not self._text_only and _IMAGE.search(words):
            self._text_only = True
            return "without images"
        if not self._folds and _ROLE.search(words):
            self._folds = True
            return "without a system role"
        return None

    def _plainer(self) -> str | None:
        if self._before is None and not self._tried_plain:
            self._before = {**vars(self), "_options": dict(self._options)}
            if self._stream_options:
                return self._without_stream_options()
        if self._tried_plain:
            vars(self).update(self._before or {}, _tried_plain=True, _before=None)  # the form was not the cause
            return None
        self._tried_plain = self._folds = self._text_only = True
        self.streams, self._options = False, {}
        return "in the plainest form"

    def _without_stream_options(self) -> str:
        self._stream_options = False
        self._options.pop("stream_options", None)
        return "without stream_options"


def folded(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages without a system role, alternating from a user's on: instructions become part of the user's turn
    that follows, and neighbours of one role become one message."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message["role"] == "assistant" else "user"
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] = _joined(turns[-1]["content"], message["content"])
        elif turns or role == "user":
            turns.append({"role": role, "content": message["content"]})
        else:
            turns += [{"role": "user", "content": "..."}, {"role": role, "content": message["content"]}]
    return turns


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str):
        return f"{one}\n\n{other}"
    return [*_parts(one), *_parts(other)]


def _parts(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _names(name: str, words: str) -> bool:
    """Whether `words` name a field, also as "topP" or "top p"."""
    pattern = r"[_\-\s]?".join(map(re.escape, name.split("_")))
    return re.search(rf"(?<![a-z0-9_]){pattern}(?![a-z0-9_])", words, re.IGNORECASE) is not None
