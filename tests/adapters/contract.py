"""The contract of adapters, as steps that each platform's test runs on a place of its own.

    @pytest.mark.parametrize("step", STEPS, ids=title)
    async def test_the_contract(step: Step, place: Place) -> None:
        await step(place)

`place` is a fixture that opens a `Place` of the platform, calls `up`, and at the end `down`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from functools import partial

import pytest

from bot.types import (
    PINNED_MOST,
    Answer,
    Asked,
    Deletion,
    Edit,
    Event,
    Membership,
    Message,
    NotSent,
    PlatformError,
    PlatformRefused,
    Reaction,
    Removal,
    Reply,
    Status,
    StoreError,
    Unavailable,
    Undeliverable,
)
from tests.adapters.place import Place
from tests.fakes.waiting import PATIENCE, until

Step = Callable[[Place], Awaitable[None]]


def title(step: Step) -> str:
    return step.__name__


async def event(place: Place, fits: Callable[[Event], bool]) -> Event:
    """Waits for the first event heard that matches."""
    await place.core.until(lambda core: any(map(fits, core.new)))
    return next(one for one in place.core.new if fits(one))


async def heard(place: Place, message_id: str) -> Message:
    found = await event(place, lambda one: isinstance(one, Message) and one.id == message_id)
    assert isinstance(found, Message)
    return found


async def question(place: Place) -> Message:
    """A message of the member's, to answer."""
    return await heard(place, await place.say("Does it rise overnight?"))


def answer(message: Message, text: str = "It does, in the cold.") -> Reply:
    return Reply(message.thread, text, message.id)


def asked(message: Message) -> Asked:
    """A command that the member has given by a message."""
    return Asked(message.id, message.thread, message.author, message.at, message.heard, text="status")


# --- hearing -------------------------------------------------------------------------------------


async def hears_what_a_member_says(place: Place) -> None:
    message = await question(place)
    assert (message.text, message.parts) == ("Does it rise overnight?", ())
    assert message.author.id == place.member and message.author.name
    assert not (message.author.is_self or message.author.is_bot or message.addressed or message.history)
    assert message.room.platform == place.adapter.name and message.room.id
    assert message.heard.tzinfo and message.at.tzinfo


async def hears_a_message_once_however_often_it_comes(place: Place) -> None:
    first = await question(place)
    await place.play_again(first.id)
    last = await heard(place, await place.say("And in the fridge?"))
    assert [each.id for each in place.core.messages if not each.author.is_self] == [first.id, last.id]


async def hears_again_what_could_not_be_stored(place: Place) -> None:
    await question(place)
    place.core.broken = StoreError("the disk is full")
    lost: str | None = None
    with suppress(StoreError):  # on platforms where the member gets an error, nothing was said
        lost = await place.say("And in the fridge?")
    await until(lambda: place.core.refusals > 0)
    place.core.broken = None
    await place.down()
    await place.up()
    if lost:
        await heard(place, lost)


async def hears_what_was_said_while_it_was_down(place: Place) -> None:
    await question(place)
    await place.down()
    with suppress(NotSent):  # the community may be down with its adapter
        said = await place.say("And in the fridge?")
        await place.up()
        await heard(place, said)


async def hears_whom_a_member_answers(place: Place) -> None:
    ids = await place.adapter.send(answer(await question(place)), "turn-1")
    message = await heard(place, await place.say("Thanks!", reply_to=ids[0]))
    assert message.reply_to == ids[0]


async def hears_an_edit(place: Place) -> None:
    message = await question(place)
    await place.edit(message.id, "Does it rise in a day?")
    found = await event(place, lambda one: isinstance(one, Edit))
    assert isinstance(found, Edit)
    assert (found.room, found.message_id, found.text) == (message.room, message.id, "Does it rise in a day?")


async def looks_up_a_message_as_it_is_now(place: Place) -> None:
    message = await question(place)
    found = await place.adapter.message(message.thread, message.id)
    assert found is not None
    assert (found.id, found.text, found.thread) == (message.id, message.text, message.thread)
    assert found.author.id == place.member
    await place.edit(message.id, "Does it rise in a day?")
    await event(place, lambda one: isinstance(one, Edit))
    edited = await place.adapter.message(message.thread, message.id)
    assert edited is not None and edited.text == "Does it rise in a day?"
    await place.delete(message.id)
    await event(place, lambda one: isinstance(one, Deletion))
    assert await place.adapter.message(message.thread, message.id) is None
    assert await place.adapter.message(message.thread, "424242") is None


async def hears_a_deletion(place: Place) -> None:
    message = await question(place)
    await place.delete(message.id)
    found = await event(place, lambda one: isinstance(one, Deletion))
    assert isinstance(found, Deletion) and (found.room, found.message_id) == (message.room, message.id)


