"""Texts about time: as they are when they are drawn. `clock.js` keeps them right from then on, in the browser."""

import json
import math
from datetime import datetime
from pathlib import Path

from nicegui import ui

from adapters.local.page.visit import Say

CODE = Path(__file__).with_name("clock.js")
AGES = ("now", "minutes", "hours", "days")  # under page.ago in the catalogue
UNITS = ("seconds", "minutes", "hours")  # under page.left


def add_clock(say: Say, language: str) -> None:
    """Puts the clock and its words into the page that is being built."""
    words = {key: say(f"page.ago.{key}", language, count="{count}") for key in AGES}
    words |= {f"left_{key}": say(f"page.left.{key}", language, count="{count}") for key in UNITS}
    begin = f"cameoClock.begin({json.dumps(words)}, {json.dumps(language)})"
    ui.add_head_html(f"<script>{CODE.read_text(encoding='utf-8')}\n{begin}</script>")


def setting(now: datetime) -> str:
    """JavaScript that sets the clock: the reader's may be wrong."""
    return f"cameoClock.set({now.timestamp() * 1000:.0f})"


def left(until: datetime, now: datetime) -> tuple[str, int]:
    """The unit and the number of a length of time that is left, as `clock.js` has them."""
    return length((until - now).total_seconds())


def length(exact: float) -> tuple[str, int]:
    """The unit and the number of a length of time in seconds."""
    seconds = max(0, math.ceil(exact))
    if seconds <= 120:
        return "seconds", seconds
    return ("minutes", math.ceil(seconds / 60)) if seconds <= 7200 else ("hours", math.ceil(seconds / 3600))
