"""What a raid is, and what only looks like one."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.room_rule import RoomRule
from bot.decide.raids import AT_ONCE, SCREEN, WINDOW, Raids, letters_of, signature
from bot.decide.reasons import Reason
from bot.decide.room import REBUILT, Past
from bot.decide.times import HOUR
from bot.types import Message, Part, PartKind, State, Turn, Verdict
from tests.fakes.floors import floor_of, rule_of
from tests.fakes.shipped import reference
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
    "small edits without a link": [
        ("Ana", "you are all idiots and this place will burn tonight"),
        ("Ben", "you are all morons and this place will burn tonight"),
        ("Eve", "you are all idiots and this server will burn tonight"),
    ],
    "a question": [(name, "who wants free nitro? come to my server") for name in FRIENDS],
    "a disguised question": [
        ("Ana", "does anyone want free nitro, come to my server now?"),
        ("Ben", "hey lea, does anyone want free nltro, come to my server now? xq"),
        ("Eve", "@ben does anyone want free n1tr0, come to my server now?"),
    ],
    "names before it, without a link": [
        (name, f"@{to} who wants free nitro? come to my server") for name, to in zip(FRIENDS, "xyz", strict=True)
    ],
    "a word added": [
        ("Ana", "join my new server for free coins everybody"),
        ("Ben", "join my new server for free coins everybody please"),
        ("Eve", "join my new server for free coins everybody quickly"),
    ],
    "the very same question by one": [("Ana", "does anyone want free nitro, come to my server now?")] * 3,
    "short and rare": [(name, "trump won lol cope") for name in FRIENDS],
    "short and rare by one": [("Ana", "admins suck leave now")] * 3,
    "the same bare link": [(name, "https://gift.example/win/now") for name in FRIENDS],
}
NONE: dict[str, Sequence[tuple[str, str]]] = {
    "two people": [("Ana", SPAM), ("Ben", SPAM)],
    "two of one, one of another": [("Ana", SPAM), ("Ben", SPAM), ("Ana", SPAM)],
    "good mornings": [(name, "good morning everyone!") for name in FRIENDS],
    "gm": [("Ana", "gm")] * 9,
    "+1": [(name, "+1") for name in FRIENDS],
    "thanks": [(name, "thanks a lot, that worked") for name in FRIENDS],
    "long thanks": [(name, "thank you so much for your help") for name in FRIENDS],
    "same here": [(name, "same problem here too") for name in FRIENDS],
    "congratulations": [(name, "happy birthday ben! 🎉") for name in FRIENDS],
    "welcomes": [
        ("Ana", "welcome to the server, enjoy your stay!"),
        ("Ben", "welcome! nice to have another baker around"),
        ("Eve", "hi and welcome, what do you bake?"),
    ],
    "somebody who talks": [
        *[("Ana", text) for text in ("my oven is on now", "it takes a while", "you all are right")],
        *[("Ana", "the dough is still too wet to be shaped"), ("Ben", "no"), ("Eve", "wait")] * 3,
    ],
    "goodbyes": [(name, "see you all tomorrow") for name in FRIENDS],
    "wishes": [(name, "merry christmas everybody") for name in FRIENDS],
    "short by two": [(name, "trump won lol cope") for name in FRIENDS[:2]],
    "short in another language": [(name, "guten morgen zusammen") for name in FRIENDS],
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


# Each is asked by three people; the words that differ are the content.
DIFFERENT = [
    "does anyone know a good {dentist|plumber|bakery} in Berlin?",
    "how do I install {python|docker|ruby} on windows?",
    "how long does {pesto|jam|rice} keep in the fridge?",
    "help me with my homework in {maths|physics|french}?",
    "I'm looking for a cheap {laptop|bicycle|guitar} for my daughter",
    "can somebody please tell me where I find a {tailor|locksmith|vet} around here?",
    "what do you all think about the new {iphone|pixel|fairphone}?",
    "how do I install {python on windows|docker on windows|ruby on linux}?",
    "my sister has been learning {spanish|welsh|korean} for three years now",
    "柏林有没有好的{牙医|水管工|面包店}推荐给我？",
]
# Kept aside while the rules were written.
HELD_OUT = [
    "which book about {rome|chess|bees} would you recommend to a beginner?",
    "is there a {train|bus|ferry} to the airport after midnight?",
    "could someone explain {recursion|pointers|closures} to me like I am five?",
    "does anybody here play {tennis|squash|badminton} on saturday mornings?",
    "why does my {cat|dog|parrot} scream every night at three?",
    "please recommend me a {podcast|film|novel} for a long flight",
    "how much {salt|sugar|yeast} goes into two kilos of flour?",
    "where can I watch the {final|derby|opening} without paying?",
    "请问怎么在手机上安装{微信|地图|输入法}？谢谢大家",
]


def asked(template: str) -> list[tuple[str, str]]:
    """The texts of three people: each says one of the three things between braces."""
    before, things, after = re.split(r"[{}]", template)
    return [(name, before + thing + after) for name, thing in zip(FRIENDS, things.split("|"), strict=True)]


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


@pytest.mark.parametrize("template", DIFFERENT + HELD_OUT)
def test_people_who_ask_for_different_things_are_no_raid(template: str) -> None:
    assert not any(heard(asked(template)))


@pytest.mark.parametrize("text", ["does anyone know why my starter smells of paint?", "please help me with my starter"])
def test_who_asks_again_is_no_raid(text: str) -> None:
    """If others speak in between, or some minutes pass."""
    again = [("Ana", text), ("Ben", "the oven is hot"), ("Eve", "mine too")] * 3
    assert not any(heard(again)) and not any(heard([("Ana", text)] * 3, apart=AT_ONCE / 2))
    assert heard([("Ana", text)] * 3, apart=AT_ONCE / 2 - 1)[-1]


def test_signs_in_between_do_not_hide_a_flood() -> None:
    flood = "you all are ugly trolls and losers"
    said = [("Ana", flood), ("Ana", "x"), ("Ana", flood), ("Ana", "y"), ("Ana", flood)]
    for apart in (10.0, AT_ONCE):
        assert heard(said, apart)[-1] == ["m4", "m0", "m2"]


def test_short_copies_count_for_minutes() -> None:
    assert heard(RAIDS["short and rare"], AT_ONCE / 2 - 1)[-1] and not heard(RAIDS["short and rare"], AT_ONCE / 2)[-1]


@pytest.mark.parametrize("rule", [rule_of(posts="all", hold=1.0), rule_of("every_post"), rule_of()])
def test_who_says_it_again_is_not_answered_for_that(rule: RoomRule) -> None:
    """The first is. Live, and after a restart; an hour later, it is a new post; so are another's, and other words."""
    first, other = "how do I install python on windows?", "how do I install docker on windows?"
    said = [("Ana", first), ("Lea", "hm"), ("Ana", "hello, how do I install Python on windows?"), ("Ben", first),
            ("Ana", other), ("Ana", "is it hot?"), ("Lea", "no"), ("Ana", "is it hot?")]  # fmt: skip
    posts = [post(f"m{number}", name, text, number * 200) for number, (name, text) in enumerate(said)]
    live, restarted = floor_of(rule), floor_of(rule)
    for one in posts:
        live.hear(one, one.heard)
    restarted.restore(Past(messages=posts), [])
    for floor in (live, restarted):
        assert [one.id for one in posts if floor.state.repeats(one.id)] == ["m2"]
    assert floor_decides(rule, posts[:3]) == Reason.NOT_A_POST
    assert floor_decides(rule, [posts[0], post("late", "Ana", first, HOUR)]) != Reason.NOT_A_POST


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("DOES anyone want free nitro 🎉🎉, come to my server now!", True),
        ("does anyone want free nitro, come to my server today?", True),
        ("does anyone want free n1trro, come to my server now?", True),
        ("hey lea, does anyone want free nitro, come to my server now?", True),
        ("does anyone want free pretzels, come to my server now?", False),
    ],
)
def test_copies_of_ones_own_text(text: str, repeats: bool) -> None:
    raids = Raids(reference().packs)
    said = line("first", "Ana", "does anyone want free nitro, come to my server now?")
    shown = replace(line("shown", "Ana", text), parts=(Part(PartKind.IMAGE, "a cat"),))
    for number, message in enumerate((said, line("again", "Ana", text), shown)):
        raids.hear(message, float(number), by_person=True)
    assert [raids.repeats(id) for id in ("first", "again", "shown")] == [False, repeats, False]


def floor_decides(rule: RoomRule, posts: Sequence[Message]) -> str:
    floor = floor_of(rule)
    return [floor.hear(one, one.heard) for one in posts][-1][-1].decision.reason


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
    letters, _ = letters_of(text)
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
