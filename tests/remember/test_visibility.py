"""What a viewer sees of the past: threads, rooms and recall, against a plain model of the rules.

The model is the rule of the Matrix specification ("room history visibility"), told event by event: it knows, for each
message, who was there and who was invited at that moment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.remember.memory import Memory
from bot.remember.schema import stays
from bot.remember.stays import member_token
from bot.remember.store import Store
from bot.remember.visibility import Viewer, viewer_of
from bot.types import ALL_MEMBERS, Audience, Author, Membership, Message, PastReaders, Presence, Room

from .makers import KITCHEN, WORKSHOP, deletion, edit, ids, later, message
from .test_round_trip import Bench, bench, many

__all__ = ["bench"]  # a fixture

PEOPLE = ("ann", "ben", "eve")
ANYONE, MEMBERS, INVITED, PRESENT, NOBODY = Audience
WORD = "bread"


def said(id: str, author: str, audience: Audience = MEMBERS, **rest: Any) -> Message:
    return message(id, f"{WORD} {id}", author=Author(author, author.title()), audience=audience, **rest)


def comes(member: str, presence: Presence = Presence.JOINED, *, room: Room = KITCHEN, **rest: Any) -> Membership:
    return Membership(room, member, presence, **rest)


def leaves(member: str, **rest: Any) -> Membership:
    return comes(member, Presence.LEFT, **rest)


async def happen(store: Store, *events: Message | Membership) -> None:
    for event in events:
        if isinstance(event, Message):
            await store.write(lambda tx, event=event: tx.add_messages([event]), durable=False)  # type: ignore[misc]
        else:
            await store.write(lambda tx, event=event: tx.attend(event), durable=False)  # type: ignore[misc]


async def seen(store: Store, viewer: Viewer, root: str | None = None) -> list[str]:
    """The ids that a viewer sees; the same by every way in which a prompt gets them."""
    memory = Memory(store)
    room = ids(await memory.room(viewer, 99))
    thread = ids(await memory.thread(viewer, message("x", room=viewer.room, root=root).thread, 99))
    recalled = await memory.recall(viewer, WORD, limit=99)
    found = sorted(ids(each.message for each in recalled))
    assert sorted(room) == sorted(thread) == found
    beside = {one.id for each in recalled for one in each.messages}
    assert beside == set(found)
    return room


async def kept(store: Store) -> Sequence[Any]:
    """The stays that are stored."""

    async def rows(connection: AsyncConnection) -> Sequence[Any]:
        return (await connection.execute(stays.select())).all()

    return await store.ask(rows)


# --- one by one ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "came_before", "came_later", "was_invited"),
    [
        (ANYONE, True, True, True),
        (MEMBERS, True, True, True),
        (INVITED, True, False, True),
        (PRESENT, True, False, False),
    ],
)
async def test_each_audience(
    store: Store, audience: Audience, came_before: bool, came_later: bool, was_invited: bool
) -> None:
    await happen(
        store, comes("ann"), comes("ben"), comes("fay", Presence.INVITED), said("old", "ann", audience),
        comes("eve"), comes("fay"), said("b", "ben"), said("e", "eve"), said("f", "fay"),
    )  # fmt: skip
    for asker, sees in (("ben", came_before), ("eve", came_later), ("fay", was_invited), ("ann", True)):
        shown = await seen(store, Viewer(KITCHEN, asker))
        assert ("old" in shown) is sees, asker
        assert {"b", "e", "f"} <= set(shown)


async def test_a_thread_from_before_somebody_came(store: Store) -> None:
    await happen(
        store, comes("ann"), said("t", "ann", PRESENT, root="t"), said("t1", "ann", PRESENT, root="t"), comes("eve"),
        said("t2", "eve", PRESENT, root="t"), said("t3", "ann", PRESENT, root="t"),
    )  # fmt: skip
    assert await seen(store, Viewer(KITCHEN, "eve"), "t") == ["t2", "t3"]
    assert await seen(store, Viewer(KITCHEN, "ann"), "t") == ["t", "t1", "t2", "t3"]


async def test_hidden_messages_take_no_place_of_others(store: Store) -> None:
    hidden = [said(f"h{n}", "ann", PRESENT) for n in range(40)]
    await happen(store, comes("ann"), said("open", "ann"), *hidden[:20], comes("eve"), said("asked", "eve"))
    await happen(store, *(said(f"k{n}", "ann", PRESENT, room=WORKSHOP) for n in range(20)))
    eve = Viewer(KITCHEN, "eve", "asked")
    memory = Memory(store)
    assert [each.message.id for each in await memory.recall(eve, WORD, limit=1, exclude={"asked"})] == ["open"]
    assert ids(await memory.room(eve, 2)) == ids(await memory.thread(eve, message("x").thread, 2)) == ["open", "asked"]


async def test_neighbours_are_as_hidden_as_what_is_found(store: Store) -> None:
    quiet = message("before", "nothing", author=Author("ann", "Ann"), audience=PRESENT)
    await happen(store, comes("ann"), quiet, said("hit", "ann"), comes("eve"), said("asked", "eve"))
    [found] = await Memory(store).recall(Viewer(KITCHEN, "eve"), "hit", limit=9)
    assert ids(found.messages) == ["hit", "asked"]
    [found] = await Memory(store).recall(Viewer(KITCHEN, "ann"), "hit", limit=9)
    assert ids(found.messages) == ["before", "hit", "asked"]


async def test_other_rooms_are_never_shown(store: Store) -> None:
    await happen(store, said("here", "ann"), said("there", "ann", ANYONE, room=WORKSHOP), said("asked", "eve"))
    assert await seen(store, Viewer(KITCHEN, "ann", "there")) == ["here", "asked"], "not even what they have written"


async def test_who_left_does_not_see_what_was_said_since(store: Store) -> None:
    """Also where no arrivals are kept, and also after an edit."""
    gone = leaves("eve", tracked=False)
    await happen(store, said("a", "ann"), said("asked", "eve"), gone, said("b", "ann"), said("w", "ann", ANYONE))
    eve = Viewer(KITCHEN, "eve", "asked")
    assert await seen(store, eve) == ["a", "asked", "w"]
    await store.write(lambda tx: tx.edit(edit("a", f"{WORD} and what I think of Eve")))
    assert await seen(store, eve) == ["asked", "w"]
    await happen(store, comes("eve", tracked=False), said("c", "ann"))
    assert await seen(store, eve) == ["a", "asked", "b", "w", "c"]


async def test_only_authors_departures_are_kept_where_nothing_else_depends_on_them(store: Store) -> None:
    await happen(store, said("a", "ann"), leaves("lurker", tracked=False), comes("ben", tracked=False))
    await happen(store, comes("fay", Presence.INVITED, tracked=False), comes("ann", tracked=False, listed=True))
    assert await kept(store) == []
    await happen(store, leaves("ann", tracked=False))
    assert [row.member for row in await kept(store)] == [member_token(KITCHEN, "ann")]


async def test_no_id_of_a_member_is_kept_with_their_stay(store: Store, path: Path) -> None:
    await happen(store, comes("@zebulon:example.org"), leaves("@zebulon:example.org"), comes("@zebulon:example.org"))
    await store.close()
    written = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())
    assert b"zebulon" not in written


async def test_a_stay_goes_with_the_last_message_that_it_is_about(store: Store) -> None:
    await happen(store, comes("ann"), said("a", "ann", PRESENT), leaves("ann"))
    await happen(store, comes("ann"), said("b", "ann", PRESENT, heard=later(10)))
    assert await store.purge(later(-1)) == 0
    assert len(await kept(store)) == 2
    assert await store.purge(later(5)) == 1
    [open_stay] = await kept(store)
    assert open_stay.until is None
    assert await seen(store, Viewer(KITCHEN, "ann")) == ["b"]


@pytest.mark.parametrize(
    ("readers", "asks", "sees"),
    [
        (PastReaders.EVERYONE, True, ["a", "own", "asked"]),
        (PastReaders.EVERYONE, False, ["a", "own", "asked"]),
        (PastReaders.AUTHOR, True, ["a", "own", "asked"]),
        (PastReaders.AUTHOR, False, ["asked"]),
        (PastReaders.NOBODY, True, ["own", "asked"]),
        (PastReaders.NOBODY, False, ["asked"]),
    ],
)
async def test_what_the_platform_shows_of_the_past(
    store: Store, readers: PastReaders, asks: bool, sees: list[str]
) -> None:
    asked = said("asked", "eve", past_readers=readers)
    await happen(store, said("a", "ann"), said("own", "eve"), asked)
    assert await seen(store, viewer_of(asked, asks=asks)) == sees
    assert await store.message("local", "asked") == asked, "it is the same after a restart"


async def test_for_everybody_it_is_the_least(store: Store) -> None:
    """If nobody has asked: what the last of those present has seen; nothing, if we don't know of all of them."""
    for_all = Viewer(KITCHEN, ALL_MEMBERS, "d")
    await happen(store, comes("ann"), comes("ben"), comes(ALL_MEMBERS, listed=True), said("a", "ann", PRESENT))
    assert await seen(store, for_all) == ["a"]
    await happen(store, comes("eve"), said("b", "ann", PRESENT), said("open", "ann"))
    assert await seen(store, for_all) == ["b", "open"]
    await happen(store, leaves("eve"), said("c", "ann", INVITED))
    assert await seen(store, for_all) == ["a", "b", "open", "c"]
    await happen(store, leaves(ALL_MEMBERS), said("d", "ann", PRESENT))
    assert await seen(store, for_all) == ["open", "d"], "the trigger itself is always seen"


