"""A command is carried out once, whatever happens, and its asker gets the answer."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.commands.carry_out import ANSWER_WITHIN, LOOK_AGAIN_SECONDS, answer_key
from bot.commands.rates import COMMANDS_PER_WINDOW, RATE_WINDOW
from bot.remember.asked import ANSWERED, recorded
from bot.remember.schema import asked as asked_table
from bot.remember.schema import feedback as feedback_table
from bot.types import Asked, Author, NotSent, PlatformError, Power, Room, Thread, Undeliverable
from tests.commands.asking import BEN, ROOM, Chat, answer_to, used
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import post


async def rows(on: Stage, table: Any = asked_table) -> list[dict[str, Any]]:
    async def question(connection: AsyncConnection) -> list[dict[str, Any]]:
        return [dict(row._mapping) for row in await connection.execute(select(table).order_by(*table.primary_key))]

    return await on.store.ask(question)


async def until_answered(on: Stage, many: int = 1) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        while True:
            found = await rows(on)
            if [row["state"] for row in found] == [ANSWERED] * many:
                return found
            await asyncio.sleep(0.002)


async def test_the_asker_gets_an_answer_and_nothing_is_kept_of_what_was_said(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert "`!cameo why`" in await answer_to(on, used(on, "help", power=Power.MEMBER))
        (row,) = await until_answered(on)
        assert (row["path"], row["outcome"]) == (("help",), "done")
        assert {row[name] for name in ("author_id", "author_name", "text", "answer")} == {""}
        assert all(row[name] in (None, ()) for name in ("message_id", "options", "thread_root"))


async def test_who_has_used_a_managers_command_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await answer_to(on, used(on, "persona list"))
        (row,) = await until_answered(on)
        assert (row["author_id"], row["author_name"], row["path"]) == ("id-ana", "", ("persona", "list"))


async def test_a_replayed_command_is_answered_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        event = used(on, "help")
        await answer_to(on, event)
        await until_answered(on)
        on.platform.answers.clear()
        await on.hear([event, event])
        await answer_to(on, used(on, "limits", "c2"))
        await until_answered(on, 2)
        assert list(on.platform.answers) == [answer_key(used(on, "limits", "c2"))]


async def test_a_program_commands_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([used(on, "help", author=Author("bot", "Bot", is_bot=True))])
        await on.hear([used(on, "help", author=Author("me", "Mochi", is_self=True))])
        assert await rows(on) == []


async def test_a_room_that_is_off_still_hears_commands(tmp_path: Path) -> None:
    kitchen = Thread(Room("local", "home", "kitchen", "kitchen", "Home"))
    async with stage(tmp_path) as on:
        assert await answer_to(on, used(on, "help", thread=kitchen))


@pytest.mark.parametrize("trouble", [NotSent("down"), PlatformError("away")])
async def test_an_answer_is_given_again_until_the_platform_has_it(tmp_path: Path, trouble: Exception) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [trouble, trouble]
        await on.hear([used(on, "help")])
        await on.until(lambda: len(on.platform.trouble) == 1)
        await on.clock.advance(1.0)
        await on.until(lambda: not on.platform.trouble)
        await on.clock.advance(2.0)
        await on.until(lambda: len(on.platform.answers) == 1)
        assert (await until_answered(on))[0]["outcome"] == "done"


async def test_an_answer_that_nobody_waits_for_is_given_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [Undeliverable("the token is past")]
        await on.hear([used(on, "help")])
        assert (await until_answered(on))[0]["outcome"] == "undeliverable"
        on.platform.trouble = [PlatformError("away")] * 200
        await on.hear([used(on, "help", "c2")])
        await on.until(lambda: len(on.platform.trouble) < 200)
        for _ in range(200):
            await on.clock.advance(ANSWER_WITHIN.total_seconds() / 60)
        assert (await until_answered(on, 2))[1]["outcome"] == "undeliverable"
        assert on.platform.answers == {}


async def test_a_platform_that_was_switched_off_gets_no_answer(tmp_path: Path) -> None:
    elsewhere = Thread(Room("matrix", "-", "!r:x"))
    async with stage(tmp_path) as on:
        await on.hear([used(on, "help", thread=elsewhere)])
        assert (await until_answered(on))[0]["outcome"] == "undeliverable"


async def test_what_a_flood_of_commands_gets_is_one_line(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        member = Chat(on, Power.MEMBER)
        for _ in range(COMMANDS_PER_WINDOW):
            assert "What you can" in await member.ask("help")
        assert "Give me a minute" in await member.ask("help")
        await on.hear([used(on, "help", "one too many", Power.MEMBER)])
        found = await until_answered(on, COMMANDS_PER_WINDOW + 2)
        assert [row["outcome"] for row in found[-2:]] == ["rate", "rate"]
        assert len(on.platform.answers) == COMMANDS_PER_WINDOW + 1
        assert "What you can" in await Chat(on, Power.MEMBER, author=BEN).ask("help"), "each has their own"
        await on.clock.advance(RATE_WINDOW.total_seconds())
        assert "What you can" in await member.ask("help")


async def test_a_bug_in_an_answer_costs_that_answer_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.fault = RuntimeError("a bug")
        assert "went wrong" in await answer_to(on, used(on, "persona preview mochi", "c1"))
        assert "What you can" in await answer_to(on, used(on, "help", "c2"))
        assert [row["outcome"] for row in await until_answered(on, 2)] == ["failed", "done"]


# --- a crash at any moment -----------------------------------------------------------------------


async def told(on: Stage, text: str) -> None:
    """Cameo has said something about which members have an opinion."""
    await on.hear([post("m1", "Ana", f"@mochi {text}", room=ROOM)])
    await on.clock.advance(30)
    await on.until_told("m1", "sent")


@pytest.mark.parametrize("moment", ["heard", "carried out", "answered", "kept"])
async def test_a_crash_between_any_two_steps_neither_loses_nor_repeats(tmp_path: Path, moment: str) -> None:
    """The process ends right after a step; then it starts again."""
    answers: dict[str, Any] = {}
    async with stage(tmp_path) as on:
        await told(on, "hello")
        event = used(on, "feedback too_much It never stops", "c1", Power.MEMBER)
        await crash_after(on, moment, event)
        answers |= on.platform.answers
        before = len(answers)
    async with stage(tmp_path) as on:
        on.platform.answers = dict(answers)  # the same key is the same answer, on every platform
        await on.hear([event])  # the platform plays it again
        await until_answered(on)
        assert len(on.platform.answers) == 1 and before <= 1
        assert len(await rows(on, feedback_table)) == 1, "the effect, exactly once"


async def crash_after(on: Stage, moment: str, event: Asked) -> None:
    """Hears a command, and lets nothing happen after the step `moment`."""
    match moment:
        case "heard":
            await on.store.write(lambda tx: tx.run(recorded(event)))  # nobody is told of it
        case "carried out":
            on.platform.trouble = [PlatformError("away")]
            await on.hear([event])
            await on.until(lambda: not on.platform.trouble)
        case "answered":
            on.platform.pause.clear()
            await on.hear([event])
            await on.until(lambda: bool(on.platform.answers))
        case _:
            await answer_to(on, event)
            await until_answered(on)


async def test_what_the_disk_does_not_take_is_taken_up_again(tmp_path: Path) -> None:
    async with stage(tmp_path, busy_seconds=0.05) as on:
        on.platform.pause.clear()
        await on.hear([used(on, "help")])
        await on.until(lambda: bool(on.platform.answers))
        with closing(sqlite3.connect(tmp_path / "cameo.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            on.platform.pause.set()
            await on.until(lambda: bool(on.store.problem))
            other.execute("ROLLBACK")
        await on.until(lambda: on.clock.sleeping > 0)
        assert (await rows(on))[0]["state"] == "new"
        await on.clock.advance(LOOK_AGAIN_SECONDS)
        assert (await until_answered(on))[0]["outcome"] == "done"
        assert len(on.platform.answers) == 1
