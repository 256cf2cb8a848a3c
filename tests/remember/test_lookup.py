"""Whether a message that somebody asks about is ours."""

import pytest

from bot.remember.lookup import Lookup, lookup, lookups
from bot.remember.store import Store
from bot.types import Author, Message, Turn
from tests.remember.makers import message, turn

US = Author("me", "Mochi", is_bot=True, is_self=True)


@pytest.mark.parametrize(
    ("kept", "of_turn", "is_ours"),
    [
        pytest.param(message("m"), None, False, id="a member's, without a turn"),
        pytest.param(message("m"), turn("t", "m"), False, id="a member's, that a turn is about"),
        pytest.param(message("m", author=US), None, True, id="ours, without a turn"),
        pytest.param(message("m", author=US), turn("t", "q"), True, id="ours, of a turn"),
        pytest.param(None, turn("t", "q"), True, id="ours, no longer kept"),
        pytest.param(None, turn("t", "m"), False, id="a member's, no longer kept"),
    ],
)
def test_whose_message_it_is(kept: Message | None, of_turn: Turn | None, is_ours: bool) -> None:
    assert Lookup("m", "local", kept, of_turn, None).is_ours is is_ours


async def test_a_message_is_found_with_its_turn_or_either_alone(store: Store) -> None:
    alone, about = turn("t1", "gone"), turn("t2", "m")
    said = [message("chat"), message("m")]
    await store.write(lambda tx: tx.add_messages(said))
    await store.write(lambda tx: tx.put_turns([alone, about]))
    assert await lookup(store, "local", "chat") == Lookup("chat", "local", said[0], None, said[0])
    assert await lookup(store, "local", "gone") == Lookup("gone", "local", None, alone, None)
    assert await lookup(store, "local", "m") == Lookup("m", "local", said[1], about, said[1])
    assert await lookup(store, "local", "unheard") is None
    assert [found.id for found in await lookups(store, ["discord", "local"], "m")] == ["m"]
