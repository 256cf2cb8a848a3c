"""Hearing through a real Synapse: members' actions arrive once, in order, as the right events."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.types import Deletion, Edit, Event, Mark, Reaction, Status, StoreError
from tests.adapters.matrix.parts import adapter_of, by_password, heard, meeting, running, said
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Person, Synapse


@pytest.fixture
async def people(homeserver: Synapse) -> tuple[Person, Person, Person]:
    return await asyncio.gather(homeserver.user("cameo"), homeserver.user("alice"), homeserver.user("bob"))


@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_mention_is_addressed_and_a_message_beside_it_is_not(
    people: tuple[Person, Person, Person], core: FakeCore, version: str
) -> None:
    bot, alice, bob = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core, version=version)
        await alice.invite(room, bob.id)
        await bob.join(room)
        await bob.say(room, "good morning")
        root = await alice.say(room, "what do you think?", mentions=[bot.id])
        await bob.say(room, "I think so too", thread=root, reply_to=root)
        await core.until(said("I think so too"))
        assert adapter.status is Status.UP
    plain, called, threaded = (heard(core, t) for t in ("good morning", "what do you think?", "I think so too"))
    assert (called.addressed, called.mentions, called.history) == (True, (bot.id,), False)
    assert (called.author.id, called.author.name, called.author.is_self) == (alice.id, "alice", False)
    assert (called.room.platform, called.room.community, called.room.id) == ("matrix", "-", room)
    assert called.room.name == "Kitchen"
    assert (plain.addressed, plain.thread.root) == (False, None)
    assert (threaded.thread.root, threaded.reply_to, threaded.addressed) == (root, None, False)


async def test_between_two_people_everything_is_addressed_and_notices_are_bots(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, _ = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        await alice.say(room, "just us?")
        await alice.say(room, "beep", kind="m.notice")
        await core.until(said("beep"))
    assert heard(core, "just us?").addressed
    assert heard(core, "beep").author.is_bot


async def test_edits_deletions_and_reactions_of_others(people: tuple[Person, Person, Person], core: FakeCore) -> None:
    bot, alice, bob = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        await alice.invite(room, bob.id)
        await bob.join(room)
        first = await alice.say(room, "teh bread")
        await bob.edit(room, first, "forged")  # anybody can send this; only the author's edit counts
        await alice.edit(room, first, "the bread")
        emoji = await bob.react(room, first, "🍞")
        await bob.redact(room, emoji)
        await alice.redact(room, first)
        await core.until(lambda c: any(isinstance(event, Deletion) for event in c.new))
    edits = [event for event in core.new if isinstance(event, Edit)]
    assert [(edit.message_id, edit.text) for edit in edits] == [(first, "the bread")]
    reactions = [event for event in core.new if isinstance(event, Reaction)]
    assert [(r.message_id, r.author.id, r.emoji, r.removed) for r in reactions] == [
        (first, bob.id, "🍞", False),
        (first, bob.id, "🍞", True),
    ]
    assert [event.message_id for event in core.new if isinstance(event, Deletion)] == [first]


async def test_a_message_deleted_while_we_were_away_is_a_deletion(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, _ = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        secret = await alice.say(room, "my address is ...")
        await core.until(said("my address is ..."))
    await alice.redact(room, secret)
    async with running(adapter_of(by_password(bot), core), core):
        await core.until(lambda c: any(isinstance(e, Deletion) and e.message_id == secret for e in c.new))


async def test_what_was_said_before_our_first_start_and_before_we_came_is_history(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, bob = people
    room = await alice.create_room("Old", invite=[bot.id, bob.id])
    await bot.join(room)
    await bob.join(room)
    for number in range(15):
        await alice.say(room, f"old {number}", mentions=[bot.id])
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        assert [m.text for m in core.messages] == [f"old {number}" for number in range(15)]
        assert all(m.history for m in core.messages)
        later = await alice.create_room("Later")
        await alice.say(later, "before you came", mentions=[bot.id])
        await alice.invite(later, bot.id)
        await core.until(lambda c: f"room/{later}" in c.marks)
        await alice.say(later, "now you are here", mentions=[bot.id])
        await core.until(said("now you are here"))
    assert not heard(core, "now you are here").history
    assert heard(core, "before you came").history


@pytest.mark.parametrize("timeline", [100, 10])
async def test_what_was_said_while_we_were_away_is_heard_once_and_in_order(
    people: tuple[Person, Person, Person], core: FakeCore, timeline: int
) -> None:
    """With a timeline of 10, the sync leaves a gap of 15, which is filled page by page."""
    bot, alice, bob = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        await alice.invite(room, bob.id)
        await bob.join(room)
        await alice.say(room, "bye")
        await core.until(said("bye"))
    for number in range(25):
        await alice.say(room, f"away {number}", mentions=[bot.id] if number == 2 else ())
    second = adapter_of(by_password(bot), core, timeline=timeline)
    async with running(second, core):
        await core.until(said("away 24"))
    heard_now = [m for m in core.messages if m.text.startswith("away")]
    assert [m.text for m in heard_now] == [f"away {number}" for number in range(25)]
    assert [m.text for m in heard_now if m.addressed] == ["away 2"]
    assert not any(m.history for m in heard_now)
    assert {m.author.name for m in heard_now} == {"alice"}


async def test_what_could_not_be_committed_is_heard_again(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, _ = people
    adapter = adapter_of(by_password(bot), core)
    refused: list[str] = []

    async def failing_once(events: Sequence[Event], mark: Mark | None = None) -> None:
        texts = [event.text for event in events if hasattr(event, "text")]
        if "precious" in texts and not refused:
            refused.extend(texts)
            raise StoreError("disk full")
        await core.hear(events, mark)

    async with running(adapter, core, failing_once):
        room = await meeting(bot, alice, adapter, core)
        await alice.say(room, "precious")
        await core.until(said("precious"))
        await alice.say(room, "after")
        await core.until(said("after"))
        assert adapter.status is Status.UP
    assert refused
    assert [m.text for m in core.messages] == ["precious", "after"]


async def test_events_and_the_token_behind_them_share_a_commit(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, _ = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        await alice.say(room, "together")
        await core.until(said("together"))
    assert all("next_batch" in mark for events, mark in core.commits if events)
    assert core.marks["next_batch"] == core.commits[-1][1]["next_batch"]
