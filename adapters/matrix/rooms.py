"""The state of a Matrix room: a fold over its state events, stored in marks."""

import json
from dataclasses import asdict, dataclass, replace

from adapters.matrix.raw import JSONObject, content_of
from adapters.matrix.text import label
from adapters.matrix.visibility import Visibility
from bot.types import Room

MOST_MEMBERS = 2**31  # more than there are accounts: a larger number is no count


@dataclass(frozen=True, slots=True)
class RoomInfo:
    """`joined`: the number of members, including us (0: not known yet). `gone`: replaced by another room. `roster`: who
    is in the room has been told to the core, completely, and every change since."""

    id: str
    name: str = ""
    alias: str = ""
    joined: int = 0
    encrypted: bool = False
    space: bool = False
    gone: bool = False
    visibility: Visibility = Visibility()
    roster: bool = False

    @property
    def direct(self) -> bool:
        """True for a room of two members, us included, where every message is addressed to us."""
        return self.joined == 2

    @property
    def silent(self) -> bool:
        """True if we don't listen here: the room is encrypted, or not a conversation (any more)."""
        return self.encrypted or self.space or self.gone

    @property
    def room(self) -> Room:
        return Room("matrix", "-", self.id, name=self.name or self.alias)


def folded(info: RoomInfo, event: JSONObject) -> RoomInfo:
    """The room after a state event. Other and malformed events change nothing."""
    if event.get("state_key") != "":
        return info
    content = content_of(event)
    news: JSONObject = {}
    match event.get("type"):
        case "m.room.name":
            news = {"name": _label(content.get("name"))}
        case "m.room.canonical_alias":
            news = {"alias": _label(content.get("alias"))}
        case "m.room.encryption":
            news = {"encrypted": True}  # encryption can't be disabled, whatever the content says
        case "m.room.tombstone":
            news = {"gone": True}
        case "m.room.history_visibility":
            news = {"visibility": info.visibility.after(event)}
        case "m.room.create":
            news = {"space": content.get("type") == "m.space"}
    return replace(info, **news)


def counted(info: RoomInfo, summary: object) -> RoomInfo:
    """The room with its number of members, which a summary contains whenever it has changed."""
    count = summary.get("m.joined_member_count") if isinstance(summary, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < MOST_MEMBERS:
        return info
    return replace(info, joined=count)


def dumped(info: RoomInfo) -> str:
    return json.dumps(asdict(info), ensure_ascii=True, separators=(",", ":"))


def loaded(text: str) -> RoomInfo | None:
    try:
        kept = json.loads(text)
        return RoomInfo(**kept | {"visibility": Visibility(**kept.get("visibility", {}))})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None  # stored by an older version: the room is folded again from new events


def _label(value: object) -> str:
    return label(value) if isinstance(value, str) else ""
