"""Who answers whom in a plain timeline: short conversations that any reader would understand, and what always holds."""

import os
import pickle
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decide.links import LOOK_BACK, NEAR, Links, Timeline, candidates, links, opening
from bot.decide.message_facts import MessageFacts, words_of
from bot.decide.signals import asks
from bot.decide.traits import TRAITS
from bot.language.link_weights import load_weights

WEIGHTS = load_weights(TRAITS)
PEOPLE = ("ana", "ben", "cleo", "dan", "eve", "fay", "gus", "hal", "ida", "jon")


def said(
    number: int, who: str, text: str, at: float, calls: Iterable[str] = (), reply_to: int | None = None
) -> MessageFacts:
    """`at` is in seconds; "ben: text" calls ben."""
    name = text.partition(":")[0]
    called = frozenset([*calls, *[name] * (name in PEOPLE)]) - {who}
    answers = None if reply_to is None else str(reply_to)
    return MessageFacts(
        str(number), None, who, False, who != "bot", answers, False, at, called, asks(text), len(text), words_of(text)
    )


def conversation(talk: str) -> list[MessageFacts]:
    """One line each, with who said what, numbered from 1. Half a minute apart, or the number of seconds before the
    line."""
    found: list[MessageFacts] = []
    at = 0.0
    for number, line in enumerate(filter(None, map(str.strip, talk.splitlines())), 1):
        gap, _, rest = line.partition("+") if line[0].isdigit() else ("30", "", line)
        who, text = rest.split(maxsplit=1)
        at += float(gap)
        calls = [name for name in PEOPLE if f"@{name}" in text]
        found.append(said(number, who, text, at, calls))
    return found


def follow(messages: Iterable[MessageFacts], timeline: Timeline | None = None) -> Iterator[Links]:
    timeline = Timeline() if timeline is None else timeline
    for one in messages:
        yield links(one, timeline, WEIGHTS)
        timeline.add(one)


def answered(found: Links) -> int | None:
    """The number of the message that is most likely answered, None for nobody."""
    at, likely = max(found.to, key=lambda one: one[1], default=(-1, 0.0))
    return at + 1 if likely > found.opens else None


# --- conversations -------------------------------------------------------------------------------

BUSY = """
    dan   the tram was late again today
    eve   dan: mine too, half an hour
    fay   I am painting the kitchen, green or blue?
    gus   fay: green!
    dan   eve: they say it is the snow
"""


@pytest.mark.parametrize(
    ("talk", "answers"),
    [
        pytest.param("ana does anyone know how to proof dough in winter?", None, id="the first message answers nobody"),
        pytest.param(
            """
            ana   does anyone know how to proof dough in winter?
            ben   my router died again
            cleo  @ana in the oven, with only the light on
            """,
            1,
            id="a mention",
        ),
        pytest.param(
            """
            ana   does anyone know how to proof dough in winter?
            ben   my router died again
            dan   what a storm
            cleo  ana: in the oven, with only the light on
            """,
            1,
            id="a name with a colon",
        ),
        pytest.param(
            """
            ben   what a storm
            ana   yes, the tram was late too
            600+ana does anyone know how to proof dough in winter?
            ben   in the oven, with only the light on
            """,
            3,
            id="the next speaker answers a question",
        ),
        pytest.param(
            """
            ana   my bread does not rise at all since we moved
            5+ana it is the same flour and the same yeast as before
            """,
            1,
            id="one goes on with oneself",
        ),
        pytest.param(
            """
            ana   does anyone know how to proof dough in winter?
            ben   ana: do you have an oven with a light?
            dan   what a storm
            ana   ben: yes, an old one
            """,
            2,
            id="the answer to a question back",
        ),
        pytest.param(
            BUSY + "hal hello, does anybody here know when the library opens on sunday?", None, id="a newcomer asks"
        ),
        pytest.param(BUSY + "7200+hal has anyone seen my umbrella?", None, id="a question after a long silence"),
        pytest.param(BUSY + "hal fay: blue, like the sea", 3, id="called across the talk of others"),
    ],
)
def test_what_the_last_message_answers(talk: str, answers: int | None) -> None:
    *_, last = follow(conversation(talk))
    assert answered(last) == answers


