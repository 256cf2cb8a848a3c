"""What a new community begins with: the same posts in each language, and examples that are true to the rules."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters import shapes
from adapters.local.entries import Entry, from_json, to_json
from adapters.local.seed import SEED_FILES, seeded_entries
from adapters.local.settings import ROOMS, community_room
from adapters.local.text import clean_text
from bot.decide.reasons import Reason
from bot.explain.words import LANGUAGES
from bot.live.policy import read_policy
from bot.measure.replay import Considered, Replay
from bot.types import Message, Room
from bot.write.guard import look
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.local_house import local_adapter, running, voice
from tests.fakes.present import present
from tests.fakes.shipped import reference, shipped_words

PLACES = {name: community_room(name) for name in ROOMS}
NOW = VirtualClock().now()
POLICY = read_policy(Path(__file__).parents[3] / "config.yaml", {}, shapes())
HAN = re.compile("[\u4e00-\u9fff]")


def planted(language: str | None = None) -> list[Entry]:
    entries = seeded_entries(PLACES, NOW, voice)
    return [entry for entry in entries if language in (None, entry.language)]


def said(entry: Entry) -> Message:
    return present(entry.message)


def test_every_language_has_the_same_posts() -> None:
    assert sorted(path.stem for path in SEED_FILES.iterdir()) == sorted(LANGUAGES)
    shape = {
        language: [
            (said(e).author, e.at, e.room_id, e.is_post, e.example, e.reactions) for e in planted(language)
        ]
        for language in LANGUAGES
    }  # fmt: skip
    assert shape["en"] == shape["zh"]
    for language in LANGUAGES:
        assert all(bool(HAN.search(said(entry).text)) == (language == "zh") for entry in planted(language))


def test_the_seed_is_a_past_that_people_could_have_written() -> None:
    entries = planted()
    assert len({entry.id for entry in entries}) == len(entries)
    assert [entry.order for entry in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        assert said(entry).text == clean_text(said(entry).text) and said(entry).history
        assert timedelta(0) < NOW - entry.at < timedelta(days=3)
        assert from_json(f"message/{entry.id}", to_json(entry), PLACES) == entry


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_room_shows_us_at_work(language: str) -> None:
    words, shown = shipped_words(), defaultdict[str, set[str]](set)
    for entry in planted(language):
        if entry.example:
            assert words.say(f"reason.{Reason(entry.example)}.member", language)
            shown[entry.room_id].add(entry.example)
        assert not said(entry).author.is_self or (entry.example and said(entry).reply_to == entry.thread_id)
    assert shown["kitchen"] == {Reason.UNANSWERED, Reason.SOMEONE_ANSWERED}
    assert shown["workshop"] == {Reason.ADDRESSED, Reason.JOIN_MENTIONS}
    assert shown["feed"] == {Reason.EVERY_POST, Reason.PAINFUL}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_shows_what_the_rules_would_do(language: str) -> None:
    """The replay of what people said, by the shipped config.yaml: it speaks in the examples where we do, when we do,
    and is silent in the others, for the reason that they name."""
    ended: dict[str, Considered] = {}
    settings = POLICY.settings
    replay = Replay(settings, POLICY.personas, reference(), lambda one: ended.update({one.turn.trigger: one}))
    for entry in planted(language):
        message = said(entry)
        if not message.author.is_self:
            calls = message.text.startswith("@mochi")
            replay.hear(replace(message, heard=message.at, history=False, addressed=calls))
    replay.finish()
    examples = [entry for entry in planted(language) if entry.example]
    for entry in examples:
        done = ended[entry.thread_id]
        reason = Reason.MEANT_FOR_OTHERS if entry.example == Reason.PAINFUL else entry.example
        assert (done.reason, done.spoke) == (reason, not entry.is_post or speaks(entry, examples)), entry.id
        if said(entry).author.is_self:
            assert abs(done.at - entry.at) < timedelta(minutes=1), entry.id


def speaks(post: Entry, examples: list[Entry]) -> bool:
    return any(said(one).author.is_self for one in examples if one.thread_id == post.id)


@pytest.mark.parametrize("entry", [e for e in planted() if said(e).author.is_self], ids=lambda e: e.id)
def test_what_we_say_in_an_example_would_pass_as_a_draft(entry: Entry) -> None:
    persona = POLICY.personas[POLICY.rule(PLACES[entry.room_id]).persona]
    seen = look(said(entry).text, persona, addressed=entry.example == Reason.ADDRESSED)
    assert (seen.text, seen.reason) == (said(entry).text, "fine")
    assert said(entry).author.name == persona.name
    assert said(entry).text not in [example.reply for example in persona.examples]


def test_where_another_persona_speaks_the_examples_are_its_silence_only() -> None:
    def juniper(room: Room) -> str:
        return "Juniper"

    ours = {entry.thread_id for entry in planted() if said(entry).author.is_self}
    entries = seeded_entries(PLACES, NOW, juniper)
    assert not any(said(entry).author.is_self for entry in entries)
    assert ours and not any(entry.example for entry in entries if entry.thread_id in ours)
    assert {entry.example for entry in entries} == {"", "someone_answered", "join_mentions", "painful"}
    people = [(e.id, said(e).text) for e in planted() if not said(e).author.is_self]
    assert [(e.id, said(e).text) for e in entries] == people


async def test_the_core_hears_people_only_and_the_examples_come_back_after_a_restart() -> None:
    core, clock = FakeCore(), VirtualClock()
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        shown = [entry for entry in adapter.community.entries.values() if entry.example]
        assert any(said(entry).author.is_self for entry in shown)
        assert not any(message.author.is_self for message in core.messages)
        assert len(core.messages) == len([e for e in planted() if not said(e).author.is_self])
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        assert [entry for entry in adapter.community.entries.values() if entry.example] == shown


async def test_an_example_goes_with_the_post_that_it_answers() -> None:
    core, clock = FakeCore(), VirtualClock()
    async with running(local_adapter(core, seed=True, clock=clock), core) as adapter:
        ours = next(e for e in adapter.community.entries.values() if said(e).author.is_self)
        await adapter.community.delete(ours.thread_id)
        assert adapter.community.standing(ours.id) is None
        assert await adapter.community.purge(clock.now()) == len(planted())
        assert not adapter.community.entries
