"""The messages in a room's or a thread's window."""

from bot.remember.memory import Memory
from bot.remember.store import Store
from bot.types import Audience, Author, Message, Room, Thread

from .makers import KITCHEN, WORKSHOP, deletion, everybody, ids, message


async def tell(store: Store, *said: Message) -> None:
    await store.write(lambda writing: writing.add_messages(said))


async def window(store: Store, root: str | None, limit: int) -> list[str]:
    return ids(await store.thread_messages(Thread(KITCHEN, root), limit))


async def test_the_newest_of_a_room_in_the_order_heard(store: Store) -> None:
    await tell(store, *[message(f"m{n}", root="t" if n % 2 else None) for n in range(6)], message("w", room=WORKSHOP))
    assert ids(await store.messages(KITCHEN, 3)) == ["m3", "m4", "m5"]
    assert ids(await store.messages(KITCHEN, 99)) == [f"m{n}" for n in range(6)]
    assert ids(await store.messages(KITCHEN, 0)) == []


async def test_rooms_of_the_same_id_elsewhere_are_others(store: Store) -> None:
    await tell(store, message("a"), message("b", room=Room("local", "other", "kitchen")))
    assert ids(await store.messages(KITCHEN, 9)) == ["a"]
    assert ids(await store.messages(Room("local", "home", "kitchen", "renamed"), 9)) == ["a"]


async def test_a_timeline_has_what_is_in_no_thread(store: Store) -> None:
    await tell(store, message("a"), message("b", root="t"), message("c"))
    assert await window(store, None, 9) == ["a", "c"]
    assert await window(store, None, 1) == ["c"]


async def test_our_own_lines_of_a_room_in_any_thread_as_its_viewer_may_read_them(store: Store) -> None:
    ours = Author("cameo", "Mochi", is_bot=True, is_self=True)
    said = [message(f"o{n}", root="t" if n % 2 else None, author=ours) for n in range(5)]
    elsewhere = message("w", room=WORKSHOP, author=ours)
    private = message("p", author=ours, audience=Audience.PRESENT)  # nobody is known to have been there
    await tell(store, message("m"), *said, elsewhere, private, message("n"))
    await store.write(lambda writing: writing.delete(deletion("o3")))
    assert ids(await Memory(store).own_lines(everybody(), 20)) == ["o0", "o1", "o2", "o4"]
    assert ids(await Memory(store).own_lines(everybody(), 2)) == ["o2", "o4"]


async def test_a_post_and_the_newest_of_its_thread(store: Store) -> None:
    await tell(store, message("post", root="post"), *[message(f"m{n}", root="post") for n in range(5)])
    assert await window(store, "post", 3) == ["post", "m3", "m4"]
    assert await window(store, "post", 6) == ["post", "m0", "m1", "m2", "m3", "m4"]
    assert await window(store, "post", 5) == ["post", "m1", "m2", "m3", "m4"]
    assert await window(store, "post", 1) == ["post"]
    assert await window(store, "post", 0) == []


async def test_the_root_may_stand_in_the_timeline(store: Store) -> None:
    await tell(store, message("root"), message("aside"), message("m1", root="root"), message("m2", root="root"))
    assert await window(store, "root", 9) == ["root", "m1", "m2"]
    assert await window(store, "root", 2) == ["root", "m2"]


async def test_a_thread_whose_first_message_has_another_id_or_is_gone(store: Store) -> None:
    await tell(store, *[message(f"m{n}", root="channel") for n in range(4)])
    assert await window(store, "channel", 2) == ["m0", "m3"]
    await store.write(lambda writing: writing.delete(deletion("m0")))
    assert await window(store, "channel", 2) == ["m1", "m3"]


async def test_a_thread_nobody_knows(store: Store) -> None:
    assert await window(store, "nothing", 9) == []


async def test_a_root_in_another_room_is_not_shown(store: Store) -> None:
    await tell(store, message("root", "private", room=WORKSHOP), message("m1", root="root"))
    assert await window(store, "root", 9) == ["m1"]
