"""Recorded history in every format that people have, whole and broken."""

import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import exports
from bot.measure.document import Document, Torn
from bot.measure.history import RecordedHistory, find
from bot.types import Message, Part, PartKind, SettingsError
from tests.measure.community import row, write

US = frozenset({"@cameo:home.example"})


def read(path: Path, us: frozenset[str] = frozenset(), **how: Any) -> tuple[RecordedHistory, list[Message]]:
    history = find(path, us, exports(), **how)
    return history, list(history)


# --- JSON Lines ----------------------------------------------------------------------------------


def test_a_line_becomes_the_message_that_an_adapter_would_have_told(tmp_path: Path) -> None:
    given = row("b", "ben", "@cameo, why?", 5, thread="a", reply_to="a", mentions=["cameo", "ana"])
    _, (post, comment) = read(write(tmp_path / "h.jsonl", [row("a", thread="a"), given]))
    assert post.starts_thread and not comment.starts_thread
    assert (str(comment.room), comment.thread.root, comment.reply_to) == ("replay/-/feed", "a", "a")
    assert comment.addressed and comment.mentions == ("cameo", "ana")
    assert comment.at == comment.heard == datetime(2026, 1, 5, 12, 0, 5, tzinfo=UTC)


def test_only_id_room_author_text_and_time_are_needed(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    file.write_text('{"id": "a", "room": "r", "author": "u", "text": "", "at": "2026-01-05T12:00:00+01:00"}\n\n')
    _, (message,) = read(file)
    assert message.author.name == "u" and message.at.hour == 11


@pytest.mark.parametrize(
    ("heading", "parts"),
    [
        ({"title": "Rye for beginners"}, [Part(PartKind.TITLE, "Rye for beginners")]),
        ({"title": " Rye\n for  you "}, [Part(PartKind.TITLE, "Rye for you")]),
        ({"title": "黑麦", "tags": ["新手"]}, [Part(PartKind.TITLE, "黑麦"), Part(PartKind.TAGS, "新手")]),
        ({"tags": ["help", "", "rye bread"]}, [Part(PartKind.TAGS, "help, rye bread")]),
        ({"title": None, "tags": None}, []),
        ({"title": "", "tags": []}, []),
        ({"title": "  "}, []),
    ],
)
def test_a_post_has_its_title_and_tags(tmp_path: Path, heading: dict[str, Any], parts: list[Part]) -> None:
    rows = [row("a", thread="a", text="") | heading, row("b", thread="a") | heading, row("c") | heading]
    _, found = read(write(tmp_path / "h.jsonl", rows))
    assert [list(each.parts) for each in found] == [parts, [], []], "only a post has a heading"
    assert found[0].said == next((part.text for part in parts if part.kind is PartKind.TITLE), "")


BROKEN = [
    b"{", b"[]", b"null", b"\xff\xfe", b'{"id": "x"}', b"[" * 100_000,
    *(json.dumps(row("x") | change).encode() for change in (
        {"at": "yesterday"}, {"at": 5}, {"at": None}, {"at": "0001-01-01T00:00:00Z"}, {"at": "9999-12-31T23:59:59Z"},
        {"text": None}, {"room": ""}, {"id": 7}, {"thread": 7}, {"reply_to": ["a"]}, {"mentions": [1]},
        {"mentions": "a"}, {"thread": "x", "title": 5}, {"thread": "x", "title": ["a"]}, {"thread": "x", "tags": "a"},
        {"thread": "x", "tags": ["a", 5]}, {"thread": "x", "tags": {"a": 1}},
    )),
]  # fmt: skip


@pytest.mark.parametrize("line", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_line_is_named_by_its_number_and_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes
) -> None:
    file = tmp_path / "h.jsonl"
    file.write_bytes(json.dumps(row("a")).encode() + b"\n" + line + b"\n" + json.dumps(row("b")).encode())
    history, messages = read(file)
    assert [message.id for message in messages] == ["a", "b"]
    assert history.broken == 1 and "h.jsonl: line 2: " in capsys.readouterr().err
    with pytest.raises(SettingsError, match="line 2: "):
        read(file, strict=True)


def test_half_an_emoji_and_a_mark_at_the_beginning_do_no_harm(tmp_path: Path) -> None:
    line = json.dumps(row("a\ude00", text="so happy \ud83d"))
    file = tmp_path / "h.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + line.encode() + b"\n" + json.dumps(row("b", text="\U0001f600")).encode())
    history, (first, second) = read(file)
    assert (first.id, first.text, second.text, history.broken) == ("a?", "so happy ?", "\U0001f600", 0)


def test_a_message_that_was_there_before_is_broken_too(tmp_path: Path) -> None:
    history, messages = read(write(tmp_path / "h.jsonl", [row("a"), row("a", "ben", "again", 9)]))
    assert [message.text for message in messages] == ["does it rise?"] and history.broken == 1


def test_a_line_without_end_is_one_broken_line(tmp_path: Path) -> None:
    file = tmp_path / "h.jsonl"
    file.write_bytes(b'{"id": "' + b"x" * 9_000_000 + b'"}\n' + json.dumps(row("a")).encode())
    history, messages = read(file)
    assert [message.id for message in messages] == ["a"] and history.broken == 1


def test_packed_files_and_folders_are_read_in_order_of_time(tmp_path: Path) -> None:
    folder = tmp_path / "year"
    (folder / "inner").mkdir(parents=True)
    write(folder / "b.jsonl", [row("b1", seconds=5), row("b2", seconds=20)])
    text = "".join(json.dumps(one) + "\n" for one in [row("a1", seconds=1), row("a2", seconds=10)])
    (folder / "inner" / "a.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "notes.txt").write_text("not a history")
    (folder / "empty.jsonl").write_text("")
    history, messages = read(folder)
    assert [message.id for message in messages] == ["a1", "b1", "a2", "b2"]
    assert history.broken == 0 and history.done() == 1.0


def flipped(packed: bytes, at: int) -> bytes:
    return packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :]


@pytest.mark.parametrize("end", ["lines", "document"])
@pytest.mark.parametrize("harm", ["cut", "cut at once", "flipped", "flipped checksum", "more behind"])
def test_a_damaged_archive_is_told_and_what_came_before_is_read(tmp_path: Path, harm: str, end: str) -> None:
    rows = [row(f"m{n}", text=f"{hash((n, n)):x}" * 9) for n in range(4000)]
    text = "".join(json.dumps(one) + "\n" for one in rows)
    if end == "document":
        text = json.dumps({"guild": {"id": "5"}, "channel": CHANNEL, "messages": [{"id": "1"}] * 40_000})
    packed = gzip.compress(text.encode())
    damaged = {
        "cut": packed[: len(packed) // 2], "cut at once": packed[:12], "flipped": flipped(packed, len(packed) // 2),
        "flipped checksum": flipped(packed, -6 % len(packed)), "more behind": packed + b"not an archive",
    }[harm]  # fmt: skip
    file = tmp_path / "h.jsonl.gz"
    file.write_bytes(damaged)
    history = find(file, frozenset({"us"}))
    assert not history.records_us()
    messages = list(history)
    assert history.broken >= 1
    assert end == "document" or len(messages) > 100 or harm == "cut at once"
    with pytest.raises(SettingsError, match=r"h\.jsonl\.gz"):
        list(find(file, strict=True))


def test_what_is_not_there_or_empty_is_told_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(SettingsError) as error:
            find(path)
        assert len(error.value.problems) == 1


def test_our_own_lines_are_known_before_the_first_is_played(tmp_path: Path) -> None:
    words = row("a", text='they wrote {"self": true}')
    assert not find(write(tmp_path / "a.jsonl", [words] * 3)).records_us()
    assert find(write(tmp_path / "b.jsonl", [words, row("b") | {"self": True}])).records_us()


# --- exports -------------------------------------------------------------------------------------

CHANNEL = {"id": "77", "type": "GuildTextChat", "categoryId": "5", "category": "Talk", "name": "kitchen", "topic": None}


def discord(path: Path, messages: list[Any], **channel: Any) -> Path:
    said = {
        "guild": {"id": "1", "name": "Home"},
        "channel": CHANNEL | channel,
        "exportedAt": "2026-02-01T00:00:00+00:00",
    }
    path.write_text(
        json.dumps(said | {"messages": messages, "messageCount": len(messages)}, indent=2), encoding="utf-8"
    )
    return path


def said(id: str, text: str = "hello", minute: int = 0, **more: Any) -> dict[str, Any]:
    author = {"id": "9", "name": "ana", "nickname": "Ana 🌱", "isBot": False}
    at = f"2026-01-05T12:{minute:02}:00.123+00:00"
    return {"id": id, "type": "Default", "timestamp": at, "content": text, "author": author} | more


def test_a_discord_export_is_a_room(tmp_path: Path) -> None:
    reply = said("2", "why?", 1, type="Reply", reference={"messageId": "1"}, mentions=[{"id": "9"}])
    joined, bot = said("3", type="GuildMemberJoin"), said("4", minute=2, author={"id": "8", "name": "b", "isBot": True})
    picture = said("5", "", 3, attachments=[{"fileName": "cat.png", "url": "https://cdn.example/cat.png"}])
    history, messages = read(discord(tmp_path / "d.json", [said("1"), reply, joined, bot, picture, {"id": 1}, 7]))
    assert [message.id for message in messages] == ["1", "2", "4", "5"]
    first, second, third, last = messages
    assert (str(first.room), first.room.name, first.author.name) == ("replay/-/77", "kitchen", "Ana 🌱")
    assert (second.reply_to, second.mentions, second.thread.root) == ("1", ("9",), None)
    assert third.author.is_bot and last.parts == (Part(PartKind.IMAGE, name="cat.png", media_type="image/png"),)
    assert history.broken == 1  # message 7; one without a known type is a notice of the platform


def test_half_an_emoji_in_an_export_does_no_harm(tmp_path: Path) -> None:
    _, (message,) = read(discord(tmp_path / "d.json", [said("1", "so \ude00")]))
    assert message.text == "so ?"


def test_a_thread_s_export_is_a_thread_of_its_parent(tmp_path: Path) -> None:
    kind = {"id": "90", "type": "GuildPublicThread", "categoryId": "77", "category": "kitchen", "name": "sour?"}
    _, (post, comment) = read(discord(tmp_path / "t.json", [said("90"), said("91", minute=1)], **kind))
    assert (post.room.id, post.thread.root, post.starts_thread) == ("77", "90", True)
    assert (comment.room.id, comment.thread.root, comment.starts_thread) == ("77", "90", False)


def test_newest_first_is_turned_round(tmp_path: Path) -> None:
    _, messages = read(discord(tmp_path / "d.json", [said("3", minute=3), said("2", minute=2), said("1")]))
    assert [message.id for message in messages] == ["1", "2", "3"]


def matrix(path: Path, events: list[dict[str, Any]]) -> Path:
    head = {"room_name": "Kitchen", "room_creator": "Ana", "topic": "", "export_date": "x", "exported_by": "Ana"}
    path.write_text(json.dumps(head | {"messages": events}, indent=2, ensure_ascii=False), encoding="utf-8")
    return path


def event(
    id: str,
    text: str = "hello",
    minute: int = 0,
    *,
    type: str = "m.room.message",
    sender: str = "@ana:home.example",
    more: dict[str, Any] | None = None,
    **content: Any,
) -> dict[str, Any]:
    at = 1767614400000 + minute * 60_000
    body = {"msgtype": "m.text", "body": text} | content | (more or {})
    return {"event_id": id, "type": type, "sender": sender, "origin_server_ts": at, "room_id": "!r:h", "content": body}


def test_an_element_export_is_a_room(tmp_path: Path) -> None:
    join = event("$j", type="m.room.member", displayname="Ana 🌱") | {"state_key": "@ana:home.example"}
    answers = {"m.in_reply_to": {"event_id": "$1"}}
    falls_back = {"rel_type": "m.thread", "event_id": "$1", "is_falling_back": True} | answers
    events = [
        join,
        event("$1", "你好？"),
        event("$2", "in thread", 1, more={"m.relates_to": falls_back}),
        event("$3", "reply", 2, more={"m.relates_to": answers}),
        event("$4", "call", 3, more={"m.mentions": {"user_ids": ["@cameo:home.example", "@ben:home.example"]}}),
        event("$5", "* edited", 4, more={"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}),
        event("$6", "ours", 5, sender="@cameo:home.example"),
        event("$7", "a bot", 6, msgtype="m.notice", sender="@bot:home.example"),
        event("$8", minute=7) | {"origin_server_ts": "soon"},
    ]
    history, messages = read(matrix(tmp_path / "m.json", events), US)
    assert [message.id for message in messages] == ["$1", "$2", "$3", "$4", "$6", "$7"]
    post, threaded, reply, call, ours, bot = messages
    assert (post.text, post.author.name, post.room.id, post.room.name) == ("你好？", "Ana 🌱", "!r:h", "Kitchen")
    assert (threaded.thread.root, threaded.reply_to) == ("$1", None) and reply.reply_to == "$1"
    assert call.addressed and call.mentions == ("cameo", "@ben:home.example")
    assert ours.author.is_self and bot.author.is_bot and history.broken == 1
    assert find(tmp_path / "m.json", US, exports()).records_us()
    assert not find(tmp_path / "m.json", readers=exports()).records_us()


def test_an_export_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    whole = discord(tmp_path / "d.json", [said(str(n + 1), minute=n) for n in range(10)]).read_bytes()
    read_so_far = set()
    for end in range(0, len(whole), 97):
        (tmp_path / "torn.json").write_bytes(whole[:end])
        history, messages = read(tmp_path / "torn.json")
        assert [message.id for message in messages] == [str(n + 1) for n in range(len(messages))]
        assert history.broken or len(messages) in (0, 10)
        read_so_far.add(len(messages))
    assert read_so_far >= set(range(9))


class Drops(io.BytesIO):
    """A file that returns a few bytes per read, so that every value and every character is cut somewhere."""

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        return super().read(min(size, 7))


def test_a_document_is_read_piece_by_piece_wherever_it_is_cut() -> None:
    given = {"room_name": "Küche 🌱", "n": [1, {"a": "]"}], "messages": [{"t": "é🌱" * 9}, 5, "x", [{}]], "after": {}}
    for text in (json.dumps(given), json.dumps(given, ensure_ascii=False, indent=2)):
        document = Document(Drops(b"\xef\xbb\xbf" + text.encode()))
        assert document.header == {"room_name": "Küche 🌱", "n": [1, {"a": "]"}]}
        assert list(document.messages()) == given["messages"]
    for raw in (b"", b"[]", b'{"messages" 5}', b'{"a": nope}'):
        with pytest.raises(Torn):
            list(Document(io.BytesIO(raw)).messages())
    assert list(Document(io.BytesIO(b'{"a": 1}')).messages()) == []
