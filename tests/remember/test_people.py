"""Who the people of a conversation are to a room: counted for one viewer, from what is kept, and gone with it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot.remember.memory import Memory
from bot.remember.people import COUNTED, Acquaintance, Acquaintances
from bot.remember.store import Store
from bot.remember.visibility import Viewer
from bot.types import Audience, Author, Message, State

from .makers import ANN, KITCHEN, NOON, WORKSHOP, deletion, message, turn

BEN = Author("ben", "Ben")


async def tell(store: Store, *said: Message) -> None:
    await store.write(lambda writing: writing.add_messages(said))


async def known(store: Store, *members: str, trigger: str = "") -> Acquaintances:
    return await Memory(store).acquaintances(Viewer(KITCHEN, "ann", trigger), members or ["ann", "ben"])


def dated(id: str, days: float, author: Author = ANN) -> Message:
    return message(id, author=author, at=NOON + timedelta(days=days))


async def test_how_much_each_has_written_here_and_since_when(store: Store) -> None:
    elsewhere = message("w", author=BEN, room=WORKSHOP)
    await tell(store, dated("late", 3), dated("early", 1), dated("b", 2, BEN), elsewhere)
    found = await known(store, "ann", "ben", "nobody")
    assert found.since == NOON + timedelta(days=1)
    assert found.people == {
        "ann": Acquaintance(2, NOON + timedelta(days=1), has_asked=False),
        "ben": Acquaintance(1, NOON + timedelta(days=2), has_asked=False),
    }


async def test_an_empty_room_knows_nobody(store: Store) -> None:
    assert await known(store) == Acquaintances(None, {})


async def test_what_the_viewer_may_not_read_or_was_deleted_does_not_count(store: Store) -> None:
    private = message("p", author=BEN, audience=Audience.PRESENT)  # Ann is not known to have been there
    await tell(store, dated("gone", 0, BEN), private, dated("b", 1, BEN))
    await store.write(lambda writing: writing.delete(deletion("gone")))
    assert (await known(store)).people == {"ben": Acquaintance(1, NOON + timedelta(days=1), has_asked=False)}


async def answered(store: Store, id: str, **more: Any) -> None:
    values: dict[str, Any] = {"addressed": True, "state": State.SENT, "text": "Rye.", **more}
    await store.write(lambda writing: writing.put_turns([turn(f"t-{id}", id, **values)]))


async def who_asked(store: Store, trigger: str = "") -> Sequence[str]:
    return [id for id, one in (await known(store, trigger=trigger)).people.items() if one.has_asked]


async def test_who_got_an_answer_to_a_call_has_asked(store: Store) -> None:
    await tell(store, dated("a", 0), dated("b", 1, BEN))
    assert await who_asked(store) == []
    await answered(store, "a")
    assert await who_asked(store) == ["ann"]
    assert await who_asked(store, trigger="a") == [], "the message that is answered now is none of before"


async def test_who_was_answered_uncalled_or_not_at_all_has_not_asked(store: Store) -> None:
    await tell(store, dated("a", 0), dated("b", 0), dated("c", 0))
    await answered(store, "a", addressed=False)
    await answered(store, "b", state=State.FAILED)
    await answered(store, "c", text="")
    assert await who_asked(store) == []


async def test_a_deleted_question_was_not_asked(store: Store) -> None:
    await tell(store, dated("a", 0), dated("a2", 0))
    await answered(store, "a")
    await store.write(lambda writing: writing.delete(deletion("a")))
    assert await who_asked(store) == []


async def test_a_busy_room_costs_little(store: Store) -> None:
    """Of many messages, only the newest of a person are counted."""
    await tell(store, *[dated(f"m{n}", n / 1000) for n in range(5000)])
    found = await known(store, *[f"id{n}" for n in range(5)], "ann")
    assert found.people["ann"].said == COUNTED
