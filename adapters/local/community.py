"""The local community's actions, for people and for us: post, edit, delete and react."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import structlog

from adapters.local.board import Board
from adapters.local.claims import NAME_MARK, NameClaim, NameClaims, NameInUse, free_name, hashed, mark_of, to_mark
from adapters.local.echoes import is_echo
from adapters.local.entries import PREFIX, Entry, entry_of, from_json, to_json
from adapters.local.first_steps import FIRST_STEPS, FirstSteps
from adapters.local.heading import heading
from adapters.local.members import OUR_ID, Named, ReservedNames, Roll, member, ourselves
from adapters.local.person import names_of, without
from adapters.local.seed import seeded_entries
from adapters.local.text import Unacceptable, clean_emoji, clean_name, clean_text, printable
from bot.types import (
    AdapterState,
    Asked,
    Author,
    Clock,
    CommitMark,
    Deletion,
    Edit,
    Event,
    Hear,
    Mark,
    Message,
    NotSent,
    Power,
    Reaction,
    Room,
    Thread,
    TypingSign,
)

log = structlog.get_logger()

SEEDED = "seeded"  # key of the mark with the time of the first start
LAST_ORDER = "order"  # key of the mark with the highest order, kept when messages are purged, so that none is reused
ORDER_DIGITS = 16  # a longer order is damaged; orders then follow the highest that is left
MAX_EMOJI_KINDS = 20  # different emoji on one message; more would fill the page


class NotThere(LookupError):
    """No such room or message; the error's text is a sentence for the caller."""


