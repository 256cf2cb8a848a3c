"""Connections of the web server: bounded in number, and in the time in which a request must arrive.

uvicorn has no limit for either: whoever sends half a request keeps a connection, and a file descriptor, for ever.
"""

import asyncio
import resource
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 200  # a page opens about ten
ARRIVAL_SECONDS = 10.0  # for a whole request, which here is a few kilobytes; also from one request to the next


def most_connections() -> int:
    """At most a quarter of the open files that the system allows us: platforms, models and the database need theirs."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(8, min(MOST_CONNECTIONS, soft // 4))


def bounded_http(most: int, seconds: float) -> type[H11Protocol]:
    """The protocol for one server with at most so many connections, and so many seconds for a request to arrive."""
    return type("BoundedHttp", (BoundedHttp,), {"most": most, "seconds": seconds, "waiting": {}})


class BoundedHttp(H11Protocol):
    """Closes a connection whose request is not complete within `seconds`. One connection too many closes the one
    that has been waiting for its request longest, so half-sent requests lock nobody out; if all connections are busy,
    it is closed itself."""

    most: ClassVar[int] = MOST_CONNECTIONS
    seconds: ClassVar[float] = ARRIVAL_SECONDS
    waiting: ClassVar[dict[H11Protocol, asyncio.TimerHandle]] = {}  # those without a whole request, oldest first

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most:
            oldest = next(iter(self.waiting), self)
            oldest.transport.abort()
            oldest.connections.discard(oldest)
            self._forget(oldest)
        self._note()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._note()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._note()

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._forget(self)
        super().handle_websocket_upgrade(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget(self)
        super().connection_lost(exc)

    def _note(self) -> None:
        """Starts the time limit when the connection begins to wait for a request, and ends it when that is complete."""
        if self.transport.is_closing() or self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._forget(self)
        elif self not in self.waiting:
            self.waiting[self] = self.loop.call_later(self.seconds, self.transport.abort)

    def _forget(self, connection: H11Protocol) -> None:
        if timer := self.waiting.pop(connection, None):
            timer.cancel()
