"""Log entries: all in the file, and one short line on the terminal for what needs the manager."""

import contextlib
import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.stdlib import BoundLogger

import bot
from bot.logs import (
    COVERED,
    KINDS_KEPT,
    LINE_CHARACTERS,
    MOST_INFOS,
    MOST_WARNINGS,
    OLD_LOGS,
    LimitedLog,
    LogFile,
    Terminal,
    log_file,
)
from tests.fakes.logs import started_logs
from tests.fakes.shipped import shipped_words

ROOT = Path(__file__).parents[1]
WORDS = shipped_words()
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

OpenLogs = Callable[..., io.StringIO]
"""Sets the logs up (with another file, or verbose) and gives what the terminal shows."""


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[OpenLogs]:
    """Sets the logs up as a start does, and gives what the terminal shows."""
    shown = io.StringIO()
    with contextlib.ExitStack() as until_the_end:

        def open_logs(file: Path = tmp_path / "cameo.log", *, verbose: bool = False) -> io.StringIO:
            with contextlib.redirect_stderr(shown):
                until_the_end.enter_context(started_logs(file, verbose=verbose))
            return shown

        yield open_logs


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of(name: str) -> BoundLogger:
    """The logger of a module with that name."""
    return structlog.stdlib.get_logger(name)


def test_the_log_is_beside_the_database() -> None:
    assert log_file(Path("data/cameo.db")) == Path("data/cameo.log")


def test_what_is_usual_is_in_the_file_alone(logs: OpenLogs, tmp_path: Path) -> None:
    shown = logs()
    for number in range(50):
        of("bot.live.turns").info("turn", turn=f"t{number}", state="sent", error=None)
    assert shown.getvalue() == ""
    found = entries(tmp_path / "cameo.log")
    assert (
        len(found) == 50
        and {"turn": "t0", "state": "sent", "event": "turn", "level": "info"}.items() <= found[0].items()
    )
    assert "error" not in found[0] and found[0]["timestamp"]


def test_each_platform_and_each_trouble_has_a_line_of_its_own_once(logs: OpenLogs) -> None:
    shown = logs()
    log = of("adapters.discord")
    for _ in range(3):
        log.info("platform.up", platform="discord", shards=1)
        log.info("platform.up", platform="matrix")
    for pause in (1, 2, 4):
        log.warning("platform.lost", platform="discord", why="no route", next_try_seconds=pause)
    log.info("platform.up", platform="discord")
    assert shown.getvalue().splitlines() == [
        "discord: connected",
        "matrix: connected",
        "discord: away (no route); Cameo tries again by itself",
        "discord: connected",
    ]


def test_a_warning_without_words_is_named_and_a_dump_does_not_fill_the_screen(logs: OpenLogs, tmp_path: Path) -> None:
    shown = logs()
    of("bot.x").warning("odd.thing", states={"a": "b" * 5000})
    of("bot.x").warning("model_failed", model="big", why="line one\nline two " + "x " * 2500)
    logging.getLogger("sqlalchemy").warning("the pool is odd")
    odd, failed, other = shown.getvalue().splitlines()
    assert odd == f"Trouble: odd.thing (more in {tmp_path / 'cameo.log'})"
    assert failed.startswith("Model big failed: line one line two x") and len(failed) == LINE_CHARACTERS
    assert "sqlalchemy: the pool is odd" in other
    assert [entry["event"] for entry in entries(tmp_path / "cameo.log")] == [
        "odd.thing",
        "model_failed",
        "the pool is odd",
    ]


def test_a_traceback_is_in_the_file_alone(logs: OpenLogs, tmp_path: Path) -> None:
    shown = logs()
    try:
        raise KeyError("deep")
    except KeyError:
        of("bot.live.turns").exception("turn.failed", turn="t")
    assert len(shown.getvalue().splitlines()) == 1 and "Traceback" not in shown.getvalue()
    [entry] = entries(tmp_path / "cameo.log")
    assert "Traceback" in entry["exception"] and "KeyError" in entry["exception"]


def _raise_all_kinds(words: str) -> None:
    """An error with a cause, a context and a group, each of which repeats the words."""
    try:
        try:
            raise KeyError(words)
        except KeyError as first:
            raise ValueError(words) from first
    except ValueError:
        raise ExceptionGroup(words, [OSError(words), ExceptionGroup(words, [UnicodeError(words)])])  # noqa: B904


