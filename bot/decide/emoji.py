"""The emoji that is answer enough to thanks and greetings."""

from collections.abc import Iterable
from dataclasses import replace

from bot.decide.signals import MARKUP, kinds
from bot.language.called import OUR_CALL, without_name
from bot.language.courtesy import courtesy
from bot.language.packs import MessageKind, Packs
from bot.types import Message

EMOJI = {MessageKind.THANKS: "💛", MessageKind.SMALL_TALK: "😊"}


def emoji_for(message: Message, names: Iterable[str], packs: Packs) -> str:
    """The emoji for a message that, but for our names, only thanks or greets, in any language; "" for another."""
    text = without_name(message.text, names).replace(OUR_CALL, ",")
    found = kinds(replace(message, text=text), packs)
    if not found and not message.parts and (kind := courtesy(MARKUP.sub(" ", text))):
        return EMOJI[kind]
    return next((emoji for kind, emoji in EMOJI.items() if found == {kind}), "")
