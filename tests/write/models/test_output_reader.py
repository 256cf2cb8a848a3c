"""What members read of a model's stream: the answer, and nothing that the model said to itself, to a tool or to a
template, wherever the stream is split."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.write.models.code import code_in, outside_code
from bot.write.models.output_reader import OutputReader, read

ROWS: dict[str, list[list[str] | str]] = yaml.safe_load(Path(__file__).with_name("outputs.yaml").read_text("utf-8"))
PAIRS = [(row, row) if isinstance(row, str) else (row[0], row[1]) for rows in ROWS.values() for row in rows]
SIGNS = [
    *("<think>", "</think>", "[THINK]", "[/THINK]", "<|channel|>", "analysis", "final", "<|message|>", "<|end|>"),
    *("<|start|>", "assistant", "assistantfinal", "user", "<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>"),
    *('{"name": "x", "arguments": {}}', "[x(a=1)]", "<plan>", "</plan>", "<read_file>", "</read_file>", "<answer>"),
    *("</answer>", "<s>", "</s>", "◁think▷", "◁/think▷", "<|tool_call_begin|>", "<|tool_call_end|>", "Thinking...\n"),
    *(
        "`",
        "``",
        "```",
        "```json\n",
        "~~~\n",
        "\n",
        "\n\n",
        " ",
        "<",
        "[",
        "{",
        '"',
        "'",
        "a",
        "Rye. ",
        "\ud83d",
        "\ude00",
    ),
]
TEXTS = st.one_of(
    st.lists(st.sampled_from(SIGNS), max_size=24).map("".join), st.sampled_from([raw for raw, _ in PAIRS])
)


def piecewise(pieces: Sequence[str]) -> tuple[str, list[str]]:
    """The whole text, and what could be seen after each piece."""
    reader, seen = OutputReader(), []
    for piece in pieces:
        reader.add(piece)
        seen.append(reader.text)
    return reader.end(), seen


@pytest.mark.parametrize(("raw", "text"), PAIRS)
def test_members_read_the_answer_and_nothing_else(raw: str, text: str) -> None:
    for size in (1, 2, 3, 7, len(raw)):
        final, seen = piecewise([raw[start : start + size] for start in range(0, len(raw), size)])
        assert final == text
        assert raw.startswith("They bake") or not any("They" in part for part in seen), "nor while it is written"


@given(TEXTS, st.data())
@settings(max_examples=400, deadline=None)
def test_it_makes_no_difference_where_the_stream_is_split(raw: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=12)))
    pieces = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert piecewise(pieces)[0] == read(raw)


@given(TEXTS)
@settings(deadline=None)
def test_one_character_at_a_time_is_as_good_as_all(raw: str) -> None:
    assert piecewise(list(raw))[0] == read(raw)


HARMLESS = [sign for sign in SIGNS if not {*sign} & {*"`~\n"}]
IN_CODE = st.lists(st.sampled_from(HARMLESS), min_size=1).map(" ".join)


@given(IN_CODE)
@settings(deadline=None)
def test_nothing_in_code_is_a_sign(inside: str) -> None:
    for code in (
        f"Look: `{inside}`",
        f"Look: `` {inside} ``",
        f"Look:\n```\n{inside}\n```",
        f"Look:\n~~~py\n{inside}\n~~~",
    ):
        assert read(f"{code}\nThere.") == f"{code}\nThere."
        assert read(f"<think>Hm.</think>{code}\n<tool_call>{{}}</tool_call>") == code


@given(st.lists(st.sampled_from([*"`~ \na", "```", "```py\n", "````\n", "~~~\n", "x\n"]), max_size=20).map("".join))
def test_code_and_prose_together_are_the_text(text: str) -> None:
    assert outside_code(text, str) == text
    code = "".join(text[start:end] for start, end in code_in(text))
    assert outside_code(text, lambda _: "") == code
