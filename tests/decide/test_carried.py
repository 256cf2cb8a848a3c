"""What a message carries is judged: the title and the tags of a post, the embed of a program, a forward."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.room_rule import Join
from bot.decide.floor import Floor
from bot.decide.reasons import Reason
from bot.decide.signals import kinds
from bot.language.packs import MessageKind
from bot.types import Edit, Message, NewParts, Part, PartKind, State, Turn, Verdict
from tests.fakes.floors import floor_of, rule_of
from tests.fakes.shipped import shipped_packs
from tests.fakes.talk import BOT, FEED, at, line, post

PACKS = shipped_packs()
TITLE, TAGS, EMBED = PartKind.TITLE, PartKind.TAGS, PartKind.EMBED


def titled(title: str, text: str, *tags: str, **more: Any) -> Message:
    parts = [Part(TITLE, title), *([Part(TAGS, ", ".join(tags))] if tags else [])]
    return post("m", "Ana", text, parts=(*parts, *more.pop("parts", ())), **more)


def decided(message: Message, join: Join = "unanswered") -> Turn:
    floor = floor_of(rule_of(join, share_of_voice=0.5))
    return floor.hear(floor.recognise(message), message.heard)[-1]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Why does my starter smell of acetone?", "see title"),
        ("Why does my starter smell of acetone?", "title says it all"),
        ("Why does my starter smell of acetone?", ""),
        ("How long does rye keep", "^"),
        ("can't get my oven above 180, any ideas?", "photos below"),
        ("Help needed with a wet crumb", "as the title says, it is wet"),
        ("Look what I baked", ""),
        ("I'm new here", "hello"),
        ("面包为什么发酸？", "如题"),
        ("求助：酵母不发", "如标题"),
    ],
)
def test_a_title_can_make_a_post_inviting(title: str, text: str) -> None:
    assert decided(titled(title, text)).decision.verdict is Verdict.WAIT
    assert decided(post("m", "Ana", text or "see title")).decision.verdict is Verdict.SILENT, "without its title"


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("The weekly thread is open for all of you", "have fun", Reason.NOT_INVITING),
        ("Thanks everybody", "that worked", Reason.NOT_INVITING),
        ("I want to die", "see title?", Reason.MEANT_FOR_OTHERS),
        ("my dad died yesterday", "how do you bake without him?", Reason.MEANT_FOR_OTHERS),
        ("我不想活了", "如题，怎么办？", Reason.MEANT_FOR_OTHERS),
    ],
)
def test_a_title_can_make_a_post_none_of_our_business(title: str, text: str, reason: Reason) -> None:
    assert decided(titled(title, text)).decision.reason == reason


def test_a_title_calls_by_name() -> None:
    assert decided(titled("@cameo why is it flat?", "see title"), "mentions").addressed
    assert not decided(titled("cameo recipes", "see title"), "mentions").addressed


def kinds_of(*parts: Part, text: str = "", **more: Any) -> set[MessageKind]:
    return set(kinds(line("l", more.pop("who", "Ana"), text, parts=parts, **more), PACKS))


def test_tags_count_as_words_but_keep_nothing_from_being_small_talk() -> None:
    assert MessageKind.DISTRESS in kinds_of(Part(TITLE, "today"), Part(TAGS, "suicidal thoughts, support"), text="hm")
    thanks = (Part(TITLE, "Thanks everybody"), Part(TAGS, "chat, off-topic"))
    assert kinds_of(*thanks) == kinds_of(thanks[0]) == {MessageKind.THANKS}


@pytest.mark.parametrize("kind", [PartKind.EMBED, PartKind.FORWARD, PartKind.POLL, PartKind.IMAGE, PartKind.FILE])
def test_whatever_is_shown_can_be_painful(kind: PartKind) -> None:
    assert MessageKind.DISTRESS in kinds_of(Part(kind, "I want to kill myself"), text="look at that")
    assert MessageKind.DISTRESS not in kinds_of(Part(kind, "I want to bake it myself"), text="look at that")


def test_the_embed_of_a_program_is_its_text_and_a_preview_is_not() -> None:
    asks = Part(EMBED, "Is mine affected?")
    assert MessageKind.QUESTION in kinds_of(asks, who=BOT)
    assert MessageKind.QUESTION in kinds_of(asks), "no text that could have a link"
    assert MessageKind.QUESTION not in kinds_of(asks, text="https://news.example/recall about flour")


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(PartKind))
def test_a_message_says_its_text_and_its_title(text: str, words: str, kind: PartKind) -> None:
    said = line("l", "Ana", text, parts=(Part(kind, words),)).said
    assert text in said
    if kind is TITLE and words:
        assert words in said
    if kind not in (TITLE, EMBED):
        assert said == text


# --- what comes later ----------------------------------------------------------------------------


def waiting(title: str, text: str) -> tuple[Floor, Turn]:
    floor = floor_of(rule_of("unanswered", share_of_voice=0.5, hold=60))
    return floor, floor.hear(titled(title, text), at(0))[-1]


def carries(*parts: Part, kinds: tuple[PartKind, ...] = (TITLE, TAGS)) -> NewParts:
    return NewParts(FEED, "m", kinds, parts, at(30))


def test_a_new_title_is_read_when_the_turn_is_due() -> None:
    floor, turn = waiting("Why is it flat?", "see title")
    assert turn.state is State.WAITING
    floor.edit(carries(Part(TITLE, "I want to die")))
    later = floor.tick(turn.id, turn.decision.due or at(0))
    assert later is not None and later.decision.reason == Reason.MEANT_FOR_OTHERS


def test_the_preview_of_a_link_does_not_stop_what_is_being_written() -> None:
    floor = floor_of(rule_of("mentions"))
    call = post("m", "Ana", "@mochi is https://bread.example right?", addressed=True)
    turn = floor.hear(call, at(0))[-1]
    assert floor.edit(carries(Part(EMBED, "All about bread"), kinds=(EMBED,))) == []
    known = floor.wanted(turn.id)
    assert known is not None and known.message.parts == (Part(EMBED, "All about bread"),)
    assert floor.edit(Edit(FEED, "m", "@mochi never mind", at(2))) != [], "other words do"
