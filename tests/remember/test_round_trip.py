"""Values read from the store equal those written."""

import asyncio
import dataclasses
import math
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.decide.spent import spent_of
from bot.remember.columns import storable
from bot.remember.damage import check
from bot.remember.store import Store
from bot.remember.transaction import Transaction
from bot.types import Author, Decision, Message, Part, PartKind, Room, State, Thread, Turn, Usage, Verdict
from tests.fakes.database import migrated
from tests.fakes.present import present

from .makers import KITCHEN, NOON, message, reaction, turn

T = TypeVar("T")
ANYTHING = st.text(max_size=30)
KEPT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
TIMES = st.datetimes(timezones=st.just(UTC) | ZONES, min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))  # noqa: DTZ001
TOKENS = st.integers(0, 2**40)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
fresh = count()


def authors(text: st.SearchStrategy[str]) -> st.SearchStrategy[Author]:
    return st.builds(Author, id=text, name=text, is_bot=st.booleans(), is_self=st.booleans())


def threads(text: st.SearchStrategy[str]) -> st.SearchStrategy[Thread]:
    return st.builds(Thread, room=st.builds(Room, text, text, text, text, text), root=st.none() | text)


def unique(text: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return text.map(lambda name: f"{name}{next(fresh)}")


def parts(text: st.SearchStrategy[str]) -> st.SearchStrategy[Part]:
    return st.builds(Part, st.sampled_from(PartKind), text, text, text, size=st.none() | st.integers(0, 2**53))


def messages(text: st.SearchStrategy[str]) -> st.SearchStrategy[Message]:
    texts = st.lists(text, max_size=3).map(tuple)
    return st.builds(
        Message,
        id=unique(text),
        thread=threads(text),
        author=authors(text),
        text=text,
        at=TIMES,
        heard=TIMES,
        reply_to=st.none() | text,
        mentions=texts,
        addressed=st.booleans(),
        starts_thread=st.booleans(),
        parts=st.lists(parts(text), max_size=3).map(tuple),
        history=st.booleans(),
    )


def facts(text: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Any JSON value."""
    plain = st.none() | st.booleans() | NUMBERS | text
    values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))
    return st.dictionaries(text, values, max_size=3)


def turns(text: st.SearchStrategy[str]) -> st.SearchStrategy[Turn]:
    return st.builds(
        Turn,
        id=unique(text),
        thread=threads(text),
        trigger=unique(text),
        member=text,
        persona=text,
        decision=st.builds(Decision, st.sampled_from(Verdict), text, st.none() | TIMES, facts(text)),
        state=st.sampled_from(State),
        at=TIMES,
        addressed=st.booleans(),
        arm=text,
        text=text,
        sign=text,
        reply_id=st.none() | text,
        tried=st.none() | TIMES,
        model=text,
        usage=st.builds(Usage, TOKENS, TOKENS, TOKENS, st.floats(allow_nan=False)),
        error=text,
    )


class Bench:
    """A store with its own loop, shared by many examples."""

    def __init__(self, runner: asyncio.Runner, path: Path):
        migrated(path)
        self.run = runner.run
        self.store = self.run(Store.open(path))

    def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return self.run(self.store.write(work))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with asyncio.Runner() as runner:
        bench = Bench(runner, tmp_path_factory.mktemp("round") / "cameo.db")
        yield bench
        runner.run(bench.store.close())
        check(bench.store.path)  # whatever was written is not taken for damage


# Deterministic examples: a failure must be reproducible.
many = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def assert_same(expected: Message | Turn, found: Message | Turn | None) -> None:
    assert found is not None and found == expected
    assert dataclasses.asdict(found) == dataclasses.asdict(expected)  # including the names of rooms and communities


@many
@given(st.lists(messages(KEPT), min_size=1, max_size=4))
def test_messages_come_back_as_they_were(bench: Bench, heard: list[Message]) -> None:
    new = bench.write(lambda writing: writing.add_messages(heard))
    assert new == {(each.room.platform, each.id) for each in heard}
    for each in heard:
        assert_same(each, bench.run(bench.store.message(each.room.platform, each.id)))


@many
@given(turns(KEPT))
def test_turns_come_back_as_they_were(bench: Bench, considered: Turn) -> None:
    bench.write(lambda writing: writing.put_turns([considered]))
    assert_same(considered, bench.run(bench.store.turn(considered.thread.room.platform, considered.trigger)))


@many
@given(messages(ANYTHING), turns(ANYTHING))
def test_what_a_database_refuses_is_replaced(bench: Bench, heard: Message, considered: Turn) -> None:
    new = bench.write(lambda writing: writing.add_messages([heard]))
    bench.write(lambda writing: writing.put_turns([considered]))
    assert new == {(heard.room.platform, heard.id)}
    assert present(bench.run(bench.store.message(heard.room.platform, heard.id))).text == storable(heard.text)
    assert bench.run(bench.store.messages(heard.room, 1))[0].author.name == storable(heard.author.name)
    kept = present(bench.run(bench.store.turn(considered.thread.room.platform, considered.trigger)))
    assert kept.text == storable(considered.text)


@many
@given(st.dictionaries(KEPT, KEPT, max_size=4), KEPT)
def test_marks_come_back_in_order_of_their_keys(bench: Bench, mark: dict[str, str], platform: str) -> None:
    state = bench.store.adapter_state(platform)
    before = bench.run(state.scan(""))
    bench.write(lambda writing: writing.put_state(platform, mark))
    assert bench.run(state.scan("")) == {**before, **mark}
    assert list(bench.run(state.scan(""))) == sorted({**before, **mark}, key=str.encode)


def test_storable_keeps_all_that_can_be_kept() -> None:
    assert storable("naïve 面包 🍞") == "naïve 面包 🍞"
    assert storable("a\0b\ud800c") == "a\ufffdb\ufffdc"


async def test_a_turn_is_replaced_by_its_id(store: Store) -> None:
    await store.write(lambda writing: writing.put_turns([turn("t1", "m1"), turn("t2", "m2")]))
    sent = turn("t1", "m1", state=State.SENT, reply_id="r1", usage=Usage(10, 5, 3, 0.25))
    await store.write(lambda writing: writing.put_turns([sent]))
    assert await store.turns(last=10) == [turn("t2", "m2"), sent]
    assert await store.open_turns() == [turn("t2", "m2")]


async def test_the_last_turns_newest_first(store: Store) -> None:
    await store.write(lambda tx: tx.put_turns([turn("t1", "m1"), turn("t2", "m2", state=State.SILENT)]))
    assert [each.id for each in await store.turns(last=9)] == ["t2", "t1"]
    assert [each.id for each in await store.turns(last=1)] == ["t2"]
    assert await store.turns(last=0) == []


MINUTES = st.integers(-3, 3).map(lambda minutes: NOON + timedelta(minutes=minutes))
CONSIDERED = st.builds(
    lambda at, verdict, due, state, cost, error: turn(
        f"t{next(fresh)}", f"m{next(fresh)}", at=at, decision=Decision(verdict, "unanswered", due), state=state,
        usage=Usage(cost_usd=cost), error=error,
    ),
    MINUTES, st.sampled_from(Verdict), st.none() | MINUTES, st.sampled_from(State), st.sampled_from((0.0, 0.1)),
    st.sampled_from(("", "internal")),
)  # fmt: skip


@many
@given(st.lists(CONSIDERED, max_size=4), MINUTES)
def test_the_turns_that_count_are_all_that_a_limit_or_an_alert_may_be_about(
    bench: Bench, considered: list[Turn], since: datetime
) -> None:
    bench.write(lambda tx: tx.put_turns(considered))
    found = bench.run(bench.store.counting_turns(since))
    for each in considered:
        is_late = each.at >= since or (each.decision.due is not None and each.decision.due >= since)
        if is_late and (spent_of(each) or each.decision.verdict is Verdict.SPEAK or each.error):
            assert each in found
        elif not is_late or each.state is State.SILENT:
            assert each not in found


async def test_a_second_turn_for_one_trigger_is_refused(store: Store) -> None:
    await store.write(lambda writing: writing.put_turns([turn("t1", "m1")]))
    with pytest.raises(Exception, match="UNIQUE"):
        await store.write(lambda writing: writing.put_turns([turn("t2", "m1")]))
    assert await store.turn("local", "m1") == turn("t1", "m1")


async def test_a_reaction_stands_until_it_is_taken_off(store: Store) -> None:
    bo = Author("bo", "Bo", is_bot=True)
    await store.write(lambda writing: writing.add_messages([message("m1")]))
    for heard in (reaction("m1"), reaction("m1"), reaction("m1", "🎉", author=bo)):
        await store.write(partial(Transaction.react, reaction=heard))
    assert sorted(await store.reactions(KITCHEN, "m1"), key=str) == sorted(
        [reaction("m1"), reaction("m1", "🎉", author=bo)], key=str
    )
    await store.write(lambda writing: writing.react(reaction("m1", removed=True)))
    assert await store.reactions(KITCHEN, "m1") == [reaction("m1", "🎉", author=bo)]


async def test_a_mark_of_none_removes_the_key(store: Store) -> None:
    state = store.adapter_state("matrix")
    await store.write(lambda writing: writing.put_state("matrix", {"sync": "s1", "room:a": "1", "room:b": "2"}))
    await state.put({"sync": "s2", "room:a": None})
    assert await state.get("sync") == "s2"
    assert await state.get("room:a") is None
    assert await state.scan("room:") == {"room:b": "2"}
    assert await state.scan("room%") == {}
    assert await store.adapter_state("discord").get("sync") is None


async def test_facts_come_back_as_any_json_reader_takes_them(store: Store) -> None:
    """A curve's "never" is infinite, a set has no order, and a text may contain what databases refuse."""
    odd: dict[Any, Any] = {
        "hold": {"seconds": math.inf, "risk": math.nan},
        "voice": (3, 50),
        "kinds": {"question"},
        7: "\ud800\0",
    }
    await store.write(
        lambda writing: writing.put_turns([turn("t1", "m1", decision=Decision(Verdict.SILENT, "x", None, odd))])
    )
    [found] = await store.turns(9)
    assert found.decision.facts == {
        "hold": {"seconds": None, "risk": None},
        "voice": [3, 50],
        "kinds": ["question"],
        "7": "\N{REPLACEMENT CHARACTER}" * 2,
    }
