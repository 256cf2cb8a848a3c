"""What members wish is kept, in force at once and after a restart, and names nobody."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.remember.wishes import FOREVER, KEY_FILE, NEVER, WISHES_FILE, MemberWish, Wishes
from bot.types import StoreError

from .makers import NOON

HOUR = timedelta(hours=1)


def test_nobody_wishes_anything_at_first(tmp_path: Path) -> None:
    wishes = Wishes.open(tmp_path)
    assert wishes.is_empty and wishes.barred_before("local", "ann") == NEVER and not wishes.is_quiet("local", "ann")
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600 and not (tmp_path / WISHES_FILE).exists()


def test_a_wish_is_in_force_at_once_and_after_a_restart_and_names_nobody(tmp_path: Path) -> None:
    Wishes.open(tmp_path).add("local", "ann", MemberWish.OPT_OUT, NOON)
    for wishes in (Wishes.open(tmp_path), Wishes.open(tmp_path)):
        assert wishes.is_out("local", "ann")
        assert not wishes.is_out("local", "ben") and not wishes.is_out("matrix", "ann")
    assert (tmp_path / WISHES_FILE).stat().st_mode & 0o777 == 0o600
    assert b"ann" not in (tmp_path / WISHES_FILE).read_bytes()


STEPS = st.lists(st.tuples(st.sampled_from(["ann", "ben"]), st.sampled_from(MemberWish)), max_size=8)


@given(steps=STEPS)
def test_the_last_wish_of_each_kind_counts(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, MemberWish]]
) -> None:
    folder = tmp_path_factory.mktemp("wishes")
    out, quiet = {"ann": NEVER, "ben": NEVER}, {"ann": False, "ben": False}
    wishes = Wishes.open(folder)
    for number, (who, wish) in enumerate(steps):
        at = NOON + number * HOUR
        wishes.add("local", who, wish, at)
        if wish is MemberWish.OPT_OUT:
            out[who] = FOREVER
        elif (wish is MemberWish.OPT_IN and out[who] == FOREVER) or (wish is MemberWish.ERASED and out[who] != FOREVER):
            out[who] = at
        if wish in (MemberWish.QUIET, MemberWish.NOT_QUIET, MemberWish.ERASED):
            quiet[who] = wish is MemberWish.QUIET
    for each in (wishes, Wishes.open(folder)):
        for who, barred in out.items():
            assert (each.barred_before("local", who), each.is_quiet("local", who)) == (barred, quiet[who])


@pytest.mark.parametrize("lost", ["gone", "another", "empty", "no key"])
def test_without_their_key_wishes_are_not_ignored(tmp_path: Path, lost: str) -> None:
    Wishes.open(tmp_path).add("local", "ann", MemberWish.OPT_OUT, NOON)
    key = tmp_path / KEY_FILE
    key.unlink() if lost == "gone" else key.write_text({"another": "ab" * 32, "empty": "", "no key": "hello"}[lost])
    with pytest.raises(StoreError, match=KEY_FILE):
        Wishes.open(tmp_path)
    (tmp_path / WISHES_FILE).rename(tmp_path / "aside")
    if lost in ("gone", "another", "empty"):
        assert Wishes.open(tmp_path).is_empty


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_torn_by_a_crash_costs_no_other_wish(tmp_path: Path, cut: int) -> None:
    wishes = Wishes.open(tmp_path)
    for who in ("ann", "ben"):
        wishes.add("local", who, MemberWish.OPT_OUT, NOON)
    path = tmp_path / WISHES_FILE
    path.write_bytes(path.read_bytes()[:-cut])
    wishes = Wishes.open(tmp_path)
    assert wishes.is_out("local", "ann")
    wishes.add("local", "cleo", MemberWish.OPT_OUT, NOON)
    assert Wishes.open(tmp_path).is_out("local", "cleo") and Wishes.open(tmp_path).is_out("local", "ann")


def test_what_can_not_be_kept_is_not_in_force(tmp_path: Path) -> None:
    wishes = Wishes.open(tmp_path)
    (tmp_path / WISHES_FILE).mkdir()
    with pytest.raises(StoreError):
        wishes.add("local", "ann", MemberWish.OPT_OUT, NOON)
    assert not wishes.is_out("local", "ann")
