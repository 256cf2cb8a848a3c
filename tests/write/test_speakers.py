"""A draft in the form of a transcript: only what the persona says itself is left."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.write.speakers import own_words

ROWS: dict[str, list[list[str] | str]] = yaml.safe_load(Path(__file__).with_name("transcripts.yaml").read_text("utf-8"))
PAIRS = [(row, row) if isinstance(row, str) else (row[0], row[1]) for rows in ROWS.values() for row in rows]
CALLED, SPEAKERS = ("Mochi", "小麻薯"), ("Ana", "Ben", "Water", "Tip", "Wasser")
LINES = st.lists(
    st.sampled_from(
        ["Mochi: a", "Ana: b", "| Ben: c", "Rye.", "```", "a | b", '"', "Carl: d", "", "List:", "[1:02] Mochi:"]
    ),
    max_size=8,
)


@pytest.mark.parametrize(("draft", "said"), PAIRS)
def test_only_its_own_words_are_left(draft: str, said: str) -> None:
    assert own_words(draft, CALLED, SPEAKERS).strip() == said


@given(LINES.map("\n".join))
def test_code_stays_and_the_rest_is_part_of_the_draft(draft: str) -> None:
    code = "```\nAna: hi\nMochi: hello\n| Ben: x\n```"
    assert own_words(f"Look:\n{code}", CALLED, SPEAKERS) == f"Look:\n{code}"
    said = own_words(draft, CALLED, SPEAKERS)
    assert len(said) <= len(draft)
    assert {*said.split()} <= {*draft.replace('"', " ").split(), *draft.split()}


@given(st.lists(st.sampled_from(["Step", "Note", "Zoe", "10", "https"]), min_size=2, max_size=5))
def test_labels_of_nobody_here_are_no_speakers(labels: list[str]) -> None:
    draft = "\n".join(f"{label}: rye" for label in labels)
    assert own_words(draft, CALLED, SPEAKERS) == draft
