"""A trial as a page to print: whole, without a script, and in both languages."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.explain.words import LANGUAGES
from bot.measure.trial_report import PRINTED_QUESTIONS, trial_page
from bot.measure.trial_results import AssumedPrice, HistoryFound, OpenQuestion, RiskResult, TrialRoom
from tests.fakes.shipped import shipped_words
from tests.measure.community import BEGIN
from tests.measure.test_cases import case, said
from tests.measure.test_report import EVIL, Page

ROOMS = tuple(
    TrialRoom(f"r{number}", EVIL, 5, join, "mochi", match, own)
    for number, (join, match, own) in enumerate([
        ("unanswered", "*", True), ("watch", "*", True), ("every_post", "*", True), ("off", "*", True),
        ("unanswered", "*", False), ("unanswered", "", False),
    ])
)  # fmt: skip
FOUND = HistoryFound(
    1234, 56, BEGIN, BEGIN + timedelta(days=9), ROOMS, len(ROOMS), 3, (), 40, 12,
    tuple(OpenQuestion("r", EVIL, said(f"q{n}", n, f"{EVIL} {n}?")) for n in range(30)),
    AssumedPrice("kimi", 0.6, 3.0, True), 24.0, True,
)  # fmt: skip
RESULT = RiskResult(0.25, (), (case().moment,), 5, 4, 3, 2, 1, 0.027, 1.5, None, {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_runs_nothing(language: str) -> None:
    text = trial_page(FOUND, RESULT, shipped_words(), language)
    seen = Page(text)
    assert seen.open == [] and seen.addresses == [] and "script" not in seen.tags and EVIL in seen.text
    assert "{" not in seen.text and seen.tags.count("article") == 1
    assert seen.tags.count("li") == PRINTED_QUESTIONS and seen.tags.count("tr") == len(ROOMS)
    for figure in ("1,234", "56", "25%", "2.7%", "1.50", "24", "12"):
        assert figure in seen.text


def test_a_step_without_a_moment_says_so() -> None:
    text = trial_page(FOUND, replace(RESULT, moments=()), shipped_words(), "en")
    assert "It would not have spoken." in Page(text).text
