"""Has a person answered by now? What makes it likelier, and what always holds."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.decide.answered import Watch, likelihood
from bot.decide.links import Timeline, links
from bot.decide.message_facts import MessageFacts
from bot.decide.traits import TRAITS
from tests.decide.test_links import WEIGHTS, Hostile, conversation, hostile, random_talk, said

QUESTION = "ana does anyone know how to proof dough in winter?"


def watched(messages: list[MessageFacts], first: int = 0) -> tuple[Watch, Timeline]:
    """The watch on message `first` after all of `messages`."""
    timeline, watch = Timeline(), None
    for position, one in enumerate(messages):
        found = links(one, timeline, WEIGHTS)
        if watch is not None:
            watch.hear(position, one, found)
        elif position == first:
            watch = Watch.over(position, one, found)
        timeline.add(one)
    assert watch is not None
    return watch, timeline


def likely(messages: list[MessageFacts], first: int = 0) -> float:
    return likelihood(*watched(messages, first), WEIGHTS)


def test_right_after_a_question_nobody_has_answered() -> None:
    assert likely(conversation(QUESTION)) < 0.01


def test_a_bot_that_speaks_and_the_asker_who_goes_on_are_no_answers() -> None:
    talk = conversation(QUESTION + "\nbot Good morning, everybody!\nana it is 14 degrees in my kitchen")
    assert likely(talk) < 0.01


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("ben in the oven, with only the light on", id="the next speaker"),
        pytest.param("ben ana: in the oven, with only the light on", id="who calls the asker"),
        pytest.param("ben ana: in the oven\nana ben: thanks, that is warm enough", id="with whom the asker talks on"),
    ],
)
def test_an_answer_is_seen(answer: str) -> None:
    assert likely(conversation(f"{QUESTION}\n{answer}")) > 0.5


def test_the_plainer_the_answer_the_likelier_it_is_one() -> None:
    around = "cleo I am painting the kitchen, green or blue?\ndan cleo: green!\n"
    talks = (
        around + QUESTION + "\ndan cleo: or blue, like the sea",
        around + QUESTION + "\ndan in the oven",
        around + QUESTION + "\ndan ana: in the oven",
        around + QUESTION + "\ndan ana: in the oven\nana dan: thank you",
    )
    found = [likely(conversation(talk), first=2) for talk in talks]
    assert found == sorted(found)
    assert found[0] < 0.5 < found[-1]


def test_a_reply_link_makes_it_likelier_than_the_same_words_without() -> None:
    around = conversation(f"{QUESTION}\ncleo what a storm\ndan the tram was late again today\n")
    plain, linked = (said(9, "ben", "in the oven", 120.0, reply_to=answers) for answers in (None, 1))
    assert likely([*around, linked]) > likely([*around, plain])
    assert likely([*around, linked]) > 0.8


def test_a_reply_link_to_somebody_else_is_no_answer() -> None:
    around = conversation(f"cleo what a storm\n{QUESTION}\n")
    elsewhere = said(9, "ben", "yes, and more to come", 120.0, reply_to=1)
    assert likely([*around, elsewhere], first=1) < 0.5


@settings(max_examples=60)
@given(st.lists(hostile, min_size=1, max_size=40))
def test_it_is_a_likelihood_whatever_is_said(talk: list[Hostile]) -> None:
    messages = [said(number, *parts) for number, parts in enumerate(talk)]
    assert 0.0 <= likely(messages) <= 1.0


def test_each_trait_that_can_be_found_has_a_weight_and_each_weight_can_be_used() -> None:
    found: set[str] = set()
    for seed, people in enumerate((1, 2, 3, 4, 5, 6, 12, 30, 60)):
        timeline, watches = Timeline(), list[tuple[int, Watch]]()
        for position, one in enumerate(random_talk(random.Random(seed), 1_000, people)):
            heard = links(one, timeline, WEIGHTS)
            for _, watch in watches:
                watch.hear(position, one, heard)
                found.update(watch.traits(timeline))
            watches = [(begin, watch) for begin, watch in watches if begin > position - 100]
            if position % 10 == 0:
                watches.append((position, Watch.over(position, one, heard)))
            timeline.add(one)
    assert found == {trait for trait in TRAITS if trait.partition(".")[0] == "answered"}


def test_where_only_two_talk_what_the_other_tells_is_the_answer() -> None:
    question = "ana How do I keep my starter alive while I travel?"
    statement, asked = (likely(conversation(f"{question}\n300+ben {text}")) for text in (
        "put it in the fridge, it will be fine", "has anybody seen my keys?",
    ))  # fmt: skip
    assert asked < 0.34 < statement
