"""Who has opted out is neither stored nor answered, shown, quoted or pointed at; that somebody spoke still counts."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.remember.person import Person
from bot.remember.rebuild import past
from bot.remember.schema import messages
from bot.types import SOMEBODY, Deletion, Edit, Part, PartKind, Reaction
from tests.fakes.clock import VirtualClock
from tests.fakes.present import present
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, US, at, comment, line, person, post

ANA = Person("local", "id-ana")
SECRET = "the zebra is in the kitchen"


async def rows(on: Stage) -> list[dict[str, Any]]:
    async def question(connection: Any) -> list[dict[str, Any]]:
        found = await connection.execute(select(messages).order_by(messages.c.seq))
        return [dict(row._mapping) for row in found]

    return await on.store.ask(question)


async def everything(on: Stage) -> str:
    """All that is stored about messages, reactions, turns and posts, as text."""
    reacted = [await on.store.reactions(FEED, row["id"]) for row in await rows(on)]
    return repr([await rows(on), await on.store.turns(99), reacted, (await on.store.ask(past(FEED))).posts])


async def test_what_they_say_is_not_stored_but_that_somebody_spoke_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.persons.opt_out(ANA)
        await on.hear([line("secret-id", "Ana", f"@mochi {SECRET}", 1, mentions=("id-ben",))])
        await on.clock.advance(10)
        assert (await on.story()) == {} and on.platform.said() == []
        found = await everything(on)
        assert not any(one in found.casefold() for one in ("zebra", "ana", "secret-id", "id-ben"))
        [row] = await rows(on)
        assert (row["author_id"], row["text"], row["room_id"], row["heard"]) == (SOMEBODY, "", "feed", at(1))
        assert (await on.store.ask(past(FEED))).hours != []


async def test_said_again_it_counts_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([line("before", "Ana", SECRET)])
        await on.persons.opt_out(ANA)
        again = [line("before", "Ana", SECRET), line("after", "Ana", SECRET, 1), line("after", "Ana", SECRET, 1)]
        for _ in range(2):
            await on.hear(again)
        assert len(await rows(on)) == 2


async def test_a_person_who_has_opted_out_still_goes_first(tmp_path: Path) -> None:
    """Their answer to somebody's question ends our turn about it."""
    async with stage(tmp_path, join="unanswered", hold=120) as on:
        await on.persons.opt_out(ANA)
        await on.hear([post("q", "Ben", "does anybody know why my dough is flat?")])
        await on.until_told("q", "waiting")
        await on.hear([comment("a", "q", "Ana", "more water", 30)])
        await on.until_told("q", "stopped")
        assert (await on.story())["q"] == ("stopped", "someone_answered")


@pytest.mark.parametrize("restart", [False, True])
async def test_a_restart_knows_what_was_known_of_somebody(tmp_path: Path, restart: bool) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock, join="unanswered") as on:
        await on.persons.opt_out(ANA)
        await on.hear([line("b", "Ben", "hello all"), line("a", "Ana", SECRET, 1), line("c", "Cleo", "hi", 2)])
        floor = await on.rooms.floor(FEED)
        live = [(said.id, said.author, said.length) for said in floor.state.latest(None)]
        if not restart:
            return
    async with stage(tmp_path, clock, join="unanswered") as on:
        floor = await on.rooms.floor(FEED)
        assert [(said.id, said.author, said.length) for said in floor.state.latest(None)] == live


async def test_what_was_stored_before_is_hidden_at_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        quote = Part(PartKind.QUOTE, SECRET, "Ana")
        await on.hear(
            [post("a", "Ana", f"@mochi {SECRET}"), line("b", "Ben", "really?", 1, parts=(quote,), reply_to="a")]
        )
        await on.clock.advance(10)
        await on.until_told("a", "sent")
        await on.persons.opt_out(ANA)
        [b] = [row for row in await rows(on) if row["id"] == "b"]
        assert b["parts"] == ()
        hidden = {row["id"] for row in await rows(on) if row["audience"] == "nobody"}
        assert "a" in hidden and any(one.startswith("reply-") for one in hidden) and "b" not in hidden
        assert not await on.rooms.knows(FEED, "a"), "so it is not pointed at"


async def test_a_draft_for_them_or_that_may_quote_them_is_not_sent(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("a", "Ana", f"@mochi {SECRET}"), post("b", "Ben", "@mochi what did she say?", 1)])
        await on.clock.advance(10)
        await on.until(lambda: sorted(on.writer.writing) == ["a", "b"])
        await on.persons.opt_out(ANA)
        on.writer.pen.set()
        await on.until_told("a", "stopped")
        await on.until_told("b", "sent")
        assert sorted(on.writer.writing) == ["a", "b", "b"]
        assert [trigger for trigger, _ in on.platform.said()] == ["b"]


