"""The frame of pages in plain HTML, which work without scripts and without NiceGUI."""

from functools import cache
from html import escape
from pathlib import Path

from bot.explain.words import LANGUAGES

FOLDER = Path(__file__).parent
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#9a4a2f"/>'
    '<path d="M21 12.2a6 6 0 1 0 0 7.6" fill="none" stroke="#fffefb" stroke-width="3.4" stroke-linecap="round"/></svg>'
)
_FRAME = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{more}<title>{title}</title>
<style>
{style}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


@cache
def theme() -> str:
    """The colours of every page, as CSS."""
    return (FOLDER / "theme.css").read_text(encoding="utf-8")


@cache
def _style() -> str:
    return theme() + (FOLDER / "plain.css").read_text(encoding="utf-8")


# Only what has changed is replaced: a reload would take the focus, and is read out anew.
_REFRESHING = """<script>
setInterval(async () => {{
  const text = await (await fetch(location)).text();
  const next = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  const main = document.querySelector("main");
  if (next && next.innerHTML !== main.innerHTML) main.innerHTML = next.innerHTML;
}}, {seconds} * 1000);
</script>
<noscript><meta http-equiv="refresh" content="{seconds}"></noscript>
"""


def framed(
    body: str, language: str = "en", refresh_seconds: int = 0, *, title: str = "Cameo", style: str | None = None
) -> str:
    """A complete page around `body` (HTML). The browser reads it again every `refresh_seconds`; 0: never. `style` is
    CSS in place of that of a card in the middle."""
    more = _REFRESHING.format(seconds=refresh_seconds) if refresh_seconds else ""
    css = _style() if style is None else theme() + style
    return _FRAME.format(language=language, more=more, title=escape(title), style=css, body=body)


def language_of(accepted: str) -> str:
    """The first language of an Accept-Language header that we have, otherwise English."""
    wishes = (wish.partition(";")[0].strip().casefold()[:2] for wish in accepted.split(","))
    return next((wish for wish in wishes if wish in LANGUAGES), "en")
