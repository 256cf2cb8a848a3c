"""A pointer over a real store, and an adapter that only makes links."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.config.policy import InForce, Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.remember.memory import Memory
from bot.remember.store import Store
from bot.remember.visibility import viewer_of
from bot.types import Decision, Message, State, Thread, Turn, Verdict
from bot.write.pointer import Pointed, Pointer
from tests.fakes.database import migrated
from tests.fakes.shipped import personas, reference, shipped_harms, shipped_words
from tests.fakes.talk import NOON, line

LATER = timedelta(days=21)  # after the past of a test, when its question is asked


class Links:
    """An adapter that only makes links, and knows a few messages that are not stored."""

    def __init__(self, base: str = "https://chat.example/") -> None:
        self.base, self.elsewhere = base, dict[str, Message]()

    def link(self, thread: Thread, message_id: str) -> str:
        return f"{self.base}{message_id}" if self.base else ""

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        return self.elsewhere.get(message_id)


class Library:
    """What a room has said, and somebody who points at it."""

    def __init__(self, store: Store, *rules: RoomRule):
        self.store, self.links = store, Links()
        self.policy = InForce(Policy(Settings(rooms=(*rules, RoomRule(match="*"))), personas()))
        self.pointer = Pointer(Memory(store), shipped_words(), self.policy, reference(), shipped_harms())

    async def hears(self, *messages: Message) -> None:
        await self.store.write(lambda tx: tx.add_messages(messages))

    async def asks(
        self,
        asked: str | Message,
        *,
        addressed: bool = True,
        persona: str = "mochi",
        turn: str = "t",
        now: datetime = NOON + LATER,
        is_heard: bool = False,
    ) -> Pointed | None:
        """What is pointed at when Zoe asks that. `is_heard`: the message is in the store already."""
        message = line("asked", "Zoe", asked, (now - NOON).total_seconds()) if isinstance(asked, str) else asked
        if not is_heard:
            await self.hears(message)
        viewer = viewer_of(message, asks=True)
        zone = self.policy.current.zone(message.room)
        return await self.pointer.point(
            turn_of(message, turn), message, self.links, personas()[persona], viewer,  # type: ignore[arg-type]
            addressed=addressed, now=now.astimezone(zone),
        )  # fmt: skip


def turn_of(message: Message, id: str = "t", **more: Any) -> Turn:
    decision = Decision(Verdict.SPEAK, "addressed")
    return Turn(id, message.thread, message.id, message.author.id, "mochi", decision, State.DUE, message.at, **more)


@asynccontextmanager
async def library(folder: Path, *rules: RoomRule) -> AsyncIterator[Library]:
    path = folder / "cameo.db"
    migrated(path)
    store = await Store.open(path)
    yield Library(store, *rules)
    await store.close()


def talk(*said: tuple[str, str] | Sequence[str], seconds: float = 60.0) -> list[Message]:
    """(who, text) pairs as lines of a timeline, a minute apart."""
    return [line(f"m{place}", who, text, place * seconds) for place, (who, text) in enumerate(said)]
