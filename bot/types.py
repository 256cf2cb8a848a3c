"""The types that all parts share: events, decisions, turns, the ports of adapters, and the errors. Standard library
only.

Times are timezone-aware UTC. Ids are strings, unique within a platform.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from bot.asked import (
    Answer as Answer,
    AnswerFile as AnswerFile,
    Asked as Asked,
    Command as Command,
    Option as Option,
    OptionKind as OptionKind,
    Power as Power,
    Where as Where,
)
from bot.arrival import Arrival as Arrival
from bot.audience import (
    ALL_MEMBERS as ALL_MEMBERS,
    SOMEBODY as SOMEBODY,
    Audience as Audience,
    PastReaders as PastReaders,
    Presence as Presence,
)
from bot.errors import (
    Blocked as Blocked,
    ModelError as ModelError,
    NotSent as NotSent,
    PlatformError as PlatformError,
    PlatformRefused as PlatformRefused,
    SettingsError as SettingsError,
    StoreError as StoreError,
    Unavailable as Unavailable,
    Undeliverable as Undeliverable,
)
from bot.removal import Removal as Removal
from bot.room_notes import NO_NOTES as NO_NOTES, PINNED_MOST as PINNED_MOST, Pinned as Pinned, RoomNotes as RoomNotes
from bot.parts import FILES as FILES, Part as Part, PartKind as PartKind, own_words, replaced
from bot.places import Author as Author, Room as Room, Thread as Thread, record as record

from bot.states import (
    State as State,
    Verdict as Verdict,
)

# --- what we hear --------------------------------------------------------------------------------


@record
class Message:
    """A message. `at` is the platform's time and can be forged; `heard` is the time of our own clock.

    `mentions` are the ids of the mentioned people. `addressed` is what the platform itself knows: the message mentions
    our account, replies to us, or is a direct message; the core recognises names in plain text ("@mochi") later.
    `starts_thread` marks a post. `history` marks a message from before we joined: remembered, never answered. `text` is
    the message's own text, `parts` everything else it carries. An adapter whose platform does not show every message to
    every member of its room sets `audience` and `past_readers`. `relayed`: a program
    posted it in the name of a person, who may have written it here just before; not stored. `answers`: the member who
    wrote the message `reply_to`, if the platform tells; not stored.
    """

    id: str
    thread: Thread
    author: Author
    text: str
    at: datetime
    heard: datetime
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()
    addressed: bool = False
    starts_thread: bool = False
    parts: tuple[Part, ...] = ()
    history: bool = False
    audience: Audience = Audience.MEMBERS
    past_readers: PastReaders = PastReaders.EVERYONE
    relayed: bool = False
    answers: str = ""

    @property
    def room(self) -> Room:
        return self.thread.room

    @property
    def said(self) -> str:
        """All that its author says: the title of a post and the text. An embed counts if it is no preview of a link:
        if a program wrote it, or if there is no text that could hold a link."""
        if not self.parts:
            return self.text
        own = own_words(self.parts, with_embeds=self.author.is_bot or not self.text)
        return "\n".join([*own, self.text]) if self.text else "\n".join(own)


@record
class Edit:
    """A message has a new text, which is for `audience`. `addressed`, as for messages, is about the new text: an edit
    shortly after the message may call us."""

    room: Room
    message_id: str
    text: str
    at: datetime
    audience: Audience = Audience.MEMBERS
    addressed: bool = False

    def applied(self, message: Message) -> Message:
        return replace(message, text=self.text)


@record
class NewParts:
    """A message's parts of these `kinds` are `parts` now: a link's preview has come, a post has another title."""

    room: Room
    message_id: str
    kinds: tuple[PartKind, ...]
    parts: tuple[Part, ...]
    at: datetime

    def applied(self, message: Message) -> Message:
        return replace(message, parts=replaced(message.parts, self.kinds, self.parts))


@record
class Deletion:
    """A message was deleted; every copy that we hold is deleted, too."""

    room: Room
    message_id: str
    at: datetime


@record
class ThreadDeletion:
    """A thread was deleted with all its messages; without a root, a whole room with all its threads."""

    room: Room
    root: str | None
    at: datetime


@record
class Reaction:
    """An emoji was added to a message, or (`removed`) taken away."""

    room: Room
    message_id: str
    author: Author
    emoji: str
    at: datetime
    removed: bool = False


@record
class Membership:
    """A member has joined a room, was invited, or left; heard only where a message's audience depends on that.

    `listed`: this is how things stand, not a change. `tracked`: the room's messages are for those who are present, so
    arrivals must be remembered; elsewhere only the departures of its authors are. `member` ALL_MEMBERS is about the
    whole room: JOINED means that from now on everybody who is there is known, LEFT that nobody's presence is any more.
    """

    room: Room
    member: str
    presence: Presence
    listed: bool = False
    tracked: bool = True


Event = Message | Edit | NewParts | Deletion | ThreadDeletion | Reaction | Membership | Removal | Asked


# --- what we decide ------------------------------------------------------------------------------


@record
class Decision:
    """Whether we may speak, and why. `reason` is a stable code (see `decide/reasons.py`); `due` is the earliest time to
    act: for `speak` to start writing, for `wait` to decide again. `facts` are the inputs of the decision as JSON values
    (see `decide/decisions.py`); a replay has none."""

    verdict: Verdict
    reason: str
    due: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@record
class Usage:
    """Tokens and US dollars of one or more model calls. `cached_tokens` are part of `input_tokens`."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        read, cached = self.input_tokens + other.input_tokens, self.cached_tokens + other.cached_tokens
        written, usd = self.output_tokens + other.output_tokens, self.cost_usd + other.cost_usd
        return Usage(read, cached, written, usd)


