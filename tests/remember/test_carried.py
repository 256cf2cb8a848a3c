"""What a message carries is found by its words, changes, and goes with what it repeats."""

from pathlib import Path

import pytest

from bot.remember.forgetting import carry
from bot.remember.memory import Memory
from bot.remember.store import Store
from bot.types import Audience, Author, Message, NewParts, Part, PartKind, Room
from tests.fakes.present import present

from .makers import KITCHEN, NOON, WORKSHOP, deletion, edit, everybody, later, message
from .test_taken_along import rows

US = Author("me", "Mochi", is_bot=True, is_self=True)
ZEBRA = "my neighbour's zebra escaped"


async def told(store: Store, *said: Message) -> None:
    await store.write(lambda tx: tx.add_messages(said))


async def found(store: Store, words: str) -> list[str]:
    return [one.message.id for one in await Memory(store).recall(everybody(), words)]


async def carries(store: Store, id: str, kind: PartKind, *parts: Part, room: Room = KITCHEN) -> bool:
    return await store.write(lambda tx: carry(tx, NewParts(room, id, (kind,), parts, NOON)))


@pytest.mark.parametrize("kind", [kind for kind in PartKind if kind is not PartKind.QUOTE])
async def test_a_message_is_found_by_what_it_carries(store: Store, kind: PartKind) -> None:
    await told(store, message("m1", "see above", parts=(Part(kind, "acetone", "starter.png"),)), message("m2", "no"))
    assert await found(store, "acetone") == ["m1"] == await found(store, "starter")


@pytest.mark.parametrize("part", [
    Part(PartKind.FILE, name="x", size=0, encrypted=True), Part(PartKind.FILE, name="x", size=0), Part(PartKind.IMAGE),
])  # fmt: skip
async def test_a_file_is_kept_with_its_size_and_whether_it_is_encrypted(store: Store, part: Part) -> None:
    await told(store, message("m1", "see above", parts=(part,)))
    assert present(await store.message("local", "m1")).parts == (part,)


async def test_the_words_that_it_answers_belong_to_another_message(store: Store) -> None:
    await told(store, message("m1", "thoughts?", parts=(Part(PartKind.QUOTE, ZEBRA, "Ann"),)))
    assert await found(store, "zebra") == []


async def test_a_changed_title_is_found_and_the_old_one_is_not(store: Store, path: Path) -> None:
    post = message("m1", "see title", parts=(Part(PartKind.IMAGE, name="a.png"), Part(PartKind.TITLE, ZEBRA)))
    await told(store, post)
    assert await carries(store, "m1", PartKind.TITLE, Part(PartKind.TITLE, "Goats"))
    kept = present(await store.message("local", "m1"))
    assert kept.parts == (Part(PartKind.IMAGE, name="a.png"), Part(PartKind.TITLE, "Goats"))
    assert (await found(store, "zebra"), await found(store, "goats")) == ([], ["m1"])
    assert "zebra" not in rows(path, "messages") + rows(path, "message_words")
    assert not await carries(store, "m1", PartKind.TITLE, Part(PartKind.TITLE, "Goats")), "nothing has changed"


async def test_an_edit_keeps_what_a_message_carries_findable(store: Store) -> None:
    await told(store, message("m1", "see title", parts=(Part(PartKind.TITLE, ZEBRA),)))
    await store.write(lambda tx: tx.edit(edit("m1", "never mind")))
    assert await found(store, "zebra") == ["m1"]


async def test_a_removed_preview_is_taken_out_of_our_words_and_of_what_repeats_it(store: Store, path: Path) -> None:
    preview = Part(PartKind.EMBED, ZEBRA, "News")
    ours = message("o1", f"You say that {ZEBRA}.", author=US, reply_to="m1", heard=later(1))
    forward = message("m2", "", parts=(Part(PartKind.FORWARD, ZEBRA),), heard=later(2))
    await told(store, message("m1", "https://news.example", parts=(preview,)), ours, forward)
    assert await carries(store, "m1", PartKind.EMBED)
    assert "zebra" not in rows(path, "messages") + rows(path, "message_words")


@pytest.mark.parametrize("kind", [PartKind.QUOTE, PartKind.FORWARD])
async def test_a_deleted_message_goes_from_what_repeats_it_and_from_its_index(
    store: Store, path: Path, kind: PartKind
) -> None:
    copy = message("m2", "look", reply_to="m1", parts=(Part(kind, ZEBRA, "Ann"), Part(PartKind.TITLE, "Hm")))
    await told(store, message("m1", ZEBRA), copy)
    await store.write(lambda tx: tx.delete(deletion("m1")))
    assert "zebra" not in rows(path, "messages") + rows(path, "message_words")
    assert await found(store, "hm") == ["m2"] and present(await store.message("local", "m2")).parts == copy.parts[1:]


async def test_nothing_is_carried_by_what_is_deleted_unknown_or_elsewhere(store: Store) -> None:
    await told(store, message("m1"), message("m2"))
    await store.write(lambda tx: tx.delete(deletion("m1")))
    new = Part(PartKind.EMBED, "late")
    assert not await carries(store, "m1", PartKind.EMBED, new) and not await carries(store, "m9", PartKind.EMBED, new)
    assert not await carries(store, "m2", PartKind.EMBED, new, room=WORKSHOP)
    assert present(await store.message("local", "m2")).parts == ()


# --- one message by its id -----------------------------------------------------------------------


async def test_a_message_is_looked_up_for_those_who_may_read_it(store: Store) -> None:
    memory, hidden = Memory(store), message("m2", audience=Audience.PRESENT)
    await told(store, message("m1"), hidden, message("m3", room=WORKSHOP), message("m4"))
    await store.write(lambda tx: tx.delete(deletion("m4")))
    assert (await memory.find(everybody(), "m1")).message == message("m1")
    for id in ("m2", "m3", "m4"):
        assert await memory.find(everybody(), id) == (True, None)
    assert await memory.find(everybody(), "m5") == (False, None)
