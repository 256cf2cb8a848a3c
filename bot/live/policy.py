"""Reads the policy from the manager's files, watches them, and applies changes while Cameo runs."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bot.config.file import load, named_file, personas_in, personas_named, watched
from bot.config.platforms import Shapes
from bot.config.policy import InForce, Policy
from bot.config.settings import OWN_PERSONAS, Settings, personas_folder
from bot.config.yaml_file import Problem, YamlFile, yaml_files
from bot.types import Clock, SettingsError
from bot.write.honest_rules import load_honest
from bot.write.persona import Persona, load_personas

log = structlog.get_logger()

# Polling about ten files costs microseconds, and works where the system sends no change events (shared and mounted
# folders). Files are read once they are unchanged between two polls, since editors write in several steps.
FILE_LOOK_SECONDS = 1.0
NEEDS_RESTART = ("database", "console", "platforms")  # opened once, at the start, with the secrets they use

Adopt = Callable[[Policy[Persona]], Awaitable[None]]
"""Updates what does not read the policy itself (limits counted so far, open models). Called before the new policy is
in force."""
ReadPolicy = Callable[[], Policy[Persona]]
"""Reads the policy again. Raises SettingsError."""
Signature = Mapping[Path, tuple[int, int, int] | None]


@dataclass(frozen=True, slots=True)
class PolicyStatus:
    """For `/healthz`: the version in force, the problems that keep newer files out of force, and the sections that need
    a restart."""

    version: str
    problems: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


def read_policy(config: Path | None, environment: Mapping[str, str], shapes: Shapes) -> Policy[Persona]:
    """Reads the policy from the files. Raises SettingsError with every problem, as `check` prints them."""
    try:
        settings = load(config, environment, shapes)
    except SettingsError as error:
        raise SettingsError([*error.problems, *_persona_problems(config, environment)]) from None
    return Policy(settings, load_honest(settings))


def _persona_problems(config: Path | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The problems of the persona files that a configuration with mistakes names, if there are any files."""
    folder = personas_folder(personas_in(named_file(config, environment)) or OWN_PERSONAS)
    try:
        if yaml_files(folder):
            load_personas(folder)
    except SettingsError as error:
        return error.problems
    return ()


class PolicyFiles:
    """Watches the policy's files: `run` until cancelled. `reload` reads them at once, changed or not (SIGHUP)."""

    def __init__(
        self,
        policy: InForce[Persona],
        read: ReadPolicy,
        environment: Mapping[str, str],
        adopt: Adopt,
        clock: Clock,
    ):
        self._policy, self._read, self._environment = policy, read, environment
        self._adopt, self._clock = adopt, clock
        self._started = policy.current.settings
        self._seen: Signature = {}  # so the first look reads: files may have changed since the start has read them
        self._named: Path | None = None
        self._asked = asyncio.Event()
        self._reading = asyncio.Lock()
        self._status = PolicyStatus(policy.current.version)
        self.renewed: Callable[[], None] = lambda: None  # called once a new policy is in force

    @property
    def status(self) -> PolicyStatus:
        return replace(self._status, version=self._policy.current.version)

    def reload(self) -> None:
        self._asked.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(), name="watching settings")
            group.create_task(self._obey(), name="reloading settings")

    async def _watch(self) -> None:
        before = self._seen
        while True:
            await self._clock.sleep(FILE_LOOK_SECONDS)
            now = self._look()
            if now == before != self._seen:
                self._seen = now
                await self.read()
            before = now

    async def _obey(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            if not await self.read():
                log.info("policy.unchanged", version=self.status.version)

    def _look(self) -> Signature:
        paths = watched(self._policy.current.settings, self._environment, self._named)
        return {path: _signature(path) for path in paths}

    async def read(self) -> bool:
        """Reads the files and puts them in force if anything has changed. Files with mistakes change nothing, and the
        mistakes are logged. False if nothing was logged."""
        async with self._reading:
            await self._watch_newly_named()
            try:
                new = await asyncio.to_thread(self._read)
            except SettingsError as error:
                return self._keep(error.problems)
            except Exception as error:  # a bug here must not stop a running Cameo
                log.exception("policy.failed")
                return self._keep((f"the settings could not be read: {type(error).__name__}",))
            if lost := _lost(self._policy.current.settings, new.settings):
                return self._keep((lost,))
            return await self._put(new)

    async def _watch_newly_named(self) -> None:
        """Watches the personas folder that config.yaml names now: a mistake in there keeps it out of force, and must be
        noticed as mended. Its files are looked at before they are read, so that no edit is missed."""
        self._named = await asyncio.to_thread(personas_named, self._policy.current.settings)
        self._seen = {path: self._seen.get(path, signature) for path, signature in self._look().items()}

    def _keep(self, problems: tuple[str, ...]) -> bool:
        log.warning("policy.kept", version=self.status.version)
        for problem in problems:
            log.warning("policy.problem", problem=problem)
        self._status = replace(self._status, problems=problems)
        return True

    async def _put(self, new: Policy[Persona]) -> bool:
        before, restart = self._policy.current, _differing(self._started, new.settings, NEEDS_RESTART)
        parts = {name: getattr(self._started, name) for name in NEEDS_RESTART}
        settings = new.settings.model_copy(update=parts)
        in_force = replace(new, settings=settings, choices=before.choices)
        is_news = restart != self.status.restart or bool(self.status.problems)
        if restart != self.status.restart and restart:
            log.warning("policy.restart", parts=", ".join(restart))
        if in_force != before:
            is_news = True
            await self._adopt(in_force)
            self._policy.renew(in_force)
            self.renewed()
            log.info(
                "policy.changed", version=self._policy.current.version, parts=", ".join(_changed(before, in_force))
            )
        elif self.status.problems:
            log.info("policy.mended", version=before.version)
        self._status = PolicyStatus(in_force.version, restart=restart)
        return is_news


def _lost(before: Settings, after: Settings) -> str | None:
    """The problem with a settings file that was emptied or removed while Cameo runs: the defaults would open rooms that
    are off, and raise limits. A start without settings uses the defaults."""
    if before.source is None or before.is_bare or not after.is_bare:
        return None
    what = "is empty" if before.source.is_file() else "is gone"
    problem = Problem((), f"{what}; the settings before stay in force", "at least one key, such as keep_days: 30,")
    return YamlFile(str(before.source)).describe(problem)


def _signature(path: Path) -> tuple[int, int, int] | None:
    """A value that changes when the file does; None if there is no file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _differing(before: Settings, after: Settings, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _changed(before: Policy[Persona], after: Policy[Persona]) -> list[str]:
    """The keys of config.yaml and the personas that differ."""
    keys = sorted(before.personas.keys() | after.personas.keys())
    personas = [f"personas/{key}" for key in keys if before.personas.get(key) != after.personas.get(key)]
    settings = [name for name, field in Settings.model_fields.items() if not field.exclude]
    return [*_differing(before.settings, after.settings, settings), *personas]
