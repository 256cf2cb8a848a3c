"""For whom the writer and the judge are shown the past."""

import pytest

from bot.config.policy import InForce, Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.types import ALL_MEMBERS, Audience, Membership, Presence, Room
from tests.fakes.talk import line, post

from .test_writer import CALL, PERSONAS, Desk, desk, turn_about

__all__ = ["desk"]  # a fixture


@pytest.mark.parametrize(
    ("room", "addressed", "shown"),
    [
        ("kitchen", True, True),  # whoever calls, asks
        ("kitchen", False, True),  # the author of a post that waits for an answer asks, too
        ("feed", True, True),
        ("feed", False, False),  # nobody has asked for a comment on every post: what all may see
    ],
)
async def test_the_past_is_shown_for_whoever_asks_else_for_everybody(
    desk: Desk, room: str, addressed: bool, shown: bool
) -> None:
    """Eve came after Ana's secret, and Ana's post is answered."""
    place = Room("local", "home", room, room, "home")
    rules = (RoomRule(match="local/*/feed", join="every_post"), RoomRule(match="*", join="unanswered"))
    policy = InForce(Policy(Settings(rooms=rules), PERSONAS))
    desk.writer = desk.writer_with(policy)
    for who in ("id-ana", ALL_MEMBERS):
        await desk.store.write(lambda tx, who=who: tx.attend(Membership(place, who, Presence.JOINED)))  # type: ignore[misc]
    await desk.hears(line("s", "Ana", "the secret is zebra", room=place, audience=Audience.PRESENT))
    await desk.store.write(lambda tx: tx.attend(Membership(place, "id-eve", Presence.JOINED)))
    asked = post("q", "Ana", "where is the zebra?", 9, room=place)
    await desk.hears(asked)
    await desk.write(asked, addressed=addressed)
    assert ("the secret is" in str(desk.pen.prompts[-1])) is shown


async def test_a_judge_is_shown_no_more_than_the_writer(desk: Desk) -> None:
    room = CALL.room
    await desk.hears(line("s", "Ana", "the secret is zebra", room=room, audience=Audience.PRESENT))
    asked = line("q", "Eve", "where is the zebra?", 9, room=room)
    await desk.hears(asked)
    turn = turn_about(asked, addressed=False)
    await desk.writer.judge(turn, asked, "small", desk.spending(turn))
    assert "zebra?" in str(desk.pen.prompts[-1])
    assert "the secret is" not in str(desk.pen.prompts[-1])
