"""The words everybody shares: what is heard, what is decided, what is said. Standard library only.

Times are timezone-aware UTC. Ids are strings, unique within a platform.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """A slotted dataclass that nobody may change, as the type checker sees to: one that is frozen at run time takes
    five times as long to make, and several are made of every message."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


# --- where and who -------------------------------------------------------------------------------


@record
class Room:
    """A Discord channel, a Matrix room, a room of the local community. Names are for people and for
    matching rules; identity is platform, community and id. A missing part is "-"."""

    platform: str
    community: str
    id: str
    name: str = field(default="", compare=False)
    community_name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.platform}/{self.community}/{self.id}"


@record
class Thread:
    """One conversation in a room. `root` is the platform's thread id (local: the post's id, Discord: the
    thread's channel id, Matrix: the m.thread root event), or None for the room's own timeline."""

    room: Room
    root: str | None = None


@record
class Author:
    """Who wrote a message. `is_self` marks us, `is_bot` any other automated account. `name` is untrusted."""

    id: str
    name: str
    is_bot: bool = False
    is_self: bool = False


# --- what is heard -------------------------------------------------------------------------------


class PartKind(StrEnum):
    TITLE = "title"  # of a post
    QUOTE = "quote"  # words of another message
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    EMBED = "embed"
    POLL = "poll"
    STICKER = "sticker"


FILES = (PartKind.IMAGE, PartKind.VIDEO, PartKind.AUDIO, PartKind.FILE)  # whose bytes `Adapter.fetch` gets


@record
class Part:
    """What a message carries beside its own words. Never an address: addresses expire.

    `text` is the title, the quoted words, a file's description, a poll's question or an embed's text; `name` is the
    file's or sticker's name, or who is quoted; `media_type` a MIME type; `size` is in bytes, None where unknown.
    """

    kind: PartKind
    text: str = ""
    name: str = ""
    media_type: str = ""
    size: int | None = None


@record
class Message:
    """Something said. `at` is the platform's time and can be forged; `heard` is our own clock.

    `mentions` are the ids of the people called. `addressed` is what the platform itself knows: it mentions
    our account, replies to us, or is a direct message; names in plain text ("@mochi") are recognised later,
    by the core. `starts_thread` marks a post. `history` marks what was said before we were here: known, never
    answered. `text` holds the message's own words, `parts` everything else it carries.
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

    @property
    def room(self) -> Room:
        return self.thread.room


@record
class Edit:
    """The text of a message is now another. Edits never start a turn."""

    room: Room
    message_id: str
    text: str
    at: datetime


@record
class Deletion:
    """A message is gone, and with it every copy that we hold."""

    room: Room
    message_id: str
    at: datetime


@record
class Reaction:
    """An emoji put on a message, or (`removed`) taken off it again."""

    room: Room
    message_id: str
    author: Author
    emoji: str
    at: datetime
    removed: bool = False


Event = Message | Edit | Deletion | Reaction


# --- what is decided -----------------------------------------------------------------------------


class Verdict(StrEnum):
    SPEAK = "speak"
    WAIT = "wait"
    SILENT = "silent"


@record
class Decision:
    """May we speak, and why (not)? `reason` is a stable code (see `decide/reasons.py`); `due` is the earliest
    moment to act: for `speak` when to begin to write, for `wait` when to decide again. `facts` are what it was
    decided by, as JSON would hold them (see `decide/gates.py`); a replay does without."""

    verdict: Verdict
    reason: str
    due: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class State(StrEnum):
    """What became of a turn. The first four are open and survive a restart; the others are final."""

    WAITING = "waiting"  # due later; decided again then
    DUE = "due"  # to be written now
    WRITING = "writing"  # a model is being asked
    SENDING = "sending"  # the text is stored and may already stand on the platform
    SENT = "sent"
    SILENT = "silent"  # decided against
    PASSED = "passed"  # the writer had nothing worth saying
    STOPPED = "stopped"  # no longer wanted: answered by a person, deleted, edited
    MERGED = "merged"  # answered together with a later message of the same burst
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        return self in _OPEN


_OPEN = (State.WAITING, State.DUE, State.WRITING, State.SENDING)


@record
class Usage:
    """Tokens and US dollars of one or more model calls. `cached_tokens` are part of `input_tokens`."""

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.cached_tokens + other.cached_tokens,
            self.output_tokens + other.output_tokens,
            self.cost_usd + other.cost_usd,
        )


@record
class Turn:
    """One time we considered speaking, its decision, and what became of it.

    There is one turn per trigger. `key` makes sending idempotent: it is derived from the trigger, never from
    the text. `tried` is when sending was first attempted. `sign` is an emoji sent as a reaction instead of a
    text. `reply_id` is the first of the platform's ids of what was sent, `error` a short code of ours.
    `policy` is the version of the policy that its decision was made by.
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
    tried: datetime | None = None
    model: str = ""
    usage: Usage = Usage()
    error: str = ""
    policy: str = ""

    @property
    def key(self) -> str:
        return self.id


