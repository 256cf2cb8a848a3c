"""Who may read what in a room: compared with what a real homeserver shows each member, and with odd ones."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix.rooms import RoomInfo, dumped, loaded
from adapters.matrix.roster import membership
from adapters.matrix.visibility import Visibility
from bot.remember.memory import Memory
from bot.remember.store import Store
from bot.remember.visibility import Viewer
from bot.types import ALL_MEMBERS, Audience, Membership, Message, Presence, Room
from tests.adapters.matrix.parts import JumpClock, adapter_of, by_password, running, said, settings_for
from tests.adapters.matrix.scripted import OWN, WHO, Answer, error, scripted
from tests.fakes.core import FakeCore
from tests.fakes.database import migrated
from tests.fakes.synapse import Event, Person, Synapse

ANYONE, MEMBERS, INVITED, PRESENT, _ = Audience
VISIBILITIES = {"world_readable": ANYONE, "shared": MEMBERS, "invited": INVITED, "joined": PRESENT}
STEPS = 45


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    migrated(tmp_path / "cameo.db")
    store = await Store.open(tmp_path / "cameo.db")
    yield store
    await store.close()


async def kept(core: FakeCore, store: Store) -> None:
    """Stores what the adapter has told, in order."""
    for event in core.new:
        if isinstance(event, Message):
            await store.write(lambda tx, event=event: tx.add_messages([event]))  # type: ignore[misc]
        elif isinstance(event, Membership):
            await store.write(lambda tx, event=event: tx.attend(event))  # type: ignore[misc]


# --- a real homeserver ---------------------------------------------------------------------------


class Life:
    """A room in which people come and go, talk, and change who may read it, at random."""

    def __init__(self, chance: random.Random, room: str, people: Sequence[Person]):
        self.chance, self.room, self.people = chance, room, people
        self.here, self.asked = {people[0]}, set[Person]()
        self.lines = 0

    async def step(self) -> None:
        host = self.people[0]
        who = self.chance.choice(self.people[1:])
        match self.chance.choice(["talk"] * 6 + ["see", "move", "move", "move"]):
            case "see":
                seen = {"history_visibility": self.chance.choice(list(VISIBILITIES))}
                await host.set_state(self.room, "m.room.history_visibility", seen)
            case "move" if who in self.here:
                await (who.leave(self.room) if self.chance.random() < 0.5 else host.kick(self.room, who.id))
                self.here.remove(who)
            case "move" if who in self.asked:
                self.asked.remove(who)
                await who.join(self.room)
                self.here.add(who)
            case "move":
                await host.invite(self.room, who.id)
                self.asked.add(who)
            case _:
                self.lines += 1
                speaker = self.chance.choice(sorted(self.here, key=lambda one: one.id))
                await speaker.say(self.room, f"line {self.lines} of bread")


async def shown_by(person: Person, room: str) -> set[str]:
    """The messages that the homeserver shows to a member."""
    return {event["event_id"] for event in await person.messages(room) if event["type"] == "m.room.message"}


@pytest.mark.parametrize(
    ("seed", "timeline", "restarts"), [(1, 100, 0), (2, 100, 0), (3, 100, 3), (4, 3, 3), (5, 3, 4)]
)
async def test_no_member_sees_what_the_homeserver_hides_from_them(
    homeserver: Synapse, core: FakeCore, store: Store, seed: int, timeline: int, restarts: int
) -> None:
    """Also after restarts, and when a sync leaves out most of what was missed."""
    bot, *people = await asyncio.gather(*(homeserver.user(name) for name in ("cameo", "ann", "ben", "eve", "fay")))
    chance = random.Random(seed)
    start = chance.choice(list(VISIBILITIES))
    room = await people[0].create_room("Kitchen", invite=[bot.id], history=start)
    life = Life(chance, room, people)
    for part in range(restarts + 1):
        async with AsyncExitStack() as stack:
            adapter = adapter_of(by_password(bot), core, timeline=timeline)
            await stack.enter_async_context(running(adapter, core))
            await core.until(lambda core: f"room/{room}" in core.marks)
            for _ in range(STEPS // (restarts + 1)):
                await life.step()
            await people[0].say(room, f"part {part} is over")
            await core.until(said(f"part {part} is over"))
        for _ in range(4 * (part < restarts)):
            await life.step()
    await kept(core, store)
    there = Room("matrix", "-", room)
    least = None
    for person in life.here:
        seen = {one.id for one in await Memory(store).room(Viewer(there, person.id), 1000)}
        allowed = await shown_by(person, room)
        assert seen <= allowed
        assert len(allowed - seen) <= len(allowed) / 4, "what is unknown is little"
        least = allowed if least is None else least & allowed
    assert least is not None
    assert {one.id for one in await Memory(store).room(Viewer(there, ALL_MEMBERS), 1000)} <= least


async def test_a_room_from_before_cameo_kept_this_is_asked_about(
    homeserver: Synapse, core: FakeCore, store: Store
) -> None:
    bot, ann = await asyncio.gather(homeserver.user("cameo"), homeserver.user("ann"))
    room = await ann.create_room("Kitchen", invite=[bot.id])
    async with running(adapter_of(by_password(bot), core), core):
        await core.until(lambda core: f"room/{room}" in core.marks)
    core.marks[f"room/{room}"] = f'{{"id": "{room}", "joined": 2}}'
    async with running(adapter_of(by_password(bot), core), core):
        await ann.say(room, "first")
        await core.until(said("first"))
        await ann.say(room, "second")
        await core.until(said("second"))
    found = {message.text: message.audience for message in core.messages}
    assert found == {"first": PRESENT, "second": MEMBERS}, "what was said before the answer may have been narrower"


# --- an odd homeserver ---------------------------------------------------------------------------

ROOM = "!r:localhost"
THERE = Room("matrix", "-", ROOM)
NOON = 1_767_614_400_000


def state(kind: str, content: Event, key: str = "", at: int = 0, was: Event | None = None) -> Event:
    made = {"type": kind, "state_key": key, "content": content, "event_id": f"$s{kind}{key}{at}", "sender": "@a:x"}
    return made | {"origin_server_ts": NOON + at, "unsigned": {} if was is None else {"prev_content": was}}


def seen_by(value: object, at: int = 0, was: str | None = None) -> Event:
    before = None if was is None else {"history_visibility": was}
    return state("m.room.history_visibility", {"history_visibility": value}, at=at, was=before)


def member(name: str, now: str, at: int = 0, was: str | None = None) -> Event:
    return state("m.room.member", {"membership": now}, f"@{name}:x", at, was and {"membership": was})  # type: ignore[arg-type]


def line(text: str, at: int) -> Event:
    content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
    sent = {"sender": "@a:x", "origin_server_ts": NOON + at, "content": content}
    return {"type": "m.room.message", "event_id": f"${text}", **sent}


def response(number: int, events: list[Event], *, state: Sequence[Event] = (), **timeline: Any) -> Answer:
    part = {"timeline": {"events": events, **timeline}, "state": {"events": list(state)}}
    return 200, {
        "next_batch": f"s{number}",
        "rooms": {"join": {ROOM: part | {"summary": {"m.joined_member_count": 4}}}},
    }


KNOWN = dumped(RoomInfo(ROOM, joined=4, visibility=Visibility("joined"), roster=True))


Others = dict[str, list[Answer]]


async def told(core: FakeCore, *answers: Answer, known: str = KNOWN, others: Others | None = None) -> None:
    """Lets the adapter hear these sync responses, in a room that it knows; `others` answer other requests, in order."""
    core.marks |= {"next_batch": "s0", "account": OWN, f"room/{ROOM}": known}

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        if request == "GET sync":
            number = int(query["since"][1:])
            return answers[number] if number < len(answers) else (200, {"next_batch": query["since"]})
        return next((given.pop(0) for part, given in (others or {}).items() if part in request and given), WHO)

    async with (
        scripted(answer) as server,
        running(adapter_of(settings_for(server.url, token="t", token_env="MATRIX_TOKEN"), core, JumpClock()), core),
    ):
        await core.until(lambda core: core.marks["next_batch"] == f"s{len(answers)}")


def audiences(core: FakeCore) -> dict[str, Audience]:
    return {message.text: message.audience for message in core.messages}


@pytest.mark.parametrize("value", [None, 7, [], {}, "", "Shared", "world_readable ", "members", "x" * 100_000])
async def test_what_is_not_understood_is_for_those_present(core: FakeCore, value: object) -> None:
    known = dumped(RoomInfo(ROOM, joined=4, visibility=Visibility("shared")))
    await told(core, response(1, [line("a", 1), seen_by(value, 2), line("b", 3)]), known=known)
    assert audiences(core) == {"a": MEMBERS, "b": PRESENT}


async def test_late_messages_have_the_narrower_audience(core: FakeCore) -> None:
    """The homeserver judges a message by the state where it was sent, which a sync does not tell."""
    events = [line("a", 1), seen_by("shared", 10), line("late", 5), line("b", 11), seen_by("world_readable", 20)]
    events += [line("later", 15), line("c", 20), {**line("timeless", 0), "origin_server_ts": "yesterday"}]
    await told(core, response(1, events))
    wanted = {"a": PRESENT, "late": PRESENT, "b": MEMBERS, "later": MEMBERS, "c": ANYONE, "timeless": MEMBERS}
    assert audiences(core) == wanted


@pytest.mark.parametrize(
    ("was", "first"), [("joined", PRESENT), ("invited", INVITED), ("shared", MEMBERS), (None, PRESENT)]
)
async def test_a_change_inside_the_past_that_a_sync_left_out(core: FakeCore, was: str | None, first: Audience) -> None:
    """Too long a gap: where it begins, only the first change tells what was before."""
    page = [line("b", 3), seen_by("world_readable", 2, was), line("a", 1)]
    pages = {"/messages": [(200, {"chunk": page, "end": "p"}), error(403, "M_FORBIDDEN")]}
    limited = response(1, [line("c", 4)], state=[seen_by("world_readable", 2)], limited=True, prev_batch="p0")
    await told(core, limited, others=pages)
    assert audiences(core) == {"a": first, "b": ANYONE, "c": ANYONE}


async def test_a_gap_that_is_not_filled_makes_everybody_unknown(core: FakeCore, store: Store) -> None:
    """Eve may have left and returned while nothing was heard. Whoever the new list names is known from then on."""
    first = response(1, [line("old", 1)])
    gap = response(2, [line("new", 9)], limited=True, prev_batch="p0")
    listing = {"/members": [(200, {"chunk": [member("eve", "join"), member("a", "join"), member("ben", "ban")]})]}
    joins = Membership(THERE, "@eve:x", Presence.JOINED), Membership(THERE, "@ben:x", Presence.JOINED)
    core.new.extend(joins)
    refused = {"/messages": [error(403, "M_FORBIDDEN")]}
    await told(core, first, gap, others=refused | listing)
    await kept(core, store)
    memory = Memory(store)
    assert [one.text for one in await memory.room(Viewer(THERE, "@eve:x"), 9)] == ["old", "new"]
    assert [one.text for one in await memory.room(Viewer(THERE, "@ben:x"), 9)] == ["old"]
    assert [one.text for one in await memory.room(Viewer(THERE, ALL_MEMBERS), 9)] == ["new"]
    left = [event for event in core.new if isinstance(event, Membership) and event.member == ALL_MEMBERS]
    assert [event.presence for event in left] == [Presence.LEFT, Presence.JOINED]


async def test_without_a_list_of_members_only_those_who_speak_are_known(core: FakeCore, store: Store) -> None:
    known = dumped(RoomInfo(ROOM, joined=4, visibility=Visibility("joined")))
    answers = [
        response(1, [line("one", 1)], state=[member("a", "join")], prev_batch="p"),
        response(2, [line("two", 2)], state=[member("a", "join"), member("eve", "join")], prev_batch="p"),
        response(3, [line("three", 3)], prev_batch="p"),
    ]
    refused = {"/members": [error(403, "M_FORBIDDEN")]}
    await told(core, *answers, known=known, others=refused)
    await kept(core, store)
    seen = [[one.text for one in await Memory(store).room(Viewer(THERE, who), 9)] for who in ("@eve:x", ALL_MEMBERS)]
    assert seen == [["two", "three"], []]


async def test_a_room_that_opens_and_closes_again(core: FakeCore, store: Store) -> None:
    """While it is open, nobody's arrival is kept; when it closes, everybody is listed again."""
    events = [line("a", 1), seen_by("shared", 2), member("eve", "join", 3), line("b", 4)]
    closes = [seen_by("joined", 5), line("c", 6), member("fay", "join", 7), line("d", 8)]
    listing = {"/members": [(200, {"chunk": [member("a", "join"), member("eve", "join")]})]}
    core.new.extend(Membership(THERE, who, Presence.JOINED) for who in ("@a:x", ALL_MEMBERS))
    await told(core, response(1, events, prev_batch="p"), response(2, closes, prev_batch="q"), others=listing)
    arrivals = [event for event in core.new if isinstance(event, Membership) and event.member == "@eve:x"]
    assert [(event.listed, event.tracked) for event in arrivals] == [(False, False), (True, True)]
    await kept(core, store)
    memory = Memory(store)
    seen = {who: [one.text for one in await memory.room(Viewer(THERE, f"@{who}:x"), 9)] for who in ("a", "eve", "fay")}
    assert seen == {"a": ["a", "b", "c", "d"], "eve": ["b", "c", "d"], "fay": ["b", "d"]}
    assert [one.text for one in await memory.room(Viewer(THERE, ALL_MEMBERS), 9)] == ["b", "d"]


