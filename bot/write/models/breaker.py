"""When a model that failed may be asked again. Pure: the time is an argument."""

from datetime import datetime, timedelta

FAILURES = 3  # in a row; one or two happen to every provider, three mean that it is down
FIRST_REST = timedelta(seconds=30)  # long enough for a restart or a rate limit of "per minute" to ease
LONGEST_REST = timedelta(minutes=10)  # so that a model that is back is found within ten minutes
REFUSED_REST = timedelta(minutes=10)  # a wrong key or name is mended by a person; a look now and then costs nothing


class Breaker:
    """Counts a model's failures in a row. After three it rests, each time twice as long; then one request tries it."""

    def __init__(self) -> None:
        self.refusal = ""
        self._trial = False
        self._forget()

    def _forget(self) -> None:
        self._failures = 0
        self._rest = FIRST_REST
        self._until: datetime | None = None

    def admits(self, now: datetime) -> bool:
        """Whether to ask now; while a trial is under way, nobody else asks."""
        return self._until is None or (now >= self._until and not self._trial)

    def begin(self, now: datetime) -> None:
        self._trial = self._until is not None and now >= self._until

    def succeeded(self) -> None:
        self.refusal, self._trial = "", False
        self._forget()

    def failed(self, now: datetime) -> None:
        """One more failure in a row; a failed trial doubles the rest."""
        self._failures += 1
        if self._failures >= FAILURES:
            self._until = now + self._rest
            self._rest = min(self._rest * 2, LONGEST_REST)
        self._trial, self.refusal = False, ""

    def refused(self, now: datetime, why: str) -> None:
        """It will not have us (key, name, credit): asking again soon is of no use."""
        self.refusal, self._trial = why, False
        self._until = now + REFUSED_REST

    def rest(self, now: datetime, seconds: float) -> None:
        """It said itself when to come back (Retry-After)."""
        self._until = now + min(timedelta(seconds=seconds), LONGEST_REST)
        self._trial = False

    def released(self) -> None:
        """The request ended without telling anything about the model (cancelled, over budget, at fault itself)."""
        self._trial = False
