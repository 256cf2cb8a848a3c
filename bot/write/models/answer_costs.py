"""What answers cost, as `check` prints it."""

from bot.config.settings import Settings
from bot.write.models.failover import USUAL_INPUT, USUAL_OUTPUT, usual_usd

MANY = 100  # answers: what a lively room asks for in a day or two


def costs_line(settings: Settings) -> str | None:
    """US dollars for MANY usual answers by each model of `writer` with a price, in order; None if none has one. What a
    model thinks before it answers is left out: only a request tells how much that is."""
    models = (settings.models[name] for name in settings.writer if name in settings.models)
    told = [f"{model.name} ${MANY * usd:.2g}" for model in models if (usd := usual_usd(model))]
    size = f"{USUAL_INPUT:,} tokens read and {USUAL_OUTPUT} written each"
    return f"a hundred answers cost about: {', '.join(told)} ({size}; thoughts come on top)" if told else None