async def test_a_deleted_message_is_hidden_from_all(store: Store) -> None:
    await happen(store, comes("ann"), said("a", "ann", ANYONE), said("b", "ann"))
    await store.write(lambda tx: tx.delete(deletion("a")))
    assert await seen(store, Viewer(KITCHEN, "ann", "a")) == ["b"]


async def test_an_edit_makes_an_audience_smaller_never_wider(store: Store) -> None:
    await happen(store, comes("ann"), said("a", "ann", MEMBERS), said("b", "ann", PRESENT), comes("eve"))
    for id, audience in (("a", PRESENT), ("b", ANYONE)):
        news = edit(id, f"{WORD} anew")
        news = type(news)(news.room, news.message_id, news.text, news.at, audience)
        await store.write(lambda tx, news=news: tx.edit(news))  # type: ignore[misc]
    assert await seen(store, Viewer(KITCHEN, "eve")) == []
    assert await seen(store, Viewer(KITCHEN, "ann")) == ["a", "b"]


async def test_an_echo_can_make_the_audience_of_our_own_words_smaller(store: Store) -> None:
    us = Author("cameo", "Mochi", is_bot=True, is_self=True)
    ours = message("ours", f"{WORD} for all?", author=us)
    await happen(store, ours, replace(ours, audience=PRESENT), replace(ours, audience=ANYONE), said("asked", "eve"))
    assert await seen(store, Viewer(KITCHEN, "eve")) == ["asked"]


