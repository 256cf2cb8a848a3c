"""A room with `join: watch`: decided, recorded and explained, and not a sign of it on the platform."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config.settings import Limits
from bot.explain.chain import AUDIENCES, chain, sentence
from bot.explain.outlook import outlook
from bot.explain.why import why_lines
from bot.explain.words import LANGUAGES
from bot.remember.export import recorded
from bot.remember.lookup import lookup
from bot.types import Deletion, Message, NotSent, Turn, Usage
from tests.fakes.logs import started_logs
from tests.fakes.present import present
from tests.fakes.shipped import shipped_words
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import BOT, FEED, at, comment, line, post
from tests.fakes.waiting import PATIENCE
from tests.live.test_danger import DIRECT, TEXTS

NO_REPLIES = Limits(replies_per_member_hour=0, replies_per_room_hour=0, replies_per_community_hour=0)


def is_silent(on: Stage) -> bool:
    """Whether nothing was ever asked of the platform or the writer."""
    platform = on.platform
    shown = (platform.standing, platform.signs, platform.attempts, platform.previews, platform.gone)
    return not any(shown) and on.writer.writing == []


async def until_over(on: Stage, trigger: str) -> Turn:
    """Lets time pass until the turn has ended."""
    async with asyncio.timeout(PATIENCE):
        while (turn := await on.turn(trigger)).state.is_open:
            await on.clock.advance(1)
            await asyncio.sleep(0)  # the store works in its own thread
    return turn


HEARD: dict[str, tuple[Message, str | None]] = {
    "a call": (post("p", "Ana", "@mochi does it rise?"), "addressed"),
    "a call in the timeline": (line("p", "Ana", "mochi, are you there?"), "addressed"),
    "a direct message": (line("p", "Ana", "does it rise?", room=DIRECT, addressed=True), "addressed"),
    "a post": (post("p", "Ana", "does it rise?"), "unanswered"),
    "a question in the timeline": (line("p", "Ana", "does anybody know how long it rises?"), "unanswered"),
    "thanks": (post("p", "Ana", "thanks, mochi!"), "emoji"),
    "danger": (post("p", "Ana", f"@mochi {TEXTS['en']}"), "addressed"),
    "no question": (post("p", "Ana", "lol"), None),
    "a bot": (post("p", BOT, "@mochi does it rise?"), None),
}


@pytest.mark.parametrize(("heard", "reason"), HEARD.values(), ids=HEARD.keys())
async def test_nothing_is_said_and_it_is_kept_what_would_have_been(
    tmp_path: Path, heard: Message, reason: str | None
) -> None:
    async with stage(tmp_path, join="watch", hold=1.0, emoji_instead=True) as on:
        await on.hear([heard])
        turn = await until_over(on, "p")
        assert is_silent(on) and turn.usage == Usage() and turn.text == turn.sign == ""
        if reason is None:
            assert turn.decision.reason != "watching" and "would" not in turn.decision.facts
            return
        assert turn.decision.reason == "watching" and turn.decision.facts["would"]["reason"] == reason
        due = turn.at + timedelta(minutes=1 if reason == "unanswered" else 0)
        assert due <= datetime.fromisoformat(turn.decision.facts["would"]["at"]) <= on.clock.now()


async def test_over_a_limit_there_is_neither_a_line_nor_an_emoji(tmp_path: Path) -> None:
    async with stage(tmp_path, join="watch", limits=NO_REPLIES) as on:
        for number in range(3):
            await on.hear([post(f"p{number}", "Ana", "@mochi does it rise?")])
            turn = await until_over(on, f"p{number}")
        assert is_silent(on) and turn.decision.facts["would"]["reason"] == "member_limit"


async def test_a_call_heard_before_a_long_absence_gets_no_apology(tmp_path: Path) -> None:
    async with stage(tmp_path, join="watch") as on:
        await on.hear([post("p", "Ana", "@mochi does it rise?", sent=at(-14 * 60))])
        await on.clock.advance(3600)
        turn = await until_over(on, "p")
        assert is_silent(on) and turn.decision.reason in ("watching", "too_late")


@pytest.mark.parametrize("is_written", [False, True])
async def test_a_room_that_is_watched_from_now_on_gets_no_reply_that_is_not_sent_yet(
    tmp_path: Path, is_written: bool
) -> None:
    async with stage(tmp_path) as on:
        on.writer.usd = 0.25
        on.writer.pen.clear()
        if is_written:
            on.writer.pen.set()
            on.platform.trouble = [NotSent("away")] * 3
        await on.hear([post("p", "Ana", "@mochi does it rise?")])
        async with asyncio.timeout(PATIENCE):
            while not (on.platform.attempts if is_written else on.writer.writing):
                await on.clock.advance(1)
                await asyncio.sleep(0)
        on.put_in_force(join="watch")
        on.writer.pen.set()
        turn = await until_over(on, "p")
        assert on.platform.standing == {} and turn.decision.reason == "watching"
        assert turn.text == "" and turn.usage.cost_usd == 0.25


async def test_managers_are_told_where_somebody_in_danger_was_not_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "cameo.log"
    with started_logs(log):
        async with stage(tmp_path, join="watch") as on:
            await on.hear([post("p", "Ana", f"@mochi {TEXTS['en']}")])
            await until_over(on, "p")
            assert is_silent(on)
    terminal = capsys.readouterr().err
    assert "link:feed/p" in terminal and "only watches" in terminal
    assert "danger" not in log.read_text(encoding="utf-8")


async def test_the_unsaid_word_is_in_no_export_and_goes_with_its_question(tmp_path: Path) -> None:
    async with stage(tmp_path, join="watch") as on:
        await on.hear([post("p", "Ana", "@mochi does it rise?")])
        await until_over(on, "p")
        assert [message.id for message in recorded(on.settings.database)] == ["p"]
        await on.hear([Deletion(FEED, "p", on.clock.now())])
        turn = (await on.store.turns(1))[0]
        assert turn.trigger == turn.id != "p" and turn.member != "id-ana" and is_silent(on)


async def test_a_thread_gets_one_word_and_so_does_a_restarted_one(tmp_path: Path) -> None:
    async def reasons(path: Path, *, restart: bool) -> dict[str, tuple[str, str]]:
        rule: dict[str, Any] = {"join": "watch", "hold": 1.0, "posts": "all", "share_of_voice": 0.02}
        async with stage(path, **rule) as on:
            await on.hear([post("p", "Ana", "does it rise?")])
            await until_over(on, "p")
            clock = on.clock
            if not restart:
                return await second(on)
        async with stage(path, clock=clock, **rule) as on:
            return await second(on)

    async def second(on: Stage) -> dict[str, tuple[str, str]]:
        await on.hear([post("q", "Ben", "who has a jar?", 62), comment("c", "p", "Ana", "anybody?", 63)])
        await until_over(on, "q")
        return await on.story()

    through, restarted = tmp_path / "through", tmp_path / "restarted"
    through.mkdir()
    restarted.mkdir()
    story = await reasons(through, restart=False)
    assert story == await reasons(restarted, restart=True)
    assert story["q"] == ("stopped", "share_of_voice")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_why_tells_members_and_managers_and_the_chain_says_when(tmp_path: Path, language: str) -> None:
    async with stage(tmp_path, join="watch", hold=1.0, judge="small") as on:
        await on.hear([post("p", "Ana", "does it rise?")])
        turn, words = await until_over(on, "p"), shipped_words()
        told = [sentence(turn, words, to, language) for to in AUDIENCES]
        assert len(set(told)) == 2 and "watching" not in told and "`join: watch`" in told[1]
        lines = chain(turn, words, language)
        assert all(each.passed is not False for each in lines)  # no gate objected
        assert any(" 12:01:" in each.text and "unanswered" in each.text for each in lines)
        assert any("small" in each.text for each in lines)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_thanks_get_nothing_and_why_tells_that_an_emoji_would_have_been_given(
    tmp_path: Path, language: str
) -> None:
    async with stage(tmp_path, join="watch", emoji_instead=True) as on:
        await on.hear([post("p", "Ana", "thanks, mochi!")])
        turn = await until_over(on, "p")
        assert is_silent(on) and on.platform.reacted == []
        lines = why_lines(present(await lookup(on.store, "local", "p")), shipped_words(), language)
        emoji = {"en": "would have reacted with an emoji at", "zh": "回一个表情"}[language]
        assert sum(emoji in line for line in lines) == 1
        assert present(outlook(turn, watches=True)).what == "would_emoji"
