"""The weights file: the shipped one is complete, and a broken one is reported with what to write instead."""

from pathlib import Path

import pytest

from bot.decide.traits import TRAITS
from bot.language.link_weights import load_weights
from bot.types import SettingsError

WHOLE = "".join(f"{trait}: 0.5\n" for trait in sorted(TRAITS))


def test_what_cameo_brings_has_a_weight_for_each_trait() -> None:
    assert load_weights(TRAITS).keys() == TRAITS


def test_weights_learnt_with_windows_left_out_are_read_from_a_file_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "fold-0.yaml"
    file.write_text(WHOLE)
    assert load_weights(TRAITS, file) == dict.fromkeys(TRAITS, 0.5)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("open: much", "open: is not a number; write one, without quotes instead"),
        ("open: true", "open: is not a number; write one, without quotes instead"),
        ("open: .nan", "open: is not between -20 and 20; write what was learnt instead"),
        ("open: -.inf", "open: is not a number; write one, without quotes instead"),
        ("open: 20.1", "open: is not between -20 and 20; write what was learnt instead"),
        ("oepn: 0.5", "oepn: is not a known trait; write open instead"),
    ],
)
def test_a_broken_weight_is_named_by_its_line(tmp_path: Path, line: str, told: str) -> None:
    file = tmp_path / "links.yaml"
    file.write_text(WHOLE.replace("open: 0.5\n", f"{line}\n"))
    number = WHOLE.splitlines().index("open: 0.5") + 1
    with pytest.raises(SettingsError) as caught:
        load_weights(TRAITS, file)
    assert f"{file}: line {number}: {told}" in str(caught.value)


def test_a_missing_weight_is_named_and_how_to_make_them_all_again(tmp_path: Path) -> None:
    file = tmp_path / "links.yaml"
    file.write_text(WHOLE.replace("open: 0.5\n", ""))
    with pytest.raises(
        SettingsError, match=r"has no weight for open; write `open: 0\.0` .*python -m tests\.train\.links"
    ):
        load_weights(TRAITS, file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_weights(TRAITS, tmp_path / "nothing.yaml")
