"""Who may read what was said. `bot.types` has these words too."""

from enum import StrEnum

ALL_MEMBERS = ""
"""Stands for everybody in a room, where a member's id is expected."""


SOMEBODY = "~"
"""Stands for a person who must not be named: who has opted out, or was erased. That they spoke, or were called, is
kept; who it was is not."""


class Audience(StrEnum):
    """Who may read a message, besides its author. Matrix has all four, per message; on other platforms, whoever is in
    the room may read what was said there (but see `PastReaders`)."""

    ANYONE = "anyone"  # also people outside the room
    MEMBERS = "members"  # whoever was in the room when it was said, or came later
    INVITED = "invited"  # whoever was in the room, or invited, when it was said
    PRESENT = "present"  # whoever was in the room when it was said; an unknown audience counts as this one
    NOBODY = "nobody"  # hidden, since its author has opted out, or it repeats somebody who has


class PastReaders(StrEnum):
    """Who, of the people who read a message, may also read what was said in its room before, when it was heard."""

    EVERYONE = "everyone"
    AUTHOR = "author"  # its author may; others may not, or we don't know
    NOBODY = "nobody"  # its author may not, or we don't know


class Presence(StrEnum):
    JOINED = "joined"
    INVITED = "invited"
    LEFT = "left"  # also: was removed
