"""Composes the messages for a model from persona, memory and thread, within its context size.

The order keeps the beginning of prompts stable, because providers charge a fraction for a prompt that begins like the
last one: persona (the same everywhere), room, thread (oldest first, only ever appended), then what changes every time
(clock, memories, task). Members' names and words are marked as quotations and never part of the system message.
"""

import statistics
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.types import NO_NOTES, Message, Room, RoomNotes
from bot.write.models.chat import MESSAGE_TOKENS, ChatMessage, estimate_input, estimate_tokens
from bot.write.names import MemberNames
from bot.write.persona import Persona
from bot.write.prompt_texts import Frame, frame_of, length_of, portrait
from bot.write.room_heads import SHARE, room_head
from bot.write.sanitize import one_line
from bot.write.small_prompt import compose_small
from bot.write.transcript import body, marked, quote

SMALL = 900  # tokens; models that read no more than this do not follow rules
LEAST_TOKENS = 800  # tokens beside the persona: the task takes up to 400, and the trigger should not be cut short
MOST_OF_ONE = 1500  # tokens of a message that is not the trigger: what Discord's longest (2000 characters) takes
SHOWN_AGAIN = 250  # tokens of the trigger that stand again beside the task, a usual message whole
BLOCK = 8  # messages, on average, that are dropped from the prompt together
SLIDING = 40  # messages: from this length on, the window that we get slides by one with every message


class Passage(Protocol):
    """Part of an older conversation, as found by memory."""

    @property
    def messages(self) -> Sequence[Message]: ...


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every part of the prompt needs: persona, fixed sentences, names, the trigger's id, and the tokens shown of
    it (`whole`) and of any other message (`most`; independent of the others, so that beginnings stay stable)."""

    persona: Persona
    frame: Frame
    names: MemberNames
    trigger: str
    whole: int
    most: int

    def text(self, message: Message) -> str:
        """A message as the thread shows it."""
        if message.author.is_self:
            return body(message.text, self.most)
        if message.id == self.trigger:
            return quote(message, self.names, self.whole, lines=None)
        return quote(message, self.names, self.most)

    def cost(self, message: Message) -> int:
        return estimate_tokens(self.text(message)) + MESSAGE_TOKENS


def compose(
    persona: Persona,
    room: Room,
    thread: Sequence[Message],
    lately: Sequence[Message],
    recalled: Sequence[Passage],
    trigger: Message,
    *,
    addressed: bool,
    now: datetime,
    room_tokens: int,
    operator: str = "",
    others: Sequence[str] = (),
    about: str | None = None,
    notes: RoomNotes = NO_NOTES,
) -> list[ChatMessage]:
    """The messages for a model that reads `room_tokens` (as counted by `estimate_input`; never exceeded from 300 on).

    `thread` is the conversation of the trigger, `lately` other messages of the room, both oldest first. The trigger may
    be in `thread` or not; it is always kept, and whole if it fits into half of the room beside the persona. `others`
    are the names of our other personas. `operator` is what members who ask are told about who runs us. `about` is what
    the manager says of the room, `notes` what the platform shows at its head. The oldest messages are dropped first; a
    huge one is cut in the middle.
    """
    system = portrait(persona, operator)
    left = room_tokens - estimate_tokens(system) - 2 * MESSAGE_TOKENS
    if room_tokens <= SMALL or left < LEAST_TOKENS:
        return compose_small(persona, thread, trigger, room_tokens)
    said = [*thread] if any(message.id == trigger.id for message in thread) else [*thread, trigger]
    older = (message for passage in recalled for message in passage.messages)
    names = MemberNames(persona.name, [*said, *lately, *older], others)
    scene = _Scene(persona, frame_of(persona), names, trigger.id, whole=left // 2, most=min(left // 5, MOST_OF_ONE))
    memories = _memories(scene, lately, recalled, min(left // 5, (left - scene.cost(trigger)) // 4))
    task = _task(scene, said, trigger, addressed, again=bool(memories) or said[-1].id != trigger.id)
    last = "\n\n".join([*memories, scene.frame.now.format(now.strftime("%A, %d %B %Y, %H:%M UTC")), task])
    head = room_head(about, notes, persona.language, left // SHARE)
    place = "\n".join([scene.frame.room, marked(_place(room)), *([head] if head else [])])
    left -= estimate_tokens(last) + estimate_tokens(place) + 16
    shown = _fit(scene, said, trigger, left)
    cut = len(shown) < len(said)
    messages = [ChatMessage("system", system), *_turns(scene, place, shown, last, cut)]
    return messages if estimate_input(messages) <= room_tokens else compose_small(persona, thread, trigger, room_tokens)


def _place(room: Room) -> str:
    """The room's name, cleaned: strangers choose room names, too."""
    name, community = (
        body(one_line(text, 60), 24) for text in (room.name or room.id, room.community_name or room.community)
    )
    return f"{name}, in {community} ({room.platform})" if community not in ("", "-") else f"{name} ({room.platform})"


