"""Controls the fake Discord over HTTP, for a test in another process."""

import json
from typing import TYPE_CHECKING

from aiohttp import web

from .discord_world import DM

if TYPE_CHECKING:
    from .discord_gateway import FakeDiscord


def answer(body: object, status: int = 200, **headers: str) -> web.Response:
    """A JSON response without a charset in its content type: the SDK treats anything else as text."""
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json", headers=headers)


class Control:
    """Commands for a test in another process, as JSON over HTTP.

    POST /test/say {channel, author, text, mention, reply_to} · /test/edit {id, text} · /test/delete {id}
    POST /test/thread {channel, name, author, text, mention} · /test/channel {name, kind} · /test/drop {code}
    POST /test/fail {method, path, status, code, times, after} · /test/later {seconds}
    GET /test/messages?channel=NAME · /test/requests · /test/state
    """

    def __init__(self, discord: "FakeDiscord"):
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        posts = (self.say, self.edit, self.delete, self.thread, self.channel, self.drop, self.fail, self.later)
        gets = (self.messages, self.requests, self.state)
        return [
            *(web.post(f"/test/{act.__name__}", act) for act in posts),
            *(web.get(f"/test/{act.__name__}", act) for act in gets),
        ]

    async def say(self, request: web.Request) -> web.Response:
        return answer(await self._discord.say(**await request.json()), 201)

    async def edit(self, request: web.Request) -> web.Response:
        body = await request.json()
        await self._discord.edit(body["id"], body["text"])
        return answer({})

    async def delete(self, request: web.Request) -> web.Response:
        await self._discord.delete((await request.json())["id"])
        return answer({})

    async def thread(self, request: web.Request) -> web.Response:
        body = await request.json()
        return answer(await self._discord.thread(parent=body.pop("channel"), **body), 201)

    async def channel(self, request: web.Request) -> web.Response:
        """Creates a channel. Kinds: 0 text, 1 direct, 2 voice, 15 forum. A client sees only channels created before it
        connects."""
        body = await request.json()
        snowflake = self._discord.world.channel(body["name"], body.get("kind", 0))
        if body.get("kind", 0) != DM:
            await self._discord.emit("CHANNEL_CREATE", self._discord.world.channels[snowflake])
        return answer({"id": snowflake}, 201)

    async def drop(self, request: web.Request) -> web.Response:
        await self._discord.drop((await request.json()).get("code", 1001))
        return answer({})

    async def fail(self, request: web.Request) -> web.Response:
        self._discord.fail(**await request.json())
        return answer({})

    async def later(self, request: web.Request) -> web.Response:
        """Advances the server's clock, for example past the nonce window."""
        self._discord.world.ahead += type(self._discord.world.ahead)(seconds=(await request.json())["seconds"])
        return answer({})

    async def messages(self, request: web.Request) -> web.Response:
        return answer(self._discord.world.messages[self._discord.world.find(request.query["channel"])])

    async def requests(self, _: web.Request) -> web.Response:
        return answer(self._discord.requests)

    async def state(self, _: web.Request) -> web.Response:
        connected = sum(1 for one in self._discord.sessions.values() if one.socket and not one.socket.closed)
        return answer(
            {
                "connected": connected,
                "identified": self._discord.identified,
                "resumed": self._discord.resumed,
                "unknown": self._discord.unknown,
                "bot": self._discord.world.bot["id"],
            }
        )
