"""What is told of a room at the head of its prompts, and how long it is kept."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.remember.memory import Memory
from bot.types import Deletion, Pinned, PlatformError, Room, RoomNotes
from bot.write.abilities import Abilities
from bot.write.models.chat import estimate_tokens
from bot.write.prompt import compose
from bot.write.room_heads import FRESH, HEADS_KEPT, RoomHeads, room_head
from bot.write.tasks import Task
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import FakePlatform, stage
from tests.fakes.talk import post
from tests.write.test_prompt import MOCHI, NOON, say, text_of

KITCHEN = Room("local", "home", "kitchen", "kitchen", "Home")
RULES = Pinned("p1", "Ana", "Ask before you tag people.")
NOTES = RoomNotes("Bread and what goes with it", (RULES,))

CALL: dict[str, Any] = {"task": Task.CALLED, "abilities": Abilities(30), "now": NOON}


class Asked(FakePlatform):
    """Counts how often it is asked; raises `fault` while that is set."""

    def __init__(self) -> None:
        super().__init__()
        self.room_notes, self.asked = NOTES, 0
        self.fault: Exception | None = None

    async def notes(self, room: Room) -> RoomNotes:
        self.asked += 1
        if self.fault:
            raise self.fault
        return self.room_notes


class NothingDeleted(Memory):
    def __init__(self, gone: set[str] | None = None):
        self.gone = gone or set()

    async def known_deleted(self, platform: str, ids: object) -> set[str]:
        return self.gone


async def test_a_platform_is_asked_once_in_a_while_and_a_change_is_seen_then() -> None:
    clock, platform = VirtualClock(), Asked()
    heads = RoomHeads(NothingDeleted(), clock)
    for _ in range(3):
        assert await heads.notes(platform, KITCHEN) == NOTES
    platform.room_notes = RoomNotes("Cheese")
    assert (await heads.notes(platform, KITCHEN), platform.asked) == (NOTES, 1)
    await clock.advance((FRESH + timedelta(seconds=1)).total_seconds())
    assert (await heads.notes(platform, KITCHEN), platform.asked) == (RoomNotes("Cheese"), 2)


async def test_a_platform_that_fails_leaves_what_was_known() -> None:
    clock, platform = VirtualClock(), Asked()
    heads = RoomHeads(NothingDeleted(), clock)
    for fault in (PlatformError("away"), ValueError("a bug"), TimeoutError()):
        platform.fault = fault
        assert await heads.notes(platform, Room("local", "home", str(fault))) == RoomNotes()
    platform.fault = None
    assert await heads.notes(platform, KITCHEN) == NOTES
    platform.fault = PlatformError("away")
    await clock.advance(FRESH.total_seconds() + 1)
    asked = platform.asked
    assert [await heads.notes(platform, KITCHEN) for _ in range(3)] == [NOTES] * 3
    assert platform.asked == asked + 1, "one that is away is not asked for every reply"


async def test_a_platform_that_does_not_answer_keeps_no_reply_waiting() -> None:
    class Silent(Asked):
        async def notes(self, room: Room) -> RoomNotes:
            await asyncio.Event().wait()
            return NOTES

    assert await RoomHeads(NothingDeleted(), VirtualClock()).notes(Silent(), KITCHEN) == RoomNotes()


async def test_a_pinned_message_that_was_deleted_is_not_shown() -> None:
    heads = RoomHeads(NothingDeleted({"p1"}), VirtualClock())
    assert await heads.notes(Asked(), KITCHEN) == RoomNotes(NOTES.topic)


async def test_what_is_kept_is_bounded() -> None:
    heads, platform = RoomHeads(NothingDeleted(), VirtualClock()), Asked()
    for number in range(HEADS_KEPT + 5):
        await heads.notes(platform, Room("local", "home", f"r{number}"))
    assert len(heads._kept) == HEADS_KEPT


async def test_the_store_knows_what_was_deleted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        one, two = post("m1", "rye"), post("m2", "wheat")
        await on.hear([one, two, Deletion(one.room, "m1", one.at)])
        assert await Memory(on.store).known_deleted("local", ["m1", "m2", "m3"]) == {"m1"}


OWN_LINES = (
    "The people who run this room say about it: No politics.",
    "Its topic:",
    "Pinned here:",
    "The conversation:",
)


# --- the lines -----------------------------------------------------------------------------------


def test_the_managers_words_are_told_as_theirs_and_all_else_as_members() -> None:
    head = room_head("A beginners' bread room,\n dry humour, no politics.", NOTES, "en", 1000)
    assert head.split("\n") == [
        "The people who run this room say about it: A beginners' bread room, dry humour, no politics.",
        "Its topic:",
        "| Bread and what goes with it",
        "Pinned here:",
        "| Ana: Ask before you tag people.",
        "",
        "The conversation:",
    ]
    chinese = "管理这个房间的人这样说： 面包房\n房间主题：\n| 发酵\n\n对话："
    assert room_head("面包房", RoomNotes("发酵"), "zh", 1000) == chinese
    assert room_head(None, RoomNotes(), "en", 1000) == room_head(None, RoomNotes(" \n"), "zh", 1000) == ""


@given(st.text(max_size=2000), st.text(max_size=2000), st.text(max_size=2000), st.integers(0, 600))
def test_topic_and_pins_stay_quotations_within_their_room(topic: str, name: str, text: str, tokens: int) -> None:
    head = room_head("No politics.", RoomNotes(topic, (Pinned("p", name, text),) * 9), "en", tokens)
    own = [line for line in head.split("\n") if line and not line.startswith("|")]
    assert own == [line for line in OWN_LINES if line in own]
    assert head.count("\n") <= 14 and estimate_tokens(head) <= tokens + 12


# --- in the prompt -----------------------------------------------------------------------------


def test_what_is_said_of_a_room_stands_at_its_beginning_and_stays_the_same() -> None:
    about, notes = "A beginners' room, no politics.", RoomNotes("Bread", (Pinned("p", "Ben", "Ask first."),))
    how: dict[str, Any] = {
        "task": Task.CALLED,
        "abilities": Abilities(30),
        "now": NOON,
        "room_tokens": 8000,
        "about": about,
        "notes": notes,
    }
    thread = [say(0, "My loaf is flat", starts_thread=True), say(1, "why?"), say(2, "how warm?")]
    shorter = compose(MOCHI, KITCHEN, thread[:2], (), (), thread[1], **how)
    longer = compose(MOCHI, KITCHEN, thread, (), (), thread[2], **how)
    begin = shorter[1].text.split("My loaf")[0]
    assert f"say about it: {about}\n" in begin and "| Bread\n" in begin and "| Ben: Ask first.\n" in begin
    assert longer[1].text.startswith(begin)
    assert "no politics" not in shorter[0].text, "the persona's part is the same in all rooms"


def test_a_small_model_is_told_nothing_of_it() -> None:
    how: dict[str, Any] = {
        "task": Task.CALLED,
        "abilities": Abilities(30),
        "now": NOON,
        "room_tokens": 900,
        "about": "No politics.",
    }
    assert "politics" not in text_of(compose(MOCHI, KITCHEN, (), (), (), say(0, "why?"), **how))
