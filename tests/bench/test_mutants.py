"""The mutation tester finds what it should change, leaves alone what it should, and tells killed from survived."""

import ast
from pathlib import Path

import pytest

from tests.bench.mutants import AREAS, BUDGET_SECONDS, KILLED, ROOT, SURVIVED, TIMEOUT, Record, outcome_of
from tests.bench.mutations import Mutant, mutants_of


def in_function(*lines: str) -> str:
    return "def f(a, b):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a < b", ["(a <= b)"]),
        ("a = b == 'x'", ["a = (b != 'x')"]),
        ("a = b in a", ["a = (b not in a)"]),
        ("a = a is b", ["a = (a is not b)"]),
        ("a = 'é' < a < b", ["a = ('é' <= a < b)", "a = ('é' < a <= b)"]),
        ("a = a and b", ["a = (a or b)"]),
        ("a = a + b", ["a = (a - b)"]),
        ("a = a + 'text'", []),
        ("a = 7", ["a = 8", "a = 6"]),
        ("a = True", ["a = False"]),
        ("a = b[-1]", ["a = (b[0])", "a = b[-2]", "a = b[-0]"]),
        ("a = b if a else None", ["a = b if (not (a)) else None"]),
        ("a = b if not a else None", ["a = b if (a) else None"]),
        ("a = [b for b in a if b]", ["a = [b for b in a if (not (b))]"]),
        ("return a", ["return None"]),
        ("return None", []),
        ("a.clear()", ["pass"]),
        ("a.b = b", ["pass"]),
        ("a.b: int = b", ["pass"]),
        ("a |= b", ["pass"]),
        ("await a(b)", ["pass"]),
        ("for a in b: break", ["for a in b: continue"]),
    ],
)
def test_operators(line: str, expected: list[str]) -> None:
    source = in_function(line).replace("def", "async def")
    assert [mutant.after for mutant in mutants_of("x.py", source)] == expected


@pytest.mark.parametrize(
    "source",
    [
        in_function('"""A docstring."""', "log.info('heard', count=1)", "assert a < b"),
        in_function("raise ValueError(a + b)"),
        "def f(a: Literal[1]) -> Literal[2]: ...",
        "x: Literal[1]",
        "class Clock(Protocol):\n    def now(self) -> int:\n        return 1",
        "if TYPE_CHECKING:\n    x = 1",
        "class C:\n    def __repr__(self):\n        return 'C'",
    ],
)
def test_left_alone(source: str) -> None:
    assert mutants_of("x.py", source) == []


def test_a_mutant_knows_the_lines_that_run_it() -> None:
    source = "LIMIT = 1\n" + in_function("if a < b:", "    a = g(", "        a + b,", "    )")
    lines = {mutant.operator: mutant.lines for mutant in mutants_of("x.py", source)}
    assert lines == {"constant": None, "compare": (3, 3), "negate": (3, 3), "+/-": (4, 6)}


@pytest.mark.parametrize("area", AREAS)
def test_mutants_of_the_areas_parse_and_differ(area: str) -> None:
    path = max((path for glob in AREAS[area] for path in ROOT.glob(glob)), key=lambda path: path.stat().st_size)
    source = path.read_text(encoding="utf-8")
    original = ast.dump(ast.parse(source))
    mutants = mutants_of(path.name, source)[::10]  # only a tenth: parsing all of them takes a minute
    assert len(mutants) > 3
    assert [mutant.after for mutant in mutants if ast.dump(ast.parse(mutant.text)) == original] == []


def test_covering_tests_are_the_fast_ones_first_and_within_the_budget() -> None:
    seconds = {"t.py::a": BUDGET_SECONDS, "t.py::b": 1.0, "t.py::c": 2.0, "tests/whole/t.py::d": 0.1}
    record = Record(seconds, {"x.py": {"1": ["t.py::c"], "2": [*seconds], "3": ["tests/whole/t.py::d"]}})

    def covering(*lines: int) -> list[str]:
        return record.covering(Mutant("x.py", 1, "", "", "", "", (lines[0], lines[-1]) if lines else None))

    assert covering(2) == ["t.py::b", "t.py::c", "t.py::a"]
    assert covering(3) == ["tests/whole/t.py::d"]
    assert covering(4) == []
    assert covering() == covering(1, 3) == covering(2)
    assert record.affordable(covering(2)) == ["t.py::b", "t.py::c"]
    assert record.affordable(["t.py::a"]) == ["t.py::a"]


def test_a_file_that_only_other_processes_run_is_tried_with_the_tests_of_its_mirror() -> None:
    tests = ["tests/write/test_builtin.py::a", "tests/write/test_guard.py::b", "tests/test_builtin.py::c"]
    record = Record(dict.fromkeys(tests, 1.0), {"bot/write/builtin_server.py": {"1": []}})
    mutant = Mutant("bot/write/builtin_server.py", 1, "", "", "", "", (1, 1))
    assert record.covering(mutant) == tests[:1]


@pytest.mark.parametrize(
    ("after", "chosen", "limit", "expected"),
    [
        ("    return a * b", ["test_x.py::test_sum"], 100, KILLED),
        ("    return b + a", ["test_x.py::test_sum"], 100, SURVIVED),
        ("    return a * b", ["test_x.py::test_nothing"], 100, SURVIVED),
        ("    return (", ["test_x.py::test_nothing"], 100, KILLED),
        ("    while True: pass", ["test_x.py::test_sum"], 5, TIMEOUT),
    ],
)
def test_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str, chosen: list[str], limit: float, expected: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    source = "def f(a, b):\n    return a + b\n"
    (tmp_path / "x.py").write_text(source)
    (tmp_path / "test_x.py").write_text(
        "from x import f\ndef test_sum(): assert f(1, 2) == 3\ndef test_nothing(): pass\n"
    )
    mutant = Mutant("x.py", 2, "", "", after, f"def f(a, b):\n{after}\n", (2, 2))
    assert outcome_of(mutant, chosen, tmp_path, limit) == expected
    assert (tmp_path / "x.py").read_text() == source
