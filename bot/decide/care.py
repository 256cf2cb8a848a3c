"""Care for a person in danger: which call gets the fixed, careful text, and for how long a room stays plain after it.

Nothing of it is stored: a restart works it out again from the messages that called us.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.decide.message_facts import said_at
from bot.decide.signals import MARKUP, QUOTED, prose
from bot.language.danger import Dangers, InDanger, danger
from bot.language.packs import MessageKind
from bot.types import Message, record

CARE = timedelta(hours=1)
"""How long after such a call nothing uncalled is said in that room, and what is called for is said without a persona:
acute crises are short (Deisenhammer et al., J Clin Psychiatry 2009: of those asked after a suicide attempt, nearly half
had thought of it for ten minutes or less)."""

BEYOND_LIMITS = 5  # calls about danger by one person within the hour; later ones count by the limits, against floods
PEOPLE_KEPT = 100  # people in one room; more in an hour is no community in distress but a flood


@record
class Care:
    """The careful text that a call gets: `who` is in danger, in which language, whether the author has got the whole
    text lately (`again`: a shorter one then), and whether limits do not count (`beyond_limits`)."""

    who: InDanger
    language: str
    again: bool = False
    beyond_limits: bool = True


@record
class _Call:
    """A person's calls about danger within an hour of each other: the first one, and when the others came, in seconds
    since 1970."""

    message_id: str
    care: Care
    times: tuple[float, ...]

    def is_lately(self, at: float) -> bool:
        """Whether `at` follows the first call, and is within an hour of the last one."""
        return at >= self.times[0] and at - self.times[-1] < CARE.total_seconds()


class CareHour:
    """The calls about danger of the last hour in one room, by author."""

    def __init__(self, dangers: Dangers):
        self._dangers = dangers
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._read: tuple[str, tuple[InDanger, str] | None] = ("", None)  # the last text, which is asked about twice

    def hear(self, message: Message) -> None:
        """Takes in a message by which a person calls us."""
        if (found := self._danger(message)) is None:
            return
        at, author = said_at(message), message.author.id
        before = self._calls.pop(author, None)
        if before is not None and before.is_lately(at):
            self._calls[author] = _Call(before.message_id, before.care, (*before.times[:BEYOND_LIMITS], at))
        else:
            self._calls[author] = _Call(message.id, Care(*found), (at,))
        if len(self._calls) > PEOPLE_KEPT:
            self._calls.popitem(last=False)

    def needed(self, message: Message, kinds: Callable[[], frozenset[MessageKind]]) -> Care | None:
        """The careful text that this call needs: it speaks of danger, or its author did within the hour and now speaks
        of something painful. None for any other call."""
        found, before = self._danger(message), self._lately(message)
        if before is None:
            return Care(*found) if found else None
        if found is None and MessageKind.DISTRESS not in kinds():
            return None
        who, language = found or (before.care.who, before.care.language)
        return Care(who, language, again=True, beyond_limits=len(before.times) <= BEYOND_LIMITS)

    def lately(self, message: Message) -> Care | None:
        """The short careful text, if the author has called us in danger within the hour."""
        before = self._lately(message)
        return None if before is None else Care(before.care.who, before.care.language, again=True)

    def until(self, now: datetime) -> datetime | None:
        """When the hour ends; None if there is none now."""
        last = max((call.times[-1] for call in self._calls.values()), default=None)
        end = None if last is None else datetime.fromtimestamp(last, UTC) + CARE
        return end if end is not None and end > now else None

    def _lately(self, message: Message) -> _Call | None:
        """An earlier call about danger by the same author, within the hour."""
        call = self._calls.get(message.author.id)
        return call if call and call.message_id != message.id and call.is_lately(said_at(message)) else None

    def _danger(self, message: Message) -> tuple[InDanger, str] | None:
        text = spoken_by(message)
        if self._read[0] != text:
            self._read = text, danger(text, self._dangers)
        return self._read[1]


def spoken_by(message: Message) -> str:
    """The author's own words, title included, without code, links, quotes and markup."""
    return MARKUP.sub(" , ", prose(QUOTED.sub(" ", message.said)))
