"""Composes the messages for a model from persona, memory and thread, within its context size.

The order keeps the beginning of prompts stable, because providers charge a fraction for a prompt that begins like the
last one: persona (the same everywhere), room, thread (oldest first, only ever appended), then what changes every time
(memories, clock, task). Members' names and words are marked as quotations and never part of the system message.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Protocol

from bot.remember.people import Acquaintances
from bot.types import NO_NOTES, Message, Room, RoomNotes
from bot.write.abilities import Abilities, told
from bot.write.attachments import Attachment, cannot
from bot.write.company import speakers, who_is_who
from bot.write.dates import clock, date_line, is_new_time, said_at
from bot.write.models.chat import (
    IMAGE_TOKENS,
    MESSAGE_TOKENS,
    ChatMessage,
    ImagePart,
    TextPart,
    estimate_input,
    estimate_tokens,
)
from bot.write.names import MemberNames
from bot.write.persona import Persona
from bot.write.prompt_texts import Frame, frame_of, portrait
from bot.write.room_heads import SHARE, room_head
from bot.write.sanitize import one_line
from bot.write.small_prompt import compose_small
from bot.write.tasks import Task, instruction
from bot.write.transcript import body, described, marked, quote

NOBODY = Acquaintances(None, {})
SMALL = 900  # tokens; models that read no more than this do not follow rules
LEAST_TOKENS = 900  # tokens beside the persona: the task takes up to 400, and the trigger should not be cut short
MOST_OF_ONE = 1500  # tokens of a message that is not the trigger: what Discord's longest (2000 characters) takes
SHOWN_AGAIN = 250  # tokens of the trigger that stand again beside the task, a usual message whole
BLOCK = 8  # messages, on average, that are dropped from the prompt together
OWN_LINES = 5  # of ours, outside the thread; a habit shows in these, and they cost 200 tokens at most
ANSWERED_TOKENS = 300  # of the message that the trigger answers: about 200 words, more than most messages have
SLIDING = 40  # messages: from this length on, the window that we get slides by one with every message


class Passage(Protocol):
    """Part of an older conversation, as found by memory."""

    @property
    def messages(self) -> Sequence[Message]: ...


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every part of the prompt needs: persona, fixed sentences, names, the time in the room's zone, and the tokens
    shown of one message: by id of those that matter most, else `most` (independent of the other messages, so that
    beginnings stay stable)."""

    persona: Persona
    frame: Frame
    names: MemberNames
    now: datetime
    large: Mapping[str, int]
    most: int

    def text(self, message: Message) -> str:
        """A message as the thread shows it."""
        if message.author.is_self:
            return body(message.text, self.most)
        if message.id in self.large:
            return quote(message, self.names, self.large[message.id], lines=None)
        return quote(message, self.names, self.most)

    def at(self, message: Message) -> datetime:
        """When a message was sent, in the room's time zone."""
        return said_at(message, self.now.tzinfo)

    def date(self, message: Message, before: Message | None) -> str:
        """The date line of a message that is shown after `before`; empty if it needs none."""
        at = self.at(message)
        last = self.at(before) if before else None
        return date_line(at, self.persona.prompt_language) if is_new_time(at, last) else ""

    def cost(self, message: Message, before: Message | None) -> int:
        lines = f"{self.date(message, before)}\n{self.text(message)}"
        return estimate_tokens(lines) + MESSAGE_TOKENS


