"""Editing `.env`: what is set is read back, every other byte stays, and nothing is ever lost."""

import os
import resource
import signal
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import example, given
from hypothesis import strategies as st

from bot.config.env_file import ASIDE, EnvFileError, _replace, edit, edited, quoted

NAMES = ("MOONSHOT_API_KEY", "CAMEO_MODEL", "OTHER", "B")
one_line = st.text(st.characters(codec="utf-8"), max_size=30).filter(str.isprintable)
keys = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30)
lines = st.one_of(
    st.just(""),
    st.builds("# {}".format, one_line),
    st.builds(
        "{}={}".format, st.sampled_from(NAMES), one_line.filter(lambda text: not text.lstrip().startswith(("'", '"')))
    ),
    st.builds("{}={}{}".format, st.sampled_from(NAMES), one_line.map(quoted), st.sampled_from(["", " # why", "  "])),
    st.builds(
        'export {}="{}"'.format, st.sampled_from(NAMES), st.sampled_from(["", "a b", "two\nlines", "\\n", "#no"])
    ),
)
files = st.builds(
    lambda mark, each, end, last: mark + end.join(each) + last,
    st.sampled_from(["", "\ufeff"]), st.lists(lines, max_size=6), st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\n\n"]),
)  # fmt: skip
changes = st.dictionaries(st.sampled_from(NAMES), st.none() | one_line | keys, max_size=3)


def values(text: str) -> dict[str, str | None]:
    return dict(dotenv_values(stream=StringIO(text.removeprefix("\ufeff")), interpolate=False))


@given(files, changes)
@example("A='x\\\\'\nB='y'", {"CAMEO_MODEL": "ends in \\"})
@example("B=1", {"OTHER": "it's \\' \"so\" # not"})
@example("B=1 # why\n", {"B": "#2"})
def test_what_is_set_is_read_back_and_the_rest_means_what_it_meant(text: str, asked: dict[str, str | None]) -> None:
    try:
        after = edited(text, asked)
    except EnvFileError as error:
        assert error.reason == "broken_line"
        return
    wanted = {**values(text), **asked}
    assert values(after) == {name: value for name, value in wanted.items() if name not in asked or value is not None}
    assert edited(after, asked) == after


@given(files, changes)
def test_lines_of_other_variables_and_comments_stay_byte_for_byte(text: str, asked: dict[str, str | None]) -> None:
    try:
        after = edited(text, asked)
    except EnvFileError:
        return
    assert edited(text, {}) == text
    left = after
    for line in text.removeprefix("\ufeff").splitlines(keepends=True):
        if line.startswith("#") and "'" not in text and '"' not in text:
            assert line in left
            left = left[left.index(line) + len(line) :]


KEPT = "# mine\r\n\r\nA=1\r\n  MOONSHOT_API_KEY = 'old' # from Ana\r\nexport B=\"two\nlines\"\r\n"


def test_a_line_keeps_its_place_its_comment_and_its_line_end() -> None:
    assert edited(KEPT, {"MOONSHOT_API_KEY": "sk-new"}) == KEPT.replace(
        "MOONSHOT_API_KEY = 'old'", "MOONSHOT_API_KEY=sk-new"
    )
    assert edited(KEPT, {"MOONSHOT_API_KEY": None}) == KEPT.replace("  MOONSHOT_API_KEY = 'old' # from Ana\r\n", "")
    assert edited(KEPT, {"C": "3"}) == KEPT + "C=3\r\n"
    assert edited("A=1", {"C": "3"}) == "A=1\nC=3\n" and edited("", {"C": ""}) == "C=''\n"


def test_of_several_lines_the_one_that_counts_stays() -> None:
    assert edited("B=1\nA=0\nB=2\n", {"B": "3"}) == "A=0\nB=3\n"


@pytest.mark.parametrize("value", ["two\nlines", "a\rb", "\0", "a\u2028b", "\u200b", "\t"])
def test_what_one_line_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="can't be seen"):
        quoted(value)


