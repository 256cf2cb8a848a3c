"""The tests that docs/law.md and docs/threats.md name exist, and no duty stands there without a test or a remark."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = {"docs/law.md": "## Yours", "docs/threats.md": "## What does not hold"}  # and where its promises end
MISSING = "not held yet"


def promises(page: str) -> list[str]:
    """The cell that says what holds a promise, of every row of the tables that have such a cell."""
    text = (ROOT / page).read_text(encoding="utf-8").partition(PAGES[page])[0]
    rows = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|-")]
    cells = [row.strip("|").rpartition("|")[2].strip() for row in rows if row.count("|") == 4]
    return [cell for cell in cells if cell not in ("held by", "test")]


def named(cell: str) -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell)


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


@pytest.mark.parametrize("page", PAGES)
def test_every_promise_names_its_test_or_that_there_is_none(page: str) -> None:
    cells = promises(page)
    assert len(cells) > 10
    assert [cell for cell in cells if bool(named(cell)) == (cell == MISSING)] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_exists(page: str) -> None:
    found = [one for cell in promises(page) for one in named(cell)]
    assert len(found) > 10
    assert [f"{path}::{name}" for path, name in found if name not in names_in(path)] == []


def test_every_law_that_we_know_of_has_a_duty() -> None:
    text = (ROOT / "docs/law.md").read_text(encoding="utf-8")
    for law in ("EU AI Act", "SB 243", "New York GBL", "SB 1546", "HB 2225", "China", "Developer Policy"):
        assert law in text, law
