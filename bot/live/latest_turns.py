"""The latest turns of one platform, in memory, for a page that shows what becomes of each message."""

from collections import OrderedDict
from collections.abc import Callable, Iterable

from bot.decide.pseudonyms import id_of_turn
from bot.types import Thread, Turn

LATEST_TURNS = 1_000  # about a megabyte; more messages than a page shows


class LatestTurns:
    """`changed` is called with the thread of each turn that is new or has changed."""

    def __init__(self, platform: str, changed: Callable[[Thread], None]):
        self._platform, self._changed = platform, changed
        self._turns: OrderedDict[str, Turn] = OrderedDict()

    def restore(self, turns: Iterable[Turn]) -> None:
        """Takes in turns from the store, newest first."""
        for turn in reversed([turn for turn in turns if turn.thread.room.platform == self._platform]):
            self._keep(turn)

    def note(self, turn: Turn) -> None:
        """Takes in a committed turn."""
        if turn.thread.room.platform == self._platform:
            self._keep(turn)
            self._changed(turn.thread)

    def about(self, message_id: str) -> Turn | None:
        """The turn that this message has triggered, if it is among the latest."""
        return self._turns.get(id_of_turn(self._platform, message_id))

    def _keep(self, turn: Turn) -> None:
        self._turns[turn.id] = turn
        if len(self._turns) > LATEST_TURNS:
            self._turns.popitem(last=False)
