"""Keeps what Cameo stores from other users of the machine: files for the owner only, in a folder for the owner only."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bot.types import StoreError

OWNER_ONLY, FOLDER_OWNER_ONLY = 0o600, 0o700
OTHERS = 0o077  # group and all others
NAMED = 3  # on one line of a terminal
CASES_FILE, TRIALS_FOLDER = "cases.jsonl", "trials"  # see bot/measure/cases.py and trial.py
OWN_NAMES = (
    "token",
    "cameo.log",
    CASES_FILE,
    "members.key",
    "members.jsonl",
)  # besides the database and the files beside it


def make_private(database: Path) -> None:
    """From now on, everything that this process creates is for its owner only. Also takes the rights of others from
    what earlier versions left: the database's folder, if nothing else is in it, and our files there. Raises StoreError
    if the folder can't be made."""
    os.umask(OTHERS)
    folder = database.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = list(_own_files(folder, database.name))
        if len(files) == sum(1 for _ in folder.iterdir()):
            _close(folder, FOLDER_OWNER_ONLY)
        for file in files:
            _close(file, FOLDER_OWNER_ONLY if file.is_dir() else OWNER_ONLY)
    except OSError as error:
        raise StoreError(f"{error.filename or folder}: can't be made private: {error.strerror}") from error


def left_open(database: Path) -> list[str]:
    """The names of the files of others in the database's folder, at most NAMED, if every user of this machine can reach
    the folder and `make_private` leaves it so because of them. One of them may be a copy of the database."""
    folder = database.resolve().parent
    try:
        if not all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents)):
            return []
        own = {path for path in _own_files(folder, database.name) if path.stat().st_uid == os.geteuid()}
        return sorted(path.name for path in folder.iterdir() if path not in own)[:NAMED]
    except OSError:  # no folder yet, or not ours to look into
        return []


def _own_files(folder: Path, database: str) -> Iterator[Path]:
    for path in folder.iterdir():
        name = path.name.removeprefix(".")
        is_ours = name.startswith((database, *OWN_NAMES)) and path.is_file()
        if is_ours or (path.name == TRIALS_FOLDER and path.is_dir()):
            yield path


def _close(path: Path, mode: int) -> None:
    """Files of another user are left alone: their owner decides."""
    status = path.stat()
    if status.st_mode & OTHERS and status.st_uid == os.geteuid():
        path.chmod(mode)
