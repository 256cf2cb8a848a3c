"""What the tests of the command line share: how a command is run, and what is said in them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.cameo import ROOT
from tests.fakes.environment import clean_environment
from tests.fakes.forks import launch
from tests.fakes.waiting import PATIENCE

WORD = "quixotrel"  # said by a member, and nowhere else
NAME = "Zebulonia"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


async def command(folder: Path, *words: str, **environment: str) -> Ended:
    """Runs `cameo ...` in `folder` until it ends by itself. It never does so by a traceback."""
    process = await launch(words, folder, {**clean_environment(), "CAMEO_CONFIG": "", **environment})
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode is not None
    ended = Ended(process.returncode, out.decode(), err.decode())
    assert "Traceback" not in ended.err, ended.err
    return ended


Terminal = Callable[..., Ended]


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def good(folder: Path, name: str = "config.yaml") -> Path:
    return written(folder, f"personas: {ROOT / 'personas'}\n", name)
