"""The local community as JSON over HTTP. The token is checked before requests reach this router."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from adapters.local.community import Community, NotThere
from adapters.local.entries import SEED_FIELDS, Entry
from adapters.local.examples import is_unsaid
from adapters.local.heading import heading_row
from adapters.local.text import Unacceptable
from bot.types import PlatformError, Room, StoreError

MAX_BODY = 2_000_000  # bytes; 100,000 characters, each as two \uXXXX escapes, with room for the other fields


def local_router(community: Community, joins: Callable[[Room], str]) -> APIRouter:
    """The routes under `/local`. Their errors are JSON: `{"error": "a sentence"}`. `joins` tells how we join a room."""
    router = APIRouter(prefix="/local")

    @router.post("/rooms/{room}/messages")
    async def post(room: str, request: Request) -> Response:
        async def work() -> Response:
            body = await _body(request)
            title = _maybe(body, "title")
            text = _text(body, "text") if "text" in body or title is None else ""
            answers = _maybe(body, "thread"), _maybe(body, "reply_to")
            entry = await community.post(room, _text(body, "author"), text, *answers, title, _texts(body, "tags"))
            return JSONResponse({"id": entry.id, "thread": entry.thread_id}, 201)

        return await _answer(work)

    @router.get("/rooms/{room}/messages")
    async def messages(room: str, after: str = "") -> Response:
        async def work() -> Response:
            if room not in community.rooms:
                raise NotThere(f"there is no room {room!r}")
            found = community.messages(room, after)
            if found is None:
                raise Unacceptable("after: there was never such a message in this room")
            join = joins(community.rooms[room])
            return JSONResponse([as_json(entry) for entry in found if not is_unsaid(entry, join)])

        return await _answer(work)

    @router.patch("/messages/{message_id}")
    async def edit(message_id: str, request: Request) -> Response:
        async def work() -> Response:
            return JSONResponse(as_json(await community.edit(message_id, _text(await _body(request), "text"))))

        return await _answer(work)

    @router.delete("/messages/{message_id}")
    async def delete(message_id: str) -> Response:
        async def work() -> Response:
            await community.delete(message_id)
            return Response(status_code=204)

        return await _answer(work)

    @router.post("/messages/{message_id}/reactions")
    async def react(message_id: str, request: Request) -> Response:
        async def work() -> Response:
            body = await _body(request)
            removed = body.get("removed", False) is True
            entry = await community.put_reaction(
                message_id, _text(body, "author"), _text(body, "emoji"), removed=removed
            )
            reactions = {emoji: [who.name for who in people] for emoji, people in entry.reactions.items()}
            return JSONResponse({"id": entry.id, "reactions": reactions}, 201)

        return await _answer(work)

    return router


def as_json(entry: Entry) -> dict[str, Any]:
    """A message as JSON; the entry must not be deleted."""
    message = entry.message
    assert message is not None
    return {
        "id": entry.id,
        "thread": entry.thread_id,
        "author": message.author.name,
        "is_bot": message.author.is_self or message.author.is_bot,
        **heading_row(message),
        "text": message.text,
        "reply_to": message.reply_to,
        "at": message.at.isoformat(),
        **{name: value for name in SEED_FIELDS if (value := getattr(entry, name))},
    }


async def _answer(work: Callable[[], Any]) -> Response:
    """Maps errors to statuses by who can fix them: the caller, nobody (not found), or the manager."""
    try:
        answer: Response = await work()
    except Unacceptable as error:
        return JSONResponse({"error": str(error)}, 400)
    except NotThere as error:
        return JSONResponse({"error": str(error)}, 404)
    except StoreError:
        return JSONResponse({"error": "nothing was stored: the database could not commit; try again later"}, 503)
    except PlatformError as error:
        return JSONResponse({"error": str(error)}, 503)
    return answer


async def _body(request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises Unacceptable for anything else."""
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY:
            raise Unacceptable(f"the body is over {MAX_BODY:,} bytes")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, or excessive numbers or nesting
        raise Unacceptable("the body is not JSON") from None
    if not isinstance(body, dict):
        raise Unacceptable("the body must be a JSON object")
    return body


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str):
        raise Unacceptable(f"{key} must be a string" if key in body else f"{key} is missing")
    return value


def _texts(body: dict[str, Any], key: str) -> list[str]:
    value = body.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Unacceptable(f"{key} must be a list of strings")
    return value


def _maybe(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise Unacceptable(f"{key} must be a string or null")
    return value or None
