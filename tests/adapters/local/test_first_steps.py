"""The first steps: what is kept of them, and that each leads to something, in every language."""

import re
from pathlib import Path

import pytest

from adapters.local.community import Community
from adapters.local.first_steps import CLOSED, FIRST_STEPS, HAS_MODEL, SKIPPED, STEP_NAMES, FirstSteps
from adapters.local.members import member
from adapters.local.page.first_steps import TO_TAKE, FirstStep, steps_for
from adapters.local.page.visit import Joining
from bot.decide.reasons import Reason
from bot.explain.words import LANGUAGES
from bot.measure.replay import Considered, Replay
from bot.types import Message, Room, StoreError, Thread
from bot.write.pointer import CALLED_FROM, UNCALLED_FROM
from tests.adapters.local.test_seed import NOW, PLACES, POLICY, planted, said
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.local_house import local_adapter, running, voice
from tests.fakes.pointing import library
from tests.fakes.present import present
from tests.fakes.shipped import reference, shipped_words

MARGIN = 0.05  # of a score above its threshold, so that a threshold may be fitted again
REASONS = {"ask": Reason.ADDRESSED, "wait": Reason.UNANSWERED, "post": Reason.EVERY_POST}


def invites(community: Community) -> bool:
    return community.first_steps.invites(list(community.entries.values()))


async def test_the_card_is_for_a_new_community_until_it_is_closed() -> None:
    core, clock = FakeCore(), VirtualClock()
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        assert invites(adapter.community)
        await adapter.community.post("kitchen", "Zoe", "hello")
        assert not invites(adapter.community), "somebody has begun without it"
        await adapter.community.first_steps.note("ask")
        assert invites(adapter.community)
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        assert invites(adapter.community) and adapter.community.first_steps.taken == {"ask"}
        await adapter.community.first_steps.note(SKIPPED)
        await adapter.community.first_steps.note(CLOSED)
        assert not invites(adapter.community)
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        assert not invites(adapter.community) and not adapter.community.first_steps.is_open


async def test_that_a_model_has_spoken_is_kept_and_is_no_step() -> None:
    core, clock = FakeCore(), VirtualClock()
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        steps, told = adapter.community.first_steps, list[str]()
        adapter.community.watch(lambda change: told.append(change.room_id))
        assert not steps.has_model
        await steps.note(HAS_MODEL)
        assert (steps.has_model, steps.taken, told) == (True, frozenset(), [""]), "open tabs are told"
        await adapter.community.post("kitchen", "Zoe", "hello")
        assert not invites(adapter.community), "somebody has begun without the card"
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        assert adapter.community.first_steps.has_model and adapter.community.first_steps.is_open


async def test_a_community_from_before_has_no_card() -> None:
    core, clock = FakeCore(), VirtualClock()
    async with running(local_adapter(core, seed=True, clock=clock), core):
        del core.marks[FIRST_STEPS]
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        assert not invites(adapter.community)


async def test_a_damaged_mark_is_read_as_far_as_it_can_be() -> None:
    steps = FirstSteps(FakeCore({FIRST_STEPS: "post \x00 closed? ask 7"}))
    await steps.load()
    assert steps.is_open and steps.taken == {"ask", "post"}


async def test_what_cannot_be_stored_is_not_taken() -> None:
    core = FakeCore({FIRST_STEPS: ""})
    steps = FirstSteps(core)
    await steps.load()
    core.broken = StoreError("disk full")
    with pytest.raises(StoreError):
        await steps.note("ask")
    assert steps.taken == frozenset()


def joining(**joins: str) -> list[str]:
    ways = {"kitchen": "unanswered", "workshop": "mentions", "feed": "every_post", **joins}
    return [step.key for step in steps_for(PLACES, lambda room: Joining(ways[room.id]))]


def test_only_steps_that_lead_to_something_are_shown() -> None:
    assert tuple(joining()) == STEP_NAMES == tuple(step.key for step in TO_TAKE)
    for join in ("off", "watch"):
        assert joining(workshop=join) == ["wait", "post"]
        assert joining(kitchen=join, feed=join) == ["ask"]
    assert joining(kitchen="mentions", feed="mentions", workshop="unanswered") == ["ask"]
    assert [step.key for step in steps_for({"feed": PLACES["feed"]}, lambda room: Joining("every_post"))] == ["post"]


