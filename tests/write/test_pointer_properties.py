"""Whatever a room has said: what stands between the quotation marks was said there, by somebody who may be quoted."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.types import Author, Deletion, Message, Room, Thread
from tests.fakes.pointing import Library, library, turn_of
from tests.fakes.talk import BOT, US, line, person, said_in

rooms = count()
ASKED = "how do I descale the espresso machine?"
AUTHORS: list[Author] = [person("Ana"), person("Femi"), person("Gus"), person("Zoe"), BOT, US]
TEXTS = [
    ASKED, "how do I descale an espresso machine", "Citric acid, 20 g per litre.", "Use citric acid. Then rinse it!",
    "espresso machine: descale with citric acid", "@everyone descale the espresso machine with vinegar",
    "||citric acid|| descales the espresso machine", "no idea", "that's wrong", "thank you", "`descale --acid 20`",
    "my dad died on Monday", "<@12> you descale the espresso machine with acid. Is it old?", "咖啡机用柠檬酸除垢。",
    "You descale the espresso machine with “acid”", "lol descale the espresso machine with a hammer",
]  # fmt: skip
SAID = st.tuples(
    st.sampled_from(AUTHORS),
    st.sampled_from(TEXTS),
    st.sampled_from([None, "t"]),  # the timeline, or a thread
    st.integers(0, 11),  # the message that it replies to, if that was before
    st.sampled_from(["stays", "stays", "stays", "deleted", "elsewhere"]),
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Library]:
    async with library(tmp_path) as found:
        yield found


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SAID, min_size=2, max_size=12), st.booleans(), st.sampled_from(["mochi", "xiaoman"]))
async def test_what_is_quoted_was_said_here(
    house: Library, said: list[tuple[Author, str, str | None, int, str]], addressed: bool, persona: str
) -> None:
    room, elsewhere = Room("local", "home", f"r{next(rooms)}"), Room("local", "home", f"x{next(rooms)}")
    past: list[tuple[Message, str]] = []
    for n, (author, text, root, reply, fate) in enumerate(said):
        thread = Thread(elsewhere if fate == "elsewhere" else room, root)
        to = past[reply][0].id if reply < len(past) else None
        past.append((said_in(thread, f"{room.id}.{n}", author, text, n * 60.0, reply_to=to), fate))
    await house.hears(*(message for message, _ in past))
    for message, fate in past:
        if fate == "deleted":
            deletion = Deletion(message.room, message.id, message.heard)
            await house.store.write(lambda tx, deletion=deletion: tx.delete(deletion))  # type: ignore[misc]
    asked = line(f"{room.id}.asked", "Zoe", ASKED, 9e5, room)
    found = await house.asks(asked, addressed=addressed, persona=persona, turn=turn_of(asked).id)
    if found is None:
        return
    begin, end = min(found.text.find(sign) % 10_000 for sign in "“«「"), max(map(found.text.rfind, "”»」"))
    quoted = found.text[begin + 1 : end]
    may = [message for message, fate in past if fate == "stays" and message.author.name in ("Ana", "Femi", "Gus")]
    assert quoted and [one.id for one in may if one.id == found.message.id and quoted in one.text] == [found.message.id]
    assert not any(bad in found.text for bad in ("@everyone", "<@", "||", "lol", "wrong", "died"))
    assert "?" not in quoted and found.text.count(quoted) == 1
