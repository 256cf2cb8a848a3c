"""The state of one configured model: what it lacks, whether it rests, and its open endpoint."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import structlog

from bot.config.model_settings import ModelSettings
from bot.types import Clock
from bot.write.models.addresses import is_local, is_loopback, listens
from bot.write.models.breaker import Breaker
from bot.write.models.builtin import Builtin, Missing
from bot.write.models.faults import NO_LIST, NOTHING_THERE, Fault, FaultKind

if TYPE_CHECKING:
    from bot.write.models.endpoint import Endpoint

log = structlog.get_logger()

LOOK_AGAIN_SECONDS = 60.0  # a local server may have been started since
BUILTIN_PLATFORM = "local"  # the toy is for trying Cameo out; other platforms get it only with `public: true`
OLLAMA = "library"  # the owner that Ollama reports for each of its models
LEFT_ALONE = ("embed", "rerank", "whisper", "tts", "clip")  # parts of the names of models that do not chat

State = Literal["ready", "loading", "resting", "absent", "refused", "no_key"]


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """A model's state for the start message and the page. `why` is one line for managers unless `state` is "ready";
    `model` is its name at the server, "" while unknown."""

    name: str
    usable: bool
    state: State
    why: str
    is_builtin: bool
    public: bool
    model: str = ""


class ModelState:
    """One configured model with its breaker and its endpoint, which is opened on first use."""

    def __init__(self, settings: ModelSettings, clock: Clock):
        self.settings, self.name = settings, settings.name
        self.breaker = Breaker()
        self._clock = clock
        self._builtin = Builtin(clock) if settings.builtin else None
        self._endpoint: Endpoint | None = None
        self._address = ""
        self._absent = ""
        self._looked = False
        self._last = ""
        self.uses = 0  # requests in progress
        self.most_output = 0  # tokens that one answer was billed for, thoughts included

    @property
    def lacks_key(self) -> bool:
        return self.settings.key_env is not None and not self.settings.key

    @property
    def _is_probed(self) -> bool:
        """Whether to list the server's models before asking: it may not be running, or the model's name is unknown."""
        url = self.settings.base_url
        return url is not None and (is_local(url) or self.settings.model is None)

    def speaks_on(self, platform: str) -> bool:
        """Whether the model has its key and may be used on that platform."""
        if self.lacks_key:
            return False
        return self._builtin is None or self.settings.public or platform == BUILTIN_PLATFORM

    async def open(self) -> None:
        """Starts the built-in model, or makes ready to ask another one, which probes a local server. Never raises."""
        if self._builtin:
            await self._builtin.open()
        elif not self.lacks_key:
            try:
                await self.ready()
            except Fault as fault:
                self.blame(fault)
            except Exception:  # a bug of ours in what a stranger's server sent must not stop Cameo
                log.exception("model_not_opened", model=self.name)
                self.blame(Fault(FaultKind.ABSENT, NO_LIST))

    async def close(self) -> None:
        if self._endpoint:
            await self._endpoint.close()
        if self._builtin:
            await self._builtin.close()

    async def ready(self) -> "Endpoint":
        """The endpoint to ask. Raises Fault: ABSENT or REFUSED."""
        if self._builtin:
            try:
                address = await self._builtin.address()
            except Missing as error:
                raise Fault(FaultKind.ABSENT, str(error)) from error
            return await self._at(address, self._builtin.key)
        url, is_new = self.settings.base_url or "", self._is_probed and not self._looked
        if is_new and is_loopback(url) and not await listens(url):
            raise Fault(FaultKind.ABSENT, NOTHING_THERE)
        endpoint = await self._at(url, self.settings.key)
        if is_new:
            endpoint.name = await self._named(endpoint)
            self._looked, self._absent = True, ""
        return endpoint

    async def _named(self, endpoint: "Endpoint") -> str:
        """The model name to request. Not every server lists its models: a configured name is then used unchecked.
        Raises Fault."""
        wanted = self.settings.model
        try:
            return choose(await endpoint.listed(), wanted)
        except Fault as fault:
            if wanted is None or fault.kind is not FaultKind.ABSENT or fault.status == 0:
                raise
            return wanted

    def blame(self, fault: Fault) -> None:
        """Records and logs a failed attempt, which decides when the model is asked again."""
        now = self._clock.now()
        self._last = fault.detail
        match fault.kind:
            case FaultKind.REFUSED:
                self.breaker.refused(now, fault.detail)
                log.warning("model_refused", model=self.name, status=fault.status, why=fault.detail)
            case FaultKind.ABSENT:
                if not self._builtin:  # it reports its own state
                    self._absent = fault.detail
                    self.breaker.rest(now, LOOK_AGAIN_SECONDS)
                log.info("model_absent", model=self.name, why=fault.detail)
            case FaultKind.DECLINED | FaultKind.TOO_LONG:
                self.breaker.released()
                log.warning("model_declined", model=self.name, status=fault.status, why=fault.detail)
            case _:
                self._failed(fault)
        if fault.kind in (FaultKind.BROKEN, FaultKind.ABSENT):
            self._looked = False  # a local server may come back with another model

    def _failed(self, fault: Fault) -> None:
        now = self._clock.now()
        self.breaker.failed(now)
        if fault.retry_after and self.breaker.admits(now):
            self.breaker.rest(now, fault.retry_after)
        log.warning("model_failed", model=self.name, kind=fault.kind, status=fault.status, why=fault.detail)

    def status(self) -> ModelStatus:
        state, why = self._state()
        name = self._endpoint.name if self._endpoint else self.settings.model
        return ModelStatus(
            name=self.name,
            usable=state in ("ready", "loading", "resting"),
            state=state,
            why=why,
            is_builtin=self._builtin is not None,
            public=self._builtin is None or self.settings.public,
            model=self.settings.builtin or name or "",
        )

    def _state(self) -> tuple[State, str]:
        builtin, absent = self._builtin, self._absent
        place = self.settings.base_url or self.name
        rests = not self.breaker.admits(self._clock.now())
        found: list[tuple[bool, State, str]] = [
            (self.lacks_key, "no_key", f"{self.settings.key_env} is not set"),
            (bool(builtin and builtin.is_loading), "loading", "is still loading"),
            (bool(builtin and builtin.problem), "absent", builtin.problem if builtin else ""),
            (bool(self.breaker.refusal), "refused", f"refuses us: {self.breaker.refusal}"),
            (bool(absent), "absent", f"{place}: {absent}"),
            (rests, "resting", f"rests after failures ({self._last})"),
        ]
        return next(((state, why) for is_so, state, why in found if is_so), ("ready", ""))

    async def _at(self, address: str, key: str | None) -> "Endpoint":
        """The endpoint for `address`. It is kept for all requests and replaced when the built-in model has moved to
        another port."""
        if self._endpoint is not None and self._address == address:
            return self._endpoint
        before, self._address = self._endpoint, address
        self._endpoint = endpoint = opened(self.settings, address, key, self.settings.model, self._clock)
        if before:
            await before.close()
        return endpoint


def opened(settings: ModelSettings, address: str, key: str | None, name: str | None, clock: Clock) -> "Endpoint":
    """An endpoint. openai, which takes 0.4 s and 25 MB, is imported with the first one: many have no model to ask."""
    from bot.write.models.endpoint import Endpoint

    return Endpoint(settings, address, key, name, clock)


def choose(listed: list[tuple[str, str]], wanted: str | None) -> str:
    """The model name to request, given the (id, owner) pairs that a server lists. Raises Fault if there is none.

    Ollama has only what it lists ("llama3.2" is listed as "llama3.2:latest"). Some other servers accept any name, and
    some list only what is loaded now: for those, `wanted` is used unchecked.
    """
    names = [name for name, _ in listed]
    if wanted is None:
        chats = [name for name in names if not any(word in name.casefold() for word in LEFT_ALONE)]
        if not chats:
            raise Fault(FaultKind.ABSENT, "has no model loaded")
        return chats[0]
    is_ollama = bool(listed) and all(owner == OLLAMA for _, owner in listed)
    if is_ollama and wanted not in names and f"{wanted}:latest" not in names:
        raise Fault(FaultKind.ABSENT, f"has no model {wanted}, only {len(names)} others")
    return wanted
