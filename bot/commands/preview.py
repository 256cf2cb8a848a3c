"""Lets a persona answer a text, for whoever asks alone: nothing of it is shown in the room or stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from bot.config.policy import InForce
from bot.decide.budget import Budget
from bot.decide.reasons import Reason
from bot.decide.spent import Spent, nano
from bot.types import (
    Adapter,
    Asked,
    Capabilities,
    Clock,
    Decision,
    Message,
    State,
    Thread,
    Turn,
    Usage,
    Verdict,
)
from bot.write.persona import Persona
from bot.write.writer import Spending, Writer


class HiddenAdapter:
    """An adapter that shows nothing: what is asked of it is read, and what it is told to show is dropped."""

    capabilities = Capabilities()

    def __init__(self, adapter: Adapter):
        self._adapter = adapter

    async def typing(self, thread: Thread) -> None: ...

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter, name)


class Previews:
    """Asks the writer. What it costs counts towards the day's money, until a restart."""

    def __init__(
        self,
        writer: Writer,
        policy: InForce[Persona],
        budget: Budget,
        adapters: Mapping[str, Adapter],
        clock: Clock,
    ):
        self._writer, self._policy, self._budget, self._adapters, self._clock = writer, policy, budget, adapters, clock

    async def __call__(self, persona: str, text: str, asked: Asked) -> str:
        """The persona's answer; "" if no model can write one."""
        adapter = self._adapters.get(asked.room.platform)
        if adapter is None:
            return ""
        now = self._clock.now()
        turn = _turn(persona, asked, now)
        trigger = Message(turn.trigger, Thread(asked.room), asked.author, text, now, now, addressed=True)
        spending = Spending(self._budget, turn, self._clock, _kept_nowhere)
        try:
            written = await self._writer.write(turn, trigger, cast(Adapter, HiddenAdapter(adapter)), spending)
        finally:
            spending.close()
            cost = nano(spending.usage.cost_usd)
            self._budget.count(turn.id, Spent(now, (), None, cost) if cost else None)
        return "" if written.error or not written.model else written.text


async def _kept_nowhere(usage: Usage) -> None:
    """A preview has no turn in the database that could keep what it may have used."""


def _turn(persona: str, asked: Asked, now: datetime) -> Turn:
    decision, id_ = Decision(Verdict.SPEAK, Reason.ADDRESSED), f"preview {asked.id}"
    return Turn(
        id=id_,
        thread=Thread(asked.room),
        trigger=id_,
        member=asked.author.id,
        persona=persona,
        decision=decision,
        state=State.WRITING,
        at=now,
        addressed=True,
    )
