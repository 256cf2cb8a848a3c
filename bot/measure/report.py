"""REPORT.html: a replay as one page, in a single file that needs nothing else."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path

from bot.config.room_rule import HOLDING, RoomRule
from bot.explain.words import Words
from bot.measure import charts
from bot.measure.outcomes import RoomOutcomes
from bot.measure.replay import rule_for
from bot.measure.study import Run, Study
from bot.measure.tally import RoomTally
from bot.types import Room, SettingsError

STYLE = Path(__file__).with_name("report.css")
CHARTED_ROOMS = 12  # shown with charts, the largest first
OTHER_ROWS = 200  # rows of the table of the other rooms
POINTS = 10  # a curve of fewer posts says nothing

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
    parts = [_head(found, say_report), _glance(found, say_report)]
    rooms = sorted(found.runs[0].tally.rooms.values(), key=lambda room: (-room.others, room.room))
    parts += [_room(found, room.room, say_report, say) for room in rooms[:CHARTED_ROOMS]]
    parts += [_others(rooms[CHARTED_ROOMS:], say_report), _foot(found, say_report)]
    style = STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{say_report('title')}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{''.join(parts)}</main>\n</body>\n</html>\n"
    )


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
    intro = say("intro", messages=f"{tally.messages:,}", file=found.asked.file.name, settings=" / ".join(_names(found)))
    nothing = "" if tally.messages else f"<p>{say('empty')}</p>"
    return f"<header><h1>{say('title')}</h1>\n<p>{intro}</p>{period}{nothing}</header>\n"


def _names(found: Study) -> list[str]:
    """The name of each run's settings: its file name, or its path where several files share a name."""
    sources = [run.settings.source or Path("config.yaml") for run in found.runs]
    alike = len({source.name for source in sources}) < len(sources)
    return [str(source) if alike else source.name for source in sources]


def _glance(found: Study, say: Say) -> str:
    summaries = [run.summary() for run in found.runs]
    rows = [("considered", [f"{one['considered']:,}" for one in summaries])]
    rows += [("spoken", [f"{one['spoken']:,}" for one in summaries])]
    if "coverage" in summaries[0]:
        for key, name in (
            ("coverage", "coverage"), ("useful", "useful"), ("displacement", "displacement"), ("late", "late"),
            ("open", "displacement_while_open"),
        ):  # fmt: skip
            rows.append((key, [_percent(one[name], say) for one in summaries]))
        holds = [one["median_hold_min"] for one in summaries]
        rows.append(("hold", [say("nothing") if hold is None else say("minutes", count=f"{hold:g}") for hold in holds]))
    rows.append(("cost", [say("usd", usd=f"{one['estimated_cost_usd']:,.2f}") for one in summaries]))
    body = "".join(
        f'<tr><th scope="row">{say(key)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'
        for key, cells in rows
    )
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in _names(found))
    head = f"<thead><tr><th></th>{names}</tr></thead>" if len(found.runs) > 1 else ""
    return f"<section><h2>{say('glance')}</h2><table>{head}<tbody>\n{body}</tbody></table></section>\n"


def _percent(value: float | None, say: Say) -> str:
    return say("nothing") if value is None else f"{value:.0%}"


def _others(rooms: Sequence[RoomTally], say: Say) -> str:
    if not rooms:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(room.name)}</th><td>{room.others:,}</td><td>{room.spoken:,}</td>'
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


# --- one room ------------------------------------------------------------------------------------


def _room(found: Study, room: str, say: Say, say_any: Say) -> str:
    top = max(charts.highest(_columns(run.tally.rooms[room])) for run in found.runs)  # one scale for both sides
    sides = [
        _side(run, room, top, say, say_any, name if len(found.runs) > 1 else "")
        for run, name in zip(found.runs, _names(found), strict=True)
    ]
    name = escape(found.runs[0].tally.rooms[room].name)
    one = "" if len(sides) > 1 else " one"
    return f'<section><h2>{name}</h2>\n<div class="pair{one}">{"".join(sides)}</div></section>\n'


