"""The register of everything that we hold about people: where it is, for how long, and what removes it.

A test fails for a table or column of the schema, or a file of the data folder, that is not in it, and for one that
keeps what it should not. `docs/privacy.md` shows the register as `retention_table` gives it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bot.remember.purge import HELD_OUT_DAYS, LEARNT_DAYS, SILENT_DAYS

KEEP = "`keep_days`"
NO_PERSON = "-"


class Held(NamedTuple):
    """One table or file. `people` are the columns with a member's id, name or words, `others` all other columns: ids of
    messages, rooms and turns, numbers, and codes. `kept` says for how long, and what removes it earlier; `erased`, what
    happens to it when a member wants their data deleted (`erasing.py`). NO_PERSON: nothing, as it holds no person."""

    what: str
    kept: str
    people: str = ""
    others: str = ""
    erased: str = ""


PLACE = "platform community room_id room_name community_name thread_root"

TABLES = {
    "messages": Held(
        "what was said, by whom and when",
        f"{KEEP} from when Cameo heard it. A deleted message loses its author and words at once; an edited one its old "
        "words. Both go from Cameo's own words and from quotations, too",
        "author_id author_name text mentions parts",
        f"seq id {PLACE} author_is_bot author_is_self at heard reply_to addressed starts_thread quotes history "
        "audience past_readers edited_seq deleted unheard",
        "their messages, answers to them and quotations of them; they are nobody in the mentions of others",
    ),
    "stays": Held(
        "who was in a Matrix room, from which message to which: a hash in place of the member's id",
        "while the member is in the room, then until the last message that it is about is removed",
        "member",
        "seq platform community room_id since joined until departed",
        "names nobody any more",
    ),
    "message_words": Held(
        "the words of messages, for recall", "as the message", "words", "rowid room message_words", "with the message"
    ),
    "reactions": Held(
        "who reacted to a message, and how",
        "as the message, or until the reaction is taken away",
        "author_id author_name",
        "platform message_id emoji author_is_bot author_is_self at",
        "theirs, and those to their messages",
    ),
    "turns": Held(
        "what Cameo decided about a message, why, and what it said",
        f"{KEEP}. The member: {SILENT_DAYS} day if Cameo said nothing, {HELD_OUT_DAYS} days if the turn was held out "
        "for an experiment. If the message is deleted or edited: member, message, text and facts go at once, and a "
        f"one-way mark of the member counts for the hourly limit, for {SILENT_DAYS} day at most. No "
        "sensitive label is stored",
        "member text",
        f"seq id {PLACE} trigger persona arm verdict reason due facts state at addressed sign reply_id points_at tried "
        "model input_tokens cached_tokens output_tokens cost_usd error policy",
        "as if the message were deleted; their words and names in what Cameo said to others, too",
    ),
    "asked": Held(
        "commands that people have used, and what came of them",
        f"{KEEP}. What was written and answered goes as soon as it is answered; so does who had asked, but for "
        "commands of managers",
        "author_id author_name options text answer",
        f"seq via id {PLACE} path power community_power locale message_id direct at heard state outcome private",
        "theirs, once they are answered",
    ),
    "feedback": Held(
        "what members thought of something that Cameo wrote",
        f"{KEEP}",
        "member text",
        "platform turn_id community room_id room_name community_name verdict at",
        "theirs",
    ),
    "contacts": Held(
        "when Cameo last spoke to somebody in a community, and told them what it is: a keyed hash in place of the "
        "member's id",
        "30 days from the last time that they were told or spoken to",
        "member",
        "platform community told by since last",
        "theirs",
    ),
    "posts": Held(
        "how long posts waited for an answer, from which holds are learnt",
        f"{LEARNT_DAYS} days, without people after {KEEP}; at once if the post is deleted",
        "author",
        "seq platform community room_id id root at counts waited answered_by is_sure",
        "theirs",
    ),
    "thanks": Held(
        "messages that Cameo has pointed at and thanks for with an emoji, because somebody was glad of them",
        f"{KEEP}; at once if the message is deleted",
        "",
        "platform message_id community room_id room_name community_name since emoji",
        "with the message",
    ),
    "hours": Held(
        "how many messages people wrote in each hour of a room",
        f"{LEARNT_DAYS} days; the first hour of a room for good",
        "",
        "platform community room_id hour said",
        NO_PERSON,
    ),
    "choices": Held(
        "what managers have chosen in chat, and who did",
        f"until it is chosen again, reset, or over. Who chose it: {KEEP}",
        "by",
        "platform community room key lasts value at until change",
        "what was chosen stays, and names nobody",
    ),
    "choice_changes": Held(
        "who has changed these choices, and how",
        KEEP,
        "by",
        "seq platform community room at before after undoes undone_by",
        "what was changed stays, and names nobody",
    ),
    "adapter_state": Held(
        "where each platform's stream stands, and Cameo's own sessions; see below",
        "see below",
        "value",
        "platform key",
        "see below",
    ),
}

STATE_KEYS = {
    "local message/": Held(
        "a message of the local community, with its reactions",
        f"{KEEP}; empty once it is deleted",
        erased="theirs, and Cameo's answers to them",
    ),
    "local name/": Held(
        "a name of the local community, when it was first used, and a hash of the secret of the browser that has it",
        f"{KEEP}, and as long as a message or reaction under the name",
        erased="theirs",
    ),
    "local first_steps": Held("which first steps were taken", "for good", erased=NO_PERSON),
    "local seeded": Held("when the local community was begun", "for good", erased=NO_PERSON),
    "local order": Held("the number of the last message", "for good", erased=NO_PERSON),
    "discord first": Held("the first message id of this installation", "for good", erased=NO_PERSON),
    "discord last/": Held("the id of the last message heard in a channel", "for good", erased=NO_PERSON),
    "discord dm/": Held(
        "the same for a conversation with one member; names the channel only", "for good", erased=NO_PERSON
    ),
    "discord preview/": Held(
        "where an unfinished answer is shown: ids of the channel, the question and Cameo's own message",
        "until it is finished; an hour at most while Discord can be reached",
        erased=NO_PERSON,
    ),
    "discord arrived/": Held(
        "when Cameo joined a server, and whether it has introduced itself there", "for an hour", erased=NO_PERSON
    ),
    "matrix next_batch": Held("where the stream of the homeserver stands", "for good", erased=NO_PERSON),
    "matrix session": Held("the session of Cameo's own account", "while the account is used", erased=NO_PERSON),
    "matrix device": Held("the device of Cameo's own account", "while the account is used", erased=NO_PERSON),
    "matrix account": Held("the name of Cameo's own account", "while the account is used", erased=NO_PERSON),
    "matrix room/": Held("a room's name, alias and number of members", "while the account is used", erased=NO_PERSON),
    "cameo withdraw/": Held(
        "an answer whose question was deleted", "until the platform has deleted it", erased=NO_PERSON
    ),
    "cameo removed/": Held(
        "a room or community that Cameo was removed from, and when",
        "until what is kept of it has been erased (`keep_after_removal_days`), or Cameo is back",
        erased=NO_PERSON,
    ),
    "cameo deleted/": Held(
        "a thread or room that was deleted as a whole",
        "until its last message is deleted: about 10 ms each",
        erased=NO_PERSON,
    ),
    "matrix invite/": Held("who invited Cameo to a room", "until it has joined or declined", erased="theirs"),
}
"""The keys of `adapter_state`, by platform and the beginning of the key."""

DATA_FILES = {
    "cameo.db": Held(
        "the tables above", "as above; deleted text is overwritten, not just unlinked", erased="the tables as above"
    ),
    "cameo.db-wal": Held("changes that are not in `cameo.db` yet", "emptied after each deletion", erased="emptied"),
    "cameo.db-shm": Held("an index of that file", "while Cameo runs", erased=NO_PERSON),
    "cameo.db.lock": Held("the number of the process that runs", "replaced at each start", erased=NO_PERSON),
    "cameo.log": Held(
        "what Cameo did: ids of turns, rooms and errors' places, no text, name or id of a member but for who invited "
        "it to a Matrix room; addresses that sent a wrong token",
        f"{KEEP}, and 20 MB at most",
        erased="the id goes out of all entries",
    ),
    "members.key": Held("the key of the next file", "for good", erased=NO_PERSON),
    "token": Held("the console's token", "until you remove it", erased=NO_PERSON),
}
WISH_FILES = {
    "members.jsonl": Held(
        "who has opted out, wants no uncalled answers, or had their data deleted, and when: a keyed hash in place of "
        "each member",
        "for good, so that nothing comes back",
        erased="kept, with the time of the deletion; but for the wish for no uncalled answers",
    ),
}
"""What is there only once a member has wished something."""

TRIAL_FILES = {
    "cases.jsonl": Held(
        "moments of a dropped export that you judged good or bad: the messages around each, with their authors' names "
        "and ids",
        f"{KEEP} from the verdict, or until you remove the file. A member's deletion of a message does not reach it; "
        "the deletion of all their data does",
        erased="cases about their posts, and their messages in others",
    ),
    "trials/": Held(
        "an export that you dropped on the page, until it has been read; only the process that replays it reads it",
        "seconds; removed also when it is cancelled, and at a start after a crash",
        erased="nothing: it is gone in seconds",
    ),
}
"""What is there only once a manager has tried Cameo on an export."""


def retention_table() -> str:
    """The whole register as a table in Markdown."""
    registers = {"table": TABLES, "mark": STATE_KEYS, "file": DATA_FILES | WISH_FILES | TRIAL_FILES}
    rows = [row for kind, register in registers.items() for row in _rows(kind, register)]
    return "\n".join(["| where | what | how long | if a member wants their data deleted |", "|-|-|-|-|", *rows])


def _rows(kind: str, register: dict[str, Held]) -> Iterator[str]:
    for name, held in register.items():
        yield f"| {kind} `{name}` | {held.what} | {held.kept} | {held.erased} |"