# --- what is said --------------------------------------------------------------------------------


@record
class Reply:
    """A text for a thread, as an answer to the message `reply_to`."""

    thread: Thread
    text: str
    reply_to: str


Mark = Mapping[str, str | None]
"""Where a platform's stream stands, and whatever else an adapter keeps (a sync token, a session): keys and values
of its own, committed together with the events or not at all. None removes a key."""


class Hear(Protocol):
    """An adapter's only way into the core."""

    async def __call__(self, events: Sequence[Event], mark: Mark | None = None) -> None:
        """Returns once the events and the mark are committed; what was not committed raises StoreError.
        Hearing the same event twice is harmless."""


TypingSign = Callable[[Thread, str], None]
"""A person, by id, is typing in the thread. Never raises; signs are no events and are not stored."""


class AdapterState(Protocol):
    """The store port of an adapter: what it has put into marks."""

    async def get(self, key: str) -> str | None: ...

    async def scan(self, prefix: str) -> dict[str, str]:
        """All keys that begin with `prefix`, in order of the key."""

    async def put(self, values: Mark) -> None:
        """Commits values without events; None removes a key. Raises StoreError."""


class Status(StrEnum):
    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do on its platform, as it is implemented."""

    live_preview: bool = False  # an unfinished text is shown while it is written
    reactions: bool = False
    buttons: bool = False
    private_answers: bool = False  # answers in a room that only the asking member sees
    longest_message: int | None = None  # characters of one message; None: no limit
    images_in: bool = False  # `fetch` gets the images that members post
    typing_signs: bool = False  # passes on when members are typing


class Adapter(Protocol):
    """A door to one platform: it hears and speaks, nothing else."""

    name: str
    status: Status
    capabilities: Capabilities

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        """Until cancelled. Raises PlatformError when the platform is lost (it is run again after a pause) and
        PlatformRefused when it will never let us in (it is not run again)."""

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        """The ids of the sent message's parts (part n has the key `key/n`, each within the platform's length).
        The same key gives the same message: `tried` says when this key was first attempted (None: never), so
        that past the platform's own window for duplicates the adapter looks whether the reply already stands.
        Finalises a live preview with the same key. Raises NotSent or PlatformError (try again later) or
        Undeliverable (never try again)."""

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        """Says a text of ours in the room's timeline without a turn, as an answer to nothing (an introduction, a
        notice to managers). Same promises as `send`."""

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        """Same promises as `send`."""

    async def typing(self, thread: Thread) -> None:
        """A sign that we are writing; lasts a few seconds; never raises."""

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        """Shows the unfinished text that will answer the message `trigger`; None removes it. Never raises; does
        nothing, and is not called, where `capabilities.live_preview` is False."""

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        """The bytes of part `n` of a message (counting all parts, from 0), which must be a file of some kind. Never
        reads more than `most_bytes`. Raises Unavailable, or another PlatformError (try again later)."""


class Clock(Protocol):
    """The live clock, or a virtual one in tests."""

    def now(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...


# --- what goes wrong, by who can mend it ---------------------------------------------------------


class SettingsError(Exception):
    """The manager's file. `problems` has one line each: what, where, what to write instead."""

    def __init__(self, problems: Sequence[str]):
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class PlatformError(Exception):
    """The platform is away or failed: try again later."""


class NotSent(PlatformError):
    """This surely never left us: it may be decided again."""


class PlatformRefused(PlatformError):
    """The platform will never let us in with these credentials: one clear line for the manager."""


class Undeliverable(PlatformError):
    """This one message can't be sent (room gone, no permission): the turn fails, others go on."""


class Unavailable(PlatformError):
    """A file's bytes can't be had: gone, encrypted, larger than allowed, or no such part."""


class ModelError(Exception):
    """No model could write. `code` is ours and stable ("no_model", "over_budget", "models_failed"); members
    never see the provider's own words."""

    def __init__(self, code: str, detail: str = ""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class StoreError(Exception):
    """The database could not commit (disk full, locked): nothing of it is stored, nothing was acknowledged."""
