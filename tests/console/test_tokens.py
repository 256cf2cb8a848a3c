"""The access token: configured, or generated once and kept."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.console.tokens import kept_token, page_cookie, same
from bot.types import SettingsError
from tests.fakes.environment import clean_environment


def test_it_is_made_once_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "data" / "token"
    token = kept_token(path)
    assert len(token) >= 32 and kept_token(path) == token
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["token"]


def test_an_empty_file_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.touch()
    assert kept_token(path) == kept_token(path) != ""


def test_makers_at_the_same_time_agree(tmp_path: Path) -> None:
    tokens: list[str] = []
    makers = [threading.Thread(target=lambda: tokens.append(kept_token(tmp_path / "token"))) for _ in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(tokens) == 8 and len(set(tokens)) == 1


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SettingsError, match="CAMEO_TOKEN"):
        kept_token(tmp_path / "data" / "token")


BROKEN = {
    "other encoding": b"t\xf6k\xe9n-that-is-long-enough\n",
    "noise": bytes(range(128, 256)),
    "zeros, as after a power cut": bytes(33),
    "lines": b"one token\nand another\n",
    "too long": b"x" * 100_000,
    "another alphabet": "token".encode("utf-16"),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    (path := tmp_path / "token").write_bytes(content)
    with pytest.raises(SettingsError) as error:
        kept_token(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)
    assert path.read_bytes() == content


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    os.mkfifo(path := tmp_path / "token")
    with pytest.raises(SettingsError, match="not a file"):
        kept_token(path)


def test_the_command_line_says_a_broken_token_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(BROKEN["other encoding"])
    (config := tmp_path / "config.yaml").write_text(f"database: {tmp_path / 'cameo.db'}\n", encoding="utf-8")
    for command in ("check", "run"):
        ran = subprocess.run(
            [sys.executable, "-m", "bot", command, "--config", str(config)], cwd=Path(__file__).parents[2],
            env=clean_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1), ran.stderr


def test_comparing_takes_any_text() -> None:
    assert same("tökén", "tökén") and not same("", "token") and not same("\ud800", "token")


def test_the_cookie_holds_no_token_and_differs_from_house_to_house() -> None:
    name, value = page_cookie("one")
    assert "one" not in name + value and page_cookie("two")[0] != name
    assert os.path.basename(name) == name