def test_words_in_common_make_an_answer_likelier() -> None:
    talk = BUSY + "hal {}"
    plain, shared = (list(follow(conversation(talk.format(text))))[-1] for text in ("grey walls", "green kitchen"))
    assert dict(shared.to)[2] > dict(plain.to).get(2, 0.0)


# --- what always holds ---------------------------------------------------------------------------

Hostile = tuple[str, str, float, frozenset[str], int | None]
hostile = st.tuples(
    st.sampled_from([*PEOPLE, "bot"]),
    st.sampled_from(["", "?", "yes", "的" * 700, "wörd " * 9, " ".join(f"w{n}ord" for n in range(10_000))]) | st.text(),
    st.sampled_from([0.0, 1.0, -1e9, 4e9, 0.25]) | st.floats(-1e12, 1e12),
    st.frozensets(st.sampled_from([*PEOPLE, "nobody", ""]), max_size=4),
    st.none() | st.integers(0, 40),
)


@settings(max_examples=60)
@given(st.lists(hostile, min_size=1, max_size=40))
def test_likelihoods_are_likelihoods_whatever_is_said(talk: list[Hostile]) -> None:
    messages = [said(number, *parts) for number, parts in enumerate(talk)]
    for position, found in enumerate(follow(messages)):
        likely = [one for _, one in found.to]
        assert all(0.0 <= one <= 1.0 for one in (*likely, found.opens))
        assert sum(likely) + found.opens <= 1.0 + 1e-9
        assert all(0 <= at < position for at, _ in found.to)
        assert len({at for at, _ in found.to}) == len(likely) <= NEAR + 8


@settings(max_examples=60)
@given(st.lists(hostile, min_size=2, max_size=40), st.data())
def test_a_reply_link_is_always_taken(talk: list[Hostile], data: st.DataObject) -> None:
    messages = [said(number, *parts) for number, parts in enumerate(talk)]
    place = data.draw(st.integers(0, len(messages) - 1))
    timeline = Timeline()
    list(follow(messages, timeline))
    reply = said(99, "ana", "ben: no, hal is right", 0.0, ("cleo",), reply_to=place)
    assert links(reply, timeline, WEIGHTS) == Links(((place, 1.0),), 0.0)


def test_a_reply_link_to_what_is_long_forgotten_is_guessed_like_any_other() -> None:
    timeline = Timeline()
    list(follow((said(number, "ana", "hm", number) for number in range(LOOK_BACK + 1)), timeline))
    reply = said(999, "ben", "yes", LOOK_BACK + 2.0, reply_to=0)
    assert links(reply, timeline, WEIGHTS).to != ((0, 1.0),)


# --- what is kept --------------------------------------------------------------------------------


def test_a_timeline_forgets_a_million_words_and_who_said_them() -> None:
    timeline, numbers, sizes = Timeline(), count(), []
    for number in range(15_000):
        text = " ".join(f"{next(numbers):07d}" for _ in range(70))
        timeline.add(said(number, f"person{number}", text, float(number), (f"called{number}", f"or{number}")))
        if number % 1_000 == 999:
            sizes.append(len(pickle.dumps(timeline)))
    assert next(numbers) == 1_050_000
    assert max(sizes) < 1.5 * sizes[0]


