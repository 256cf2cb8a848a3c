"""The prompt for models with a very small context (the built-in one): no rules, no names, only the talk. Pure.

Tried by hand on 135M parameters: the model echoes rules, marks and leading names, but answers a plain question after
one plain sentence about who it is.
"""

import re
from collections.abc import Sequence

from bot.types import Message
from bot.write.models.chat import MESSAGE_TOKENS, ChatMessage, estimate_tokens
from bot.write.persona import Persona
from bot.write.prompt_texts import miniature
from bot.write.transcript import body

SHOWN_TO_SMALL = 5  # messages; earlier ones only confuse the model
_CALL = re.compile(r"^\s*[@＠][\w.\-]+[,:，：]?\s*")


def compose_small(persona: Persona, thread: Sequence[Message], trigger: Message, room_tokens: int) -> list[ChatMessage]:
    """The trigger and the messages before it, within `room_tokens`, as alternating turns that end with the trigger."""
    system = miniature(persona)
    left = room_tokens - estimate_tokens(system) - 3 * MESSAGE_TOKENS
    asked = _said(trigger, max(20, left // 2))
    left -= estimate_tokens(asked)
    before: list[ChatMessage] = []
    for message in reversed(_before(thread, trigger)):
        text = _said(message, max(20, room_tokens // 8))
        left -= estimate_tokens(text) + MESSAGE_TOKENS
        if left < 0:
            break
        before.insert(0, ChatMessage("assistant" if message.author.is_self else "user", text))
    return [ChatMessage("system", system), *_alternate([*before, ChatMessage("user", asked)])]


def _before(thread: Sequence[Message], trigger: Message) -> list[Message]:
    earlier: list[Message] = []
    for message in thread:
        if message.id == trigger.id:
            break
        earlier.append(message)
    return earlier[-SHOWN_TO_SMALL:]


def _said(message: Message, tokens: int) -> str:
    """The text on one line, without the leading mention, which a small model takes for its own name. A leading role
    ("system: ...") is harmless, because it can't begin a line of its own."""
    text = " ".join(body(message.said, tokens).split())
    return _CALL.sub("", text) or text or "Hello!"


def _alternate(turns: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Makes turns alternate, the user first; joins consecutive turns of the same side."""
    joined: list[ChatMessage] = []
    for turn in turns:
        if joined and joined[-1].role == turn.role:
            joined[-1] = ChatMessage(turn.role, f"{joined[-1].text} {turn.text}")
        elif joined or turn.role == "user":
            joined.append(turn)
    return joined
