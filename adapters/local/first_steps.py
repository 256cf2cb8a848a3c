"""The first steps in a new community: which were taken, and whether their card is closed. Kept in a mark."""

from collections.abc import Callable

from adapters.local.entries import Entry
from bot.types import AdapterState

FIRST_STEPS = "first_steps"  # key of the mark: words with spaces between them. A community without it has no card
STEP_NAMES = ("ask", "wait", "post")
SKIPPED, CLOSED = "skipped", "closed"
HAS_MODEL = "model"  # a model has spoken here: who tries others needs no invitation


class FirstSteps:
    """One visitor's steps are everybody's: the card goes away for good once somebody has closed it. `changed` is called
    after every change."""

    def __init__(self, state: AdapterState, changed: Callable[[], None] = lambda: None):
        self._state, self._changed = state, changed
        self._words: frozenset[str] | None = None

    async def load(self) -> None:
        text = await self._state.get(FIRST_STEPS)
        self._words = None if text is None else frozenset(text.split()) & {*STEP_NAMES, SKIPPED, CLOSED, HAS_MODEL}

    @property
    def taken(self) -> frozenset[str]:
        return (self._words or frozenset()) - {CLOSED, HAS_MODEL}

    @property
    def has_model(self) -> bool:
        """Whether a model speaks here, or has spoken."""
        return HAS_MODEL in (self._words or ())

    @property
    def is_open(self) -> bool:
        return self._words is not None and CLOSED not in self._words

    def invites(self, entries: list[Entry]) -> bool:
        """Whether a page that is opened now shows the card: until it is closed, where nothing was said since the start
        but by the card."""
        return self.is_open and bool(self.taken or not any(one.message and not one.message.history for one in entries))

    async def note(self, word: str) -> None:
        """Notes a step that was taken, SKIPPED, CLOSED or HAS_MODEL. Raises StoreError; then nothing has changed."""
        words = frozenset({*(self._words or ()), word})
        await self._state.put({FIRST_STEPS: " ".join(sorted(words))})
        self._words = words
        self._changed()
