"""A message in an export is the message that would have been heard live, whatever form it has."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import exports
from adapters.discord import translate as discord
from adapters.discord.markup import Names
from adapters.discord.payload import id_at
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.translate import Ear, translate
from bot.__main__ import main
from bot.measure.exports import translator
from bot.types import Author, Message, Part, PartKind, Room, Thread

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ID = str(id_at(NOW))
ANA = {"id": "901", "username": "ana", "global_name": "Ana"}
ROW = {
    "id": ID,
    "type": "Default",
    "timestamp": NOW.isoformat(),
    "content": "hello",
    "author": {"id": "901", "name": "ana", "nickname": "Ana", "isBot": False},
}
SAID = {"id": ID, "type": 0, "author": ANA, "content": "hello", "mentions": []}
EMBED = {"title": "Recall", "description": "Lot 7", "author": {"name": "Food Office"}, "footer": {"text": "now"}}
FIELDS = {"fields": [{"name": "Shops", "value": "all", "isInline": False}]}
LOAF = {"filename": "loaf.png", "content_type": "image/png", "size": 9}
LOAF_ROW = {"id": "1", "url": "x", "fileName": "loaf.png", "fileSizeBytes": 9}
BEN = {"id": "902", "name": "ben", "nickname": "Ben", "isBot": False}
BOT = {"id": "903", "name": "news", "nickname": "News", "isBot": True}
ELSEWHERE = {"messageId": "42", "channelId": "9", "guildId": "1"}

DISCORD = {
    "text": (SAID, ROW),
    "answer": (
        SAID | {"type": 19, "message_reference": {"message_id": "42", "channel_id": "8"}},
        ROW | {"type": "Reply", "reference": {"type": "Default", "messageId": "42", "channelId": "8"}},
    ),
    "answer of an older exporter": (
        SAID | {"type": 19, "message_reference": {"message_id": "42", "channel_id": "8"}},
        ROW | {"type": "19", "reference": {"messageId": "42", "channelId": "8"}},
    ),
    "forward": (
        SAID
        | {
            "content": "",
            "message_reference": {"type": 1, "message_id": "42"},
            "message_snapshots": [{"message": {"content": "bread", "attachments": [LOAF], "embeds": [EMBED]}}],
        },
        ROW
        | {
            "content": "",
            "reference": ELSEWHERE | {"type": "Forward"},
            "forwardedMessage": {"content": "bread", "attachments": [LOAF_ROW], "embeds": [EMBED]},
        },
    ),
    "forward of an older exporter": (
        SAID | {"content": "", "message_reference": {"type": 1, "message_id": "42"}},
        ROW | {"content": "", "reference": ELSEWHERE},
    ),
    "forward with a sticker": (
        SAID
        | {
            "content": "",
            "message_reference": {"type": 1, "message_id": "42"},
            "message_snapshots": [{"message": {"sticker_items": [{"id": "5", "name": "wave"}]}}],
        },
        ROW | {"content": "", "forwardedMessage": {"content": "", "stickers": [{"id": "5", "name": "wave"}]}},
    ),
    "published by a followed channel": (
        SAID | {"channel_id": "8", "message_reference": {"type": 0, "message_id": "42", "channel_id": "9"}},
        ROW | {"reference": ELSEWHERE | {"type": "Default"}},
    ),
    "picture": (SAID | {"content": "", "attachments": [LOAF]}, ROW | {"content": "", "attachments": [LOAF_ROW]}),
    "film and document": (
        SAID
        | {
            "attachments": [
                {"filename": "oven.mp4", "content_type": "video/mp4"},
                {"filename": "a.pdf", "content_type": "application/pdf"},
                {"filename": "strange.qqq"},
            ]
        },
        ROW | {"attachments": [{"fileName": "oven.mp4"}, {"fileName": "a.pdf"}, {"fileName": "strange.qqq"}]},
    ),
    "embed of a bot": (
        SAID | {"content": "", "author": ANA | {"bot": True}, "embeds": [EMBED | FIELDS]},
        ROW | {"content": "", "author": ROW["author"] | {"isBot": True}, "embeds": [EMBED | FIELDS | {"images": []}]},  # type: ignore[operator]
    ),
    "link with its preview": (
        SAID | {"content": "https://b.example", "embeds": [{"type": "article", "title": "Bread"}]},
        ROW | {"content": "https://b.example", "embeds": [{"title": "Bread", "url": "https://b.example"}]},
    ),
    "sticker": (
        SAID | {"content": "", "sticker_items": [{"id": "5", "name": "wave", "format_type": 1}]},
        ROW | {"content": "", "stickers": [{"id": "5", "name": "wave", "format": "Png"}]},
    ),
    "mention": (
        SAID
        | {"content": "<@902> and <@903>?", "mentions": [
            {"id": "902", "username": "ben", "global_name": "Ben"},
            {"id": "903", "username": "news", "global_name": "News", "bot": True}]},
        ROW | {"content": "@Ben and @News?", "mentions": [BEN, BOT]},
    ),
    "emoji": (SAID | {"content": "<:loaf:77> 🍞"}, ROW | {"content": ":loaf: 🍞"}),
    "response to a command": (SAID | {"type": 20}, ROW | {"type": "20"}),
    "notice of the platform": (SAID | {"type": 7}, ROW | {"type": "GuildMemberJoin"}),
    "pinned": (SAID | {"type": 6}, ROW | {"type": "ChannelPinnedMessage", "reference": {"messageId": "42"}}),
}  # fmt: skip
CHANNEL = {"id": "8", "type": "GuildTextChat", "categoryId": "5", "category": "Talk", "name": "kitchen"}


def recorded(header: dict[str, Any], row: Any, us: frozenset[str] = frozenset()) -> Message | None:
    return translator(header, us, exports())(row)


def as_recorded(live: Message | None, room: str, name: str = "kitchen") -> Message | None:
    """The live message, in the room of a replay."""
    if live is None:
        return None
    return replace(live, thread=Thread(Room("replay", "-", room, name), live.thread.root), heard=live.at)


@pytest.mark.parametrize("form", DISCORD)
def test_a_discord_message_is_the_same_live_and_exported(form: str) -> None:
    payload, row = DISCORD[form]
    names = Names({}, lambda id: None, lambda id: None)
    place = discord.Channel(Thread(Room("discord", "1", "8", "kitchen")), False, "900", frozenset(), names)
    exported = recorded({"channel": CHANNEL}, row)
    assert exported == as_recorded(discord.message(payload, place, NOW), "8")
    assert (exported is None) is (form in ("notice of the platform", "pinned"))


def test_a_forum_post_has_its_title_live_and_exported() -> None:
    names = Names({}, lambda id: None, lambda id: None)
    thread = Thread(Room("discord", "1", "8", "kitchen"), ID)
    place = discord.Channel(thread, False, "900", frozenset(), names, "Why is it flat?")
    header = {"channel": CHANNEL | {"id": ID, "type": "GuildPublicThread", "categoryId": "8", "category": "kitchen",
                                    "name": "Why is it flat?"}}  # fmt: skip
    post = recorded(header, ROW)
    assert post == as_recorded(discord.message(SAID, place, NOW), "8") and post is not None
    assert post.parts == (Part(PartKind.TITLE, "Why is it flat?"),) and post.said == "Why is it flat?\nhello"
    later = recorded(header, ROW | {"id": str(int(ID) + 1)})
    assert later is not None and later.parts == () and not later.starts_thread


# --- Element -------------------------------------------------------------------------------------

MS = int(NOW.timestamp() * 1000)


def event(content: dict[str, Any], kind: str = "m.room.message", **more: Any) -> dict[str, Any]:
    return {"event_id": "$1", "type": kind, "sender": "@ana:home", "origin_server_ts": MS, "room_id": "!r:h",
            "content": content, **more}  # fmt: skip


def text(body: str, **more: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": body} | more


PILL = {"format": "org.matrix.custom.html", "formatted_body": '<a href="https://matrix.to/#/@ben:home">Ben</a>: hi'}
ANSWERS = {"m.relates_to": {"m.in_reply_to": {"event_id": "$0"}}}
POLL_KEY = "org.matrix.msc3381.poll.start"
ELEMENT = {
    "text": event(text("hello")),
    "picture": event({"msgtype": "m.image", "body": "loaf.png", "info": {"mimetype": "image/png", "size": 9}}),
    "captioned picture": event({"msgtype": "m.image", "body": "my loaf", "filename": "loaf.png"}),
    "pill": event(text("Ben: hi", **PILL)),
    "pill with mentions": event(text("Ben: hi", **PILL, **{"m.mentions": {"user_ids": ["@ben:home"]}})),
    "answer with its quotation": event(text("> <@ben:home> rye?\n\nyes", **ANSWERS)),
    "answer": event(text("yes", **ANSWERS)),
    "emote": event(text("waves", msgtype="m.emote")),
    "notice": event(text("sunny", msgtype="m.notice")),
    "marked as automated": event(text("sunny", **{"org.matrix.msc1767.automated": True})),
    "deleted": event({}, unsigned={"redacted_because": {"origin_server_ts": MS}}),
    "edit": event(text("* b", **{"m.new_content": text("b"), "m.relates_to": {"rel_type": "m.replace",
                                                                             "event_id": "$0"}})),
    "sticker": event({"body": "wave"}, "m.sticker"),
    "poll": event({POLL_KEY: {"question": {"body": "Rye?"}, "answers": [{"body": "yes"}]}}, POLL_KEY),
    "place": event({"msgtype": "m.location", "body": "here", "geo_uri": "geo:1,2"}),
    "preview": event(text("https://b.example", **{"com.beeper.linkpreviews": [{"og:title": "Bread"}]})),
    "in a thread": event(text("x", **{"m.relates_to": {"rel_type": "m.thread", "event_id": "$0"}})),
    "reaction": event({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$0", "key": "🍞"}}, "m.reaction"),
    "undecryptable": event({"algorithm": "m.megolm.v1.aes-sha2"}, "m.room.encrypted"),
}  # fmt: skip
NONE = ("deleted", "edit", "reaction", "undecryptable")


@pytest.mark.parametrize("form", ELEMENT)
def test_a_matrix_message_is_the_same_live_and_exported(form: str) -> None:
    live = translate(ELEMENT[form], Ear(RoomInfo("!r:h", "Kitchen"), "@cameo:home", NOW))
    exported = recorded({"room_name": "Kitchen", "topic": ""}, ELEMENT[form])
    shown = as_recorded(live, "!r:h", "Kitchen") if isinstance(live, Message) else None
    assert (exported and replace(exported, audience=shown.audience if shown else exported.audience)) == shown
    assert (exported is None) is (form in NONE)


def test_our_account_is_us_in_every_export() -> None:
    us = frozenset({"900", "@cameo:home"})
    called = recorded({"channel": CHANNEL}, ROW | {"mentions": [{"id": "900", "name": "Cameo"}]}, us)
    assert called is not None and (called.mentions, called.addressed) == (("cameo",), True)
    ours = recorded({"room_name": "K"}, event(text("Rye.")) | {"sender": "@cameo:home"}, us)
    assert ours is not None and ours.author == Author("@cameo:home", "cameo", True, True) and not ours.addressed


# --- without a message -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "", "\n\n", "hello\nworld\n", '{"name": "Kitchen", "type": "private_group", "messages": []}',
        json.dumps({"channel": CHANNEL, "messages": []}), json.dumps({"room_name": "K", "messages": [event({})]}),
        json.dumps({"messages": [{"text": "of nobody's format"}]}), '{"id": 1}\n{"id": 2}',
    ],
)  # fmt: skip
def test_a_file_without_a_message_ends_with_2(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("history.json").write_text(content, encoding="utf-8")
    assert main(["replay", "history.json"]) == 2
    assert "history.json" in capsys.readouterr().err
