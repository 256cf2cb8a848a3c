"""Which messages a language pack reads: English and Chinese, and nothing else."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.reading import Reading, reading
from bot.language.packs import Packs
from bot.types import Verdict
from tests.fakes.floors import floor_of, rule_of
from tests.fakes.shipped import shipped_packs
from tests.fakes.talk import comment, line, post

PACKS = shipped_packs()
FOLDER = Path(__file__).parent
BEYOND: dict[str, Any] = yaml.safe_load((FOLDER / "beyond.yaml").read_text("utf-8"))
PAINFUL = yaml.safe_load((FOLDER / "painful.yaml").read_text("utf-8"))
KNOWN = [(one, text) for one, part in BEYOND.items() for kind in ("pain", "plain") for text in part[kind]]
FRESH = [(one, text) for one, part in BEYOND.items() for kind in ("pain", "plain") for text in part["fresh"][kind]]
PAIN = [text for part in BEYOND.values() for text in (*part["pain"], *part["fresh"]["pain"])]
READ = [
    text
    for packs in PACKS.values()
    for pack in packs
    for kind in pack.examples
    for text in (*pack.examples[kind], *pack.unlike[kind])
] + [text for part in PAINFUL.values() for texts in part.values() for text in texts]


@pytest.mark.parametrize(("language", "text"), KNOWN)
def test_a_language_without_a_pack_is_not_read(language: str, text: str) -> None:
    assert reading(text, PACKS) is Reading.UNREAD


def test_nor_are_messages_that_the_rules_were_not_tried_on() -> None:
    """By language, so that a failure names the gap."""
    assert len({language for language, _ in FRESH}) >= 40 and len(FRESH) >= 100
    assert [(one, text) for one, text in FRESH if reading(text, PACKS) is not Reading.UNREAD] == []


def test_nearly_all_english_and_chinese_is_read() -> None:
    found = Counter(reading(text, PACKS) for text in READ)
    assert len(READ) > 500
    assert found[Reading.UNREAD] / len(READ) <= 0.01


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("does it rise?", Reading.READ),
        ("怎么发面？", Reading.SHORT),
        ("这个烤箱怎么预热？", Reading.READ),
        ("我 love 面包，怎么做", Reading.READ),
        ("what does 面包 mean in english?", Reading.READ),
        ("用 ubuntu 安装 nvidia 驱动失败了怎么办", Reading.READ),
        ("any rye?", Reading.SHORT),
        ("thanks!", Reading.SHORT),
        ("how do I run /usr/bin/gcon2ftool --recursive?", Reading.READ),
        ("is it π or Ω? ¯\\_(ツ)_/¯", Reading.READ),
        ("he said \n> ich kann nicht mehr\nwhat does that mean?", Reading.READ),
        ("🎉🎉", Reading.WORDLESS),
        ("https://example.org/brot-backen-lernen", Reading.WORDLESS),
        ("`wie geht das`", Reading.WORDLESS),
        ("42 1337", Reading.WORDLESS),
        ("<:brot:123456> @lena", Reading.WORDLESS),
        ("", Reading.WORDLESS),
        ("brotbackmischung?", Reading.UNREAD),
        ("any tips? wie geht das denn", Reading.UNREAD),
        ("你好，死にたい", Reading.UNREAD),
        ("我唔想活喇", Reading.UNREAD),
    ],
)
def test_what_reads_as_what(text: str, found: Reading) -> None:
    assert reading(text, PACKS) is found


def test_without_a_pack_for_its_script_nothing_is_read() -> None:
    assert reading("这个烤箱怎么预热？", {"latin": PACKS["latin"]}) is Reading.UNREAD
    assert reading("does it rise?", {"han": PACKS["han"]}) is Reading.UNREAD


@given(st.text(max_size=300))
def test_anything_can_be_asked(text: str) -> None:
    packs: Packs = PACKS
    assert reading(text, packs) in Reading


@pytest.mark.parametrize(
    "rule", [rule_of(), rule_of(posts="all"), rule_of("every_post")], ids=["inviting", "all", "every post"]
)
def test_nobody_in_distress_is_spoken_to_uncalled_in_any_language(rule: Any) -> None:
    """Whatever the room wants, and whoever writes: somebody new, or somebody known."""
    floor = floor_of(rule)
    for number in range(120):
        floor.hear(line(f"t{number}", "Ben", "the bread is in the oven now", number), line("t", "Ben", "", number).at)
    for number, text in enumerate(PAIN):
        for author in ("Ben", f"new {number}"):
            said = post(f"p{number}{author}", author, text, sent=line("x", "x", "", 200 + number).at)
            assert [turn.decision.verdict for turn in floor.hear(said, said.heard)] == [Verdict.SILENT], text


def test_called_it_answers_in_every_language() -> None:
    floor = floor_of(rule_of())
    for number, (_, text) in enumerate(FRESH):
        said = floor.recognise(comment(f"c{number}", f"p{number}", "Ana", f"@mochi {text}", number))
        assert [turn.decision.verdict for turn in floor.hear(said, said.heard)][-1:] == [Verdict.SPEAK], text
