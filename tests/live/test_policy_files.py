"""Settings and personas are edited while Cameo runs: real files, real readers, and a clock that the test moves."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from adapters import shapes
from bot.config.policy import InForce, Policy
from bot.live.policy import FILE_LOOK_SECONDS, Adopt, PolicyFiles, read_policy
from bot.types import SettingsError
from bot.write.persona import Persona
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import PERSONAS

PATIENCE = 60  # seconds that a failing test waits
CONFIG = """\
personas: {personas}
models: {{m: {{base_url: "http://127.0.0.1:1/v1", key_env: M_KEY, price: {{input: 1, output: 1}}}}}}
rooms: [{{match: "*", persona: mochi, join: {join}}}]
{more}
"""


class Desk:
    """A manager's files, and the policy in force."""

    def __init__(
        self,
        folder: Path,
        after_first_read: Callable[["Desk"], None] = lambda desk: None,
        named: Path | None = Path("config.yaml"),
    ):
        self.named = named and folder / named  # by --config
        self.config, self.personas, self.env = folder / "config.yaml", folder / "mine", folder / "env"
        self.personas.mkdir()
        for name in ("mochi", "pip"):
            shutil.copy(PERSONAS / f"{name}.yaml", self.personas)
        self.env.write_text("M_KEY=first\n")
        self.write()
        self.environment = {"CAMEO_ENV_FILE": str(self.env)}
        self.policy = InForce(self.read())
        after_first_read(self)
        self.adopted: list[Policy[Persona]] = []
        self.clock = VirtualClock()
        self.files = PolicyFiles(self.policy, self.read, self.environment, self._adopt, self.clock)

    def read(self) -> Policy[Persona]:
        return read_policy(self.named, self.environment, shapes())

    async def _adopt(self, policy: Policy[Persona]) -> None:
        assert policy is not self.policy.current, "models and limits come first"
        self.adopted.append(policy)

    def write(self, join: str = "mentions", more: str = "", personas: Path | None = None) -> None:
        text = CONFIG.format(personas=personas or self.personas, join=join, more=more)
        self.config.write_text(text, encoding="utf-8")

    def edit(self, name: str, before: str, after: str) -> None:
        path = self.personas / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    @property
    def join(self) -> str:
        return self.policy.current.settings.rooms[0].join

    async def looks(self, times: int = 2) -> None:
        """Lets the watcher look; it then reads in a thread."""
        for _ in range(times):
            await self.clock.advance(FILE_LOOK_SECONDS)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.002)

    def checked(self) -> tuple[str, ...]:
        """What `check` reports about the files."""
        with pytest.raises(SettingsError) as error:
            self.read()
        return error.value.problems


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[Desk]:
    task = asyncio.create_task(desk.files.run())
    await asyncio.sleep(0)
    yield desk
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running(Desk(tmp_path)) as desk:
        yield desk


async def test_a_rule_that_is_edited_is_in_force_once_the_file_has_stayed_the_same_for_a_look(desk: Desk) -> None:
    first = desk.policy.current
    desk.write(join="unanswered")
    await desk.looks(1)
    assert desk.policy.current is first and not desk.files._reading.locked(), "it may be half written"
    with capture_logs() as logs:
        await desk.looks(1)
        await desk.until(lambda: desk.join == "unanswered")
    assert desk.policy.current.version != first.version and first.settings.rooms[0].join == "mentions"
    assert desk.files.status.version == desk.policy.current.version
    [told] = logs
    assert (told["event"], told["parts"]) == ("policy.changed", "rooms")


async def test_a_persona_that_is_edited_added_or_removed_is_in_force(desk: Desk) -> None:
    desk.edit("mochi", "name: Mochi", "name: Mochi Two")
    await desk.looks()
    await desk.until(lambda: desk.policy.current.personas["mochi"].name == "Mochi Two")
    shutil.copy(PERSONAS / "xiaoman.yaml", desk.personas)
    await desk.looks()
    await desk.until(lambda: "xiaoman" in desk.policy.current.personas)
    (desk.personas / "pip.yaml").unlink()
    await desk.looks()
    await desk.until(lambda: "pip" not in desk.policy.current.personas)


async def test_a_file_that_an_editor_puts_in_its_place_is_seen(desk: Desk) -> None:
    fresh = desk.config.with_name("config.yaml~")
    fresh.write_text(desk.config.read_text().replace("join: mentions", "join: every_post"))
    os.replace(fresh, desk.config)
    await desk.looks()
    await desk.until(lambda: desk.join == "every_post")


async def test_a_new_key_in_the_env_file_reaches_the_models(desk: Desk) -> None:
    before = desk.policy.current
    desk.env.write_text("M_KEY=second\n")
    await desk.looks()
    await desk.until(lambda: desk.policy.current is not before)
    assert desk.adopted[-1].settings.models["m"].key == "second"
    assert desk.policy.current.version == before.version, "no decision depends on it"


@asynccontextmanager
async def told(desk: Desk) -> AsyncIterator[list[str]]:
    """The lines that are logged for the manager within the block."""
    lines: list[str] = []
    with capture_logs() as logs:
        yield lines
    lines += [entry["problem"] for entry in logs if entry["event"] == "policy.problem"]


def break_config(desk: Desk) -> None:
    desk.write(join="sometimes", more="colour: red")


def break_persona(desk: Desk) -> None:
    desk.edit("pip", "name: Pip", "name: everyone")


def break_env(desk: Desk) -> None:
    desk.env.write_text("this is no assignment\n")


def lose_config(desk: Desk) -> None:
    desk.config.unlink()


def lose_persona(desk: Desk) -> None:
    (desk.personas / "mochi.yaml").unlink()


