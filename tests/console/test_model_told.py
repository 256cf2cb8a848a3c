"""The sentences of the page /model, and what its form sends."""

import pytest

from bot.config.env_file import EnvFileError
from bot.config.masking import Mask
from bot.config.model_choice import Choice, Offer, Refused
from bot.config.model_settings import Price
from bot.console.pages.model_form import choice_of
from bot.console.pages.model_told import told, usd_text, why_not
from bot.explain.words import LANGUAGES
from bot.write.models.causes import Cause
from bot.write.models.probe import Probe
from tests.fakes.shipped import shipped_words

WORDS = shipped_words()
KEY = "sk-right-1234567890abcdef"
MASK = Mask([KEY]).text
OFFER = Offer(
    "openai", "gpt-5-mini", "https://api.openai.com/v1", Price(input=1, cached=1, output=1), "K", has_key=False
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", Cause)
def test_each_cause_is_told_with_the_servers_own_words(cause: Cause, language: str) -> None:
    probe = Probe("gpt-9", cause=cause, said=f"Incorrect API key provided: {KEY}")
    first, said = told(WORDS, language, probe, "api.example.com", MASK)
    assert ("api.example.com" in first or "gpt-9" in first) and len(first) < 220
    assert "Incorrect API key provided" in said and KEY not in said and KEY[-9:] not in said
    assert len(told(WORDS, language, Probe("gpt-9", cause=cause), "api.example.com", MASK)) == 1


def test_no_sentence_is_left_of_a_cause_that_is_gone() -> None:
    keys = {key.removeprefix("model.trouble.") for key in WORDS.texts if key.startswith("model.trouble.")}
    assert keys == set(Cause)


def test_what_works_is_told_with_its_cost() -> None:
    probe = Probe("gpt-5-mini", "Hello!\n All", 1.234, cost_usd=0.000034, hundred_usd=0.0951)
    assert told(WORDS, "en", probe, "x", MASK) == [
        "gpt-5-mini answered in 1.2 s: “Hello! All”",
        "A hundred answers like those in a community cost about $0.095; this test cost $0.000034, which counts in the "
        "day's budget.",
    ]
    free = told(WORDS, "en", Probe("m", "x" * 500, hundred_usd=0.0), "x", MASK)
    assert len(free[0]) < 250 and free[1] == "It costs nothing per answer."
    assert "unknown" in told(WORDS, "en", Probe("m", "Hi"), "x", MASK)[1]
    assert "usd_per_day" in told(WORDS, "zh", Probe("m", over_budget=True), "x", MASK)[0]


@pytest.mark.parametrize(
    ("usd", "text"),
    [(0, "0.00"), (0.42, "0.42"), (3.1, "3.10"), (0.5, "0.50"), (0.001234, "0.0012"), (2e-7, "0.0000002")],
)  # fmt: skip
def test_dollars_have_two_digits_that_count(usd: float, text: str) -> None:
    assert usd_text(usd) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_refusal_has_its_sentence(language: str) -> None:
    values = {"name": "N", "place": "P", "names": "A, B", "problem": "Q", "line": 3, "why": "full"}
    for group, kind in (("refused", Refused), ("env_file", EnvFileError)):
        reasons = [key.split(".")[2] for key in WORDS.texts if key.startswith(f"model.{group}.")]
        assert len(reasons) >= 7
        for reason in reasons:
            assert "{" not in why_not(WORDS, language, kind(reason, **values), ".env")


@pytest.mark.parametrize(
    ("sent", "choice"),
    [
        ({"key": KEY, "model": " m "}, Choice("openai", "m", "", "", KEY)),
        ({"input": "0,6", "cached": "$0.1", "output": "3"}, Choice("openai", price="0.6 0.1 3")),
        ({"input": "1", "cached": "", "output": "3"}, Choice("openai", price="1 3")),
        ({"input": "1", "cached": "0.1", "output": ""}, Choice("openai", price="1 0.1 ?")),
        ({"input": "", "cached": "0.1", "output": ""}, Choice("openai", price="? 0.1 ?")),
        ({"input": "", "cached": "", "output": ""}, Choice("openai")),
        ({"key": 5, "model": ["x"], "address": None, "offer": "kimi", "more": {}}, Choice("openai")),
        ({"model": "a\nCAMEO_TOKEN=x\0", "address": "\u202ehttps://a.example/v1"},
         Choice("openai", "aCAMEO_TOKEN=x", "https://a.example/v1")),
        ({"model": "m" * 10_000}, Choice("openai", "m" * 500)),
    ],
)  # fmt: skip
def test_what_a_form_sends_becomes_a_choice(sent: dict[str, object], choice: Choice) -> None:
    assert choice_of(OFFER, sent) == choice
