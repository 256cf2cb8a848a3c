"""A member's day, in chat alone."""

import asyncio
from pathlib import Path

from bot.types import Power
from tests.commands.asking import BEN, ROOM, Chat, file_for
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import NOON, post
from tests.fakes.waiting import PATIENCE


async def says(on: Stage, id_: str, who: str, text: str) -> str:
    """A member writes a post, and half a minute passes. What became of it."""
    await on.hear([post(id_, who, text, when=(on.clock.now() - NOON).total_seconds(), room=ROOM)])
    await on.clock.advance(30)
    async with asyncio.timeout(PATIENCE):
        while (turn := await on.turn(id_)).state.is_open:
            await asyncio.sleep(0.002)
    return str(turn.state)


async def test_a_members_day(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        ben = Chat(on, Power.MEMBER, author=BEN)
        assert "keep nothing about you" in await ben.ask("privacy show")

        assert await says(on, "m1", "Ben", "@mochi does it rise overnight?") == "sent"
        assert "messages that you wrote: 1" in await ben.ask("privacy show")
        assert "I was called, so I answered." in await ben.ask("why")
        assert "Thank you" in await ben.ask("feedback wrong It rises in a day")

        # The settings are not for members.
        assert "those who manage this place" in await ben.ask("limits")

        # Left out: not stored, not answered.
        assert "neither keep what you write" in await ben.ask("privacy opt-out")
        await on.hear([post("m2", "Ben", "@mochi still there?", when=60, room=ROOM)])
        await on.clock.advance(30)
        assert "m2" not in await on.story() and await on.store.message("local", "m2") is None
        assert [trigger for trigger, _ in on.platform.said()] == ["m1"]

        # Back in.
        assert "Welcome back" in await ben.ask("privacy opt-in")
        assert await says(on, "m3", "Ben", "@mochi and now?") == "sent"

        # All of it, as a file, and then nothing.
        assert b"and now?" in (await file_for(on, ben, "privacy export"))
        assert "can't be taken back" in await ben.ask("privacy delete")
        assert "and now?" in str(await on.store.message("local", "m3")), "it was not confirmed"
        assert "is erased" in await ben.ask("privacy delete yes")
        assert await on.store.message("local", "m3") is None
        left = await ben.ask("privacy show")
        assert "that you wrote" not in left and "considered answering" not in left
