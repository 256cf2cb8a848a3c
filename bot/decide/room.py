"""What we know of a room: a bounded fold over what was said in it."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from bot.decide.activity import Activity
from bot.decide.answer_times import AnswerTimes
from bot.decide.links import OPENING, Links, Timeline, links
from bot.decide.message_facts import MessageFacts, asks_again, leading_name, said_at, words_of
from bot.decide.posts import USUAL, Post, Posts
from bot.decide.reference import Reference
from bot.decide.signals import asks
from bot.decide.voice import Voice
from bot.types import Message, record

UNREAD = 40  # characters of what is not looked at: neither brief nor long
RECENT = 200  # messages in which we look for who said what
REBUILT = 450  # messages from which a room is rebuilt: the last 200, with all that each of them looks back on
CALLED_KEPT = 1000  # ids of messages that called us: enough to know what any recent reply of ours answered
THREADS = 500  # threads remembered as "we have spoken there"; older ones are silent anyway
ROOTS = 1000  # threads whose last word is known; a word in one that was silent while so many spoke begins it anew
MEMBERS = 5000  # authors remembered; whoever was silent while so many others spoke is new again
# Messages; so long after our word to somebody in a plain timeline they get no other about the same, at the usual risk
ONCE = 100
KNOWN_AFTER = 100  # messages that make a room known: before, everybody in it would be new
PLACES = 500  # threads in which a conversation of ours may still go on
K = TypeVar("K")
V = TypeVar("V")
NOBODY: frozenset[str] = frozenset()


@dataclass(slots=True)
class Heard:
    """A message as the room took it in. `position` and `links` if it stands in a plain timeline that is read;
    `is_first`: nothing of its thread was known before; `is_new`: its author wrote here never before; `goes_on`: it
    goes on in a conversation with us; `answered`: the posts that it has answered."""

    said: MessageFacts
    position: int | None
    links: Links
    is_first: bool
    is_new: bool
    goes_on: bool
    answered: tuple[str, ...]


@record
class Past:
    """What a room is rebuilt from, each oldest first: its last `REBUILT` messages; those who wrote before them (id and
    name); the threads that were written in; its last posts; (time, was it ours and unprompted) of what was said within
    a day; messages by people in each hour (since 1970) of the last four weeks."""

    messages: Sequence[Message] = ()
    members: Sequence[tuple[str, str]] = ()
    roots: Sequence[str] = ()
    posts: Sequence[Post] = ()
    voices: Sequence[tuple[float, bool]] = ()
    hours: Sequence[tuple[int, int]] = ()


@record
class Last:
    """The last word in a thread: was it ours, and unprompted?"""

    is_self: bool
    unprompted: bool


BY_OTHERS = Last(is_self=False, unprompted=False)


@dataclass(slots=True)
class Talk:
    """A conversation of ours with one person, in a thread or in the room's timeline; `at` in seconds."""

    partner: str
    at: float


