"""Discord on loopback: enough of its gateway and REST API for the real discord.py, with faults on demand.

In a test: `async with FakeDiscord() as discord:` (then `discord.api_url`, `discord.gateway_url`). As a process of its
own: `python -m tests.fakes.discord_gateway --port P`, controlled over HTTP under /test/ (see `Control`).
"""

import argparse
import asyncio
import itertools
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import WSMsgType, web

from .discord_control import Control
from .discord_rest import Fault, Rest
from .discord_world import DM, FORUM, PRIVATE_THREAD, PUBLIC_THREAD, Json, World

API = "/api/v10"
CONTENT_INTENT = 1 << 15


@dataclass
class Session:
    """One gateway session with all its events: a RESUME gets the missed ones again."""

    id: str
    said: list[Json] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def dispatch(self, name: str, data: object) -> None:
        frame = {"op": 0, "t": name, "s": next(self.numbers), "d": data}
        self.said.append(frame)
        await self.push(frame)

    async def push(self, frame: object) -> None:
        if self.socket and not self.socket.closed:
            with suppress(ConnectionError):  # the client has just gone; it will resume
                await self.socket.send_json(frame)


class FakeDiscord:
    """`requests` are all REST calls (method, path, body); `unknown` those that this fake does not implement: a test
    should end with none. `identified` and `resumed` count new and resumed sessions."""

    def __init__(self, token: str = "loopback-token", port: int = 0):
        self.world = World()
        self.token, self.port = token, port
        self.requests: list[tuple[str, str, Json]] = []
        self.unknown: list[str] = []
        self.faults: list[Fault] = []
        self.sessions: dict[str, Session] = {}
        self.identified = self.resumed = 0
        self.close_on_identify = 0  # a close code, instead of READY
        self.open = True  # False: the gateway refuses connections
        self.away = False  # True: requests are read, and then their connections break
        self.reactions: dict[str, list[str]] = {}  # ours, by message
        self.files: dict[str, bytes] = {}  # by the URL of an attachment without its signature
        self.signature = secrets.token_hex(4)  # URLs with another one have expired
        self.cdn_status = 200
        self.downloaded = 0  # bytes of files that were read
        self.silent = asyncio.Event()  # set: connections stay open, but nothing is read from them any more
        self.fell_silent = asyncio.Event()  # set once a connection has stopped being read
        self.lists_servers = asyncio.Event()  # not set: a session begins, and its servers are listed later
        self.lists_servers.set()
        self.automod = ""  # texts with this are blocked
        self.edits: list[tuple[str, str]] = []  # our own messages' new texts, by message id
        self.gives_content = True  # False: the Message Content intent is refused
        self.beat_ms = 41_250  # between heartbeats
        self.rest = Rest(self)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes([web.route("*", API + "/{path:.*}", self.rest.answer_to), web.get("/gw", self._gateway)])
        app.add_routes([web.get("/gw/", self._gateway), web.get("/cdn/{name}", self.rest.file)])
        app.add_routes(Control(self).routes())
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def listen(self, port: int) -> None:
        """Starts listening at one more port of this machine."""
        assert self._runner
        await web.TCPSite(self._runner, "127.0.0.1", port).start()

    async def __aexit__(self, *_: object) -> None:
        await self.drop(1001)
        if self._runner:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/gw"

    # --- used by tests ---

    async def emit(self, name: str, data: object) -> None:
        """Sends an event to every session, also to disconnected ones, which get it when they resume."""
        for session in list(self.sessions.values()):
            await session.dispatch(name, data)

    async def say(
        self, channel: str, author: str, text: str, *, mention: bool = False, reply_to: str | None = None, **more: Any
    ) -> Json:
        """Writes a message as a member; `mention` mentions the bot."""
        bot = self.world.bot
        said = self.world.message(
            self.world.find(channel),
            self.world.member(author),
            f"<@{bot['id']}> {text}" if mention else text,
            reply_to=reply_to,
            mentions=[bot] if mention else [],
            **more,
        )
        await self.emit("MESSAGE_CREATE", self.world.event(said))
        return said

    async def edit(self, message_id: str, text: str) -> None:
        said = self.find(message_id)
        said |= {"content": text, "edited_timestamp": self.world.now().isoformat()}
        await self.emit("MESSAGE_UPDATE", self.world.event(said))

    async def delete(self, message_id: str) -> None:
        said = self.find(message_id)
        self.world.messages[said["channel_id"]].remove(said)
        gone = {"id": message_id, "channel_id": said["channel_id"], "guild_id": self.world.guild_id}
        await self.emit("MESSAGE_DELETE", gone)

    async def react(self, message_id: str, author: Json, emoji: str, *, removed: bool = False) -> None:
        about = {"user_id": author["id"], "message_id": message_id, "guild_id": self.world.guild_id}
        about |= {"channel_id": self.find(message_id)["channel_id"], "emoji": {"id": None, "name": emoji}}
        member = {} if removed else {"member": {**self.world.membership(), "user": author}}
        await self.emit(
            f"MESSAGE_REACTION_{'REMOVE' if removed else 'ADD'}", about | member | {"burst": False, "type": 0}
        )

    async def thread(
        self, parent: str, name: str, author: str, text: str, *, mention: bool = False, private: bool = False
    ) -> Json:
        """Creates a forum post, or a thread in a text channel; returns the thread with its first message."""
        thread_id = self.world.make_id()
        self.world.channel(
            name, PRIVATE_THREAD if private else PUBLIC_THREAD, parent=self.world.find(parent), snowflake=thread_id
        )
        await self.emit("THREAD_CREATE", {**self.world.channels[thread_id], "newly_created": True})
        forum = self.world.channels[self.world.find(parent)]["type"] == FORUM
        return await self.say(thread_id, author, text, mention=mention, snowflake=thread_id if forum else None)

    async def drop(self, code: int = 1001) -> None:
        """Closes every connection from the server's side; 1001 lets the client resume."""
        for session in list(self.sessions.values()):
            if session.socket and not session.socket.closed:
                await session.socket.close(code=code)

    async def order(self, op: int, data: object = None) -> None:
        """Sends an order of the gateway: 7 to reconnect, 9 that the session is invalid (`data`: it can be resumed)."""
        sessions = list(self.sessions.values())
        if op == 9 and not data:
            self.sessions.clear()
        for session in sessions:
            await session.push({"op": op, "d": data})

    async def join(self) -> None:
        """A manager invites us into the server (again)."""
        self.world.joined_at = self.world.now()
        joined = self.world.guild()
        del joined["unavailable"]
        await self.emit("GUILD_CREATE", joined)

    async def type(self, channel: str, author: Json) -> None:
        """Makes a member begin to type."""
        where = self.world.find(channel)
        sign = {"channel_id": where, "user_id": author["id"], "timestamp": int(self.world.now().timestamp())}
        if self.world.channels[where]["type"] != DM:
            sign |= {"guild_id": self.world.guild_id, "member": {**self.world.membership(), "user": author}}
        await self.emit("TYPING_START", sign)

    def file(self, name: str, content: bytes, **more: Any) -> Json:
        """Creates an attachment; its URL is signed again each time it is returned."""
        self.files[name] = content
        return {
            "id": self.world.make_id(),
            "filename": name,
            "size": len(content),
            "url": name,
            "proxy_url": name,
            **more,
        }

    def find(self, message_id: str) -> Json:
        return next(one for said in self.world.messages.values() for one in said if one["id"] == message_id)

    def ours(self, channel: str) -> list[Json]:
        """The bot's messages in a channel."""
        return [one for one in self.world.messages[self.world.find(channel)] if one["author"] is self.world.bot]

    def fail(self, method: str, path: str, status: int, *, code: int = 0, times: int = 1, **more: Any) -> None:
        self.faults.append(Fault(method, path, status, {"code": code, "message": "as the test wishes"}, times, **more))

    def calls(self, method: str, ending: str) -> list[Json]:
        """The bodies of the calls so far whose path ends with this."""
        return [body for verb, path, body in self.requests if verb == method and path.endswith(ending)]

    # --- gateway ---

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
        if not self.open:
            return web.Response(status=503)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_json({"op": 10, "d": {"heartbeat_interval": self.beat_ms}})
        async for frame in socket:
            if self.silent.is_set():
                self.fell_silent.set()
                await asyncio.Event().wait()
            if frame.type is WSMsgType.TEXT:
                await self._frame(socket, json.loads(frame.data))
        return socket

    async def _frame(self, socket: web.WebSocketResponse, frame: Json) -> None:
        match frame["op"]:
            case 1:
                await socket.send_json({"op": 11})
            case 2:
                await self._identify(socket, frame["d"])
            case 6:
                await self._resume(socket, frame["d"])

    async def _identify(self, socket: web.WebSocketResponse, data: Json) -> None:
        self.identified += 1
        if not self.gives_content and data["intents"] & CONTENT_INTENT:
            await socket.close(code=4014)
            return
        if self.close_on_identify or data["token"] != self.token:
            await socket.close(code=self.close_on_identify or 4004)
            return
        session = Session(secrets.token_hex(8), socket=socket)
        shard = data.get("shard", [0, 1])
        await session.dispatch("READY", self.world.ready(session.id, self.gateway_url, shard))
        self.sessions = {key: one for key, one in self.sessions.items() if one.socket and not one.socket.closed}
        self.sessions[session.id] = session
        self._listing = asyncio.create_task(self._list(session))

    async def _list(self, session: Session) -> None:
        """Lists the server, while the connection is read."""
        await self.lists_servers.wait()
        await session.dispatch("GUILD_CREATE", self.world.guild())

    async def _resume(self, socket: web.WebSocketResponse, data: Json) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None:
            await socket.send_json({"op": 9, "d": False})
            return
        self.resumed += 1
        session.socket = socket
        for frame in [one for one in session.said if one["s"] > data["seq"]]:
            await session.push(frame)
        await session.dispatch("RESUMED", {})


async def serve(port: int, token: str) -> None:
    async with FakeDiscord(token, port) as discord:
        print(f"{discord.api_url} {discord.gateway_url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", default="loopback-token")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(arguments.port, arguments.token))
