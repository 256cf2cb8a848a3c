"""A trial from the dropped file to what it found, in its own process; and that nothing of it stays."""

import asyncio
import gzip
import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters import exports
from bot.config.model_settings import ModelSettings
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.explain.words import LANGUAGES
from bot.measure.shown import LONGEST_SHOWN_NAME, shown
from bot.measure.trial import MOST_DROPPED, MOST_TRIALS, OVER, TRIAL_KEPT, Trial, Trials, TrialStage
from bot.measure.trial_files import UnpackedFile
from bot.measure.trial_problem import TrialProblem
from bot.measure.trial_read import TrialReader
from bot.measure.trial_results import FIRST_RISK, RISKS
from bot.write.persona import Persona
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import shipped_words
from tests.fakes.waiting import PATIENCE
from tests.measure.community import community, row

SECRET = "sk-secret-of-the-manager"


def packed(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


async def chunks(data: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for begin in range(0, len(data), size):
        yield data[begin : begin + size]


async def over(trial: Trial) -> Trial:
    async with asyncio.timeout(PATIENCE):
        while trial.progress.stage not in OVER:
            await trial.changed()
    return trial


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "trials"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def trials(folder: Path, clock: VirtualClock, personas: dict[str, Persona]) -> Trials:
    key = {"models": {"m": ModelSettings(name="m", base_url="https://m.example/v1", key_env="KEY", key=SECRET)}}
    settings = Settings.model_construct(**{**dict(Settings()), **key, "writer": ("m",)})
    return Trials(folder, lambda: (settings, personas), exports(), clock, most_mb=2)


async def test_a_dropped_export_is_read_played_and_forgotten(trials: Trials, folder: Path) -> None:
    rows = community(5, 500)
    trial = await trials.begin()
    await trial.receive("general.jsonl", chunks(packed(rows) + b"nonsense\n"))
    (inside,) = folder.iterdir()
    modes = [path.stat().st_mode & 0o777 for path in (folder, inside, *inside.iterdir())]
    assert modes == [0o700, 0o700, 0o600]
    trial.start()
    shown: list[float] = []
    async with asyncio.timeout(PATIENCE):
        while trial.progress.stage not in OVER:
            await trial.changed()
            shown.append(trial.progress.done)
            if trial.results and FIRST_RISK not in trial.results:
                assert len(trial.results) < len(RISKS) / 2
    assert trial.progress.stage is TrialStage.DONE and trial.progress.problem is None
    assert shown == sorted(shown) and shown[-1] == 1.0
    assert trial.progress.ready == RISKS and set(trial.results) == set(RISKS)
    found = trial.found
    assert found and (found.messages, found.broken, found.is_cut) == (500, 1, False)
    assert "general.jsonl" in found.complaints[0] and str(folder) not in found.complaints[0]
    assert {room.join for room in found.rooms} == {"unanswered"} and not any(room.is_own_rule for room in found.rooms)
    assert sum(room.messages for room in found.rooms) == 500
    spoken = [len(trial.results[risk].replies) for risk in RISKS]
    assert spoken[0] < spoken[-1] and any(result.moments for result in trial.results.values())
    assert not inside.exists(), "the export is gone as soon as it was read"


async def test_the_same_file_gives_the_same_results(trials: Trials) -> None:
    data = packed(community(2, 300))
    both = []
    for _ in range(2):
        trial = await trials.begin()
        await trial.receive("a.jsonl.gz", chunks(gzip.compress(data)))
        trial.start()
        both.append(await over(trial))
    assert both[0].results == both[1].results and both[0].found == both[1].found


DISCORD_HEAD = b'{"guild": {"id": "1", "name": "G"}, "channel": {"id": "8", "name": "help"}, "messages": ['


@pytest.mark.parametrize(
    ("name", "data", "key"),
    [
        ("a.html", b"<!DOCTYPE html><html>", "exported_otherwise"),
        ("a.csv", b"AuthorID,Author,Date,Content\n", "exported_otherwise"),
        ("a.pdf", b"%PDF-1.7", "exported_otherwise"),
        ("a.png", b"\x89PNG\r\n", "unknown_format"),
        ("a.json", b'[{"user": "U1"}]', "unknown_format"),
        ("a.json", b'{"hello": "world"}\n', "no_message"),
        ("a.json", DISCORD_HEAD + b"]}", "no_message"),
        ("a.json", DISCORD_HEAD, "no_message"),
        ("a.db", b"SQLite format 3\0", "no_message"),
        ("a.json", b" \n", "empty_file"),
        ("a.zip", b"PK\x05\x06" + b"\0" * 18, "no_history"),
    ],
)
def test_what_holds_no_history_is_told_in_a_sentence(tmp_path: Path, name: str, data: bytes, key: str) -> None:
    dropped = UnpackedFile(tmp_path / "dropped-0", name)
    dropped.path.write_bytes(data)
    with pytest.raises(TrialProblem) as told:
        TrialReader(tmp_path, exports(), frozenset()).read([dropped], lambda done, messages: None)
    assert told.value.key == key
    for language in LANGUAGES:
        assert name in told.value.say(shipped_words(), language)


async def test_a_problem_of_the_reading_process_reaches_the_manager(trials: Trials, folder: Path) -> None:
    trial = await trials.begin()
    await trial.receive("page.html", chunks(b"<!DOCTYPE html><html>"))
    trial.start()
    await over(trial)
    assert trial.progress.stage is TrialStage.FAILED
    assert trial.progress.problem and trial.progress.problem.key == "exported_otherwise"
    assert list(folder.iterdir()) == []


async def test_a_process_that_dies_is_told_and_leaves_no_file(trials: Trials, folder: Path) -> None:
    trial = await trials.begin()
    await trial.receive("a.jsonl", chunks(packed(community(3, 6000))))
    trial.start()
    async with asyncio.timeout(PATIENCE):
        while not trial.process:
            await trial.changed()
    os.killpg(trial.process, signal.SIGKILL)
    await over(trial)
    assert trial.progress.problem and trial.progress.problem.key == "stopped"
    assert list(folder.iterdir()) == []


async def test_a_relative_folder_works_wherever_cameo_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: VirtualClock, personas: dict[str, Persona]
) -> None:
    monkeypatch.chdir(tmp_path)
    trials = Trials(Path("data/trials"), lambda: (Settings(), personas), exports(), clock, most_mb=2)
    trial = await trials.begin()
    await trial.receive("a.jsonl", chunks(packed(community(1, 100))))
    trial.start()
    await over(trial)
    assert (trial.progress.stage, trial.progress.problem) == (TrialStage.DONE, None)
    assert list((tmp_path / "data/trials").iterdir()) == []


async def test_a_crash_of_the_process_leaves_its_type_in_the_log_and_no_content(trials: Trials, folder: Path) -> None:
    trial = await trials.begin()
    await trial.receive("secret-name.jsonl", chunks(packed(community(1, 100))))
    next(folder.glob("*/*")).unlink()
    with capture_logs() as logs:
        trial.start()
        await over(trial)
    assert trial.progress.problem and trial.progress.problem.key == "stopped"
    assert logs == [{"event": "trial.crashed", "log_level": "warning", "error": "FileNotFoundError"}]


async def test_of_several_files_the_others_are_read_and_the_wrong_one_is_named(trials: Trials) -> None:
    trial = await trials.begin()
    await trial.receive("page.html", chunks(b"<!DOCTYPE html><html>"))
    await trial.receive("good.jsonl", chunks(packed(community(1, 40))))
    trial.start()
    await over(trial)
    assert trial.progress.stage is TrialStage.DONE
    assert trial.found and trial.found.messages == 40 and "page.html" in trial.found.complaints[0]


async def test_what_is_too_large_is_refused_while_it_comes_and_leaves_nothing(trials: Trials, folder: Path) -> None:
    trial = await trials.begin()
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1 << 16
            yield b"x" * (1 << 16)

    with pytest.raises(TrialProblem) as told:
        await trial.receive("endless.json", endless())
    assert told.value.key == "large" and taken <= (2 << 20) + (1 << 16)
    assert [list(one.iterdir()) for one in folder.iterdir()] == [[]]
    await trial.receive("small.json", chunks(b"x" * (1 << 20)))  # what was removed does not count


async def test_a_broken_upload_leaves_nothing(trials: Trials, folder: Path) -> None:
    async def torn() -> AsyncIterator[bytes]:
        yield b"{"
        raise ConnectionError

    trial = await trials.begin()
    with pytest.raises(ConnectionError):
        await trial.receive("a.json", torn())
    assert [list(one.iterdir()) for one in folder.iterdir()] == [[]]
    with pytest.raises(TrialProblem, match="no_file"):
        trial.start()


async def test_nothing_begins_while_a_file_comes_and_none_comes_after_the_end(trials: Trials, folder: Path) -> None:
    trial, go_on = await trials.begin(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await go_on.wait()
        yield b"}"

    first = asyncio.create_task(trial.receive("slow.json", slow()))
    await trial.receive("gone.json", chunks(b"{}"))
    with pytest.raises(TrialProblem, match="receiving"):
        trial.start()
    await trials.delete(trial)
    go_on.set()
    with pytest.raises(TrialProblem, match="begun"):
        await first
    assert list(folder.iterdir()) == []


async def test_after_a_failed_upload_the_next_one_has_a_place_of_its_own(trials: Trials) -> None:
    async def torn() -> AsyncIterator[bytes]:
        yield b"{"
        raise ConnectionError

    trial = await trials.begin()
    await trial.receive("a.json", chunks(b"{}"))
    with pytest.raises(ConnectionError):
        await trial.receive("b.json", torn())
    await trial.receive("c.json", chunks(b"{}"))
    await trial.receive("d.json", chunks(b"{}"))


def test_ids_and_names_without_end_are_no_way_to_fill_the_memory(tmp_path: Path) -> None:
    rows = [row("a", name="n" * 5000), row("b" * 5000), row("c", room="r" * 5000), row("d", author="u" * 5000)]
    dropped = UnpackedFile(tmp_path / "dropped-0", "a.jsonl")
    dropped.path.write_bytes(packed(rows))
    read = TrialReader(tmp_path, exports(), frozenset()).read([dropped], lambda done, messages: None)
    assert [message.id for message in read.messages] == ["a"] and read.broken == 3
    assert len(shown(read.messages[0]).name) == LONGEST_SHOWN_NAME


async def test_files_and_trials_are_bounded(trials: Trials) -> None:
    open_trials = [await trials.begin() for _ in range(MOST_TRIALS)]
    with pytest.raises(TrialProblem) as told:
        await trials.begin()
    assert told.value.key == "busy" and told.value.values["minutes"] == "60"
    for number in range(MOST_DROPPED):
        await open_trials[0].receive(f"{number}.json", chunks(b""))
    with pytest.raises(TrialProblem, match="many_dropped"):
        await open_trials[0].receive("one more.json", chunks(b""))
    await trials.delete(open_trials[1])
    await trials.begin()


async def test_a_trial_is_gone_after_an_hour_and_at_a_restart(
    trials: Trials, folder: Path, clock: VirtualClock
) -> None:
    (folder / "of an earlier process").mkdir(parents=True)
    (folder / "of an earlier process" / "dropped-0").write_text("secret")
    running = asyncio.create_task(trials.run())
    await clock.advance(0)
    async with asyncio.timeout(PATIENCE):
        while folder.exists():
            await asyncio.sleep(0.005)
    trial = await trials.begin()
    await trial.receive("a.json", chunks(b"{}"))
    await clock.advance(TRIAL_KEPT.total_seconds() - 60)
    assert trials.find(trial.id) is trial
    await clock.advance(120)
    async with asyncio.timeout(PATIENCE):
        while trials.find(trial.id) is not None or list(folder.iterdir()):
            await asyncio.sleep(0.005)
    other = await trials.begin()
    await other.receive("a.json", chunks(b"{}"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert trials.all() == [] and list(folder.iterdir()) == []


async def test_a_cancelled_trial_ends_its_process_and_its_files(trials: Trials, folder: Path) -> None:
    trial = await trials.begin()
    await trial.receive("a.jsonl", chunks(packed(community(3, 6000))))
    trial.start()
    async with asyncio.timeout(PATIENCE):
        while trial.progress.stage is not TrialStage.PLAYING:
            await trial.changed()
    group = replaying(trial)
    await trial.cancel()
    assert str(trial.progress.stage) == "cancelled" and list(folder.iterdir()) == []
    async with asyncio.timeout(PATIENCE):
        while is_alive(group):
            await asyncio.sleep(0.005)


def replaying(trial: Trial) -> int:
    """The process group of the trial's process: the only child of this one that leads a group and runs the worker."""
    pid = trial.process
    assert pid and os.getpgid(pid) == pid
    return pid


def is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


# --- by which rules ------------------------------------------------------------------------------


async def test_own_rules_apply_where_they_let_it_speak(
    folder: Path, clock: VirtualClock, personas: dict[str, Persona]
) -> None:
    rules = (
        RoomRule(match="discord/*/feed", join="every_post", persona="pip"),
        RoomRule(match="replay/-/garden", join="off"),
        RoomRule(match="*", persona="juniper"),
    )
    trials = Trials(folder, lambda: (Settings(rooms=rules), personas), exports(), clock)
    trial = await trials.begin()
    await trial.receive("a.jsonl", chunks(packed(community(4, 300))))
    trial.start()
    await over(trial)
    assert trial.found
    rooms = {room.id: (room.join, room.persona, room.match, room.is_own_rule) for room in trial.found.rooms}
    assert rooms == {
        "feed": ("every_post", "pip", "discord/*/feed", True),
        "garden": ("off", "mochi", "replay/-/garden", True),
        "kitchen": ("unanswered", "juniper", "*", False),
    }


async def test_questions_that_nobody_answered_are_found(trials: Trials) -> None:
    hour = 3600.0
    rows = [
        row("q1", "ana", "does anyone know why my starter smells of paint?", 0, thread="q1"),
        row("q2", "ben", "how long can I freeze tempeh before it goes off?", hour, thread="q2"),
        row("a2", "femi", "up to three months", 2 * hour, thread="q2"),
        row("q3", "cem", "my dad died yesterday, how do people get through this?", 3 * hour, thread="q3"),
        row("q4", "dee", "which flour do you use for rye bread here?", 90 * hour, thread="q4"),
        row("end", "eva", "look at this loaf", 91 * hour, thread="end"),
    ]
    trial = await trials.begin()
    await trial.receive("a.jsonl", chunks(packed(rows)))
    trial.start()
    await over(trial)
    assert trial.found
    assert [one.post.id for one in trial.found.questions] == ["q1"], "q2 has an answer, q3 hurts, q4 is too young"
    assert (trial.found.asked, trial.found.unanswered) == (2, 1)
    assert timedelta(hours=trial.found.horizon_hours) == timedelta(days=1)