# --- any sequence --------------------------------------------------------------------------------


@dataclass
class Model:
    """Who may read what, by the specification. `there` has a membership by person; `came` who has ever joined, and so
    may have asked something."""

    there: dict[str, str] = field(default_factory=dict)
    came: set[str] = field(default_factory=set)
    told: list[tuple[str, str, Audience, dict[str, str]]] = field(default_factory=list)
    came_after: dict[tuple[str, str], bool] = field(default_factory=dict)

    def happens(self, event: Message | Membership) -> None:
        if isinstance(event, Message):
            self.told.append((event.id, event.author.id, event.audience, dict(self.there)))
            return
        self.there[event.member] = {"joined": "join", "invited": "invite", "left": "leave"}[event.presence]
        if event.presence is Presence.JOINED:
            self.came.add(event.member)
            for id, *_ in self.told:
                self.came_after[event.member, id] = True

    def may_read(self, person: str) -> list[str]:
        return [id for id, author, audience, then in self.told if self._may(person, id, author, audience, then)]

    def _may(self, person: str, id: str, author: str, audience: Audience, then: dict[str, str]) -> bool:
        if audience is NOBODY:
            return author == person
        if audience is ANYONE or author == person or then.get(person) == "join":
            return True
        if audience is MEMBERS:
            return self.came_after.get((person, id), False)
        return audience is INVITED and then.get(person) == "invite"

    def all_may_read(self) -> list[str]:
        here = [person for person, how in self.there.items() if how == "join"]
        return [
            id
            for id, author, audience, then in self.told
            if all(
                self._may(person, id, "", audience, then) and (audience is not INVITED or then.get(person) == "join")
                for person in here
            )
        ]


