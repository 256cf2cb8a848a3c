"""The REST API of the fake Discord."""

import asyncio
import json
import re
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from .discord_control import answer
from .discord_world import PUBLIC_THREAD, Json

if TYPE_CHECKING:
    from .discord_gateway import FakeDiscord


def refusal(status: int, code: int, message: str) -> web.Response:
    return answer({"code": code, "message": message}, status)


@dataclass
class Fault:
    """Refuses the next `times` matching requests like this, before or after they take effect; lets `passes` through
    first."""

    method: str
    path: str
    status: int
    body: Any
    times: int
    after: bool = False
    passes: int = 0
    headers: dict[str, str] = field(default_factory=dict)


BUCKET, BUCKET_SECONDS = 5, 5.0  # requests of one method in a channel: what is observed on Discord


async def body_of(request: web.Request) -> Json:
    """A request's JSON; with its `files`, by name, if it has any."""
    if not request.content_type.startswith("multipart/"):
        found: Json = await request.json() if request.can_read_body else {}
        return found
    body: Json = {}
    files: dict[str, bytes] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        if part.name == "payload_json":
            body = json.loads(await part.text())
        else:
            files[part.filename or ""] = bytes(await part.read())
    return {**body, "files": files}


class Rest:
    """Answers requests. With `has_buckets`, each channel takes BUCKET messages, and as many edits, in BUCKET_SECONDS of
    the world's clock; `limited` are the requests beyond that."""

    def __init__(self, discord: "FakeDiscord"):
        self.discord = discord
        self.has_buckets = False
        self.limited: list[str] = []
        self.slow = asyncio.Event()  # not set: edits are read, and wait
        self.slow.set()
        self._taken: dict[str, list[datetime]] = {}

    def _spend(self, method: str, path: str) -> tuple[dict[str, str], bool]:
        """The rate limit headers of a message or an edit, and whether there is room for it."""
        key = f"{method} {path.split('/messages', maxsplit=1)[0]}"
        now = self.discord.world.now()
        recent = [at for at in self._taken.get(key, []) if (now - at).total_seconds() < BUCKET_SECONDS]
        fits = len(recent) < BUCKET
        self._taken[key] = [*recent, now] if fits else recent
        left = BUCKET_SECONDS - (now - self._taken[key][0]).total_seconds()
        names = ("Limit", "Remaining", "Reset-After", "Reset", "Bucket")
        values = (BUCKET, BUCKET - len(self._taken[key]), left, now.timestamp() + left, key.split("/", maxsplit=1)[0])
        return {f"X-RateLimit-{name}": str(value) for name, value in zip(names, values, strict=True)}, fits

    async def answer_to(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        body = await body_of(request)
        self.discord.requests.append((request.method, path, body))
        if self.discord.away:
            assert request.transport
            request.transport.abort()
            return web.Response()
        if request.headers.get("Authorization") != f"Bot {self.discord.token}":
            return refusal(401, 0, "401: Unauthorized")
        fault = next(
            (f for f in self.discord.faults if f.times and f.method == request.method and re.search(f.path, path)), None
        )
        if fault and fault.passes:
            fault.passes, fault = fault.passes - 1, None
        if fault is None:
            return await self._route(request, path, body)
        fault.times -= 1
        if fault.after:
            await self._route(request, path, body)
        if isinstance(fault.body, str):  # from a proxy in front of Discord
            return web.Response(text=fault.body, status=fault.status, content_type="text/html", headers=fault.headers)
        return answer(fault.body, fault.status, **fault.headers)

    async def _route(self, request: web.Request, path: str, body: Json) -> web.Response:
        match request.method, path.split("/"):
            case "GET", ["users", "@me"]:
                return answer(self.discord.world.bot)
            case "GET", ["oauth2", "applications", "@me"]:
                return answer(self._application())
            case "GET", ["gateway", "bot"]:
                limits = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
                return answer({"url": self.discord.gateway_url, "shards": 1, "session_start_limit": limits})
            case method, ["channels", channel, *rest] if channel in self.discord.world.channels:
                return await self._channel(request, method, channel, rest, body)
            case _, ["channels", *_]:
                return refusal(404, 10003, "Unknown Channel")
        self.discord.unknown.append(f"{request.method} {path}")
        return refusal(404, 0, "404: Not Found")

    async def _channel(
        self, request: web.Request, method: str, channel: str, rest: list[str], body: Json
    ) -> web.Response:
        match method, rest:
            case "GET", []:
                return answer(self.discord.world.channels[channel])
            case "GET", ["messages"]:
                limit, before, after = (int(request.query.get(key, 0)) for key in ("limit", "before", "after"))
                return answer(self.discord.world.page(channel, limit or 50, before, after))
            case "GET", ["messages", "pins"]:
                return answer(self.discord.world.pins(channel, int(request.query.get("limit", 50))))
            case "GET", ["messages", message]:
                return self._get(channel, message)
            case "POST", ["messages"]:
                return await self._in_bucket(request, self._post(channel, body))
            case "PATCH", ["messages", message]:
                return await self._in_bucket(request, self._edit(channel, message, body))
            case "DELETE", ["messages", message]:
                return await self._delete(channel, message)
            case "POST", ["messages", message, "threads"]:
                return await self._start(channel, message, body)
            case "POST", ["typing"]:
                await self.discord.type(channel, self.discord.world.bot)
                return web.Response(status=204)
            case method, ["messages", message, "reactions", emoji, "@me"] if method in ("PUT", "DELETE"):
                return await self._react(channel, message, emoji, removed=method == "DELETE")
        self.discord.unknown.append(f"{method} channels/{channel}/{'/'.join(rest)}")
        return refusal(404, 0, "404: Not Found")

    async def _in_bucket(self, request: web.Request, done: Coroutine[Any, Any, web.Response]) -> web.Response:
        if not self.has_buckets:
            return await done
        headers, fits = self._spend(request.method, request.match_info["path"])
        if fits:
            made = await done
            made.headers.update(headers)
            return made
        done.close()
        self.limited.append(f"{request.method} {request.match_info['path']}")
        after = headers["X-RateLimit-Reset-After"]
        told = {"message": "You are being rate limited.", "retry_after": float(after), "global": False}
        return answer(told, 429, **{**headers, "Retry-After": after, "Via": "1.1 google"})

    async def _edit(self, channel: str, message: str, body: Json) -> web.Response:
        await self.slow.wait()
        said = next((one for one in self.discord.world.messages[channel] if one["id"] == message), None)
        if said is None:
            return refusal(404, 10008, "Unknown Message")
        if said["author"] is not self.discord.world.bot:
            return refusal(403, 50005, "Cannot edit a message authored by another user")
        if self.discord.automod and self.discord.automod in str(body["content"]):
            return refusal(400, 200000, "Message was blocked by automatic moderation")
        self.discord.edits.append((message, str(body["content"])))
        await self.discord.edit(message, str(body["content"]))
        return answer(said, Via="1.1 google")

    async def _post(self, channel: str, body: Json) -> web.Response:
        content = str(body.get("content") or "").strip()
        if not content or len(content) > 2000:
            return refusal(400, 50006 if not content else 50035, "Invalid Form Body")
        if self.discord.automod and self.discord.automod in content:
            return refusal(400, 200000, "Message was blocked by automatic moderation")
        nonce = body.get("nonce") if body.get("enforce_nonce") else None
        said = self.discord.world.remembered(nonce)
        if said is None:
            answered = (body.get("message_reference") or {}).get("message_id")
            stands = any(one["id"] == str(answered) for one in self.discord.world.messages[channel])
            files = [self.discord.file(name, data) for name, data in body.get("files", {}).items()]
            said = self.discord.world.message(
                channel,
                self.discord.world.bot,
                content,
                reply_to=str(answered) if stands else None,
                attachments=files,
            )
            if nonce:
                self.discord.world.nonces[nonce] = (self.discord.world.now(), said)
            await self.discord.emit("MESSAGE_CREATE", self.discord.world.event(said))
        return answer({**said, "nonce": body.get("nonce")}, Via="1.1 google")

    async def _delete(self, channel: str, message: str) -> web.Response:
        if not any(one["id"] == message for one in self.discord.world.messages[channel]):
            return refusal(404, 10008, "Unknown Message")
        await self.discord.delete(message)
        return web.Response(status=204)

    async def _start(self, channel: str, message: str, body: Json) -> web.Response:
        """Starts a thread from a message, whose id it gets."""
        if message in self.discord.world.channels:
            return refusal(400, 160004, "A thread has already been created for this message")
        self.discord.world.channel(str(body["name"]), PUBLIC_THREAD, parent=channel, snowflake=message)
        await self.discord.emit("THREAD_CREATE", self.discord.world.channels[message])
        return answer(self.discord.world.channels[message], 201)

    def _get(self, channel: str, message: str) -> web.Response:
        found = next((one for one in self.discord.world.messages[channel] if one["id"] == message), None)
        return answer(self._signed(found)) if found else refusal(404, 10008, "Unknown Message")

    def _signed(self, said: Json) -> Json:
        root = f"http://127.0.0.1:{self.discord.port}/cdn/"
        files = [{**one, "url": f"{root}{one['url']}?sig={self.discord.signature}%41"} for one in said["attachments"]]
        return {**said, "attachments": files}

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Sends the file in pieces and without a length, so that the client has to count bytes itself.discord."""
        if self.discord.cdn_status != 200 or request.rel_url.raw_query_string != f"sig={self.discord.signature}%41":
            return web.Response(status=self.discord.cdn_status if self.discord.cdn_status != 200 else 404)
        stream = web.StreamResponse()
        await stream.prepare(request)
        content = self.discord.files[request.match_info["name"]]
        with suppress(ConnectionError):
            for start in range(0, len(content), 65_536):
                await stream.write(content[start : start + 65_536])
                self.discord.downloaded += len(content[start : start + 65_536])
        return stream

    async def _react(self, channel: str, message: str, emoji: str, *, removed: bool) -> web.Response:
        if not any(one["id"] == message for one in self.discord.world.messages[channel]):
            return refusal(404, 10008, "Unknown Message")
        ours = self.discord.reactions.setdefault(message, [])
        if removed == (emoji in ours):
            (ours.remove if removed else ours.append)(emoji)
            await self.discord.react(message, self.discord.world.bot, emoji, removed=removed)
        return web.Response(status=204)

    def _application(self) -> Json:
        bot = self.discord.world.bot
        return {
            "id": bot["id"], "name": "Cameo", "icon": None, "description": "", "bot_public": True, "flags": 0,
            "bot_require_code_grant": False, "verify_key": "", "owner": self.discord.world.user("owner"), "team": None,
        }  # fmt: skip
