"""The details of a report: each room's charts, for one policy or two side by side."""

from collections.abc import Callable
from html import escape
from pathlib import Path

from bot.config.room_rule import HOLDING, RoomRule
from bot.measure import charts
from bot.measure.outcomes import RoomOutcomes
from bot.measure.replay import rule_for
from bot.measure.study import Run, Study
from bot.measure.tally import RoomTally
from bot.types import Room

POINTS = 10  # a curve of fewer posts says nothing

Say = Callable[..., str]


def names_of(found: Study) -> list[str]:
    """The name of each run's settings: its file name, or its path where several files share a name."""
    sources = [run.settings.source or Path("config.yaml") for run in found.runs]
    alike = len({source.name for source in sources}) < len(sources)
    return [str(source) if alike else source.name for source in sources]


def room_section(found: Study, room: str, say: Say, say_any: Say) -> str:
    """One room as HTML; `say` says the texts of reports, `say_any` any of the catalogue."""
    top = max(charts.highest(_columns(run.tally.rooms[room])) for run in found.runs)  # one scale for both sides
    sides = [
        _side(run, room, top, say, say_any, name if len(found.runs) > 1 else "")
        for run, name in zip(found.runs, names_of(found), strict=True)
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
        "room_line_watched" if tally.watched else "room_line",
        messages=f"{tally.others:,}", spoken=f"{tally.replies:,}", asked=f"{tally.asked:,}",
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
