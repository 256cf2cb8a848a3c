"""How tests use commands."""

import itertools
from typing import Any

from bot.commands.carry_out import answer_key
from bot.types import Asked, Author, Power, Room, Thread
from tests.fakes.stage import Stage

_numbers = itertools.count()
ROOM = Room("local", "home", "workshop", "workshop", "Home")
ANA = Author("id-ana", "Ana")
BEN = Author("id-ben", "Ben")


def used(on: Stage, text: str, id_: str = "c1", power: Power = Power.MANAGER, **more: Any) -> Asked:
    """A command, as somebody has typed it."""
    now = on.clock.now()
    values: dict[str, Any] = {"author": ANA, "community_power": power, "locale": "en", "thread": Thread(ROOM, "t1")}
    return Asked(**{"id": id_, "at": now, "heard": now, "text": text, "power": power, **values, **more})


async def answer_to(on: Stage, event: Asked) -> str:
    """Uses a command; the text that its asker gets."""
    await on.hear([event])
    key = answer_key(event)
    await on.until(lambda: key in on.platform.answers)
    return on.platform.answers[key][1].text


class Chat:
    """One member who types commands."""

    def __init__(self, on: Stage, power: Power = Power.MANAGER, **more: Any):
        self._on, self._power, self._more = on, power, more

    async def ask(self, text: str, **more: Any) -> str:
        values = {**self._more, **more}
        return await answer_to(self._on, used(self._on, text, f"used-{next(_numbers)}", self._power, **values))


async def file_for(on: Stage, chat: Chat, text: str) -> bytes:
    """The file of an answer."""
    before = set(on.platform.answers)
    await chat.ask(text)
    (key,) = set(on.platform.answers) - before
    file = on.platform.answers[key][1].file
    assert file is not None
    return file.data
