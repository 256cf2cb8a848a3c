"""Charts as SVG: shapes stretch with the page, while labels are HTML and keep their size."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape

KINDS = ("useful", "displaced", "late", "asked", "unjudged")
COLUMNS = 120  # bars; three screen pixels each on a phone, where a bar is still visible
TICKS = ((60, "1 min"), (600, "10 min"), (3600, "1 h"), (21_600, "6 h"), (86_400, "24 h"), (604_800, "7 d"))


def highest(columns: Sequence[Mapping[str, float]]) -> float:
    """The largest number of our messages in one column."""
    return max((sum(column.get(kind, 0.0) for kind in KINDS) for column in columns), default=0.0)


def timeline(columns: Sequence[Mapping[str, float]], most: float, begin: float, end: float, title: str) -> str:
    """A bar chart of our messages over time, stacked by outcome, on a shade that shows how much people said. `most` is
    the top of the scale; `begin` and `end` are in seconds since 1970."""
    most = most or 1.0
    busiest = max((column.get("others", 0.0) for column in columns), default=0.0) or 1.0
    shapes = [_rect(n, 0, c.get("others", 0.0) / busiest, "people", 1.0) for n, c in enumerate(columns)]
    for number, column in enumerate(columns):
        low = 0.0
        for kind in KINDS:
            if amount := column.get(kind, 0.0):
                shapes.append(_rect(number, low / most, amount / most, kind, 0.8))
                low += amount
    labels = [(1.0, f"{most:g}"), (0.0, "0")]
    return _plot(f"0 0 {len(columns)} 1", shapes, labels, title) + _dates(begin, end)


def voice(columns: Sequence[Mapping[str, float]], cap: float, begin: float, end: float, title: str) -> str:
    """A bar chart of the highest share of voice in each column, with the cap as a line. `begin` and `end` are in
    seconds since 1970."""
    shares = [column.get("share", 0.0) for column in columns]
    top = min(1.0, max(1.25 * cap, *shares, 0.1))
    shapes = [_rect(number, 0, share / top, "share", 0.8) for number, share in enumerate(shares) if share]
    shapes.append(f'<path class="cap" d="M0 {1 - cap / top:.4f}H{len(columns)}"/>')
    labels = [(cap / top, f"{cap:.0%}"), (0.0, "0")]
    return _plot(f"0 0 {len(columns)} 1", shapes, labels, title) + _dates(begin, end)


def curve(points: Sequence[tuple[float, float]], hold: tuple[float, float] | None, horizon: float, title: str) -> str:
    """A line chart of the share of unanswered posts that still get an answer, over logarithmic time up to `horizon`
    seconds. `hold` (seconds, share) is marked."""
    first = points[0][0]
    width = math.log(horizon / first) or 1.0

    def across(seconds: float) -> float:
        return min(1.0, max(0.0, math.log(max(seconds, first) / first) / width))

    path = "L".join(f"{across(time):.4f} {1 - share:.4f}" for time, share in points)
    shapes = [f'<path class="curve" d="M{path}"/>']
    dot = ""
    if hold:
        x, y = across(hold[0]), 1 - hold[1]
        shapes.append(f'<path class="mark" d="M{x:.4f} 0V1"/>')
        dot = f'<span class="dot" style="left:{x:.2%};top:{y:.2%}"></span>'
    labels = [(1.0, "100%"), (0.5, "50%"), (0.0, "0")]
    shown = [(0.0, _span(first)), *((across(at), text) for at, text in TICKS if first < at < 0.9 * horizon)]
    return _plot("0 0 1 1", shapes, labels, title, dot) + _below([*_apart(shown), (1.0, _span(horizon))])


def legend(names: Mapping[str, str]) -> str:
    spans = "".join(f'<span class="{kind}">{escape(name)}</span>' for kind, name in names.items())
    return f'<div class="legend">{spans}</div>'


def _rect(column: int, low: float, height: float, kind: str, width: float) -> str:
    if height <= 0:
        return ""
    return f'<rect class="{kind}" x="{column}" y="{1 - low - height:.4f}" width="{width}" height="{height:.4f}"/>'


def _plot(box: str, shapes: Sequence[str], labels: Sequence[tuple[float, str]], title: str, over: str = "") -> str:
    lines = "".join(
        f'<div class="grid" style="top:{1 - at:.1%}"></div><span class="y" style="top:{1 - at:.1%}">{text}</span>'
        for at, text in labels
    )
    drawn = f'<svg viewBox="{box}" preserveAspectRatio="none" role="img" aria-label="{escape(title)}">'
    return f'<div class="plot">{lines}{drawn}{"".join(shapes)}</svg>{over}</div>'


def _dates(begin: float, end: float) -> str:
    moments = [datetime.fromtimestamp(moment, UTC) for moment in (begin, end)]
    form = "%Y-%m-%d" if end - begin > 2 * 86_400 else "%Y-%m-%d %H:%M"
    return _below([(0.0, moments[0].strftime(form)), (1.0, moments[1].strftime(form))])


def _below(labels: Sequence[tuple[float, str]]) -> str:
    return '<div class="x">' + "".join(f'<span style="left:{at:.1%}">{text}</span>' for at, text in labels) + "</div>"


def _apart(labels: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    """The labels without those that would overlap the one before, or the last one, on a narrow screen."""
    kept: list[tuple[float, str]] = []
    for at, text in labels:
        if not kept or (at - kept[-1][0] > 0.13 and at < 0.86):
            kept.append((at, text))
    return kept


def _span(seconds: float) -> str:
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:g} {name}" if unit != 86_400 or seconds > unit else "24 h"
    return f"{seconds:g} s"
