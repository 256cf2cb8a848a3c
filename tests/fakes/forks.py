"""Starts Cameo as a process of its own, in the tests without the second that its imports take: there a process that
has imported everything forks for each start (`fork_server.py`). Everywhere else it is `python -m bot`."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).parents[2]


class Process(Protocol):
    """The part of `asyncio.subprocess.Process` that the tests use."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    @property
    def stdout(self) -> asyncio.StreamReader | None: ...

    def send_signal(self, signal: int) -> None: ...

    def kill(self) -> None: ...

    async def wait(self) -> int: ...

    async def communicate(self) -> tuple[bytes, bytes]: ...


class Pipe:
    """The end of a pipe from which we read."""

    def __init__(self, reader: asyncio.StreamReader, transport: asyncio.BaseTransport):
        self.reader, self.transport = reader, transport

    @classmethod
    async def opened(cls, descriptor: int) -> "Pipe":
        reader, end = asyncio.StreamReader(), os.fdopen(descriptor, "rb", buffering=0)
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, end)
        return cls(reader, transport)


class Fork:
    """A child of the fork server's, of which `status` tells the exit code."""

    def __init__(self, pid: int, status: Pipe, *output: Pipe):
        self.pid, self.stdout = pid, output[0].reader
        self.returncode: int | None = None
        self._output, self._pipes = output, (status, *output)
        self._ended = asyncio.create_task(self._end(status.reader), name=f"fork {pid}")

    async def _end(self, status: asyncio.StreamReader) -> int:
        self.returncode = int(await status.readline())
        return self.returncode

    def send_signal(self, signal: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal)

    def kill(self) -> None:
        self.send_signal(9)

    async def wait(self) -> int:
        code = await asyncio.shield(self._ended)
        for pipe in self._pipes:
            pipe.transport.close()
        await asyncio.sleep(0)  # they are closed by the loop
        return code

    async def communicate(self) -> tuple[bytes, bytes]:
        out, err = await asyncio.gather(*(pipe.reader.read() for pipe in self._output))
        await self.wait()
        return out, err


class Forks:
    """The fork server; it ends with the process that has started it."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.fakes.fork_server", str(theirs.fileno())]
            self._server = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])

    def close(self) -> None:
        self._control.close()
        self._server.wait()

    async def start(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], errors: int | None
    ) -> Fork:
        (status, tell), (out, its_out) = os.pipe(), os.pipe()
        err, its_err = (None, errors) if errors is not None else os.pipe()
        request = {"words": [*words], "folder": str(folder), "environment": {**environment}}
        socket.send_fds(self._control, [json.dumps(request).encode()], [its_out, its_err, tell])
        for given in (tell, its_out, *([its_err] if err is not None else [])):
            os.close(given)
        told, *output = [await Pipe.opened(each) for each in (status, out, err) if each is not None]
        return Fork(int(await told.reader.readline()), told, *output)


_forks: list[Forks] = []  # none outside of the tests


@contextmanager
def forking() -> Iterator[None]:
    """Inside, `launch` forks."""
    _forks.append(Forks())
    try:
        yield
    finally:
        _forks.pop().close()


async def launch(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], errors: int | None = None
) -> Process:
    """Starts `cameo WORDS` in a folder. `errors` is the descriptor of its standard error; None: a pipe."""
    if _forks:
        return await _forks[-1].start(words, folder, environment, errors)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=folder, env={"PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE if errors is None else errors,
    )  # fmt: skip
