"""The manager's own cases: what was judged is there again, whatever happens between."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.measure.cases import CaseFile, JudgedCase, MomentVerdict, rows
from bot.measure.lines import Shape
from bot.measure.trial_results import ShownMessage, SpeakingMoment
from bot.types import StoreError
from tests.measure.community import BEGIN


def said(id: str, minutes: float, text: str = "does it rise? 🍞\n二") -> ShownMessage:
    return ShownMessage(id, None, "u1", "Ana", False, text, BEGIN + timedelta(minutes=minutes), mentions=("u2",))


def case(id: str = "m1", verdict: MomentVerdict = "good", hours: float = 0.0) -> JudgedCase:
    moment = SpeakingMoment(
        id, "kitchen", "kitchen", "mochi", "unanswered", said(id, 1), BEGIN + timedelta(hours=1), 3540.0, "helped",
        (said("m0", 0),), (said("m2", 90),),
    )  # fmt: skip
    return JudgedCase(verdict, BEGIN + timedelta(hours=hours), 0.25, moment)


@pytest.fixture
def file(tmp_path: Path) -> CaseFile:
    return CaseFile(tmp_path / "cases.jsonl")


def test_there_are_no_cases_before_the_first(file: CaseFile) -> None:
    assert file.read() == []


def test_a_case_is_read_back_whole_and_for_its_owner_only(file: CaseFile, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        file.add(case())
    finally:
        os.umask(before)
    file.add(case("m7", "bad"))
    assert file.read() == [case(), case("m7", "bad")]
    assert (tmp_path / "cases.jsonl").stat().st_mode & 0o777 == 0o600


def test_the_last_verdict_on_a_moment_counts(file: CaseFile) -> None:
    for one in (case(), case("m7"), case(verdict="bad", hours=1)):
        file.add(one)
    assert file.read() == [case("m7"), case(verdict="bad", hours=1)]


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_a_line_torn_by_a_crash_costs_no_other_case(file: CaseFile, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cases.jsonl"
    file.add(case())
    file.add(case("m7"))
    path.write_bytes(path.read_bytes()[:-cut])
    file.add(case("m8"))
    found = file.read()
    assert case() in found and case("m8") in found and len(found) <= 3


def test_old_cases_are_purged_and_the_rest_stays(file: CaseFile, tmp_path: Path) -> None:
    for hours in range(4):
        file.add(case(f"m{hours}", hours=hours))
    assert asyncio.run(file.purge(BEGIN + timedelta(hours=2))) == 2
    assert [one.moment.id for one in file.read()] == ["m2", "m3"]
    path = tmp_path / "cases.jsonl"
    assert path.read_bytes().count(b"\n") == 2 and path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert asyncio.run(file.purge(BEGIN)) == 0


def test_a_purge_leaves_no_earlier_verdict_behind(file: CaseFile, tmp_path: Path) -> None:
    file.add(case())
    file.add(case(verdict="bad", hours=5))
    asyncio.run(file.purge(BEGIN + timedelta(hours=2)))
    assert (tmp_path / "cases.jsonl").read_bytes().count(b"\n") == 1
    assert file.read() == [case(verdict="bad", hours=5)]


@pytest.mark.parametrize("times", [1, 3])
def test_a_verdict_that_is_taken_back_leaves_nothing_of_its_moment(file: CaseFile, tmp_path: Path, times: int) -> None:
    for number in range(times):
        file.add(case(hours=number))
    file.add(case("m7"))
    file.withdraw("kitchen", "m1")
    path = tmp_path / "cases.jsonl"
    assert CaseFile(path).read() == [case("m7")] and path.read_bytes().count(b"\n") == 1
    assert path.stat().st_mode & 0o777 == 0o600
    for room, moment in (("kitchen", "m1"), ("elsewhere", "m7")):
        file.withdraw(room, moment)
    assert file.read() == [case("m7")]
    file.add(case(verdict="bad"))
    assert file.read() == [case("m7"), case(verdict="bad")]


def test_verdicts_that_come_while_others_are_taken_back_are_not_lost(file: CaseFile) -> None:
    for number in range(20):
        file.add(case(f"old{number}"))
    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            pool.submit(file.withdraw, "kitchen", f"old{number}")
            pool.submit(file.add, case(f"new{number}"))
    assert {one.moment.id for one in file.read()} == {f"new{number}" for number in range(20)}


def test_without_a_file_nothing_is_taken_back(file: CaseFile) -> None:
    file.withdraw("kitchen", "m1")
    assert file.read() == []


def test_a_case_that_can_t_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").mkdir()
    with pytest.raises(StoreError, match=r"cases\.jsonl"):
        CaseFile(tmp_path / "cases.jsonl").add(case())


def test_the_messages_of_a_case_can_be_replayed() -> None:
    shape = Shape()
    messages = [shape.message(row) for row in rows(case())]
    assert [message.id for message in messages] == ["m0", "m1", "m2"]
    assert messages[1].text == case().moment.post.text and messages[1].mentions == ("u2",)


def test_a_person_goes_from_every_case(file: CaseFile, tmp_path: Path) -> None:
    asked = replace(said("m5", 2), author="u9", name="Zoe")
    other = case("m5")
    about = replace(other, moment=replace(other.moment, post=asked, before=(said("m0", 0), replace(asked, id="m4"))))
    for one in (case(), about):
        file.add(one)
    assert file.erase("u1") == 2
    [left] = file.read()
    assert [one.author for one in (*left.moment.before, left.moment.post, *left.moment.after)] == ["u9", "u9"]
    assert b"u1" not in (tmp_path / "cases.jsonl").read_bytes()
    assert file.erase("u1") == 0 and file.read() == [left]


def test_nothing_is_kept_of_who_is_left_out(tmp_path: Path) -> None:
    file = CaseFile(tmp_path / "cases.jsonl", lambda member, at: member == "u9")
    asked = replace(said("m5", 2), author="u9")
    other = case("m6")
    file.add(replace(case("m5"), moment=replace(case("m5").moment, post=asked)))
    file.add(replace(other, moment=replace(other.moment, before=(asked, said("m0", 0)))))
    [left] = file.read()
    assert left.moment.id == "m6" and [one.author for one in left.moment.before] == ["u1"]
    assert b"u9" not in (tmp_path / "cases.jsonl").read_bytes()


def test_there_is_nobody_to_erase_before_the_first_case(file: CaseFile) -> None:
    assert file.erase("u1") == 0
