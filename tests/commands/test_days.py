"""A manager's day and a member's day, in chat alone."""

import asyncio
from pathlib import Path

from bot.config.settings import Limits
from bot.types import Power
from tests.commands.asking import ANA, BEN, ROOM, Chat, file_for
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import NOON, post
from tests.fakes.waiting import PATIENCE

HOUR = 3600.0


async def says(on: Stage, id_: str, who: str, text: str) -> str:
    """A member writes a post, and half a minute passes. What became of it."""
    await on.hear([post(id_, who, text, when=(on.clock.now() - NOON).total_seconds(), room=ROOM)])
    await on.clock.advance(30)
    async with asyncio.timeout(PATIENCE):
        while (turn := await on.turn(id_)).state.is_open:
            await asyncio.sleep(0.002)
    return str(turn.state)


async def test_a_managers_day(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=2), chat_settings="all") as on:
        ana = Chat(on, Power.MANAGER, author=ANA)

        # Cameo is here: what can it do, and how is it set?
        assert "`!cameo status`" in await ana.ask("help")
        told = await ana.ask("status")
        assert "persona: mochi (the default)" in told and "joining in: mentions (rooms.1 of config.yaml (*))" in told

        # It is called, and answers.
        assert await says(on, "m1", "Ben", "@mochi does it rise overnight?") == "sent"

        # A typing error helps on, and a wrong value says what is right.
        assert "Did you mean “persona use”?" in await ana.ask("presona use pip")
        assert "Did you mean “pip”?" in await ana.ask("persona use pipp")
        assert await ana.ask("persona use pip") == "Done, in this room. persona: pip. `!cameo undo` takes it back."
        assert "persona: pip (chosen for this room by" in await ana.ask("status")
        assert await says(on, "m2", "Cleo", "@pip hello") == "sent"
        assert (await on.turn("m2")).persona == "pip"

        # Silence for an hour: nobody is answered, and commands are.
        assert "silent in this room until 2026-01-05 13:01 UTC" in await ana.ask("mute 1h")
        assert await says(on, "m3", "Dan", "@pip are you there?") == "silent"
        assert "muted" in await ana.ask("why m3")
        assert "mute (chosen for this room by" in await ana.ask("status")
        await on.clock.advance(HOUR)
        assert "mute" not in await ana.ask("status")
        assert await says(on, "m4", "Dan", "@pip and now?") == "sent"

        # Over a limit.
        assert await says(on, "m5", "Eve", "@pip one") == "sent"
        assert await says(on, "m6", "Eve", "@pip two") == "sent"
        assert await says(on, "m7", "Eve", "@pip three") == "sent"
        assert (await on.turn("m7")).text == "sign: member_limit"
        assert "limits.replies_per_member_hour" in await ana.ask("why m7")
        assert "This room: " in await ana.ask("limits")

        # Taken back, one change after the other; what was over by itself is not.
        assert await ana.ask("undo") == "Taken back. Now: persona: as without a choice."
        assert "no change of yours" in await ana.ask("undo")
        assert "persona: mochi (the default)" in await ana.ask("status")
        log = (await ana.ask("log")).splitlines()
        assert len(log) == 3 and "took a change back (persona: as without a choice)" in log[0]
        assert "mute" in log[1] and log[2].endswith("persona: pip (taken back since)")


async def test_a_members_day(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        ben = Chat(on, Power.MEMBER, author=BEN)
        assert "keep nothing about you" in await ben.ask("privacy show")

        assert await says(on, "m1", "Ben", "@mochi does it rise overnight?") == "sent"
        assert "messages that you wrote: 1" in await ben.ask("privacy show")
        assert "I was called, so I answered." in await ben.ask("why")
        assert "Thank you" in await ben.ask("feedback wrong It rises in a day")

        # The settings are not for members.
        assert "those who manage this place" in await ben.ask("mute 1h")

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
