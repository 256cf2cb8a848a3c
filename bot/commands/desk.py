"""What the answers to commands are made of: the parts of a running Cameo that they ask."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.config.policy import InForce
from bot.decide.budget import Budget
from bot.explain.words import Words
from bot.language.packs import Packs
from bot.live.choices import Choices
from bot.live.limit_alerts import LimitAlert
from bot.live.notices import Notices
from bot.live.persons import Persons
from bot.remember.store import Store
from bot.types import Adapter, Asked, Clock
from bot.write.persona import Persona


@dataclass(frozen=True)
class Desk:
    """`speaker` says which model writes, in a language; `alerts` are those in force; `preview` lets a persona answer a
    text as it would where a command was used, or returns "" if no model can."""

    policy: InForce[Persona]
    store: Store
    words: Words
    packs: Packs
    budget: Budget
    notices: Notices
    choices: Choices
    persons: Persons
    adapters: Mapping[str, Adapter]
    clock: Clock
    speaker: Callable[[str], str]
    alerts: Callable[[], Sequence[LimitAlert]]
    preview: Callable[[str, str, Asked], Awaitable[str]]
