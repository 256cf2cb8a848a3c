"""Carries out the commands that people have used, each once, and gives the answers.

A command is stored with the mark under which it was heard. What it changes is committed together with its answer, so
that a restart at any moment neither loses nor repeats it; only the answer is then given again, under the same key.
One member's commands are carried out one after another.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Never
from weakref import WeakValueDictionary

import structlog

from bot.commands.answering import CHANGES, READS
from bot.commands.catalogue import BY_PATH
from bot.commands.desk import Desk
from bot.commands.door import Door, Refusal
from bot.commands.request import Declined, Request
from bot.decide.pseudonyms import digest
from bot.remember.asked import PendingCommand, answered, carried_out, unanswered
from bot.remember.store import Transaction
from bot.types import Answer, Asked, PlatformError, Power, StoreError, Undeliverable

log = structlog.get_logger()

AT_ONCE = 50  # commands under way; others wait in the database
LOOK_AGAIN_SECONDS = 60.0  # after a failure of the disk
LONGEST_PAUSE = 60.0  # seconds between two attempts to give an answer
ANSWER_WITHIN = timedelta(hours=1)  # later, nobody waits for the answer any more

GiveAnswer = Callable[[Asked, Answer, str], Awaitable[None]]
"""As `bot.types.Adapter.answer`."""


class Outcome(NamedTuple):
    """What came of a command. `answer` is None if nothing is said; `command` is its name, "" if it was not read."""

    answer: Answer | None
    code: str
    command: str = ""


class Commands:
    """`outlets` give answers that are not for the platform of the command's room, by `Asked.via`. `asked` is set once a
    command is committed. `run` until cancelled."""

    def __init__(self, desk: Desk, door: Door, asked: asyncio.Event):
        self._desk, self._door, self._asked = desk, door, asked
        self.outlets: dict[str, GiveAnswer] = {}
        self._under_way: set[int] = set()
        self._done: set[int] = set()  # those that were answered since the waiting ones were last looked for
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(self) -> Never:
        async with asyncio.TaskGroup() as group:
            while True:
                self._asked.clear()
                for pending in await self._waiting():
                    self._under_way.add(pending.seq)
                    group.create_task(self._carry_out(pending), name=f"command {pending.seq}")
                await self._asked.wait()

    async def _waiting(self) -> list[PendingCommand]:
        """The oldest commands that are not under way, as many as there is room for."""
        while True:
            self._done.clear()
            try:
                found = await self._desk.store.ask(unanswered(2 * AT_ONCE))
                break
            except StoreError as error:
                log.error("command.not_read", error=str(error))
            await self._desk.clock.sleep(LOOK_AGAIN_SECONDS)
        new = [pending for pending in found if pending.seq not in self._under_way | self._done]
        return new[: AT_ONCE - len(self._under_way)]

    async def _carry_out(self, pending: PendingCommand) -> None:
        """Carries out one command and gives its answer. What the disk does not take is taken up again later."""
        is_done = False
        try:
            async with self._queue(pending.asked):
                outcome = await self._outcome(pending)
            if outcome.answer is not None and not await self._give(pending.asked, outcome.answer):
                outcome = outcome._replace(code="undeliverable")
            await self._desk.store.write(partial(self._answered, pending.seq, outcome))
            is_done = True
            self._done.add(pending.seq)
        except StoreError as error:
            log.error("command.not_stored", error=str(error))
            await self._desk.clock.sleep(LOOK_AGAIN_SECONDS)
        finally:
            if len(self._under_way) >= AT_ONCE or not is_done:
                self._asked.set()  # others wait, or this one still does
            self._under_way.discard(pending.seq)

    @asynccontextmanager
    async def _queue(self, asked: Asked) -> AsyncIterator[None]:
        key = f"{asked.room.platform} {asked.author.id}"
        lock = self._queues.setdefault(key, asyncio.Lock())  # fair: first come, first served
        async with lock:
            yield

    async def _outcome(self, pending: PendingCommand) -> Outcome:
        """What the command comes to. Raises StoreError."""
        asked = pending.asked
        if pending.answer is not None:  # carried out before a restart
            return Outcome(pending.answer, "", " ".join(asked.path))
        name = ""
        try:
            admitted = await self._door.admit(asked)
            if isinstance(admitted, Refusal):
                return Outcome(*admitted)
            name = admitted.command.name
            return Outcome(await self._answer(pending.seq, admitted), "done", name)
        except StoreError:
            raise
        except Declined as why:
            return Outcome(Answer(why.text), "declined", name)
        except Exception:  # one command that nobody foresaw costs its own answer and nothing else
            log.exception("command.failed", command=name)
            failed = self._desk.words.say("commands.refused.failed", asked.locale or "en")
            return Outcome(Answer(failed), "failed", name)

    async def _answer(self, seq: int, request: Request) -> Answer:
        path = request.command.path
        if path in READS:
            return await READS[path](self._desk, request)

        prepared = await CHANGES[path](self._desk, request)

        async def change(tx: Transaction) -> Answer:
            answer = await prepared(tx)
            await carried_out(tx, seq, request.command.name, answer)
            return answer

        answer = await self._desk.store.write(change)
        await self._desk.choices.committed()
        return answer

    async def _answered(self, seq: int, outcome: Outcome, tx: Transaction) -> None:
        command = BY_PATH.get(tuple(outcome.command.split()))
        is_managing = command is not None and command.power is not Power.MEMBER
        await answered(tx, seq, outcome.command, outcome.code, names_asker=is_managing)

    # --- answers -------------------------------------------------------------------------------

    async def _give(self, asked: Asked, answer: Answer) -> bool:
        """Retries until the asker has the answer; False if they never can have it."""
        pause, key, clock = 1.0, answer_key(asked), self._desk.clock
        give = self._outlet(asked)
        while give is not None:
            try:
                await give(asked, answer, key)
                return True
            except Undeliverable as error:
                log.warning("command.undeliverable", room=str(asked.room), error=str(error))
                break
            except PlatformError as error:
                if clock.now() - asked.heard > ANSWER_WITHIN:
                    log.warning("command.undeliverable", room=str(asked.room), error=str(error))
                    break
            await clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)
        return False

    def _outlet(self, asked: Asked) -> GiveAnswer | None:
        """Who gives the answer; None if the platform was switched off."""
        if asked.via and asked.via != asked.room.platform:
            return self.outlets.get(asked.via)
        adapter = self._desk.adapters.get(asked.room.platform)
        return adapter.answer if adapter else None


def answer_key(asked: Asked) -> str:
    """Makes giving the answer idempotent."""
    return f"{digest(asked.via or asked.room.platform, asked.id)[:20]}/answer"
