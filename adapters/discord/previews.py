"""Shows an unfinished answer: one message of ours that is edited while it is written, and that becomes the answer.

Where a placeholder was sent, or is about to be, is kept in the adapter's state, so that after a crash the same message
is found again. While it is unfinished, the core does not hear of it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import discord
import structlog

from bot.types import AdapterState, Clock, Edit, Event, Message, NewParts, NotSent, Thread, Undeliverable

from .client import DiscordClient
from .errors import sdk_errors
from .mutes import Action, Mutes
from .payload import id_of
from .posting import answer, nonce, posted
from .sent_before import SentBefore, SentPart
from .split import unfinished

PREVIEW = "preview/"
EDIT_SECONDS = 1.25  # between two edits in a channel: four in five seconds, which leaves the answer its place in a
# bucket of five; Discord does not publish the bucket, five in five seconds is what is observed
AGED = timedelta(minutes=55)  # Discord has a stricter limit for edits of messages older than an hour: send anew
TOO_OLD = 30046  # that limit
MOST_CHANNELS = 1_000  # whose last edit is remembered: far more than are written in at the same time
SHOW_SECONDS = 10.0  # for one request: a later text is of no use, and the answer waits for it
AGED_SWEEP_SECONDS = 600.0
REMOVE_SECONDS = 5.0  # at a shutdown all turns have ten seconds; what is left is removed after the next start

log = structlog.get_logger()


@dataclass(slots=True)
class UnfinishedAnswer:
    """A preview. `message_id` is None until we know it, `asked` if Discord may have been asked for it; `newest` is the
    text so far, `stands` what members see. `final`: it may have become the answer."""

    channel_id: int
    trigger: str
    since: datetime
    message_id: int | None = None
    asked: bool = False
    newest: str = ""
    stands: str = ""
    showing: bool = False
    over: bool = False
    final: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    requesting: asyncio.Lock = field(default_factory=asyncio.Lock)

    def value(self) -> str:
        return f"{self.channel_id} {self.trigger} {self.message_id or 0} {self.since.isoformat()}"


def read_value(value: str) -> UnfinishedAnswer | None:
    """The preview of a stored value; None if it is damaged."""
    try:
        channel, trigger, message, since = value.split(" ")
        known = id_of(trigger)
        return (
            UnfinishedAnswer(int(channel), known, datetime.fromisoformat(since), int(message) or None, True)
            if known
            else None
        )
    except ValueError:
        return None


class LivePreviews:
    """The previews of one connected client. `run` owns the tasks that show them."""

    def __init__(self, client: DiscordClient, standing: SentBefore, state: AdapterState, mutes: Mutes, clock: Clock):
        self._client, self._standing, self._state = client, standing, state
        self._mutes, self._clock = mutes, clock
        self._shown: dict[str, UnfinishedAnswer] = {}
        self._edited: dict[int, datetime] = {}  # by channel
        self._tasks: asyncio.TaskGroup | None = None

    async def load(self) -> None:
        """Recalls the previews of an earlier run. Call this before anything is heard or sent."""
        for key, value in (await self._state.scan(PREVIEW)).items():
            if shown := read_value(value):
                self._shown[key.removeprefix(PREVIEW)] = shown
            else:
                await self._state.put({key: None})

    async def run(self) -> None:
        """Shows previews until cancelled, and removes those that no turn has come back to."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            while True:
                for key, shown in list(self._shown.items()):
                    if self._clock.now() - shown.since > AGED:
                        await self.remove(key)
                await self._clock.sleep(AGED_SWEEP_SECONDS)

    def show(self, thread: Thread, trigger: str, key: str, text: str) -> None:
        """Takes the text so far; a placeholder or its whole sentences are shown in time."""
        shown = self._shown.get(key)
        if shown is None:
            shown = UnfinishedAnswer(int(thread.root or thread.room.id), trigger, self._clock.now())
            if not self._may_show(shown.channel_id, is_direct=thread.room.community == "-"):
                return
        elif shown.over:  # what ended it has failed, and the turn is written anew
            shown = UnfinishedAnswer(shown.channel_id, trigger, shown.since, shown.message_id, shown.asked)
        self._shown[key] = shown
        if self._tasks and not shown.showing:
            shown.showing = True
            self._tasks.create_task(self._keep_showing(key, shown))
        shown.newest = text
        shown.changed.set()

    def stands_in(self, channel_id: int) -> bool:
        """Whether a preview is shown in the channel."""
        return any(one.channel_id == channel_id for one in self._shown.values())

    def hides(self, event: Event) -> bool:
        """Whether the event is about an unfinished preview."""
        if not self._shown:
            return False
        if isinstance(event, Message):
            return event.author.is_self and any(
                one.message_id == int(event.id) or (one.message_id is None and one.trigger == event.reply_to)
                for one in self._shown.values()
            )
        if isinstance(event, Edit | NewParts):
            return any(one.message_id == int(event.message_id) for one in self._shown.values())
        return False

    def is_unfinished(self, message_id: str, text: str, final: str) -> bool:
        """Whether a message of ours that answers a trigger is a preview and not the answer."""
        return text.strip() != final and any(one.message_id == int(message_id) for one in self._shown.values())

    async def finalise(self, key: str, channel_id: int, text: str, standing: Sequence[SentPart]) -> list[SentPart]:
        """Makes the preview of this turn the first part of its answer. `standing` is what stands of the answer; returns
        what stands then. A preview that is gone, too old or elsewhere is given up. Raises as `sdk_errors` does."""
        shown = await self._settled(key)
        if shown is None:
            return list(standing)
        message_id = await self._located(shown)
        rest = [one for one in standing if one.id != str(message_id)]
        if message_id is None:
            return rest
        if standing and rest != list(standing) and standing[0].text.strip() == text:
            return list(standing)
        if shown.channel_id == channel_id and self._clock.now() - shown.since <= AGED:
            with sdk_errors():
                if await self._answered(shown, message_id, text):
                    return [SentPart(str(message_id), text), *rest]
        await self._delete(shown.channel_id, message_id)
        return rest

    async def forget(self, key: str) -> None:
        """The preview has become the answer, or is gone. Raises StoreError."""
        if key in self._shown:
            await self._state.put({PREVIEW + key: None})
            self._shown.pop(key, None)

    async def remove(self, key: str) -> None:
        """Takes a preview away that has become no answer. One that may have become the answer stays, and so does what
        is known of it, for the next try to send. Never raises: what can't be removed now is removed later."""
        if key not in self._shown or self._shown[key].final:
            return
        try:
            async with asyncio.timeout(REMOVE_SECONDS):
                shown = await self._settled(key)
                if shown is not None:
                    await self._take_away(shown)
                await self.forget(key)
        except Exception as problem:
            log.info("discord.preview_left", problem=type(problem).__name__)

    async def _take_away(self, shown: UnfinishedAnswer) -> None:
        """Deletes the message; one in a channel that is closed to us by now is left."""
        with suppress(Undeliverable):
            if (message_id := await self._located(shown)) is not None:
                await self._delete(shown.channel_id, message_id)

    # --- showing ---------------------------------------------------------------------------------

    async def _keep_showing(self, key: str, shown: UnfinishedAnswer) -> None:
        """Places the message, then edits it whenever there is more to show, until the preview is over."""
        goes_on = True
        while goes_on and not shown.over:
            await shown.changed.wait()
            await self._pause(shown.channel_id)
            shown.changed.clear()
            async with shown.requesting:
                goes_on = not shown.over and await self._shows(key, shown)

    async def _shows(self, key: str, shown: UnfinishedAnswer) -> bool:
        """Brings what members see up to date. False if this preview can't be shown, or not any more."""
        text = unfinished(shown.newest)
        try:
            with self._mutes.watching(shown.channel_id, Action.SEND):
                async with asyncio.timeout(SHOW_SECONDS):
                    if shown.message_id is None:
                        await self._place(key, shown, text)
                    elif text != shown.stands and not await self._edit(shown.channel_id, shown.message_id, text):
                        return False
            shown.stands = text
            return True
        except NotSent:
            return True  # a rate limit; the next text is tried again
        except Exception as problem:  # the answer comes all the same
            log.info("discord.preview_not_shown", problem=type(problem).__name__)
        if not shown.asked:
            self._shown.pop(key, None)
        return False

    async def _place(self, key: str, shown: UnfinishedAnswer, text: str) -> None:
        """Sends the message. That it is about to be sent is stored first, so that it is found after a crash. Raises
        StoreError, and what the SDK raises."""
        await self._state.put({PREVIEW + key: shown.value()})
        channel = self._client.get_partial_messageable(shown.channel_id)
        self._note_edit(shown.channel_id)
        shown.asked = True
        try:
            made = await posted(channel, text, nonce(key, "preview"), answer(shown.trigger, shown.channel_id))
        except (NotSent, discord.HTTPException) as problem:
            if isinstance(problem, NotSent) or problem.status < 500:  # certainly not sent
                shown.asked = False
                await self._state.put({PREVIEW + key: None})
            raise
        shown.message_id = int(made)
        await self._state.put({PREVIEW + key: shown.value()})

    async def _pause(self, channel_id: int) -> None:
        """Waits until the channel may be edited again."""
        while edited := self._edited.get(channel_id):
            left = EDIT_SECONDS - (self._clock.now() - edited).total_seconds()
            if not 0 < left <= EDIT_SECONDS:  # more only if the clock was set back
                return
            await self._clock.sleep(left)

    def _note_edit(self, channel_id: int) -> None:
        now = self._clock.now()
        if len(self._edited) > MOST_CHANNELS:
            self._edited = {one: at for one, at in self._edited.items() if (now - at).total_seconds() < EDIT_SECONDS}
        self._edited[channel_id] = now

    def _may_show(self, channel_id: int, *, is_direct: bool) -> bool:
        """Whether a preview could be sent, and found again after a crash: that takes the right to read the history. A
        direct conversation, which the SDK may not know, allows both."""
        channel = self._client.get_channel(channel_id)
        if isinstance(channel, discord.Thread) and (channel.locked or channel.archived or channel.parent is None):
            return False
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return is_direct
        me = channel.guild.me
        rights = channel.permissions_for(me) if me else discord.Permissions.none()
        may_send = rights.send_messages_in_threads if isinstance(channel, discord.Thread) else rights.send_messages
        return bool(rights.read_message_history and may_send)

    # --- ending ----------------------------------------------------------------------------------

    async def _settled(self, key: str) -> UnfinishedAnswer | None:
        """Ends the showing, once a request that is under way has been answered: an edit that arrives after the answer
        would undo it."""
        shown = self._shown.get(key)
        if shown is not None:
            shown.over = True
            shown.changed.set()
            async with shown.requesting:
                pass
        return self._shown.get(key)

    async def _answered(self, shown: UnfinishedAnswer, message_id: int, text: str) -> bool:
        """Makes the message the answer. False, and what is raised, as in `_edit`."""
        shown.final = True  # also if we are interrupted: nobody knows then
        try:
            shown.final = await self._edit(shown.channel_id, message_id, text)
        except (NotSent, discord.HTTPException) as problem:
            shown.final = isinstance(problem, discord.HTTPException) and problem.status >= 500
            raise
        return shown.final

    async def _located(self, shown: UnfinishedAnswer) -> int | None:
        """The id of the message; looked for if we were interrupted while it was sent."""
        if shown.message_id is None and shown.asked:
            with sdk_errors():
                found = await self._standing.answer_to(shown.channel_id, shown.trigger)
            shown.message_id = int(found) if found else None
        return shown.message_id

    async def _edit(self, channel_id: int, message_id: int, text: str) -> bool:
        """Edits our message. False if it is gone, or too old to be edited. Raises what the SDK raises."""
        message = self._client.get_partial_messageable(channel_id).get_partial_message(message_id)
        self._note_edit(channel_id)
        try:
            await message.edit(content=text, allowed_mentions=discord.AllowedMentions.none())
        except discord.NotFound:
            return False
        except discord.HTTPException as problem:
            if problem.code == TOO_OLD:
                return False
            raise
        return True

    async def _delete(self, channel_id: int, message_id: int) -> None:
        with sdk_errors():
            try:
                await self._client.http.delete_message(channel_id, message_id)
            except discord.NotFound:
                return
