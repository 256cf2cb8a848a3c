"""The composition root: opens store, models, adapters and console, runs them in one TaskGroup, and closes them."""

import asyncio
import gc
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from adapters import PLATFORMS, exports, open_adapter, shapes
from bot.commands.carry_out import Commands
from bot.commands.console_door import ConsoleDoor
from bot.commands.desk import Desk
from bot.commands.opening import open_commands
from bot.commands.preview import Previews
from bot.config.file import exposed, load
from bot.config.masking import Mask
from bot.config.platforms import fixed_rooms
from bot.config.policy import OUR_NAME, InForce, Policy
from bot.config.settings import Settings
from bot.config.shapes import secrets_of
from bot.console.api import turns_router
from bot.console.commands_api import commands_router
from bot.console.history_routes import HISTORY_PATH, HistoryRoutes
from bot.console.late_pages import Mount
from bot.console.pages.home import home_page
from bot.console.tokens import access_token
from bot.console.web import Console, ConsoleError
from bot.decide.reference import Reference
from bot.decide.traits import TRAITS
from bot.explain.arrival_word import arrival_word
from bot.explain.guarded import guard_output
from bot.explain.words import load_words
from bot.language.danger import load_dangers
from bot.language.harm import load_harms
from bot.language.link_weights import load_weights
from bot.language.packs import load_packs
from bot.live.choices import Choices
from bot.live.course import Course
from bot.live.deleted_threads import DeletedThreads
from bot.live.latest_turns import LATEST_TURNS, LatestTurns
from bot.live.limit_alerts import LimitAlert, LimitAlerts
from bot.live.model_setup import ModelSetup
from bot.live.mute import MuteAlert
from bot.live.muting import Muting
from bot.live.notices import Notices
from bot.live.participant import Participant
from bot.live.persons import EraseFrom, Persons
from bot.live.policy import PolicyFiles, ReadPolicy, read_policy
from bot.live.removals import Removals
from bot.live.rooms import Rooms
from bot.live.speaker import advice, has_model, speaker
from bot.live.stop import on_hangup, stop_signal
from bot.live.supervisor import AllRefused, Supervisor
from bot.live.system_clock import SystemClock
from bot.live.thanks import Thanks
from bot.live.transitions import Transitions
from bot.live.turns import Turns
from bot.live.withdrawals import Withdrawals
from bot.logs import LogFile, log_file, set_up_logs
from bot.measure.cases import CaseFile
from bot.measure.trial import Trials
from bot.remember.memory import Memory
from bot.remember.private import CASES_FILE, TRIALS_FOLDER, left_open, make_private
from bot.remember.purge import Purge, purge_hourly
from bot.remember.store import Store, migrate
from bot.remember.watch import StoreWatch
from bot.remember.wishes import Wishes
from bot.types import Adapter, Arrival, Clock, Room, SettingsError, Status, StoreError
from bot.write.lines import Lines
from bot.write.models.failover import Models
from bot.write.persona import Persona
from bot.write.pointer import Pointer
from bot.write.writer import Writer

if TYPE_CHECKING:
    from adapters.local.community import Community

log = structlog.get_logger()

STOPPED, ALL_REFUSED, ADDRESS_TAKEN = 0, 3, 5
FINISH_SECONDS = 6.0  # for turns in progress when we stop; including closing everything it stays under 10


