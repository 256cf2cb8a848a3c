"""Servers whose clock is apart: a live message was said when it came; and for whom a relaying account speaks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from adapters.matrix.clock_gaps import ClockGaps
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.translate import Ear, translate
from bot.types import Edit, Message
from tests.adapters.matrix.parts import adapter_of, running, settings_for
from tests.adapters.matrix.scripted import HOLD, OWN, WHO, Answer, scripted
from tests.fakes.core import FakeCore
from tests.fakes.talk import at

ROOM = "!room:localhost"
EAR = Ear(RoomInfo(ROOM), OWN, at(0), "Cameo")
JOINED = {
    "type": "m.room.member", "state_key": OWN, "sender": OWN, "event_id": "$join", "content": {"membership": "join"},
    "origin_server_ts": 1,
}  # fmt: skip


def said(name: str, minutes: float, sender: str = "@ana:slow.example", **content: Any) -> dict[str, Any]:
    when = int((datetime.now(UTC) + timedelta(minutes=minutes)).timestamp() * 1000)
    return {
        "type": "m.room.message", "sender": sender, "event_id": f"${name}", "origin_server_ts": when,
        "content": {"msgtype": "m.text", "body": name, **content},
    }  # fmt: skip


def timeline(token: str, *events: dict[str, Any], **more: Any) -> Answer:
    return 200, {"next_batch": token, "rooms": {"join": {ROOM: {"timeline": {"events": list(events), **more}}}}}


async def test_a_live_message_of_a_slow_server_is_of_now_and_the_manager_is_told_once(core: FakeCore) -> None:
    answers = {
        None: timeline("s1", JOINED),
        "s1": timeline("s2", said("missed", -20)),
        "s2": timeline("s3", said("live", -20), said("again", -20), said("ahead", 30, "@bo:fast.example")),
    }
    core.marks["next_batch"] = "s1"

    def answer(request: str, query: dict[str, str], body: object) -> Answer:
        return answers.get(query.get("since"), HOLD) if request == "GET sync" else WHO

    with capture_logs() as logs:
        async with (
            scripted(answer) as server,
            running(adapter_of(settings_for(server.url, OWN, token="T"), core), core),
        ):
            await core.until(lambda core: len(core.messages) == 4)
    ages = {each.text: round((each.heard - each.at) / timedelta(minutes=1)) for each in core.messages}
    assert ages == {"missed": 20, "live": 0, "again": 0, "ahead": 0}
    told = [(one["server"], one["minutes"]) for one in logs if one["event"] == "clock.apart"]
    assert told == [("slow.example", 20), ("fast.example", 30)]


@pytest.mark.parametrize(("minutes", "moved"), [(-20, True), (-600, True), (30, True), (-1.9, False), (0, False)])
def test_only_what_is_far_off_is_moved(minutes: float, moved: bool) -> None:
    said_at = at(60 * minutes)
    assert ClockGaps().moment("@a:b", said_at, at(0)) == (at(0) if moved else said_at)


@pytest.mark.parametrize(
    ("content", "name", "relayed"),
    [
        ({"com.beeper.per_message_profile": {"id": "1", "displayname": "Luna"}}, "Luna", True),
        ({"com.beeper.per_message_profile": {"id": "1"}}, "relay", False),
        ({"com.beeper.per_message_profile": "Luna"}, "relay", False),
        ({"com.beeper.per_message_profile": {"displayname": "Luna"}, "msgtype": "m.notice"}, "relay", False),
        ({}, "relay", False),
    ],
)
def test_a_relaying_account_speaks_for_whom_it_names(content: dict[str, Any], name: str, relayed: bool) -> None:
    message = translate(said("hi", 0, "@relay:localhost", **content), EAR)
    assert isinstance(message, Message)
    assert (message.author.name, message.relayed, message.author.id) == (name, relayed, "@relay:localhost")


@pytest.mark.parametrize(("mentions", "addressed"), [([OWN], True), (["@ben:localhost"], False), ([], False)])
def test_an_edit_tells_whom_its_new_text_mentions(mentions: list[str], addressed: bool) -> None:
    new = {"msgtype": "m.text", "body": "why is it wet?", "m.mentions": {"user_ids": mentions}}
    content: dict[str, Any] = {"m.new_content": new, "m.relates_to": {"rel_type": "m.replace", "event_id": "$first"}}
    edit = said("* why", 0, **content)
    found = translate(edit, EAR)
    assert isinstance(found, Edit) and found.addressed is addressed