class Community(Board):
    """Each change is committed by the core first, then shown.

    The actions raise Unacceptable or NotThere for invalid requests, NotSent (a PlatformError) while the community isn't
    up, and StoreError when the core could not commit; in each case nothing has changed.
    """

    def __init__(
        self,
        state: AdapterState,
        clock: Clock,
        *,
        voice: Callable[[Room], str],
        our_names: Callable[[], Sequence[str]] = tuple,
        seed: bool = True,
        power: Power = Power.MANAGER,
    ):
        """`voice` gives the name under which we speak in a room, `our_names` all names reserved for us, `power` is that
        of whoever has opened the page."""
        super().__init__()
        self.clock, self.voice, self.power = clock, voice, power
        self._state, self._seed = state, seed
        self.first_steps = FirstSteps(state, self.steps_changed)
        self.unreadable: set[str] = set()  # ids of messages whose marks are damaged
        self._reserved, self._claims = ReservedNames(our_names), NameClaims()
        self._hear: Hear | None = None
        self._sign: TypingSign | None = None
        self.has_begun = asyncio.Event()  # set once the posts are loaded, or loading has failed
        self._one_at_a_time = asyncio.Lock()  # keeps the order of commits the order of messages

    async def open(self, hear: Hear, sign: TypingSign) -> None:
        """Loads the community and connects it to the core. Raises StoreError if the first messages can't be
        committed."""
        try:
            await self._load()
            # Only now: a reply to a message that is not loaded yet would look undeliverable.
            self._hear, self._sign = hear, sign
            if self._seed and await self._state.get(SEEDED) is None:
                async with self._one_at_a_time:
                    await self._plant()
            await self.first_steps.load()
        finally:
            self.has_begun.set()

    def close(self) -> None:
        self._hear = self._sign = None
        self.clear_unfinished()

    async def post(
        self,
        room_name: str,
        author: str,
        text: str,
        thread: str | None = None,
        reply_to: str | None = None,
        title: str | None = None,
        tags: Sequence[str] = (),
        key: str = "",
    ) -> Entry:
        """Posts a message. `reply_to` implies its thread; without both, the message starts a thread, and may have a
        title, which may say it all, and tags. The same author, text and `key` give one message, however often they
        come, also after a restart."""
        who, parts = self.author(author), heading(title, tags)
        said = clean_text(text) if text.strip() or not title else ""
        if parts and (thread or reply_to):
            raise Unacceptable("title: only a post has a title and tags; leave them out, or thread and reply_to")
        async with self._one_at_a_time:
            room = self._room(room_name)
            answered = self._answered(room, reply_to)
            root = self._root(room, thread) or (answered.thread_id if answered else None)
            tail = _tail(who, said, key)
            if key and (sent := self._ending(tail)):
                return sent
            id_ = f"m{self.next_order:06x}{tail}"
            now = self.clock.now()
            message = Message(
                id=id_,
                thread=Thread(room, root or id_),
                author=who,
                text=said,
                at=now,
                heard=now,
                reply_to=reply_to or None,
                mentions=self.roll.called(said),
                addressed=bool(answered and answered.message and answered.message.author.is_self),
                starts_thread=root is None,
                parts=parts,
            )
            return await self._commit_new(message)

    async def edit(self, message_id: str, text: str) -> Entry:
        said = clean_text(text)
        async with self._one_at_a_time:
            entry, message = self._standing(message_id)
            if message.author.is_self:
                raise Unacceptable("this message is the AI's own; it can be deleted, but not reworded", "our_own")
            if message.text == said:
                return entry
            event = Edit(message.room, message.id, said, self.clock.now())
            edited = replace(entry, message=replace(message, text=said), edited=True)
            await self._commit_all([edited], [event], self._echoes(entry, said))
            return edited

    async def delete(self, message_id: str) -> None:
        """Deletes a message, and what we have said in answer to it or repeated of it."""
        async with self._one_at_a_time:
            entry, _ = self._standing(message_id)
            await self._commit_all([], [], [entry, *self._echoes(entry, None)])

    async def use(self, asked: Asked) -> None:
        """Hands a command to the core."""
        await self._heard([asked], {})

    async def put_reaction(self, message_id: str, author: str, emoji: str, *, removed: bool = False) -> Entry:
        """Adds or removes a reaction. Adding an existing one, or removing a missing one, changes nothing."""
        return await self._put(message_id, self.author(author), clean_emoji(emoji), removed=removed)

    def author(self, name: str) -> Author:
        """The author with a name, as typed. Raises Unacceptable for an empty name and for one of ours."""
        clean = clean_name(name)
        self._reserved.refuse(clean)
        return member(clean)

    def author_in(self, browser: str, name: str) -> Author:
        """The author with a name as typed in the browser that keeps the secret `browser`. Raises Unacceptable as
        `author` does, and NameInUse if the name is somebody else's."""
        who = self.author(name)
        if not self._claims.is_free(who.name, browser):
            raise NameInUse(who.name, free_name(who.name, partial(self.is_free, browser)))
        return who

    def is_free(self, browser: str, name: str) -> bool:
        return self._claims.is_free(name, browser) and not self._reserved.has(name)

    async def claim(self, browser: str, name: str) -> Author:
        """The same, and binds the name to the browser: from now on nobody else can have it."""
        async with self._one_at_a_time:
            who = self.author_in(browser, name)
            if not self._claims.holds(who.name):
                claim = NameClaim(who.name, hashed(browser), self.clock.now().isoformat())
                await self._heard([], {mark_of(claim.name): to_mark(claim)})
                self._claims.put(claim)
            return who

    def named_in(self, text: str) -> list[Named]:
        """Whom the text names by "@name", in order: us (OUR_ID) or members."""
        ours = Roll(Author(OUR_ID, name) for name in self._reserved.names())
        found = {named.start: named for roll in (self.roll, ours) for named in roll.named(text)}
        return [found[start] for start in sorted(found)]

    def typing(self, thread_id: str, author: Author) -> None:
        """Reports that the author is writing in a thread. Only the page does so; the HTTP API has no typing signs."""
        if self._sign and (entries := self.thread(thread_id)):
            self._sign(Thread(self.rooms[entries[0].room_id], thread_id), author.id)

    async def purge(self, before: datetime) -> int:
        """Forgets messages older than `before`, as the core does with its copies, and damaged marks, whose age nobody
        knows; returns the number of messages."""
        async with self._one_at_a_time:
            old = [entry.id for entry in self.entries.values() if entry.at < before]
            if old or self.unreadable:
                await self._heard([], {PREFIX + id_: None for id_ in (*old, *self.unreadable)})
                self.drop(old)
                self._keep_names_of_seed()
            if free := self._claims.unused(before, self._names()):
                await self._heard([], dict.fromkeys(map(mark_of, free)))
                self._claims.drop(free)
        return len(old)

    async def forget(self, member_id: str, commit: CommitMark) -> None:
        """Removes a member, with their messages, reactions and names. Raises what `commit` raises."""
        async with self._one_at_a_time:
            entries = list(self.entries.values())
            changed = list(without(entries, member_id))
            names = [name for name in names_of(entries, member_id) if self._claims.holds(name)]
            names += [one for one in self._claims.names() if member(one).id == member_id and one not in names]
            gone: Mark = {mark_of(name): None for name in names}
            await commit({**gone, **{PREFIX + entry.id: to_json(entry) for entry in changed}})
            for entry in changed:
                self.put(entry)
            self._claims.drop(names)
            self.roll.drop(member_id)

    def _names(self) -> set[str]:
        """The names of everybody whose message or reaction is still here."""
        said = {entry.message.author.name for entry in self.entries.values() if entry.message}
        return said | {one.name for e in self.entries.values() for some in e.reactions.values() for one in some}

    def _keep_names_of_seed(self) -> None:
        messages = (entry.message for entry in self.entries.values())
        self._claims.keep_for_nobody(one.author.name for one in messages if one and one.history)

    # --- our own messages ---

    async def say(self, id_: str, thread: Thread, text: str, reply_to: str | None = None, notice: str = "") -> None:
        """Posts a message of ours, as a new post unless a thread root or `reply_to` is given. An id is used only once,
        even if its message was deleted."""
        async with self._one_at_a_time:
            self._be_up()
            if id_ not in self.entries and id_ not in self.unreadable:
                await self._commit_new(self._own_message(id_, thread, text, reply_to), notice)

    async def react(self, room: Room, message_id: str, emoji: str, *, removed: bool = False) -> None:
        self._be_up()
        if self._standing(message_id)[0].room_id != room.id:
            raise NotThere(f"there is no such message in {room.id!r}")
        await self._put(message_id, self._ourselves(room), clean_emoji(emoji), removed=removed)

    # --- inside ---

    async def _load(self) -> None:
        marks = await self._state.scan(PREFIX)
        entries = [entry for key, text in marks.items() if (entry := self._read(key, text))]
        last = await self._state.get(LAST_ORDER) or ""
        self.load(entries, int(last) if last.isdecimal() and len(last) < ORDER_DIGITS else 0)
        self._claims.load(await self._state.scan(NAME_MARK))
        self._keep_names_of_seed()

    def _read(self, key: str, text: str) -> Entry | None:
        """The entry in a mark. A damaged one is not shown until it is purged, and its key is not used again:
        the core has the message."""
        try:
            return from_json(key, text, self.rooms)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            self.unreadable.add(key.removeprefix(PREFIX))
            log.warning("local.message_unreadable", error=type(error).__name__)
            return None

    async def _plant(self) -> None:
        """Adds the first messages of a new community, in one commit with the mark that records this. The core hears
        what people said; our own lines are examples, which only the page shows."""
        now = self.clock.now()
        entries = seeded_entries(self.rooms, now, self.voice, first_order=self.next_order)
        marks = {PREFIX + entry.id: to_json(entry) for entry in entries}
        events = [entry.message for entry in entries if entry.message and not entry.message.author.is_self]
        await self._heard(
            events, {**marks, SEEDED: now.isoformat(), LAST_ORDER: str(entries[-1].order), FIRST_STEPS: ""}
        )
        self.load(entries)
        self._keep_names_of_seed()

    async def _put(self, message_id: str, who: Author, emoji: str, *, removed: bool) -> Entry:
        async with self._one_at_a_time:
            entry, message = self._standing(message_id)
            people = entry.reactions.get(emoji, ())
            if removed != any(one.id == who.id for one in people):
                return entry
            if not people and len(entry.reactions) >= MAX_EMOJI_KINDS:
                sentence = f"this message has {MAX_EMOJI_KINDS} different reactions already; use one of them"
                raise Unacceptable(sentence, "emoji_kinds", most=MAX_EMOJI_KINDS)
            left = tuple(one for one in people if one.id != who.id) if removed else (*people, who)
            reactions = {**entry.reactions, emoji: left}
            event = Reaction(message.room, message.id, who, emoji, self.clock.now(), removed=removed)
            return await self._commit(replace(entry, reactions={k: v for k, v in reactions.items() if v}), event)

    async def _commit_new(self, message: Message, notice: str = "") -> Entry:
        entry = replace(entry_of(message, self.next_order), notice=notice)
        return await self._commit(entry, message, {LAST_ORDER: str(entry.order)})

    async def _commit(self, entry: Entry, event: Event, more: dict[str, str] | None = None) -> Entry:
        """Commits the event together with the message's new state, then shows it."""
        await self._heard([event], {PREFIX + entry.id: to_json(entry), **(more or {})})
        self.put(entry)
        return entry

    async def _commit_all(self, changed: Sequence[Entry], events: Sequence[Event], gone: Sequence[Entry]) -> None:
        """Commits changes and deletions at once, then shows them."""
        now = self.clock.now()
        deletions = [Deletion(self.rooms[entry.room_id], entry.id, now) for entry in gone]
        entries = [*changed, *(replace(entry, message=None, edited=False, reactions={}) for entry in gone)]
        await self._heard([*events, *deletions], {PREFIX + entry.id: to_json(entry) for entry in entries})
        for entry in entries:
            self.put(entry)

    def _echoes(self, entry: Entry, still: str | None) -> list[Entry]:
        """Our messages that repeat the words of a message that says `still` now; those that answer or name its author,
        too, if it is deleted (None)."""
        said = entry.message
        if said is None or said.author.is_self:
            return []
        since = [(each, each.message) for each in self.messages(entry.room_id, entry.id) or ()]
        return [each for each, ours in since if ours and ours.author.is_self and is_echo(ours, said, still)]

    async def _heard(self, events: Sequence[Event], mark: Mark) -> None:
        await self._be_up()(events, mark)

    def _be_up(self) -> Hear:
        if self._hear is None:
            raise NotSent("the local community is not up")
        return self._hear

    def _own_message(self, id_: str, thread: Thread, text: str, reply_to: str | None) -> Message:
        room = self._room(thread.room.id)
        answered = self._standing(reply_to)[0] if reply_to else None
        root = self._root(room, thread.root) or (answered.thread_id if answered else id_)
        now = self.clock.now()
        return Message(
            id=id_,
            thread=Thread(room, root),
            author=self._ourselves(room),
            text=printable(text),
            at=now,
            heard=now,
            reply_to=reply_to,
            starts_thread=root == id_,
        )

    def _ourselves(self, room: Room) -> Author:
        return ourselves(self.voice(room))

    def _room(self, name: str) -> Room:
        if name not in self.rooms:
            raise NotThere(f"there is no room {name!r}; there are {', '.join(self.rooms)}")
        return self.rooms[name]

    def _standing(self, message_id: str) -> tuple[Entry, Message]:
        entry = self.standing(message_id)
        if entry is None or entry.message is None:
            raise NotThere("there is no such message")
        return entry, entry.message

    def _answered(self, room: Room, reply_to: str | None) -> Entry | None:
        if not reply_to:
            return None
        entry = self.standing(reply_to)
        if entry is None or entry.room_id != room.id:
            raise Unacceptable("reply_to: there is no such message in this room", "gone")
        return entry

    def _ending(self, tail: str) -> Entry | None:
        return next((entry for entry in reversed(self.entries.values()) if entry.id.endswith(tail)), None)

    def _root(self, room: Room, thread: str | None) -> str | None:
        if not thread:
            return None
        entries = self.thread(thread)
        if not entries or entries[0].room_id != room.id:
            sentence = "thread: there is no such thread in this room; a thread's id is the id of its post"
            raise Unacceptable(sentence, "gone")
        return thread


def _tail(author: Author, text: str, key: str) -> str:
    """The end of a message's id: random, or told by a key, so that what is sent again is found."""
    return hashlib.sha256(json.dumps([author.id, text, key]).encode()).hexdigest()[:16] if key else secrets.token_hex(4)
