"""No text that Cameo prints can command the terminal."""

import io
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.explain.guarded import GuardedStream, harmless
from tests.fakes.environment import clean_environment

COMMANDS = ("Cc", "Cf", "Cs", "Zl", "Zp")
KEPT = "\n\t\u200c\u200d"
ATTACKS = ["\x1b[2J", "\x1b]0;owned\x07", "\x1b]52;c;ZXZpbA==\x07", "\x9b31m", "\x08\x08", "\r", "\u202eevil", "\u2066"]
ROOT = Path(__file__).parents[2]


def test_every_character_that_commands_is_replaced_and_every_other_stays() -> None:
    for number in range(sys.maxunicode + 1):
        letter = chr(number)
        commands = unicodedata.category(letter) in COMMANDS and letter not in KEPT
        if unicodedata.category(letter) != "Cn":  # not assigned yet in this version of Unicode
            assert (harmless(letter) != letter) is commands, hex(number)


@given(st.lists(st.text() | st.sampled_from(ATTACKS)))
def test_a_guarded_stream_lets_only_harmless_text_through(written: list[str]) -> None:
    raw = io.StringIO()
    stream = GuardedStream(raw)
    for text in written:
        assert stream.write(text) == len(text)
    assert raw.getvalue() == harmless("".join(written))


LOAD = "from bot.__main__ import main; import sys; sys.exit(main(sys.argv[1:]))"
PATHS = {
    "an argument": ["why", "ATTACK"],
    "an unknown command": ["ATTACK"],
    "a settings file": ["check", "--config", "ATTACK.yaml"],
    "a history": ["replay", "ATTACK.jsonl"],
    "a number": ["turns", "--last", "ATTACK"],
}


@pytest.mark.parametrize("path", PATHS)
def test_errors_by_any_path_are_harmless(path: str, tmp_path: Path) -> None:
    attack = "".join(attack for attack in ATTACKS)
    words = [word.replace("ATTACK", attack) for word in PATHS[path]]
    ran = subprocess.run(
        [sys.executable, "-c", LOAD, *words], cwd=tmp_path, env=clean_environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True, check=False,
    )  # fmt: skip
    shown = (ran.stdout + ran.stderr).decode()
    assert ran.returncode in (2, 4) and shown
    assert harmless(shown) == shown


def test_an_unexpected_error_is_harmless() -> None:
    code = "from bot.explain.guarded import guard_output; guard_output(); raise ValueError('\\x1b[2J\\u202e')"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert "ValueError" in ran.stderr.decode() and harmless(ran.stderr.decode()) == ran.stderr.decode()
