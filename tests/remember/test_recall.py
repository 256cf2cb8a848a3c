"""What recall finds, and what it does not."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.remember.fulltext import asked
from bot.remember.memory import Memory
from bot.remember.store import Store
from bot.remember.transaction import Transaction
from bot.types import Message, Thread

from .makers import KITCHEN, WORKSHOP, deletion, edit, everybody, ids, message

fresh = count()


@pytest.fixture
def memory(store: Store) -> Memory:
    return Memory(store)


async def tell(store: Store, *said: Message) -> None:
    await store.write(lambda tx: tx.add_messages(said))


async def found(memory: Memory, text: str, **options: Any) -> list[str]:
    return [recalled.message.id for recalled in await memory.recall(everybody(), text, **options)]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("I baked two loaves of bread", "who bakes breads?"),
        ("我今天早上吃了面包", "面包"),
        ("我今天早上吃了面包", "包"),
        ("我今天早上吃了面包", "谁喜欢面包呢？"),
        ("昨日東京タワーに行った", "東京タワー"),
        ("어제 빵을 먹었다", "빵"),
        ("the Crème was good", "creme"),
        ("version v2.7.1 is out", "v2.7.1"),
        ("my e-mail is on the snake_case page", "snake_case"),
        ("don't panic", "don't panic"),
        ("б́ольшой хлеб", "хлеб"),
    ],
)
async def test_found(store: Store, memory: Memory, said: str, asked: str) -> None:
    await tell(store, message("m1", "nothing of the kind"), message("m2", said))
    assert await found(memory, asked) == ["m2"]


async def test_the_best_come_first_and_no_more_than_asked_for(store: Store, memory: Memory) -> None:
    await tell(store, *[message(f"m{n}", "bread and more, and then much else besides") for n in range(9)])
    await tell(store, message("best", "sourdough bread"))
    assert (await found(memory, "sourdough bread"))[0] == "best"
    assert len(await found(memory, "sourdough bread", limit=3)) == 3
    assert await found(memory, "bread", limit=0) == []


async def test_neighbours_are_of_the_same_thread(store: Store, memory: Memory) -> None:
    await tell(
        store,
        message("t1", "before", root="t"),
        message("x1", "elsewhere"),
        message("t2", "the bread", root="t"),
        message("x2", "elsewhere"),
        message("t3", "after", root="t"),
        message("t4", "much later", root="t"),
    )
    (recalled,) = await memory.recall(everybody(), "bread")
    assert ids(recalled.messages) == ["t1", "t2", "t3"]
    assert recalled.message.thread == Thread(KITCHEN, "t")


async def test_deleted_neighbours_are_stepped_over(store: Store, memory: Memory) -> None:
    await tell(store, message("m1", "one"), message("m2", "two"), message("m3", "bread"), message("m4", "four"))
    await store.write(lambda tx: tx.delete(deletion("m2")))
    (recalled,) = await memory.recall(everybody(), "bread")
    assert ids(recalled.messages) == ["m1", "m3", "m4"]


async def test_no_message_comes_twice_and_none_that_is_known(store: Store, memory: Memory) -> None:
    await tell(store, *[message(f"m{n}", "bread" if n in (2, 3, 5) else "else") for n in range(8)])
    recalled = await memory.recall(everybody(), "bread", exclude={"m3", "m6"})
    shown = [each.id for one in recalled for each in one.messages]
    assert sorted(shown) == ["m1", "m2", "m4", "m5"]


async def test_other_rooms_are_not_searched(store: Store, memory: Memory) -> None:
    await tell(store, message("k", "bread here"), message("w", "bread there", room=WORKSHOP))
    assert await found(memory, "bread") == ["k"]
    assert [each.message.id for each in await memory.recall(everybody(WORKSHOP), "bread")] == ["w"]


async def test_edits_and_deletions_are_recalled_at_once(store: Store, memory: Memory) -> None:
    await tell(store, message("m1", "bread"), message("m2", "bread too"))
    assert await store.write(lambda tx: tx.edit(edit("m1", "cheese")))
    assert (await found(memory, "bread"), await found(memory, "cheese")) == (["m2"], ["m1"])
    assert await store.write(lambda tx: tx.delete(deletion("m2")))
    assert await found(memory, "bread") == []


async def test_heard_edited_and_deleted_in_one_work(store: Store, memory: Memory) -> None:
    async def work(tx: Transaction) -> None:
        await tx.add_messages([message("m1", "bread"), message("m2", "bread"), message("m3", "bread")])
        await tx.edit(edit("m1", "cheese"))
        await tx.edit(edit("m1", "sausage"))
        await tx.delete(deletion("m2"))

    await store.write(work)
    assert await found(memory, "bread cheese") == ["m3"]
    assert await found(memory, "sausage") == ["m1"]


async def test_what_a_failed_work_said_is_not_found(store: Store, memory: Memory) -> None:
    async def failing(tx: Transaction) -> None:
        await tx.add_messages([message("m1", "bread")])
        raise KeyError

    with pytest.raises(KeyError):
        await store.write(failing)
    await tell(store, message("m2", "cheese"))
    assert await found(memory, "bread") == []
    assert await found(memory, "cheese") == ["m2"]


@pytest.mark.parametrize(
    "text",
    [
        '" OR room : "x',
        "NEAR(bread cheese, 2)",
        "bread AND NOT *",
        "{words room}: ^bread",
        "\0bread\0",
        "\ud800",
        "bread " * 20_000,
        "面包" * 50_000,
        "\u202ebread",
        "b̷̨̛r̴͗͊e̸͝ȁ̶d̴̐",
        "'; DROP TABLE messages; --",
        "<@1> " * 500,
    ],
)
async def test_whatever_members_write_is_stored_and_asked(store: Store, memory: Memory, text: str) -> None:
    await tell(store, message("m1", "bread"), message("m2", text))
    await memory.recall(everybody(), text)
    assert "m1" in await found(memory, "bread")
    assert ids(await store.messages(KITCHEN, 9)) == ["m1", "m2"]


searched = settings(
    max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SIGNS = st.text(st.characters(exclude_categories=["L", "N"]), max_size=3).filter(lambda text: asked(text) is None)


@searched
@given(before=SIGNS, after=SIGNS)
@example(before="", after="🥖")
@example(before="₹", after="👍🏽")
@example(before="\u2066", after="\u2069")
async def test_a_word_is_found_whatever_signs_stand_beside_it(
    store: Store, memory: Memory, before: str, after: str
) -> None:
    said = message(f"m{next(fresh)}", f"{before}zebra{after}")
    await tell(store, said)
    assert said.id in await found(memory, "zebra", limit=1000)
    assert said.id in await found(memory, said.text, limit=1000)
    assert await found(memory, before + after) == []


@searched
@given(text=st.text(max_size=80))
@example(text="???")
async def test_no_text_breaks_the_search(store: Store, memory: Memory, text: str) -> None:
    """No text finds more than the limit, and a text without words finds nothing."""
    await tell(store, message(f"m{next(fresh)}", text), message(f"m{next(fresh)}", "none, null, nothing"))
    hits = await found(memory, text, limit=3)
    assert len(hits) == len(set(hits)) <= (3 if asked(text) else 0)


@pytest.mark.parametrize("limit", range(-1, 5))
@pytest.mark.parametrize("known", [(), ("m0",), ("m2", "x")])
async def test_as_many_are_found_as_asked_for_if_there_are_so_many(
    store: Store, memory: Memory, limit: int, known: tuple[str, ...]
) -> None:
    await tell(store, *[message(f"m{n}", "bread") for n in range(3)])
    there = 3 - len({"m0", "m2"} & set(known))
    assert len(await found(memory, "bread", limit=limit, exclude=known)) == min(max(limit, 0), there)


async def test_what_was_deleted_in_the_commit_that_heard_it_takes_nobodys_place(store: Store, memory: Memory) -> None:
    """The index picks the best few before it is known which of them are not deleted."""

    async def work(tx: Transaction) -> None:
        await tx.add_messages([message(f"m{n}", "bread") for n in range(9)])
        for number in range(9):
            await tx.delete(deletion(f"m{number}"))

    await tell(store, message("kept", "bread, and then much else besides"))
    await store.write(work)
    assert await found(memory, "bread", limit=1) == ["kept"]
