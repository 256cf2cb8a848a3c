"""A bounded cache of the latest events' authors and the latest reactions.

An edit counts only if its sender wrote the original, which the homeserver does not check; and the removal of a reaction
names only the reaction's event, not the message that it was on.
"""

from collections import OrderedDict
from dataclasses import dataclass

from bot.types import Reaction

RECENT_KEPT = 10_000  # some hours of a busy community; about 3 MB. Older originals are requested from the homeserver


@dataclass(frozen=True, slots=True)
class Seen:
    sender: str
    reaction: Reaction | None = None


class Recent:
    def __init__(self, most: int = RECENT_KEPT):
        self._most = most
        self._seen: OrderedDict[str, Seen] = OrderedDict()

    def note(self, event_id: str, seen: Seen) -> None:
        self._seen[event_id] = seen
        self._seen.move_to_end(event_id)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._seen

    def get(self, event_id: str) -> Seen | None:
        return self._seen.get(event_id)