@pytest.mark.parametrize("fault", [break_config, break_persona, break_env, lose_config, lose_persona])
async def test_a_file_with_mistakes_changes_nothing_and_is_told_once_as_check_tells_it(
    desk: Desk, fault: Callable[[Desk], None]
) -> None:
    before = desk.policy.current
    files = {path: path.read_text() for path in (desk.config, desk.env, *desk.personas.iterdir())}
    fault(desk)
    async with told(desk) as lines:
        await desk.looks()
        await desk.until(lambda: bool(desk.files.status.problems))
        await desk.looks(5)
    assert tuple(lines) == desk.files.status.problems == desk.checked()
    assert desk.policy.current is before and desk.adopted == []
    async with told(desk) as again:
        desk.files.reload()
        await desk.looks(1)
        await desk.until(lambda: not desk.files._reading.locked())
    assert again == lines, "on request once more"
    for path, text in files.items():
        path.write_text(text)
    await desk.looks()
    await desk.until(lambda: not desk.files.status.problems)
    assert desk.policy.current is before


async def test_what_only_a_restart_changes_is_told_and_the_rest_is_in_force(desk: Desk) -> None:
    desk.write(join="unanswered", more="console: {port: 1}\ndatabase: other.db")
    with capture_logs() as logs:
        await desk.looks()
        await desk.until(lambda: desk.join == "unanswered")
    settings = desk.policy.current.settings
    assert (settings.console.port, settings.database.name) == (8765, "cameo.db"), "what is open stays so"
    assert desk.files.status.restart == ("database", "console")
    assert [entry["parts"] for entry in logs if entry["event"] == "policy.restart"] == ["database, console"]
    desk.write(join="unanswered")
    await desk.looks()
    await desk.until(lambda: desk.files.status.restart == ())


async def test_on_request_the_files_are_read_at_once_and_that_nothing_has_changed_is_said(desk: Desk) -> None:
    with capture_logs() as logs:
        desk.files.reload()
        await desk.until(lambda: bool(logs))
    assert [entry["event"] for entry in logs] == ["policy.unchanged"]
    desk.write(join="every_post")
    desk.files.reload()
    await desk.until(lambda: desk.join == "every_post")


async def test_an_edit_while_the_files_are_read_is_not_missed(desk: Desk) -> None:
    adopt: Adopt = desk.files._adopt

    async def edits_meanwhile(policy: Policy[Persona]) -> None:
        await adopt(policy)
        if len(desk.adopted) == 1:
            desk.write(join="off")

    desk.files._adopt = edits_meanwhile
    desk.write(join="unanswered")
    await desk.looks()
    await desk.until(lambda: len(desk.adopted) == 1)
    await desk.looks(3)
    await desk.until(lambda: desk.join == "off")


async def test_an_edit_during_the_start_is_seen(tmp_path: Path) -> None:
    desk = Desk(tmp_path, after_first_read=lambda desk: desk.write(join="off"))
    async with running(desk):
        await desk.looks()
        await desk.until(lambda: desk.join == "off")


@pytest.mark.parametrize("is_empty", [False, True])
async def test_a_mended_mistake_in_a_newly_named_folder_is_seen(desk: Desk, is_empty: bool) -> None:
    other = desk.personas.with_name("other")
    if is_empty:
        other.mkdir()
    else:
        shutil.copytree(desk.personas, other)
        (other / "mochi.yaml").write_text("name: Bo\n")
    desk.write(personas=other)
    async with told(desk) as lines:
        await desk.looks()
        await desk.until(lambda: bool(desk.files.status.problems))
        await desk.looks(5)
        await desk.until(lambda: not desk.files._reading.locked())
    assert tuple(lines) == desk.files.status.problems, "once"
    shutil.copy(PERSONAS / "mochi.yaml", other)
    await desk.looks()
    await desk.until(lambda: desk.policy.current.settings.personas == other)
    assert not desk.files.status.problems


def becomes_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


LOSSES: dict[str, tuple[Callable[[Path], object], str]] = {
    "emptied": (lambda path: path.write_text(""), "is empty"),
    "only comments": (lambda path: path.write_text("# keep_days: 30\n"), "is empty"),
    "only keys without values": (lambda path: path.write_text("rooms:\n"), "is empty"),
    "removed": (Path.unlink, "is gone"),
    "replaced by a folder": (becomes_a_folder, "is gone"),
}


@pytest.mark.parametrize(("lose", "what"), LOSSES.values(), ids=LOSSES)
async def test_a_lost_settings_file_leaves_the_settings_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lose: Callable[[Path], object], what: str
) -> None:
    """Without --config, where a start would use the defaults."""
    monkeypatch.chdir(tmp_path)
    desk = Desk(tmp_path, named=None)
    before = desk.policy.current
    async with running(desk):
        lose(desk.config)
        await desk.looks()
        await desk.until(lambda: bool(desk.files.status.problems))
        [problem] = desk.files.status.problems
        assert problem.startswith(f"config.yaml: line 1: {what}; the settings before stay in force; write ")
        assert desk.policy.current is before
        if desk.config.is_dir():
            desk.config.rmdir()
        desk.write(join="off")
        await desk.looks()
        await desk.until(lambda: desk.join == "off")
        assert desk.files.status.problems == ()


async def test_a_start_without_settings_uses_the_defaults_and_takes_what_is_written_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("# nothing yet\n")
    policy = InForce(read_policy(None, {}, shapes()))
    desk = Desk(tmp_path, named=None)
    desk.config.write_text("# still nothing\n")
    files = PolicyFiles(policy, desk.read, desk.environment, desk._adopt, desk.clock)
    await files.read()
    assert files.status.problems == () and policy.current.settings.is_bare
    desk.write(join="off")
    await files.read()
    assert policy.current.settings.rooms[0].join == "off"
