"""Invitations, and leaving or losing rooms, on a real Synapse."""

import asyncio
from collections.abc import Callable

import pytest

from bot.types import Undeliverable
from tests.adapters.matrix.parts import adapter_of, by_password, meeting, reply, running, said
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Event, Person, Synapse


@pytest.fixture
async def people(homeserver: Synapse) -> tuple[Person, Person, Person]:
    return await asyncio.gather(homeserver.user("cameo"), homeserver.user("alice"), homeserver.user("stranger"))


def membership_of(person: Person, *kinds: str) -> Callable[[Event], bool]:
    return lambda e: e.get("state_key") == person.id and e["content"].get("membership") in kinds


async def test_the_invited_come_at_once_and_strangers_are_declined(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, stranger = people
    adapter = adapter_of(by_password(bot, invites_from=("@alice*:localhost",)), core)
    async with running(adapter, core):
        welcome, other = await asyncio.gather(alice.create_room("welcome"), stranger.create_room("other"))
        await alice.invite(welcome, bot.id)
        invited = await alice.wait_for(welcome, membership_of(bot, "invite"))
        joined = await alice.wait_for(welcome, membership_of(bot, "join"))
        assert joined["origin_server_ts"] - invited["origin_server_ts"] <= 2000  # milliseconds, by the homeserver
        await stranger.invite(other, bot.id)
        declined: Event = await stranger.wait_for(other, membership_of(bot, "leave"))
        await core.until(lambda c: not any(mark.startswith("invite/") for mark in c.marks))
    assert "operator" in declined["content"]["reason"]
    assert f"room/{other}" not in core.marks


async def test_an_invitation_waits_in_its_mark_until_somebody_is_named(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, _ = people
    async with running(adapter_of(by_password(bot, invites_from=()), core), core):
        room = await alice.create_room("patience", invite=[bot.id])
        await core.until(lambda c: f"invite/{room}" in c.marks)
    assert core.marks[f"invite/{room}"] == alice.id
    async with running(adapter_of(by_password(bot, invites_from=(alice.id,)), core), core):
        await core.until(lambda c: f"room/{room}" in c.marks and f"invite/{room}" not in c.marks)


async def test_a_room_that_we_were_thrown_out_of_is_forgotten(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, _ = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        trigger = await alice.say(room, "goodbye", mentions=[bot.id])
        await core.until(said("goodbye"))
        await alice.kick(room, bot.id)
        await core.until(lambda c: f"room/{room}" not in c.marks)
        with pytest.raises(Undeliverable, match="M_FORBIDDEN"):
            await adapter.send(reply(room, "but", trigger), "turn-1")
        await alice.say(room, "while you were out")
        await alice.invite(room, bot.id)  # and back again: messages in between are history
        await core.until(lambda c: f"room/{room}" in c.marks)
        await alice.say(room, "welcome back")
        await core.until(said("welcome back"))
    is_history = {m.text: m.history for m in core.messages}
    assert (is_history["while you were out"], is_history["welcome back"]) == (True, False)


async def test_encrypted_rooms_spaces_and_replaced_rooms_are_not_heard(
    people: tuple[Person, Person, Person], core: FakeCore
) -> None:
    bot, alice, _ = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        secret = await meeting(bot, alice, adapter, core, encrypted=True)
        space = await meeting(bot, alice, adapter, core, space=True)
        room = await meeting(bot, alice, adapter, core)
        await alice.say(secret, "in the clear, by mistake")
        await alice.say(space, "in a space")
        await alice.say(room, "before the move")
        replaced = await alice.ask("POST", "rooms", room, "upgrade", body={"new_version": "12"})
        await core.until(lambda c: '"gone":true' in c.marks[f"room/{room}"])
        await alice.set_state(room, "m.room.power_levels", {"events_default": 0, "users": {alice.id: 100}})
        await alice.say(room, "after the move")
        await alice.invite(replaced["replacement_room"], bot.id)
        await core.until(lambda c: f"room/{replaced['replacement_room']}" in c.marks)
        await alice.say(replaced["replacement_room"], "in the new room")
        await core.until(said("in the new room"))
    assert [m.text for m in core.messages] == ["before the move", "in the new room"]
    assert core.messages[-1].room.name == "Kitchen"
