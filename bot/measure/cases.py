"""The manager's own cases: moments of their history, each judged "good" or "bad". Kept in a private file beside the
database, as JSON Lines."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import orjson
from pydantic import TypeAdapter, ValidationError

from bot.measure.trial_results import ShownMessage, SpeakingMoment
from bot.types import StoreError, record

LONGEST_CASE = 1 << 20  # bytes of a line; 20 messages of 1,000 characters take a tenth of it

MomentVerdict = Literal["good", "bad"]


@record
class JudgedCase:
    """A moment with what the manager thinks of it, at `at`. `risk` is the step of the dial at which it was seen."""

    verdict: MomentVerdict
    at: datetime
    risk: float
    moment: SpeakingMoment


IsBarred = Callable[[str, datetime], bool]
SHAPE_OF_CASE = TypeAdapter(JudgedCase)


class CaseFile:
    """The file of cases: one line a verdict, mode 600. A later verdict on a moment replaces an earlier one; one that is
    withdrawn leaves nothing behind. Only one process writes it: the one that holds the database, in any thread."""

    def __init__(self, path: Path, is_barred: IsBarred = lambda member, at: False):
        """`is_barred`: whether what a member (by id) said at a time must not be kept."""
        self._path, self._is_barred = path, is_barred
        self._writing = threading.Lock()  # between reading the file and replacing it, nothing may be added

    def add(self, case: JudgedCase) -> None:
        """Appends a case and waits for the disk (about 10 ms), without messages of members that are barred; one about
        such a message is not kept. Raises StoreError if it can't be written; then nothing is kept of it."""
        said = (case.moment.post, *case.moment.before, *case.moment.after)
        for member in {one.author for one in said if self._is_barred(one.author, one.at)}:
            left = _without(case, member)
            if left is None:
                return
            case = left
        line = orjson.dumps(case, option=orjson.OPT_APPEND_NEWLINE)
        with self._writing, _told(self._path):
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                _append(file, line)
            finally:
                os.close(file)

    def withdraw(self, room: str, moment: str) -> None:
        """Removes the verdicts on a moment, with its messages, and waits for the disk; nothing happens without one.
        Raises StoreError if the file can't be written; then they are kept."""
        with self._writing:
            every = self.read()
            kept = [case for case in every if (case.moment.room, case.moment.id) != (room, moment)]
            if len(kept) < len(every):
                self._replace(kept)

    def read(self) -> list[JudgedCase]:
        """The cases in the order in which they were judged, the last verdict on each moment. A line that was torn by a
        crash is left out. Raises StoreError if the file can't be read."""
        cases: dict[tuple[str, str], JudgedCase] = {}
        for case in self._lines():
            key = case.moment.room, case.moment.id
            cases.pop(key, None)
            cases[key] = case
        return list(cases.values())

    def _lines(self) -> Iterator[JudgedCase]:
        with _told(self._path):
            if not self._path.exists():
                return
            with self._path.open("rb") as file:
                while line := file.readline(LONGEST_CASE):
                    try:
                        yield SHAPE_OF_CASE.validate_json(line)
                    except ValidationError:
                        continue

    async def purge(self, before: datetime) -> int:
        """Removes cases judged before that moment; returns how many. Raises StoreError."""
        with self._writing:
            every = list(self._lines())
            kept = [case for case in self.read() if case.at >= before]
            old = sum(case.at < before for case in every)
            if old:
                self._replace(kept)
        return old

    def erase(self, member: str) -> int:
        """Removes the cases about a member's posts, and their messages and mentions from all others; returns how many
        cases have changed. Raises StoreError."""
        with self._writing:
            before = self.read()
            left = [_without(case, member) for case in before]
            changed = sum(new is None or new != case for case, new in zip(before, left, strict=True))
            if changed or self._has(member):  # an earlier verdict on the same moment, or a torn line
                self._replace([case for case in left if case is not None])
        return changed

    def _has(self, word: str) -> bool:
        with _told(self._path):
            return self._path.exists() and word.encode() in self._path.read_bytes()

    def _replace(self, cases: list[JudgedCase]) -> None:
        """Writes the file anew beside it, and then in its place: a crash leaves the old one or the new one."""
        new = self._path.with_suffix(".new")
        with _told(self._path):
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                for case in cases:
                    os.write(file, orjson.dumps(case, option=orjson.OPT_APPEND_NEWLINE))
                os.fsync(file)
            finally:
                os.close(file)
            new.replace(self._path)


def _without(case: JudgedCase, member: str) -> JudgedCase | None:
    moment = case.moment
    if moment.post.author == member:
        return None
    before, after = (
        tuple(_unmentioned(one, member) for one in said if one.author != member)
        for said in (moment.before, moment.after)
    )
    post = _unmentioned(moment.post, member)
    return replace(case, moment=replace(moment, before=before, after=after, post=post))


def _unmentioned(said: ShownMessage, member: str) -> ShownMessage:
    return replace(said, mentions=tuple(one for one in said.mentions if one != member))


def rows(case: JudgedCase) -> list[dict[str, object]]:
    """The messages of a case as rows that a replay reads (`./cameo replay`), oldest first."""
    moment = case.moment
    return [_row(moment.room, one) for one in (*moment.before, moment.post, *moment.after)]


def _row(room: str, one: ShownMessage) -> dict[str, object]:
    return {
        "id": one.id, "room": room, "thread": one.thread, "author": one.author, "name": one.name, "bot": one.is_bot,
        "text": one.text, "at": one.at.isoformat(), "reply_to": one.reply_to, "mentions": list(one.mentions),
    }  # fmt: skip


def _append(file: int, line: bytes) -> None:
    """Appends a line; after a torn one, on a line of its own. What could not be written whole is taken away again."""
    end = os.lseek(file, 0, os.SEEK_END)
    if end and os.pread(file, 1, end - 1) != b"\n":
        line = b"\n" + line
    try:
        written = os.write(file, line)
        if written < len(line):
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
        raise StoreError(f"{path}: the case can't be kept ({error.strerror or error}); mend the disk") from error
