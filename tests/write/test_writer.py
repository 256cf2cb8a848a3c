"""From a turn to its text: the prompt, what members see of the draft, and what they get if there is none."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config.policy import InForce, Policy
from bot.config.settings import Limits, Settings
from bot.decide.budget import APOLOGY, Budget
from bot.decide.floor import SIGN
from bot.decide.reasons import Reason
from bot.remember.memory import Memory
from bot.remember.store import Store
from bot.types import Decision, Message, ModelError, State, Turn, Usage, Verdict
from bot.write.lines import Lines, Written
from bot.write.models.chat import ChatMessage
from bot.write.models.failover import Compose, Draft, Spend
from bot.write.models.finish import Finish
from bot.write.models.progress import OnText
from bot.write.persona import Persona
from bot.write.pointer import Pointer
from bot.write.preview import EVERY_SECONDS
from bot.write.writer import TYPING_EVERY_SECONDS, Spending, Writer
from tests.fakes import waiting
from tests.fakes.clock import VirtualClock, settle
from tests.fakes.database import migrated
from tests.fakes.present import present
from tests.fakes.shipped import personas, reference, shipped_harms, shipped_packs, shipped_words
from tests.fakes.talk import FEED, comment, post

from .screen import Screen

PERSONAS = personas()
POLICY = InForce(Policy(Settings(), PERSONAS))
WORDS, HARMS, PACKS = shipped_words(), shipped_harms(), shipped_packs()
COST = Usage(100, 0, 20, 0.01)


class Pen:
    """Replaces the models: streams a given text in pieces, or fails; pauses at each piece while `slow`."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.pieces: Sequence[str] = ["A week."]
        self.drafts: list[str] = []  # in place of `pieces`, one a request
        self.error: Exception | None = None
        self.finish = Finish.STOP
        self.usd = COST.cost_usd
        self.room = 3000
        self.slow = asyncio.Event()
        self.slow.set()
        self.prompts: list[list[ChatMessage]] = []
        self.economies: list[str | None] = []
        self.ruling: str | Exception = "yes"
        self.refused = False

    def is_refused(self, platform: str) -> bool:
        return self.refused

    async def ask(self, name: str, compose: Compose, spend: Spend, *, moderates: bool = False) -> str:
        self.prompts.append(compose(3000))
        await spend.reserve(name, self.usd)
        spend.charge(name, COST)
        if isinstance(self.ruling, Exception):
            raise self.ruling
        return self.ruling

    async def write(
        self, compose: Compose, platform: str, spend: Spend, on_text: OnText | None, *, economy: str | None = None
    ) -> Draft:
        self.economies.append(economy)
        self.prompts.append(compose(self.room))
        if not await spend.reserve("pen", self.usd):
            raise ModelError("over_budget", "pen")
        try:
            return await self._stream(on_text)
        finally:
            spend.charge("pen", COST)

    async def _stream(self, on_text: OnText | None) -> Draft:
        text = ""
        for piece in [self.drafts.pop(0)] if self.drafts else self.pieces:
            text += piece
            if on_text:
                await on_text(text)
            await self._clock.advance(EVERY_SECONDS)
            await self.slow.wait()
        if self.error:
            raise self.error
        return Draft(text, "pen", COST, self.finish)


class Desk:
    """A real writer on a real store, with a fake pen and a fake screen."""

    def __init__(self, store: Store):
        self.store, self.clock, self.screen = store, VirtualClock(), Screen()
        self.pen = Pen(self.clock)
        self.budget = Budget(Limits(usd_per_day=1.0))
        self.kept: list[float] = []
        self.writer = self.writer_with(POLICY)

    def writer_with(self, policy: InForce[Persona]) -> Writer:
        memory = Memory(self.store)
        pointer = Pointer(memory, WORDS, policy, reference(), HARMS)
        return Writer(memory, self.pen, policy, self.lines(), self.clock, HARMS, pointer)  # type: ignore[arg-type]

    def lines(self) -> Lines:
        return Lines(WORDS, POLICY, self.budget, self.clock, PACKS)

    async def hears(self, *messages: Message) -> None:
        await self.store.write(lambda tx: tx.add_messages(messages))

    def spending(self, turn: Turn) -> Spending:
        async def keep(usage: Usage) -> None:
            self.kept.append(usage.cost_usd)

        return Spending(self.budget, turn, self.clock, keep)

    async def write(self, trigger: Message, economy: str | None = None, **more: Any) -> Written:
        turn = turn_about(trigger, **more)
        return await self.writer.write(turn, trigger, self.screen, self.spending(turn), economy)  # type: ignore[arg-type]  # half of an Adapter