def compose(
    persona: Persona,
    room: Room,
    thread: Sequence[Message],
    lately: Sequence[Message],
    recalled: Sequence[Passage],
    trigger: Message,
    *,
    task: Task,
    now: datetime,
    room_tokens: int,
    abilities: Abilities,
    own: Sequence[Message] = (),
    known: Acquaintances = NOBODY,
    others: Sequence[str] = (),
    about: str | None = None,
    notes: RoomNotes = NO_NOTES,
    answered: Message | None = None,
    files: Sequence[Attachment] = (),
) -> list[ChatMessage]:
    """The messages for a model that reads `room_tokens` (as counted by `estimate_input`; never exceeded from 300 on).

    `thread` is the conversation of the trigger, `lately` other messages of the room, both oldest first. The trigger may
    be in `thread` or not; it is always kept, and whole if it fits into half of the room beside the persona. `now` is
    in the room's time zone, in which all dates are shown. `own` are our latest lines in the room, oldest first;
    `known` is what is known of the thread's people; `answered` is the message that the trigger answers; `others` are
    the names of our other personas. `about` is what the manager says of the room, `notes` what the platform shows at
    its head; `files` are what its messages carry, pictures included. The oldest messages are dropped first; a huge one
    is cut in the middle.
    """
    system = portrait(persona, told(persona, abilities))
    left = room_tokens - estimate_tokens(system) - 2 * MESSAGE_TOKENS
    if room_tokens <= SMALL or left < LEAST_TOKENS:
        return compose_small(persona, thread, trigger, room_tokens)
    said = [*thread] if any(message.id == trigger.id for message in thread) else [*thread, trigger]
    older = (message for passage in recalled for message in passage.messages)
    names = MemberNames(persona.name, [*said, *lately, *older, *([answered] if answered else [])], others)
    carried = _carried(persona, names, files, min(left // 2, left - LEAST_TOKENS))
    left -= estimate_input([ChatMessage("user", carried)]) if carried else 0
    large = {trigger.reply_to or "": left // 4, trigger.id: left // 2}
    scene = _Scene(persona, frame_of(persona), names, now, large, most=min(left // 5, MOST_OF_ONE))
    remembered = min(left // 5, (left - scene.cost(trigger, None)) // 4)
    asides = [
        *_memories(scene, lately, recalled, remembered),
        *_own(scene, own, said),
        *_company(scene, said, trigger, known),
    ]
    wanted = _task(scene, task, trigger, is_last=not asides and said[-1].id == trigger.id)
    wanted = "\n".join([wanted, *_answered(scene, said, trigger, answered)])
    last = "\n\n".join([*asides, clock(now, persona.prompt_language), wanted])
    place = _head(scene, room, room_head(about, notes, persona.language, left // SHARE))
    # Two more date lines: the first message shown, and the first one after a gap, need one that was not counted.
    spare = 2 * estimate_tokens(date_line(now, persona.prompt_language)) + 16
    left -= estimate_tokens(last) + estimate_tokens(place) + spare
    shown = _fit(scene, said, trigger, left)
    messages = [ChatMessage("system", system), *_turns(scene, place, shown, last, cut=len(shown) < len(said))]
    if carried:
        messages[-1] = ChatMessage("user", (TextPart(messages[-1].text), *carried))
    return messages if estimate_input(messages) <= room_tokens else compose_small(persona, thread, trigger, room_tokens)


def _head(scene: _Scene, room: Room, notes: str) -> str:
    """What stands before the thread: the room's name, and what the manager and the platform say of it."""
    return "\n".join([scene.frame.room, marked(_place(room)), *([notes] if notes else [])])


def _place(room: Room) -> str:
    """The room's name, cleaned: members choose room names, too."""
    name, community = (
        body(one_line(text, 60), 24) for text in (room.name or room.id, room.community_name or room.community)
    )
    return f"{name}, in {community} ({room.platform})" if community not in ("", "-") else f"{name} ({room.platform})"


# --- the thread ----------------------------------------------------------------------------------


def _fit(scene: _Scene, said: Sequence[Message], trigger: Message, tokens: int) -> Sequence[Message]:
    """The end of the thread that fits into `tokens`, always with the trigger and, if both fit, the opening post."""

    def cost(index: int) -> int:
        return scene.cost(said[index], said[index - 1] if index else None)

    at = next(index for index, message in enumerate(said) if message.id == trigger.id)
    opener = 1 if said[0].starts_thread and cost(0) + cost(at) <= tokens else 0
    kept = {*range(opener), at}
    room = tokens - sum(cost(index) for index in kept)
    start = len(said)
    while start > opener and (start - 1 in kept or cost(start - 1) <= room):
        start -= 1
        room -= 0 if start in kept else cost(start)
    if start > opener or (not opener and len(said) >= SLIDING):
        start = _boundary(said, start, at)
    return [message for index, message in enumerate(said) if index in kept or index >= start]


def _boundary(said: Sequence[Message], start: int, last: int) -> int:
    """The first message from `start` to `last` that begins a block; `start` if none does.

    Dropping one message with every new one would change the beginning of every prompt. Whether a message begins a block
    depends only on its id, so it stays the beginning while the window moves, until a whole block is dropped.
    """
    for index in range(start, last + 1):
        if zlib.crc32(said[index].id.encode("utf-8", "replace")) % BLOCK == 0:
            return index
    return start


def _turns(scene: _Scene, place: str, shown: Sequence[Message], last: str, *, cut: bool) -> list[ChatMessage]:
    """Members' lines become user messages, ours assistant messages. They alternate strictly, as chat templates
    demand."""
    turns: list[ChatMessage] = []
    waiting = [place, *([scene.frame.earlier] if cut else [])]
    dated: Message | None = None  # the message that the date of the next one is compared with
    for message in shown:
        text, date = scene.text(message), scene.date(message, dated)
        # A date never stands in an answer of ours, which would be copied: it waits for the next line of a member.
        if not (date and message.author.is_self and not waiting):
            dated = message
            waiting += [date] if date else []
        if not message.author.is_self:
            waiting.append(text)
        elif not waiting and turns:
            turns[-1] = ChatMessage("assistant", f"{turns[-1].text}\n{text}")
        elif text:
            turns += [ChatMessage("user", "\n".join(waiting)), ChatMessage("assistant", text)]
            waiting = []
    return [*turns, ChatMessage("user", "\n".join([*waiting, "", last] if waiting else [last]))]


def _carried(
    persona: Persona, names: MemberNames, files: Sequence[Attachment], tokens: int
) -> tuple[TextPart | ImagePart, ...]:
    """Whose file each is, and the picture itself or what the model can't do with it, as long as they fit."""
    shown: list[TextPart | ImagePart] = []
    for one in files:
        unseen = cannot(one.part, persona.prompt_language)
        whose = marked(f"{names.of(one.message.author)}: ({body(described(one.part), 40)})")
        image = replace(one.image, otherwise=unseen) if one.image and tokens > IMAGE_TOKENS + 100 else None
        parts = (TextPart(whose), image) if image else (TextPart(f"{whose}\n{unseen}"),)
        tokens -= estimate_input([ChatMessage("user", parts)])
        if tokens < 0:
            break
        shown += parts
    return tuple(shown)


# --- what changes every time ---------------------------------------------------------------------


def _task(scene: _Scene, task: Task, trigger: Message, *, is_last: bool) -> str:
    """What the model should do now; the trigger is repeated if it is not just above."""
    wanted = instruction(task, scene.persona, scene.now - scene.at(trigger), is_last=is_last)
    again = quote(trigger, scene.names, min(scene.most // 2, SHOWN_AGAIN))  # the full text is above
    return wanted if is_last else f"{wanted}\n{again}"


def _answered(scene: _Scene, said: Sequence[Message], trigger: Message, answered: Message | None) -> list[str]:
    """What the trigger answers, unless that stands just above it."""
    before = [message.id for message, after in pairwise(said) if after.id == trigger.id]
    if answered is None or answered.id in before:
        return []
    return [scene.frame.answers, quote(answered, scene.names, min(scene.most, ANSWERED_TOKENS))]


def _memories(scene: _Scene, lately: Sequence[Message], recalled: Sequence[Passage], tokens: int) -> list[str]:
    """Recent talk of the room (the latest fits first, shown in order of time) and older passages (best first)."""
    talk = _within([_memory(scene, message) for message in reversed(lately)], tokens // 3)[::-1]
    found = (message for passage in recalled for message in passage.messages)
    finds = _within([_memory(scene, message, is_old=True) for message in found], tokens * 2 // 3)
    titled = ((scene.frame.lately, talk), (scene.frame.recalled, finds))
    return ["\n".join([title, *lines]) for title, lines in titled if lines]


def _own(scene: _Scene, own: Sequence[Message], said: Sequence[Message]) -> list[str]:
    """Our latest lines outside the thread, where they stand as ours. A model repeats the shape of what it has said; of
    a long line, the beginning and the end are shown."""
    in_thread = {message.id for message in said}
    outside = [message for message in own if message.id not in in_thread][-OWN_LINES:]
    lines = [f"{scene.names.our_name}: {' '.join(body(message.text, 40).split())}" for message in outside]
    return ["\n".join([scene.frame.own, *map(marked, lines)])] if lines else []


def _company(scene: _Scene, said: Sequence[Message], trigger: Message, known: Acquaintances) -> list[str]:
    """Who is who in the thread."""
    people = [(scene.names.of(author), author) for author in speakers(said, trigger)]
    title, lines = who_is_who(people, known, scene.now, scene.persona.prompt_language)
    return ["\n".join([title, *map(marked, lines)])] if lines else []


def _memory(scene: _Scene, message: Message, *, is_old: bool = False) -> str:
    """One line, with its date if it is old or of another day."""
    at = scene.at(message)
    when = f"{at:%Y-%m-%d} " if is_old or at.date() != scene.now.date() else ""
    return marked(f"{when}{scene.names.of(message.author)}: {' '.join(body(message.said, 60).split())}")


def _within(lines: Sequence[str], tokens: int) -> list[str]:
    kept = []
    for line in lines:
        tokens -= estimate_tokens(line) + 1
        if tokens < 0:
            break
        kept.append(line)
    return kept
