"""Who is who: the few people of a thread, by how long and how often they have written, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.remember.people import Acquaintance, Acquaintances
from bot.types import Author, Message, Room, Thread
from bot.write.company import KNOWN_FOR, NEW_FOR, OFTEN, PEOPLE, speakers, who_is_who

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ANA, BEN = Author("a", "Ana"), Author("b", "Ben")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LONG_AGO = NOW - 29 * DAY
KITCHEN = Room("local", "home", "kitchen")


def told(known: Acquaintance | None, since: datetime | None = LONG_AGO, chinese: bool = False) -> str:
    people = {} if known is None else {"a": known}
    _, lines = who_is_who([("Ana", ANA), ("Ben", BEN)], Acquaintances(since, people), NOW, "zh" if chinese else "en")
    return "; ".join(lines)


@pytest.mark.parametrize(
    ("known", "since", "english", "chinese"),
    [
        (Acquaintance(1, NOW, False), LONG_AGO, "Ana (new here)", "Ana（新来的）"),
        (Acquaintance(2, NOW - DAY / 2, True), LONG_AGO,
         "Ana (new here, has asked you before)", "Ana（新来的，以前问过你）"),
        (Acquaintance(1, NOW - NEW_FOR + SECOND, False), LONG_AGO, "Ana (new here)", "Ana（新来的）"),
        (Acquaintance(1, NOW - NEW_FOR, False), LONG_AGO, "", ""),
        (Acquaintance(OFTEN, NOW - DAY / 2, False), LONG_AGO, "", ""),  # somebody who writes that much needs no welcome
        (Acquaintance(1, NOW, False), NOW - KNOWN_FOR, "Ana (new here)", "Ana（新来的）"),
        (Acquaintance(1, NOW, False), NOW - KNOWN_FOR + SECOND, "", ""),  # we are as new here as they are
        (Acquaintance(1, NOW, False), None, "", ""),
        (Acquaintance(OFTEN, LONG_AGO, False), LONG_AGO, "Ana (writes here often)", "Ana（常在这里说话）"),
        (Acquaintance(OFTEN - 1, LONG_AGO, False), LONG_AGO, "", ""),
        (Acquaintance(OFTEN, NOW - KNOWN_FOR + SECOND, False), LONG_AGO, "", ""),
        (Acquaintance(3, LONG_AGO, True), LONG_AGO, "Ana (has asked you before)", "Ana（以前问过你）"),
        (None, LONG_AGO, "", ""),
    ],
)  # fmt: skip
def test_what_is_told_of_a_person(
    known: Acquaintance | None, since: datetime | None, english: str, chinese: str
) -> None:
    assert told(known, since) == english
    assert told(known, since, chinese=True) == chinese


def said(id: str, author: Author) -> Message:
    return Message(id, Thread(KITCHEN), author, "hm", NOW, NOW)


def test_the_few_people_of_a_thread_the_trigger_s_author_first_and_no_machines() -> None:
    many = [said(f"m{n}", Author(f"id{n}", f"P{n}")) for n in range(10)]
    machines = [said("x", Author("x", "Feeder", is_bot=True)), said("y", Author("y", "Mochi", is_self=True))]
    renamed = said("z", Author("id3", "New name"))
    found = speakers([*many, *machines, renamed, many[2]], renamed)
    assert [author.id for author in found] == ["id3", "id2", "id9", "id8", "id7", "id6"]
    assert found[0].name == "New name" and len(found) == PEOPLE
    assert speakers([], machines[0]) == []
