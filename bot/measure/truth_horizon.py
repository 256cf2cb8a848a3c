"""Which horizon fits annotated links: conversations are judged only in rooms that go on for the whole horizon."""

from bot.measure.outcomes import Truth
from bot.types import Message

HORIZONS_HOURS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0, 96.0, 168.0)
ANSWERS_WITHIN = 0.99  # share of the annotated answers that come within a fitting horizon


class TruthHorizon:
    """Collects when annotated conversations began and were answered. Call `hear` with each message in order of time."""

    def __init__(self, truth: Truth):
        self._truth = truth
        self._begun: dict[str, tuple[str, str, float]] = {}  # room, starter, seconds
        self._answered: dict[str, float] = {}  # seconds after the beginning
        self._ends: dict[str, float] = {}
        self._met: set[str] = set()

    def hear(self, message: Message) -> None:
        moment, room = message.at.timestamp(), message.thread.room.id
        self._ends[room] = moment
        known = self._truth.get(message.id)
        if known is None:
            return
        self._met.add(message.id)
        if message.author.is_bot or message.author.is_self:
            return
        conversation, is_scored = known
        begun = self._begun.get(conversation)
        if begun is None:
            if is_scored:
                self._begun[conversation] = room, message.author.id, moment
        elif message.author.id != begun[1]:
            self._answered.setdefault(conversation, moment - begun[2])

    def judged(self, hours: float) -> int:
        """How many conversations can be judged with this horizon."""
        return sum(self._ends[room] - moment >= hours * 3600 for room, _, moment in self._begun.values())

    def fitting(self) -> float | None:
        """The shortest usual horizon, in hours, within which almost all annotated answers come; None without any, or if
        they take longer than a week."""
        delays = sorted(self._answered.values())
        if not delays:
            return None
        least = delays[min(len(delays) - 1, int(ANSWERS_WITHIN * len(delays)))] / 3600
        return next((hours for hours in HORIZONS_HOURS if hours >= least), None)

    def missing(self, file: str) -> str | None:
        """How many annotated ids are of no message of the history, if any."""
        missing = len(self._truth) - len(self._met)
        if not missing:
            return None
        return f"{missing:,} of {len(self._truth):,} annotated ids {'is' if missing == 1 else 'are'} not in {file}"

    def hint(self, hours: float) -> str | None:
        """What to write if another horizon judges more than twice as many conversations than this one."""
        fitting = self.fitting()
        if fitting is None or fitting >= hours:
            return None
        now, then = self.judged(hours), self.judged(fitting)
        if then <= 2 * now:
            return None
        return (
            f"your annotated answers come within {fitting:g} h, but only {now:,} of {len(self._begun):,} conversations "
            f"go on for {hours:g} h and can be judged: --horizon-hours {fitting:g} judges {then:,}"
        )
