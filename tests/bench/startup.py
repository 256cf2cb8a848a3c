"""From `./cameo run` to the printed address and to the first answer; from SIGTERM to the end."""

import time
from pathlib import Path

from tests.bench.report import Report, spread
from tests.fakes.cameo import Cameo

STOP_SECONDS = 10  # the promise


async def measure(report: Report) -> None:
    """Uses a newcomer's settings: the built-in model, unless another one runs on this machine."""
    rounds, times = report.rounds(5, 1), dict[str, list[float]]()
    for number in range(rounds):
        report.progress(f"round {number + 1} of {rounds}")
        for kind in ("first start", "second start"):  # the first one creates the database and seeds the community
            for what, seconds in (await _once(report, report.folder / str(number))).items():
                times.setdefault(f"{kind}: {what}", []).append(seconds)
    for what, found in times.items():
        report.figure(what, spread(found, "s", 2))


async def _once(report: Report, folder: Path) -> dict[str, float]:
    begun = time.monotonic()
    running = await Cameo(folder, {}).start()
    printed = time.monotonic() - begun
    assert running.http is not None
    (await running.http.get("api/turns", params={"last": 1})).raise_for_status()
    answered, stopping = time.monotonic() - begun, time.monotonic()
    code = await running.stop()
    stopped = time.monotonic() - stopping
    if code != 0 or stopped > STOP_SECONDS:
        report.breach(f"SIGTERM: exit code {code} after {stopped:.1f} s")
    return {"command to address": printed, "command to first answer": answered, "SIGTERM to the end": stopped}
