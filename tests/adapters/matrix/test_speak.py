"""Speaking through a real Synapse, as another client sees it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.matrix.render import KEY
from bot.types import NotSent, Room, Thread, Undeliverable
from tests.adapters.matrix.parts import adapter_of, by_password, heard, meeting, reply, running, said
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Person, Synapse


@pytest.fixture
async def people(homeserver: Synapse) -> tuple[Person, Person]:
    return await asyncio.gather(homeserver.user("cameo"), homeserver.user("alice"))


async def ours(alice: Person, room: str, bot: Person) -> list[dict[str, Any]]:
    return [e for e in await alice.messages(room) if e["sender"] == bot.id and e["type"] == "m.room.message"]


@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_reply_answers_its_trigger_and_calls_nobody(
    people: tuple[Person, Person], core: FakeCore, version: str
) -> None:
    bot, alice = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core, version=version)
        trigger = await alice.say(room, "hello?", mentions=[bot.id])
        await adapter.typing(Thread(Room("matrix", "-", room)))
        (sent,) = await adapter.send(reply(room, "**hi** @room <script>x</script>", trigger), "turn-1")
        event = await alice.wait_for(room, lambda e: e["event_id"] == sent)
        await core.until(lambda c: any(m.author.is_self for m in c.messages))
    assert event["content"] == {
        "msgtype": "m.text",
        "body": "**hi** @\u2060room <script>x</script>",
        "format": "org.matrix.custom.html",
        "formatted_body": "<strong>hi</strong> @\u2060room &lt;script&gt;x&lt;/script&gt;",
        "m.mentions": {},
        "m.relates_to": {"m.in_reply_to": {"event_id": trigger}},
        KEY: "turn-1/1",
        "org.matrix.msc1767.automated": True,
        "org.cameo": {"ai": True},
    }
    echo = next(m for m in core.messages if m.author.is_self)
    assert (echo.id, echo.reply_to, echo.addressed) == (sent, trigger, False)


async def test_a_reply_in_a_thread_stays_in_it(people: tuple[Person, Person], core: FakeCore) -> None:
    bot, alice = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        root = await alice.say(room, "a post")
        trigger = await alice.say(room, "a comment", thread=root, reply_to=root)
        await core.until(said("a comment"))
        assert heard(core, "a comment").thread.root == root
        long = "word " * 15_000
        ids = await adapter.send(reply(room, long, trigger, root), "turn-2")
        events = [await alice.ask("GET", "rooms", room, "event", each) for each in ids]
    assert len(ids) == 2
    relations = [event["content"]["m.relates_to"] for event in events]
    assert relations[0] == {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": False,
        "m.in_reply_to": {"event_id": trigger},
    }
    assert relations[1] == {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": ids[0]},
    }
    assert [event["content"][KEY] for event in events] == ["turn-2/1", "turn-2/2"]
    assert " ".join(event["content"]["body"] for event in events).split() == long.split()


async def test_the_same_key_is_the_same_message(people: tuple[Person, Person], core: FakeCore) -> None:
    bot, alice = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        trigger = await alice.say(room, "hello?")
        first = await adapter.send(reply(room, "once", trigger), "turn-3")
        assert await adapter.send(reply(room, "once", trigger), "turn-3") == first
    async with running(adapter_of(by_password(bot), core), core):  # (a new start keeps the device, and so the key)
        pass
    assert len(await ours(alice, room, bot)) == 1


async def test_past_the_window_the_room_is_looked_at(people: tuple[Person, Person], core: FakeCore) -> None:
    """Transactions are per device, so a request from another device is new to the homeserver."""
    bot, alice = people
    adapter = adapter_of(by_password(bot), core)
    tried = datetime.now(UTC)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        trigger = await alice.say(room, "hello?")
        long = "word " * 15_000
        first = await adapter.send(reply(room, "once", trigger), "turn-4")
        both = await adapter.send(reply(room, long, trigger), "turn-5")
        deleted = await adapter.send(reply(room, "regretted", trigger), "turn-6")
        await alice.redact(room, deleted[0])
        # the key is still found by the device's transaction id, although a moderator has redacted the event
        assert await adapter.send(reply(room, "regretted", trigger), "turn-6", tried) == deleted
    fresh = FakeCore()
    second = adapter_of(by_password(bot), fresh)
    async with running(second, fresh):
        assert await second.send(reply(room, "once", trigger), "turn-4", tried) == first
        assert await second.send(reply(room, long, trigger), "turn-5", tried) == both
        new = await second.send(reply(room, "never said", "$elsewhere"), "turn-7", tried)
    assert [e["event_id"] for e in await ours(alice, room, bot)] == [*first, *both, *deleted, *new]


async def test_a_word_without_a_turn_answers_nothing_and_is_said_once(
    people: tuple[Person, Person], core: FakeCore
) -> None:
    bot, alice = people
    adapter = adapter_of(by_password(bot), core)
    with pytest.raises(NotSent):
        await adapter.tell(Room("matrix", "-", "!any:localhost"), "x", "word-0")
    async with running(adapter, core):
        room = Room("matrix", "-", await meeting(bot, alice, adapter, core))
        first = await adapter.tell(room, "**hello** @room", "word-1")
        assert await adapter.tell(room, "**hello** @room", "word-1") == first
        assert await adapter.tell(room, "**hello** @room", "word-2") != first
        with pytest.raises(Undeliverable):
            await adapter.tell(room, " ", "word-3")
        secret = await meeting(bot, alice, adapter, core, encrypted=True)
        with pytest.raises(Undeliverable, match="encrypted"):
            await adapter.tell(Room("matrix", "-", secret), "in the clear", "word-4")
    events = await ours(alice, room.id, bot)
    assert [event["content"][KEY] for event in events] == ["word-1/1", "word-2/1"]
    assert all("m.relates_to" not in event["content"] for event in events)
    assert all(event["content"]["m.mentions"] == {} for event in events)


async def test_a_reaction_is_put_once(people: tuple[Person, Person], core: FakeCore) -> None:
    bot, alice = people
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        trigger = await alice.say(room, "hello?")
        for key in ("turn-8", "turn-8", "turn-9"):  # the homeserver refuses the last as a duplicate: already there
            await adapter.react(Room("matrix", "-", room), trigger, "👋", key)
    reactions = [e for e in await alice.messages(room) if e["type"] == "m.reaction"]
    assert [e["content"]["m.relates_to"]["key"] for e in reactions] == ["👋"]


async def test_where_we_may_not_speak_the_message_is_undeliverable(
    people: tuple[Person, Person], core: FakeCore
) -> None:
    bot, alice = people
    adapter = adapter_of(by_password(bot), core)
    with pytest.raises(NotSent):
        await adapter.send(reply("!any:localhost", "x", "$t"), "turn-10")
    async with running(adapter, core):
        stranger = await alice.create_room("private")
        for room, text in ((stranger, "x"), ("!no-such-room:localhost", "x"), (stranger, "  ")):
            with pytest.raises(Undeliverable):
                await adapter.send(reply(room, text, "$t"), f"turn-{room}")
        secret = await meeting(bot, alice, adapter, core, encrypted=True)
        with pytest.raises(Undeliverable, match="encrypted"):
            await adapter.send(reply(secret, "in the clear", "$t"), "turn-11")
        with pytest.raises(Undeliverable):
            await adapter.react(Room("matrix", "-", secret), "$t", "👋", "turn-11")
        await adapter.typing(Thread(Room("matrix", "-", stranger)))  # never raises
        await adapter.preview(Thread(Room("matrix", "-", stranger)), "$t", "turn-12", "unfinished")
    assert not await ours(alice, secret, bot)


async def test_rate_limited_replies_arrive_in_order(slow_homeserver: Synapse, core: FakeCore) -> None:
    bot, alice = await asyncio.gather(slow_homeserver.user("cameo"), slow_homeserver.user("alice"))
    adapter = adapter_of(by_password(bot), core)
    texts = [f"number {number}" for number in range(5)]
    async with running(adapter, core):
        room = await meeting(bot, alice, adapter, core)
        trigger = await alice.say(room, "count, please")
        async with asyncio.TaskGroup() as group:
            sends = [
                group.create_task(adapter.send(reply(room, text, trigger), f"turn-{text}"), name=text) for text in texts
            ]
        await core.until(lambda c: len([m for m in c.messages if m.author.is_self]) == len(texts))
    assert [e["content"]["body"] for e in await ours(alice, room, bot)] == texts
    assert [m.text for m in core.messages if m.author.is_self] == texts
    assert len({each for send in sends for each in send.result()}) == len(texts)
