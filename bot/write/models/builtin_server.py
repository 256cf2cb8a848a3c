"""The child process that runs the built-in model. `builtin.py` starts it as a script; it imports nothing of ours.

Its first line of input holds the model's path and a random key; its only line of output holds its address or the
problem. It runs until its input is closed: however the parent ends, even when killed, the system closes the pipe and
this process ends, too.
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
    params.api_keys = [order["key"]]  # every user of this machine can reach the port
    params.n_ctx = order["context"]
    # One thread generates: two synchronise at every layer of every token, which takes 0.6 times as long on an idle
    # machine, but 6 times as long on a busy one. The prompt is read in large batches, where more threads help.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = min(os.cpu_count() or 1, 4)
    params.n_parallel = 1  # one slot: on small machines, two would run at half the speed each
    params.n_gpu_layers = 0  # 135M parameters run faster on the CPU than the transfer to a GPU and back takes
    # Lower temperature and a repetition penalty: judged by eye, it rambles and loops less. `options:` override them.
    params.sampling.temp, params.sampling.penalty_repeat = 0.4, 1.1
    params.cache_ram_mib = 64  # the prompts of about five rooms, cached beside the slot
    params.verbosity = 0
    params.ui = False
    params.endpoint_slots = False  # it would expose prompts
    return xllamacpp.Server(params)


def _quiet_output() -> IO[str]:
    """Returns the real standard output for our own line, and silences both streams: llama.cpp writes to them from C."""
    out = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return out


def _send(out: IO[str], line: dict[str, str]) -> None:
    out.write(json.dumps(line) + "\n")
    out.flush()


def _live() -> None:
    out = _quiet_output()
    try:
        server = _serve(json.loads(sys.stdin.readline()))
    except Exception as error:
        _send(out, {"problem": f"{type(error).__name__}: {error}"[:300]})
        return
    _send(out, {"address": server.listening_address})
    sys.stdin.read()


def _main() -> None:
    # Ctrl-C and a system shutdown reach the whole group, but the parent may still wait for a last answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        _live()
    finally:
        os._exit(0)  # at once: llama.cpp's threads hold nothing that the system does not clean up


if __name__ == "__main__":
    _main()