def turn_about(trigger: Message, *, addressed: bool = True, persona: str = "mochi", **more: Any) -> Turn:
    decision = Decision(Verdict.SPEAK, more.pop("reason", Reason.ADDRESSED))
    author = trigger.author.id
    return Turn(
        f"turn-{trigger.id}", trigger.thread, trigger.id, author, persona, decision, State.WRITING, trigger.heard,
        addressed=addressed, **more,
    )  # fmt: skip


CALL = post("p", "Ana", "@mochi how long does pesto keep?")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    migrated(tmp_path / "cameo.db")
    store = await Store.open(tmp_path / "cameo.db")
    desk = Desk(store)
    await desk.hears(CALL)
    yield desk
    await store.close()


# --- a draft -------------------------------------------------------------------------------------


async def test_a_good_draft_leaves_with_its_model_and_cost(desk: Desk) -> None:
    assert await desk.write(CALL) == Written("A week.", model="pen", usage=COST)
    assert desk.kept == [COST.cost_usd], "the worst case was stored before the call"


async def test_the_model_is_shown_persona_thread_room_and_memory_and_nothing_twice(desk: Desk) -> None:
    recalled = post("old", "Rosa", "pesto keeps when it is covered with oil", -5000)
    filler = [post(f"f{n}", "Ben", f"small talk {n}", -4000 + n) for n in range(20)]
    lately = post("green", "Eve", "pesto is green", -10)  # could be recalled, too
    await desk.hears(recalled, *filler, lately, comment("c", "p", "Ben", "good question", 1))
    await desk.write(CALL)
    [prompt] = desk.pen.prompts
    text = "\n".join(message.text for message in prompt)
    assert prompt[0].role == "system" and "AI" in prompt[0].text
    for said in ("good question", "covered with oil", "pesto is green", "small talk 19"):
        assert text.count(said) == 1, said
    assert "how long does pesto keep?" in prompt[-1].text
    assert "small talk 7" not in text, "of the room only what was said lately"


async def test_only_what_the_guard_lets_through_is_shown_or_said(desk: Desk) -> None:
    desk.pen.pieces = ["<think>she asks ab", "out pesto</think>", "Mochi: A week. ", "@everyone should ", "know."]
    written = await desk.write(CALL)
    for seen in [*map(present, desk.screen.previews), written.text]:
        assert "think" not in seen and "asks" not in seen and "Mochi:" not in seen and "@everyone" not in seen
    assert written.text.startswith("A week.") and written.text.endswith("know.")
    assert desk.screen.previews[-1] == written.text
    assert desk.screen.previews[0] == ""


@pytest.mark.parametrize("lie", ["I'm not an AI, trust me.", "When I was a kid we made pesto."])
async def test_a_lie_is_neither_previewed_nor_said(desk: Desk, lie: str) -> None:
    desk.pen.pieces = [lie[:4], lie[4:], " Pesto keeps a week."]
    for _ in range(2):  # who asks next is told the same
        written = await desk.write(CALL)
        assert (written.text, written.error) == (WORDS.say("sign.honest"), "dishonest")
    assert not [seen for seen in map(present, desk.screen.previews) if "AI" in seen or "kid" in seen]


@pytest.mark.parametrize("draft", ["", "  \n", "<think>hm</think>", "...", "PASS"])
async def test_nothing_to_say_is_a_pass_unasked_and_a_line_to_who_called(desk: Desk, draft: str) -> None:
    desk.pen.pieces = [draft]
    assert await desk.write(CALL, addressed=False, reason=Reason.UNANSWERED) == Written("", "", "pen", COST)
    written = await desk.write(CALL)
    assert (written.text, written.error) == (WORDS.say("sign.empty"), "empty")
    assert written.usage == COST + COST, "who called is worth a second try"


