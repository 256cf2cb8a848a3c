"""A stage for whole conversations: the real core on a real store, with a fake platform and writer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.carry_out import Commands
from bot.commands.desk import Desk
from bot.commands.door import Door
from bot.config.policy import InForce, Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import Limits, Settings
from bot.decide.care import Care
from bot.decide.pseudonyms import id_of_turn
from bot.live.choices import Choices
from bot.live.course import Course
from bot.live.deleted_threads import DeletedThreads
from bot.live.limit_alerts import LimitAlerts
from bot.live.mute import MuteAlert
from bot.live.muting import Muting
from bot.live.notices import Notices
from bot.live.participant import Participant
from bot.live.persons import Persons
from bot.live.rooms import FLOORS_KEPT, Rooms
from bot.live.thanks import Thanks
from bot.live.transitions import Transitions
from bot.live.turns import Turns
from bot.live.withdrawals import Withdrawals
from bot.remember.memory import Memory
from bot.remember.schema import messages
from bot.remember.store import Store
from bot.remember.wishes import Wishes
from bot.types import (
    Adapter,
    Answer,
    Asked,
    Capabilities,
    Clock,
    CommitMark,
    Hear,
    Message,
    PlatformError,
    Reply,
    Room,
    RoomNotes,
    Status,
    Thread,
    Turn,
    TypingSign,
    Unavailable,
    Usage,
)
from bot.write.judge import Ruling
from bot.write.lines import Lines, Written
from bot.write.models.failover import Models
from bot.write.persona import Persona
from bot.write.pointer import Pointer
from bot.write.writer import Spending, Writer
from tests.fakes.clock import VirtualClock
from tests.fakes.database import migrated
from tests.fakes.present import present
from tests.fakes.shipped import personas, reference, shipped_harms, shipped_packs, shipped_words
from tests.fakes.waiting import PATIENCE, until


class FakePlatform:
    """Implements `bot.types.Adapter`: the same key gives the same message. Raises `trouble` while that is set; with
    `arrives`, only after the message has arrived. Sending waits until `pause` is over."""

    name = "local"
    status = Status.UP
    capabilities = Capabilities(live_preview=True, commands=True)

    def __init__(self) -> None:
        self.standing: dict[str, Reply] = {}
        self.signs: dict[str, str] = {}
        self.answers: dict[str, tuple[Asked, Answer]] = {}  # to commands, by key
        self.reacted: list[tuple[str, str]] = []  # message id and emoji, each time
        self.fails_to_react: list[Exception] = []
        self.gone: list[tuple[str | None, str]] = []  # (root, message id) of what was deleted
        self.attempts: list[tuple[str, datetime | None]] = []
        self.previews: dict[str, str] = {}
        self.trouble: list[Exception] = []
        self.elsewhere: dict[str, Message] = {}  # messages that only the platform has
        self.looked_up: list[str] = []  # ids of those that it was asked for
        self.arrives = False
        self.fails_to_unreact: Exception | None = None
        self.room_notes = RoomNotes()
        self.files: dict[str, bytes] = {}  # the first part of a message, by its id
        self.pause = asyncio.Event()
        self.pause.set()

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        await asyncio.Event().wait()

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        self.attempts.append((key, tried))
        await self.pause.wait()
        if self.trouble and not self.arrives:
            raise self.trouble.pop(0)
        self.standing.setdefault(key, reply)
        if self.trouble:
            raise self.trouble.pop(0)
        self.previews.pop(key, None)
        return (f"reply-{key}", f"more-{key}")  # a long text takes several messages

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        if self.trouble:
            raise self.trouble.pop(0)
        return key in self.standing

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        return await self.send(Reply(Thread(room), text, ""), key)

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.answers.setdefault(key, (asked, answer))
        await self.pause.wait()

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        if self.fails_to_react:
            raise self.fails_to_react.pop(0)
        self.reacted.append((message_id, emoji))
        self.signs[message_id] = emoji

    async def delete(self, thread: Thread, message_id: str) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.gone.append((thread.root, message_id))

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        if error := self.fails_to_unreact:
            self.fails_to_unreact = None
            raise error
        if self.signs.get(message_id) == emoji:
            del self.signs[message_id]

    async def typing(self, thread: Thread) -> None: ...

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        self.previews.pop(key, None) if text is None else self.previews.update({key: text})

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        if n != 0 or message_id not in self.files or len(self.files[message_id]) > most_bytes:
            raise Unavailable("no such file here")
        return self.files[message_id]

    async def notes(self, room: Room) -> RoomNotes:
        return self.room_notes

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        self.looked_up.append(message_id)
        return self.elsewhere.get(message_id)

    async def forget(self, member: str, commit: CommitMark) -> None:
        await commit({})

    def link(self, thread: Thread, message_id: str) -> str:
        return "" if thread.room.community == "-" else f"link:{thread.room.id}/{message_id}"

    def said(self) -> list[tuple[str, str]]:
        """(trigger, text) of everything sent."""
        return [(reply.reply_to, reply.text) for reply in self.standing.values()]


class FakeWriter:
    """Writes "re: ..." at once, or when `pen` is set; `passes` declines, `fault` is raised then. A call costs `usd`;
    `spare_usd` more is reserved for it. `ruling` is the judge's answer, `economies` are the smaller models that it was
    asked to use, and `plain` the triggers that it was to answer without a persona. It points at `points_at`."""

    def __init__(self) -> None:
        self.ruling = Ruling.YES
        self.economies: list[str | None] = []
        self.plain: list[str] = []
        self.pen = asyncio.Event()
        self.pen.set()
        self.writing: list[str] = []
        self.passes = False
        self.fault: Exception | None = None
        self.usd = self.spare_usd = 0.0
        self.points_at = ""

    def name(self, turn: Turn) -> str:
        return turn.persona.title()

    @property
    def lines(self) -> "FakeWriter":
        return self

    def notice(self, turn: Turn, command: str) -> str:
        return f"notice: {command}"

    def sign(self, turn: Turn, asked: str) -> Written:
        return Written(sign=turn.sign) if turn.sign else Written(text=f"sign: {turn.decision.reason}")

    def apologise(self, turn: Turn, asked: str, trouble: str, *, always: bool = False) -> Written:
        return Written(text=f"sorry: {trouble}", error=trouble)

    def careful(self, care: Care) -> Written:
        return Written(text=f"careful: {care.who}{', again' * care.again}")

    async def judge(self, turn: Turn, trigger: Message, model: str, spending: Spending) -> Ruling:
        return self.ruling

    async def write(
        self,
        turn: Turn,
        trigger: Message,
        adapter: Adapter,
        spending: Spending,
        economy: str | None = None,
        *,
        plain: bool = False,
    ) -> Written:
        self.economies.append(economy)
        self.plain += [trigger.id] * plain
        await spending.reserve("fake", self.usd + self.spare_usd)
        self.writing.append(trigger.id)
        try:
            if adapter.capabilities.live_preview:
                await adapter.preview(turn.thread, turn.trigger, turn.key, "re ...")
            await self.pen.wait()
            if self.fault is not None:
                raise self.fault
        finally:  # a cancelled call costs as much as any other
            spending.charge("fake", Usage(10, 0, 5, self.usd))
        text = "" if self.passes else f"re: {trigger.text}"
        return Written(text, model="fake", usage=spending.usage, points_at=self.points_at)


class Stage:
    """With `models`, the real writer asks them over HTTP; otherwise a fake writer writes. `adapter` is in place of the
    fake platform."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: VirtualClock,
        models: Models | None = None,
        floors_kept: int = FLOORS_KEPT,
        adapter: Adapter | None = None,
    ):
        self.store, self.settings, self.clock = store, settings, clock
        self.platform, self.writer = FakePlatform(), FakeWriter()
        adapters: dict[str, Adapter] = {adapter.name: adapter} if adapter else {"local": self.platform}
        self.adapters, (self.name,) = adapters, adapters
        self.policy = InForce(Policy(settings, personas()), clock.now)
        self.rooms = Rooms(self.policy, store, reference(), clock, floors_kept, Wishes.open(settings.database.parent))
        if models is not None:
            budget, memory = self.rooms.budget, Memory(store, self.rooms.wishes)
            lines = Lines(shipped_words(), self.policy, budget, clock, shipped_packs())
            pointer = Pointer(memory, shipped_words(), self.policy, reference(), shipped_harms())
            self.writer = Writer(memory, models, self.policy, lines, clock, shipped_harms(), pointer)  # type: ignore[assignment]
        self.notices = Notices(self.policy, store, adapters, shipped_words(), clock)
        self.alerts = LimitAlerts(self.rooms.budget, shipped_words(), clock, self.notices.tell)
        self.mute = MuteAlert(models.status if models else list, shipped_words(), clock, self.notices.tell)
        transitions = Transitions(store, self.rooms, self.writer, self.alerts, self.mute, clock)  # type: ignore[arg-type]
        self.course = Course(transitions, self.rooms, self.writer, adapters, clock)  # type: ignore[arg-type]
        self.turns = Turns(store, self.course, transitions, [self.name], clock)
        self.thanks = Thanks(store, self.rooms, adapters, shipped_words(), clock)
        self.participant = Participant(self.rooms, self.turns, self.thanks, shipped_words().notices())
        self.persons = Persons(store, self.rooms, self.turns, self.thanks, adapters, clock)
        self.choices = Choices(store, self.policy, clock, Muting(store, self.rooms, self.turns, clock).hush)
        self.persons.erased = self.choices.forget
        self.withdrawals = Withdrawals(store, adapters, self.rooms.deleted, clock)
        self.deleted_threads = DeletedThreads(store, self.participant.hear, self.rooms.thread_deleted, clock)
        self.hear = self.participant.ear(self.name)
        door = Door(self.policy, store, shipped_words(), shipped_packs(), clock)
        self.commands = Commands(self.desk(), door, self.participant.asked)

    def desk(self) -> Desk:
        return Desk(
            policy=self.policy,
            store=self.store,
            words=shipped_words(),
            packs=shipped_packs(),
            budget=self.rooms.budget,
            notices=self.notices,
            choices=self.choices,
            persons=self.persons,
            adapters=self.adapters,
            clock=self.clock,
            speaker=lambda language: "A fake writes.",
            alerts=self.alerts.current,
            preview=self.preview,
        )

    async def preview(self, persona: str, text: str, asked: Asked) -> str:
        if self.writer.fault:
            raise self.writer.fault
        return "" if self.writer.passes else f"re: {text}"

    def put_in_force(
        self, personas: Mapping[str, Persona] | None = None, limits: Limits | None = None, **rule: Any
    ) -> str:
        """Changes the policy: another rule for all rooms but the kitchen, other personas, other limits. Returns the new
        version."""
        before = self.policy.current
        rules = (before.settings.rooms[0], before.settings.rooms[1].model_copy(update=rule))
        settings = before.settings.model_copy(update={"rooms": rules, "limits": limits or before.settings.limits})
        self.policy.renew(Policy(settings, personas or before.personas))
        self.rooms.budget.change(settings.limits, settings.time_zone)
        return self.policy.current.version

    async def until(self, condition: Callable[[], bool]) -> None:
        await until(condition)

    async def story(self) -> dict[str, tuple[str, str]]:
        """State and reason of each turn, by its trigger, also where the turn has lost it."""
        said = await self.store.ask(_ids)
        triggers = {id_of_turn(self.name, each): each for each in said}
        turns = await self.store.turns(1000)
        return {triggers.get(turn.id, turn.trigger): (str(turn.state), str(turn.decision.reason)) for turn in turns}

    async def turn(self, trigger: str) -> Turn:
        """The stored turn about a message."""
        return present(await self.store.turn(self.name, trigger))

    async def until_told(self, trigger: str, state: str, holds: Callable[[Turn], bool] = lambda turn: True) -> None:
        """Waits until the turn about `trigger` is stored in that state, and `holds` is true for it."""
        async with asyncio.timeout(PATIENCE):
            while not ((turn := await self.store.turn(self.name, trigger)) and turn.state == state and holds(turn)):
                await asyncio.sleep(0.002)

    async def until_ended(self, trigger: str) -> None:
        """Waits until the turn about `trigger` is over, without letting time pass."""
        async with asyncio.timeout(PATIENCE):
            while (await self.turn(trigger)).state.is_open:
                await asyncio.sleep(0.002)