people = st.sampled_from(PEOPLE)
moves = st.tuples(people, st.sampled_from(list(Presence)))
talk = st.tuples(people, st.sampled_from(list(Audience)))
stories = st.lists(moves | talk, max_size=25)
rooms = map("room{}".format, count())


def plausible(
    story: Sequence[tuple[str, Presence | Audience]], room: Room, model: Model
) -> Iterator[Message | Membership]:
    """The story as events of a room, in which nobody writes who is not there."""
    for number, (who, what) in enumerate(story):
        event: Message | Membership
        if isinstance(what, Presence):
            event = comes(who, what, room=room)
        elif model.there.get(who) == "join":
            event = said(f"{room.id}-{number}", who, what, room=room)
        else:
            event = comes(who, room=room)
        model.happens(event)
        yield event


@many
@given(stories)
def test_shown_is_what_the_specification_allows(bench: Bench, story: list[Any]) -> None:
    """Whoever is there sees exactly what they may, by every way; who has left sees no more."""
    room, model = Room("local", "home", next(rooms)), Model()
    bench.run(happen(bench.store, comes(ALL_MEMBERS, room=room, listed=True), *plausible(story, room, model)))
    for who in model.came:
        shown, allowed = bench.run(seen(bench.store, Viewer(room, who))), model.may_read(who)
        assert set(shown) <= set(allowed)
        if model.there.get(who) == "join":
            assert shown == allowed
    assert set(bench.run(seen(bench.store, Viewer(room, ALL_MEMBERS)))) <= set(model.all_may_read())


@many
@given(stories, st.data())
def test_nothing_more_is_shown_whatever_is_missed(bench: Bench, story: list[Any], data: st.DataObject) -> None:
    """Changes are missed and noticed later, events are heard twice, and people are listed as they are then."""
    room, model, missed = Room("local", "home", next(rooms)), Model(), False
    for event in plausible(story, room, model):
        if isinstance(event, Membership) and data.draw(st.booleans()):
            missed = True
            continue
        if missed and isinstance(event, Message):  # a gap is noticed before anything after it is heard
            here = [who for who in data.draw(st.lists(people, unique=True)) if model.there.get(who) == "join"]
            listed = [comes(who, room=room, listed=True) for who in here]
            bench.run(happen(bench.store, leaves(ALL_MEMBERS, room=room), *listed))
            missed = False
        bench.run(happen(bench.store, *[event] * data.draw(st.integers(1, 2))))
    narrow = {id for id, _, audience, _ in model.told if audience in (PRESENT, INVITED)}
    for who in model.came:
        assert set(bench.run(seen(bench.store, Viewer(room, who)))) & narrow <= set(model.may_read(who))
    assert not set(bench.run(seen(bench.store, Viewer(room, ALL_MEMBERS)))) & narrow
