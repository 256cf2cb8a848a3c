"""REPORT.html: a replay to look at, in one file."""

from pathlib import Path

from bot.measure.study import Study
from bot.words import Words


def write_report(path: Path, found: Study, words: Words) -> None:
    path.write_text("", encoding="utf-8")
