"""Pytest plugin of the mutation tester: records which tests execute which lines, or runs chosen tests in a given order.

CAMEO_RECORD names the file to write; CAMEO_CHOSEN names a file with one test id per line.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings

# Removed from the environment: processes that tests start, this tool among them, must not record or choose.
RECORD, CHOSEN = os.environ.pop("CAMEO_RECORD", None), os.environ.pop("CAMEO_CHOSEN", None)
SOURCES = ["bot", "adapters"]


class Recorder:
    """Traces with `coverage`, one context per test. A test that fails is left out, because it would seem to kill every
    mutant."""

    def __init__(self, target: Path) -> None:
        import coverage

        self._target, self._seconds, self._failed = target, defaultdict[str, float](float), set[str]()
        self._coverage = coverage.Coverage(data_file=None, config_file=False, source=SOURCES)
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._coverage.switch_context(item.nodeid)
        result = yield
        self._coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration
        if not report.passed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            Path(name).relative_to(Path.cwd()).as_posix(): {
                line: sorted(set(tests) - self._failed - {""}) for line, tests in data.contexts_by_lineno(name).items()
            }
            for name in data.measured_files()
        }
        seconds = {test: round(spent, 3) for test, spent in self._seconds.items() if test not in self._failed}
        recorded = {"seconds": seconds, "failed": sorted(self._failed), "lines": lines}
        self._target.write_text(json.dumps(recorded))


class Chooser:
    """Runs only the chosen tests, in the order of the file."""

    def __init__(self, chosen: Path) -> None:
        self._order = {test: place for place, test in enumerate(chosen.read_text().splitlines())}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self._order), key=lambda i: self._order[i.nodeid])


def pytest_sessionstart() -> None:
    """Runs after conftest.py has loaded its profile: a mutant needs any counterexample, not the smallest."""
    phases = [phase for phase in Phase if phase not in {Phase.shrink, Phase.explain}]
    settings.register_profile("mutants", settings(), phases=phases, database=None)
    settings.load_profile("mutants")


def pytest_configure(config: Any) -> None:
    if RECORD:
        config.pluginmanager.register(Recorder(Path(RECORD)))
    if CHOSEN:
        config.pluginmanager.register(Chooser(Path(CHOSEN)))
