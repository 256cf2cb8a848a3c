"""What all tests of the whole program share: how it is started, and a terminal for commands which only look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.fakes.forks import forking
from tests.whole.terminal import Ended, Terminal


@pytest.fixture(scope="session", autouse=True)
def _forking() -> Iterator[None]:
    with forking():
        yield


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Like `command`, without a process of its own: `terminal("check")` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMEO_CONFIG", "")

    def type_in(*words: str, **environment: str) -> Ended:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        try:
            code = main(words)
        except SystemExit as left:  # argparse's way
            code = int(str(left.code))
        return Ended(code, *capsys.readouterr())

    return type_in
