"""No configured secret is left in what is logged, whole or in part, and ordinary entries stay as they are."""

import json
import re
import string
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.masking import MASKED_PART, OWN_FIELDS, SHORTEST_WORD, Mask
from bot.config.model_settings import ModelSettings
from bot.config.settings import Settings
from bot.config.shapes import secrets_of

ROOT = Path(__file__).parents[2]
LETTERS = string.ascii_letters + string.digits + "-_./+= &\"'ß词"
LONG = st.text(LETTERS, min_size=MASKED_PART, max_size=60)
AROUND = st.text("~|^", max_size=6)  # no character of a secret
KEY = "Zk4.wQ9-plain words and all"


def shares(text: str, secret: str) -> bool:
    return any(secret[at : at + MASKED_PART] in text for at in range(len(secret) - MASKED_PART + 1))


@given(LONG, AROUND, AROUND, st.data())
def test_no_part_of_a_secret_is_left(secret: str, before: str, after: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(secret) - MASKED_PART))
    end = data.draw(st.integers(begin + MASKED_PART, len(secret)))
    told = Mask([secret]).known(f"{before}{secret[begin:end]}{after}")
    assert told == f"{before}[hidden]{after}"


@given(LONG)
def test_a_secret_is_hidden_in_the_forms_of_addresses_and_json(secret: str) -> None:
    mask = Mask([secret])
    for form in (quote(secret, safe=""), json.dumps(secret)[1:-1]):
        assert mask.known(form) == "[hidden]"


@pytest.mark.parametrize("secret", ["hunter2", "pass", "12345", "s3cr3t!"])
def test_a_short_secret_is_hidden_as_a_whole_word(secret: str) -> None:
    told = Mask([secret]).text(f"the password '{secret}' ({secret}) is wrong; x{secret}x")
    assert told == f"the password '[hidden]' ([hidden]) is wrong; x{secret}x"


def test_what_is_too_short_to_tell_from_a_word_hides_nothing() -> None:
    assert Mask(["a" * (SHORTEST_WORD - 1), ""]).text("aaa is a word") == "aaa is a word"


NESTED: list[Any] = [
    f"refused: {KEY}",
    {"why": [f"x {KEY}"]},
    {KEY: 1},
    (f"{KEY}", 2),
    ValueError(f"key {KEY}"),
    {"a": {"b": {"c": KEY}}},
    Path(f"/tmp/{KEY}"),
]


@pytest.mark.parametrize("value", NESTED, ids=str)
@pytest.mark.parametrize("name", ["why", "turn", "exception", "event"])
def test_an_entry_is_masked_at_any_depth(value: object, name: str) -> None:
    assert not shares(repr(Mask([KEY]).entry({name: value})), KEY)


def test_unknown_keys_are_hidden_by_form_and_ours_are_kept() -> None:
    random = "mR7xK2pQ9wZ4vT8nB3jL6cY1"
    told = Mask().entry({"why": f"bad key {random}", "count": 3, "cost": 0.5, "is_on": True, "none": None})
    assert told == {"why": "bad key [hidden]", "count": 3, "cost": 0.5, "is_on": True, "none": None}
    assert all(Mask().entry({name: random}) == {name: random} for name in OWN_FIELDS)


def test_a_mask_learns_and_forgets_nothing() -> None:
    mask = Mask(["first-secret-1"])
    mask.learn(["second-secret-2", "short"])
    assert mask.text("first-secret-1, second-secret-2, short") == "[hidden], [hidden], [hidden]"


def test_names_of_our_entries_are_shown() -> None:
    code = "\n".join(path.read_text() for top in ("bot", "adapters") for path in (ROOT / top).rglob("*.py"))
    names = re.findall(r"log\.\w+\(\s*\"([^\"]+)\"", code)
    assert len(names) > 50
    assert [name for name in names if Mask().text(name) != name] == []


def test_secrets_are_found_in_all_settings_and_in_headers() -> None:
    headers = {"Authorization": "Bearer abc-123-def", "X-Title": "Cameo at the bakery", "x-api-key": "other-key"}
    model = ModelSettings(
        name="m", base_url="https://a.example", model="x", key="the-key", options={"extra_headers": headers}
    )
    found = set(secrets_of(Settings(models={"m": model})))
    assert found == {"the-key", "abc-123-def", "other-key"}


def test_the_cost_is_linear() -> None:
    mask = Mask([f"{number:02}-secret-{number * 7919}" for number in range(20)])
    text = "the model answered with an error that nobody has seen before, "

    def seconds(times: int) -> float:
        begin = time.thread_time()
        mask.text(text * times)
        return time.thread_time() - begin

    short, long = (min(seconds(times) for _ in range(5)) for times in (50, 800))
    assert long < 16 * short * 4, "four times what a linear one takes"
