"""What we decide about a message, and the states of a turn. `bot.types` has these words too."""

from enum import StrEnum


class Verdict(StrEnum):
    SPEAK = "speak"
    WAIT = "wait"
    SILENT = "silent"


class State(StrEnum):
    """The state of a turn. The first four are open and survive a restart; the others are final."""

    WAITING = "waiting"  # due later; decided again then
    DUE = "due"  # to be written now
    WRITING = "writing"  # a model is being asked
    SENDING = "sending"  # the text is stored and may already be on the platform
    SENT = "sent"
    SILENT = "silent"  # the decision is not to speak
    PASSED = "passed"  # the writer had nothing worth saying
    STOPPED = "stopped"  # no longer wanted: answered by a person, deleted, edited
    MERGED = "merged"  # answered together with a later message of the same burst
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        return self in _OPEN


_OPEN = (State.WAITING, State.DUE, State.WRITING, State.SENDING)
