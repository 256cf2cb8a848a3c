"""A person's data is shown, exported and erased while Cameo runs, whatever is being written or sent."""

from pathlib import Path

import pytest

from bot.remember.person import Person
from bot.types import NotSent, Reply, StoreError
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, post

SECRET = "the zebra is in the kitchen"
ANA = Person("local", "id-ana")


async def told(on: Stage) -> str:
    """Everything that is stored about turns and messages, as text."""
    found = await on.persons.export(ANA)
    return repr([await on.store.turns(99), await on.store.messages(FEED, 99), found["sources"]])


async def sending(on: Stage, who: str = "Ana", text: str = f"@mochi {SECRET}") -> None:
    """Somebody calls us, and the reply is on its way."""
    on.platform.pause.clear()
    await on.hear([post("p", who, text)])
    await on.clock.advance(10)
    await on.until(lambda: on.platform.attempts != [])


async def test_what_is_kept_is_shown_and_exported_and_then_nothing_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", f"@mochi {SECRET}")])
        await on.clock.advance(10)
        await on.until_told("p", "sent")
        assert await on.persons.show(ANA) == {"messages": 1, "turns": 1, "contacts": 1}
        found = await on.persons.export(ANA)
        assert [source["table"] for source in found["sources"]] == ["messages", "turns", "contacts"]
        assert found["sources"][1]["rows"][0]["text"] == f"re: @mochi {SECRET}"
        await on.persons.erase(ANA)
        assert SECRET not in await told(on) and "id-ana" not in await told(on)
        assert set(await on.persons.show(ANA)) == {"marks"}


async def test_who_is_erased_while_their_answer_is_written_gets_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", f"@mochi {SECRET}")])
        await on.clock.advance(10)
        await on.until(lambda: on.writer.writing == ["p"])
        await on.persons.erase(ANA)
        on.writer.pen.set()
        await on.until_told("p", "stopped")
        assert on.platform.said() == [] and SECRET not in await told(on)


async def test_a_draft_for_another_that_may_repeat_them_is_written_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a", "Ana", SECRET)])
        on.writer.pen.clear()
        await on.hear([post("p", "Ben", "@mochi what did she say?")])
        await on.clock.advance(10)
        await on.until(lambda: on.writer.writing == ["p"])
        await on.persons.erase(ANA)
        on.writer.pen.set()
        await on.until_told("p", "sent")
        assert on.writer.writing == ["p", "p"]


async def test_what_is_being_sent_to_them_is_sent_once_and_kept_no_longer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await sending(on)
        await on.persons.erase(ANA)
        assert SECRET not in await told(on), "at once, also while it is sent"
        on.platform.pause.set()
        await on.until_told("p", "sent")
        assert len(on.platform.standing) == 1
        assert SECRET not in await told(on) and "id-ana" not in await told(on)


async def test_what_is_being_sent_to_another_and_repeats_them_is_kept_no_longer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a", "Ana", SECRET)])
        await sending(on, "Ben", f"@mochi is {SECRET}?")
        await on.persons.erase(ANA)
        on.platform.pause.set()
        await on.until_told("p", "sent")
        [reply] = [one for one in await on.store.messages(FEED, 99) if one.author.is_self]
        assert reply.text == "" and (await on.turn("p")).text == ""


async def test_a_draft_that_could_not_be_sent_is_written_again_without_them(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a", "Ana", SECRET)])
        on.platform.trouble = [NotSent("away")]
        await sending(on, "Ben", f"@mochi is {SECRET}?")
        on.platform.pause.set()
        await on.until_told("p", "due")
        await on.persons.erase(ANA)
        for _ in range(8):
            await on.clock.advance(1)
        await on.until_told("p", "sent")
        assert on.writer.writing == ["p", "p"]


async def test_nothing_is_erased_if_it_can_not_be_stored(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a", "Ana", SECRET)])
        before = await told(on)
        await on.store.close()
        with pytest.raises(StoreError):
            await on.persons.erase(ANA)
    async with stage(tmp_path) as on:
        assert await told(on) == before


async def test_an_erased_draft_is_not_sent_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a", "Ana", SECRET)])
        await sending(on, "Ben", f"@mochi is {SECRET}?")
        await on.persons.erase(ANA)
    async with stage(tmp_path) as on:
        await on.until_told("p", "failed")
        assert on.platform.attempts == [] and on.platform.standing == dict[str, Reply]()
