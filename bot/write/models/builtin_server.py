"""A process of its own that runs the built-in model. Started by `builtin.py` as a script; imports nothing of ours.

Its first line of input holds the model's path and a key that only we know; its one line of output says where it
listens, or what is wrong. It lives as long as its input stays open: however its owner ends, even killed at once, the
system closes the pipe and this process ends too.
"""

import json
import os
import signal
import sys
from typing import IO, Any


def _serve(order: dict[str, Any]) -> Any:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = order["path"]
    params.api_keys = [order["key"]]  # the port is open to everyone on this machine
    params.n_ctx = order["context"]
    # One thread writes: two wait for each other at every layer of every token, which is 0.6 times the time on an idle
    # machine, but 6 times as long on a busy one. Reading the prompt is done in large pieces, where more threads pay.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = min(os.cpu_count() or 1, 4)
    params.n_parallel = 1  # one slot: two would halve the speed of each on the small machines this is for
    params.n_gpu_layers = 0  # 135M parameters: faster on the processor than the way to a graphics card and back
    # Cooler than usual and with a mark against repetition: by eye, it rambles and loops less. `options:` still win.
    params.sampling.temp, params.sampling.penalty_repeat = 0.4, 1.1
    params.cache_ram_mib = 64  # prompts of some five rooms, kept beside the slot
    params.verbosity = 0
    params.ui = False
    params.endpoint_slots = False  # would show prompts
    return xllamacpp.Server(params)


def _quiet_output() -> IO[str]:
    """llama.cpp writes to both standard streams from C; only our own line goes out."""
    out = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return out


def _tell(out: IO[str], line: dict[str, str]) -> None:
    out.write(json.dumps(line) + "\n")
    out.flush()


def _live() -> None:
    out = _quiet_output()
    try:
        server = _serve(json.loads(sys.stdin.readline()))
    except Exception as error:
        _tell(out, {"problem": f"{type(error).__name__}: {error}"[:300]})
        return
    _tell(out, {"address": server.listening_address})
    sys.stdin.read()


def _main() -> None:
    # Ctrl-C and a stopping system reach the whole group; the owner may still be waiting for a last answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        _live()
    finally:
        os._exit(0)  # at once: llama.cpp's threads have nothing to tidy up that the system does not


if __name__ == "__main__":
    _main()
