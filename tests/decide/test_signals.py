"""What a message is, as tables."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.signals import HEAD, TAIL, asks, calls, kinds, shows
from bot.language.packs import MessageKind
from bot.types import Part, PartKind
from tests.fakes.shipped import shipped_packs
from tests.fakes.talk import line

PACKS = shipped_packs()
DISGUISED = yaml.safe_load(Path(__file__).with_name("disguised.yaml").read_text("utf-8"))
PAINFUL = yaml.safe_load(Path(__file__).with_name("painful.yaml").read_text("utf-8"))
CAT = Part(PartKind.IMAGE, name="cat.png")
NAMES = ("cameo", "mochi", "小满")


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@mochi hi", True),
        ("@Mochi, hi", True),
        ("hey @CAMEO!", True),
        ("so @mochi?", True),
        ("@小满你好", True),
        ("＠小满 你好", True),
        ("(@mochi)", True),
        ("mochi is nice", False),
        ("@mochis hi", False),
        ("@mochi_the_cat", False),
        ("mail me: ana@mochi.example", False),
        ("see `@mochi` in the log", False),
        ("```\n@mochi\n```", False),
        ("https://example.org/@mochi", False),
        ("@@mochi", False),
        ("", False),
    ],
)
def test_who_is_called(text: str, called: bool) -> None:
    assert calls(text, NAMES) is called


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("how do I proof dough?", True),
        ("怎么发面？", True),
        ("كيف؟", True),
        ("nice bread", False),
        ("see https://example.org/?page=2", False),
        ("`a ? b : c` is a ternary", False),
    ],
)
def test_what_asks(text: str, question: bool) -> None:
    assert asks(text) is question


def kinds_of(text: str, **more: Any) -> set[MessageKind]:
    return set(kinds(line("l", "Ana", text, **more), PACKS))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # by words, in English
        ("how do i mount a drive", {MessageKind.QUESTION}),
        ("ben: anyone know why it sinks", {MessageKind.QUESTION}),
        ("that is how it works here", set()),
        ("I need a rye starter, can't get mine to rise", {MessageKind.REQUEST}),
        ("you can get rye at the mill", set()),
        ("I’m new here", {MessageKind.NEWCOMER}),
        ("there is a new oven here", set()),
        ("look what I baked", {MessageKind.SHOWING}),
        ("I looked at what you baked", set()),
        ("thanks ben, that worked", {MessageKind.THANKS}),
        ("thanks for the warning, I keep it off", set()),
        ("gooooood", set()),
        ("good morning everyone!", {MessageKind.SMALL_TALK}),
        ("morning is the best time for bread", set()),
        ("when", set()),
        ("LOOOOL hahaha", {MessageKind.SMALL_TALK}),
        ("please take it to the lounge, this is off topic here", {MessageKind.MODERATION}),
        ("take the dough to the oven", set()),
        ("my mother died", {MessageKind.DISTRESS}),
        ("my starter died", set()),
        # in Chinese, simplified and traditional
        ("這個怎麼用", {MessageKind.QUESTION}),
        ("我知道了", set()),
        ("求助，面包发不起来", {MessageKind.REQUEST}),
        ("萌新报到", {MessageKind.NEWCOMER}),
        ("小白菜真好吃", set()),
        ("刚烤好的面包，给大家看看", {MessageKind.SHOWING}),
        ("多謝！", {MessageKind.THANKS}),
        ("哈哈哈哈哈", {MessageKind.SMALL_TALK}),
        ("哈密瓜面包", set()),
        ("别刷屏，再刷就禁言", {MessageKind.MODERATION}),
        ("我爺爺去世了", {MessageKind.DISTRESS}),
        ("我的酵母死了", set()),
        # several at once
        ("I'm new here, how do I start?", {MessageKind.NEWCOMER, MessageKind.QUESTION}),
        ("my dad died yesterday, how do I tell my kids?", {MessageKind.DISTRESS, MessageKind.QUESTION}),
        ("我 love 面包，怎么做", {MessageKind.QUESTION}),
        # other languages: punctuation and shape
        ("¿cómo se hace?", {MessageKind.QUESTION}),
        ("كيف؟", {MessageKind.QUESTION}),
        ("どうやって作りますか", set()),
        ("先生は病院で死去", set()),
        ("我の怎么办", {MessageKind.QUESTION}),
        ("как испечь хлеб", set()),
        # shape
        ("🎉🎉", {MessageKind.SMALL_TALK}),
        ("...", {MessageKind.SMALL_TALK}),
        ("<:party:123456>", {MessageKind.SMALL_TALK}),
        ("https://example.org/cat.png", {MessageKind.LINK_ONLY}),
        ("www.example.org/watch", {MessageKind.LINK_ONLY}),
        ("Www.example.org", {MessageKind.LINK_ONLY}),
        ("example.org/watch?v=1", {MessageKind.LINK_ONLY}),
        ("my cat example.com", {MessageKind.LINK_ONLY}),
        ("done.me too", set()),
        ("did you try example.org/bread?", {MessageKind.QUESTION}),
        ("example.org/bread has a very good rye", set()),
        ("@ben my cat https://example.org/cat.png", {MessageKind.LINK_ONLY}),
        ("the recipe I use: https://example.org/rye", set()),
        ("odd https://example.org/log?", {MessageKind.LINK_ONLY}),
        ("`x = 1`", set()),
        ("!help", {MessageKind.COMMAND}),
        (".ban ben", {MessageKind.COMMAND}),
        ("?tag rules", {MessageKind.COMMAND}),
        ("/etc/fstab", set()),
        ("/me waves", set()),
        (".net is what the shop runs on these days", set()),
        # unusual forms of punctuation and letters
        ("ＨＥＬＰ ＰＬＥＡＳＥ", {MessageKind.REQUEST}),
        ("h̷e̸l̵p̶ please", {MessageKind.REQUEST}),
        ("he\u200blp please", {MessageKind.REQUEST}),
        # words that are not the author's
        ("> how do I do it?\nI use a scale", set()),
        ("```how do I do it?```", set()),
        ("", set()),
    ],
)
def test_what_a_message_is(text: str, expected: set[MessageKind]) -> None:
    assert kinds_of(text) == expected


def test_whom_it_is_said_to_does_not_matter() -> None:
    assert (
        kinds_of("ben: thanks")
        == kinds_of("@ben thanks")
        == kinds_of("ben, thanks", mentions=("id-ben",))
        == {MessageKind.THANKS}
    )


def test_media_without_words_is_only_media() -> None:
    assert kinds_of("", parts=(CAT,)) == kinds_of("my cat", parts=(CAT,)) == {MessageKind.LINK_ONLY}
    assert kinds_of("my cat sleeps in the oven", parts=(CAT,)) == set()


@pytest.mark.parametrize("kind", PartKind)
def test_everything_but_a_title_tags_and_a_quotation_is_shown(kind: PartKind) -> None:
    told = kind in (PartKind.TITLE, PartKind.TAGS, PartKind.QUOTE)
    assert shows(line("l", "Ana", "", parts=(Part(kind, "rye"),))) is not told


@pytest.mark.parametrize(("language", "text"), [(one, text) for one in PAINFUL for text in PAINFUL[one]["known"]])
def test_a_painful_post_is_recognised(language: str, text: str) -> None:
    assert MessageKind.DISTRESS in kinds_of(text)


@pytest.mark.parametrize(("language", "text"), [(one, text) for one in PAINFUL for text in PAINFUL[one]["harmless"]])
def test_what_only_sounds_painful_is_not(language: str, text: str) -> None:
    assert MessageKind.DISTRESS not in kinds_of(text)


@pytest.mark.parametrize(("language", "text"), [(one, text) for one in DISGUISED for text in DISGUISED[one]["known"]])
def test_a_painful_post_in_disguise_is_recognised(language: str, text: str) -> None:
    assert MessageKind.DISTRESS in kinds_of(text)


@pytest.mark.parametrize(
    ("language", "text"), [(one, text) for one in DISGUISED for text in DISGUISED[one]["harmless"]]
)
def test_what_only_looks_like_a_disguise_is_not(language: str, text: str) -> None:
    assert MessageKind.DISTRESS not in kinds_of(text)


@pytest.mark.parametrize("language", DISGUISED)
def test_most_disguises_that_nobody_tuned_on_are_recognised(language: str) -> None:
    found = [MessageKind.DISTRESS in kinds_of(text) for text in DISGUISED[language]["fresh"]]
    assert len(found) >= 10 and sum(found) / len(found) >= 0.85


@pytest.mark.parametrize("language", PAINFUL)
def test_most_painful_posts_that_nobody_tuned_on_are_recognised(language: str) -> None:
    found = [MessageKind.DISTRESS in kinds_of(text) for text in PAINFUL[language]["fresh"]]
    assert len(found) >= 40
    assert sum(found) / len(found) >= 0.85


@pytest.mark.parametrize(("language", "at_least"), [("en", 5), ("zh", 9)])
def test_what_hurts_without_the_usual_words_is_recognised_no_less_than_it_was(language: str, at_least: int) -> None:
    assert sum(MessageKind.DISTRESS in kinds_of(text) for text in PAINFUL[language]["oblique"]) >= at_least


def test_of_a_long_message_the_beginning_and_the_end_are_read() -> None:
    """Cost is bounded for any length; the question of a long post is at its beginning or end."""
    padding = "bread " * 2000
    assert kinds_of("my mother died " + padding) == {MessageKind.DISTRESS}
    assert kinds_of(padding + " how do I go on?") == {MessageKind.QUESTION}
    assert kinds_of("b " * HEAD + "my mother died" + " b" * TAIL) == set()


@given(st.text(max_size=3000) | st.text(st.sampled_from("?`<>@:.!/ \n哈我死吗a\u200d\u0300"), max_size=300))
def test_nothing_that_is_said_breaks_the_signals(text: str) -> None:
    calls(text, NAMES), asks(text)
    assert kinds(line("l", "Ana", text), PACKS) <= set(MessageKind)


@given(st.lists(st.sampled_from([*PACKS["latin"][0].by_word, *PACKS["han"][0].by_word, ".", ",", "?"]), max_size=60))
def test_telling_words_in_any_order_break_nothing(words: list[str]) -> None:
    assert kinds(line("l", "Ana", " ".join(words)), PACKS) <= set(MessageKind)
