"""The process that reads and replays a trial, as its parent sees it: frames as they come."""

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from pydantic import TypeAdapter

import bot
from bot.measure.trial_problem import TrialProblem
from bot.measure.trial_worker import TrialFrame, TrialJob

LONGEST_FRAME = 64 << 20  # bytes; the largest seen, with 100,000 messages at the highest risk, has 2 MB
FRAMES = TypeAdapter(TrialFrame)
TREE = Path(bot.__path__[0]).resolve().parent

log = structlog.get_logger()


class TrialProcess:
    """Runs a job, and gives its frames. It and its children are killed at the end, whatever that is."""

    def __init__(self, job: TrialJob):
        self._job = job

    async def __aenter__(self) -> Self:
        # Its environment holds no secret. What it prints besides frames may repeat what members wrote, so it is lost.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.measure.trial_worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            cwd=TREE, env=_environment(), limit=LONGEST_FRAME, start_new_session=True,
        )  # fmt: skip
        return self

    @property
    def id(self) -> int:
        return self._process.pid

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def frames(self) -> AsyncIterator[TrialFrame]:
        """Raises TrialProblem if the process ends before its work is done."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None
        with suppress(ConnectionError):  # it has died: told below
            stdin.write(pickle.dumps(self._job))
            await stdin.drain()
            stdin.close()
        while line := await stdout.readline():
            frame = FRAMES.validate_json(line)
            if frame.crash is not None:
                log.warning("trial.crashed", error=frame.crash)
                raise TrialProblem("stopped")
            yield frame
        if code := await self._process.wait():
            log.warning("trial.crashed", exit_code=code)
            raise TrialProblem("stopped")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "SYSTEMROOT") if name in os.environ}
    paths = [str(TREE), *(str(Path(path).absolute()) for path in sys.path if path)]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0"}