def random_talk(chance: random.Random, length: int, people: int) -> Iterator[MessageFacts]:
    """Random messages that have traits of every kind."""
    words = [f"word{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(120)]
    names, at, calling = [f"person{n}" for n in range(people)], 0.0, chance.choice((0.02, 0.25, 0.6))
    for number in range(length):
        at += chance.choice((0.0, 1.0, 10.0, 60.0, 400.0)) * chance.random()
        text = " ".join(chance.choices(words, k=chance.choice((0, 1, 2, 4, 9, 30)))) + "?" * (chance.random() < 0.3)
        who = "bot" if chance.random() < 0.1 else chance.choice(names)
        calls = chance.sample(names, min(people, 1 + (chance.random() < 0.2))) if chance.random() < calling else ()
        yield said(number, who, text, at, calls)


@settings(max_examples=25, deadline=None)
@given(st.integers(), st.integers(1, 40), st.integers(2 * LOOK_BACK, 3 * LOOK_BACK))
def test_after_a_restart_the_last_400_messages_lead_to_the_same_links(seed: int, people: int, restart: int) -> None:
    talk = list(random_talk(random.Random(seed), restart + 30, people))
    whole, rebuilt = Timeline(), Timeline()
    list(follow(talk[:restart], whole))
    forgotten = restart - 2 * LOOK_BACK
    list(follow(talk[forgotten:restart], rebuilt))
    for ours, theirs in zip(follow(talk[restart:], whole), follow(talk[restart:], rebuilt), strict=True):
        assert ours == Links(tuple((at + forgotten, likely) for at, likely in theirs.to), theirs.opens)


FOLLOWED = """\
import random
from tests.decide.test_links import follow, random_talk
for seed in range(8):
    print(*follow(random_talk(random.Random(seed), 200, 5)), sep="\\n")
"""


def test_links_are_the_same_in_every_process() -> None:
    """The order of sets differs between processes, and a message may call two people."""
    root = Path(__file__).parents[2]
    runs = [
        subprocess.run(
            [sys.executable, "-c", FOLLOWED], cwd=root, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True,
            text=True, check=True,
        ).stdout
        for seed in "123"
    ]  # fmt: skip
    assert len(runs[0]) > 10_000
    assert runs == runs[:1] * 3


def test_each_trait_that_can_be_found_has_a_weight_and_each_weight_can_be_used() -> None:
    found: set[str] = set()
    for seed, people in enumerate((1, 2, 3, 4, 5, 6, 12, 30, 60)):
        timeline = Timeline()
        for one in random_talk(random.Random(seed), 1_500, people):
            found.update(opening(one, timeline), *(traits for _, traits in candidates(one, timeline)))
            timeline.add(one)
    assert found == {trait for trait in TRAITS if trait.partition(".")[0] != "answered"}


def test_the_last_twelve_messages_are_candidates_and_of_older_ones_only_those_of_who_is_meant() -> None:
    """Ana's own message, and Ben's whom she calls, are older."""
    timeline = Timeline()
    people = ["ana", "ben", "cleo", *(f"person{n}" for n in range(12))]
    list(follow((said(number, who, "hm", number) for number, who in enumerate(people)), timeline))
    found = [at for at, _ in candidates(said(99, "ana", "ben: so?", 99.0), timeline)]
    assert sorted(found) == [0, 1, *range(3, 15)]


def test_of_each_author_one_message_is_the_last() -> None:
    """Whether near or called from afar; a trait tells it of nobody's earlier messages."""
    timeline = Timeline()
    list(follow((said(n, ("ben", "cleo", "dan")[n % 3], "hm", n) for n in range(9)), timeline))
    traits = dict(candidates(said(99, "ana", "cleo: yes", 99.0), timeline))
    assert {at for at, found in traits.items() if "calls.last" in found} == {7}
    assert {at for at, found in traits.items() if "calls.older" in found} == {1, 4}
    assert {at for at, found in traits.items() if "last_of_another" in found} == {6, 7}, "8 is the message before"


@pytest.mark.parametrize(("times", "is_rare"), [(0, True), (4, True), (5, False)])
def test_a_word_in_four_of_the_last_200_messages_is_rare(times: int, is_rare: bool) -> None:
    timeline = Timeline()
    list(follow((said(n, "ana", "sourdough" if n < times else "hm", n) for n in range(LOOK_BACK)), timeline))
    assert timeline.is_rare("sourdough") is is_rare
    timeline.add(said(LOOK_BACK, "ana", "hm", LOOK_BACK))
    assert timeline.is_rare("sourdough") is (times <= 5), "the first has been forgotten"