@pytest.mark.parametrize("verbose", [False, True])
def test_an_error_is_told_by_type_and_place_and_never_in_its_own_words(
    logs: OpenLogs, tmp_path: Path, verbose: bool
) -> None:
    shown, words = logs(verbose=verbose), "".join(["can", "ary"])
    for log in (of("bot.x").exception, logging.getLogger("asyncio").exception):
        try:
            _raise_all_kinds(words)
        except ExceptionGroup:
            log("turn.failed")
    for entry in entries(tmp_path / "cameo.log"):
        assert words not in json.dumps(entry)
        for part in ("KeyError", "ValueError", "ExceptionGroup", "OSError", "UnicodeError", "in _raise_all_kinds"):
            assert part in entry["exception"]
    assert words not in shown.getvalue() and len(entries(tmp_path / "cameo.log")) == 2


def test_old_entries_are_purged_from_every_file(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "cameo.log", Terminal(io.StringIO(), WORDS, tmp_path))
    days = [NOON - timedelta(days=number) for number in range(9)]
    written = {"cameo.log.2": days[8:5:-1], "cameo.log.1": days[5:2:-1], "cameo.log": days[2::-1]}
    for name, moments in written.items():
        lines = [json.dumps({"event": "turn", "timestamp": moment.isoformat()}) for moment in moments]
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    assert file.purge(NOON - timedelta(days=9)) == 0
    assert file.purge(NOON - timedelta(days=4)) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cameo.log", "cameo.log.1"]
    left = [entry["timestamp"] for name in ("cameo.log.1", "cameo.log") for entry in entries(tmp_path / name)]
    assert left == [moment.isoformat() for moment in days[4::-1]]


def test_what_is_logged_after_a_purge_is_added_to_what_is_left(logs: OpenLogs, tmp_path: Path) -> None:
    logs()
    of("bot.x").info("turn", turn="old")
    [limited] = logging.root.handlers
    assert isinstance(limited, LimitedLog)
    [file] = [handler for handler in limited._handlers if isinstance(handler, LogFile)]
    moment = datetime.fromisoformat(entries(tmp_path / "cameo.log")[0]["timestamp"])
    of("bot.x").info("turn", turn="new")
    assert file.purge(moment) == 0
    of("bot.x").info("turn", turn="newer")
    assert [entry["turn"] for entry in entries(tmp_path / "cameo.log")] == ["old", "new", "newer"]
    assert file.purge(moment + timedelta(days=1)) == 3
    of("bot.x").info("turn", turn="newest")
    assert [entry["turn"] for entry in entries(tmp_path / "cameo.log")] == ["newest"]


def test_a_line_cut_off_by_a_crash_goes_with_those_around_it(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "cameo.log", Terminal(io.StringIO(), WORDS, tmp_path))
    old, new = (json.dumps({"event": "x", "timestamp": at.isoformat()}) for at in (NOON, NOON + timedelta(days=2)))
    (tmp_path / "cameo.log").write_bytes(f"{old[:20]}\n{old}\n".encode() + b"\xff\xfe{}\n" + f"{new}\n".encode())
    assert file.purge(NOON + timedelta(days=1)) == 3
    assert [entry["timestamp"] for entry in entries(tmp_path / "cameo.log")] == [(NOON + timedelta(days=2)).isoformat()]