async def _ids(connection: AsyncConnection) -> list[str]:
    """The ids of all messages, deleted ones too."""
    return [row.id for row in await connection.execute(select(messages.c.id))]


@asynccontextmanager
async def stage(
    path: Path,
    clock: VirtualClock | None = None,
    limits: Limits | None = None,
    models: Callable[[Clock], Models] | None = None,
    busy_seconds: float = PATIENCE,
    floors_kept: int = FLOORS_KEPT,
    adapter: Callable[[Store, Clock], Adapter] | None = None,
    **rule: Any,
) -> AsyncIterator[Stage]:
    """Opens (or, on the same path, reopens) a community that the test controls. A database locked by another program is
    waited for `busy_seconds`."""
    settings = Settings(
        database=path / "cameo.db",
        rooms=(RoomRule(match="*/kitchen", join="off"), RoomRule(match="*", **{"join": "mentions", **rule})),
        limits=limits or Limits(),
    )
    migrated(settings.database)
    store = await Store.open(settings.database, busy_seconds=busy_seconds)
    clock = clock or VirtualClock()
    real = models(clock) if models else None
    on = Stage(store, settings, clock, real, floors_kept, adapter(store, clock) if adapter else None)
    await on.choices.committed()
    on.alerts.recall(await on.rooms.load())
    parts = (on.turns, on.withdrawals, on.thanks, on.deleted_threads, on.commands, on.notices, on.choices)
    runs = (on.participant.listen(), *(part.run() for part in parts))
    tasks = [asyncio.create_task(run) for run in runs]
    await asyncio.sleep(0)
    try:
        yield on
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        if real:
            await real.close()
        await store.close()


__all__ = ["PlatformError", "Stage", "stage"]
