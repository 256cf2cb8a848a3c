"""The benchmarks: what Cameo costs compared with doing without it, in one run on one machine. Exit code 1 if a promise
was broken: a reply lost or doubled, a shutdown that takes too long, a section that could not finish."""

import argparse
import asyncio
import contextlib
import gc
import os
import platform
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from bot.explain.words import load_words
from bot.logs import set_up_logs
from tests.bench import (
    deciding,
    decision,
    fairness,
    first_minute,
    first_token,
    guard,
    hearing,
    kills,
    memory,
    prefix,
    replay,
    restart,
    soak,
    startup,
    store,
    writer,
)
from tests.bench.report import Report
from tests.fakes.environment import clean_environment

SECTIONS = {
    "hearing": ("messages a second beside bare discord.py", hearing.measure),
    "first_token": ("time to the first token beside a direct call", first_token.measure),
    "store": ("messages a second by size of batch; recall", store.measure),
    "first_minute": ("from `make run` in a fresh clone to a judged history, in Chromium", first_minute.measure),
    "startup": ("from the command to the address, and from SIGTERM to the end", startup.measure),
    "restart": ("cold rooms, many rooms at once, and a day of turns", restart.measure),
    "prefix": ("how much of a prompt the model has read before, within one thread", prefix.measure),
    "memory": ("peak memory, with a scripted and with the built-in model", memory.measure),
    "replay": ("messages a second over recorded history, beside parsing the same file alone", replay.measure),
    "decision": ("microseconds of one live decision in a full room", decision.measure),
    "guard": ("processor time of reading and guarding a reply while it is written", guard.measure),
    "deciding": ("the judgement on annotated talk, beside simple rules", deciding.measure),
    "fairness": ("how long others wait while one member floods", fairness.measure),
    "soak": ("memory, open files and others' waiting: ten minutes at 50 messages a second", soak.measure),
    "writer": ("how well the configured model writes, scored by rule; may cost money", writer.measure),
    "kills": ("SIGKILLs at random moments: replies lost and doubled", kills.measure),
}

ON_REQUEST = ("writer", "first_minute")  # only with --only: one may cost money, the other needs a package index


def _main() -> int:
    given = _arguments()
    if not {*(given.only or ())} & {*ON_REQUEST}:
        os.environ.update(clean_environment())  # no proxy of this machine may come between us and loopback
    folder = Path(tempfile.mkdtemp(prefix="cameo-bench-"))
    report = Report(given.quick, given.data, folder / "first")
    report.say(_machine())
    with (folder / "terminal.txt").open("w") as terminal:
        with contextlib.redirect_stderr(terminal):
            set_up_logs(folder / "cameo.log", load_words())  # as in production, because logs cost time
        gc.collect()
        gc.freeze()  # as in production (bot/app.py): full collections skip what lives until the end
        for name in given.only or [one for one in SECTIONS if one not in ON_REQUEST]:
            asyncio.run(_measure(name, report))
    report.summary(_again(given))
    if report.is_broken:
        report.say(f"kept for a look at logs and databases: {folder}")
    else:
        shutil.rmtree(folder)
    return int(report.is_broken)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--data", type=_folder, help="a folder with messages.jsonl and truth.jsonl: real talk")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="this section alone; may be given again")
    parser.add_argument("--quick", action="store_true", help="few rounds and 10 kills, to try it out in two minutes")
    given = parser.parse_args()
    if given.only and set(given.only) & set(ON_REQUEST) and len(given.only) > 1:
        parser.error(f"{' and '.join(ON_REQUEST)} run alone: they need the network, which all others do without")
    return given


def _folder(text: str) -> Path:
    if not (Path(text) / "messages.jsonl").is_file():
        raise argparse.ArgumentTypeError(f"there is no {text}/messages.jsonl")
    return Path(text)


async def _measure(name: str, report: Report) -> None:
    """Runs a section. An exception counts as a broken promise of this section and does not affect the others."""
    title, measure = SECTIONS[name]
    report.section(name, title)
    try:
        await measure(report)
    except Exception as error:
        report.say(traceback.format_exc())
        report.breach(f"could not finish: {type(error).__name__}: {error}")


def _machine() -> str:
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    busy = "; BUSY: trust ratios more than figures" if load > cores / 2 else ""
    return f"Python {platform.python_version()}, {platform.machine()}, {cores} cores, load {load:.1f}{busy}"


def _again(given: argparse.Namespace) -> str:
    options = " ".join([*(f"--only {name}" for name in given.only or ()), *["--quick"] * given.quick])
    return "make bench" + (f" DATA={given.data}" if given.data else "") + (f' ARGS="{options}"' if options else "")


if __name__ == "__main__":
    sys.exit(_main())
