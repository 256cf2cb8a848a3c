"""libyaml and PyYAML read a text alike: the same values at the same places."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.config.yaml_file import PLAIN_TAGS
from bot.config.yaml_nodes import Fast, composed, is_plain
from tests.fakes.cameo import ROOT

OURS = [ROOT / "config.yaml", *sorted((ROOT / "personas").glob("*.yaml")), *sorted((ROOT / "bot").rglob("*.yaml"))]
PIECES = [
    *"aé中𝒳:-?#'\"[]{},&*!|>%@`~\\ \n\t\r\x00\x85\xa0\u2028\ufeff", "<<", "<<: ", "12:30", "1.5", "true", "null",
    "&a ", "*a", "!t ", "!!str ", "|-", ">2", "%YAML 1.1", "---", "...", "  ", "\n  ", "\n    ",
    ": ", "- ", ", ", " #c", "\r\n", "\\n", "\\x41", "a: b\n", "- x\n", 'c: "d\n e"\n', "|\n  x\n",
    ">\n  a\n  b\n", "e: f\n  g\n",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)


def seen(node: Node | None) -> Any:
    """What is read of a node: its value and line, and whether it has a tag of its own; of a text in quotes or a block
    also where it begins and ends."""
    if isinstance(node, MappingNode):
        return [(key.start_mark.line, seen(key), seen(value)) for key, value in node.value]
    if isinstance(node, SequenceNode):
        return [(item.start_mark.line, seen(item)) for item in node.value]
    if isinstance(node, ScalarNode):
        place = () if is_plain(node) else (node.start_mark.index, node.end_mark.index)
        tag = node.tag.removeprefix("tag:yaml.org,2002:")
        return tag not in PLAIN_TAGS and tag, node.value, is_plain(node), place
    return node


def outcome(text: str, loader: type | None) -> Any:
    try:
        return seen(composed(text) if loader is None else yaml.compose(text, Loader=loader))
    except yaml.YAMLError as error:
        return str(error)


@given(TEXTS)
def test_what_pyyaml_can_read_is_read_alike_and_objections_are_its_own(text: str) -> None:
    """libyaml takes a little more: `|#comment`, or `!&!` as a tag."""
    found, expected = outcome(text, None), outcome(text, yaml.SafeLoader)
    assert found == expected or (isinstance(expected, str) and not isinstance(found, str))


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_our_files_are_parsed_by_libyaml_as_by_pyyaml(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert Fast is not yaml.SafeLoader, "this PyYAML was built without libyaml"
    assert outcome(text, Fast) == outcome(text, None) == outcome(text, yaml.SafeLoader)


@pytest.mark.parametrize("text", ["[" * 100_000, "a: {" * 50_000, "- " * 100_000, "? " * 100_000])
def test_deep_nesting_is_an_error_and_no_crash(text: str) -> None:
    with pytest.raises(RecursionError):
        composed(text)
