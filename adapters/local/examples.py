"""Which of the seed's examples a room shows: those of what we would do there, as we join it now. Pure."""

from adapters.local.entries import Entry

# How a room is joined where an example happens, by its reason (`bot.decide.reasons`).
SPEAKS = frozenset({"mentions", "unanswered", "every_post"})
HAPPENS = {
    "addressed": SPEAKS,
    "painful": SPEAKS,
    "join_mentions": frozenset({"mentions"}),
    "unanswered": frozenset({"unanswered"}),
    "someone_answered": frozenset({"unanswered"}),
    "every_post": frozenset({"every_post"}),
}


def is_example(entry: Entry, join: str) -> bool:
    """Whether the entry shows how we take part in a room that is joined so."""
    return join in HAPPENS.get(entry.example, ())


def is_unsaid(entry: Entry, join: str) -> bool:
    """Whether the entry is our line in an example of what we would not do there, such as in a room that we only
    watch: nobody is shown it as our words."""
    is_ours = entry.message is not None and entry.message.author.is_self
    return bool(entry.example) and is_ours and not is_example(entry, join)
