"""Being told to be quiet: for an hour, nothing uncalled is said in that thread.

Nothing of it is stored but the turn: a restart works it out again from the messages that called us.
"""

from collections import OrderedDict
from datetime import datetime, timedelta

from bot.decide.message_facts import said_at
from bot.decide.signals import own_words
from bot.language.called import without_name
from bot.language.quiet_orders import LONGEST_ORDER, load_quiets, tells_to_be_quiet
from bot.types import Message

QUIET_FOR = timedelta(hours=1)
"""By then most conversations have moved on; who still wants quiet says it again."""

THREADS_KEPT = 200  # threads of one room in which somebody has told us so within the hour: more is no community


class Hushed:
    """The threads of one room in which we were told to be quiet. `names` are our names."""

    def __init__(self, names: tuple[str, ...]):
        self._names = names
        self._told: OrderedDict[str | None, tuple[str, float]] = OrderedDict()

    def hear(self, message: Message) -> bool:
        """Takes in a message by which a person calls us; whether it tells us to be quiet."""
        if len(message.text) > 2 * LONGEST_ORDER or not self._tells(message):
            return False
        self._told[message.thread.root] = (message.id, said_at(message))
        self._told.move_to_end(message.thread.root)
        if len(self._told) > THREADS_KEPT:
            self._told.popitem(last=False)
        return True

    def is_order(self, message: Message) -> bool:
        """Whether this message, the last one of its thread to do so, tells us to be quiet."""
        return self._told.get(message.thread.root, ("", 0.0))[0] == message.id

    def is_on(self, root: str | None, now: datetime) -> bool:
        """Whether we are to be quiet in that thread now."""
        told = self._told.get(root)
        return told is not None and now.timestamp() - told[1] < QUIET_FOR.total_seconds()

    def forget(self, message_id: str) -> None:
        """Forgets a deleted order."""
        for root in [root for root, (told, _) in self._told.items() if told == message_id]:
            del self._told[root]

    def _tells(self, message: Message) -> bool:
        own = own_words(message.text, calls_somebody=False)
        return tells_to_be_quiet(without_name(own, self._names), load_quiets())
