"""What no draft may say, whatever the model and the persona: a floor by rule, by name. Pure.

harmful   incitement to self-harm or violence, sexual content near words for minors
secret    a key or token by its form, or one of our own configured secrets
prompt    our own instructions, repeated
"""

from dataclasses import dataclass, field
from functools import lru_cache

from bot.config.settings import Settings
from bot.config.shapes import secrets_of
from bot.language.harm import Harms, harm
from bot.write.leaks import (
    PROMPT_WINDOW,
    Fingerprint,
    fingerprint,
    leaks_key,
    repeats_prompt,
    repeats_secret,
    secret_prints,
)
from bot.write.persona import Persona
from bot.write.prompt_texts import confidential

HARMFUL, SECRET, PROMPT = "harmful", "secret", "prompt"


@dataclass(frozen=True, slots=True)
class Forbidden:
    """The rules: harms by language, and the fingerprints of configured secrets."""

    harms: Harms = field(default_factory=dict)
    secrets: tuple[Fingerprint, ...] = ()

    def leaks(self, text: str) -> bool:
        """Whether the text holds a key, a token or one of our secrets."""
        return leaks_key(text) or repeats_secret(text, self.secrets)

    def rule(self, text: str, persona: Persona) -> str | None:
        """The name of the rule that forbids the text; None if none does."""
        if self.leaks(text):
            return SECRET
        if repeats_prompt(text, prompt_print(persona)):
            return PROMPT
        return HARMFUL if harm(text, self.harms) else None


BY_FORM = Forbidden()
"""The rules that need no data: keys by their form, and the persona's own prompt."""


@lru_cache(maxsize=64)  # personas in force; each takes a millisecond
def prompt_print(persona: Persona) -> Fingerprint:
    """The fingerprint of what a persona's prompts say and members should not read."""
    return fingerprint(confidential(persona), PROMPT_WINDOW)


def forbidden_with(harms: Harms, settings: Settings) -> Forbidden:
    """The rules for the settings in force."""
    return Forbidden(harms, secret_prints(secrets_of(settings)))
