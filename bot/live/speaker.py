"""Who speaks in the local community, as the start message and the page say it."""

from bot.config.model_settings import POINTER
from bot.config.settings import Settings
from bot.explain.words import Words
from bot.write.models.failover import Models


def speaker(models: Models, settings: Settings, words: Words, language: str = "en") -> str:
    """Who speaks, and how good it is; follows "Speaking:"."""
    status = models.speaker("local")
    if status is None:
        return words.say("speaker.pointer" if POINTER in settings.writer else "speaker.none", language)
    key = "speaker.builtin" if status.is_builtin else "speaker.model"
    return words.say(key, language, name=status.name, model=status.model or status.name)


def has_model(models: Models) -> bool:
    """Whether a model speaks that is more than the built-in toy."""
    status = models.speaker("local")
    return status is not None and not status.is_builtin


def advice(models: Models, settings: Settings, words: Words, address: str) -> str:
    """How to get better answers than those of the toy or the pointer, for who has started Cameo; "" with a model."""
    if models.speaker("local") is None and POINTER in settings.writer:
        return words.say("start.points", address=address)
    return "" if has_model(models) else words.say("start.hint")
