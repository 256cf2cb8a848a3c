"""Whatever is said, edited, deleted, wished and interrupted: after an opt-out or an erasure nothing of the person is in
any table, prompt or answer, and others lose nothing of theirs."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import select

from bot.remember.memory import Memory
from bot.remember.person import Person
from bot.remember.schema import messages, posts, reactions, turns
from bot.remember.visibility import Viewer
from bot.types import Deletion, Edit, Message, Part, PartKind, Reaction
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, line, person

NAMES = ("Zwxana", "Ben", "Cleo")
ANA = Person("local", "id-zwxana")
BEN = Viewer(FEED, "id-ben")


class Wishing(RuleBasedStateMachine):
    """Every word of Ana's carries a number, so that words from before a wish are told from words after it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.clock, self.opened = VirtualClock(), AsyncExitStack()
        self.said: list[Message] = []
        self.now = 0.0
        self.gone: set[str] = set()  # words of Ana's that may be in no table
        self.hidden: set[str] = set()  # that nobody else may be shown
        self.is_out = False
        self.kept: dict[str, str] = {}  # what others have said, by id

    def wait(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def _open(self) -> Stage:
        return await self.opened.enter_async_context(stage(self.folder, self.clock))

    @initialize()
    def begin(self) -> None:
        self.on = self.wait(self._open())

    def teardown(self) -> None:
        self.wait(self.opened.aclose())
        self.loop.close()

    @rule()
    def restart(self) -> None:
        self.wait(self.opened.aclose())
        self.on = self.wait(self._open())
        self.wait(self.on.persons.restore())

    @rule(who=st.sampled_from(NAMES), answers=st.booleans(), quotes=st.booleans(), calls=st.booleans())
    def say(self, who: str, answers: bool, quotes: bool, calls: bool) -> None:
        self.now += 1
        self.wait(self.clock.advance(1))
        number = len(self.said)
        word = f"zwxword{number}" if who == "Zwxana" else f"word{number}"
        before = self.said[-1] if answers and self.said else None
        parts = (Part(PartKind.QUOTE, before.text, before.author.name),) if before and quotes else ()
        answered: dict[str, Any] = {"reply_to": before.id, "mentions": (before.author.id,)} if before else {}
        said = line(f"m{number}", who, f"{'@mochi ' * calls}{word}", self.now, parts=parts, **answered)
        self.said.append(said)
        if who == "Zwxana" and self.is_out:
            self.gone.add(word)
        elif who != "Zwxana":
            self.kept[said.id] = said.text
        self.wait(self.on.hear([said]))

    @rule(which=st.integers(0, 30))
    def hear_again(self, which: int) -> None:
        """A platform tells what was said before, as a catch-up or an export does."""
        self.wait(self.on.hear(self.said[which:]))

    @rule(which=st.integers(0, 30), deletes=st.booleans())
    def change(self, which: int, deletes: bool) -> None:
        if which >= len(self.said):
            return
        said, word = self.said[which], f"zwxedit{which}" if self.said[which].author.name == "Zwxana" else "edited"
        is_known = said.id in self.kept or not (self.gone | self.hidden) & set(said.text.split())
        now = at(self.now)
        self.wait(self.on.hear([Deletion(FEED, said.id, now) if deletes else Edit(FEED, said.id, word, now)]))
        if said.id in self.kept:
            self.kept[said.id] = "" if deletes or not self.kept[said.id] else word
        elif not is_known:
            self.gone.add(word)

    @rule(which=st.integers(0, 30), who=st.sampled_from(NAMES))
    def react(self, which: int, who: str) -> None:
        if which < len(self.said):
            self.wait(self.on.hear([Reaction(FEED, self.said[which].id, person(who), f"zwx{which}", at(self.now))]))

    @rule()
    def answer(self) -> None:
        self.now += 20
        self.wait(self.clock.advance(20))

    def _hers(self) -> set[str]:
        hers = [(number, said) for number, said in enumerate(self.said) if said.author.name == "Zwxana"]
        texts = {word for _, said in hers for word in said.text.split() if "zwx" in word}
        return texts | {f"zwxedit{number}" for number, _ in hers}

    @rule()
    def opt_out(self) -> None:
        self.wait(self.on.persons.opt_out(ANA))
        self.hidden |= self._hers()
        self.is_out = True

    @rule()
    def opt_in(self) -> None:
        self.now += 1
        self.wait(self.clock.advance(1))
        self.wait(self.on.persons.opt_in(ANA))
        self.is_out = False

    @rule()
    def erase(self) -> None:
        self.now += 1
        self.wait(self.clock.advance(1))
        self.wait(self.on.persons.erase(ANA))
        self.gone |= self._hers()

    @invariant()
    def nothing_of_hers_is_left(self) -> None:
        if not self.said:
            return
        stored, shown = self.wait(self._stored()), self.wait(self._shown())
        assert {word for word in self.gone if f"{word}'" in stored or f"{word} " in stored} == set()
        assert {word for word in self.gone | self.hidden if f"{word}'" in shown} == set()

    @invariant()
    def others_lose_nothing(self) -> None:
        if self.said:
            found = self.wait(self.on.store.messages(FEED, 99))
            texts = {one.id: one.text for one in found}
            assert {key: texts.get(key, "") for key in self.kept} == self.kept

    async def _stored(self) -> str:
        async def question(connection: Any) -> str:
            found = [(await connection.execute(select(table))).all() for table in (messages, reactions, turns, posts)]
            return repr(found)

        found: str = await self.on.store.ask(question)
        return found

    async def _shown(self) -> str:
        memory = Memory(self.on.store, self.on.rooms.wishes)
        found = [await memory.room(BEN, 99), await memory.own_lines(BEN, 99)]
        for word in self.gone | self.hidden:
            found.append([each for one in await memory.recall(BEN, word) for each in one.messages])
        return repr(found)


Wishing.TestCase.settings = settings(max_examples=6, stateful_step_count=12, deadline=None)
test_wishes_hold = Wishing.TestCase