@record
class Turn:
    """One time we considered speaking, its decision, and what became of it.

    There is one turn per trigger. `key` makes sending idempotent: it is derived from the trigger, never from the text.
    `tried` is when sending was first attempted. `sign` is an emoji that is sent as a reaction instead of a text.
    `reply_id` is the first platform id of what was sent, `points_at` the id of the message that it points at, `error` a
    short code of ours, `policy` the version of the policy that made the decision.
    """

    id: str
    thread: Thread
    trigger: str
    member: str
    persona: str
    decision: Decision
    state: State
    at: datetime
    addressed: bool = False
    arm: str = ""
    text: str = ""
    sign: str = ""
    reply_id: str | None = None
    points_at: str = ""
    tried: datetime | None = None
    model: str = ""
    usage: Usage = Usage()
    error: str = ""
    policy: str = ""

    @property
    def key(self) -> str:
        return self.id


# --- what we say ---------------------------------------------------------------------------------


@record
class Reply:
    """A text for a thread, in reply to the message `reply_to`. `notice` is a line that the platform shows under it: who
    we are, and how to see and delete what we keep; "" for most replies."""

    thread: Thread
    text: str
    reply_to: str
    notice: str = ""

    @property
    def whole(self) -> str:
        """Text and notice, for platforms that have no better place for that."""
        return f"{self.text}\n\n{self.notice}" if self.notice else self.text


Mark = Mapping[str, str | None]
"""An adapter's position in its platform's stream, and any other state it keeps (a sync token, a session), as keys and
values that are committed together with the events or not at all. None removes a key."""


CommitMark = Callable[[Mark], Awaitable[None]]
"""Commits values of an adapter's state together with what the core has to commit then. Raises StoreError."""


class Hear(Protocol):
    """An adapter's only way into the core."""

    async def __call__(self, events: Sequence[Event], mark: Mark | None = None) -> None:
        """Returns once the events and the mark are committed. Raises StoreError; then the mark is not committed, and
        the events perhaps in part. Hearing the same event twice is harmless."""


TypingSign = Callable[[Thread, str], None]
"""A person (by id) is typing in the thread. Never raises; typing signs are not events and are not stored."""