# --- the thread ----------------------------------------------------------------------------------


def _fit(scene: _Scene, said: Sequence[Message], trigger: Message, tokens: int) -> Sequence[Message]:
    """The end of the thread that fits into `tokens`, always with the trigger and, if both fit, the opening post."""
    at = next(index for index, message in enumerate(said) if message.id == trigger.id)
    opener = 1 if said[0].starts_thread and scene.cost(said[0]) + scene.cost(said[at]) <= tokens else 0
    kept = {*range(opener), at}
    room = tokens - sum(scene.cost(said[index]) for index in kept)
    start = len(said)
    while start > opener and (start - 1 in kept or scene.cost(said[start - 1]) <= room):
        start -= 1
        room -= 0 if start in kept else scene.cost(said[start])
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


def _turns(scene: _Scene, place: str, shown: Sequence[Message], last: str, cut: bool) -> list[ChatMessage]:
    """Members' lines become user messages, ours assistant messages. They alternate strictly, as chat templates
    demand."""
    turns: list[ChatMessage] = []
    waiting = [place, *([scene.frame.earlier] if cut else [])]
    for message in shown:
        text = scene.text(message)
        if not message.author.is_self:
            waiting.append(text)
        elif not waiting and turns:
            turns[-1] = ChatMessage("assistant", f"{turns[-1].text}\n{text}")
        elif text:
            turns += [ChatMessage("user", "\n".join(waiting)), ChatMessage("assistant", text)]
            waiting = []
    return [*turns, ChatMessage("user", "\n".join([*waiting, "", last] if waiting else [last]))]


# --- what changes every time ---------------------------------------------------------------------


def _task(scene: _Scene, said: Sequence[Message], trigger: Message, addressed: bool, *, again: bool) -> str:
    """What the model should do now; `again` repeats the trigger, if it is not just above."""
    frame = scene.frame
    words = frame.words.format(length_of(scene.persona, _words(scene.persona, said, addressed)))
    if not again:
        return (frame.answer if addressed else frame.join).format(words=words)
    task = (frame.answer_this if addressed else frame.join_this).format(words=words)
    return f"{task}\n{quote(trigger, scene.names, min(scene.most // 2, SHOWN_AGAIN))}"  # the full text is above


def _words(persona: Persona, said: Sequence[Message], addressed: bool) -> int:
    """The length to ask for, in words. Asked: the persona's `max_words`. Unasked: the usual length of people's
    messages, at most half of `max_words`."""
    if addressed:
        return persona.max_words
    lengths = [len(message.text.split()) for message in said if not message.author.is_bot]
    usual = statistics.median(lengths) if len(lengths) >= 3 else persona.max_words / 2
    return int(max(12, min(persona.max_words / 2, usual)))


def _memories(scene: _Scene, lately: Sequence[Message], recalled: Sequence[Passage], tokens: int) -> list[str]:
    """Recent talk of the room (the latest fits first, shown in order of time) and older passages (best first)."""
    talk = _within([_memory(scene, message, "") for message in reversed(lately)], tokens // 3)[::-1]
    found = (message for passage in recalled for message in passage.messages)
    finds = _within([_memory(scene, message, f"{message.at:%Y-%m-%d} ") for message in found], tokens * 2 // 3)
    titled = ((scene.frame.lately, talk), (scene.frame.recalled, finds))
    return ["\n".join([title, *lines]) for title, lines in titled if lines]


def _memory(scene: _Scene, message: Message, day: str) -> str:
    return marked(f"{day}{scene.names.of(message.author)}: {' '.join(body(message.text, 60).split())}")


def _within(lines: Sequence[str], tokens: int) -> list[str]:
    kept = []
    for line in lines:
        tokens -= estimate_tokens(line) + 1
        if tokens < 0:
            break
        kept.append(line)
    return kept
