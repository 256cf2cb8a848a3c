"""Reads the dropped files of a trial as one history."""

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.measure.exports import ReadExport
from bot.measure.formats import BY_EXPORTER, other_format
from bot.measure.history import SNIFFED_BYTES, RecordedHistory, Source, TextFile, is_document
from bot.measure.trial_files import UnpackedFile, Unpacking
from bot.measure.trial_problem import TrialProblem
from bot.types import Message, record

MOST_MESSAGES = 100_000  # take about 100 MB, and 20 s at the first step of the dial
MOST_COMPLAINTS = 20  # rows named one by one; the rest are only counted
LONGEST_ID = 255  # characters: Matrix's bound, the longest of all platforms
TOLD_EVERY = 2048  # messages between two reports of progress

ReadReport = Callable[[float, int], None]


@record
class ReadHistory:
    """The newest messages, oldest first; `is_cut`: there were more. `broken` rows were skipped, `complaints` names the
    first."""

    messages: tuple[Message, ...]
    is_cut: bool
    broken: int
    complaints: tuple[str, ...]


def _has_endless_id(message: Message) -> bool:
    """Whether an id is longer than those of any platform: results name thousands of them."""
    ids = (message.id, message.author.id, message.thread.room.id, message.thread.root or "", message.reply_to or "")
    return max(map(len, ids)) > LONGEST_ID


class TrialReader:
    """Reads dropped files; `folder` is where they may be unpacked. `us` are the ids of our own accounts."""

    def __init__(self, folder: Path, readers: Sequence[ReadExport], us: frozenset[str]):
        self._folder, self._readers, self._us = folder, readers, us
        self._complaints: list[str] = []

    def read(self, dropped: Sequence[UnpackedFile], report: ReadReport) -> ReadHistory:
        """Reads all files, merged by time. Raises TrialProblem if they can't be read or hold no message."""
        unpacking = Unpacking(self._folder)
        files = [plain for one in dropped for plain in unpacking.unpack(one.path, one.name)]
        if not files:
            raise TrialProblem("no_history", file=dropped[0].name)
        sources = self._sources(files)
        history = RecordedHistory(sources, tell=self._complaints.append)
        kept: deque[Message] = deque(maxlen=MOST_MESSAGES)
        number = 0
        for number, message in enumerate(history, 1):
            if _has_endless_id(message):
                history.broken += 1
                continue
            kept.append(message)
            if number % TOLD_EVERY == 0:
                report(history.done(), number)
        if not kept:
            raise TrialProblem("no_message", file=files[0].name, broken=f"{history.broken:,}")
        return ReadHistory(tuple(kept), number > MOST_MESSAGES, history.broken, self._renamed(files))

    def _sources(self, files: Sequence[UnpackedFile]) -> list[Source]:
        """The readable files. Others are named; if all are others, the first one is the problem."""
        sources: list[Source] = []
        problem: TrialProblem | None = None
        for file in files:
            try:
                sources.append(self._source(file))
            except TrialProblem as error:
                problem = problem or error
                self._complaints.append(f"{file.name}: {error.key}")
        if problem and not sources:
            raise problem
        return sources

    def _source(self, file: UnpackedFile) -> Source:
        with file.path.open("rb") as raw:
            head = raw.read(SNIFFED_BYTES)
        if not head.strip():
            raise TrialProblem("empty_file", file=file.name)
        if found := other_format(head):
            key = "exported_otherwise" if found[1] == BY_EXPORTER else "unknown_format"
            raise TrialProblem(key, file=file.name)
        return TextFile(file.path, is_document(head), self._us, self._readers)

    def _renamed(self, files: Sequence[UnpackedFile]) -> tuple[str, ...]:
        """The complaints, with files by the names that people know."""
        names = {str(file.path): file.name for file in files}
        told = []
        for complaint in self._complaints[:MOST_COMPLAINTS]:
            path, colon, rest = complaint.partition(": ")
            told.append(f"{names.get(path, path)}{colon}{rest}")
        return tuple(told)
