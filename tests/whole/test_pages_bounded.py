"""Pages that nobody opens take bounded memory, and every page says who runs it."""

from pathlib import Path

from tests.fakes.cameo import TOKEN, Cameo, cameo
from tests.fakes.present import present

LOADS = 60
MOST_GROWTH = 60.0  # MiB; pages take about 3 each, and twenty without a browser are kept


def resident(running: Cameo) -> float:
    """The memory of the process, in MiB."""
    status = Path(f"/proc/{present(running.process).pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


async def test_pages_that_nobody_opens_are_bounded_and_say_who_runs_it(tmp_path: Path) -> None:
    told = {"contact": "Ana, ana@example.org", "privacy_url": "https://example.org/privacy"}
    async with cameo(tmp_path, {**told, "models": {"b": {"builtin": "smollm2-135m"}}}) as running:
        http = present(running.http)
        await http.get("/", params={"token": TOKEN})
        page = ""
        for _ in range(LOADS):  # the first ones fill caches
            page = (await http.get("/")).text
        before = resident(running)
        for _ in range(3 * LOADS):
            await http.get("/")
        grown = resident(running) - before
    assert told["contact"] in page and told["privacy_url"] in page
    assert grown < MOST_GROWTH, f"{3 * LOADS} more pages took {grown:.0f} MiB"
