"""An unexpected error ends the process with code 1, and is in the log with its traceback."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.fakes.cameo import ROOT, Cameo
from tests.fakes.waiting import PATIENCE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
async def test_an_error_that_ends_the_process_is_in_the_log(tmp_path: Path) -> None:
    """The welcome can't be printed, since the device is full."""
    running = Cameo(tmp_path, {"writer": ["builtin"]})
    with Path("/dev/full").open("wb") as full, running.terminal.open("wb") as terminal:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", "--config", str(running.path),
            cwd=ROOT, env=running._environment, stdout=full, stderr=terminal,
        )  # fmt: skip
        async with asyncio.timeout(PATIENCE):
            code = await process.wait()
    [crashed] = [entry for entry in running.logged() if entry["event"] == "crashed"]
    assert (crashed["level"], crashed["exception"].endswith("OSError\n")) == ("error", True)
    assert "Traceback" in running.terminal.read_text() and code == 1
