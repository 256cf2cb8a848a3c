"""The page of a Cameo without the local community: which platforms are up, and which limits are used up."""

from collections.abc import Mapping, Sequence
from html import escape

from bot.console.pages.frame import framed
from bot.explain.words import Words
from bot.live.limit_alerts import LimitAlert
from bot.types import Status

HOME_REFRESH_SECONDS = 15  # a returning platform is seen soon, and a tab that is left open costs almost nothing


def home_page(
    words: Words,
    language: str,
    health: Mapping[str, Status],
    alerts: Sequence[LimitAlert] = (),
    contact: str | None = None,
    privacy_url: str | None = None,
) -> str:
    """The page as HTML, in `language`."""

    def say(key: str) -> str:
        return escape(words.say(f"home.{key}", language))

    platforms = [_platform(name, status, say(f"status.{status}")) for name, status in health.items()]
    limits = [f"<li>{escape(alert.text)}</li>" for alert in alerts]
    body = [
        f"<h1>{say('title')}</h1>",
        f"<p>{say('platforms' if platforms else 'no_platform')}</p>",
        *(["<ul>", *platforms, "</ul>"] if platforms else []),
        *([f"<h2>{say('limits')}</h2>", "<ul>", *limits, "</ul>"] if limits else []),
        *([f"<p>{escape(words.say('operator.contact', language, contact=contact))}</p>"] if contact else []),
        *([_link(privacy_url, words.say("operator.privacy", language))] if privacy_url else []),
        f'<p><a href="/model">{say("model")}</a></p>',
        f'<p class="last">{_code(say("local"))}</p>',
    ]
    return framed("\n".join(body), language, HOME_REFRESH_SECONDS)


def _platform(name: str, status: Status, text: str) -> str:
    return f'<li class="platform {status}"><strong>{escape(name.title())}</strong><span>{text}</span></li>'


def _link(address: str, text: str) -> str:
    return f'<p><a href="{escape(address)}" rel="noopener noreferrer">{escape(text)}</a></p>'


def _code(text: str) -> str:
    """Turns backticks, which enclose names of settings, into code elements."""
    parts = text.split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
