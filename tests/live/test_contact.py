"""The first words to somebody carry a line about us, which is theirs alone: no draft, no prompt and no table has it."""

from pathlib import Path

from bot.explain.words import load_words
from bot.remember.person import Person
from bot.types import NotSent
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import stage
from tests.fakes.talk import FEED, US, line, post

ANA = Person("local", "id-ana")
NOTICE = "notice: !cameo privacy show"


async def test_the_first_answer_tells_and_the_second_does_not_also_after_a_restart(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        await on.hear([post("p", "Ana", "@mochi hello")])
        await on.clock.advance(10)
        await on.until_told("p", "sent")
        [reply] = on.platform.standing.values()
        assert (reply.text, reply.notice) == ("re: @mochi hello", NOTICE)
        assert "notice" not in repr([await on.store.turns(9), await on.store.messages(FEED, 9)])
    async with stage(tmp_path, clock) as on:
        await on.hear([post("q", "Ana", "@mochi and now?", 10), post("b", "Ben", "@mochi me?", 11)])
        await on.clock.advance(10)
        await on.until_told("q", "sent")
        await on.until_told("b", "sent")
        assert {one.reply_to: one.notice for one in on.platform.standing.values()} == {"q": "", "b": NOTICE}


async def test_what_is_tried_again_is_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [NotSent("away")]
        await on.hear([post("p", "Ana", "@mochi hello")])
        await on.clock.advance(10)
        await on.until(lambda: on.platform.attempts != [])
        for _ in range(8):
            await on.clock.advance(1)
        await on.until_told("p", "sent")
        assert [one.notice for one in on.platform.standing.values()] == [NOTICE]


async def test_it_is_shown_exported_and_erased(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hello")])
        await on.clock.advance(10)
        await on.until_told("p", "sent")
        assert (await on.persons.show(ANA))["contacts"] == 1
        assert "contacts" in [source["table"] for source in (await on.persons.export(ANA))["sources"]]
        await on.persons.erase(ANA)
        assert "contacts" not in await on.persons.show(ANA)


async def test_an_echo_of_it_is_remembered_as_it_was_written(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        words = load_words()
        for number, language in enumerate(("en", "zh")):
            shown = f"It rises.\n-# {words.notice(language, '/privacy')}"
            await on.hear([line(f"r{number}", US, shown, number)])
        assert [one.text for one in await on.store.messages(FEED, 9)] == ["It rises.", "It rises."]


async def test_a_line_in_place_of_an_answer_does_not_tell(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.fault = RuntimeError("a bug")
        await on.hear([post("p", "Ana", "@mochi I want to die")])
        await on.clock.advance(10)
        await on.until_told("p", "sent")
        assert [one.notice for one in on.platform.standing.values()] == [""]
