"""Files that are no history of ours are named, and end with exit code 2."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.measure.formats import other_format
from tests.measure.community import row, write

PERSONAS = Path(__file__).parents[2] / "personas"
TELEGRAM = {"name": "Bread", "type": "private_group", "id": 1, "messages": [{"id": 1, "text": "hi"}]}
FORMATS = {
    "DiscordChatExporter, HTML": (
        b"<!DOCTYPE html>\n<html lang='en'><head><title>Harbour</title></head></html>",
        "HTML",
    ),
    "DiscordChatExporter, CSV": (b"AuthorID,Author,Date,Content,Attachments,Reactions\n1,Ana,2026,hi,,\n", "CSV"),
    "DiscordChatExporter, text": (
        b"=" * 62 + b"\r\nGuild: Harbour\r\nChannel: bread\r\n" + b"=" * 62,
        "a chat as text",
    ),
    "Element, HTML": (b"\n\n<html><body class='mx_MatrixChat'></body></html>", "HTML"),
    "Element, text": b"1/5/26, 12:00:00 PM - Ana: does it rise?\n",
    "WhatsApp": b"01/02/2026, 10:00 - Ana: hi\n",
    "WhatsApp on iOS": "\ufeff[01.02.26, 10:00:01] Ana: hi\n".encode(),
    "Telegram": (json.dumps(TELEGRAM, indent=1).encode(), "Telegram"),
    "Telegram, about": (json.dumps({"about": "Here is ...", "type": "public_channel"}).encode(), "Telegram"),
    "Slack": (b'[\n {"type": "message", "user": "U1", "text": "hi", "ts": "1700000000.1"}\n]', "Slack"),
    "Discord History Tracker": (b'{"meta":{"users":{},"channels":{}},"data":{}}', "History Tracker"),
    "IRC": (b"[10:00] <ana> hi\n", "IRC"),
    "IRC of weechat": (b"10:00:01 <ana> hi\n", "IRC"),
    "IRC of irssi": (b"--- Log opened Mon Jan 05 12:00:00 2026\n", "IRC"),
    "spreadsheet": (b'"id";"author";"text"\n1;ana;hi\n', "CSV"),
    "tabs": (b"id\tauthor\ttext\n1\tana\thi\n", "CSV"),
    "XML": (b"<?xml version='1.0'?><messages/>", "XML"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "screenshot": (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "a picture"),
    "photo": (b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture"),
    "ZIP": (b"PK\x03\x04" + b"\0" * 40, "ZIP"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"\0" * 40, "an archive"),
    "gzip of another name": (gzip.compress(b"{}"), "compressed"),
    "settings": (b"# Cameo's settings\nkeep_days: 30\n", "YAML"),
    "UTF-16": ('{"id": "a"}'.encode("utf-16"), "UTF-16"),
}


@pytest.fixture(autouse=True)
def settings_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(f"personas: {PERSONAS}\n")


def replayed(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    return main(["replay", str(file)]), *capsys.readouterr()


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("packed", [False, True])
def test_another_format_is_named(kind: str, packed: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = FORMATS[kind]
    content, name = found if isinstance(found, tuple) else (found, "a chat as text")
    file = tmp_path / ("export.json.gz" if packed else "export.json")
    file.write_bytes(gzip.compress(content) if packed else content)
    code, out, err = replayed(file, capsys)
    assert (code, out) == (2, "")
    assert err.startswith(f"{file}: is ") and name in err and "; " in err and err.count("\n") == 1


NOTHING = {
    "empty": b"",
    "blank": b"\n \n",
    "broken": b"{}\n{}\n",
    "null": b"null\n",
    "torn": b'{"id": "a", "ro',
    "words": b"hello\n",
}


@pytest.mark.parametrize("content", NOTHING.values(), ids=NOTHING)
def test_a_file_without_a_message_ends_with_two(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "h.jsonl").write_bytes(content)
    code, out, err = replayed(tmp_path / "h.jsonl", capsys)
    assert (code, out) == (2, "")
    assert f"{tmp_path / 'h.jsonl'}: holds no message that can be read; name JSON Lines" in err


def test_a_database_of_another_program_ends_with_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(tmp_path / "dht.db")) as other:
        other.execute("CREATE TABLE messages (message_id INTEGER)")
        other.commit()
    code, _, err = replayed(tmp_path / "dht.db", capsys)
    assert code == 2 and "a database of another program" in err


def test_one_message_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = replayed(write(tmp_path / "h.jsonl", [row("a"), {}]), capsys)
    assert code == 0 and out.startswith("1 message, ")


@pytest.mark.parametrize(
    "head",
    [json.dumps(row("a")).encode(), b"\xef\xbb\xbf" + json.dumps(row("a")).encode(), b"\n\n{", b"",
     b'{"guild": {"id": "1"}', b'{"room_name": "bread", "messages": []}',
     json.dumps(row("a", text='"type": "private_group"')).encode()],
)  # fmt: skip
def test_what_may_be_ours_is_read(head: bytes) -> None:
    assert other_format(head) is None