# --- what the buttons post ---


def text_of(step: FirstStep, language: str) -> str:
    return shipped_words().say(f"page.first.{step.key}.text", language, name=voice(PLACES[step.room]))


def posted(room: Room, text: str, id: str = "asked") -> Message:
    called = text.startswith("@")
    return Message(id, Thread(room, id), member("Zoe"), text, NOW, NOW, addressed=called, starts_thread=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", TO_TAKE, ids=lambda step: step.key)
def test_what_a_button_posts_makes_us_speak(step: FirstStep, language: str) -> None:
    ended: list[Considered] = []
    replay = Replay(POLICY.settings, POLICY.personas, reference(), ended.append)
    replay.hear(posted(PLACES[step.room], text_of(step, language)))
    replay.finish()
    assert [(one.reason, one.spoke) for one in ended] == [(REASONS[step.key], True)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("step", TO_TAKE, ids=lambda step: step.key)
async def test_what_a_button_asks_is_answered_by_the_past(tmp_path: Path, step: FirstStep, language: str) -> None:
    """Without a model, by the words of a person, in the language of the button."""
    text = text_of(step, language)
    asked, called = posted(PLACES[step.room], text), text.startswith("@")
    async with library(tmp_path) as room:
        await room.hears(*(said(entry) for entry in planted() if not said(entry).author.is_self))
        pointed = present(await room.asks(asked, addressed=called, now=NOW))
    entry = next(entry for entry in planted() if entry.id == pointed.message.id)
    assert entry.language == language and entry.room_id == step.room
    assert pointed.score >= (CALLED_FROM if called else UNCALLED_FROM) + MARGIN
    quoted = present(re.search("“(.+)”", pointed.text))[1]
    assert pointed.message.text.startswith(quoted) and entry.id in pointed.text


QUESTIONS = [
    ("workshop", "Ben", "@mochi why is my coffee sour?"),
    ("workshop", "Jonas", "@mochi the drawers of my chest stick"),
    ("workshop", "Priya", "@mochi why does my chain skip?"),
    ("workshop", "Marek", "@mochi how do I put a shelf on a crooked wall?"),
    ("workshop", "Priya", "@mochi chair leg is loose, which glue?"),
    ("kitchen", "Ana", "@mochi why does my starter smell of nail varnish?"),
    ("kitchen", "Femi", "@mochi can I freeze tempeh?"),
    ("kitchen", "Femi", "@mochi how do I keep basil alive?"),
    ("kitchen", "Ana", "@mochi my bread is flat, what am I doing wrong?"),
    ("kitchen", "Tomasz", "@mochi what do I do with leftover dumpling filling?"),
    ("feed", "Femi", "@pip which bench gets the last sun?"),
    ("feed", "Dev", "@pip when is the night market?"),
    ("workshop", "Ben", "@mochi 咖啡发酸怎么办"),
    ("workshop", "Marek", "@mochi 墙歪的，书架怎么装？"),
    ("workshop", "Priya", "@mochi 椅子腿松了用什么胶？"),
    ("kitchen", "Femi", "@mochi 天贝能冷冻吗？"),
    ("kitchen", "Ana", "@mochi 面包烤出来是扁的，为什么？"),
    ("kitchen", "Tomasz", "@mochi 剩下的饺子馅怎么办？"),
    ("feed", "Femi", "@pip 公园里哪张长椅能晒到最后一点太阳？"),
    ("feed", "Dev", "@pip 夜市什么时候开？"),
]


async def test_a_newcomer_who_asks_is_pointed_at_who_knew(tmp_path: Path) -> None:
    async with library(tmp_path) as room:
        await room.hears(*(said(entry) for entry in planted() if not said(entry).author.is_self))
        for number, (place, name, text) in enumerate(QUESTIONS):
            pointed = await room.asks(posted(PLACES[place], text, f"q{number}"), now=NOW)
            assert pointed and pointed.message.author.name == name, text
        cat = await room.asks(posted(PLACES["feed"], "@pip what happened to the cat?", "cat"), now=NOW)
        assert cat is None or "Moss" not in cat.text, "grief is nobody's answer"
