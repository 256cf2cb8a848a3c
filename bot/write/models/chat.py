"""The messages for a model: role and content, and their estimated size in tokens."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from bot.write.models.tokens import estimate_tokens as estimate_tokens

IMAGE_TOKENS = 1700  # of 1024 x 1024 pixels at gpt-5-mini (1024 patches x 1.62), which counts most; Anthropic 1400
MESSAGE_TOKENS = 5  # role and separators around each message in today's chat templates


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image to send; `media_type` is its MIME type. A model without vision gets `otherwise` in its place."""

    data: bytes
    media_type: str
    otherwise: str = ""


Content = str | tuple[TextPart | ImagePart, ...]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: Content

    @property
    def text(self) -> str:
        """The text of the content, without images."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def images(self) -> int:
        """The number of images in the content."""
        return 0 if isinstance(self.content, str) else sum(isinstance(part, ImagePart) for part in self.content)


def estimate_input(messages: Iterable[ChatMessage]) -> int:
    """Estimates the input tokens that a model counts for these messages."""
    return sum(estimate_tokens(message.text) + message.images * IMAGE_TOKENS + MESSAGE_TOKENS for message in messages)


def without_images(messages: Iterable[ChatMessage]) -> list[ChatMessage]:
    """The messages for a model without vision: plain text, which every server accepts."""
    return [ChatMessage(message.role, _spoken(message.content)) for message in messages]


def _spoken(content: Content) -> str:
    if isinstance(content, str):
        return content
    texts = (part.text if isinstance(part, TextPart) else part.otherwise for part in content)
    return "\n".join(filter(None, texts))


def on_the_wire(message: ChatMessage) -> dict[str, Any]:
    """The message in OpenAI's format: images as data URLs, so that no server has to fetch anything."""
    if isinstance(message.content, str):
        return {"role": message.role, "content": message.content}
    return {"role": message.role, "content": [_part_on_the_wire(part) for part in message.content]}


def _part_on_the_wire(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    data = base64.b64encode(part.data).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{data}"}}
