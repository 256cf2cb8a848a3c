"""What members wish about themselves: to be left out, not to be joined in their threads, and that nothing from before
an erasure comes back.

They are kept in a file of their own beside the database, so that a database which is restored from a backup brings
nobody back. A member stands there as a keyed hash: whoever reads the file, but has no key, can't tell who it is. The
key is a file of its own, too; both belong into a backup. Without the key nobody knows any more who wished what, so
Cameo does not start then.
"""

import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from bot.types import StoreError

KEY_FILE, WISHES_FILE = "members.key", "members.jsonl"
KEY_BYTES = 32
TOKEN_LETTERS = 32  # 128 bits: no two members share one
FOREVER, NEVER = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
CHECK = "key"  # what the first line of the file has the hash of


class MemberWish(StrEnum):
    OPT_OUT = "opt_out"  # store, answer, show and quote nothing of theirs
    OPT_IN = "opt_in"  # again, from now on
    ERASED = "erased"  # nothing from before may come back
    QUIET = "quiet"  # no uncalled word in their threads
    NOT_QUIET = "not_quiet"


@dataclass(slots=True)
class Standing:
    """What is in force for a member: nothing that they said before `barred` is stored."""

    barred: datetime = NEVER
    erased: datetime = NEVER
    is_quiet: bool = False

    def take(self, wish: MemberWish, at: datetime) -> None:
        if wish in (MemberWish.QUIET, MemberWish.NOT_QUIET):
            self.is_quiet = wish is MemberWish.QUIET
        elif wish is MemberWish.OPT_OUT:
            self.barred = FOREVER
        elif wish is MemberWish.OPT_IN:
            self.barred = at if self.barred == FOREVER else self.barred
        else:
            self.barred, self.erased, self.is_quiet = max(self.barred, at), at, False


class Wishes:
    """Those of all members. Only one process writes them: the one that holds the database."""

    def __init__(self, key: bytes = b"", path: Path | None = None):
        """Without a path, nobody can wish anything."""
        self._key, self._path = key, path
        self._standing: dict[str, Standing] = {}

    @classmethod
    def open(cls, folder: Path) -> "Wishes":
        """Reads the files in the folder, and makes a key if nobody has wished anything yet. Raises StoreError, also if
        the key is not the one that the wishes were kept with."""
        path = folder / WISHES_FILE
        with _told(path):
            lines = path.read_text("utf-8").splitlines() if path.exists() else []
            key = _key(folder / KEY_FILE, may_make=len(lines) < 2)
            wishes = cls(key, path)
            rows = [row for line in lines if (row := _row(line)) is not None]
        if rows and rows[0].get(CHECK) not in (None, wishes.token("", CHECK)):
            raise _lost(folder)
        for row in rows:
            wishes._take(row)
        return wishes

    @property
    def is_empty(self) -> bool:
        """Whether nobody has wished anything."""
        return not self._standing

    def token(self, platform: str, member: str) -> str:
        """A keyed hash that stands for a member, or for a message."""
        name = f"{platform}\0{member}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, name, "sha256").hex()[:TOKEN_LETTERS]

    def message_token(self, platform: str, message_id: str) -> str:
        """Stands for a message of somebody who is left out, so that it counts once."""
        return f"~{self.token(f'message of {platform}', message_id)}"

    def barred_before(self, platform: str, member: str) -> datetime:
        """Nothing that the member said before then is stored: FOREVER if they are left out, NEVER if all is."""
        standing = self._standing.get(self.token(platform, member)) if self._standing else None
        return standing.barred if standing else NEVER

    def bars(self, platforms: Iterable[str], member: str, at: datetime) -> bool:
        """Whether a member of one of these platforms is left out, or had what they said at that time erased."""
        return any(at < self.barred_before(platform, member) for platform in platforms)

    def is_out(self, platform: str, member: str) -> bool:
        """Whether the member is left out."""
        return self.barred_before(platform, member) == FOREVER

    def was_erased(self, platform: str, member: str) -> datetime:
        """When the member's data was last erased; NEVER if it was not."""
        standing = self._standing.get(self.token(platform, member)) if self._standing else None
        return standing.erased if standing else NEVER

    def is_quiet(self, platform: str, member: str) -> bool:
        """Whether nothing uncalled is to be said in the member's threads."""
        standing = self._standing.get(self.token(platform, member)) if self._standing else None
        return standing is not None and standing.is_quiet

    def add(self, platform: str, member: str, wish: MemberWish, at: datetime) -> None:
        """Keeps a wish; in force, and on the disk, when this returns. Raises StoreError; then nothing has changed."""
        if self._path is None:
            raise StoreError("there is no place where wishes are kept")
        token = self.token(platform, member)
        line = json.dumps({"member": token, "wish": wish, "at": at.isoformat()})
        with _told(self._path):
            new = not self._path.exists()
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                _append(file, (f"{json.dumps({CHECK: self.token('', CHECK)})}\n" if new else "") + f"{line}\n")
            finally:
                os.close(file)
        self._standing.setdefault(token, Standing()).take(wish, at)

    def _take(self, row: dict[str, str]) -> None:
        try:
            wish, at = MemberWish(row["wish"]), datetime.fromisoformat(row["at"])
            self._standing.setdefault(row["member"], Standing()).take(wish, at)
        except (KeyError, ValueError, TypeError):
            return  # the first line, or one that a later version has written


def _key(path: Path, *, may_make: bool) -> bytes:
    if path.exists():
        key = bytes.fromhex(path.read_text("utf-8").strip())
        if len(key) == KEY_BYTES:
            return key
    if not may_make:
        raise _lost(path.parent)
    key = secrets.token_bytes(KEY_BYTES)
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, key.hex().encode())
        os.fsync(file)
    finally:
        os.close(file)
    aside.replace(path)
    return key


def _lost(folder: Path) -> StoreError:
    return StoreError(
        f"{folder / KEY_FILE}: the key of {WISHES_FILE} is missing, or another one, so nobody knows who has opted out; "
        f"put both back from one backup. If the key is lost for good, move {WISHES_FILE} away, and tell your members: "
        "all opt-outs end, and messages that were erased could come back from the platform"
    )


def _row(line: str) -> dict[str, str] | None:
    """A line of the file; None for one that was torn by a crash."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _append(file: int, lines: str) -> None:
    """Appends; after a torn line, on a line of its own. What could not be written whole is taken away again."""
    end = os.lseek(file, 0, os.SEEK_END)
    data = lines.encode()
    if end and os.pread(file, 1, end - 1) != b"\n":
        data = b"\n" + data
    try:
        if os.write(file, data) < len(data):
            raise OSError("the disk is full")
        os.fsync(file)
    except OSError:
        os.ftruncate(file, end)
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: what members wish can't be kept ({error.strerror or error}); mend the disk"
        ) from error
    except ValueError as error:
        raise StoreError(f"{path.with_name(KEY_FILE)}: this is no key; put it back from a backup") from error
