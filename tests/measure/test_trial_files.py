"""What is dropped is unpacked within bounds, whatever is in it."""

import gzip
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.explain.words import LANGUAGES
from bot.measure.trial_files import MOST_DIRECTORY_MB, UnpackedFile, Unpacking
from bot.measure.trial_problem import TrialProblem
from tests.fakes.bombs import gzipped
from tests.fakes.shipped import shipped_words

LINE = b'{"id": "a"}\n'


def zipped(*files: tuple[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda info: None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, data)
    return out.getvalue()


def unpacked(folder: Path, data: bytes, **bounds: int) -> list[UnpackedFile]:
    inside = folder / "inside"
    inside.mkdir(exist_ok=True)
    dropped = inside / "dropped-0"
    dropped.write_bytes(data)
    return list(Unpacking(inside, **bounds).unpack(dropped, "drop"))


def problem(folder: Path, data: bytes, **bounds: int) -> str:
    with pytest.raises(TrialProblem) as told:
        unpacked(folder, data, **bounds)
    for language in LANGUAGES:
        assert told.value.say(shipped_words(), language)
    return told.value.key


@pytest.mark.parametrize(
    "data",
    [
        LINE,
        gzip.compress(LINE),
        zipped(("general.json", LINE)),
        zipped(("My Server/Text/general.json", LINE)),
        zipped(("a/b/c/general.jsonl.gz", gzip.compress(LINE))),
        zipped(("general.JSON", LINE), ("avatars/1.png", b"\x89PNG"), ("__MACOSX/._general.json", b"\0")),
    ],
    ids=["plain", "gz", "zip", "folders", "gz in zip", "with media"],
)
def test_files_archives_and_folders_in_them_are_read(tmp_path: Path, data: bytes) -> None:
    (one,) = unpacked(tmp_path, data)
    assert one.path.read_bytes() == LINE and one.name.startswith("drop")


BOMB = zlib.compress(b"\0" * (8 << 20), 9)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (zipped(("bomb.json", b"\0" * (3 << 20))), "unpacked_large"),
        (zipped(*((f"{n}.json", b"\0" * (1 << 20)) for n in range(4))), "unpacked_large"),
        (gzipped(b"{", b" ", 4), "unpacked_large"),
        (zipped(("b.json.gz", gzipped(b"{", b" ", 4))), "unpacked_large"),
        (zipped(("inner.zip", zipped(("a.json", LINE)))), "nested"),
        (zipped(("inner.json", zipped(("a.json", LINE)))), "nested"),
        (gzip.compress(gzip.compress(LINE)), "nested"),
        (gzip.compress(zipped(("a.json", LINE))), "nested"),
        (zipped(*((f"{n}.json", LINE) for n in range(6))), "many_files"),
        (zipped(("a.json", LINE))[:-10], "damaged"),
        (zipped(("a.json", LINE * 99))[:60] + b"\0" * 40 + zipped(("a.json", LINE * 99))[100:], "damaged"),
        (gzip.compress(LINE * 1000)[:-20], "damaged"),
        (b"PK\x03\x04 and no more", "damaged"),
    ],
    ids=["one bomb", "many", "gz bomb", "gz bomb in zip", "zip in zip", "zip in disguise", "gz in gz", "zip in gz",
         "many files", "cut off", "overwritten", "gz cut off", "only a beginning"],
)  # fmt: skip
def test_what_is_too_much_or_hidden_or_damaged_is_told(tmp_path: Path, data: bytes, key: str) -> None:
    assert problem(tmp_path, data, most_mb=2, most_files=5) == key
    written = sum(path.stat().st_size for path in (tmp_path / "inside").iterdir() if path.name != "dropped-0")
    assert written <= 3 << 20, "the bound holds while unpacking, not after it"


def test_a_locked_archive_is_told(tmp_path: Path) -> None:
    data = bytearray(zipped(("a.json", LINE)))
    for begin in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[begin] |= 1
    assert problem(tmp_path, bytes(data)) == "encrypted"


def test_a_method_that_nobody_unpacks_is_damage_and_not_a_password(tmp_path: Path) -> None:
    data = bytearray(zipped(("a.json", LINE)))
    for begin in (data.index(b"PK\x03\x04") + 8, data.index(b"PK\x01\x02") + 10):
        data[begin : begin + 2] = struct.pack("<H", 97)
    assert problem(tmp_path, bytes(data)) == "damaged"


def test_a_list_of_files_that_would_fill_the_memory_is_not_read(tmp_path: Path) -> None:
    data = bytearray(zipped(("a.json", LINE)))
    place = data.rindex(b"PK\x05\x06") + 12
    data[place : place + 4] = struct.pack("<I", (MOST_DIRECTORY_MB << 20) + 1)
    assert problem(tmp_path, bytes(data)) == "many_files"


def test_links_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16

    assert unpacked(tmp_path, zipped(("a.json", b"/etc/passwd"), change=link)) == []


@pytest.mark.parametrize(
    "name", ["../../a.json", "/etc/a.json", "..\\..\\a.json", "C:\\a.json", "a\0b.json", "\x1b[2J.json"]
)
def test_a_name_in_an_archive_is_never_a_path(tmp_path: Path, name: str) -> None:
    files = unpacked(tmp_path, zipped((name, LINE)))
    inside = tmp_path / "inside"
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {inside}
    assert all(file.path.parent == inside and file.name.isprintable() for file in files)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\x1f\x8b", b"PK\x05\x06"]))
def test_whatever_is_dropped_either_unpacks_or_is_told(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    folder = tmp_path_factory.mktemp("dropped")
    try:
        files = unpacked(folder, head + data, most_mb=1)
    except TrialProblem as told:
        assert told.say(shipped_words(), "en")
    else:
        assert all(PurePosixPath(file.path).parent.name == "inside" for file in files)
