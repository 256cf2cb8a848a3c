"""Whatever is chosen, ends, is reloaded, undone or restarted: what `status` prints is what decides, and both are what a
plain list of everybody's words says."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.config.choices import MUTE, Scope, scopes_of, values_in_force
from bot.config.policy import InForce, Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.live.choices import Choices, NotChosen
from bot.live.rooms import Rooms
from bot.remember.store import Store, migrate
from bot.types import Room
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import personas, reference
from tests.fakes.talk import FEED

DEN = Room("local", "home", "den", "den", "home")
ROOMS = (FEED, DEN)
MEMBERS = ("id-ana", "id-ben")
VALUES: dict[str, tuple[Any, ...]] = {
    "join": ("mentions", "unanswered", "every_post", "watch"),
    "persona": ("mochi", "pip"),
    "share_of_voice": (0.1, 0.3),
    "judge": ("kimi", None),
    MUTE: (True,),
}
ALLOWED = ("none", "rooms", "all")
LENGTHS = (None, 10, 60)  # seconds
Stack = dict[bool, tuple[Any, str, datetime | None]]  # by whether it lasts: value, who, until


@dataclass
class Said:
    """The plain list: who has said what in each place, and how things stood before each change."""

    now: datetime
    stands: dict[tuple[Scope, str], Stack] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def at(self, scope: Scope, key: str) -> Stack:
        stack = self.stands.get((scope, key), {})
        return {lasts: one for lasts, one in stack.items() if one[2] is None or one[2] > self.now}

    def change(self, scope: Scope, by: str, new: dict[str, Stack]) -> None:
        before = {key: self.at(scope, key) for key in new}
        if changed := {key: stack for key, stack in new.items() if _words(stack) != _words(before[key])}:
            kept = {key: before[key] for key in changed}
            self.changes.append({"scope": scope, "by": by, "before": kept, "after": changed, "gone": False})
            self.stands.update({(scope, key): stack for key, stack in changed.items()})

    def expected(self, room: Room, allowed: str, there: set[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        muted = False
        for scope in scopes_of(room):
            may = allowed == "all" or (allowed == "rooms" and scope.room != "")
            for key in VALUES:
                for _, (value, _, _) in sorted(self.at(scope, key).items(), reverse=True):
                    if key == MUTE:
                        muted |= allowed != "none"
                    elif may and (key != "persona" or (allowed == "all" and value in there)):
                        found[key] = value
        return found | ({MUTE: True} if muted else {})


def _words(stack: Stack) -> list[Any]:
    return sorted((lasts, value, until) for lasts, (value, _, until) in stack.items())


class ManagersWords(RuleBasedStateMachine):
    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(shutil.copy(self.empty, self.folder.name))
        self.clock, self.allowed, self.there = VirtualClock(), "all", {"mochi", "pip"}
        self.said = Said(self.clock.now())

    def do(self, work: Awaitable[Any]) -> Any:
        async def run() -> Any:
            return await work

        return self.runner.run(run())

    @initialize()
    def start(self) -> None:
        self.do(self._open())

    async def _open(self) -> None:
        self.store = await Store.open(self.path)
        self.policy = InForce(self._policy(), self.clock.now)
        self.rooms = Rooms(self.policy, self.store, reference(), self.clock)
        self.choices = Choices(self.store, self.policy, self.clock, _nothing)
        await self.choices.committed()

    def _policy(self) -> Policy[Any]:
        rules = (RoomRule(match="*", chat_settings=self.allowed),)  # type: ignore[arg-type]
        return Policy(Settings(rooms=rules), {key: one for key, one in personas().items() if key in self.there})

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.do(self.store.close())
        self.runner.close()
        self.folder.cleanup()

    # --- what happens ------------------------------------------------------------------------------

    @rule(room=st.sampled_from(ROOMS), whole=st.booleans(), by=st.sampled_from(MEMBERS),
          length=st.sampled_from(LENGTHS), data=st.data())  # fmt: skip
    def choose(self, room: Room, whole: bool, by: str, length: int | None, data: st.DataObject) -> None:
        scope = scopes_of(room)[not whole]
        keys = data.draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=2, unique=True))
        values = {key: data.draw(st.sampled_from(VALUES[key])) for key in keys}
        until = None if length is None else self.clock.now() + timedelta(seconds=length)
        if self._tries(self.choices.choose(room, scope, values, by, until)):
            new = {key: self._layered(scope, key, (value, by, until)) for key, value in values.items()}
            self.said.change(scope, by, new)

    def _layered(self, scope: Scope, key: str, one: tuple[Any, str, datetime | None]) -> Stack:
        beneath = self.said.at(scope, key)
        if key == MUTE or one[2] is None or True not in beneath:
            return {one[2] is None: one}
        return {True: beneath[True], False: one}

    @rule(room=st.sampled_from(ROOMS), whole=st.booleans(), by=st.sampled_from(MEMBERS), mute=st.booleans())
    def reset(self, room: Room, whole: bool, by: str, mute: bool) -> None:
        scope = scopes_of(room)[not whole]
        if self._tries(self.choices.reset(room, scope, by, [MUTE] if mute else None)):
            keys = [MUTE] if mute else [key for key in VALUES if key != MUTE]
            self.said.change(scope, by, {key: {} for key in keys})

    @rule(room=st.sampled_from(ROOMS), by=st.sampled_from(MEMBERS))
    def undo(self, room: Room, by: str) -> None:
        done = self._tries(self.choices.undo(room, by))
        own = [one for one in self.said.changes if one["by"] == by and one["scope"] in scopes_of(room)]
        last = next((one for one in reversed(own) if not one["gone"] and not self._is_over(one)), None)
        if last is None:
            assert not done
        elif done or self.refused == "changed_since":
            assert done == all(self._stands(last["scope"], key, stack) for key, stack in last["after"].items())
            if not done:
                return
            last["gone"] = True
            self.said.stands.update({(last["scope"], key): stack for key, stack in last["before"].items()})

    def _is_over(self, change: dict[str, Any]) -> bool:
        own = [one for key, stack in change["after"].items() for one in self._own(key, stack, change)]
        return bool(own) and all(until is not None and until <= self.said.now for _, _, until in own)

    def _own(self, key: str, stack: Stack, change: dict[str, Any]) -> Iterator[Any]:
        before = list(change["before"][key].values())
        yield from (one for one in stack.values() if one not in before)

    def _stands(self, scope: Scope, key: str, stack: Stack) -> bool:
        alive = {lasts: one for lasts, one in stack.items() if one[2] is None or one[2] > self.said.now}
        return self.said.at(scope, key) == alive

    @rule(seconds=st.sampled_from((1, 9, 10, 60)), wakes=st.booleans())
    def time_passes(self, seconds: int, wakes: bool) -> None:
        self.clock.set(seconds)
        self.said.now = self.clock.now()
        if wakes:
            self.do(self.choices._drop_over())

    @rule(allowed=st.sampled_from(ALLOWED), has_pip=st.booleans())
    def reload(self, allowed: str, has_pip: bool) -> None:
        self.allowed, self.there = allowed, {"mochi", "pip"} if has_pip else {"mochi"}
        self.policy.renew(self._policy())
        self.choices.tell_unfit()

    @rule()
    def restart(self) -> None:
        self.do(self.store.close())
        self.do(self._open())

    def _tries(self, work: Awaitable[Any]) -> bool:
        self.refused = ""
        try:
            self.do(work)
        except NotChosen as error:
            self.refused = error.why
            assert error.why in ("none", "problem", "nothing_to_undo", "changed_since", "community", "persona")
            return False
        return True

    # --- what holds --------------------------------------------------------------------------------

    @invariant()
    def what_status_prints_is_what_decides(self) -> None:
        if not hasattr(self, "store"):
            return
        for room in ROOMS:
            expected = self.said.expected(room, self.allowed, self.there)
            here = self.choices.in_force(room)
            printed = {one.key: one.value for one in values_in_force(here)}
            chosen = {one.key: one.value for one in values_in_force(here) if one.chosen}
            assert chosen == expected
            floor = self.do(self.rooms.floor(room))
            decides = {key: getattr(floor.rule, key) for key in printed if key != MUTE}
            assert decides == {key: value for key, value in printed.items() if key != MUTE}
            assert (self.rooms.silenced(room) == "muted") == (MUTE in expected)
            assert floor.chosen == here.chosen and floor.policy == self.policy.current.version


async def _nothing() -> None:
    """Nobody writes here."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "cameo.db"
    migrate(path)
    return path


def test_what_status_prints_is_what_decides(empty: Path) -> None:
    ManagersWords.empty = empty
    run_state_machine_as_test(ManagersWords, settings=settings(max_examples=15, stateful_step_count=20, deadline=None))
