"""`cameo why` at a terminal: the chain of a message, of our own words, and of what nobody knows."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.remember.store import Store, migrate
from bot.types import Author, Message, Room, State, Turn
from tests.fakes.cameo import cameo, scripted
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.remember.makers import message, turn
from tests.whole.terminal import NAME, WORD, Ended, Terminal, command, good


async def test_why_tells_the_whole_chain_also_while_cameo_runs(tmp_path: Path) -> None:
    async with ScriptedModel([Say("No idea, but hello.")]) as model, cameo(tmp_path, scripted(model.url)) as running:
        post = await running.post("workshop", NAME, f"@mochi about {WORD}")
        turn = await running.until_turn(post["id"], "sent")
        mine = await command(tmp_path, "why", post["id"], "--config", str(running.path))
        ours = await command(tmp_path, "why", turn["reply_id"], "--config", str(running.path), "--language", "zh")
        shown = await command(tmp_path, "why", post["id"], "--config", str(running.path), "--text")
        assert (mine.code, mine.err, ours.code, shown.code) == (0, "", 0, 0)
        await running.until_turn((await running.post("workshop", NAME, "@mochi again"))["id"], "sent", "failed")
    for part in (NAME, "local/", "it calls Cameo", "speak · addressed · sent", "scripted: ", "I was called"):
        assert part in mine.out
    assert WORD not in mine.out and "No idea" not in mine.out
    assert WORD in shown.out and "No idea, but hello." in shown.out
    assert f"{turn['reply_id']} 是 Cameo 自己说的，回答的是 {post['id']}：" in told(ours) and "在叫 Cameo" in ours.out
    assert max(map(len, mine.out.splitlines())) <= 80


@pytest.fixture
def stored(tmp_path: Path, terminal: Terminal) -> Callable[[list[Turn], list[Message]], None]:
    """Fills the database in place: `stored(turns, messages)`."""
    good(tmp_path)
    migrate(tmp_path / "data" / "cameo.db")

    def fill(turns: list[Turn], messages: list[Message]) -> None:
        async def work() -> None:
            store = await Store.open(tmp_path / "data" / "cameo.db")
            await store.write(lambda writing: writing.add_messages(messages))
            await store.write(lambda writing: writing.put_turns(turns))
            await store.close()

        asyncio.run(work())

    return fill


def told(ended: Ended) -> str:
    """Without the folds."""
    return " ".join(ended.out.split())


def test_why_of_an_id_that_several_platforms_have_tells_all_of_them(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    discord = Room("discord", "881", "991", "kitchen", "Home")
    stored(
        [turn("t1", "m1"), turn("t2", "m1", room=discord, state=State.FAILED, error="undeliverable")], [message("m1")]
    )
    ended = terminal("why", "m1")
    assert ended.code == 0
    first, second = ended.out.split("\n\n")
    assert "local/home/kitchen" in first and "Ann (ann)" in first and "undeliverable" not in first
    assert "kitchen in Home (discord/881/991)" in second and "error: undeliverable" in second
    assert "the message itself is no longer kept" in " ".join(second.split())


def test_why_of_the_further_parts_of_a_long_reply_leads_to_its_turn(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    me = Author("cameo", "Mochi", is_bot=True, is_self=True)
    stored(
        [turn("t1", "m1", state=State.SENT, reply_id="r1")], [message("m1"), message("r2", author=me, reply_to="m1")]
    )
    for part in ("r1", "r2"):
        assert f"{part} is Cameo's own, in answer to m1:" in told(terminal("why", part))


def test_why_of_a_message_without_a_turn_says_so(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    me = Author("cameo", "Mochi", is_bot=True, is_self=True)
    stored([], [message("old", history=True), message("known"), message("ours", author=me)])
    assert "said before Cameo was here" in told(terminal("why", "old"))
    assert "no record that Cameo has considered it" in told(terminal("why", "known"))
    assert "ours is Cameo's own, and what it answered is no longer kept" in told(terminal("why", "ours"))


def test_why_of_what_nobody_knows_is_a_sentence(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    stored([], [])
    for language, what in (("en", "no message '$gone' is known here"), ("zh", "这里没有消息 '$gone'")):
        ended = terminal("why", "$gone", "--language", language)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"cameo: {what}") and "cameo turns" in ended.err


@pytest.mark.parametrize("words", [["why", "m1"], ["turns"]])
def test_a_database_of_an_older_cameo_is_left_as_it_is(
    terminal: Terminal,
    stored: Callable[[list[Turn], list[Message]], None],
    tmp_path: Path,
    words: list[str],
) -> None:
    with sqlite3.connect(tmp_path / "data" / "cameo.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.close()
    ended = terminal(*words)
    assert (ended.code, ended.out) == (4, "")
    assert "its schema is 0001" in ended.err and "let this Cameo run on it once" in ended.err
