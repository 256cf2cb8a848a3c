"""What a raid is, and what only looks like one."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.settings import RoomRule
from bot.decide.raids import SCREEN, WINDOW, Raids, letters_of, signature
from bot.decide.reasons import Reason
from bot.decide.room import REBUILT, Past
from bot.decide.times import HOUR
from bot.types import State, Turn, Verdict
from tests.fakes.floors import floor_of, reference, rule_of
from tests.fakes.talk import at, line, post

SPAM = "Free nitro for the first 100 people, claim it now at https://gift.example/a1"
FRIENDS = ("Ana", "Ben", "Eve")
RAIDS: dict[str, Sequence[tuple[str, str]]] = {
    "three people": [(name, SPAM) for name in FRIENDS],
    "one person": [("Ana", SPAM)] * 3,
    "emoji and case": [("Ana", SPAM), ("Ben", f"🎉🎉 {SPAM.upper()} 🎉"), ("Eve", SPAM.replace(" ", "  "))],
    "numbers and links": [(name, SPAM.replace("100", str(n)).replace("a1", f"z{n}")) for n, name in enumerate(FRIENDS)],
    "look-alike letters": [("Ana", SPAM), ("Ben", SPAM.replace("e", "е")), ("Eve", SPAM.replace("o", "ο"))],
    "full width": [("Ana", SPAM), ("Ben", SPAM.replace("Free nitro", "Ｆｒｅｅ ｎｉｔｒｏ")), ("Eve", SPAM)],
    "invisible letters": [("Ana", SPAM), ("Ben", "\u200b".join(SPAM[:40]) + SPAM[40:]), ("Eve", SPAM)],
    "a changed word": [("Ana", SPAM), ("Ben", SPAM.replace("claim", "take")), ("Eve", SPAM.replace("now", "today"))],
    "a name before it": [("Ana", f"@ben {SPAM}"), ("Ben", f"hey lea, {SPAM}"), ("Eve", SPAM)],
    "without a link": [(name, "you are all idiots and this place will burn tonight") for name in FRIENDS],
    "one person, without a link": [("Ana", "you are all idiots and this place will burn tonight")] * 3,
    "Chinese": [(name, f"加微信领取免费会员，仅限前{n}名，手慢无") for n, name in enumerate(FRIENDS)],
    "Russian": [(name, "заработок от 5000 рублей в день, пишите в личку") for name in FRIENDS],
    "the same bare link": [(name, "https://gift.example/win/now") for name in FRIENDS],
}
NONE: dict[str, Sequence[tuple[str, str]]] = {
    "two people": [("Ana", SPAM), ("Ben", SPAM)],
    "two of one, one of another": [("Ana", SPAM), ("Ben", SPAM), ("Ana", SPAM)],
    "good mornings": [(name, "good morning everyone!") for name in FRIENDS],
    "gm": [("Ana", "gm")] * 9,
    "+1": [(name, "+1") for name in FRIENDS],
    "thanks": [(name, "thanks a lot, that worked") for name in FRIENDS],
    "same here": [(name, "same problem here too") for name in FRIENDS],
    "congratulations": [(name, "happy birthday ben! 🎉") for name in FRIENDS],
    "welcomes": [
        ("Ana", "welcome to the server, enjoy your stay!"),
        ("Ben", "welcome! nice to have another baker around"),
        ("Eve", "hi and welcome, what do you bake?"),
    ],
    "asking again": [("Ana", "does anyone know why my starter smells of paint?")] * 3,
    "a request again": [("Ana", "please help me with my starter, it smells of paint")] * 3,
    "somebody who talks": [
        *[("Ana", text) for text in ("my oven is on now", "it takes a while", "you all are right")],
        *[("Ana", "the dough is still too wet to be shaped")] * 3,
    ],
    "Chinese greetings": [(name, "大家早上好") for name in FRIENDS],
    "other links": [(name, f"https://pictures.example/{name.lower() * 5}{n}") for n, name in enumerate(FRIENDS)],
    "scores": [(name, f"Wordle 1,0{n} 3/6 ⬛🟨⬛⬛🟩 🟩🟩🟩🟩🟩") for n, name in enumerate(FRIENDS)],
    "commands": [(name, "!play my favourite song") for name in FRIENDS],
    "talk": [
        ("Ana", "the bread did not rise in the cold kitchen tonight"),
        ("Ben", "put it beside the warm oven until the morning"),
        ("Eve", "mine did not rise in the fridge either, last week"),
    ],
}


def heard(said: Sequence[tuple[str, str]], apart: float = 60.0) -> list[list[str]]:
    raids = Raids(reference().packs)
    return [
        raids.hear(line(f"m{number}", name, text), number * apart, by_person=True)
        for number, (name, text) in enumerate(said)
    ]


@pytest.mark.parametrize("what", RAIDS)
def test_a_raid(what: str) -> None:
    assert heard(RAIDS[what]) == [[], [], ["m2", "m0", "m1"]]


@pytest.mark.parametrize("what", NONE)
def test_no_raid(what: str) -> None:
    assert not any(heard(NONE[what]))


def test_copies_count_for_an_hour() -> None:
    assert heard(RAIDS["three people"], apart=HOUR / 2 - 1)[-1] and not heard(RAIDS["three people"], apart=HOUR / 2)[-1]


@pytest.mark.parametrize(("what", "most"), [("three people", WINDOW), ("one person", SCREEN)])
def test_copies_count_until_the_room_has_gone_on(what: str, most: int) -> None:
    first, second, last = RAIDS[what]
    for between in (most - 3, most - 2):
        others = [(f"other {n}", f"word{n} " * 9) for n in range(between)]
        assert bool(heard([first, second, *others, last], apart=1)[-1]) is (between == most - 3)


def test_bots_and_ourselves_are_no_raid() -> None:
    raids = Raids(reference().packs)
    assert not any(raids.hear(line(f"m{n}", "Ana", SPAM), float(n), by_person=False) for n in range(5))


def test_a_raid_ends_an_hour_after_its_last_copy_or_when_the_room_has_gone_on() -> None:
    raids = Raids(reference().packs)
    for number, (name, text) in enumerate(RAIDS["three people"]):
        raids.hear(line(f"m{number}", name, text), float(number), by_person=True)
    assert raids.is_on(2 + HOUR - 1) and not raids.is_on(2 + HOUR)
    for number in range(WINDOW):
        assert raids.is_on(10)
        raids.hear(line(f"x{number}", "Lea", "hm"), 10, by_person=True)
    assert not raids.is_on(10)


@given(st.text(max_size=600))
def test_any_text_has_bounded_letters(text: str) -> None:
    letters = letters_of(text)
    assert len(letters) <= 2 * 400 and signature(letters).bit_length() <= 1021


@pytest.mark.parametrize("rule", [rule_of(posts="all", hold=1.0), rule_of("every_post")], ids=["held", "every post"])
def test_nothing_is_said_about_a_raid_nor_during_it(rule: RoomRule) -> None:
    """The turns of the first copies end with the third; what else waits is decided again when it is due."""
    floor, turns = floor_of(rule), dict[str, Turn]()
    for number, (name, text) in enumerate([("Lea", "does it rise in the cold?"), *RAIDS["three people"]]):
        said = post(f"m{number}", name, text, number)
        turns |= {turn.trigger: turn for turn in floor.hear(said, said.heard)}
    assert {turns[f"m{n}"].decision.reason for n in (1, 2, 3)} == {Reason.RAID}
    assert {turns[f"m{n}"].state for n in (1, 2)} == {State.STOPPED}
    waiting = turns["m0"]
    assert waiting.state is State.WAITING and waiting.decision.due is not None
    ticked = floor.tick(waiting.id, waiting.decision.due)
    assert ticked is not None and ticked.decision.reason == Reason.RAID
    later = post("later", "Lea", "which oven is the best one for rye?", HOUR + 10)
    assert floor.hear(later, later.heard)[-1].decision.verdict is Verdict.WAIT


def test_after_a_restart_a_raid_is_still_on() -> None:
    """However many messages were folded before: a room is rebuilt from its last `REBUILT`."""
    others = [("Lea", f"word{n} " * 9) for n in range(3 * WINDOW)]
    said = [*others, *RAIDS["three people"], *others[: WINDOW - 1]]
    messages = [line(f"m{number}", name, text, number) for number, (name, text) in enumerate(said)]
    live, restarted = floor_of(rule_of()), floor_of(rule_of())
    for message in messages:
        live.hear(message, message.heard)
    restarted.restore(Past(messages=messages[-REBUILT:]), [])
    now = messages[-1].heard.timestamp()
    assert live.state.is_raided(now) and restarted.state.is_raided(now)


def test_deleting_the_copies_ends_a_raid() -> None:
    """Live, and after a restart: what was deleted is not read again."""
    messages = [line(f"m{number}", name, text, number) for number, (name, text) in enumerate(RAIDS["three people"])]
    floor, restarted = floor_of(rule_of()), floor_of(rule_of())
    for message in messages:
        floor.hear(message, message.heard)
    assert floor.state.is_raided(at(5).timestamp())
    floor.delete("m0")
    restarted.restore(Past(messages=messages[1:]), [])
    assert floor.is_stale and not restarted.state.is_raided(at(5).timestamp())


def test_during_a_raid_it_answers_when_called() -> None:
    floor = floor_of(rule_of())
    for number, (name, text) in enumerate(RAIDS["three people"]):
        floor.hear(line(f"m{number}", name, text, number), at(number))
    said = floor.recognise(line("c", "Lea", "@mochi which oven is best?", 5))
    assert floor.hear(said, said.heard)[-1].decision.verdict is Verdict.SPEAK
