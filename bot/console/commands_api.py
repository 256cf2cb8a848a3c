"""`POST /api/commands`: a command as one would type it, and its answer. Whoever has the token is the operator."""

import base64
import json
import secrets
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from bot.commands.console_door import ConsoleDoor, NoAnswer, is_about_a_room
from bot.types import StoreError

MAX_COMMAND_BODY = 20_000  # bytes: the longest command, in any language and escaped, with room to spare


class _Wrong(Exception):
    """The body is not what it should be; the text says what is."""


def commands_router(door: ConsoleDoor) -> APIRouter:
    """Takes `{"text": "room join unanswered", "room": "local/home/kitchen", "language": "en", "key": "..."}`, of which
    only the text is needed if the command is about no room, and gives `{"answer": "...", "file": {"name": "...",
    "base64": "..."}}`. The same `key` uses a command once."""
    router = APIRouter()

    @router.post("/commands")
    async def command(request: Request) -> JSONResponse:
        try:
            body = await _body(request)
            text, named = _text(body, "text"), _text(body, "room", "")
            if not named and is_about_a_room(text):
                raise _Wrong("name the room as platform/community/room, such as local/home/kitchen")
            if (room := await door.room(named)) is None:
                return JSONResponse({"error": f"there is no room {named[:200]!r}, or several with that name"}, 404)
            key, language = _text(body, "key", secrets.token_hex(16)), _text(body, "language", "en")
            answer = await door.ask(text, room, key, language)
        except _Wrong as error:
            return JSONResponse({"error": str(error)}, 400)
        except StoreError:
            return JSONResponse({"error": "nothing was done: the database could not commit; try again later"}, 503)
        except NoAnswer as error:
            return JSONResponse({"error": str(error)}, 504)
        file = answer.file and {"name": answer.file.name, "base64": base64.b64encode(answer.file.data).decode()}
        return JSONResponse({"answer": answer.text, **({"file": file} if file else {})})

    return router


async def _body(request: Request) -> dict[str, Any]:
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_COMMAND_BODY:
            raise _Wrong(f"the body is over {MAX_COMMAND_BODY:,} bytes")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise _Wrong("the body is not JSON") from None
    if not isinstance(body, dict):
        raise _Wrong("the body must be a JSON object")
    return body


def _text(body: dict[str, Any], key: str, default: str | None = None) -> str:
    value = body.get(key, default)
    if not isinstance(value, str):
        raise _Wrong(f"{key} must be a string" if key in body else f"{key} is missing")
    return value
