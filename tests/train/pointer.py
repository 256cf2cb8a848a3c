"""How often the pointer is right, by annotated talk: precision and coverage over thresholds, and its speed.

    python -m tests.train.pointer --data FOLDER [--big N]

FOLDER holds messages.jsonl and truth.jsonl, as recorded or re-timed. Half of a window's annotated conversations are
what its room has said, besides what nobody annotated. Then each conversation's first question is asked by somebody
else, in other words: those of the kept half can be answered, those of the other half can't. To point is right if the
message is of the question's own conversation and by somebody else than its asker; everything else counts as wrong, also
where another conversation would answer. Every fifth window is held out: the thresholds were chosen without it.

`--big N` also measures a search in one room of N messages. Four minutes on two cores.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.config.room_rule import RoomRule
from bot.decide.signals import kinds
from bot.language.harm import load_harms
from bot.remember.memory import Memory
from bot.remember.store import Store, migrate
from bot.remember.visibility import viewer_of
from bot.types import Author, Message, Room, Thread
from bot.write.pointer import CALLED_FROM
from bot.write.pointing.past_search import QUESTIONS, PastQuery, PastSearch
from bot.write.pointing.terms import terms
from bot.write.pointing.usable import Usable
from tests.bench.report import table
from tests.fakes.shipped import reference
from tests.train.variants import FOLDS, Window, fold_of, read_windows

THRESHOLDS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
LEAST_TERMS = 3  # a question with fewer words that tell something is understood only in its conversation
DROPPED = 0.2  # share of a question's words that somebody else does not use
HELD_OUT = FOLDS - 1
SOMEBODY = Author("somebody", "Somebody")
OPENERS = ("hi, ", "does anyone know: ", "quick question, ", "", "")


@dataclass(frozen=True)
class Asking:
    """A question asked anew; `right` are the ids of the messages that may be pointed at."""

    message: Message
    right: frozenset[str]


@dataclass(frozen=True)
class Outcome:
    """What the pointer found, whatever its threshold: the best score, and whether it is right."""

    score: float
    is_right: bool
    can_be_answered: bool
    seconds: float


def halves(window: Window) -> Iterator[tuple[list[Message], list[Asking]]]:
    """For each half of the conversations: what the room has said, and what is asked of it."""
    chance = random.Random(window.room)
    conversations = sorted({one.conversation for one in window.truth.values()})
    first = {one for one in conversations if chance.random() < 0.5}
    for half, kept in enumerate((first, set(conversations) - first)):
        room = Room("irc", "-", f"{window.room}.{half}")
        past = [_moved(one, room) for one in window.messages if _stays(one, window, kept)]
        yield past, [asking for one in window.messages if (asking := _asked(one, window, kept, room, chance))]


def _stays(message: Message, window: Window, kept: set[str]) -> bool:
    truth = window.truth.get(message.id)
    return truth is None or truth.conversation in kept


def _moved(message: Message, room: Room) -> Message:
    return replace(message, id=f"{room.id}/{message.id}", thread=Thread(room))


def _asked(message: Message, window: Window, kept: set[str], room: Room, chance: random.Random) -> Asking | None:
    """The first question of a conversation that somebody else has answered, in other words."""
    truth = window.truth.get(message.id)
    if truth is None or truth.conversation != message.id or message.author.is_bot or message.mentions:
        return None
    if len(terms(message.text)) < LEAST_TERMS or not kinds(message, reference().packs) & QUESTIONS:
        return None
    answers = [one for one in window.messages if _answers(one, message, window)]
    if not answers:
        return None
    again = replace(_moved(message, room), author=SOMEBODY, text=reworded(message.text, chance))
    right = {_moved(one, room).id for one in answers} if message.id in kept else set[str]()
    return Asking(replace(again, id=f"{again.id}/again"), frozenset(right))


def _answers(message: Message, question: Message, window: Window) -> bool:
    truth = window.truth.get(message.id)
    is_other = message.author.id != question.author.id and not message.author.is_bot
    return truth is not None and truth.conversation == question.id and is_other


def reworded(text: str, chance: random.Random) -> str:
    """The question without some of its words, in another order of its parts, after another beginning."""
    words = [word for word in text.split() if chance.random() >= DROPPED or not terms(word)]
    at = chance.randrange(len(words)) if words else 0
    mark = "?" if "?" in text else ""
    return f"{chance.choice(OPENERS)}{' '.join(word.replace('?', '') for word in [*words[at:], *words[:at]])}{mark}"


async def outcomes(window: Window, store: Store) -> list[Outcome]:
    search, usable = PastSearch(Memory(store), reference()), Usable(RoomRule(match="*"), reference(), load_harms())
    found = []
    for past, askings in halves(window):
        await store.write(lambda tx, past=past: tx.add_messages(past))  # type: ignore[misc]
        for one in askings:
            query = PastQuery(one.message.text, one.message, viewer_of(one.message, asks=True), usable)
            began = time.perf_counter()
            best = next(iter(await search.candidates(query, THRESHOLDS[0])), None)
            seconds = time.perf_counter() - began
            is_right = best is not None and best.message.id in one.right
            found.append(Outcome(best.score if best else 0.0, is_right, bool(one.right), seconds))
    return found


def rows(found: Sequence[Outcome]) -> Iterator[tuple[str, ...]]:
    answerable = sum(one.can_be_answered for one in found)
    for least in THRESHOLDS:
        pointed = [one for one in found if one.score >= least]
        right = sum(one.is_right for one in pointed)
        wrong_alone = sum(not one.can_be_answered for one in pointed)
        precision = f"{right / len(pointed):.3f}" if pointed else "-"
        no_answer = len(found) - answerable
        shares = f"{right / answerable:.3f}", f"{wrong_alone / no_answer:.3f}"
        yield f"{least:.2f}", precision, *shares, f"{len(pointed):,}"


async def _measured(windows: Sequence[Window], folder: Path) -> dict[bool, list[Outcome]]:
    """The outcomes of the windows, and (True) of those that are held out."""
    path, folds = folder / "pointer.db", fold_of(windows)
    migrate(path)
    store = await Store.open(path)
    found: dict[bool, list[Outcome]] = {False: [], True: []}
    for window in windows:
        found[folds[window.room] == HELD_OUT] += await outcomes(window, store)
    await store.close()
    return found


async def _big(windows: Sequence[Window], folder: Path, size: int) -> str:
    """The milliseconds of a search in one room, and how long it keeps the event loop from other work."""
    room = Room("irc", "-", "big")
    every = [_moved(one, room) for window in windows for one in window.messages]
    past = [replace(every[n % len(every)], id=f"big/{n}") for n in range(size)]
    path = folder / "big.db"
    migrate(path)
    store = await Store.open(path)
    for at in range(0, size, 1000):
        await store.write(lambda tx, at=at: tx.add_messages(past[at : at + 1000]))  # type: ignore[misc]
    search, usable = PastSearch(Memory(store), reference()), Usable(RoomRule(match="*"), reference(), load_harms())
    took, busy = [], []
    asked = [one for window in windows for _, askings in halves(window) for one in askings][:200]
    for one in asked:
        message = replace(one.message, thread=Thread(room))
        query = PastQuery(message.text, message, viewer_of(message, asks=True), usable)
        began, used = time.perf_counter(), time.thread_time()
        await search.candidates(query, CALLED_FROM)
        took.append(1000 * (time.perf_counter() - began))
        busy.append(1000 * (time.thread_time() - used))
    await store.close()
    return (
        f"in a room of {size:,} messages: median {statistics.median(took):.0f} ms, nine of ten within "
        f"{statistics.quantiles(took, n=10)[-1]:.0f} ms; of the event loop's time {statistics.median(busy):.0f} ms, "
        f"nine of ten within {statistics.quantiles(busy, n=10)[-1]:.0f} ms"
    )


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.train.pointer", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with messages.jsonl and truth.jsonl")
    parser.add_argument("--big", type=int, default=0, metavar="N", help="also measure a room of N messages")
    given = parser.parse_args()
    windows = read_windows(given.data)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_measured(windows, Path(folder)))
        for is_held_out, some in found.items():
            which, answerable = (
                "held-out windows" if is_held_out else "windows",
                sum(one.can_be_answered for one in some),
            )
            print(f"\n{which}: {len(some):,} questions, of which {answerable:,} can be answered")
            head = ("threshold", "precision", "coverage", "pointed where nothing answers", "pointed")
            print("\n".join(table(head, list(rows(some)))))
        every = [one.seconds * 1000 for some in found.values() for one in some]
        print(f"\na search: median {statistics.median(every):.0f} ms")
        if given.big:
            print(asyncio.run(_big(windows, Path(folder), given.big)))


if __name__ == "__main__":
    _main()