async def test_a_dishonest_comment_that_nobody_asked_for_is_just_not_made(desk: Desk) -> None:
    desk.pen.pieces = ["As a parent, I keep pesto for a week."]
    written = await desk.write(CALL, addressed=False, reason=Reason.EVERY_POST)
    assert (written.text, written.sign) == ("", "")


# --- no draft ------------------------------------------------------------------------------------

TROUBLES = {
    "no_model": ("no_model", "sign.no_model"),
    "models_failed": ("models_failed", "sign.models_failed"),
    "anything_new": ("models_failed", "sign.models_failed"),
}


@pytest.mark.parametrize("code", TROUBLES)
async def test_who_called_hears_what_the_trouble_is_and_never_the_providers_words(desk: Desk, code: str) -> None:
    desk.writer = desk.writer_with(InForce(Policy(Settings(writer=("kimi",)), PERSONAS)))
    desk.pen.error = ModelError(code, "Error 418: teapot")
    error, line = TROUBLES[code]
    written = await desk.write(CALL)
    assert (written.text, written.sign, written.error) == (WORDS.say(line), "", error)
    assert written.usage == COST, "what failed has cost money, too"


async def test_that_the_days_money_is_gone_is_said_once_a_day_with_when_there_is_more(desk: Desk) -> None:
    desk.pen.error = ModelError("over_budget")
    seen = [await desk.write(CALL), await desk.write(CALL)]  # at noon
    await desk.clock.advance(12 * 3600 - 1)
    seen.append(await desk.write(CALL))
    await desk.clock.advance(1)
    seen.append(await desk.write(CALL))
    assert [(written.text, written.sign) for written in seen] == [
        (WORDS.sign("budget", "en", timedelta(hours=12)), ""), ("", SIGN), ("", SIGN),
        (WORDS.sign("budget", "en", timedelta(hours=24)), ""),
    ]  # fmt: skip
    assert {written.error for written in seen} == {"budget"}


async def test_a_fault_of_ours_is_one_to_members(desk: Desk) -> None:
    desk.pen.error = KeyError("ours")
    written = await desk.write(CALL)
    assert (written.text, written.error) == (WORDS.say("sign.models_failed"), "models_failed")


async def test_one_line_in_a_while_for_a_room_then_only_a_sign(desk: Desk) -> None:
    desk.pen.error = ModelError("models_failed")
    elsewhere = post("k", "Ana", "@mochi hi", room=replace(FEED, id="kitchen"))
    seen = [await desk.write(CALL), await desk.write(CALL), await desk.write(elsewhere)]
    await desk.clock.advance(APOLOGY.total_seconds() - 1)
    seen.append(await desk.write(CALL))
    await desk.clock.advance(1)
    seen.append(await desk.write(CALL))
    assert [(bool(written.text), written.sign) for written in seen] == [
        (True, ""), (False, SIGN), (True, ""), (False, SIGN), (True, ""),
    ]  # fmt: skip
    assert {written.error for written in seen} == {"models_failed"}


async def test_where_nobody_called_trouble_is_silent_and_uses_up_no_apology(desk: Desk) -> None:
    desk.pen.error = ModelError("models_failed")
    unasked = await desk.write(CALL, addressed=False, reason=Reason.UNANSWERED)
    assert (unasked.text, unasked.sign, unasked.error) == ("", "", "models_failed")
    assert (await desk.write(CALL)).text == WORDS.say("sign.models_failed")


# --- the smaller models --------------------------------------------------------------------------


async def test_the_economy_model_is_passed_on_when_it_is_told_to_use_it(desk: Desk) -> None:
    await desk.write(CALL, economy="small")
    await desk.write(CALL)
    assert desk.pen.economies == ["small", None]


@pytest.mark.parametrize(
    ("ruling", "answer"),
    [("yes", "yes"), ("No.", "no"), ("Maybe", "unclear"), (ModelError("no_model"), "none"), (KeyError("x"), "none")],
)
async def test_a_judge_is_shown_the_thread_and_may_say_no_or_nothing(
    desk: Desk, ruling: KeyError | ModelError | str, answer: str
) -> None:
    desk.pen.ruling = ruling
    await desk.hears(comment("c", "p", "Ben", "good question", 1))
    turn = turn_about(CALL, addressed=False, reason=Reason.UNANSWERED)
    spending = desk.spending(turn)
    assert await desk.writer.judge(turn, CALL, "small", spending) == answer
    assert (spending.model, spending.usage) == ("small", COST)
    [prompt] = desk.pen.prompts
    assert "| Ben (to Ana): good question" in prompt[-1].text or "| Ben: good question" in prompt[-1].text
    assert prompt[-1].text.count("how long does pesto keep?") == 1
    assert "pesto" not in prompt[0].text


