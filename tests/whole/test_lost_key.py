"""A Cameo that can't know any more who has opted out does not start, and says what to do."""

import asyncio
import sys
from pathlib import Path

from bot.remember.wishes import KEY_FILE, WISHES_FILE, MemberWish, Wishes
from tests.fakes.cameo import ROOT, Cameo
from tests.fakes.environment import clean_environment
from tests.fakes.talk import NOON
from tests.fakes.waiting import PATIENCE


async def test_cameo_does_not_start_without_the_key_of_the_wishes(tmp_path: Path) -> None:
    running = Cameo(tmp_path, {})
    folder = Path(running.config["database"]).parent
    folder.mkdir(mode=0o700)
    Wishes.open(folder).add("local", "ann", MemberWish.OPT_OUT, NOON)
    (folder / KEY_FILE).unlink()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", "--config", str(running.path),
        cwd=ROOT, env={**clean_environment(), "CAMEO_TOKEN": "a-token-for-tests"}, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        _, told = await process.communicate()
    assert process.returncode == 4
    assert KEY_FILE in told.decode() and WISHES_FILE in told.decode() and "Traceback" not in told.decode()
    assert not (folder / KEY_FILE).exists(), "a new key would make the wishes worthless"
