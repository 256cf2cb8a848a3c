"""What people have just said, since a person in danger may call us in one message and tell us why in another."""

from collections import deque
from dataclasses import replace

from bot.decide.care import spoken_by
from bot.decide.message_facts import said_at
from bot.language.danger import Dangers, danger
from bot.types import Message

CALL_BURST = 60.0  # seconds between a call and what it is about: time to type a sentence that is hard to type
JUST_KEPT = 30  # messages of a room: more in a minute is a flood, in which no call has to be found


class JustSaid:
    """The last messages of people in one room, and which of them called us."""

    def __init__(self, dangers: Dangers):
        self._dangers = dangers
        self._said: deque[tuple[Message, bool]] = deque(maxlen=JUST_KEPT)

    def hear(self, message: Message, *, calls: bool) -> None:
        if not (message.author.is_bot or message.author.is_self or message.history):
            self._said.append((message, calls))

    def forget(self, message_id: str) -> None:
        kept = [each for each in self._said if each[0].id != message_id]
        self._said = deque(kept, maxlen=JUST_KEPT)

    def whole(self, message: Message) -> Message:
        """The call together with what its author said just before it, since their last call."""
        before: list[str] = []
        for said, calls in self._before(message):
            before = [] if calls else [*before, said.said]
        return replace(message, text="\n".join([message.text, *before])) if before else message

    def goes_on(self, message: Message) -> bool:
        """Whether the author has just called us, and now speaks of danger."""
        is_by_person = not (message.author.is_bot or message.author.is_self or message.history)
        has_called = is_by_person and any(calls for _, calls in self._before(message))
        return has_called and danger(spoken_by(message), self._dangers) is not None

    def _before(self, message: Message) -> list[tuple[Message, bool]]:
        """What the author said in the same place within CALL_BURST before the message, oldest first."""
        found = []
        for said, calls in self._said:
            if said.id == message.id:
                break
            is_same = said.author.id == message.author.id and said.thread.root == message.thread.root
            if is_same and 0 <= said_at(message) - said_at(said) <= CALL_BURST:
                found.append((said, calls))
        return found
