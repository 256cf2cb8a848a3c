"""The real process with a full disk or a locked database: reported clearly, and only stored events acknowledged."""

import asyncio
import re
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cameo import Cameo, cameo, eventually, scripted
from tests.fakes.present import present
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.whole.places import NO_LIMITS


@contextmanager
def full_disk(running: Cameo) -> Iterator[None]:
    """Keeps the process from making any file longer than the journal is now, which looks like a full disk to SQLite; a
    reader keeps it from emptying the journal. The log is shorter, so the process can still write it."""
    if not hasattr(resource, "prlimit"):
        pytest.skip("this system can't limit another process: a full disk was NOT tested")
    assert running.process is not None
    journal = Path(f"{running.config['database']}-wal").stat().st_size
    assert running.log.stat().st_size < journal / 2
    pid, unlimited = running.process.pid, resource.RLIM_INFINITY
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (journal, unlimited))
    try:
        with closing(sqlite3.connect(running.config["database"], isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM messages").fetchone()
            yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))


@contextmanager
def locked_database(running: Cameo) -> Iterator[None]:
    """Holds the write lock, as another program (a shell, a backup) might."""
    with closing(sqlite3.connect(running.config["database"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


TROUBLES = [
    pytest.param(full_disk, "the disk failed to read or write", id="full"),  # SQLite sees only an I/O error
    pytest.param(locked_database, "another program keeps the database locked", id="locked"),
]


NOT_STORED = {"error": "nothing was stored: the database could not commit; try again later"}


async def refused(running: Cameo, method: str, path: str, **body: str) -> None:
    answer = await present(running.http).request(method, f"api/local/{path}", json=body)
    assert (answer.status_code, answer.json()) == (503, NOT_STORED)


@pytest.mark.parametrize(("trouble", "sentence"), TROUBLES)
async def test_nothing_is_acknowledged_that_is_not_stored_and_what_was_is_answered_once(
    tmp_path: Path, trouble: Callable[[Cameo], AbstractContextManager[None]], sentence: str
) -> None:
    gate = asyncio.Event()
    async with (
        ScriptedModel(lambda request: Say("the whole answer", before=lambda said: gate.wait())) as model,
        cameo(tmp_path, scripted(model.url)) as running,
    ):
        said = await running.post("workshop", "Noor", "@mochi hi")
        await running.until_turn(said["id"], "writing")
        with trouble(running):
            gate.set()
            await refused(running, "POST", "rooms/workshop/messages", author="Eve", text="@mochi lost")
            if trouble is full_disk:  # each write waits 5 s for a lock
                await refused(running, "DELETE", f"messages/{said['id']}")
                await refused(running, "PATCH", f"messages/{said['id']}", text="@mochi lost")
            told = await eventually(lambda: logged(running, "turn.not_stored"))
            assert sentence in told[0]["error"]
            health = await present(running.http).get("healthz")
            assert (health.status_code, health.json()["status"]) == (200, "failing")
            assert sentence in health.json()["notices"][0]["text"]
            assert [turn["trigger"] for turn in await running.turns()] == [said["id"]], "reading goes on"
            assert (await running.messages("workshop"))[-1]["text"] == "@mochi hi"
        await eventually(lambda: is_well(running))  # although nobody writes
        after = await running.post("workshop", "Ben", "@mochi after")
        for post in (said, after):
            await running.until_turn(post["id"], "sent")
        answered = {said["id"]: ["the whole answer"], after["id"]: ["the whole answer"]}
        assert await running.replies("workshop") == answered
        assert "lost" not in str(model.requests) + running.log.read_text() + running.terminal.read_text()
        assert await running.stop() == 0
        assert "lost" not in str(stored(running))
        await running.start()
        assert await running.replies("workshop") == answered, "a restart repeats nothing"


async def is_well(running: Cameo) -> bool:
    health = (await present(running.http).get("healthz")).json()
    return bool(health["status"] == "ok" and health["notices"] == [])


async def test_an_overwritten_database_is_told_and_ends_nothing(tmp_path: Path) -> None:
    async with ScriptedModel() as model, cameo(tmp_path, scripted(model.url)) as running:
        assert await is_well(running)
        Path(running.config["database"]).write_bytes(b"overwritten" * 50_000)

        async def is_told() -> bool:
            return not await is_well(running)

        await eventually(is_told)
        [notice] = (await present(running.http).get("healthz")).json()["notices"]
        assert re.search("was overwritten|is damaged", notice["text"]) and str(tmp_path) not in notice["text"]
        assert "was overwritten" in running.terminal.read_text()
        assert present(running.process).returncode is None


async def test_the_journal_needs_no_more_than_a_small_disk_has(tmp_path: Path) -> None:
    """SQLite's own limit of 4 MB filled a disk with 3 MB left after eleven turns, and then nothing could be stored."""
    said = "why does rye sink? " * 100
    config = {"rooms": [{"match": "*", "join": "mentions"}], "limits": NO_LIMITS}
    async with ScriptedModel() as model, cameo(tmp_path, scripted(model.url, **config)) as running:
        for number in range(19):
            post = await running.post("workshop", f"Member {number}", f"@mochi {said}")
            await running.until_turn(post["id"], "sent")
        files = Path(running.config["database"]).parent.iterdir()
        assert sum(file.stat().st_size for file in files) < 2_500_000


async def logged(running: Cameo, event: str) -> list[dict[str, Any]]:
    return [entry for entry in running.logged() if entry["event"] == event]


def stored(running: Cameo) -> list[str]:
    with closing(sqlite3.connect(running.config["database"])) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        return [text for (text,) in database.execute("select text from messages where room_id = 'workshop'")]
