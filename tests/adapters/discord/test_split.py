"""Splitting long texts: nothing is lost or torn, and code blocks stay intact."""

import re

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from adapters.discord.split import ELLIPSIS, FENCE, LENGTH, PARTS, clean, cut, overflow, split, units

unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

chunks = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "```python\n",
            "```",
            "\n```\n",
            "\n\n",
            "\n",
            ". ",
            "。",
            " ",
            "👩‍👩‍👧‍👦",
            "é",
            "<@123456789012345678>",
            "x" * 900,
        ]
    ),
    st.text(alphabet="ab \n`.", min_size=200, max_size=900),
    st.just("https://example.org/" + "path/" * 30),
)
sources = st.lists(chunks, max_size=40).map("".join)


@unhurried
@given(sources)
def test_the_pieces_together_are_the_source(source: str) -> None:
    assert "".join(piece.raw for piece in cut(source)) == source


@unhurried
@given(sources)
@example("```python\n" + "print('bread')\n" * 300 + "```")
def test_every_part_fits_and_opens_what_it_closes(source: str) -> None:
    pieces = cut(source)
    assert len(pieces) >= units(source) / LENGTH
    for piece in pieces:
        assert 0 < units(piece.shown) <= LENGTH - 1
        assert piece.raw
    for piece in pieces[:-1]:
        assert piece.shown.count(FENCE) % 2 == 0 or "````" in source


@unhurried
@given(sources)
def test_what_is_sent_is_short_and_never_blank(source: str) -> None:
    parts = split(source)
    assert len(parts) <= PARTS
    assert all(part.strip() and units(part) <= LENGTH for part in parts)


@unhurried
@given(st.text())
def test_any_text_can_be_sent(source: str) -> None:
    parts = split(source + "\ud83d\x00")
    assert parts
    for part in parts:
        assert part.encode() and "\x00" not in part


def test_a_code_block_is_closed_and_opened_again_in_its_language() -> None:
    first, second = split("Look:\n```python\n" + "print('bread')\n" * 180 + "```\nThat is all.")
    assert first.endswith("print('bread')\n```")
    assert second.startswith("```python\nprint('bread')\n")
    assert second.endswith("```\nThat is all.")


def code_and_prose(parts: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The lines that Discord shows as code and those that it shows as prose. It parses each message separately."""
    code: list[str] = []
    prose: list[str] = []
    for part in parts:
        is_code = False
        for line in part.split("\n"):
            if line.startswith(FENCE):
                is_code = not is_code
            else:
                (code if is_code else prose).append(line)
    return code, prose


@unhurried
@given(
    before=st.lists(st.just("Some prose."), max_size=200),
    language=st.sampled_from(["", "python", "c++"]),
    code=st.integers(1, 220).map(lambda lines: [f"print({number}, 'bread')" for number in range(lines)]),
    after=st.lists(st.just("More prose."), max_size=50),
)
@example(before=[], language="python", code=[f"print({number}, 'bread')" for number in range(180)], after=[])
def test_code_is_shown_as_code_in_every_part_and_prose_as_prose(
    before: list[str], language: str, code: list[str], after: list[str]
) -> None:
    """At any position of the block, including the very start."""
    parts = split("\n".join([*before, FENCE + language, *code, FENCE, *after]))
    assert code_and_prose(parts) == (code, before + after)
    assert all(part.count(FENCE) % 2 == 0 for part in parts)


def test_paragraphs_are_preferred_to_lines_and_lines_to_sentences() -> None:
    assert split("a" * 1200 + "\n\n" + "b" * 300 + "\n" + "c. " * 300)[0] == "a" * 1200
    assert split("a" * 1200 + "\n" + "b" * 300 + ". " + "c" * 900)[0] == "a" * 1200
    assert split("a" * 1200 + ". " + "b " * 900)[0] == "a" * 1200 + "."
    assert split("面" * 1500 + "。" + "包" * 900)[0] == "面" * 1500 + "。"


def test_what_is_far_too_long_ends_with_an_ellipsis() -> None:
    parts = split("word " * 5000)
    assert len(parts) == PARTS and parts[-1].endswith(ELLIPSIS)
    assert not any(part.endswith(ELLIPSIS) for part in parts[:-1])


def test_what_is_sent_of_it_is_its_beginning_without_a_gap() -> None:
    words = [f"word{number}" for number in range(5000)]
    sent = " ".join(split(" ".join(words))).removesuffix(ELLIPSIS).split()
    assert len(sent) > 1000 and sent == words[: len(sent)]


@unhurried
@given(st.text() | st.text(alphabet="a\ud7ff\ue000\uffff\U00010000\U0010ffff"))
def test_lengths_are_those_that_discord_counts(source: str) -> None:
    assert units(source) == len(source.encode("utf-16-le", "surrogatepass")) // 2


def test_mentions_addresses_and_joined_emoji_are_not_torn() -> None:
    for whole in ("<@123456789012345678>", "https://example.org/a/long/path", "👩‍👩‍👧‍👦", "👍🏽", "é"):
        for before in range(LENGTH - 40, LENGTH):
            assert any(whole in part for part in split("x" * before + whole + "y" * 300)), (whole, before)


def test_control_characters_and_windows_line_ends_go() -> None:
    assert clean("a\r\nb\x07\tc\x1b[31m") == "a\nb\tc[31m"
    assert not re.search(r"[\x00-\x08]", clean("".join(map(chr, range(40)))))


def test_long_code_comes_whole_and_each_part_is_a_block_by_itself() -> None:
    lines = [f"line_{number} = {number}" for number in range(290)]
    parts = split("\n".join(["```python", *lines, "```"]))
    assert len(parts) == 3 and all(part.startswith("```python\n") and part.endswith("\n```") for part in parts)
    assert [line for part in parts for line in part.splitlines() if "```" not in line] == lines


@unhurried
@given(st.text(alphabet="ab .\n`😀", max_size=14_000))
def test_17_what_five_parts_do_not_hold_is_all_in_the_file(source: str) -> None:
    file = overflow(source)
    assert file in ("", clean(source))
    assert bool(file) is (len(cut(clean(source))) > PARTS)
    assert bool(file) is any(part.endswith(ELLIPSIS) for part in split(source)[PARTS - 1 :] if file)
