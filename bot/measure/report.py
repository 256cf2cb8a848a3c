"""REPORT.html: a replay as one page, in a single file that needs nothing else."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path

from bot.explain.words import Words
from bot.measure.moment_html import cards
from bot.measure.report_rooms import names_of, room_section
from bot.measure.study import Study
from bot.measure.tally import RoomTally
from bot.types import SettingsError

STYLE = Path(__file__).with_name("report.css")
CHARTED_ROOMS = 12  # shown with charts, the largest first
OTHER_ROWS = 200  # rows of the table of the other rooms

Say = Callable[..., str]


def write_report(path: Path, found: Study, words: Words, language: str = "en") -> None:
    """Writes the report. Raises SettingsError if the file can't be written."""
    try:
        path.write_text(page(found, words, language), encoding="utf-8")
    except OSError as error:
        raise SettingsError([f"{path}: can't be written ({error.strerror}); name another file"]) from error


def page(found: Study, words: Words, language: str = "en") -> str:
    """The whole report as HTML."""

    def say(key: str, **values: object) -> str:
        return escape(words.say(key, language, **values))

    say_report = partial(_of_report, say)
    rooms = sorted(found.runs[0].tally.rooms.values(), key=lambda room: (-room.others, room.room))
    details = [room_section(found, room.room, say_report, say) for room in rooms[:CHARTED_ROOMS]]
    details += [_others(rooms[CHARTED_ROOMS:], say_report)]
    parts = [_head(found, say_report), _glance(found, say_report, language), _moments(found, say, say_report)]
    if rooms:
        parts += [folded(say_report("details", rooms=f"{len(rooms):,}"), "".join(details))]
    return html_page(say_report("title"), "".join([*parts, _foot(found, say_report)]), language)


def html_page(title: str, body: str, language: str) -> str:
    """A whole page with the style of reports. `title` and `body` are HTML."""
    style = STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def folded(title: str, body: str) -> str:
    return f'<details class="all"><summary>{title}</summary>\n{body}</details>\n'


def _of_report(say: Say, key: str, **values: object) -> str:
    return say(f"report.{key}", **values)


# --- all rooms -----------------------------------------------------------------------------------


def _head(found: Study, say: Say) -> str:
    tally = found.runs[0].tally
    spans = [(room.begin, room.end) for room in tally.rooms.values() if room.begin and room.end]
    period = ""
    if spans:
        begin, end = min(begin for begin, _ in spans), max(end for _, end in spans)
        period = f'<p class="soft">{say("period", begin=f"{begin:%Y-%m-%d}", end=f"{end:%Y-%m-%d}")}</p>'
    intro = say(
        "intro", messages=f"{tally.messages:,}", file=found.asked.file.name, settings=" / ".join(names_of(found))
    )
    nothing = "" if tally.messages else f"<p>{say('empty')}</p>"
    return f"<header><h1>{say('title')}</h1>\n<p>{intro}</p>{period}{nothing}</header>\n"


def _glance(found: Study, say: Say, language: str) -> str:
    summaries = [run.summary() for run in found.runs]
    rows = [("considered", [f"{one['considered']:,}" for one in summaries])]
    rows += [("spoken", [f"{one['spoken'] + one['watched']:,}" for one in summaries])]
    if any(one["watched"] for one in summaries):
        rows.append(("watched", [f"{one['watched']:,}" for one in summaries]))
    if "coverage" in summaries[0]:
        for key, name in (
            ("coverage", "coverage"), ("useful", "useful"), ("displacement", "displacement"), ("late", "late"),
            ("open", "displacement_while_open"),
        ):  # fmt: skip
            rows.append((key, [_percent(one[name], say) for one in summaries]))
        holds = [one["median_hold_min"] for one in summaries]
        rows.append(("hold", [say("nothing") if hold is None else say("minutes", count=f"{hold:g}") for hold in holds]))
    rows.append(("cost", [say("usd", usd=f"{one['estimated_cost_usd']:,.2f}") for one in summaries]))
    hints = "".join(
        f'<p class="soft hint">{escape(hint)}</p>' for hint in found.hints if language == "en"
    )  # as on the terminal
    return f"<section><h2>{say('glance')}</h2>{_figures(rows, names_of(found), say)}{hints}</section>\n"


def _figures(rows: Sequence[tuple[str, Sequence[str]]], names: Sequence[str], say: Say) -> str:
    """The figures of one policy as tiles, those of two as a table."""
    if len(names) == 1:
        tiles = "".join(f"<div><dt>{say(key)}</dt><dd>{cells[0]}</dd></div>" for key, cells in rows)
        return f'<dl class="glance">{tiles}</dl>'
    body = "".join(
        f'<tr><th scope="row">{say(key)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'
        for key, cells in rows
    )
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>\n{body}</tbody></table>"


def _moments(found: Study, say: Say, say_report: Say) -> str:
    """What it would have said to: of each policy, if there are two."""
    tags = names_of(found) if len(found.runs) > 1 else [""]
    body = "".join(cards(moments, say, tag) for moments, tag in zip(found.moments, tags, strict=False))
    if not body:
        body = f"<p>{say_report('no_moments')}</p>"
    note = say_report("moments_apart" if len(found.runs) > 1 else "moments_note")
    return f'<h2 class="part">{say_report("moments")}</h2><p class="soft">{note}</p><div class="moments">{body}</div>\n'


def _percent(value: float | None, say: Say) -> str:
    return say("nothing") if value is None else f"{value:.0%}"


def _others(rooms: Sequence[RoomTally], say: Say) -> str:
    if not rooms:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(room.name)}</th><td>{room.others:,}</td><td>{room.replies:,}</td>'
        f"<td>{room.share_of_voice:.1%}</td></tr>\n"
        for room in rooms[:OTHER_ROWS]
    )
    names = "".join(f'<th scope="col">{say(key)}</th>' for key in ("room", "messages", "spoken", "share"))
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<section><h2>{say('others')}</h2>{table}</section>\n"


def _foot(found: Study, say: Say) -> str:
    text = say(
        "footer", hours=f"{found.asked.horizon_hours:g}", broken=f"{found.history.broken:,}",
        late=f"{found.runs[0].replay.late:,}",
    )  # fmt: skip
    return f'<footer class="soft">{text}</footer>\n'