def _side(run: Run, room: str, top: float, say: Say, say_any: Say, name: str) -> str:
    """One policy in one room."""
    tally, place = run.tally.rooms[room], run.outcomes.places[room]
    rule = rule_for(run.settings, Room("replay", "-", tally.room, tally.name))
    minutes = run.replay.hold_minutes(tally.where)
    line = say(
        "room_line", messages=f"{tally.others:,}", spoken=f"{tally.spoken:,}", asked=f"{tally.asked:,}",
        rule=_rule(rule, minutes, say), usd=f"{tally.usd:,.2f}",
    )  # fmt: skip
    title = f"<h3>{escape(name)}</h3>" if name else ""
    summary = f'<p class="soft" style="grid-column:1/-1">{line}</p>'
    when, who = _timeline(tally, top, say), _curve(run, place, rule, minutes, say)
    why, how_much = _silence(tally, say, say_any), _voice(tally, rule, say)
    return f'<div class="charts">{title}{summary}{when}{who}{why}{how_much}</div>\n'


def _rule(rule: RoomRule, minutes: float | None, say: Say) -> str:
    if rule.join != "unanswered" or minutes is None:
        return say(f"rule.{rule.join}", minutes="?")
    return say("rule.unanswered" if rule.hold_minutes is not None else "rule.learnt", minutes=f"{minutes:.3g}")


def _figure(title: str, body: str, note: str = "") -> str:
    caption = f"<figcaption>{note}</figcaption>" if note else ""
    return f"<figure><h3>{title}</h3>{body}{caption}</figure>\n"


def _columns(tally: RoomTally) -> list[dict[str, float]]:
    return tally.over_time.spread(*_span(tally), charts.COLUMNS)


def _timeline(tally: RoomTally, top: float, say: Say) -> str:
    columns = _columns(tally)
    seen = [kind for kind in charts.KINDS if any(column.get(kind) for column in columns)]
    names = charts.legend({kind: say(f"kind.{kind}") for kind in seen})
    plot = charts.timeline(columns, top, *_span(tally), say("timeline"))
    return _figure(say("timeline"), names + plot, say("timeline_note", most=f"{charts.highest(columns):g}"))


def _curve(run: Run, place: RoomOutcomes, rule: RoomRule, minutes: float | None, say: Say) -> str:
    if not run.outcomes.is_judged(place) or place.curve.posts < POINTS:
        return _figure(say("curve"), f'<p class="soft">{say("no_curve")}</p>')
    note, hold = say("curve_note", posts=f"{place.curve.posts:,}"), None
    share = None if minutes is None else place.curve.at(minutes * 60)
    if rule.join in HOLDING and minutes is not None and share is not None:
        hold = minutes * 60, share
        note += " " + say("curve_hold", minutes=f"{minutes:.3g}", share=f"{share:.0%}")
    points = place.curve.still_answered()
    return _figure(say("curve"), charts.curve(points, hold, place.curve.times[-1], say("curve")), note)


def _silence(tally: RoomTally, say: Say, say_any: Say) -> str:
    whole = max(1, tally.silences.total())
    most = max(tally.silences.values(), default=1)
    rows = "".join(
        f"<li><span>{say_any(f'reason.{reason}.manager')}</span><b>{count:,} ({count / whole:.0%})</b>"
        f'<i style="width:{count / most:.1%}"></i></li>'
        for reason, count in tally.silences.most_common()
    )
    return _figure(say("silence"), f'<ul class="reasons">{rows}</ul>')


def _voice(tally: RoomTally, rule: RoomRule, say: Say) -> str:
    begin, end = _span(tally)
    if not tally.loudest:
        return _figure(say("voice"), f'<p class="soft">{say("no_voice")}</p>')
    columns = tally.voice.spread(begin, end, charts.COLUMNS)
    plot = charts.voice(columns, rule.share_of_voice, begin, end, say("voice"))
    return _figure(
        say("voice"), plot, say("voice_note", loudest=f"{tally.loudest:.0%}", cap=f"{rule.share_of_voice:.0%}")
    )


def _span(tally: RoomTally) -> tuple[float, float]:
    """The times of the first and last message, in seconds."""
    begin, end = tally.begin, tally.end
    assert begin and end
    return begin.timestamp(), max(end.timestamp(), begin.timestamp() + 1)
