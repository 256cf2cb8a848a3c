"""Who may read a Matrix event: the room's history visibility when it was sent. Pure.

A homeserver judges an event by the room's state at that event, in the graph of events; a sync shows a single order. The
two differ for events that arrive late. So an event that claims to be older than the last change of the visibility gets
the narrower one, of before and after.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from adapters.matrix.raw import JSONObject, content_of, string, under
from bot.types import Audience

VISIBILITY = "m.room.history_visibility"
DEFAULT = "shared"  # of a room without that state, by the specification
AUDIENCES = {
    "world_readable": Audience.ANYONE,
    "shared": Audience.MEMBERS,
    "invited": Audience.INVITED,
    "joined": Audience.PRESENT,
}
_NARROWEST_LAST = tuple(AUDIENCES.values())


@dataclass(frozen=True, slots=True)
class Visibility:
    """A room's history visibility: `now`, and what it was `before` it changed at `changed_ms` (by the sender's clock;
    0: never). Values are those of the specification; "" is unknown, and any other counts as unknown."""

    now: str = ""
    before: str = ""
    changed_ms: int = 0

    @property
    def narrow(self) -> bool:
        """True if events are for those only who were present or invited, or we don't know."""
        return _audience(self.now) not in (Audience.ANYONE, Audience.MEMBERS)

    def audience(self, event: JSONObject) -> Audience:
        """Who may read an event that is sent now."""
        if self.changed_ms <= _sent_ms(event):
            return _audience(self.now)
        return max(_audience(self.now), _audience(self.before), key=_NARROWEST_LAST.index)

    def after(self, event: JSONObject) -> "Visibility":
        """The visibility after a state event that sets it."""
        value = _value(content_of(event))
        return self if value == self.now else Visibility(value, self.now, _sent_ms(event))

    def after_all(self, events: Iterable[JSONObject]) -> "Visibility":
        return [self, *self._steps(events)][-1]

    def is_ever_narrow(self, events: Iterable[JSONObject]) -> bool:
        """True if this is narrow, or one of the visibilities that these events set."""
        return any(step.narrow for step in [self, *self._steps(events)])

    def _steps(self, events: Iterable[JSONObject]) -> "Iterator[Visibility]":
        step = self
        for event in filter(_sets, events):
            step = step.after(event)
            yield step

    def preceding(self, events: Iterable[JSONObject]) -> "Visibility":
        """The visibility before these events, after which it is this one."""
        first = next(filter(_sets, events), None)
        return self if first is None else Visibility(_value(under(under(first, "unsigned"), "prev_content")))


def _sets(event: JSONObject) -> bool:
    return event.get("type") == VISIBILITY and event.get("state_key") == ""


def _audience(value: str) -> Audience:
    return AUDIENCES.get(value, Audience.PRESENT)


def _value(content: JSONObject) -> str:
    return string(content.get("history_visibility"))[:32]  # characters; the longest known value has 14


def _sent_ms(event: JSONObject) -> int:
    sent = event.get("origin_server_ts")
    return sent if isinstance(sent, int) and not isinstance(sent, bool) else 0
