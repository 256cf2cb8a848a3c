"""What is written when no model can: the pointer, in its place among the writers, and before apologies to calls."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.config.policy import InForce, Policy
from bot.config.settings import ModerationSettings, Settings
from bot.decide.reasons import Reason
from bot.remember.store import Store
from bot.types import ModelError
from bot.write.lines import Written
from bot.write.pointer import least
from tests.fakes.database import migrated
from tests.fakes.talk import line, post

from .test_writer import COST, PERSONAS, WORDS, Desk

ASKED = "how do I descale the espresso machine?"
ANSWER = "Citric acid, 20 g per litre. Run it twice, then rinse with plain water."
PAST = (line("q", "Ana", f"Hi all, {ASKED}"), line("a", "Femi", ANSWER, 60, reply_to="q"))
CALL = post("p", "Zoe", f"@mochi {ASKED}", 7200)
POST = post("p", "Zoe", ASKED, 7200)
ELSE = "@mochi which radio programme was that on Sunday?"


class Case(NamedTuple):
    """`named`: the pointer is among the writers. `known`: somebody has said what is asked. `expected`: what is written:
    a pointer, the pointer's own line, an apology, or nothing ("failed": with an error)."""

    code: str
    named: bool
    refused: bool
    called: bool
    known: bool
    expected: str


CASES = [
    # no model is there, and it is the pointer's turn: it always answers a call
    Case("no_model", True, False, True, True, "pointer"),
    Case("no_model", True, False, True, False, "line"),
    Case("no_model", True, False, False, True, "pointer"),
    Case("no_model", True, False, False, False, "pass"),
    # a model refuses us, or the pointer is not named: only before an apology
    Case("no_model", True, True, True, True, "pointer"),
    Case("no_model", True, True, True, False, "apology"),
    Case("no_model", True, True, False, True, "failed"),
    Case("no_model", False, False, True, True, "pointer"),
    Case("no_model", False, False, True, False, "apology"),
    Case("no_model", False, False, False, True, "failed"),
    # models fail, or cannot be paid
    *(
        Case(code, named, False, called, known, expected)
        for code in ("models_failed", "over_budget", "anything_new")
        for named in (True, False)
        for called, known, expected in (
            (True, True, "pointer"), (True, False, "apology"), (False, True, "failed"), (False, False, "failed"),
        )
    ),
]  # fmt: skip


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    migrated(tmp_path / "cameo.db")
    store = await Store.open(tmp_path / "cameo.db")
    yield Desk(store)
    await store.close()


def trouble(desk: Desk, code: str, *, named: bool = True, refused: bool = False, **settings: object) -> None:
    writers = ("kimi", "pointer") if named else ("kimi",)
    desk.writer = desk.writer_with(InForce(Policy(Settings(writer=writers, **settings), PERSONAS)))  # type: ignore[arg-type]
    desk.pen.error, desk.pen.refused = ModelError(code, "Error 418: teapot"), refused


def kind_of(written: Written) -> str:
    if written.points_at:
        return "pointer"
    if written.model == "pointer":
        return "line" if written.text else "pass"
    return "apology" if written.text else "failed"


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case)))
async def test_what_is_written(desk: Desk, case: Case) -> None:
    trouble(desk, case.code, named=case.named, refused=case.refused)
    await desk.hears(*PAST)
    asked = CALL if case.called else POST
    reason = Reason.ADDRESSED if case.called else Reason.UNANSWERED
    trigger = asked if case.known else replace(asked, text=ELSE if case.called else ELSE.removeprefix("@mochi "))
    await desk.hears(trigger)
    written = await desk.write(trigger, addressed=case.called, reason=reason)
    assert kind_of(written) == case.expected
    because = {"no_model": Reason.NO_MODEL, "over_budget": Reason.BUDGET}.get(case.code, Reason.MODELS_FAILED)
    assert written.usage == COST, "what failed has cost money, too"
    if case.expected in ("apology", "failed"):
        assert (written.error, written.pointer) == (because, None)
        return
    assert written.error == "" and written.pointer is not None
    if because is Reason.NO_MODEL and (case.refused or not case.named):
        because = Reason.MODELS_FAILED
    assert (written.pointer["because"], written.pointer["least"]) == (because, least(addressed=case.called))
    assert (written.pointer["score"] is not None) is (case.expected == "pointer")
    if case.expected == "pointer":
        assert written.points_at == "a" and ANSWER.split(".", maxsplit=1)[0] in written.text
        assert "Femi" in written.text and "https://chat.example/a" in written.text


async def test_without_a_find_a_call_learns_how_to_give_it_a_model(desk: Desk) -> None:
    trouble(desk, "no_model")
    assert (await desk.write(CALL)).text == f"{WORDS.say('pointer.nothing')} {WORDS.say('pointer.no_model.local')}"
    assert (await desk.write(CALL)).text == WORDS.say("pointer.nothing")


@pytest.mark.parametrize("code", ["no_model", "models_failed"])
async def test_a_quotation_that_must_not_be_said_is_not(desk: Desk, code: str) -> None:
    """The guard's floor holds for quotations; nothing else of it changes them."""
    key = "sk-" + "proj-" + "Ab3dEf6hIj9kLm2nOp5qRs8t" * 2
    trouble(desk, code)
    await desk.hears(PAST[0], replace(PAST[1], text=f"Citric acid, and here is my key {key} for the machine."), CALL)
    written = await desk.write(CALL)
    assert key not in written.text and not written.points_at
    assert kind_of(written) == ("line" if code == "no_model" else "apology")


async def test_a_quotation_is_said_as_it_was_whatever_the_guard_makes_of_drafts(desk: Desk) -> None:
    """A model that said this would be cut to the persona's length, or asked again for its headings and phrases."""
    text = "As an AI language model I cannot help, says my kettle; but citric acid works, 20 g per litre of water."
    trouble(desk, "no_model")
    await desk.hears(PAST[0], replace(PAST[1], text=text), CALL)
    written = await desk.write(CALL)
    assert written.points_at == "a" and text in written.text


@pytest.mark.parametrize(
    ("answer", "said"), [("yes", False), ("no", True), (ModelError("models_failed", "down"), False)]
)
async def test_the_moderation_model_sees_quotations_too(desk: Desk, answer: str | ModelError, said: bool) -> None:
    trouble(desk, "no_model", moderation=ModerationSettings(model="openai", how="chat"))
    desk.pen.ruling = answer
    await desk.hears(*PAST, CALL)
    written = await desk.write(CALL)
    assert bool(written.points_at) is said and kind_of(written) == ("pointer" if said else "line")


async def test_a_pointer_that_fails_leaves_the_apology(desk: Desk) -> None:
    trouble(desk, "models_failed")
    await desk.store.close()
    written = await desk.write(CALL)
    assert (written.error, written.text) == ("models_failed", WORDS.say("sign.models_failed"))
