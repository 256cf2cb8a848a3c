"""The last turns as JSON: what was considered, decided, and what became of it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from bot.types import Turn

LastTurns = Callable[[int], Awaitable[Sequence[Turn]]]

MAX_LAST = 1_000  # turns in one answer: some 400 kB


def turns_router(last_turns: LastTurns) -> APIRouter:
    """`GET /turns?last=50`, newest first; `last` outside 1..1000 is an error."""
    router = APIRouter()

    @router.get("/turns")
    async def turns(last: str = "50") -> JSONResponse:
        if not (last.isascii() and last.isdigit() and len(last) <= 4 and 1 <= int(last) <= MAX_LAST):
            return JSONResponse({"error": f"last must be a whole number from 1 to {MAX_LAST}"}, 400)
        return JSONResponse([as_json(turn) for turn in await last_turns(int(last))])

    return router


def as_json(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "trigger": turn.trigger,
        "room": str(turn.thread.room),
        "thread": turn.thread.root,
        "verdict": turn.decision.verdict.value,
        "reason": turn.decision.reason,
        "state": turn.state.value,
        "at": _utc(turn.at),
        "due": _utc(turn.decision.due) if turn.decision.due else None,
        "reply_id": turn.reply_id,
        "model": turn.model,
        "input_tokens": turn.usage.input_tokens,
        "cached_tokens": turn.usage.cached_tokens,
        "output_tokens": turn.usage.output_tokens,
        "cost_usd": turn.usage.cost_usd,
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
