"""What we know of a room: a bounded fold over what was said in it."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass

from bot.types import Message

RECENT = 200  # messages: the share of voice looks at 50, the rest tells who answered whom in busy hours
CALLED = 1000  # ids of messages that called us: enough to know what any recent reply of ours answered
THREADS = 500  # threads remembered as "we have spoken there"; older ones are silent anyway


@dataclass(frozen=True, slots=True)
class Said:
    """A message, as far as deciding needs it."""

    id: str
    root: str | None
    author: str
    is_self: bool
    is_bot: bool
    reply_to: str | None
    unprompted: bool

    @property
    def by_person(self) -> bool:
        return not (self.is_self or self.is_bot)


class RoomState:
    """Folds messages in order; knows nothing of clocks or platforms."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=RECENT)
        self._called: OrderedDict[str, None] = OrderedDict()
        self._joined: OrderedDict[str, None] = OrderedDict()

    def fold(self, message: Message) -> None:
        """Takes in what was said: `message.addressed` must already be final."""
        if message.addressed:
            _remember(self._called, message.id, CALLED)
        unprompted = message.author.is_self and message.reply_to not in self._called
        if unprompted:
            _remember(self._joined, message.thread.root or message.reply_to or message.id, THREADS)
        author = message.author
        self._said.append(
            Said(
                message.id,
                message.thread.root,
                author.id,
                author.is_self,
                author.is_bot,
                message.reply_to,
                unprompted,
            )
        )

    def forget(self, message_id: str) -> None:
        """A deleted message no longer answers anybody, but a word of ours still counts as said."""
        kept = (said for said in self._said if said.id != message_id or said.is_self)
        self._said = deque(kept, maxlen=RECENT)

    def is_ours(self, message_id: str | None) -> bool | None:
        """Is that message ours? None if there is none, or it is too long ago to know."""
        if message_id is None:  # most messages answer none: no need to look through all of them
            return None
        return next((said.is_self for said in reversed(self._said) if said.id == message_id), None)

    def answered(self, trigger: Message) -> bool:
        """Has another person spoken in the trigger's thread, or replied to it, since? In a plain timeline any
        other person's word counts: giving up too soon costs less than talking over people."""
        return any(self._answers(said, trigger) for said in self._since(trigger.id))

    def _answers(self, said: Said, trigger: Message) -> bool:
        if not said.by_person or said.author == trigger.author.id:
            return False
        return said.root == trigger.thread.root or trigger.id in (said.reply_to, said.root)

    def _since(self, message_id: str) -> Iterator[Said]:
        for said in reversed(self._said):
            if said.id == message_id:
                return
            yield said

    def has_joined(self, trigger: Message) -> bool:
        """Have we said something unprompted in the trigger's thread before?"""
        return (trigger.thread.root or trigger.id) in self._joined

    def ours_was_last(self, root: str | None) -> bool:
        """Was the last word there (in the thread, or in the room's timeline) ours, and unprompted?"""
        last = next((said for said in reversed(self._said) if said.root == root), None)
        return last is not None and last.unprompted

    def voices(self, window: int) -> tuple[int, int]:
        """(our unprompted messages, all messages) among the last `window`."""
        latest = [said.unprompted for said in list(self._said)[-window:]]
        return sum(latest), len(latest)


def _remember(ids: "OrderedDict[str, None]", key: str, most: int) -> None:
    ids[key] = None
    ids.move_to_end(key)
    if len(ids) > most:
        ids.popitem(last=False)
