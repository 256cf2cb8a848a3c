"""Makes messages findable by what they carry: the title of a post, the text of an embed, the name of a file."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.remember import fulltext
from bot.types import Room

revision = "0009"
down_revision = "0008"

SLICE = 1000  # rows per statement: a long history must not be in memory as a whole
WITH_PARTS = sa.text(
    "SELECT seq, platform, community, room_id, text, parts FROM messages "
    "WHERE seq > :last AND NOT deleted AND parts != '[]' ORDER BY seq LIMIT :most"
).columns(parts=sa.JSON())
UNINDEX = sa.text("DELETE FROM message_words WHERE rowid = :seq")
INDEX = sa.text("INSERT INTO message_words (rowid, room, words) VALUES (:seq, :room, :words)")


def upgrade() -> None:
    connection, last = op.get_bind(), -1
    while rows := connection.execute(WITH_PARTS, {"last": last, "most": SLICE}).all():
        connection.execute(UNINDEX, [{"seq": row.seq} for row in rows])
        indexed = [words for row in rows if (words := _words(row))["words"].strip()]
        if indexed:
            connection.execute(INDEX, indexed)
        last = rows[-1].seq


def _words(row: sa.Row[Any]) -> dict[str, Any]:
    carried = [part.get(name, "") for part in row.parts if part["kind"] != "quote" for name in ("text", "name")]
    room = fulltext.room_token(Room(row.platform, row.community, row.room_id))
    return {"seq": row.seq, "room": room, "words": fulltext.indexed("\n".join([row.text, *carried]))}