async def hears_a_reaction_put_and_taken_off(place: Place) -> None:
    message = await question(place)
    for removed in (False, True):
        await place.react(message.id, "👍", removed=removed)
        found = await event(place, partial(_is_reaction, removed=removed))
        assert isinstance(found, Reaction)
        assert (found.room, found.message_id, found.author.id) == (message.room, message.id, place.member)
        assert found.emoji == "👍" and not found.author.is_self


def _is_reaction(one: Event, *, removed: bool) -> bool:
    return isinstance(one, Reaction) and one.removed is removed


async def passes_typing_signs_on_and_stores_none(place: Place) -> None:
    if not place.adapter.capabilities.typing_signs:
        pytest.skip("the platform gives no signs")
    message = await question(place)
    await place.type(message.thread)
    await until(lambda: (message.thread, place.member) in place.core.signs)
    await place.adapter.typing(message.thread)
    await heard(place, await place.say("That was all."))
    assert {person for _, person in place.core.signs} == {place.member}, "our own typing is no sign"
    assert all(isinstance(one, Message | Membership | Removal) for one in place.core.new)


# --- speaking ------------------------------------------------------------------------------------


async def sends_an_answer(place: Place) -> None:
    message = await question(place)
    ids = await place.adapter.send(answer(message), "turn-1")
    assert len(ids) == 1
    assert await place.said() == ["It does, in the cold."]
    ours = [each for each in place.core.messages if each.id in ids]
    assert all(each.author.is_self for each in ours), "where we hear ourselves, we know it"


async def the_same_key_is_the_same_message(place: Place) -> None:
    message, begun = await question(place), datetime.now(UTC)
    ids = await place.adapter.send(answer(message), "turn-1")
    assert await place.adapter.send(answer(message), "turn-1", begun) == ids
    await place.down()
    await place.up()
    assert await place.adapter.send(answer(message), "turn-1", begun) == ids
    assert await place.said() == ["It does, in the cold."]
    assert await place.adapter.send(answer(message), "turn-2") != ids
    assert await place.said() == ["It does, in the cold."] * 2


async def finds_what_it_has_sent(place: Place) -> None:
    message, begun = await question(place), datetime.now(UTC)
    assert not await place.adapter.find(answer(message), "turn-1", begun)
    await place.adapter.send(answer(message), "turn-1")
    await place.down()
    await place.up()
    assert await place.adapter.find(answer(message), "turn-1", begun)
    other = await heard(place, await place.say("And in summer?"))
    assert not await place.adapter.find(answer(other), "turn-2", begun)
    assert await place.said() == ["It does, in the cold."]


async def a_long_text_comes_in_parts_that_fit(place: Place) -> None:
    message = await question(place)
    words = [f"word{number}" for number in range(600)]
    ids = await place.adapter.send(answer(message, " ".join(words)), "turn-1")
    said = await place.said()
    longest = place.adapter.capabilities.longest_message
    assert len(ids) == len(said) and (longest is None or max(map(len, said)) <= longest)
    assert " ".join(said).split() == words


async def says_a_word_of_its_own_once(place: Place) -> None:
    message = await question(place)
    ids = await place.adapter.tell(message.room, "Hello, I am an AI.", "hello-1")
    assert ids and await place.adapter.tell(message.room, "Hello, I am an AI.", "hello-1") == ids
    assert await place.said() == ["Hello, I am an AI."]
    with pytest.raises(Undeliverable):
        await place.adapter.tell(place.nowhere().room, "Hello?", "hello-2")


async def answers_a_command_once(place: Place) -> None:
    message = await question(place)
    for _ in range(2):
        await place.adapter.answer(asked(message), Answer("Here I answer when I am asked."), "asked-1")
    assert await place.answers() == ["Here I answer when I am asked."]
    if place.adapter.capabilities.private_answers:
        assert await place.said() == [], "nobody else sees it"
    with pytest.raises(Undeliverable):
        await place.adapter.answer(replace(asked(message), thread=place.nowhere()), Answer("Hello?"), "asked-2")
    await place.down()
    with pytest.raises(NotSent):
        await place.adapter.answer(asked(message), Answer("Hello?"), "asked-3")
    await place.up()


async def deletes_what_it_has_said(place: Place) -> None:
    message = await question(place)
    (first,) = await place.adapter.send(answer(message), "turn-1")
    await place.adapter.send(answer(message, "And a night longer."), "turn-2")
    for _ in range(2):
        await place.adapter.delete(message.thread, first)
    assert await place.said() == ["And a night longer."]
    await place.down()
    with pytest.raises(PlatformError):
        await place.adapter.delete(message.thread, first)
    await place.up()


async def puts_a_sign_once(place: Place) -> None:
    message = await question(place)
    for _ in range(2):
        await place.adapter.react(message.room, message.id, "⏳", "turn-1")
    assert await place.signs(message.id) == ["⏳"]


async def takes_a_sign_away_and_no_other(place: Place) -> None:
    message = await question(place)
    await place.adapter.unreact(message.room, message.id, "⏳")
    assert await place.signs(message.id) == []
    for sign in ("⏳", "👍"):
        await place.adapter.react(message.room, message.id, sign, f"turn-{sign}")
    for _ in range(2):
        await place.adapter.unreact(message.room, message.id, "⏳")
    assert await place.signs(message.id) == ["👍"]


