"""A message that is deleted or edited at any moment of its turn leaves nobody behind, and breaks no promise."""

from pathlib import Path

import pytest

from bot.config.settings import Limits
from bot.decide.pseudonyms import is_mark
from bot.types import Deletion, Edit, NotSent, State
from tests.fakes.clock import VirtualClock
from tests.fakes.present import present
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, US, at, comment, post

SECRET = "the zebra is in the kitchen"


async def sending(on: Stage) -> None:
    """Ana calls us, and the reply is on its way."""
    on.platform.pause.clear()
    await on.hear([post("p", "Ana", f"@mochi {SECRET}")])
    await on.clock.advance(10)
    await on.until(lambda: on.platform.attempts != [])


async def kept(on: Stage) -> str:
    """Everything that is stored about turns and messages, as text."""
    return repr([await on.store.turns(99), await on.store.messages(FEED, 99)])


async def test_what_is_deleted_while_it_is_answered_is_answered_once_and_forgotten(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await sending(on)
        await on.hear([Deletion(FEED, "p", at(11))])
        assert SECRET not in await kept(on), "at once, also while it is sent"
        on.platform.pause.set()
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", f"re: @mochi {SECRET}")]
        turn = await on.turn("p")
        assert (turn.trigger, turn.text, turn.reply_id) == (turn.id, "", f"reply-{turn.id}") and is_mark(turn.member)
        assert SECRET not in await kept(on) and "id-ana" not in await kept(on)


@pytest.mark.parametrize("echoed", ["before", "after", "never"])
async def test_what_is_edited_while_it_is_answered_is_forgotten_once_it_is_sent(tmp_path: Path, echoed: str) -> None:
    async with stage(tmp_path) as on:
        await sending(on)
        key = (await on.turn("p")).key
        echo = comment(f"reply-{key}", "p", US, f"re: @mochi {SECRET}", 12, reply_to="p")
        await on.hear([Edit(FEED, "p", "never mind", at(11))])
        if echoed == "before":
            await on.hear([echo])
        on.platform.pause.set()
        await on.until_told("p", "sent")
        if echoed == "after":
            await on.hear([echo])
        assert SECRET not in await kept(on)
        turn = await on.turn("p")
        assert (turn.trigger, turn.text) == (turn.id, "") and is_mark(turn.member)
        assert len(on.platform.standing) == 1


async def test_what_is_edited_while_it_can_t_be_sent_is_answered_anew_with_its_person(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [NotSent("away")]
        await sending(on)
        await on.hear([Edit(FEED, "p", "@mochi hello", at(11))])
        on.platform.pause.set()
        for _ in range(8):
            await on.clock.advance(1)
        await on.until_told("p", "sent")
        turn = await on.turn("p")
        assert (turn.member, turn.trigger, turn.text) == ("id-ana", "p", "re: @mochi hello")
        assert on.platform.said() == [("p", "re: @mochi hello")] and SECRET not in await kept(on)


@pytest.mark.parametrize("restart", [False, True])
async def test_a_member_gets_no_more_answers_by_deleting_calls(tmp_path: Path, restart: bool) -> None:
    limits, clock = Limits(replies_per_member_hour=2), VirtualClock()
    async with stage(tmp_path, clock, limits) as on:
        for number in range(2):
            await on.hear([post(f"p{number}", "Ana", "@mochi hi", 20 * number)])
            await on.clock.advance(20)
            await on.until_told(f"p{number}", "sent")
            await on.hear([Deletion(FEED, f"p{number}", at(20 * number + 10))])
        if not restart:
            assert await _reason_of_another(on) == "member_limit"
    if restart:
        async with stage(tmp_path, clock, limits) as on:
            assert await _reason_of_another(on) == "member_limit"


async def _reason_of_another(on: Stage) -> str:
    now = (on.clock.now() - at(0)).total_seconds()
    await on.hear([post("more", "Ana", "@mochi hi", now), post("other", "Ben", "@mochi hi", now)])
    assert (await on.turn("other")).decision.reason == "addressed", "others are answered"
    return str((await on.turn("more")).decision.reason)


async def test_of_messages_that_are_deleted_in_the_same_commit_no_turn_is_left(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([
            post("silent", "Ana", SECRET), post("called", "Ana", f"@mochi {SECRET}"), post("kept", "Ben", "hm"),
            Deletion(FEED, "silent", at(1)), Deletion(FEED, "called", at(1)),
        ])  # fmt: skip
        assert SECRET not in await kept(on) and "id-ana" not in await kept(on)
        story = await on.story()
        assert (story["silent"], story["called"]) == (("silent", "join_mentions"), ("stopped", "deleted"))
        assert (await on.turn("kept")).member == "id-ben"


async def test_a_deletion_from_the_future_does_not_keep_its_id_for_ever(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([Deletion(FEED, "never heard", at(10**9))])
        assert await on.store.purge(at(60)) == 1


async def test_the_log_names_neither_the_message_nor_its_author(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a-message-id", "Ana", f"@mochi {SECRET}")])
        await on.clock.advance(10)
        await on.until_told("a-message-id", "sent")
        turn = present(await on.store.turn("local", "a-message-id"))
    logged = caplog.text + "".join(capsys.readouterr())
    assert turn.id in logged and turn.state is State.SENT
    for canary in ("a-message-id", "id-ana", SECRET):
        assert canary not in logged
