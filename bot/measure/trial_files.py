"""Unpacks what was dropped: files, compressed files and ZIP archives, within bounds. Names in archives are never
used as paths, so nothing can be written elsewhere."""

import errno
import gzip
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from bot.measure.trial_problem import TrialProblem
from bot.types import record

MEGABYTE = 1 << 20
MOST_UNPACKED_MB = 512  # an exported message takes 1 to 2 kB as JSON: three times what MOST_MESSAGES take
MOST_FILES = 5_000  # of history: a file per channel and thread; a large server has fewer
MOST_DIRECTORY_MB = 16  # of a ZIP's list of files, which is read whole: with pictures, 100,000 files
READ_SUFFIXES = (".json", ".jsonl", ".ndjson")
ZIP, GZIP = (b"PK\x03\x04", b"PK\x05\x06"), b"\x1f\x8b"
COPIED_BYTES = 1 << 18
LONGEST_FILE_NAME = 200  # characters of a file name that are shown; the end tells files apart
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
DAMAGED_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)


@record
class UnpackedFile:
    """A plain file of the trial; `name` is what it was called where it comes from, for people."""

    path: Path
    name: str


class Unpacking:
    """Unpacks into `folder`, which must be private. Raises TrialProblem for what is too large, locked or damaged."""

    def __init__(self, folder: Path, most_mb: int = MOST_UNPACKED_MB, most_files: int = MOST_FILES):
        self._folder, self._most_mb, self._most_files = folder, most_mb, most_files
        self._left = most_mb * MEGABYTE
        self._files = 0

    def unpack(self, path: Path, name: str) -> Iterator[UnpackedFile]:
        """Yields the plain files in a dropped file, which may be one itself."""
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            with _told_if_damaged(name):
                if head.startswith(ZIP):
                    yield from self._archive(file, name)
                else:
                    yield self._plain(file, name)

    def _archive(self, file: IO[bytes], name: str) -> Iterator[UnpackedFile]:
        _check_directory(file, name)
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if not _is_history(entry):
                    continue
                if entry.flag_bits & 1:
                    raise TrialProblem("encrypted", file=name)
                with archive.open(entry) as member:
                    yield self._plain(member, f"{name}/{named(entry.filename)}")

    def _plain(self, file: IO[bytes], name: str) -> UnpackedFile:
        """Copies a file, without its compression."""
        head = file.read(4)
        if head.startswith(ZIP):
            raise TrialProblem("nested", file=name)
        if head.startswith(GZIP):
            packed = cast("IO[bytes]", _Rejoined(head, file))
            return self._copy(cast("IO[bytes]", gzip.GzipFile(fileobj=packed)), b"", name)
        return self._copy(file, head, name)

    def _copy(self, file: IO[bytes], head: bytes, name: str) -> UnpackedFile:
        self._files += 1
        if self._files > self._most_files:
            raise TrialProblem("many_files", most=f"{self._most_files:,}")
        path = self._folder / f"{self._files}.json"
        with path.open("wb") as out:
            chunk = head + file.read(COPIED_BYTES)
            if chunk.startswith((*ZIP, GZIP)):
                raise TrialProblem("nested", file=name)
            while chunk:
                self._left -= len(chunk)
                if self._left < 0:
                    raise TrialProblem("unpacked_large", most=f"{self._most_mb}")
                out.write(chunk)
                chunk = file.read(COPIED_BYTES)
        return UnpackedFile(path, name)


class _Rejoined:
    """A file whose first bytes were read already. Only `read`, which is all that gzip needs here."""

    def __init__(self, head: bytes, rest: IO[bytes]):
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if self._head:
            taken = self._head if size < 0 else self._head[:size]
            self._head = self._head[len(taken) :]
            return taken + (self._rest.read() if size < 0 else b"")
        return self._rest.read(size)


def named(name: str) -> str:
    """An untrusted file name as it is shown: one line of printable characters, not too long."""
    return "".join(one if one.isprintable() else "?" for one in name)[-LONGEST_FILE_NAME:] or "?"


def _is_history(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry may be history. Pictures and the like beside it are left out, as are links to other files."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16) or "__MACOSX" in path.parts:
        return False
    name = path.name.casefold()
    return name.removesuffix(".gz").endswith(READ_SUFFIXES) or name.endswith(".zip")


def _check_directory(file: IO[bytes], name: str) -> None:
    """Refuses an archive whose list of files would fill the memory. Its size stands in the archive's last 64 kB."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    if end < 0 or len(tail) < end + 22:
        raise TrialProblem("damaged", file=name)
    (directory,) = struct.unpack_from("<I", tail, end + 12)
    if directory > MOST_DIRECTORY_MB * MEGABYTE:
        raise TrialProblem("many_files", most=f"{MOST_FILES:,}")


@contextmanager
def _told_if_damaged(name: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED_ARCHIVE as error:
        is_full = isinstance(error, OSError) and error.errno in DISK_FULL
        raise TrialProblem("disk_full") if is_full else TrialProblem("damaged", file=name) from error
    except RuntimeError as error:  # zipfile's word for a password
        raise TrialProblem("encrypted", file=name) from error
