"""What complete.js offers: whom one can name in a room, after "@", and commands, after "/cameo"."""

import json

from adapters.local.commanding import command_lines
from adapters.local.community import Community
from adapters.local.page.tags import Tag
from bot.types import Message, Room

MOST_NAMES = 200  # those who wrote last; a longer list helps nobody to find a name, and each page holds it


def names_here(community: Community, room: Room) -> list[str]:
    """The persona of the room, then the members who wrote there, the last first."""
    written = [entry.message.author for entry in community.messages(room.id) or () if entry.message]
    members = [author.name for author in reversed(written) if not author.is_self]
    return list(dict.fromkeys((community.voice(room), *members)))[:MOST_NAMES]


class NamesHere:
    """Keeps the names of a room, and the commands, on the page, where no one sees them."""

    def __init__(self, community: Community, room: Room):
        self._names = names_here(community, room)
        self._tag = Tag("span", hidden="")
        self._tag.props["data-commands"] = json.dumps(command_lines(community.power))
        self._show()

    def note(self, message: Message) -> None:
        """Adds the author of a new message."""
        if not message.author.is_self and message.author.name not in self._names:
            self._names = [*self._names[:1], message.author.name, *self._names[1:]][:MOST_NAMES]
            self._show()

    def _show(self) -> None:
        self._tag.props["data-names"] = json.dumps(self._names, ensure_ascii=False)
        self._tag.update()
