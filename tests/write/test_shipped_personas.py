"""The shipped personas as examples of good ones: varied, spoken to in the second person, and inventing nothing."""

import re
from itertools import pairwise

import pytest

from bot.write.persona import Persona
from tests.fakes.shipped import personas

PERSONAS = personas()
EACH = pytest.mark.parametrize("persona", PERSONAS.values(), ids=PERSONAS)
CLOSING = "\"'”’」)）"
HARD = {
    "insult": r"useless|broken toaster|unfunny|worthless|garbage|智障",
    "quiet": r"\bquiet\b|\bshh\b|\bshut up\b|安静|别插嘴",
    "mistake": r"\byou said\b|, not a\b|isn't just|说反|说错",
    "real?": r"\breal person\b|\bdo you even\b|\byourself\?|真人|中国人还是",
    "painful": r"funeral|vet says|photos of mum|没过|奶奶",
}
# What only somebody who has seen a picture could say.
SEEN = (
    r"\b(left|right|background|foreground|behind|colou?r|wearing|looks? like|photo|picture)\b"
    "|左边|右边|背景|后面|颜色|图里|照片|看上去|看起来"
)


def ends_in_a_question(reply: str) -> bool:
    return reply.rstrip(CLOSING).endswith(("?", "？"))


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+|[\u4e00-\u9fff]", text.casefold())


@EACH
def test_its_examples_open_and_end_differently(persona: Persona) -> None:
    replies = [one.reply for one in persona.examples]
    asking = [ends_in_a_question(reply) for reply in replies]
    assert 1 <= sum(asking) <= len(replies) / 3
    assert not any(one and other for one, other in pairwise(asking)), "not two questions in a row"
    assert len({" ".join(words(reply)[:2]) for reply in replies}) == len(replies)
    assert len({" ".join(words(reply)[-2:]) for reply in replies}) == len(replies)
    lengths = [len(words(reply)) for reply in replies]
    assert min(lengths) * 4 <= max(lengths), "short ones, too"


@EACH
def test_its_manners_speak_to_it(persona: Persona) -> None:
    assert persona.manners
    assert [line for line in persona.manners if not re.search(r"\b[Yy]ou\b|你", line)] == []
    assert [line for line in persona.manners if re.search(r"\b(its|it says|himself|herself)\b", line)] == []


@EACH
@pytest.mark.parametrize("case", HARD)
def test_it_has_an_example_of_each_hard_moment(persona: Persona, case: str) -> None:
    (found,) = [one for one in persona.examples if re.search(HARD[case], one.member)]
    assert not ends_in_a_question(found.reply)
    if case == "quiet":
        assert len(words(found.reply)) <= 6


@EACH
def test_its_examples_invent_nobody_and_no_picture(persona: Persona) -> None:
    for one in persona.examples:
        assert not re.search(SEEN, one.reply) or re.search(SEEN, one.member), one
        names = re.findall(r"(?<=[a-z,;] )[A-Z][a-z]+", one.reply)
        assert [name for name in names if name not in one.member] == []
