"""The connection to the gateway: bounded, and not ended by a payload that nobody foresaw."""

import json
import zlib
from typing import Any

import aiohttp
import discord
import structlog
from discord.gateway import DiscordClientWebSocketResponse, DiscordWebSocket, ReconnectWebSocket, WebSocketClosure

from .json_text import without_halves

FRAME_BYTES = 16_000_000  # of one payload after decompression; that of a community with 2,000 channels has 2 MB
COMPRESSION = "zlib-stream"
END_OF_PAYLOAD = b"\x00\x00\xff\xff"
SHORTEST_BEAT, LONGEST_BEAT = 1.0, 300.0  # seconds between heartbeats; Discord asks for 41
ENDINGS = (ReconnectWebSocket, WebSocketClosure, discord.DiscordException, aiohttp.ClientError, OSError)
"""How the SDK ends a connection on purpose, or notices its end."""

log = structlog.get_logger()


class OversizedAnswer(aiohttp.ClientPayloadError):
    """Discord sends more than was to be expected. The SDK takes it for a lost connection."""


class NotReady(Exception):
    """The beginning of a session can't be read: without it nothing can be heard, so a new one has to begin."""


class PayloadStream:
    """Decompresses the frames of one connection; a payload may come in several."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj()
        self._packed = bytearray()

    def text(self, frame: bytes) -> str | None:
        """The payload; None while it is not complete. Raises OversizedAnswer, also if it can't be decompressed."""
        self._packed += frame
        if len(self._packed) > FRAME_BYTES:
            raise OversizedAnswer(f"more than {FRAME_BYTES} bytes")
        if not frame.endswith(END_OF_PAYLOAD):
            return None
        try:
            plain = self._zlib.decompress(self._packed, FRAME_BYTES)
        except zlib.error as error:
            raise OversizedAnswer("unreadable frames") from error
        if self._zlib.unconsumed_tail:
            raise OversizedAnswer(f"more than {FRAME_BYTES} bytes")
        self._packed = bytearray()
        return plain.decode("utf-8", "replace")


class LenientSocket(DiscordClientWebSocketResponse):
    """A connection to the gateway. Decompresses frames itself, since the text can only be repaired after that."""

    _payloads: PayloadStream | None = None

    async def receive(self, timeout: float | None = None) -> Any:
        while True:
            frame = await super().receive(timeout)
            text = self._text(frame)
            if text is not None:
                return aiohttp.WSMessage(aiohttp.WSMsgType.TEXT, without_halves(text), None)
            if frame.type is not aiohttp.WSMsgType.BINARY:
                return frame

    def _text(self, frame: Any) -> str | None:
        """The frame's text; None if the frame is not text, or not complete yet."""
        if frame.type is aiohttp.WSMsgType.BINARY:
            self._payloads = self._payloads or PayloadStream()
            return self._payloads.text(frame.data)
        return frame.data if frame.type is aiohttp.WSMsgType.TEXT else None


class PatientWebSocket(DiscordWebSocket):
    """The SDK's gateway session, in which a payload that raises is skipped with one log line.

    The SDK would end the connection, and with it the client; a payload that comes again would do so for ever.
    """

    @classmethod
    def take_over(cls, session: DiscordWebSocket) -> None:
        """Makes a session that the SDK has just created one of this class: it has no place to name another."""
        session.__class__ = cls

    async def received_message(self, message: Any, /) -> None:
        try:
            await super().received_message(message)
        except (*ENDINGS, NotReady):
            raise
        except Exception as error:
            if _is_ready(message):
                raise NotReady from error
            log.error("discord.payload_skipped", error=type(error).__name__)

    @property
    def _keep_alive(self) -> Any:
        return self.__dict__.get("_keep_alive")

    @_keep_alive.setter
    def _keep_alive(self, handler: Any) -> None:
        """Keeps one thread for heartbeats, however often the gateway says hello, at a bearable pace."""
        if (before := self._keep_alive) is not None:
            before.stop()
        if handler is not None:
            handler.interval = min(max(SHORTEST_BEAT, handler.interval), LONGEST_BEAT)
        self.__dict__["_keep_alive"] = handler


def _is_ready(message: Any) -> bool:
    try:
        payload = json.loads(message)
    except (ValueError, TypeError, RecursionError):
        return False
    return isinstance(payload, dict) and payload.get("t") == "READY"