class AdapterState(Protocol):
    """An adapter's access to the state that it has put into marks."""

    async def get(self, key: str) -> str | None: ...

    async def scan(self, prefix: str) -> dict[str, str]:
        """All keys that begin with `prefix`, with their values, sorted by key."""

    async def put(self, values: Mark) -> None:
        """Commits values without events; None removes a key. Raises StoreError."""


class Status(StrEnum):
    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter supports on its platform."""

    live_preview: bool = False  # shows an unfinished text while it is written,
    preview_calls_only: bool = False  # only of an answer to a call,
    preview_after_seconds: float = 0.0  # and only of one that takes longer; then also before its first words
    reads_all: bool = True  # False: the text of a message only if it calls us, or is a direct message
    reactions: bool = False
    threads: bool = False  # a reply whose thread's root is the message that it answers starts that thread
    buttons: bool = False
    private_answers: bool = False  # answers in a room that only the asking member sees
    longest_message: int | None = None  # characters of one message; None: no limit
    images_in: bool = False  # `fetch` returns the images that members post
    typing_signs: bool = False  # reports when members are typing
    commands: bool = False  # people can ask for commands here


class Adapter(Protocol):
    """The connection to one platform: it hears and speaks, nothing else."""

    name: str
    status: Status
    capabilities: Capabilities

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        """Runs until cancelled. Raises PlatformError if the platform is lost (the adapter is run again after a pause)
        and PlatformRefused if it will never let us in (the adapter is not run again)."""

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        """Sends a reply and returns the ids of its messages (message n has the key `key/n`, each within the platform's
        longest length). Sending is idempotent by key: `tried` is when this key was first attempted (None: never), so
        that after the platform's own window for duplicates the adapter checks whether the reply already exists.
        Finalises a live preview with the same key. Raises NotSent or PlatformError (try again later) or Undeliverable
        (never try again)."""

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        """True if anything of a reply, first tried at `tried`, is on the platform. Raises PlatformError."""

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        """Sends a text to the room's timeline without a turn and without replying to a message (an introduction, a
        notice to managers). Same guarantees as `send`."""

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        """Answers a command. The same key gives one answer, however often it is given. Raises NotSent or PlatformError
        (try again later) or Undeliverable (never try again: the platform no longer accepts an answer; what the command
        has done stays done)."""

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        """Adds a reaction. Same guarantees as `send`."""

    async def delete(self, thread: Thread, message_id: str) -> None:
        """Deletes a message of ours; harmless if it is gone. Raises PlatformError (try again later) or Undeliverable
        (never try again)."""

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        """Takes away a reaction of ours; harmless if there is none. Raises NotSent, PlatformError or Undeliverable."""

    async def typing(self, thread: Thread) -> None:
        """Shows for a few seconds that we are typing. Never raises."""

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        """Shows the unfinished text that will answer the message `trigger`; None removes it. Never raises. Not called
        if `capabilities.live_preview` is False."""

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        """Returns the bytes of part `n` of a message (counting all parts from 0), whose kind is one of FILES. Never
        reads more than `most_bytes`. Raises Unavailable, or another PlatformError (try again later)."""

    async def notes(self, room: Room) -> RoomNotes:
        """The room's topic and pinned messages, if all who read the room may read them. Raises PlatformError."""

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        """Asks the platform for a message near `thread` that we have not kept, such as one that somebody answers. None
        if it is gone, or not ours to read. Raises PlatformError (try again later)."""

    async def forget(self, member: str, commit: CommitMark) -> None:
        """Removes a member from what the adapter itself keeps. Calls `commit` once, with the values of its state that
        change: they are committed with all else about the member. Raises what `commit` raises; then nothing has
        changed."""

    def link(self, thread: Thread, message_id: str) -> str:
        """A link to a message, without names; empty in a direct conversation, whose messages are nobody else's."""


class Clock(Protocol):
    """The system clock, or a virtual one in tests."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...
