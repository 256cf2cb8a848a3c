"""A person in danger who calls: what they get, who is told, and what is kept, on the real store and over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config.helplines import helplines
from bot.config.settings import Limits
from bot.decide.care import CARE
from bot.explain.words import LANGUAGES
from bot.types import Clock, Edit, NotSent, Room
from bot.write.models.failover import Models
from tests.fakes.logs import started_logs
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.shipped import shipped_words
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, comment, post
from tests.write.house import model

TEXTS = {"en": "I want to kill myself tonight", "zh": "我今晚就要自杀"}
SPENT = Limits(replies_per_member_hour=0, replies_per_room_hour=0, replies_per_community_hour=0, usd_per_day=0)
DIRECT = Room("local", "-", "with-ana", "with-ana", "-")
OUTAGE = timedelta(minutes=24)  # longer than the 15 minutes in which a call must be answered
HOUR = CARE.total_seconds()


@asynccontextmanager
async def written(path: Path, server: ScriptedModel, **more: Any) -> AsyncIterator[Stage]:
    """A stage whose writer asks `server`."""

    def models(clock: Clock) -> Models:
        return Models({"m": model("m", server, context_tokens=4000)}, ["m"], clock)

    async with stage(path, models=models, **more) as on:
        yield on


async def said(on: Stage, id: str) -> str:
    await on.clock.advance(5)
    await on.until_told(id, "sent")
    return dict(on.platform.said())[id]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_it_gets_the_fixed_text_in_its_language_without_a_model_and_over_every_limit(
    tmp_path: Path, language: str
) -> None:
    async with ScriptedModel() as server, written(tmp_path, server, limits=SPENT) as on:
        await on.hear([post("p", "Ana", f"@mochi {TEXTS[language]}")])
        text = await said(on, "p")
        assert text == shipped_words().careful("own", language, None, again=False)
        assert "findahelpline.com" in text and not any(letter.isdigit() for letter in text)
        assert server.requests == []


async def test_a_configured_country_names_its_numbers(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        numbers = helplines()["US"]
        text = shipped_words().careful("own", "en", numbers, again=False)
        assert numbers.emergency and f"call {numbers.emergency.number} now" in text
        assert numbers.helpline.number in text and numbers.helpline.name in text and "findahelpline.com" in text
        assert on.policy.current.settings.country is None


async def test_the_answer_comes_although_a_platform_outage_has_outlived_the_deadline(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [NotSent("away")] * 1000  # more tries than the outage has time for
        await on.hear([post("p", "Ana", f"@mochi {TEXTS['en']}")])
        ends = on.clock.now() + OUTAGE
        while not on.platform.said():
            await on.until(lambda: on.clock.next_wake is not None or bool(on.platform.said()))
            await on.clock.advance(120)
            if on.clock.now() >= ends:
                on.platform.trouble = []
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "careful: own")]


async def test_for_an_hour_answers_there_are_plain_and_nothing_uncalled_is_said(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        await on.hear([post("p", "Ana", f"@mochi {TEXTS['en']}")])
        assert await said(on, "p") == "careful: own"
        await on.hear(
            [comment("c", "p", "Ana", "@mochi i can't go on like this", 10), post("q", "Ben", "does rye rise?", 10)]
        )
        assert await said(on, "c") == "careful: own, again"
        await on.hear([post("r", "Eve", "@mochi how long does pesto keep?", 11)])
        assert await said(on, "r") == "re: @mochi how long does pesto keep?"
        assert on.writer.plain == ["r"]
        await on.clock.advance(HOUR / 2)
        assert (await on.story())["q"] == ("waiting", "holding")
        await on.clock.advance(HOUR)
        await on.until_told("q", "sent")
        assert on.writer.plain == ["r"], "the hour is over"


async def test_an_edit_that_takes_it_back_before_the_answer_is_sent_is_answered_as_any_call(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.pause.clear()
        await on.hear([post("p", "Ana", "@mochi hello")])
        await on.hear([Edit(FEED, "p", f"@mochi {TEXTS['en']}", on.clock.now())])
        on.platform.pause.set()
        await on.clock.advance(30)
        await on.until_told("p", "sent")
        assert len(on.platform.said()) == 1


# --- who is told, and what is kept ----------------------------------------------------------------


async def test_managers_get_a_link_without_a_name_on_the_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "cameo.log"
    with started_logs(log):
        async with stage(tmp_path) as on:
            await on.hear(
                [post("p", "Ana", f"@mochi {TEXTS['en']}"), post("d", "Ana", f"@mochi {TEXTS['en']}", room=DIRECT)]
            )
            await said(on, "p")
            await said(on, "d")
    terminal = capsys.readouterr().err
    assert terminal.count("link:feed/p") == 1 and "with-ana" not in terminal
    assert "Ana" not in terminal and "id-ana" not in terminal
    kept = log.read_text(encoding="utf-8")
    assert "link:" not in kept and "danger" not in kept


async def test_over_the_limit_a_person_in_danger_gets_neither_its_line_nor_its_emoji(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=1)) as on:
        await on.hear([post("p", "Ana", f"@mochi {TEXTS['en']}")])
        await said(on, "p")
        for number, text in enumerate(["please", "hello?", "is anybody there?"]):
            await on.hear([post(f"q{number}", "Ana", f"@mochi {text}", 20 + 10 * number)])
            await on.clock.advance(5)
            await on.until_told(f"q{number}", "sent" if number == 0 else "stopped")
        texts = dict(on.platform.said())
        assert not any("sign:" in text for text in texts.values()) and on.platform.signs == {}
        assert texts["q0"].startswith("careful:"), "the limit was used up by the first answer"
        await on.hear([post("r", "Ben", "@mochi hi", 60), post("s", "Ben", "@mochi hi", 80)])
        await on.clock.advance(5)
        await on.until_told("s", "sent")
        assert dict(on.platform.said())["s"] == "sign: member_limit", "others get the line as ever"
        await on.store.purge_careful(on.clock.now() + CARE)
        left = [await on.turn(id) for id in ("p", "q0")]
        assert [(turn.member, turn.text) for turn in left] == [("", "")] * 2, "as a line, it goes an hour later"


async def test_the_stored_turn_has_the_reason_of_any_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", f"@mochi {TEXTS['en']}")])
        await said(on, "p")
        turn = await on.turn("p")
        assert (turn.decision.reason, turn.error, turn.decision.facts) == ("addressed", "", {})


async def test_reply_and_turn_lose_the_person_at_the_next_purge(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", f"@mochi {TEXTS['en']}"), post("q", "Ben", "@mochi hello")])
        await said(on, "p")
        await said(on, "q")
        turn = await on.turn("p")
        assert await on.store.purge_careful(on.clock.now() + timedelta(seconds=1)) == 1
        left = await on.turn("p")
        assert (left.member, left.text, left.reply_id, left.trigger) == ("", "", None, turn.id)
        reply = next(each for each in await on.store.messages(FEED, 20) if each.id == turn.reply_id)
        assert reply.reply_to is None
        assert (await on.turn("q")).member == "id-ben", "an ordinary answer is kept as ever"
        await on.hear([replace(post("p", "Ana", f"@mochi {TEXTS['en']}"), heard=on.clock.now())])
        assert len(on.platform.said()) == 2, "the same message heard again starts nothing"


# --- the texts and numbers -----------------------------------------------------------------------


def test_every_shipped_number_has_its_source_and_date() -> None:
    for numbers in helplines().values():
        for one in filter(None, (numbers.helpline, numbers.emergency)):
            assert (
                one.source.startswith("http")
                and one.read.year >= 2026
                and (one.published is None or one.published <= one.read)
            )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", ["own", "friend"])
@pytest.mark.parametrize("again", [False, True])
def test_the_texts_fit_one_message_and_ask_nothing(language: str, who: str, again: bool) -> None:
    for numbers in (None, *helplines().values()):
        text = shipped_words().careful(who, language, numbers, again=again)
        assert len(text) < 700 and not set(text) & set("?？!！") and "{" not in text
