"""Other processes: one that opens the same file, and ours when it is killed at any moment."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from bot.remember.memory import Memory
from bot.remember.store import Store
from bot.types import StoreError
from tests.fakes.environment import clean_environment
from tests.fakes.present import present

from .makers import KITCHEN, WORKSHOP, everybody, message

PROJECT = Path(__file__).parents[2]
ROUNDS = 4


def start(module: str, *arguments: Path | int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.remember.{module}", *map(str, arguments)],
        cwd=PROJECT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )


def numbers(lines: list[str]) -> list[int]:
    return [int(line) for line in lines if line.endswith("\n")]


def killed_after(path: Path, first: int, lines: int) -> list[int]:
    """Numbers that a process had acknowledged when it was killed, some `lines` after it began."""
    with start("writes_until_killed", path, first) as process:
        printed = present(process.stdout)
        assert printed.readline() == "open\n"
        heard = [printed.readline() for _ in range(lines)]
        process.kill()
        heard += printed.readlines()
    return numbers(heard)


async def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    chance = random.Random(20260105)
    acknowledged = set()
    for round in range(ROUNDS):
        acknowledged |= set(killed_after(path, round * 100_000, chance.randrange(40)))
        store = await Store.open(path)
        await assert_whole(store, acknowledged)
        await store.close()
    assert len(acknowledged) > ROUNDS


async def assert_whole(store: Store, acknowledged: set[int]) -> None:
    """All that was acknowledged is stored, and a message is stored with its turn, mark and words or not at all."""
    messages = {int(each.id[1:]) for each in await store.messages(KITCHEN, 10**6)}
    turns = {int(each.trigger[1:]) for each in await store.turns(10**6)}
    marks = {int(key.removeprefix("heard/")) for key in await store.adapter_state("local").scan("heard/")}
    assert acknowledged and acknowledged <= messages
    assert messages == turns == marks
    for number in sorted(messages)[-5:]:
        (found,) = await Memory(store).recall(everybody(), f"word{number}")
        assert found.message.id == f"m{number}"


async def test_a_second_process_is_told_who_holds_the_database(store: Store, path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "tests.remember.writes_until_killed", str(path), "0"],
        cwd=PROJECT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert f"another Cameo is using this database (process {os.getpid()})" in refused.stderr
    assert "DatabaseInUse" in refused.stderr


async def test_who_only_looks_may_do_so_while_another_writes_and_changes_nothing(store: Store, path: Path) -> None:
    await store.write(lambda writing: writing.add_messages([message("m1")]))
    async with Store.looking(path) as look:
        assert [each.id for each in await look.messages(KITCHEN, 9)] == ["m1"]
        with pytest.raises(StoreError, match="opened for reading only"):
            await look.write(lambda writing: writing.add_messages([message("m2")]))
        assert look.transactions == 0
    assert [each.id for each in await store.messages(KITCHEN, 9)] == ["m1"]


async def test_a_dead_process_holds_nothing(path: Path) -> None:
    acknowledged = killed_after(path, 0, 1)
    store = await Store.open(path)
    assert await store.write(lambda writing: writing.add_messages([message("after", room=WORKSHOP)]))
    await assert_whole(store, set(acknowledged))
    await store.close()


def test_a_disk_that_is_full_at_the_commit(path: Path) -> None:
    with start("fills_its_disk", path) as process:
        said, _ = process.communicate(timeout=60)
    refusal, after = said.splitlines()[-2:]  # a log line comes first
    assert "nothing of this was stored" in refusal
    assert "the disk" in refusal
    assert after == "before after"


@pytest.mark.parametrize("module", ["bot.remember.store", "bot.remember.memory"])
def test_a_start_does_not_wait_for_alembic(module: str) -> None:
    command = f"import sys, {module}; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], cwd=PROJECT, check=False).returncode == 0
