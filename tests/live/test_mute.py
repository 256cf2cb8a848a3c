"""Muted by a manager: nothing is said, not even to a call; what is due or being written is not said either."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config.choices import MUTE, scopes_of
from bot.config.settings import Limits
from bot.explain.chain import AUDIENCES, chain, sentence
from bot.explain.words import LANGUAGES, load_words
from bot.remember.thanks import owed
from bot.types import Message, NotSent, PlatformError, Room, State, Turn
from tests.fakes.clock import VirtualClock
from tests.fakes.logs import started_logs
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import BOT, FEED, at, line, post
from tests.live.test_danger import DIRECT, TEXTS
from tests.live.test_thanks import pointed, thanks
from tests.live.test_watching import is_silent, until_over

DEN = Room("local", "home", "den", "den", "home")
COMMUNITY, ROOM = scopes_of(FEED)
ANA = "id-ana"
NO_REPLIES = Limits(replies_per_member_hour=0, replies_per_room_hour=0, replies_per_community_hour=0)


async def mute(on: Stage, until: datetime | None = None, scope: Any = ROOM, room: Any = FEED) -> None:
    await on.choices.choose(room, scope, {MUTE: True}, ANA, until)


HEARD: dict[str, tuple[Message, str | None]] = {
    "a call": (post("p", "Ana", "@mochi does it rise?"), "addressed"),
    "a call in the timeline": (line("p", "Ana", "mochi, are you there?"), "addressed"),
    "a post": (post("p", "Ana", "does it rise?"), "unanswered"),
    "thanks": (post("p", "Ana", "thanks, mochi!"), "emoji"),
    "danger": (post("p", "Ana", f"@mochi {TEXTS['en']}"), "addressed"),
    "no question": (post("p", "Ana", "lol"), None),
    "a bot": (post("p", BOT, "@mochi does it rise?"), None),
}


@pytest.mark.parametrize("scope", [ROOM, COMMUNITY], ids=["room", "community"])
@pytest.mark.parametrize(("heard", "reason"), HEARD.values(), ids=HEARD.keys())
async def test_nothing_is_said_and_it_is_kept_why(
    tmp_path: Path, heard: Message, reason: str | None, scope: Any
) -> None:
    async with stage(tmp_path, join="unanswered", hold=1.0, emoji_instead=True) as on:
        await mute(on, scope=scope)
        await on.hear([heard])
        turn = await until_over(on, "p")
        assert is_silent(on) and turn.text == turn.sign == ""
        if reason is None:
            assert turn.decision.reason != "muted"
            return
        facts = turn.decision.facts
        assert turn.decision.reason == "muted" and facts["would"]["reason"] == reason
        assert facts["chosen"][MUTE]["for"] == ("room" if scope == ROOM else "community")
        words = load_words()
        for language in LANGUAGES:
            assert all(sentence(turn, words, to, language) for to in AUDIENCES)
            assert any(words.say("choice.key.mute", language) in one.text for one in chain(turn, words, language))


async def test_a_direct_conversation_can_be_muted_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await mute(on, scope=scopes_of(DIRECT)[1], room=DIRECT)
        await on.hear([line("p", "Ana", "does it rise?", room=DIRECT, addressed=True)])
        assert (await until_over(on, "p")).decision.reason == "muted" and is_silent(on)


async def test_over_a_limit_there_is_neither_a_line_nor_an_emoji(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=NO_REPLIES) as on:
        await mute(on)
        for number in range(3):
            await on.hear([post(f"p{number}", "Ana", "@mochi does it rise?")])
            turn = await until_over(on, f"p{number}")
        assert is_silent(on) and turn.decision.facts["would"]["reason"] == "member_limit"


async def test_other_rooms_are_answered_and_so_is_this_one_afterwards(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await mute(on, at(3600))
        await on.hear([post("p", "Ana", "@mochi hi"), post("q", "Ana", "@mochi hi", room=DEN)])
        await until_over(on, "p")
        await until_over(on, "q")
        assert [one for one, _ in on.platform.said()] == ["q"]
        await on.clock.advance(3600)
        await on.hear([post("r", "Ana", "@mochi hi", 3600)])
        assert (await until_over(on, "r")).state is State.SENT


async def test_the_moment_at_which_a_mute_ends_decides_whether_or_not_its_task_has_run(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await mute(on, at(10))
        on.clock.set(10)  # no sleeper has woken
        await on.hear([post("p", "Ana", "@mochi hi", 10)])
        await on.clock.advance(5)
        await on.until_told("p", "sent")


# --- what had begun --------------------------------------------------------------------------------


async def test_what_is_due_is_not_said(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi does it rise?")])
        assert (await on.turn("p")).state is State.DUE
        await mute(on)
        turn = await on.turn("p")
        assert (turn.state, turn.decision.reason) == (State.SILENT, "muted")
        await on.clock.advance(60)
        await on.until(lambda: not on.platform.previews)
        assert not (on.platform.attempts or on.platform.signs)


async def test_what_is_being_written_is_taken_from_the_screen_at_once_and_its_cost_counts(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        on.writer.usd = 0.5
        await on.hear([post("p", "Ana", "@mochi does it rise?")])
        await on.clock.advance(5)
        await on.until(lambda: bool(on.platform.previews))
        await mute(on)
        await on.until(lambda: not on.platform.previews)
        await on.until_told("p", "silent", lambda turn: turn.usage.cost_usd == 0.5)
        on.writer.pen.set()
        await on.clock.advance(60)
        assert on.platform.said() == [] and (await on.turn("p")).decision.reason == "muted"


async def test_what_was_written_before_it_was_muted_but_not_sent_is_not_said(tmp_path: Path) -> None:
    """The mute comes while the platform is away; what certainly was not sent is not sent any more."""
    async with stage(tmp_path) as on:
        on.platform.trouble = [NotSent("away") for _ in range(2)]
        await on.hear([post("p", "Ana", "@mochi does it rise?")])
        await on.clock.advance(2)
        await on.until(lambda: bool(on.platform.attempts))
        await mute(on)
        turn = await until_over(on, "p")
        assert turn.decision.reason == "muted" and on.platform.said() == []


@pytest.mark.parametrize("arrives", [False, True])
async def test_what_may_have_been_sent_is_looked_for_and_never_sent_again(tmp_path: Path, arrives: bool) -> None:
    async with stage(tmp_path) as on:
        on.platform.arrives, on.platform.trouble = arrives, [PlatformError("no answer")]
        await on.hear([post("p", "Ana", "@mochi does it rise?")])
        await on.clock.advance(2)
        await on.until(lambda: bool(on.platform.attempts))
        await mute(on)
        turn = await until_over(on, "p")
        assert len(on.platform.said()) == arrives
        assert (turn.state, turn.decision.reason) == ((State.SENT, "addressed") if arrives else (State.SILENT, "muted"))


async def test_what_waits_is_decided_when_it_is_due(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered", hold=10.0) as on:
        await on.hear([post("p", "Ana", "does it rise?")])
        await mute(on, at(300))
        assert (await on.turn("p")).state is State.WAITING
        await on.clock.advance(601)
        assert (await until_over(on, "p")).state is State.SENT


@pytest.mark.parametrize("state", ["due", "writing", "waiting"])
async def test_a_restart_says_nothing_that_was_begun_before_the_mute(tmp_path: Path, state: str) -> None:
    rule: dict[str, Any] = {"join": "unanswered", "hold": 1.0}
    async with stage(tmp_path, **rule) as on:
        on.writer.pen.clear()
        text = "does it rise?" if state == "waiting" else "@mochi does it rise?"
        await on.hear([post("p", "Ana", text)])
        if state == "writing":
            await on.clock.advance(5)
            await on.until_told("p", "writing")
        await on.store.write(lambda tx: on.choices.choose_in(tx, FEED, ROOM, {MUTE: True}, ANA))  # killed after this
    async with stage(tmp_path, VirtualClock(at(61)), **rule) as on:
        turn = await until_over(on, "p")
        assert turn.decision.reason == "muted" and is_silent(on)


@pytest.mark.parametrize("is_muted", [False, True])
async def test_nobody_is_thanked_in_a_muted_room(tmp_path: Path, is_muted: bool) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        if is_muted:
            await mute(on)
        await on.hear([thanks(reply)])
        while await on.store.ask(owed(5)):
            await on.clock.advance(1)
        assert bool(on.platform.reacted) is not is_muted


# --- somebody in danger ----------------------------------------------------------------------------


async def test_the_operator_is_told_of_somebody_in_danger_and_no_record_tells_them_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with started_logs(tmp_path / "cameo.log"):
        async with stage(tmp_path) as on:
            await mute(on)
            await on.hear([post("p", "Ana", f"@mochi {TEXTS['en']}"), post("q", "Ben", "@mochi hello")])
            turns = [await until_over(on, one) for one in "pq"]
            assert is_silent(on)
        logging.shutdown()
    assert "muted there and said nothing" in capsys.readouterr().err
    assert _shape(turns[0]) == _shape(turns[1]) and "danger" not in (tmp_path / "cameo.log").read_text()


def _shape(turn: Turn) -> tuple[Any, ...]:
    return turn.state, turn.decision.reason, turn.decision.verdict, sorted(turn.decision.facts), turn.error
