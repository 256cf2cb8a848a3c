"""What we know of a room: a bounded fold over its messages."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TypeVar

from bot.decide.activity import Activity
from bot.decide.answer_times import AnswerTimes
from bot.decide.care import CareHour
from bot.decide.exchanges import Exchanges
from bot.decide.hushed import Hushed
from bot.decide.just_said import JustSaid
from bot.decide.links import OPENING, Links, Timeline, links
from bot.decide.message_facts import BEGINNING, MessageFacts, asks_again, leading_name, said_at, words_of
from bot.decide.posts import USUAL, Post, Posts
from bot.decide.raids import Raids
from bot.decide.reading import SHORT, Reading, reading
from bot.decide.reference import Reference
from bot.decide.relays import Relays
from bot.decide.signals import asks
from bot.decide.talks import Talks
from bot.decide.voice import Voice
from bot.types import SOMEBODY, Message, record

UNREAD = 40  # length assumed for unread messages: neither brief nor long
RECENT = 200  # messages kept, by id
REBUILT = 450  # messages from which a room is rebuilt: the last 200, and all that each of them looks back on
CALLED_KEPT = 1000  # ids of messages that called us: enough to tell what any recent reply of ours answered
THREADS = 500  # threads in which we are known to have spoken; older ones are silent anyway
ROOTS = 1000  # threads whose last message is known; a message in an older one counts as the first of its thread
MEMBERS = 5000  # authors remembered; one who was silent while so many others spoke counts as new again
# messages during which a person in a plain timeline gets no second answer about the same thing, at the usual risk
ONCE = 100
KNOWN_AFTER = 100  # no author counts as new before so many messages, because at first everybody would
LATELY = 20  # messages by whose language a message is read that is too short to have one of its own
K = TypeVar("K")
V = TypeVar("V")
NOBODY: frozenset[str] = frozenset()


@dataclass(slots=True)
class Heard:
    """A message as the room took it in.

    `position` and `links` are set if it is in a plain timeline for which links are inferred. `is_first`: nothing of its
    thread was known before. `is_new`: its author has never written here before. `goes_on`: it continues a conversation
    with us, or tells why its author, who is in danger, has just called us.
    `answered`: the ids of the posts that it answers. `raid`: the ids of the copies of a raid, if it is one.
    """

    said: MessageFacts
    position: int | None
    links: Links
    is_first: bool
    is_new: bool
    goes_on: bool
    answered: tuple[str, ...]
    raid: tuple[str, ...] = ()


@record
class Past:
    """What a room is rebuilt from, each oldest first.

    `messages`: the last `REBUILT` messages. `members`: (id, name) of those who wrote before them. `roots`: threads with
    messages. `posts`: the last posts. `voices`: (time, was it ours and unprompted) of all messages within a day.
    `hours`: (hour since 1970, messages by people) of the last four weeks.
    """

    messages: Sequence[Message] = ()
    members: Sequence[tuple[str, str]] = ()
    roots: Sequence[str] = ()
    posts: Sequence[Post] = ()
    voices: Sequence[tuple[float, bool]] = ()
    hours: Sequence[tuple[int, int]] = ()


@record
class Last:
    """The last message in a thread: was it ours, and unprompted?"""

    is_self: bool
    unprompted: bool


BY_OTHERS = Last(is_self=False, unprompted=False)


class RoomState:
    """Folds messages in order; knows nothing of clocks or platforms.

    `infers`: links in the plain timeline are inferred, which takes most of the time. `keeps`: what is learnt is
    collected for a store. `talk`: how long a conversation with us may pause. `watches`: raids are noticed. `names` are
    our names.
    """

    def __init__(
        self,
        room: str,
        reference: Reference,
        community: AnswerTimes,
        activity: Activity,
        talk: timedelta,
        *,
        infers: bool,
        keeps: bool,
        watches: bool,
        names: tuple[str, ...] = (),
    ):
        self._room, self._community = room, community
        self._reference, self._infers = reference, infers
        self._said: OrderedDict[str, MessageFacts] = OrderedDict()
        self._called: OrderedDict[str, None] = OrderedDict()
        self._joined: OrderedDict[str, int] = OrderedDict()
        self._members: OrderedDict[str, str] = OrderedDict()
        self.our_names = names
        self._names: dict[str, set[str]] = {}
        self._last: OrderedDict[str | None, Last] = OrderedDict()
        self._count = 0
        self.raids = Raids(reference.packs) if watches else None
        self.activity, self.voice, self.timeline = activity, Voice(), Timeline()
        self.care, self.just_said = CareHour(reference.dangers), JustSaid(reference.dangers)
        self.hushed, self.exchanges, self.relays = Hushed(names), Exchanges(), Relays()
        self.talks = Talks(talk.total_seconds())
        self.wants_quiet: Callable[[str], bool] = NOBODY.__contains__  # who wants no uncalled answers, by id
        self.posts = Posts(room, self.timeline, activity, community, reference, keeps=keeps)

    def restore(self, past: Past) -> None:
        """Rebuilds the state after a restart. Messages folded again do not count again."""
        for author, name in past.members:
            self._meet(author, name.casefold())
            self.exchanges.know(author)
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
        self._hear_burst(message)
        position = self.timeline.end if self._infers and said.root is None else None
        if position is not None:
            linked = links(said, self.timeline, self._reference.weights)
            self.posts.hear_again(said, position, linked)
        self._watch(message, said)
        self._keep(said, message.author.name, position)

    # --- taking in messages ----------------------------------------------------------------------

    def fold(self, message: Message) -> Heard:
        """Takes in a message. Its `addressed` must already be final."""
        goes_on = self._hear_burst(message)
        said = self._read(message)
        if said.by_person:
            self.activity.hear(said.at)
        position = self.timeline.end if self._infers and said.root is None else None
        linked = OPENING if position is None else links(said, self.timeline, self._reference.weights)
        answered = self.posts.hear(said, position, linked)
        is_new = self._count >= KNOWN_AFTER and said.by_person and said.author not in self._members
        is_first = said.root is not None and said.root not in self._last and self._find(said.root) is None
        self.voice.hear(said.at, said.unprompted)
        if self._infers:
            self._community.hear(self._room, said.at)
        raid = self._watch(message, said)
        self._keep(said, message.author.name, position)
        return Heard(said, position, linked, is_first, is_new, goes_on, tuple(answered), raid)

    def _watch(self, message: Message, said: MessageFacts) -> tuple[str, ...]:
        """The ids of the copies of a raid that the message belongs to."""
        return () if self.raids is None else tuple(self.raids.hear(message, said.at, said.by_person))

    def _hear_burst(self, message: Message) -> bool:
        """Takes in a call; whether it is one that only goes on."""
        goes_on = not message.addressed and (self.goes_on(message) or self.just_said.goes_on(message))
        if message.addressed or goes_on:
            self._hear_call(message)
        self.just_said.hear(message, calls=message.addressed or goes_on)
        self.exchanges.hear(message, calls=message.addressed or goes_on)
        return goes_on

    def _hear_call(self, message: Message) -> None:
        _remember(self._called, message.id, None, CALLED_KEPT)
        if not (message.author.is_bot or message.author.is_self or message.history):
            self.care.hear(self.just_said.whole(message))
            if self.hushed.hear(message):
                self.talks.end(message.thread.root)

    def _read(self, message: Message) -> MessageFacts:
        """The facts about a message. The words of bots are not read: bots write by editing, many times a minute, so an
        edit must change nothing."""
        author, root, text = message.author, message.thread.root, message.said
        by_person = not (author.is_self or author.is_bot)
        unprompted = author.is_self and message.reply_to not in self._called and not self._is_part(message)
        is_read = by_person and self._infers and root is None
        return MessageFacts(
            message.id, root, author.id, author.is_self, by_person, message.reply_to, unprompted, said_at(message),
            self.called_by(message),
            is_read and asks(text),
            len(text) if by_person and author.id != SOMEBODY else UNREAD,
            words_of(text) if is_read else NOBODY,
            text[:BEGINNING] if by_person else "",
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
        if not said.is_self:  # our own name must not call anybody else
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
        """Removes a name from an author; several authors may share it."""
        if name is not None:
            self._names[name].discard(author)
            if not self._names[name]:
                del self._names[name]

    # --- our conversations ---------------------------------------------------------------------

    def _talk(self, said: MessageFacts) -> None:
        """Updates our conversation in this place; a message by anybody else there ends it."""
        if said.is_self:
            is_part = said.reply_to is None and self._last_is_ours(said.root)
            self.talks.speak(said, self._find(said.reply_to), is_part=is_part)
        else:
            self.talks.hear(said)

    def _last_is_ours(self, root: str | None) -> bool:
        last = self._last.get(root)
        return last is not None and last.is_self

    def goes_on(self, message: Message) -> bool:
        """Whether the author is a person whom we have answered and who is still talking with us, and with nobody
        else."""
        return (
            self.talks.goes_on(message.thread.root, message.author.id, said_at(message))
            and not (message.author.is_bot or message.history)
            and not self.called_by(message)
            and (message.reply_to is None or bool(self.is_ours(message.reply_to)))
        )

    def is_raided(self, now: float) -> bool:
        """Whether the room is left alone because of a raid, at `now` in seconds."""
        return self.raids is not None and self.raids.is_on(now)

    def repeats(self, message_id: str) -> bool:
        """Whether the message says again what its author said within the hour before it."""
        return self.raids is not None and self.raids.repeats(message_id)

    # --- languages -------------------------------------------------------------------------------

    def reads(self, message: Message) -> bool:
        """Whether a language pack reads the message. One that is too short to tell goes by what was lately said here;
        one without words says nothing that could be misread."""
        found = reading(message.said, self._reference.packs, calls_somebody=bool(message.mentions))
        return found is not Reading.UNREAD and not (found is Reading.SHORT and self._is_foreign())

    def _is_foreign(self) -> bool:
        """Whether most of what people have lately said here is in a language that no pack reads. One word or two in
        Latin letters ("Tomatoes!") show no language."""
        lately = islice(reversed(self._said.values()), LATELY)
        found = Counter(self._reading(said) for said in lately if not _is_terse(said.begins))
        return found[Reading.UNREAD] > found[Reading.READ]

    def _reading(self, said: MessageFacts) -> Reading:
        if said.reading is None:
            said.reading = reading(said.begins, self._reference.packs)
        return said.reading

    # --- queries ---------------------------------------------------------------------------------

    def called_by(self, message: Message) -> frozenset[str]:
        """The ids of the people whom a message addresses: by mention, or by a member's name at its beginning."""
        author = message.author
        name = None if author.is_bot or author.is_self else leading_name(message.text)
        named = self._names.get(name) if name else None
        if not (message.mentions or named):
            return NOBODY
        return frozenset({*message.mentions, *(named or ())} - {author.id})

    def wants_peace(self, message: Message) -> bool:
        """Whether the message's author, or who began its thread as far as we know, wants no uncalled answers."""
        return any(self.wants_quiet(one.author) for one in map(self._find, (message.id, message.thread.root)) if one)

    def has_member(self, name: str) -> bool:
        """Whether somebody else who has written here has that name."""
        return name.casefold() in self._names

    def is_ours(self, message_id: str | None) -> bool | None:
        """Whether that message is ours; None if there is none, or it is too old to know."""
        said = self._find(message_id)
        return None if said is None else said.is_self

    def was_said_by_a_person(self, message_id: str, since: float) -> bool:
        """Whether a person is known to have written that message since a time in seconds."""
        said = self._find(message_id)
        return said is not None and said.by_person and said.at >= since

    def is_by_bot(self, message_id: str) -> bool:
        """Whether another bot, or we, are known to have written that message."""
        said = self._find(message_id)
        return said is not None and not said.by_person

    def _find(self, message_id: str | None) -> MessageFacts | None:
        return self._said.get(message_id) if message_id is not None else None

    def has_joined(self, trigger: Message) -> bool:
        """Whether we have said something unprompted in the trigger's thread before."""
        return (trigger.thread.root or trigger.id) in self._joined

    def spoke_lately_about(self, message: Message, risk: float) -> bool:
        """Whether we have lately said something unprompted to the author in the plain timeline about the same thing.

        A message that opens no conversation belongs to the one that we have spoken in. At twice the usual `risk`,
        "lately" is half as long, and half the likelihood is enough to open another conversation.
        """
        once = ONCE * min(1.0, USUAL / risk)
        asked = [said.words for said in self._got_our_word(once) if said.author == message.author.id]
        if not asked or not self.posts.opens(message.id, risk):
            return bool(asked)
        words = words_of(message.said)
        return any(asks_again(words, before) for before in asked)

    def _got_our_word(self, once: float) -> Iterator[MessageFacts]:
        """The messages in the plain timeline that we answered unprompted at most `once` messages ago; latest first."""
        for key, spoke in reversed(self._joined.items()):
            if self._count - spoke > once:
                return
            said = self._said.get(key)
            if said is not None and said.root is None:
                yield said

    def ours_was_last(self, root: str | None) -> bool:
        """Whether the last message there (in the thread, or in the room's timeline) was ours, and unprompted."""
        last = self._last.get(root)
        return last is not None and last.unprompted

    def _is_part(self, message: Message) -> bool:
        """Whether a message of ours is the next part of the one before: everything we say answers something, so one
        without a reply link that follows our own message is a part of it."""
        return message.reply_to is None and self._last_is_ours(message.thread.root)

    def latest(self, root: str | None) -> Iterator[MessageFacts]:
        """The messages there, newest first."""
        return (said for said in reversed(self._said.values()) if said.root == root)

    def is_answered(self, message_id: str) -> bool:
        """Whether one of the last messages is ours and answers that one."""
        return any(said.is_self and said.reply_to == message_id for said in self._said.values())

    def forget(self, message_id: str) -> None:
        """Removes a deleted message. A message of ours still counts as said."""
        said = self._find(message_id)
        if said is not None and not said.is_self:
            del self._said[message_id]
        self.posts.forget(message_id)
        self.just_said.forget(message_id)
        self.hushed.forget(message_id)
        if self.raids is not None:
            self.raids.forget(message_id)


def _remember(known: "OrderedDict[K, V]", key: K, value: V, most: int) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)


def _is_terse(text: str) -> bool:
    return text.isascii() and len(text.split()) <= SHORT
