"""Circuit breaker: when a model that failed may be asked again. Pure: the time is an argument."""

from datetime import datetime, timedelta

FAILURES = 3  # in a row; one or two happen with every provider, three mean that it is down
FIRST_REST = timedelta(seconds=30)  # long enough for a restart, or for a per-minute rate limit to ease
LONGEST_REST = timedelta(minutes=10)  # a model that is back is found within ten minutes
REFUSED_REST = timedelta(minutes=1)  # a person has to fix a wrong key or name, and then wants to see it work


class Breaker:
    """Counts a model's consecutive failures. After three the model rests, each time twice as long; then one trial
    request is admitted."""

    def __init__(self) -> None:
        self.refusal = ""
        self._trial = False
        self._forget()

    def _forget(self) -> None:
        self._failures = 0
        self._rest = FIRST_REST
        self._until: datetime | None = None

    def admits(self, now: datetime) -> bool:
        """Whether the model may be asked now. During a trial, no other request is admitted."""
        return self._until is None or (now >= self._until and not self._trial)

    def begin(self, now: datetime) -> None:
        """A request starts; after a rest it is the trial."""
        self._trial = self._until is not None and now >= self._until

    def succeeded(self) -> None:
        """Resets everything: the model works."""
        self.refusal, self._trial = "", False
        self._forget()

    def failed(self, now: datetime) -> None:
        """Counts one more failure; a failed trial doubles the rest."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._until = now + self._rest
            self._rest = min(self._rest * 2, LONGEST_REST)
        self._trial, self.refusal = False, ""

    def refused(self, now: datetime, why: str) -> None:
        """The model rejects us (key, name, credit): asking again soon is useless."""
        self.refusal, self._trial = why, False
        self._until = now + REFUSED_REST

    def rest(self, now: datetime, seconds: float) -> None:
        """Rests for as long as the server asks (Retry-After), at most LONGEST_REST."""
        self._until = now + min(timedelta(seconds=seconds), LONGEST_REST)
        self._trial = False

    def released(self) -> None:
        """Ends a request that says nothing about the model: cancelled, over budget, or itself at fault."""
        self._trial = False
