"""A trial as one page to print or to keep: what is on the page of the console, at one step of the dial."""

from collections.abc import Sequence
from functools import partial
from html import escape

from bot.explain.words import Words
from bot.measure.moment_html import Say, cards, wait_of
from bot.measure.report import folded, html_page
from bot.measure.trial_results import HistoryFound, OpenQuestion, RiskResult, TrialRoom

PRINTED_QUESTIONS = 6  # of those that nobody answered; with these, the moments begin on the first screen
PRINTED_ROOMS = 200


def trial_page(found: HistoryFound, result: RiskResult, words: Words, language: str) -> str:
    """The whole page as HTML, without a script."""

    def say(key: str, **values: object) -> str:
        return escape(words.say(key, language, **values))

    told = partial(_of_trial, say)
    body = [_head(found, result, told), _figures(result, told, say), _questions(found, told)]
    moments = cards(result.moments, say) or f"<p>{say('report.no_moments')}</p>"
    body.append(
        f'<h2 class="part">{say("report.moments")}</h2><p class="soft">{say("report.moments_note")}</p>'
        f'<div class="moments">{moments}</div>\n'
    )
    body.append(folded(told("rooms", count=f"{found.room_count:,}"), _rooms(found.rooms, say)))
    body.append(_foot(found, told, say))
    return html_page(say("report.title"), "".join(body), language)


def _of_trial(say: Say, key: str, **values: object) -> str:
    return say(f"trial.report.{key}", **values)


def _head(found: HistoryFound, result: RiskResult, told: Say) -> str:
    intro = told(
        "intro", messages=f"{found.messages:,}", people=f"{found.people:,}", rooms=f"{found.room_count:,}",
        begin=f"{found.begin:%Y-%m-%d}", end=f"{found.end:%Y-%m-%d}", risk=f"{result.risk:.0%}",
    )  # fmt: skip
    return f"<header><h1>{told('title')}</h1>\n<p>{intro}</p></header>\n"


def _figures(result: RiskResult, told: Say, say: Say) -> str:
    hold = say("report.nothing") if result.hold_minutes is None else wait_of(result.hold_minutes * 60, say)
    figures = [
        ("replies", f"{len(result.replies):,}"),
        ("helped", f"{result.helped:,}"),
        ("pre_empted", f"{result.pre_empted:,}"),
        ("late", f"{result.late:,}"),
        ("unknown", f"{result.unknown:,}"),
        ("share_of_voice", f"{result.share_of_voice:.1%}"),
        ("hold", hold),
        ("cost", say("report.usd", usd=f"{result.usd:,.2f}")),
    ]
    tiles = "".join(f"<div><dt>{told(key)}</dt><dd>{value}</dd></div>" for key, value in figures)
    return f'<section><dl class="glance">{tiles}</dl></section>\n'


def _questions(found: HistoryFound, told: Say) -> str:
    title = told("questions", unanswered=f"{found.unanswered:,}", asked=f"{found.asked:,}")
    rows = "".join(map(_question, found.questions[:PRINTED_QUESTIONS]))
    return f'<section><h2>{title}</h2><ul class="questions">{rows}</ul></section>\n'


def _question(one: OpenQuestion) -> str:
    text = escape(" ".join(one.post.text.split()))
    place = f"#{escape(one.room_name)} {one.post.at:%Y-%m-%d}"
    return f"<li><b>{escape(one.post.name)}</b> {text} <time>{place}</time></li>"


def _rooms(rooms: Sequence[TrialRoom], say: Say) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(room.name)}</th><td>{room.messages:,}</td>'
        f"<td>{say(f'trial.rule.{_rule(room)}', match=room.match)}</td></tr>\n"
        for room in rooms[:PRINTED_ROOMS]
    )
    return f"<table><tbody>{rows}</tbody></table>"


def _rule(room: TrialRoom) -> str:
    """Which sentence of `trial.rule` says how the room was played."""
    return room.join if room.is_own_rule else "assumed" if room.match else "unmatched"


def _foot(found: HistoryFound, told: Say, say: Say) -> str:
    price = found.price
    cost = told(
        "price_assumed" if price.is_default else "price", model=price.model, input=f"{price.input:g}",
        output=f"{price.output:g}",
    )  # fmt: skip
    judged = told("judged", hours=f"{found.horizon_hours:g}", broken=f"{found.broken:,}")
    cut = f" {told('cut')}" if found.is_cut else ""
    return f'<footer class="soft"><p>{judged}{cut}</p><p>{cost}</p><p>{say("trial.how.private")}</p></footer>\n'