async def what_cannot_be_sent_is_undeliverable(place: Place) -> None:
    message = await question(place)
    with pytest.raises(Undeliverable):
        await place.adapter.send(Reply(place.nowhere(), "Hello?", message.id), "turn-1")
    with pytest.raises(Undeliverable):
        await place.adapter.react(place.nowhere().room, message.id, "⏳", "turn-2")
    assert await place.said() == []


async def typing_and_previews_never_raise(place: Place) -> None:
    message = await question(place)
    for thread in (message.thread, place.nowhere()):
        await place.adapter.typing(thread)
        await place.adapter.preview(thread, message.id, "turn-1", "It do")
        await place.adapter.preview(thread, message.id, "turn-1", None)
    await place.down()
    await place.adapter.typing(message.thread)
    await place.adapter.preview(message.thread, message.id, "turn-1", "It do")
    await place.up()
    assert await place.said() == []


async def reads_the_head_of_a_room(place: Place) -> None:
    message = await question(place)
    notes = await place.adapter.notes(message.room)
    assert isinstance(notes.topic, str) and len(notes.pinned) <= PINNED_MOST
    await place.away()
    with suppress(PlatformError):
        await place.adapter.notes(message.room)


async def fetches_the_bytes_of_a_part(place: Place) -> None:
    data, thread = bytes(range(256)) * 8, (await question(place)).thread
    with pytest.raises(Unavailable):
        await place.adapter.fetch(thread, place.core.messages[0].id, 0, 1_000)
    if not place.adapter.capabilities.images_in:
        return
    message = await heard(place, await place.say_with_image(data))
    assert await place.adapter.fetch(message.thread, message.id, 0, len(data)) == data
    with pytest.raises(Unavailable):
        await place.adapter.fetch(message.thread, message.id, 0, len(data) - 1)
    with pytest.raises(Unavailable):
        await place.adapter.fetch(message.thread, message.id, 1, len(data))


# --- faults --------------------------------------------------------------------------------------


async def what_is_said_before_it_is_up_was_surely_not_sent(place: Place) -> None:
    message = await question(place)
    await place.down()
    with pytest.raises(NotSent):
        await place.adapter.send(answer(message), "turn-1")
    with pytest.raises(NotSent):
        await place.new_adapter().tell(message.room, "Hello, I am an AI.", "hello-1")
    await place.up()
    assert await place.said() == []


async def away_is_not_undeliverable_and_sends_once_when_back(place: Place) -> None:
    message, begun = await question(place), datetime.now(UTC)
    await place.away()
    with pytest.raises(PlatformError) as error:
        await place.adapter.send(answer(message), "turn-1")
    assert not isinstance(error.value, Undeliverable | PlatformRefused)
    await place.back()
    await place.adapter.send(answer(message), "turn-1", begun)
    assert await place.said() == ["It does, in the cold."]
    await heard(place, await place.say("Back again?"))


async def refused_is_for_good(place: Place) -> None:
    adapter = place.refused()
    if adapter is None:
        pytest.skip("the platform refuses nobody")
    with pytest.raises(PlatformRefused) as error:
        async with asyncio.timeout(PATIENCE):
            await adapter.run(place.core.hear, place.core.typing)
    assert str(error.value) and "\n" not in str(error.value), "one clear line for the manager"
    assert adapter.status is Status.REFUSED


async def what_it_can_do_is_fixed(place: Place) -> None:
    with pytest.raises(FrozenInstanceError):
        place.adapter.capabilities.live_preview = True  # type: ignore[misc]
    assert place.new_adapter().capabilities == place.adapter.capabilities


STEPS: tuple[Step, ...] = (
    hears_what_a_member_says,
    hears_a_message_once_however_often_it_comes,
    hears_again_what_could_not_be_stored,
    hears_what_was_said_while_it_was_down,
    hears_whom_a_member_answers,
    hears_an_edit,
    looks_up_a_message_as_it_is_now,
    hears_a_deletion,
    hears_a_reaction_put_and_taken_off,
    passes_typing_signs_on_and_stores_none,
    sends_an_answer,
    the_same_key_is_the_same_message,
    finds_what_it_has_sent,
    a_long_text_comes_in_parts_that_fit,
    says_a_word_of_its_own_once,
    answers_a_command_once,
    deletes_what_it_has_said,
    puts_a_sign_once,
    takes_a_sign_away_and_no_other,
    what_cannot_be_sent_is_undeliverable,
    typing_and_previews_never_raise,
    reads_the_head_of_a_room,
    fetches_the_bytes_of_a_part,
    what_is_said_before_it_is_up_was_surely_not_sent,
    away_is_not_undeliverable_and_sends_once_when_back,
    refused_is_for_good,
    what_it_can_do_is_fixed,
)
