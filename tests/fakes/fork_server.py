"""The process that has imported all of Cameo, and forks for each start that `forks.py` asks for."""

import gc
import json
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib import import_module
from typing import Any

REQUEST_BYTES = 1 << 18  # a command with its whole environment takes a few kB
WHOLE = (
    "bot.__main__",
    "bot.app",
    "adapters.local.adapter",
    "adapters.local.page.mount",
    "adapters.discord.adapter",
    "adapters.matrix.adapter",
    "bot.console.pages.mounted",
    "bot.console.pages.model",
    "bot.write.models.endpoint",
    "nicegui",
    "openai.resources.chat",
)


class Server:
    """Writes to the status pipe of each child its process id, and its exit code once it has ended."""

    def __init__(self, control: socket.socket):
        self._control = control
        self._statuses: dict[int, int] = {}  # by process id
        self._awake, waker = os.pipe()
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)

    def run(self) -> list[str] | None:
        """Returns in each child, with the words of its command; in the server at the end, with None."""
        sources: list[Any] = [self._control, self._awake]
        while True:
            ready, _, _ = select.select(sources, [], [])
            if self._awake in ready:
                os.read(self._awake, 1 << 12)
                self._reap()
            if self._control in ready:
                message, descriptors, _, _ = socket.recv_fds(self._control, REQUEST_BYTES, 3)
                if not message:
                    return None
                if not (pid := os.fork()):
                    return self._become(json.loads(message), descriptors)
                *streams, status = descriptors
                for stream in streams:
                    os.close(stream)
                self._statuses[pid] = status
                _tell(status, pid)

    def _reap(self) -> None:
        while self._statuses:
            pid, ended = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            status = self._statuses.pop(pid)
            _tell(status, os.waitstatus_to_exitcode(ended))
            os.close(status)

    def _become(self, request: dict[str, Any], descriptors: list[int]) -> list[str]:
        """Makes the child look like a new process."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._control.close()
        output, errors, status = descriptors
        os.dup2(output, 1)
        os.dup2(errors, 2)
        for descriptor in (self._awake, output, errors, status, *self._statuses.values()):
            os.close(descriptor)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        time.tzset()
        sys.argv[1:] = request["words"]
        return sys.argv[1:]


def _tell(status: int, number: int) -> None:
    with suppress(BrokenPipeError):  # the test is over and no longer listens
        os.write(status, f"{number}\n".encode())


def main() -> int:
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in WHOLE:
        import_module(name)
    gc.collect()
    gc.freeze()  # the children share it
    words = Server(control).run()
    return 0 if words is None else int(import_module("bot.__main__").main(words))


if __name__ == "__main__":
    sys.exit(main())
