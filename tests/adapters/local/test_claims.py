"""A name belongs to the browser that first wrote under it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.claims import NameClaim, NameClaims, NameInUse, free_name, hashed, mark_of, to_mark
from adapters.local.members import NameTaken
from adapters.local.text import MAX_NAME, clean_name
from bot.types import StoreError
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.local_house import local_adapter, running

ONE, OTHER = "1" * 32, "2" * 32
AT = "2026-01-01T00:00:00+00:00"
NAMES = st.text(st.characters(categories=("L", "N", "Zs", "So")), min_size=1, max_size=MAX_NAME).filter(str.strip)

TAKEN = [
    # claimed, typed by another browser, whether it is free
    ("Ana", "Ana", False),
    ("Ana", "ana", False),
    ("Ana", " A n a ", False),
    ("Ana", "\u0410na", False),
    ("Ana", "A\u200bna", False),
    ("Ana", "Ａｎａ", False),
    *(
        (name, typed, False)
        for name, typed in (
            ("Nadia", "ΝadIa"),
            ("Nadia", "Nad1a"),
            ("Nadia", "Nadla"),
            ("Nadia", "NАDIА"),
            ("Ben", "Βen"),
            ("Ben", "Веn"),
            ("Noor", "Νoor"),
            ("Noor", "N00r"),
            ("Zoe", "Ζoe"),
            ("Hana", "Ηana"),
            ("Hana", "Нana"),
            ("Lin", "1in"),
            ("Tom", "Torn"),
            ("Theo", "Τheο"),
            ("Xan", "Χan"),
            ("Ida", "lda"),
            ("Иван", "иван"),
        )
    ),
    ("小明", "小明", False),
    ("🦊", "🦊", False),
    ("Ana", "Anna", True),
    ("Nadia", "Nadja", True),
    ("Иван", "Ivan", True),
    ("Ana", "Ana 2", True),
    ("小明", "小红", True),
    ("🦊", "🐺", True),
]


def held(*names: str) -> NameClaims:
    claims = NameClaims()
    claims.load({mark_of(name): to_mark(NameClaim(name, hashed(ONE), AT)) for name in names})
    return claims


@pytest.mark.parametrize(("claimed", "typed", "free"), TAKEN)
def test_a_name_that_looks_like_anothers_is_taken(claimed: str, typed: str, free: bool) -> None:
    assert held(claimed).is_free(typed, OTHER) is free
    assert held(claimed).is_free(typed, ONE), "whoever has it may write it as they like"


@pytest.mark.parametrize(("seeded", "typed", "free"), TAKEN)
def test_nobody_can_have_the_names_of_the_first_messages(seeded: str, typed: str, free: bool) -> None:
    claims = NameClaims()
    claims.keep_for_nobody([seeded])
    assert claims.is_free(typed, ONE) is free


@given(NAMES, st.integers(0, 40))
def test_there_is_always_a_free_name_like_it(name: str, more: int) -> None:
    claims = held(name, *(f"{name.strip()} {number}" for number in range(2, more)))
    free = free_name(name, lambda each: claims.is_free(each, OTHER))
    assert claims.is_free(free, OTHER) and len(clean_name(free)) <= MAX_NAME


def test_the_next_number_is_offered() -> None:
    claims = held("Ana", "Ana 2", "Ana 4")
    assert free_name("Ana", lambda each: claims.is_free(each, OTHER)) == "Ana 3"
    assert free_name("Ana 2", lambda each: claims.is_free(each, OTHER)) == "Ana 3"


@pytest.mark.parametrize("damaged", ["", "[]", "{}", "7", '{"name": "Ana", "browser": "x", "at": 1}', '{"name": "Ana"'])
def test_a_damaged_mark_holds_no_name(damaged: str) -> None:
    claims = NameClaims()
    claims.load({"name/x": damaged})
    assert claims.is_free("Ana", ONE)


async def test_a_name_is_bound_by_writing_and_stays_so_after_a_restart() -> None:
    core = FakeCore()
    async with running(local_adapter(core, seed=True), core) as adapter:
        assert adapter.community.author_in(OTHER, "Noor").name == "Noor", "choosing a name binds nothing yet"
        await adapter.community.claim(ONE, "Noor")
        commits = len(core.commits)
        await adapter.community.claim(ONE, "noor")
        assert len(core.commits) == commits, "it was claimed already"
    assert ONE not in str(core.marks), "only a hash of the secret is kept"
    async with running(local_adapter(core, seed=True), core) as adapter:
        assert (await adapter.community.claim(ONE, "Noor")).name == "Noor"
        for name in ("Noor", "Ana", "Lin"):
            with pytest.raises(NameInUse) as refused:
                await adapter.community.claim(OTHER, name)
            assert refused.value.free == f"{name} 2"
        with pytest.raises(NameTaken):
            await adapter.community.claim(ONE, "Mochi")
        await adapter.community.post("kitchen", "Ana", "the API has the token, and may write as anybody")


async def test_a_name_that_could_not_be_stored_is_nobodys() -> None:
    core = FakeCore()
    async with running(local_adapter(core), core) as adapter:
        core.broken = StoreError("the disk is full")
        with pytest.raises(StoreError):
            await adapter.community.claim(ONE, "Noor")
        core.broken = None
        assert (await adapter.community.claim(OTHER, "Noor")).name == "Noor"


async def test_a_name_is_kept_as_long_as_what_was_said_under_it() -> None:
    core, clock = FakeCore(), VirtualClock()
    async with running(local_adapter(core, clock=clock), core) as adapter:
        community = adapter.community
        for name in ("Noor", "Tom", "Eve"):
            await community.claim(ONE, name)
        await community.post("kitchen", "Noor", "old words")
        clock.set(20 * 86400)
        post = await community.post("kitchen", "Tom", "new words")
        await community.put_reaction(post.id, "Eve", "👍")
        await community.purge(clock.now() - timedelta(days=1))
        assert [name for name in ("Noor", "Tom", "Eve") if not community.is_free(OTHER, name)] == ["Tom", "Eve"]
        assert len([key for key in core.marks if key.startswith("name/")]) == 2
