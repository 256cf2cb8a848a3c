"""The tables, in portable SQL: they run on SQLite today and must run on PostgreSQL later.

Everything specific to SQLite (full text, PRAGMAs, the writer's lock) is in `sqlite.py`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from bot.remember.columns import CleanText, Facts, Moment, PartList, PlainValue, Standings, WordList

HEAD = "0013"
"""The newest revision in `migrations/versions`; a test holds the two together. Known here so that a start on an
up-to-date file need not import Alembic (a third of a second)."""

# For partial indexes, and for the queries that use them: SQLite looks for the same words.
HAS_MEMBER, HAS_AUTHOR, POINTS = text("member != ''"), text("author != ''"), text("points_at != ''")
HAS_CHOOSER = text("\"by\" != ''")

metadata = MetaData()

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only in a column that is called INTEGER."""


def _place() -> tuple[Column[str], ...]:
    """The columns of a room. The names are stored too, so that a message read back equals the one stored."""
    return (
        Column("platform", CleanText, nullable=False),
        Column("community", CleanText, nullable=False),
        Column("room_id", CleanText, nullable=False),
        Column("room_name", CleanText, nullable=False),
        Column("community_name", CleanText, nullable=False),
    )


messages = Table(
    "messages",
    metadata,
    # In the order in which we heard: a room rebuilt from the store must see the same as the live one.
    Column("seq", RowNumber, primary_key=True),
    Column("id", CleanText, nullable=False),
    *_place(),
    Column("thread_root", CleanText),
    Column("author_id", CleanText, nullable=False),
    Column("author_name", CleanText, nullable=False),
    Column("author_is_bot", Boolean, nullable=False),
    Column("author_is_self", Boolean, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("heard", Moment, nullable=False),
    Column("reply_to", CleanText),
    Column("mentions", WordList, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("starts_thread", Boolean, nullable=False),
    Column("parts", PartList, nullable=False, server_default="[]"),
    # One of the parts is a quotation, which goes with the message that it quotes.
    Column("quotes", Boolean, nullable=False, server_default=false()),
    Column("history", Boolean, nullable=False),
    # Who may read it: `bot.types.Audience` and `PastReaders`.
    Column("audience", CleanText, nullable=False, server_default="members"),
    Column("past_readers", CleanText, nullable=False, server_default="everyone"),
    # If the text was edited: later than the newest message of then, since `audience` is about the edited text, too.
    Column("edited_seq", BigInteger),
    # A deleted message keeps an empty row, so that a copy that arrives again is not added.
    Column("deleted", Boolean, nullable=False),
    # The room never took this in: it was deleted before we heard it (a late copy must not be added), or a bug kept it
    # out (its room could not be rebuilt with it).
    Column("unheard", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("platform", "id", name="messages_id"),
    Index("messages_by_room", "platform", "community", "room_id", "seq"),
    Index("messages_by_thread", "platform", "community", "room_id", "thread_root", "seq"),
    Index("messages_by_author", "platform", "community", "room_id", "author_id", "seq"),
    Index("messages_by_age", "heard"),
    Index("messages_of_ours", "platform", "room_id", "seq", sqlite_where=text("author_is_self")),
    Index("messages_with_quotes", "platform", sqlite_where=text("quotes")),
    sqlite_autoincrement=True,  # numbers are never reused: the full-text index refers to them
)

# Who was in which room, and when (`stays.py` explains it).
stays = Table(
    "stays",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("platform", CleanText, nullable=False),
    Column("community", CleanText, nullable=False),
    Column("room_id", CleanText, nullable=False),
    Column("member", CleanText, nullable=False),  # a token; no id and no name
    # The newest message when the member was invited or joined, when they joined, and when they were no longer there.
    Column("since", BigInteger, nullable=False),
    Column("joined", BigInteger),
    Column("until", BigInteger),
    Column("departed", Boolean, nullable=False),  # they have left; otherwise we have lost track of them
    Index("stays_by_member", "platform", "community", "room_id", "member", "seq"),
    Index("stays_by_end", "until"),
    sqlite_autoincrement=True,
)

reactions = Table(
    "reactions",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("message_id", CleanText, primary_key=True),
    Column("author_id", CleanText, primary_key=True),
    Column("emoji", CleanText, primary_key=True),
    Column("author_name", CleanText, nullable=False),
    Column("author_is_bot", Boolean, nullable=False),
    Column("author_is_self", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("id", CleanText, nullable=False),
    *_place(),
    Column("thread_root", CleanText),
    Column("trigger", CleanText, nullable=False),
    Column("member", CleanText, nullable=False),
    Column("persona", CleanText, nullable=False),
    Column("arm", CleanText, nullable=False),
    Column("verdict", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("due", Moment),
    Column("facts", Facts, nullable=False, server_default="{}"),  # the default is for older turns
    Column("state", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("sign", CleanText, nullable=False),
    Column("reply_id", CleanText),
    Column("points_at", CleanText, nullable=False, server_default=text("''")),
    Column("tried", Moment),
    Column("model", CleanText, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float(53), nullable=False),
    Column("error", CleanText, nullable=False),
    Column("policy", CleanText, nullable=False, server_default=text("''")),  # "": older turns
    UniqueConstraint("id", name="turns_id"),
    UniqueConstraint("platform", "trigger", name="turns_trigger"),  # one turn per trigger
    Index("turns_by_state", "state"),
    Index("turns_by_age", "at"),
    Index("turns_by_due", "due"),
    Index("turns_by_reply", "platform", "reply_id"),
    Index("turns_that_point", "platform", "room_id", "tried", sqlite_where=POINTS),
    Index("turns_with_text", "platform", "room_id", "at", sqlite_where=text("text != ''")),
    Index("turns_with_member", "at", sqlite_where=HAS_MEMBER),
    sqlite_autoincrement=True,
)

# Commands that people have used (`asked.py` explains it).
asked = Table(
    "asked",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("via", CleanText, nullable=False),  # the platform, or the console: `id` is unique there
    Column("id", CleanText, nullable=False),
    *_place(),
    Column("thread_root", CleanText),
    Column("author_id", CleanText, nullable=False),
    Column("author_name", CleanText, nullable=False),
    Column("path", WordList, nullable=False),
    Column("options", WordList, nullable=False),  # names and texts in turn
    Column("text", CleanText, nullable=False),
    Column("power", CleanText, nullable=False),
    Column("community_power", CleanText, nullable=False),
    Column("locale", CleanText, nullable=False),
    Column("message_id", CleanText),
    Column("direct", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Column("heard", Moment, nullable=False),
    Column("state", CleanText, nullable=False),
    Column("outcome", CleanText, nullable=False),
    Column("answer", CleanText, nullable=False),
    Column("private", Boolean, nullable=False),
    UniqueConstraint("via", "id", name="asked_id"),
    Index("asked_open", "seq", sqlite_where=text("state != 'answered'")),
    Index("asked_by_age", "heard"),
    sqlite_autoincrement=True,
)

# What members thought of something that Cameo wrote: one verdict of each about each turn.
feedback = Table(
    "feedback",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("turn_id", CleanText, primary_key=True),
    Column("member", CleanText, primary_key=True),
    *_place()[1:],
    Column("verdict", CleanText, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Index("feedback_by_room", "platform", "community", "room_id", "at"),
    Index("feedback_by_age", "at"),
)

# Messages that Cameo has pointed at, once somebody was glad of it: each gets one emoji of Cameo's, ever.
thanks = Table(
    "thanks",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("message_id", CleanText, primary_key=True),
    *_place()[1:],
    Column("since", Moment, nullable=False),
    Column("emoji", CleanText, nullable=False),  # the one that it got; "" until then
    Index("thanks_by_age", "since"),
)

# Whom we have told who we are: the last time and the turn that did, and when our present talk with them began.
contacts = Table(
    "contacts",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("community", CleanText, primary_key=True),
    Column("member", CleanText, primary_key=True),  # a keyed hash; no id and no name
    Column("told", Moment, nullable=False),
    Column("by", CleanText, nullable=False),
    Column("since", Moment, nullable=False),
    Column("last", Moment, nullable=False),
    Index("contacts_by_age", "told"),
)

# What a room has learnt about how its members answer. No text; `author` is a member's id.
posts = Table(
    "posts",
    metadata,
    # In the order in which they were opened: answer times are learnt from the newest, of a room and of a community.
    Column("seq", RowNumber, primary_key=True),
    Column("platform", CleanText, nullable=False),
    Column("community", CleanText, nullable=False),
    Column("room_id", CleanText, nullable=False),
    Column("id", CleanText, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("root", CleanText),
    Column("at", Float(53), nullable=False),  # seconds; exact, since decisions must be the same after a restart
    Column("counts", Boolean, nullable=False),
    Column("waited", Float(53)),
    Column("answered_by", CleanText, nullable=False),
    Column("is_sure", Boolean, nullable=False),
    UniqueConstraint("platform", "id", name="posts_id"),
    Index("posts_by_room", "platform", "community", "room_id", "seq"),
    Index("posts_by_community", "platform", "community", "seq"),
    Index("posts_by_age", "at"),
    Index("posts_with_author", "at", sqlite_where=HAS_AUTHOR),
    sqlite_autoincrement=True,
)

# The number of messages that people wrote in each hour of a room. Counted when they are heard, since counting them all
# when a big room is rebuilt would take most of a second; and the counts outlive the messages.
hours = Table(
    "hours",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("community", CleanText, primary_key=True),
    Column("room_id", CleanText, primary_key=True),
    Column("hour", BigInteger, primary_key=True),  # since 1970
    Column("said", BigInteger, nullable=False),
)

# What managers have chosen in chat (`bot/config/choices.py`). `room` "": for the whole community. Of one key in one
# place there are two at most: one that lasts, and one that ends by itself and goes before it until then.
choices = Table(
    "choices",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("community", CleanText, primary_key=True),
    Column("room", CleanText, primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("lasts", Boolean, primary_key=True),
    Column("value", PlainValue, nullable=False),
    Column("by", CleanText, nullable=False),  # a member's id; "" once it is forgotten
    Column("at", Moment, nullable=False),
    Column("until", Moment),
    Column("change", BigInteger, nullable=False),  # the one that made it
    Index("choices_with_chooser", "at", sqlite_where=HAS_CHOOSER),
)

# Who has changed which of them. `before` and `after` are what stood under each key that was changed, without people.
choice_changes = Table(
    "choice_changes",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("platform", CleanText, nullable=False),
    Column("community", CleanText, nullable=False),
    Column("room", CleanText, nullable=False),
    Column("by", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("before", Standings, nullable=False),
    Column("after", Standings, nullable=False),
    Column("undoes", BigInteger),
    Column("undone_by", BigInteger),
    Index("choice_changes_by_place", "platform", "community", "room", "seq"),
    Index("choice_changes_by_age", "at"),
    sqlite_autoincrement=True,
)

adapter_state = Table(
    "adapter_state",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("value", CleanText, nullable=False),
)
