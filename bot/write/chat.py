"""What is said to a model: messages with a role, and how much room they take."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: str


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` takes, where no tokenizer is at hand; rather too many than too few.

    Latin text takes about one token for four characters in today's vocabularies (three here, to be safe);
    anything beyond (Han, kana, emoji) up to one and a half for each character in small models.
    """
    ascii_count = sum(character < "\x80" for character in text)
    return ascii_count // 3 + (len(text) - ascii_count) * 3 // 2 + 1