# --- pure ----------------------------------------------------------------------------------------

INFO = RoomInfo(ROOM, visibility=Visibility("joined"))


@pytest.mark.parametrize(
    "odd",
    [
        member("eve", "join") | {"state_key": 7},
        member("eve", "join") | {"state_key": ""},
        member("eve", "join") | {"state_key": "x" * 256},
        member("eve", "join") | {"content": {"membership": ["join"]}},
        member("eve", "join") | {"content": None},
        member("eve", "join") | {"state_key": OWN},
        {"type": "m.room.member"},
        {},
    ],
)
def test_no_membership_in_a_malformed_event(odd: Event) -> None:
    assert membership(odd, INFO, OWN) is None


@pytest.mark.parametrize(
    ("now", "was", "presence", "listed"),
    [
        ("join", "invite", Presence.JOINED, False),
        ("join", None, Presence.JOINED, False),
        ("join", "join", Presence.JOINED, True),  # a new name
        ("invite", "leave", Presence.INVITED, False),
        ("leave", "join", Presence.LEFT, False),
        ("ban", "join", Presence.LEFT, False),
        ("knock", "leave", Presence.LEFT, False),
        ("of.their.own", "join", Presence.LEFT, False),
    ],
)
def test_memberships(now: str, was: str | None, presence: Presence, listed: bool) -> None:
    assert membership(member("eve", now, was=was), INFO, OWN) == Membership(THERE, "@eve:x", presence, listed)


@pytest.mark.parametrize(
    "info", [INFO, RoomInfo(ROOM), RoomInfo(ROOM, visibility=Visibility("a", "b", 3), roster=True)]
)
def test_a_room_comes_back_from_its_mark(info: RoomInfo) -> None:
    assert loaded(dumped(info)) == info
    assert loaded('{"id": "!r:x"}') == RoomInfo("!r:x"), "as an older version kept it"
    assert loaded('{"id": "!r:x", "visibility": []}') is None