def run(config: Path | None, environment: Mapping[str, str], *, verbose: bool = False) -> int:
    """Runs Cameo with the settings in `config` (see `bot.config.file.load`) until SIGTERM or SIGINT; returns the exit
    code. Raises SettingsError and StoreError."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until reloading is possible
    mask = Mask()
    guard_output(mask)
    read = partial(_read_masked, partial(read_policy, config, environment, shapes()), mask)
    policy = read()
    settings = policy.settings
    make_private(settings.database)
    logs = set_up_logs(log_file(settings.database), load_words(), mask, verbose=verbose)
    for path in exposed(environment):
        log.warning("file.exposed", file=str(path))
    if files := left_open(settings.database):
        log.warning("database.folder_open", folder=str(settings.database.parent), files=", ".join(files))
    try:
        token = access_token(settings)
        mask.learn([token])
        migrate(settings.database)
        return asyncio.run(_open_and_live(policy, read, config, environment, token, logs, mask))
    except (SettingsError, StoreError):  # the manager can mend these, and sees them on the terminal
        raise
    except Exception:
        log.exception("crashed")
        raise


def _read_masked(read: ReadPolicy, mask: Mask) -> Policy[Persona]:
    """Reads the policy; its secrets, which may have changed, are masked from then on."""
    policy = read()
    mask.learn(secrets_of(policy.settings))
    return policy


async def _open_and_live(
    first: Policy[Persona],
    read: ReadPolicy,
    config: Path | None,
    environment: Mapping[str, str],
    token: str,
    logs: LogFile,
    mask: Mask,
) -> int:
    stop, settings, clock = stop_signal(), first.settings, SystemClock()
    async with AsyncExitStack() as stack:
        store = await Store.open(settings.database)
        stack.push_async_callback(store.close)
        models = Models(settings.models, settings.writer, clock)
        stack.push_async_callback(models.close)
        await models.open()
        policy = InForce(first, clock.now)
        house = House(policy, read, environment, store, models, clock, token, logs=logs, config=config, mask=mask)
        on_hangup(house.files.reload, stop)
        try:
            house.console.open()
        except ConsoleError as error:
            print(f"cameo: {error}", file=sys.stderr)
            return ADDRESS_TAKEN
        code = STOPPED
        try:
            await house.live(stop)
        except* AllRefused:
            code = ALL_REFUSED
        return code


class House:
    """All parts, constructed once; `live` runs them."""

    def __init__(
        self,
        policy: InForce[Persona],
        read: ReadPolicy,
        environment: Mapping[str, str],
        store: Store,
        models: Models,
        clock: Clock,
        token: str,
        platforms: Mapping[str, str] = PLATFORMS,
        logs: LogFile | None = None,
        config: Path | None = None,
        mask: Mask | None = None,
    ):
        self.policy, self.store, self.models, self.clock, self.logs = policy, store, models, clock, logs
        self.files = PolicyFiles(policy, read, environment, self._adopt, clock)
        self.words = load_words()
        self.packs = load_packs()
        reference, harms = Reference(self.packs, load_weights(TRAITS), load_dangers()), load_harms()
        wishes = Wishes.open(policy.current.settings.database.parent)
        self.rooms = Rooms(policy, store, reference, clock, wishes=wishes)
        self.adapters = self._open_adapters(platforms)
        self.rooms.bursts.watch(name for name, adapter in self.adapters.items() if adapter.capabilities.typing_signs)
        self.community: Community | None = getattr(self.adapters.get("local"), "community", None)
        lines = Lines(self.words, policy, self.rooms.budget, clock, self.packs)
        memory = Memory(store, wishes)
        pointer = Pointer(memory, self.words, policy, reference, harms)
        writer = Writer(memory, models, policy, lines, clock, harms, pointer)
        self.notices = Notices(policy, store, self.adapters, self.words, clock)
        self.alerts = LimitAlerts(self.rooms.budget, self.words, clock, self.notices.tell)
        self.mute = MuteAlert(models.status, self.words, clock, self.notices.tell)
        folder = policy.current.settings.database.parent
        self.trials = Trials(folder / TRIALS_FOLDER, self._in_force, exports(), clock)
        self.cases = CaseFile(folder / CASES_FILE, partial(wishes.bars, platforms))
        transitions = Transitions(store, self.rooms, writer, self.alerts, self.mute, clock)
        if self.community:
            self.latest = LatestTurns("local", self.community.turn_changed)
            transitions.watch(self.latest.note)
        course = Course(transitions, self.rooms, writer, self.adapters, clock)
        self.turns = Turns(store, course, transitions, self.adapters.keys(), clock)
        self.thanks = Thanks(store, self.rooms, self.adapters, self.words, clock)
        self.participant = Participant(self.rooms, self.turns, self.thanks, self.words.notices())
        self.persons = Persons(store, self.rooms, self.turns, self.thanks, self.adapters, clock, self._person_files())
        self.choices = Choices(store, policy, clock, Muting(store, self.rooms, self.turns, clock).hush)
        self.files.renewed, self.persons.erased = self.choices.tell_unfit, self.choices.forget
        self.withdrawals = Withdrawals(store, self.adapters, self.rooms.deleted, clock)
        self.removals = Removals(store, self.rooms)
        self.deleted_threads = DeletedThreads(store, self.participant.hear, self.rooms.thread_deleted, clock)
        self.watch = StoreWatch(store, clock)
        self.commands, self.console_door = self._open_commands(writer)
        self.mask = mask or Mask()
        reading = partial(load, config, shapes=shapes())
        self.setup = ModelSetup(policy, self.files, reading, environment, self.rooms.budget, self.mask.learn, clock)
        self.console = self._open_console(token)

    def _person_files(self) -> list[EraseFrom]:
        """What removes a person from the files beside the database."""
        logs, cases = self.logs, self.cases
        return [lambda person: cases.erase(person.id), *([lambda person: logs.erase(person.id)] if logs else [])]

    def _open_commands(self, writer: Writer) -> tuple[Commands, ConsoleDoor]:
        budget = self.rooms.budget
        desk = Desk(
            policy=self.policy,
            store=self.store,
            words=self.words,
            packs=self.packs,
            budget=budget,
            notices=self.notices,
            choices=self.choices,
            persons=self.persons,
            adapters=self.adapters,
            clock=self.clock,
            speaker=self._speaker,
            alerts=self._alerts,
            preview=Previews(writer, self.policy, budget, self.adapters, self.clock),
        )
        return open_commands(desk, self.participant, lambda: fixed_rooms(self.policy.current.settings))

    def _open_adapters(self, platforms: Mapping[str, str]) -> dict[str, Adapter]:
        return {
            name: open_adapter(
                platforms[name],
                section,
                self.store.adapter_state(name),
                self.clock,
                voice=self._voice,
                our_names=self._our_names,
                greet=self._greet,
            )
            for name, section in self.policy.current.settings.platforms.enabled().items()
        }

    def _open_console(self, token: str) -> Console:
        routes = [turns_router(self.store.turns, self.words), commands_router(self.console_door)]
        if self.community:
            from adapters.local.api import local_router

            routes.append(local_router(self.community, lambda room: self.policy.current.rule(room).join))
        return Console(
            self.policy.current.settings.console,
            token,
            health=self._health,
            alerts=self._alerts,
            policy=lambda: self.files.status,
            store=lambda: self.watch.problem,
            routes=routes,
            home=None if self.community else self._home_page,
            pages=self._pages,
            page_routes=[HistoryRoutes(self.trials, self.cases, self.words, self.clock).router()],
        )

    def _pages(self) -> list[Mount]:
        from bot.console.pages.model import MODEL_PATH, model_page

        mounts: list[Mount] = [model_page(self.setup, self.words, self._speaker, self.mask.text)]
        if self.community:
            from adapters.local.page import mount, visit
            from bot.local_page import LocalPage

            page = LocalPage(self.policy, self.store, self.words, self.packs, self.latest, self.rooms)
            given = (self.words.say, page.joins, self._speaker, page.explain, self._operator, page.outlook)
            around = visit.Around(*given, (MODEL_PATH, HISTORY_PATH), lambda: has_model(self.models))
            mounts.append(mount.local_pages(self.community, around))
        return mounts

    # --- callbacks of adapters, console and policy -------------------------------------------

    def _home_page(self, language: str) -> str:
        return home_page(self.words, language, self._health(), self._alerts(), *self._operator())

    def _alerts(self) -> list[LimitAlert]:
        return [*self.mute.current(), *self.alerts.current()]

    def _in_force(self) -> tuple[Settings, Mapping[str, Persona]]:
        return self.policy.current.settings, self.policy.current.personas

    def _operator(self) -> tuple[str | None, str | None]:
        settings = self.policy.current.settings
        return settings.contact, settings.privacy_url

    def _our_names(self) -> list[str]:
        """The names reserved for us, by the personas in force."""
        return [OUR_NAME, *(name for persona in self.policy.current.personas.values() for name in persona.called)]

    def _voice(self, room: Room) -> str:
        policy = self.policy.current
        return policy.personas[policy.rule(room).persona].name

    def _greet(self, arrival: Arrival) -> str:
        """Our first word in a community."""
        return arrival_word(arrival, self.words, self._voice(arrival.room), self.policy.current.rule)

    async def _adopt(self, policy: Policy[Persona]) -> None:
        settings = policy.settings
        if settings.models != self.policy.current.settings.models:
            self.mute.end()
        await self.models.change(settings.models, settings.writer)
        self.rooms.budget.change(settings.limits, settings.time_zone)

    def _health(self) -> dict[str, Status]:
        return {name: adapter.status for name, adapter in self.adapters.items()}

    async def live(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set. Raises AllRefused (in a group) if every enabled platform refuses us."""
        await self.persons.restore()
        await self.choices.committed()
        self.alerts.recall(await self.rooms.load())
        if self.community:
            self.latest.restore(await self.store.turns(LATEST_TURNS))
        ears = {name: self.participant.ear(name) for name in self.adapters}
        supervisor = Supervisor(self.adapters, self.clock, self.rooms.bursts.sign)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.turns.run(), name="turns"),
                group.create_task(self.participant.listen(), name="listening"),
                group.create_task(self.withdrawals.run(), name="withdrawals"),
                group.create_task(self.thanks.run(), name="thanks"),
                group.create_task(self.deleted_threads.run(), name="deleted threads"),
                group.create_task(self.commands.run(), name="commands"),
                group.create_task(self.notices.run(), name="notices"),
                group.create_task(supervisor.run(ears), name="platforms"),
                group.create_task(self._serve_pages(), name="console"),
                group.create_task(purge_hourly(self._purges, self.clock), name="purging"),
                group.create_task(self.files.run(), name="settings"),
                group.create_task(self.choices.run(), name="choices"),
                group.create_task(self.watch.run(), name="database"),
                group.create_task(self.trials.run(), name="trials"),
            ]
            self._welcome()
            await stop.wait()
            log.info("stopping", turns_under_way_may_take_seconds=FINISH_SECONDS)
            await self.turns.drain(FINISH_SECONDS)
            for task in tasks:
                task.cancel()

    def _purges(self) -> list[tuple[Purge, int]]:
        """Purges with their age limits in days, for everything that stores something about members; the local
        community's posts and the log are purged with the rest."""
        local = [self.community.purge] if self.community else []
        keep_days = self.policy.current.settings.keep_days
        return [
            *self.store.purges(keep_days),
            (self.removals.purge, self.policy.current.settings.keep_after_removal_days),
            *((purge, keep_days) for purge in (*local, self._purge_log, self.cases.purge, self.choices.purge)),
        ]

    async def _purge_log(self, before: datetime) -> int:
        return await asyncio.to_thread(self.logs.purge, before) if self.logs else 0

    async def _serve_pages(self) -> None:
        """Serves the console. The address is already bound: early requests wait until the local community is loaded."""
        if self.community is not None:
            await self.community.has_begun.wait()
        gc.freeze()  # objects made so far live until the end; without them the garbage collector has little to scan
        await self.console.run()

    def _welcome(self) -> None:
        """Prints what the manager needs first: the address with its token, and which model speaks."""
        print(self.words.say("start.address", address=self.console.address_with_token), flush=True)
        print(self.words.say("start.speaker", speaker=self._speaker()), flush=True)
        print(self.words.say("start.platforms", platforms=", ".join(self.adapters) or "-"), flush=True)
        if told := advice(self.models, self.policy.current.settings, self.words, self.console.address):
            print(told, flush=True)
        print(self.words.say("start.log", file=log_file(self.policy.current.settings.database)), flush=True)

    def _speaker(self, language: str = "en") -> str:
        return speaker(self.models, self.policy.current.settings, self.words, language)