# --- typing --------------------------------------------------------------------------------------


async def test_it_is_seen_to_write_as_long_as_it_writes_and_no_longer(desk: Desk) -> None:
    desk.pen.slow.clear()
    writing = asyncio.create_task(desk.write(CALL))
    await until(lambda: desk.screen.previews)
    for _ in range(3):
        await desk.clock.advance(TYPING_EVERY_SECONDS)
    assert desk.screen.typed == [CALL.thread] * 4
    desk.pen.slow.set()
    await writing
    await desk.clock.advance(60)
    assert len(desk.screen.typed) == 4


@pytest.mark.parametrize("end", ["cancelled", "failed"])
async def test_typing_ends_however_the_writing_ends(desk: Desk, end: str) -> None:
    desk.pen.slow.clear()
    desk.pen.error = ModelError("models_failed") if end == "failed" else None
    writing = asyncio.create_task(desk.write(CALL))
    await until(lambda: desk.screen.typed and desk.screen.previews)
    if end == "cancelled":
        writing.cancel()
    desk.pen.slow.set()
    await asyncio.wait([writing])
    assert writing.cancelled() == (end == "cancelled")
    seen = len(desk.screen.typed)
    await desk.clock.advance(60)
    assert len(desk.screen.typed) == seen


async def test_21_who_may_still_pass_is_not_seen_to_write(desk: Desk) -> None:
    desk.pen.pieces = ["PASS"]
    assert not (await desk.write(CALL, addressed=False)).text
    assert desk.screen.typed == []


async def test_21_nobody_is_seen_to_write_for_more_than_a_minute(desk: Desk) -> None:
    desk.pen.slow.clear()
    writing = asyncio.create_task(desk.write(CALL))
    await until(lambda: desk.screen.previews)
    for _ in range(40):
        await desk.clock.advance(TYPING_EVERY_SECONDS)
    assert 0 < len(desk.screen.typed) * TYPING_EVERY_SECONDS <= 60 - 2 * TYPING_EVERY_SECONDS, "the last fades in 10 s"
    desk.pen.slow.set()
    await writing


async def until(condition: Callable[[], object]) -> None:
    await waiting.until(condition)
    await settle()


# --- who pays ------------------------------------------------------------------------------------


async def test_money_is_set_aside_on_disk_too_before_each_call_on_top_of_the_earlier_ones(desk: Desk) -> None:
    spending = desk.spending(turn_about(CALL))
    assert await spending.reserve("dear", 0.4)
    assert desk.budget.usd_today(desk.clock.now()) == 0.4
    spending.charge("dear", Usage(10, 0, 5, 0.1))
    assert desk.budget.usd_today(desk.clock.now()) == pytest.approx(0.1)
    assert await spending.reserve("dearer", 0.9)
    assert desk.kept == [0.4, pytest.approx(1.0)]
    assert not await desk.spending(turn_about(post("q", "Ben"))).reserve("dear", 0.01)
    spending.charge("dearer", Usage(10, 0, 5, 0.2))
    both: Any = pytest.approx(0.3)
    assert (spending.model, spending.usage) == ("dearer", Usage(20, 0, 10, both))
    spending.close()
    assert desk.budget.usd_today(desk.clock.now()) == 0, "from here on the turn itself says it"


async def test_a_call_that_is_not_covered_stores_nothing_and_a_free_one_needs_no_store(desk: Desk) -> None:
    spending = desk.spending(turn_about(CALL))
    assert not await spending.reserve("dear", 1.5)
    assert await spending.reserve("free", 0.0)
    assert desk.kept == []


async def test_over_the_days_money_the_line_says_so(desk: Desk) -> None:
    desk.pen.usd = 5.0
    written = await desk.write(CALL)
    line = WORDS.sign("budget", "en", timedelta(hours=12))
    assert (written.text, written.error, written.usage) == (line, "budget", Usage())
    assert desk.screen.previews == []
