"""Sets up the model that writes: tries it, keeps the choice in `.env`, and puts it in force. The page at /model asks.

What is tried is what would be in force: the settings are read from the files again, with the choice in place of what
`.env` says, so that a mistake is found before anything is written.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.chosen_model import CHOOSING
from bot.config.env_file import edit
from bot.config.file import read_environment
from bot.config.model_choice import Choice, Offer, Refused, cleaned_key, lacks_price, offers, variables_of
from bot.config.model_settings import ModelSettings, default_models
from bot.config.policy import InForce
from bot.config.settings import Settings
from bot.decide.budget import Budget
from bot.decide.spent import Spent, nano
from bot.live.policy import PolicyFiles
from bot.types import Clock, SettingsError, Usage
from bot.write.models.probe import Probe, listed_now, probe_model
from bot.write.persona import Persona

ANY_PRICE = "0 0"  # in place of one that is not told: a test needs none

ReadSettings = Callable[[Mapping[str, str]], Settings]
"""Reads the settings with this environment. Raises SettingsError."""


class ModelSetup:
    """`learn` hides a key wherever it might be logged, before it is used for anything."""

    def __init__(
        self,
        policy: InForce[Persona],
        files: PolicyFiles,
        read: ReadSettings,
        environment: Mapping[str, str],
        budget: Budget,
        learn: Callable[[Iterable[str]], None],
        clock: Clock,
    ):
        self._policy, self._files, self._read, self._environment = policy, files, read, environment
        self._budget, self._learn, self._clock = budget, learn, clock
        self._saving = asyncio.Lock()

    @property
    def file(self) -> Path:
        """The file of variables; "." if there is none."""
        return Path(self._environment.get("CAMEO_ENV_FILE", ".env"))

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._policy.current.settings

    def offers(self) -> list[Offer]:
        return offers(self.settings)

    def is_set_outside(self, variable: str) -> bool:
        """Whether the environment sets the variable, which wins over the file."""
        return variable in self._environment

    def writers_of_the_file(self) -> tuple[str, ...]:
        """The order that config.yaml lists, "" if it lists none of its own: without the model that was put first."""
        usual = Settings().writer
        chosen = self.settings.chosen
        rest = tuple(name for name in self.settings.writer if name != chosen)
        return () if rest == tuple(name for name in usual if name != chosen) else rest

    async def running(self) -> dict[str, tuple[str, ...]]:
        """The servers on this machine that answer now, by their names in config.yaml, with the models they have."""
        local = [offer.name for offer in self.offers() if offer.is_local]
        known = {**Settings().models, **self.settings.models}
        found = await asyncio.gather(*(listed_now(known[name], self._clock) for name in local))
        return {name: models for name, models in zip(local, found, strict=True) if models is not None}

    async def attempt(self, choice: Choice, ask: str) -> Probe:
        """Asks the chosen model to answer `ask`. Charges the day's budget with what that costs, as far as its price is
        known; after a restart, that part is forgotten. Raises Refused, also for a choice that the settings do not
        allow."""
        model, _ = await self._chosen(choice, is_test=True)
        return await probe_model(model, ask, _ProbeSpend(self._budget, self._clock), self._clock)

    async def save(self, choice: Choice) -> tuple[str, ...]:
        """Keeps the choice in the file and puts it in force; returns the mistakes in files that prevent that, if any.
        Raises Refused and EnvFileError; nothing has changed then."""
        _, changes = await self._chosen(choice)
        return await self._keep(changes)

    async def remove(self, *variables: str) -> tuple[str, ...]:
        """Removes variables from the file, as `save`."""
        return await self._keep(dict.fromkeys(variables))

    async def _keep(self, changes: Mapping[str, str | None]) -> tuple[str, ...]:
        self._refuse_overridden(changes)
        async with self._saving:
            try:
                await asyncio.to_thread(edit, self.file, changes)
            except ValueError as error:  # a value that no line of the file can hold
                raise Refused("settings", problem=str(error)) from error
            await self._files.read()
        return self._files.status.problems

    def _refuse_overridden(self, changes: Mapping[str, str | None]) -> None:
        for name, value in changes.items():
            if self.is_set_outside(name) and self._environment[name].strip() != (value or ""):
                raise Refused("environment", name=name, file=self.file)
        if not self._environment.get("CAMEO_ENV_FILE", ".env"):
            raise Refused("no_env_file", names=", ".join(name for name, value in changes.items() if value))

    async def _chosen(self, choice: Choice, *, is_test: bool = False) -> tuple[ModelSettings, dict[str, str | None]]:
        """The chosen model as it would be in force, and the variables that keep it; for a test also without a price.
        Raises Refused."""
        choice = replace(choice, key=cleaned_key(choice.key))
        self._learn([choice.key] if choice.key else [])
        plain = await self._settings_with(dict.fromkeys(CHOOSING, ""))
        is_unpriced = lacks_price(choice, plain) and bool(choice.key or self._kept_key(choice.name))
        changes = variables_of(replace(choice, price=ANY_PRICE) if is_unpriced else choice, plain)
        if is_unpriced and not is_test:
            raise Refused("no_price")
        found = await self._settings_with({name: value or "" for name, value in changes.items()})
        model = found.models[choice.name]
        model = model.model_copy(update={"price": None}) if is_unpriced else model
        if model.key_env and not model.key:
            raise Refused("no_key")
        if model.key and not choice.key and place_of(model) != place_of(self._now(choice.name)):
            raise Refused("key_again", place=place_of(model))  # a kept key goes only where it was kept for
        return model, changes

    def _kept_key(self, name: str) -> str | None:
        now = self._now(name)
        return now.key if now else None

    def _now(self, name: str) -> ModelSettings | None:
        return self.settings.models.get(name) or default_models().get(name)

    async def _settings_with(self, variables: Mapping[str, str]) -> Settings:
        try:
            return await asyncio.to_thread(self._read, {**self._environment, **variables})
        except SettingsError as error:
            raise Refused("settings", problem=error.problems[0]) from error

    def models_with_keys(self) -> list[tuple[str, str]]:
        """The models that have a key, each with its variable; wherever that is set."""
        return [(name, model.key_env) for name, model in self.settings.models.items() if model.key and model.key_env]

    def choosing(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The variables that make the choice in force: those of the environment, and those of the file."""
        variables, _ = read_environment(self._environment)
        told = [name for name in CHOOSING if variables.get(name, "").strip()] if self.settings.chosen else []
        outside = tuple(name for name in told if self.is_set_outside(name))
        return outside, tuple(name for name in told if name not in outside)


def place_of(model: ModelSettings | None) -> str:
    """Scheme, host and port of a model's address, which a key is for; "" if it has none."""
    parts = urlsplit((model.base_url if model else None) or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


class _ProbeSpend:
    """The cost of one probe, which belongs to no turn."""

    def __init__(self, budget: Budget, clock: Clock):
        self._budget, self._clock, self._id = budget, clock, f"probe {secrets.token_hex(8)}"

    async def reserve(self, model: str, worst_case_usd: float) -> bool:
        return self._budget.reserve(self._id, worst_case_usd, self._clock.now())

    def charge(self, model: str, usage: Usage) -> None:
        self._budget.release(self._id)
        spent = Spent(self._clock.now(), (), None, nano(usage.cost_usd))
        self._budget.count(self._id, spent if spent.nano_usd else None)
