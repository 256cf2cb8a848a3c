"""Messages a second of a replay on one core, beside parsing the same file alone; and whether memory grows."""

import asyncio
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.measure.study import Asked, study
from bot.settings import RoomRule, Settings
from bot.write.persona import load_personas
from tests.bench.report import Report, spread
from tests.bench.talk import lines
from tests.fakes.cameo import ROOT

ROOMS, MEMBERS, SECONDS = 20, 300, 8  # a busy community: a message every eight seconds, day and night
TARGETS = {"threaded": 20_000, "flat": 5_000}
MOST_GROWTH = 24.0  # MiB from 300,000 messages on: what is bounded has filled up by then

PROBE = """
import resource, sys
from pathlib import Path
from bot.measure.study import Asked, study
from bot.settings import RoomRule, Settings
from bot.write.persona import load_personas
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
rule = RoomRule(match="*", join="unanswered")
settings = Settings(rooms=(rule,), writer=("builtin",))
for file in sys.argv[1:]:
    study(Asked(Path(file), Path(file + ".turns"), None), [(settings, load_personas(Path("personas")))], None)
    print(peak())
"""


async def measure(report: Report) -> None:
    personas, messages = load_personas(ROOT / "personas"), report.rounds(60_000, 10_000)
    for kind, wanted in TARGETS.items():
        file = made_up(report.folder / f"{kind}.jsonl", messages, is_threaded=kind == "threaded")
        parsing = [_parse(file) for _ in range(report.rounds(5, 2))]
        report.figure(f"{kind}, parsing the file alone", spread(parsing, "messages/s"))
        for title, settings in _policies().items():
            report.progress(f"{kind}, {title}")
            rates = [
                messages / study(Asked(file, file.with_suffix(".turns"), None), [(settings, personas)], None).seconds
                for _ in range(report.rounds(5, 2))
            ]
            report.figure(f"{kind}, replay, {title}", spread(rates, "messages/s"))
            report.figure(f"{kind}, parsing : replay, {title}", f"{max(parsing) / max(rates):.1f} : 1")
        report.say(f"   wanted: {wanted:,} messages/s {kind}")
    await _growth(report)


def _policies() -> dict[str, Settings]:
    """Free, and with a price, for which prompts are composed."""
    rule = RoomRule(match="*", join="unanswered")
    return {"free": Settings(rooms=(rule,), writer=("builtin",)), "priced": Settings(rooms=(rule,), writer=("kimi",))}


def _parse(file: Path) -> float:
    start, count = time.perf_counter(), 0
    with file.open("rb") as rows:
        for row in rows:
            json.loads(row)
            count += 1
    return count / (time.perf_counter() - start)


async def _growth(report: Report) -> None:
    """A long history after a short one in the same process: the peak must stay where it was."""
    short, long = report.rounds(300_000, 20_000), report.rounds(1_000_000, 60_000)
    files = [made_up(report.folder / f"{count}.jsonl", count, is_threaded=True) for count in (short, long)]
    report.progress(f"{long:,} messages")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROBE, *map(str, files), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    first, last = map(float, out.split())
    report.figure(f"peak memory, {short:,} then {long:,} messages", f"{first:,.0f} MiB, then {last:,.0f} MiB")
    if last - first > MOST_GROWTH:
        report.breach(f"a long history takes {last - first:,.0f} MiB more than a short one")


def made_up(file: Path, messages: int, *, is_threaded: bool) -> Path:
    """A community of posts with a few comments each; flat, the same without its links."""
    chance, texts = random.Random(1), lines(2000)
    open_posts: list[list[str]] = [[] for _ in range(ROOMS)]
    at = datetime(2025, 1, 1, tzinfo=UTC)
    with file.open("w", encoding="utf-8") as out:
        for number in range(messages):
            at += timedelta(seconds=chance.expovariate(1 / SECONDS))
            room = chance.randrange(ROOMS)
            is_post = not open_posts[room] or chance.random() < 0.2
            root = f"m{number}" if is_post else chance.choice(open_posts[room])
            if is_post:
                open_posts[room] = [*open_posts[room][-4:], root]
            text = chance.choice(texts) + ("?" if chance.random() < 0.3 else "")
            row = {
                "id": f"m{number}", "room": f"r{room}", "thread": root if is_threaded else None,
                "author": f"u{chance.randrange(MEMBERS)}", "name": "Somebody", "bot": chance.random() < 0.03,
                "text": text, "at": at.isoformat(timespec="milliseconds"), "reply_to": None, "mentions": [],
            }  # fmt: skip
            out.write(json.dumps(row) + "\n")
    return file
