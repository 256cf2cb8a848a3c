"""Tells the manager when callers get an apology or a pointer instead of an answer, because no model can write; and
which models refuse us."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.config.model_settings import POINTER
from bot.decide.reasons import Reason
from bot.explain.words import Words
from bot.live.limit_alerts import Level, LimitAlert, TellManagers, tell_nobody
from bot.types import Clock, State, Turn
from bot.write.models.model_state import ModelStatus

log = structlog.get_logger()

NO_ANSWERS = frozenset({str(Reason.NO_MODEL), str(Reason.MODELS_FAILED)})
MUTE_WINDOW = timedelta(hours=1)  # after the last apology; later nobody has called, so nobody knows


class MuteAlert:
    """Begins with the first such call, ends with an answer that a model has written, with other models, or MUTE_WINDOW
    after the last of them. It is no failure if no model is there and the pointer is a writer: that may be meant."""

    def __init__(
        self,
        models: Callable[[], Sequence[ModelStatus]],
        words: Words,
        clock: Clock,
        tell: TellManagers = tell_nobody,
    ):
        self._models, self._words, self._clock, self._tell = models, words, clock, tell
        self._until: datetime | None = None
        self._key = ""  # of the text

    def look(self, turn: Turn) -> None:
        """Call this when a turn has changed. Logs one line when it begins, and one when it ends."""
        if turn.addressed and (key := _lacks(turn)):
            begins = not self._is_mute or (self._key == "points" != key)
            self._key = key if begins else self._key
            self._until = self._clock.now() + MUTE_WINDOW
            if begins and key == "points":
                log.info("points", turn=turn.id, told=self._text())
            elif begins:
                log.warning("mute", turn=turn.id, told=self._text())
                self._tell(turn.thread.room, f"told.{key}", models=self._states())
        elif turn.state is State.SENT and turn.model not in ("", POINTER) and not turn.error:
            self.end()

    def end(self) -> None:
        """An answer was written, or the models were changed."""
        if self._is_mute and self._key != "points":
            log.info("mute.over")
        self._until = None

    @property
    def _is_mute(self) -> bool:
        return self._until is not None and self._clock.now() < self._until

    def current(self) -> list[LimitAlert]:
        """The alerts in force. They name no address, since `/healthz` is public."""
        level: Level = "near" if self._key == "points" else "failing"
        mute = [LimitAlert(Reason.NO_MODEL, level, self._until, self._text())] if self._is_mute else []
        return [*mute, *(self._refused(each) for each in self._models() if each.state == "refused")]

    def _refused(self, model: ModelStatus) -> LimitAlert:
        text = self._words.say("told.model_refused", model=model.name, why=model.why)
        return LimitAlert(Reason.NO_MODEL, "near", None, text)

    def _text(self) -> str:
        return self._words.say(f"told.{self._key}", models=self._states())

    def _states(self) -> str:
        return ", ".join(f"{model.name}: {model.state}" for model in self._models()) or "-"


_POINTS = {str(Reason.NO_MODEL): "points", str(Reason.MODELS_FAILED): "points_failing"}


def _lacks(turn: Turn) -> str:
    """What a call got for want of a model: the name of the text about it; "" if that is not so."""
    if turn.error in NO_ANSWERS:
        return "mute"
    because = turn.decision.facts.get("pointer", {}).get("because", "") if turn.model == POINTER else ""
    return _POINTS.get(because, "")