@pytest.mark.parametrize(("text", "line"), [("A=1\nno equals 'sign\nB=2", 2), ("A='unclosed\nB=2", 1)])
def test_a_file_with_broken_lines_is_left_alone(tmp_path: Path, text: str, line: int) -> None:
    (path := tmp_path / ".env").write_text(text)
    with pytest.raises(EnvFileError) as error:
        edit(path, {"B": "3"})
    assert (error.value.reason, error.value.values["line"]) == ("broken_line", line) and path.read_text() == text


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_reads_the_file_whatever_it_was_before(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        path = tmp_path / ".env"
        edit(path, {"A": "1"})
        assert mode(path) == 0o600
        path.chmod(0o644)
        edit(path, {"A": "1"})
        assert mode(path) == 0o600
        path.chmod(0o666)
        edit(path, {"A": "2"})
        assert mode(path) == 0o600 and [each.name for each in tmp_path.iterdir()] == [".env"]
    finally:
        os.umask(umask)


def test_a_symbolic_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (real := tmp_path / "secrets" / "cameo.env").write_text("A=1\n")
    (path := tmp_path / ".env").symlink_to(real)
    edit(path, {"A": "2"})
    assert path.is_symlink() and real.read_text() == "A=2\n" and mode(real) == 0o600


def reason(path: Path) -> str:
    with pytest.raises(EnvFileError) as error:
        edit(path, {"A": "2"})
    return error.value.reason


def test_what_can_not_be_edited_is_told_and_stays(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    assert reason(pipe) == "no_file" and reason(tmp_path) == "no_file"
    (latin := tmp_path / "latin").write_bytes(b"A=\xe4\n")
    assert reason(latin) == "not_text" and latin.read_bytes() == b"A=\xe4\n"
    (large := tmp_path / "large").write_text("#" * 300_000)
    assert reason(large) == "too_large"
    assert reason(tmp_path / "nowhere" / ".env") == "unwritable"
    (loop := tmp_path / "loop").symlink_to(loop)
    assert reason(loop) == "unwritable"


def test_what_somebody_else_has_just_written_is_not_overwritten(tmp_path: Path) -> None:
    (path := tmp_path / ".env").write_text("A=theirs\n")
    with pytest.raises(EnvFileError) as error:
        _replace(path, b"A=before\n", b"A=ours\n")
    assert error.value.reason == "changed_meanwhile" and path.read_text() == "A=theirs\n"
    assert [each.name for each in tmp_path.iterdir()] == [".env"]


def test_a_full_disk_loses_nothing_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (path := tmp_path / ".env").write_text("A=1\n" + "# long\n" * 100)
    before = path.read_text()
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        assert reason(path) == "unwritable"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == before and [each.name for each in tmp_path.iterdir()] == [".env"]


KILLED = """
import os, signal, sys
from pathlib import Path
from bot.config import env_file
moment, path = int(sys.argv[1]), Path(sys.argv[2])
calls = 0
def audit(event, arguments):
    global calls
    if event in ("open", "os.rename", "os.remove") and str(path) in str(arguments[:1]):
        calls += 1
        if calls == moment:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(audit)
env_file.edit(path, {"A": "2"})
"""


def test_a_kill_at_any_moment_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    (path := tmp_path / ".env").write_text("A=1\nB=1\n")
    seen = set()
    for moment in range(1, 12):
        path.write_text("A=1\nB=1\n")
        ran = subprocess.run(
            [sys.executable, "-c", KILLED, str(moment), str(path)], cwd=Path(__file__).parents[2], check=False
        )
        seen.add((ran.returncode, path.read_text()))
        assert all(mode(each) == 0o600 for each in tmp_path.glob(f"*{ASIDE}"))
        if ran.returncode == 0:
            break
    assert {text for _, text in seen} == {"A=1\nB=1\n", "A=2\nB=1\n"} and (0, "A=2\nB=1\n") in seen
    assert (-9, "A=1\nB=1\n") in seen
    assert [each.name for each in tmp_path.iterdir()] == [".env"]
