"""What Discord may send is bounded after decompression, and one payload never stops those after it."""

import asyncio
import random
import threading
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import translate
from adapters.discord.gateway import FRAME_BYTES, OversizedAnswer, PayloadStream
from adapters.discord.markup import Names
from adapters.discord.translate import Channel
from bot.types import PlatformError, Room, Status, Thread
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_rest import Fault
from tests.fakes.discord_world import World
from tests.fakes.hostile_json import NUMBERS, TEXTS, changed, places
from tests.fakes.waiting import until

from .conftest import RealClock, adapter_for, running

PLACE = Channel(Thread(Room("discord", "1", "2")), False, "3", frozenset(), Names({}, lambda _: None, lambda _: None))


def packed(text: bytes, packer: Any) -> bytes:
    frame: bytes = packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)
    return frame


def test_payloads_in_any_pieces_are_put_together() -> None:
    packer, stream, chance = zlib.compressobj(), PayloadStream(), random.Random(1)
    for number in range(20):
        text = f'{{"n": {number}, "x": "{"flour " * number * 100}"}}'
        frame = packed(text.encode(), packer)
        cut = chance.randrange(len(frame) - 4) if number % 2 else 0
        pieces = [frame[:cut], frame[cut:]] if cut else [frame]
        assert [stream.text(piece) for piece in pieces][-1] == text


@pytest.mark.parametrize("megabytes", [17, 400])
def test_a_bomb_in_a_frame_ends_the_connection(megabytes: int) -> None:
    packer = zlib.compressobj(9)
    head = packer.compress(b"x" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b"x" * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    with pytest.raises(OversizedAnswer):
        PayloadStream().text(head + block * megabytes)


def test_a_payload_without_end_ends_the_connection() -> None:
    stream = PayloadStream()
    with pytest.raises(OversizedAnswer):
        for _ in range(FRAME_BYTES // 1_000_000 + 1):
            stream.text(b"\0" * 1_000_000)


def test_frames_that_are_not_compressed_so_end_the_connection() -> None:
    with pytest.raises(OversizedAnswer):
        PayloadStream().text(b"{}\x00\x00\xff\xff")


async def test_a_bomb_from_the_api_raises_platform_error(discord: FakeDiscord, core: FakeCore) -> None:
    """At the login, where the SDK reads the answer whole."""
    discord.faults.append(Fault("GET", "users/@me$", 200, {"x": "y" * 17_000_000}, 1))
    adapter = adapter_for(discord, core)
    with pytest.raises(PlatformError):
        await asyncio.wait_for(adapter.run(core.hear, core.typing), 60)
    assert adapter.status is Status.DOWN


async def test_hello_again_leaves_no_thread_behind(discord: FakeDiscord, core: FakeCore) -> None:
    def beating() -> int:
        return sum(thread.name.startswith("keep-alive") for thread in threading.enumerate())

    async with running(adapter_for(discord, core), core):
        [session] = discord.sessions.values()
        for interval in (0, -5, 1, 10**12, 41250, "x", None, 1e308):
            await session.push({"op": 10, "d": {"heartbeat_interval": interval}})
        await discord.say("general", "Ada", "still there?")
        await core.until(lambda core: bool(core.messages))
        await until(lambda: beating() == 1)


def payloads() -> list[Any]:
    world = World()
    channel, ada = world.find("general"), world.member("Ada")
    said = world.event(world.message(channel, ada, "hello <@1> <#2> :x:"))
    who = {"user_id": ada["id"], "message_id": said["id"], "emoji": {"id": None, "name": "x"}, "member": {"user": ada}}
    return [{**said, "edited_timestamp": "2026-01-01T00:00:00+00:00", "referenced_message": said, **who, "ids": ["7"]}]


@st.composite
def hostile(draw: st.DrawFn) -> Any:
    [value] = payloads()
    plain = st.none() | st.booleans() | st.sampled_from(TEXTS) | st.sampled_from(NUMBERS)
    for _ in range(draw(st.integers(1, 3))):
        new = draw(plain | st.lists(plain, max_size=2) | st.dictionaries(st.sampled_from(TEXTS), plain, max_size=2))
        value = changed(value, draw(st.sampled_from(places(value))), new, draw(st.booleans()))
    return value


@settings(max_examples=300, deadline=None)
@given(hostile())
def test_no_translator_raises_whatever_a_payload_holds(payload: Any) -> None:
    data = payload if isinstance(payload, dict) else {}
    now = RealClock().now()
    found = [
        translate.message(data, PLACE, now),
        translate.edit(data, PLACE, now),
        *translate.deletions(data, PLACE, now),
        translate.reaction(data, PLACE, now, removed=False),
        translate.typist(data, "3"),
    ]
    repr(found).encode()  # all of it can be stored
