"""What the local community holds of a member, and how it looks without them. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from adapters.local.echoes import is_echo
from adapters.local.entries import Entry
from bot.types import SOMEBODY, Author, Message


def names_of(entries: Collection[Entry], member: str) -> set[str]:
    """The names under which the member's messages and reactions stand."""
    return {one.name for entry in entries for one in _people(entry) if one.id == member}


def without(entries: Collection[Entry], member: str) -> Iterator[Entry]:
    """The entries that change: the member's messages go, with what we have said in answer or repeated of them; so do
    their reactions, and mentions of them."""
    theirs = [entry.message for entry in entries if entry.message and entry.message.author.id == member]
    for entry in entries:
        new = _left_of(entry, member, theirs)
        if new != entry:
            yield new


def _left_of(entry: Entry, member: str, theirs: Collection[Message]) -> Entry:
    message = entry.message
    if message is None:
        return entry
    is_ours = message.author.is_self and any(
        is_echo(message, said, None) for said in theirs if said.room == message.room
    )
    if message.author.id == member or is_ours:
        return replace(entry, message=None, edited=False, reactions={})
    left = {emoji: tuple(one for one in people if one.id != member) for emoji, people in entry.reactions.items()}
    mentions = tuple(SOMEBODY if one == member else one for one in message.mentions)
    reactions = {emoji: people for emoji, people in left.items() if people}
    return replace(entry, message=replace(message, mentions=mentions), reactions=reactions)


def _people(entry: Entry) -> Iterator[Author]:
    if entry.message:
        yield entry.message.author
    for people in entry.reactions.values():
        yield from people
