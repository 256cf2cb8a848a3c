"""From `python -m bot run` to the printed address and to the first answer; from SIGTERM to the end."""

import time
from pathlib import Path

from tests.bench.report import Plan, Report, spread
from tests.fakes.cameo import Cameo

STOP_SECONDS = 10  # the promise


async def measure(report: Report, plan: Plan) -> None:
    """With the settings of a newcomer: no file, so the built-in model, unless one runs on this machine."""
    rounds = plan.rounds(5, 2)
    times: dict[str, list[float]] = {}
    for number in range(rounds):
        report.progress(f"round {number + 1} of {rounds}")
        for kind in ("first start", "second start"):  # the first makes the database and seeds the community
            for what, seconds in (await _once(report, plan.folder / str(number))).items():
                times.setdefault(f"{kind}: {what}", []).append(seconds)
    for what, seconds in times.items():
        report.figure(what, spread(seconds, "s", 2))


async def _once(report: Report, folder: Path) -> dict[str, float]:
    running, begun = Cameo(folder, {}), time.monotonic()
    await running.start()
    printed = time.monotonic()
    assert running.http is not None
    (await running.http.get("api/turns", params={"last": 1})).raise_for_status()
    answered = time.monotonic()
    code = await running.stop()
    stopped = time.monotonic() - answered
    if code != 0 or stopped > STOP_SECONDS:
        report.breach(f"SIGTERM: exit code {code} after {stopped:.1f} s")
    return {
        "command to printed address": printed - begun,
        "command to first JSON answer": answered - begun,
        "SIGTERM to the end": stopped,
    }
