"""What a start leaves for later: packages that many communities never need are imported at their first use."""

import asyncio
import sys
from pathlib import Path

import httpx

from tests.fakes.cameo import ROOT, TOKEN, Cameo, scripted
from tests.fakes.environment import clean_environment
from tests.fakes.present import present
from tests.fakes.waiting import PATIENCE

LATE = {"nicegui", "openai", "discord", "nio"}


def imported(terminal: Path) -> set[str]:
    """The top packages that Python has written to standard error, an import a line."""
    lines = terminal.read_text(encoding="utf-8", errors="replace").splitlines()
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines if line.startswith("import time:")}


async def test_pages_are_imported_when_the_first_one_is_opened(tmp_path: Path) -> None:
    """Starts Python itself, whatever `Cameo.start` does."""
    prepared = Cameo(tmp_path, scripted("http://127.0.0.1:9/v1"))  # a model server that does not run
    with prepared.terminal.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-X", "importtime", "-m", "bot", "run", "--config", str(prepared.path),
            cwd=ROOT, env={**clean_environment(), "CAMEO_TOKEN": TOKEN}, stdout=asyncio.subprocess.PIPE, stderr=errors,
        )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        printed = (await present(process.stdout).readline()).decode()
        address = printed[printed.index("http://") :].partition("?")[0]
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE, trust_env=False) as http:
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            assert (await http.get("healthz")).status_code == 200
            assert (await http.get("api/turns", headers=bearer)).status_code == 200
            assert "fastapi" in imported(prepared.terminal) and not LATE & imported(prepared.terminal)
            page = await http.get("", params={"token": TOKEN}, follow_redirects=True)
            assert page.status_code == 200
            assert LATE & imported(prepared.terminal) == {"nicegui"}
        process.terminate()
        assert await process.wait() == 0