async def test_neither_their_edits_nor_their_reactions_are_stored(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([line("a", "Ana", "hello"), line("b", "Ben", "hi", 1)])
        await on.hear([Reaction(FEED, "b", person("Ana"), "👍", at(2))])
        await on.persons.opt_out(ANA)
        await on.hear([line("a2", "Ana", "more", 3)])
        news = [Edit(FEED, "a", SECRET, at(4)), Edit(FEED, "a2", SECRET, at(4))]
        await on.hear([*news, Reaction(FEED, "b", person("Ana"), "🎉", at(4))])
        assert SECRET not in await everything(on)
        assert [one.emoji for one in await on.store.reactions(FEED, "b")] == ["👍"]
        await on.hear([Reaction(FEED, "b", person("Ana"), "👍", at(5), removed=True)])
        assert await on.store.reactions(FEED, "b") == []


async def test_others_neither_mention_nor_quote_them_in_what_is_stored(tmp_path: Path) -> None:
    quote = Part(PartKind.QUOTE, SECRET, "Ana")
    async with stage(tmp_path) as on:
        await on.hear([line("old", "Ana", SECRET)])
        await on.persons.opt_out(ANA)
        answers = [
            line("new", "Ana", SECRET, 1),
            line("b1", "Ben", "really?", 2, reply_to="old", parts=(quote,)),
            line("b2", "Ben", "no", 3, reply_to="new", parts=(quote,), mentions=("id-ana", "id-cleo")),
            line("b3", "Ben", "hm", 4, reply_to="from long ago", answers="id-ana", parts=(quote,)),
        ]
        await on.hear(answers)
        kept = {row["id"]: row for row in await rows(on)}
        assert [kept[one]["parts"] for one in ("b1", "b2", "b3")] == [(), (), ()]
        assert kept["b2"]["mentions"] == (SOMEBODY, "id-cleo") and kept["b2"]["reply_to"] in kept
        assert [kept[one]["text"] for one in ("b1", "b2", "b3")] == ["really?", "no", "hm"]


async def test_a_deletion_of_theirs_leaves_no_id(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.persons.opt_out(ANA)
        await on.hear([line("secret-id", "Ana", SECRET)])
        await on.hear([Deletion(FEED, "secret-id", at(1))])
        assert "secret-id" not in await everything(on)


async def test_from_the_opt_in_on_they_are_heard_again_and_nothing_from_before(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        await on.persons.opt_out(ANA)
        missed = line("missed", "Ana", SECRET, 1)
        await on.clock.advance(60)
        await on.persons.opt_in(ANA)
    async with stage(tmp_path, clock) as on:
        await on.hear([missed, line("new", "Ana", "@mochi hello", 61)])
        await on.clock.advance(10)
        await on.until_told("new", "sent")
        assert SECRET not in await everything(on)


async def test_what_was_erased_does_not_come_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        said = [line("a", "Ana", SECRET), line("never heard", "Ana", f"{SECRET} too", history=True)]
        await on.hear(said[:1])
        await on.clock.advance(60)
        await on.persons.erase(ANA)
        await on.hear(said)
        assert SECRET not in await everything(on)
        await on.hear([line("new", "Ana", "hello again", 61)])
        assert "hello again" in await everything(on)


@pytest.mark.parametrize("wish", ["erase", "opt_out"])
async def test_a_database_from_a_backup_brings_nobody_back(tmp_path: Path, wish: str) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        await on.hear([line("a", "Ana", SECRET), line("b", "Ben", "and mine", 1)])
    shutil.copy(tmp_path / "cameo.db", tmp_path / "backup")
    await clock.advance(60)
    async with stage(tmp_path, clock) as on:
        await getattr(on.persons, wish)(ANA)
    shutil.copy(tmp_path / "backup", tmp_path / "cameo.db")
    async with stage(tmp_path, clock) as on:
        await on.persons.restore()
        kept = {row["id"]: row for row in await rows(on)}
        assert kept["b"]["text"] == "and mine"
        assert (SECRET not in await everything(on)) if wish == "erase" else kept["a"]["audience"] == "nobody"


async def test_a_message_that_only_the_platform_has_is_not_shown(tmp_path: Path) -> None:
    from bot.remember.memory import Memory
    from bot.remember.visibility import viewer_of
    from bot.write.answered import answered_by

    async with stage(tmp_path) as on:
        on.platform.elsewhere["old"] = line("old", "Ana", SECRET)
        asks = line("b", "Ben", "@mochi what is this?", 1, reply_to="old")
        memory, viewer = Memory(on.store, on.rooms.wishes), viewer_of(asks, asks=True)
        assert present(await answered_by(memory, on.platform, viewer, asks)).text == SECRET
        await on.persons.opt_out(ANA)
        assert await answered_by(memory, on.platform, viewer, asks) is None


async def test_programs_and_we_are_nobody_s_wish(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.persons.opt_out(Person("local", "cameo"))
        await on.hear([line("r", US, "ours")])
        assert "ours" in await everything(on)
