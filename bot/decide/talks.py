"""Our conversations in one room: who goes on talking with us, and where."""

from collections import OrderedDict
from dataclasses import dataclass

from bot.decide.message_facts import MessageFacts

PLACES = 500  # threads in which a conversation with us may still go on


@dataclass(slots=True)
class Talk:
    """Our conversation with one person, in a thread or in the room's timeline; `at` is the last message, in seconds."""

    partner: str
    at: float


class Talks:
    """`patience`: seconds for which a conversation may pause; with 0 there are none."""

    def __init__(self, patience: float):
        self._patience = patience
        self._here: OrderedDict[str | None, Talk] = OrderedDict()
        self._elsewhere: OrderedDict[str, Talk] = OrderedDict()  # by the message on which a thread may be started

    def speak(self, said: MessageFacts, trigger: MessageFacts | None, *, is_part: bool) -> None:
        """Begins or continues a conversation by a message of ours. One in the timeline goes on in a thread that is
        started on our message, on each part of it, or on the message that it answers."""
        last = self._here.get(said.root)
        if trigger is not None and trigger.by_person:
            partner = trigger.author
        elif is_part and last is not None:
            partner = last.partner
        else:
            return
        self._put(said.root, Talk(partner, said.at))
        for message_id in (said.id, said.reply_to) if said.root is None else ():
            if message_id is not None:
                self._elsewhere[message_id] = Talk(partner, said.at)
                if len(self._elsewhere) > PLACES:
                    self._elsewhere.popitem(last=False)

    def hear(self, said: MessageFacts) -> None:
        """Takes in a message by somebody else: the partner's continues the conversation, any other ends it."""
        talk = self._find(said.root)
        if talk is None:
            return
        self._elsewhere.pop(said.root or "", None)
        if talk.partner == said.author and not said.calls and self._lasts(talk, said.at):
            self._put(said.root, Talk(talk.partner, said.at))
        else:
            self.end(said.root)

    def goes_on(self, root: str | None, author: str, at: float) -> bool:
        """Whether this person still talks with us in the thread."""
        talk = self._find(root)
        return talk is not None and talk.partner == author and self._lasts(talk, at)

    def end(self, root: str | None) -> None:
        """Ends the conversation in the thread, if there is one."""
        self._here.pop(root, None)
        self._elsewhere.pop(root or "", None)

    def _lasts(self, talk: Talk, at: float) -> bool:
        return self._patience > 0 and at - talk.at <= self._patience

    def _find(self, root: str | None) -> Talk | None:
        talk = self._here.get(root)
        return talk if talk is not None or root is None else self._elsewhere.get(root)

    def _put(self, root: str | None, talk: Talk) -> None:
        self._here[root] = talk
        self._here.move_to_end(root)
        if len(self._here) > PLACES:
            self._here.popitem(last=False)
