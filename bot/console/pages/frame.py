"""The frame of pages in plain HTML, which work without scripts and without NiceGUI."""

from functools import cache
from pathlib import Path

from bot.explain.words import LANGUAGES

FOLDER = Path(__file__).parent
_FRAME = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{more}<title>Cameo</title>
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


def framed(body: str, language: str = "en", refresh_seconds: int = 0) -> str:
    """A complete page around `body` (HTML). The browser reloads it every `refresh_seconds`; 0: never."""
    more = f'<meta http-equiv="refresh" content="{refresh_seconds}">\n' if refresh_seconds else ""
    return _FRAME.format(language=language, more=more, style=_style(), body=body)


def language_of(accepted: str) -> str:
    """The first language of an Accept-Language header that we have, otherwise English."""
    wishes = (wish.partition(";")[0].strip().casefold()[:2] for wish in accepted.split(","))
    return next((wish for wish in wishes if wish in LANGUAGES), "en")
