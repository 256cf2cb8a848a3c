"""Avatars: neighbours differ, every colour can be read by day and by night, and every name has a sign."""

import re
from colorsys import hls_to_rgb
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.colours import COLOURS, Colours
from adapters.local.members import OUR_ID, member
from adapters.local.page.avatar import HUES, initial
from bot.types import Author

STYLE = Path("adapters/local/page/style.css").read_text(encoding="utf-8")
NAMES = st.lists(st.text(min_size=1, max_size=12), unique_by=str.casefold, max_size=60)


def colours_of(names: list[str]) -> list[int]:
    colours = Colours()
    for name in names:
        colours.add(member(name))
    return [colours.of(member(name)) for name in names]


@given(NAMES)
def test_nobody_shares_a_colour_while_there_are_others(names: list[str]) -> None:
    given_ = colours_of(names)
    assert all(0 <= each < COLOURS for each in given_)
    for first in range(0, len(names), COLOURS):
        some = given_[first : first + COLOURS]
        assert len(set(some)) == len(some)


@given(NAMES, st.data())
def test_who_has_a_colour_keeps_it(names: list[str], data: st.DataObject) -> None:
    early = data.draw(st.integers(0, len(names)))
    assert colours_of(names)[:early] == colours_of(names[:early])


@pytest.mark.parametrize(("one", "other"), [("Mochi", "Pip"), ("小满", "豆豆"), ("Mochi", "小满")])
def test_our_characters_differ_although_they_are_one_account(one: str, other: str) -> None:
    colours, voices = Colours(), [Author(OUR_ID, name, is_self=True) for name in (one, other)]
    for voice in voices:
        colours.add(voice)
    assert len({colours.of(voice) for voice in voices}) == 2


def shades(name: str) -> list[tuple[float, float]]:
    """Saturation and lightness of a variable, by day and by night."""
    found = re.findall(rf"--{name}: (\d+)% (\d+)%", STYLE)
    assert len(found) == 2
    return [(int(saturation) / 100, int(lightness) / 100) for saturation, lightness in found]


def luminance(hue: float, shade: tuple[float, float]) -> float:
    """Relative luminance as WCAG 2 defines it."""
    saturation, lightness = shade
    parts = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in hls_to_rgb(hue, lightness, saturation)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("name", ["avatar", "deep"])
def test_each_colour_can_be_read(name: str) -> None:
    for ground, ink in zip(shades(name), shades(f"{name}-ink"), strict=True):
        for hue in range(HUES):
            dark, light = sorted(luminance(hue / HUES, shade) for shade in (ground, ink))
            assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        ("ana", "A"),
        ("小林", "小"),
        ("مريم", "م"),
        ("@7of9", "7"),
        ("🦊 Fox", "F"),
        ("🦊🦊", "🦊"),
        ("👩🏽‍🚀", "👩🏽‍🚀"),
        ("🇯🇵🇫🇷", "🇯🇵"),
        ("❤️", "❤️"),
        ("ßen", "ß"),
        ("...", "?"),
    ],
)
def test_each_name_has_a_sign(name: str, sign: str) -> None:
    assert initial(name) == sign


@given(st.text(min_size=1))
def test_a_sign_is_never_long(name: str) -> None:
    assert (initial(name).strip() and len(initial(name)) <= 1) or not initial(name).isalnum()
