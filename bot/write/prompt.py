"""Persona, memory and thread -> the messages for a model, within its room.

The order keeps beginnings stable, for providers charge a fraction for a prompt that begins like the last one: persona
(the same everywhere) -> room -> thread, oldest first, only ever appended -> what changes every time (clock, memories,
what to do now). Members' names and words are marked quotations and never part of the system message.
"""

import statistics
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.types import Message, Room
from bot.write.models.chat import MESSAGE_TOKENS, ChatMessage, estimate_input, estimate_tokens
from bot.write.persona import Persona
from bot.write.prompt_texts import Frame, frame_of, length_of, portrait
from bot.write.sanitize import one_line
from bot.write.small_prompt import compose_small
from bot.write.transcript import body, marked, name_of, quote

SMALL = 900  # tokens; models that read no more follow no rules either
LEAST = 800  # tokens beside the persona: what to do now takes up to 400, and the trigger should not be a stump
BLOCK = 8  # messages, on average, that leave the prompt together
SLIDING = 40  # messages: from here on the window that we are given slides by one with every message


class Passage(Protocol):
    """A piece of an older conversation, as memory finds it."""

    @property
    def messages(self) -> Sequence[Message]: ...


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every part of the prompt needs: whose words, how framed, who wrote which message, and how many tokens of a
    single one are shown (the same whatever stands around it, so that beginnings stay stable)."""

    persona: Persona
    frame: Frame
    names: Mapping[str, str]
    most: int

    def text(self, message: Message) -> str:
        """A message as it stands in the thread."""
        if message.author.is_self:
            return body(message.text, self.most)
        return quote(message, self.persona.name, self.names, self.most)

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
) -> list[ChatMessage]:
    """What to tell a model that reads `room_tokens` (by `estimate_input`; from 300 on it is kept).

    `thread` is the conversation of the trigger, `lately` what else was said in the room, both oldest first; the trigger
    may be in `thread` or not, and is always kept. Oldest messages are left out first, a huge one is cut in its middle.
    """
    system = portrait(persona)
    left = room_tokens - estimate_tokens(system) - 2 * MESSAGE_TOKENS
    if room_tokens <= SMALL or left < LEAST:
        return compose_small(persona, thread, trigger, room_tokens)
    said = [*thread] if any(message.id == trigger.id for message in thread) else [*thread, trigger]
    names = {message.id: name_of(message, persona.name) for message in said}
    scene = _Scene(persona, frame_of(persona), names, most=left // 5)
    memories = _memories(scene, lately, recalled, left // 5)
    task = _task(scene, said, trigger, addressed, again=bool(memories) or said[-1].id != trigger.id)
    last = "\n\n".join([*memories, scene.frame.now.format(now.strftime("%A, %d %B %Y, %H:%M UTC")), task])
    place = f"{scene.frame.room}\n{marked(_place(room))}"
    left -= estimate_tokens(last) + estimate_tokens(place) + 16
    shown = _fit(scene, said, trigger, left)
    cut = len(shown) < len(said)
    messages = [ChatMessage("system", system), *_turns(scene, place, shown, last, cut)]
    return messages if estimate_input(messages) <= room_tokens else compose_small(persona, thread, trigger, room_tokens)


def _place(room: Room) -> str:
    """Room names are chosen by strangers too."""
    name, community = (
        body(one_line(text, 60), 24) for text in (room.name or room.id, room.community_name or room.community)
    )
    return f"{name}, in {community} ({room.platform})" if community not in ("", "-") else f"{name} ({room.platform})"


# --- the thread ----------------------------------------------------------------------------------


def _fit(scene: _Scene, said: Sequence[Message], trigger: Message, tokens: int) -> Sequence[Message]:
    """As much of the end of the thread as there is room for, always with the trigger, and with the post that opened
    the thread."""
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
    """The first message from `start` on at which a block begins, at the latest `last`.

    Leaving out one message with every new one would change the beginning of every prompt. Which message begins a block
    is told by its id alone, so that it stays the beginning, however the window moves, until a whole block has gone.
    """
    for index in range(start, last + 1):
        if zlib.crc32(said[index].id.encode("utf-8", "replace")) % BLOCK == 0:
            return index
    return start


def _turns(scene: _Scene, place: str, shown: Sequence[Message], last: str, cut: bool) -> list[ChatMessage]:
    """Members' lines are user turns, ours are assistant turns; they take turns strictly, as chat templates demand."""
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
    """What to do now; `again` repeats the trigger, where it is not what stands just above."""
    frame = scene.frame
    words = frame.words.format(length_of(scene.persona, _words(scene.persona, said, addressed)))
    if not again:
        return (frame.answer if addressed else frame.join).format(words=words)
    task = (frame.answer_this if addressed else frame.join_this).format(words=words)
    return f"{task}\n{quote(trigger, scene.persona.name, scene.names, min(scene.most, 120))}"  # in full it stands above


def _words(persona: Persona, said: Sequence[Message], addressed: bool) -> int:
    """Asked: the persona's own measure. Unasked: as long as people here write, and half of that measure at most."""
    if addressed:
        return persona.max_words
    lengths = [len(message.text.split()) for message in said if not message.author.is_bot]
    usual = statistics.median(lengths) if len(lengths) >= 3 else persona.max_words / 2
    return int(max(12, min(persona.max_words / 2, usual)))


def _memories(scene: _Scene, lately: Sequence[Message], recalled: Sequence[Passage], tokens: int) -> list[str]:
    """Other talk of the room, the latest first to get room but shown in order, and older finds, best first."""
    talk = _within([_memory(scene, message, "") for message in reversed(lately)], tokens // 3)[::-1]
    found = (message for passage in recalled for message in passage.messages)
    finds = _within([_memory(scene, message, f"{message.at:%Y-%m-%d} ") for message in found], tokens * 2 // 3)
    titled = ((scene.frame.lately, talk), (scene.frame.recalled, finds))
    return ["\n".join([title, *lines]) for title, lines in titled if lines]


def _memory(scene: _Scene, message: Message, day: str) -> str:
    return marked(f"{day}{name_of(message, scene.persona.name)}: {' '.join(body(message.text, 60).split())}")


def _within(lines: Sequence[str], tokens: int) -> list[str]:
    kept = []
    for line in lines:
        tokens -= estimate_tokens(line) + 1
        if tokens < 0:
            break
        kept.append(line)
    return kept
