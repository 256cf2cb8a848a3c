"""The last turns as JSON: trigger, decision and outcome."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from bot.explain.chain import AUDIENCES, sentence
from bot.explain.words import Words
from bot.types import Turn

LastTurns = Callable[[int], Awaitable[Sequence[Turn]]]

MAX_LAST = 1_000  # turns in one answer: about 1.5 MB


def turns_router(last_turns: LastTurns, words: Words) -> APIRouter:
    """Serves `GET /turns?last=50&language=en`, newest first; `last` outside 1 to 1000 is an error."""
    router = APIRouter()

    @router.get("/turns")
    async def turns(last: str = "50", language: str = "en") -> JSONResponse:
        if not (last.isascii() and last.isdigit() and len(last) <= 4 and 1 <= int(last) <= MAX_LAST):
            return JSONResponse({"error": f"last must be a whole number from 1 to {MAX_LAST}"}, 400)
        return JSONResponse([as_json(turn, words, language) for turn in await last_turns(int(last))])

    return router


def as_json(turn: Turn, words: Words, language: str) -> dict[str, Any]:
    """The fields of a turn. `why` has the sentences for members and managers, `facts` the inputs of the decision."""
    return {
        "id": turn.id,
        "trigger": turn.trigger,
        "room": str(turn.thread.room),
        "thread": turn.thread.root,
        "verdict": turn.decision.verdict.value,
        "reason": turn.decision.reason,
        "why": {to: sentence(turn, words, to, language) for to in AUDIENCES},
        "facts": turn.decision.facts,
        "state": turn.state.value,
        "at": _utc(turn.at),
        "due": _utc(turn.decision.due) if turn.decision.due else None,
        "reply_id": turn.reply_id,
        "model": turn.model,
        "input_tokens": turn.usage.input_tokens,
        "cached_tokens": turn.usage.cached_tokens,
        "output_tokens": turn.usage.output_tokens,
        "cost_usd": turn.usage.cost_usd,
        "error": turn.error,
        "policy": turn.policy,
    }


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