class RoomState:
    """Folds messages in order; knows nothing of clocks or platforms. `infers`: who answers whom in the plain timeline
    is worked out, which takes most of the time; `keeps`: what is learnt is to be stored; `talk`: how long a
    conversation of ours may pause."""

    def __init__(
        self,
        room: str,
        lore: Reference,
        community: AnswerTimes,
        activity: Activity,
        talk: timedelta,
        *,
        infers: bool,
        keeps: bool,
    ):
        self._room, self._community = room, community
        self._lore, self._infers, self._patience = lore, infers, talk.total_seconds()
        self._said: OrderedDict[str, MessageFacts] = OrderedDict()
        self._called: OrderedDict[str, None] = OrderedDict()
        self._joined: OrderedDict[str, int] = OrderedDict()
        self._members: OrderedDict[str, str] = OrderedDict()
        self._names: dict[str, set[str]] = {}
        self._talks: OrderedDict[str | None, Talk] = OrderedDict()
        self._last: OrderedDict[str | None, Last] = OrderedDict()
        self._count = 0
        self.activity, self.voice, self.timeline = activity, Voice(), Timeline()
        self.posts = Posts(room, self.timeline, activity, community, lore, keeps=keeps)

    def restore(self, past: Past) -> None:
        """Rebuilds what a restart has lost. What is folded again is not counted again."""
        for author, name in past.members:
            self._meet(author, name.casefold())
        for root in past.roots:
            _remember(self._last, root, BY_OTHERS, ROOTS)
        for post in past.posts:
            self.posts.restore(post)
        self.voice.restore(past.voices)
        for message in past.messages:
            self._fold_again(message)
        self.activity.restore(past.hours)

    def _fold_again(self, message: Message) -> None:
        said = self._read(message)
        if message.addressed or self.goes_on(message):
            _remember(self._called, message.id, None, CALLED_KEPT)
        position = self.timeline.end if self._infers and said.root is None else None
        if position is not None:
            linked = links(said, self.timeline, self._lore.weights)
            self.posts.hear_again(said, position, linked)
        self._keep(said, message.author.name, position)

    # --- what is heard -------------------------------------------------------------------------

    def fold(self, message: Message) -> Heard:
        """Takes in what was said: `message.addressed` must already be final."""
        goes_on = not message.addressed and self.goes_on(message)
        if message.addressed or goes_on:
            _remember(self._called, message.id, None, CALLED_KEPT)
        said = self._read(message)
        if said.by_person:
            self.activity.hear(said.at)
        position = self.timeline.end if self._infers and said.root is None else None
        linked = OPENING if position is None else links(said, self.timeline, self._lore.weights)
        answered = self.posts.hear(said, position, linked)
        is_new = self._count >= KNOWN_AFTER and said.by_person and said.author not in self._members
        is_first = said.root is not None and said.root not in self._last and self._find(said.root) is None
        self.voice.hear(said.at, said.unprompted)
        if self._infers:
            self._community.hear(self._room, said.at)
        self._keep(said, message.author.name, position)
        return Heard(said, position, linked, is_first, is_new, goes_on, tuple(answered))

    def _read(self, message: Message) -> MessageFacts:
        """Bots write by editing, many times a minute: their words are not looked at, so an edit changes nothing."""
        author, root, text = message.author, message.thread.root, message.text
        by_person = not (author.is_self or author.is_bot)
        unprompted = author.is_self and message.reply_to not in self._called and not self._is_part(message)
        is_read = by_person and self._infers and root is None
        return MessageFacts(
            message.id, root, author.id, author.is_self, by_person, message.reply_to, unprompted, said_at(message),
            self.called_by(message),
            is_read and asks(text),
            len(text) if by_person else UNREAD,
            words_of(text) if is_read else NOBODY,
        )  # fmt: skip

    def _keep(self, said: MessageFacts, name: str, position: int | None) -> None:
        if said.unprompted:
            _remember(self._joined, said.root or said.reply_to or said.id, self._count, THREADS)
        self._talk(said)
        self._count += 1
        self._said[said.id] = said
        if len(self._said) > RECENT:
            self._said.popitem(last=False)
        _remember(self._last, said.root, self._as_last(said), ROOTS)
        if position is not None:
            self.timeline.add(said)
        if not said.is_self:  # who calls us by name calls nobody else
            self._meet(said.author, name.casefold())

    def _as_last(self, said: MessageFacts) -> Last:
        if not said.is_self:
            return BY_OTHERS
        goes_on = said.reply_to is None and self.ours_was_last(said.root)
        return Last(is_self=True, unprompted=said.unprompted or goes_on)

    def _meet(self, author: str, name: str) -> None:
        before = self._members.pop(author, None)
        self._members[author] = name
        if before != name:
            self._names.setdefault(name, set()).add(author)
            self._unname(author, before)
        if len(self._members) > MEMBERS:
            self._unname(*self._members.popitem(last=False))

    def _unname(self, author: str, name: str | None) -> None:
        """Several may have the same name."""
        if name is not None:
            self._names[name].discard(author)
            if not self._names[name]:
                del self._names[name]

    # --- our conversations ---------------------------------------------------------------------

    def _talk(self, said: MessageFacts) -> None:
        """Ours with one person ends with anybody else's word there."""
        if said.is_self:
            trigger = self._find(said.reply_to)
            if trigger is not None and trigger.by_person:
                _remember(self._talks, said.root, Talk(trigger.author, said.at), PLACES)
        elif (talk := self._talks.get(said.root)) is not None:
            if talk.partner == said.author and not said.calls and said.at - talk.at <= self._patience:
                talk.at = said.at
            else:
                del self._talks[said.root]

    def goes_on(self, message: Message) -> bool:
        """Whom we have answered is still talking with us, and with nobody else."""
        talk = self._talks.get(message.thread.root)
        return (
            talk is not None
            and talk.partner == message.author.id
            and not (message.author.is_bot or message.history)
            and said_at(message) - talk.at <= self._patience
            and not self.called_by(message)
            and (message.reply_to is None or bool(self.is_ours(message.reply_to)))
        )

    # --- what is known -------------------------------------------------------------------------

    def called_by(self, message: Message) -> frozenset[str]:
        """The people to whom a message is addressed: by mention, or by the name of a member that it begins with."""
        author = message.author
        name = None if author.is_bot or author.is_self else leading_name(message.text)
        named = self._names.get(name) if name else None
        if not (message.mentions or named):
            return NOBODY
        return frozenset({*message.mentions, *(named or ())} - {author.id})

    def is_ours(self, message_id: str | None) -> bool | None:
        """Is that message ours? None if there is none, or it is too long ago to know."""
        said = self._find(message_id)
        return None if said is None else said.is_self

    def is_by_bot(self, message_id: str) -> bool:
        """Is it known that another bot, or we, have said that?"""
        said = self._find(message_id)
        return said is not None and not said.by_person

    def _find(self, message_id: str | None) -> MessageFacts | None:
        return self._said.get(message_id) if message_id is not None else None

    def has_joined(self, trigger: Message) -> bool:
        """Have we said something unprompted in the trigger's thread before?"""
        return (trigger.thread.root or trigger.id) in self._joined

    def spoke_lately_about(self, message: Message, risk: float) -> bool:
        """Have we said something unprompted to its author in the plain timeline, not long ago, about the same? What
        opens no conversation goes on in the one in which we had our word. At twice the usual `risk` only half
        as long counts, and half the likelihood is enough for another conversation."""
        once = ONCE * min(1.0, USUAL / risk)
        asked = [said.words for said in self._got_our_word(once) if said.author == message.author.id]
        if not asked or not self.posts.opens(message.id, risk):
            return bool(asked)
        words = words_of(message.text)
        return any(asks_again(words, before) for before in asked)

    def _got_our_word(self, once: float) -> Iterator[MessageFacts]:
        """In the plain timeline, at most so many messages ago; the latest first."""
        for key, spoke in reversed(self._joined.items()):
            if self._count - spoke > once:
                return
            said = self._said.get(key)
            if said is not None and said.root is None:
                yield said

    def ours_was_last(self, root: str | None) -> bool:
        """Was the last word there (in the thread, or in the room's timeline) ours, and unprompted?"""
        last = self._last.get(root)
        return last is not None and last.unprompted

    def _is_part(self, message: Message) -> bool:
        """What we say answers something; what of ours answers nothing, right after our words, is a part of these."""
        last = self._last.get(message.thread.root)
        return message.reply_to is None and last is not None and last.is_self

    def latest(self, root: str | None) -> Iterator[MessageFacts]:
        """What was said there, newest first."""
        return (said for said in reversed(self._said.values()) if said.root == root)

    def forget(self, message_id: str) -> None:
        """A deleted message answers nobody and waits for nothing; a word of ours still counts as said."""
        said = self._find(message_id)
        if said is not None and not said.is_self:
            del self._said[message_id]
        self.posts.forget(message_id)


def _remember(known: "OrderedDict[K, V]", key: K, value: V, most: int) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)
