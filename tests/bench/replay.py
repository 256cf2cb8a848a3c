"""Messages a second of a replay on one core, compared with only parsing the same file; and whether memory grows.

Times are CPU seconds, so that a busy machine disturbs them less.
"""

import asyncio
import gzip
import json
import random
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.decide.reference import Reference
from bot.decide.traits import TRAITS
from bot.language.danger import load_dangers
from bot.language.link_weights import load_weights
from bot.language.packs import load_packs
from bot.measure.study import ReplayRequest, study
from bot.write.persona import load_personas
from tests.bench.report import Report, spread
from tests.bench.talk import lines
from tests.bench.variants import flat, joined, recorded, repeated, threaded
from tests.fakes.cameo import ROOT

ROOMS, MEMBERS, SECONDS = 20, 300, 8  # a busy community: a message every eight seconds, day and night
TARGETS = {"threaded": 20_000, "flat": 5_000}
FULL, MOST_GROWTH = 307_200, 24.0  # messages after which everything bounded is full; MiB allowed from then on
LOOKS = (102_400, FULL, 1_000_000)

# Prints now and then how many messages were played, and the peak of the memory in MiB.
PROBE = """
import sys
from pathlib import Path
from bot.measure.study import ReplayRequest, study
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.write.persona import load_personas
def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
def bar(done, number):
    if number % 20_480 == 0:
        print(number, peak(), flush=True)
rule = RoomRule(match="*", join="unanswered")
settings = Settings(rooms=(rule,), writer=("builtin",))
asked = ReplayRequest(Path(sys.argv[1]), Path(sys.argv[1] + ".turns"), None)
print(study(asked, [(settings, load_personas(Path("personas")))], bar).summary["messages"], peak())
"""


async def measure(report: Report) -> None:
    for kind, wanted in TARGETS.items():
        rows = talk_of(report, kind)
        file = _written(report.folder / f"{kind}.jsonl", repeated(rows, report.rounds(60_000, 10_000)))
        _rates(report, kind, file)
        report.say(f"   wanted: {wanted:,} messages/s {kind}")
        await _growth(report, kind, rows)


def talk_of(report: Report, kind: str) -> Sequence[dict[str, Any]]:
    """Real talk if there is some, else made up."""
    if report.data is None:
        return made_up(20_000, is_threaded=kind == "threaded")
    return joined({"threaded": threaded, "flat": flat}[kind](recorded(report.data))).rows


def _rates(report: Report, kind: str, file: Path) -> None:
    personas, reference = (
        load_personas(ROOT / "personas"),
        Reference(load_packs(), load_weights(TRAITS), load_dangers()),
    )
    parsing = [_parse(file) for _ in range(report.rounds(5, 2))]
    report.figure(f"{kind}, parsing the file alone", spread(parsing, "messages/s"))
    for title, settings in _policies().items():
        report.progress(f"{kind}, {title}")
        rates = []
        for _ in range(report.rounds(5, 2)):
            begin = time.process_time()
            done = study(ReplayRequest(file, file.with_suffix(".turns"), None), [(settings, personas)], None, reference)
            rates.append(done.summary["messages"] / (time.process_time() - begin))
        report.figure(f"{kind}, replay, {title}", spread(rates, "messages/s"))
        report.figure(f"{kind}, parsing : replay, {title}", f"{max(parsing) / max(rates):.1f} : 1")


def _policies() -> dict[str, Settings]:
    """Without a price, and with one, for which prompts are composed."""
    rule = RoomRule(match="*", join="unanswered")
    return {"free": Settings(rooms=(rule,), writer=("builtin",)), "priced": Settings(rooms=(rule,), writer=("kimi",))}


def _parse(file: Path) -> float:
    start, count = time.process_time(), 0
    with file.open("rb") as rows:
        for row in rows:
            json.loads(row)
            count += 1
    return count / (time.process_time() - start)


async def _growth(report: Report, kind: str, rows: Sequence[dict[str, Any]]) -> None:
    """Plays a long history in its own process: from some point on, the peak of the memory must not grow."""
    if not Path("/proc/self/status").exists():
        report.skip("memory: this system has no /proc to read a process's peak memory from")
        return
    count = report.rounds(1_000_000, 60_000)
    report.progress(f"{kind}: writing {count:,} messages")
    file = _written(report.folder / f"{kind}.jsonl.gz", repeated(rows, count))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROBE, str(file), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    peaks: dict[int, float] = {}
    async for line in process.stdout:
        number, peak = line.split()
        peaks[int(number)] = float(peak)
        report.progress(f"{kind}: {int(number):,} of {count:,} messages")
    if await process.wait() or not peaks:
        raise RuntimeError(f"the replay of {count:,} messages ended with code {process.returncode}")
    file.unlink()
    _tell(report, kind, peaks)


def _tell(report: Report, kind: str, peaks: dict[int, float]) -> None:
    for number in sorted({max(reached for reached in peaks if reached <= look) for look in LOOKS}):
        report.figure(f"{kind}, peak memory after {number:,} messages", f"{peaks[number]:,.0f} MiB")
    full = peaks[max(number for number in peaks if number <= FULL)]
    if max(peaks.values()) - full > MOST_GROWTH:
        report.breach(f"{kind}: a long history takes {max(peaks.values()) - full:,.0f} MiB more than a short one")


def _written(file: Path, rows: Iterable[dict[str, Any]]) -> Path:
    packed = file.suffix == ".gz"
    with gzip.open(file, "wt", compresslevel=1) if packed else file.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
    return file


def made_up(messages: int, *, is_threaded: bool) -> list[dict[str, Any]]:
    """A community of posts with a few comments each; `flat`: without thread links."""
    chance, texts = random.Random(1), lines(2000, sorted(load_packs()["latin"][0].words))
    open_posts: list[list[str]] = [[] for _ in range(ROOMS)]
    at, rows = datetime(2025, 1, 1, tzinfo=UTC), list[dict[str, Any]]()
    for number in range(messages):
        at += timedelta(seconds=chance.expovariate(1 / SECONDS))
        room = chance.randrange(ROOMS)
        is_post = not open_posts[room] or chance.random() < 0.2
        root = f"m{number}" if is_post else chance.choice(open_posts[room])
        if is_post:
            open_posts[room] = [*open_posts[room][-4:], root]
        text = chance.choice(texts) + ("?" if chance.random() < 0.3 else "")
        rows.append({
            "id": f"m{number}", "room": f"r{room}", "thread": root if is_threaded else None,
            "author": f"u{chance.randrange(MEMBERS)}", "name": "Somebody", "bot": chance.random() < 0.03,
            "text": text, "at": at.isoformat(timespec="milliseconds"), "reply_to": None, "mentions": [],
        })  # fmt: skip
    return rows