def test_a_log_that_can_not_be_written_is_told_once_and_comes_back(logs: OpenLogs, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shown = logs(folder / "cameo.log")
    for _ in range(3):
        of("bot.x").info("turn", turn="t")
    of("bot.x").warning("platform.lost", platform="discord", why="no route")
    told, lost = shown.getvalue().splitlines()
    assert told.startswith(f"The log {folder / 'cameo.log'} can't be written (No such file or directory)")
    assert lost.startswith("discord: away")
    folder.mkdir()
    of("bot.x").info("turn", turn="u")
    assert [entry["turn"] for entry in entries(folder / "cameo.log")] == ["u"]


def test_the_log_is_bounded(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "cameo.log", Terminal(io.StringIO(), WORDS, tmp_path), most_bytes=2000)
    for number in range(300):
        file.emit(logging.LogRecord("bot", logging.INFO, "", 0, f"{number} " + "x" * 80, (), None))
    file.close()
    kept = sorted(tmp_path.iterdir())
    assert [path.name for path in kept] == ["cameo.log", *(f"cameo.log.{n}" for n in range(1, OLD_LOGS + 1))]
    assert all(path.stat().st_size < 2000 + 200 for path in kept)
    assert entries(kept[0])[-1]["event"].startswith("299 ")


def minutes_of(seconds: float, event: object, level: int = logging.WARNING) -> logging.LogRecord:
    record = logging.LogRecord("lib", level, "", 0, event, (), None)
    record.created = seconds
    return record


class Kept(logging.Handler):
    """Keeps the entries that reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.events.append(record.msg)


def told(kept: Kept) -> list[tuple[str, int]]:
    return [(event["kind"], event["count"]) for event in kept.events if dict(event)["event"] == "log.left_out"]


def test_a_flood_of_one_kind_is_cut_and_counted_and_others_are_kept() -> None:
    kept = Kept()
    limited = LimitedLog(kept)
    for number in range(1000):
        limited.emit(minutes_of(number / 100, {"event": "flood", "n": number}))
        if number % 200 == 0:
            limited.emit(minutes_of(number / 100, {"event": "rare"}))
    assert [event["event"] for event in kept.events].count("flood") == MOST_WARNINGS
    assert [event["event"] for event in kept.events].count("rare") == 5 and told(kept) == []
    limited.emit(minutes_of(61, {"event": "another"}))
    assert told(kept) == [("flood", 1000 - MOST_WARNINGS)]
    limited.emit(minutes_of(62, {"event": "flood"}))
    assert kept.events[-1] == {"event": "flood"}


def test_what_is_left_out_is_told_at_the_end_and_though_the_clock_was_set_back() -> None:
    for is_closed in (True, False):
        kept = Kept()
        limited = LimitedLog(kept)
        for _ in range(MOST_WARNINGS + 7):
            limited.emit(minutes_of(10, {"event": "flood"}))
        if is_closed:
            limited.close()
        else:
            limited.emit(minutes_of(-3600, {"event": "flood"}))
        assert told(kept) == [("flood", 7)]


def test_names_that_somebody_makes_up_are_bounded_too() -> None:
    kept = Kept()
    limited = LimitedLog(kept)
    for number in range(3 * KINDS_KEPT):
        limited.emit(minutes_of(1, {"event": f"{number}" * 50}))
    assert len(limited._kinds) <= KINDS_KEPT
    for number in range(200):
        limited.emit(minutes_of(1, f"a library says {number}"))
    assert [event for event in kept.events if isinstance(event, str)] == [
        f"a library says {number}" for number in range(MOST_WARNINGS)
    ]


def test_turns_of_a_busy_community_are_all_kept_and_a_flood_of_them_is_not() -> None:
    kept = Kept()
    limited = LimitedLog(kept)
    for number in range(2 * MOST_INFOS):
        limited.emit(minutes_of(1, {"event": "turn", "n": number}, logging.INFO))
    assert len(kept.events) == MOST_INFOS
    for minute in (2, 3, 4):
        for number in range(20 * 60):
            limited.emit(minutes_of(minute * 61 + number / 30, {"event": "turn", "n": number}, logging.INFO))
    assert len(kept.events) == 4 * MOST_INFOS + 1  # one tells of the flood


def test_tracebacks_without_end_leave_a_small_log(logs: OpenLogs, tmp_path: Path) -> None:
    logs()
    for _ in range(1_000):
        try:
            raise OSError(24, "Too many open files")
        except OSError:
            logging.getLogger("asyncio").exception("socket.accept() out of system resource")
    assert (tmp_path / "cameo.log").stat().st_size < 100_000


def test_verbose_shows_every_entry(logs: OpenLogs, tmp_path: Path) -> None:
    shown = logs(verbose=True)
    of("bot.x").info("turn", turn="t")
    assert [json.loads(line) for line in shown.getvalue().splitlines()] == entries(tmp_path / "cameo.log")


def test_every_line_of_the_catalogue_is_of_an_entry_that_there_is() -> None:
    names = {key.removeprefix("terminal.") for key in WORDS.texts if key.startswith("terminal.")}
    code = "\n".join(path.read_text() for top in ("bot", "adapters") for path in (ROOT / top).rglob("*.py"))
    logged = set(re.findall(r"log\.\w+\(\s*\"([^\"]+)\"", code))
    computed = {"platform.up", "platform.down", "danger", "danger.watched", "danger.muted"}
    assert names - logged == {"other", "log.unwritable", "log.left_out", *computed}
    assert all(f'"{name}"' in code for name in computed if name.startswith("danger"))
    assert 'f"platform.{self.status}"' in code and 'f"platform.{status}"' in code


def test_every_event_that_another_line_covers_is_logged_somewhere() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in Path(bot.__file__).parent.rglob("*.py"))
    assert COVERED
    in_list_alone = [event for event in COVERED if sources.count(f'"{event}"') < 2]
    assert in_list_alone == []


def test_a_member_goes_from_every_file_and_the_entries_stay(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "cameo.log", Terminal(io.StringIO(), WORDS, tmp_path))
    for name in ("cameo.log", "cameo.log.1"):
        lines = [json.dumps({"event": "x", "inviter": who}) for who in ("@ana:b", '@Ä"na:b', "@ben:b")]
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    assert [file.erase(who) for who in ("@ana:b", '@Ä"na:b', "@zoe:b", "")] == [2, 2, 0, 0]
    for name in ("cameo.log", "cameo.log.1"):
        assert [entry["inviter"] for entry in entries(tmp_path / name)] == ["...", "...", "@ben:b"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cameo.log", "cameo.log.1"]
