"""Choices of managers in words: what is in force and where it comes from, and which choice has decided a turn."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from bot.config.choices import MUTE, Chosen, InRoom, Unfit, Value, described, shown
from bot.explain.words import Words


def said(key: str, value: Any, words: Words, language: str = "en") -> str:
    """A key and its value: "share of voice: 0.1"; a mute is one word."""
    label = words.say(f"choice.key.{key}", language)
    if key == MUTE:
        return label
    return words.say("choice.said", language, setting=label, value=shown(value) or words.say("choice.none", language))


def source(
    value: Value, here: InRoom, words: Words, language: str = "en", *, name: str = "", zone: tzinfo = UTC
) -> str:
    """Where a value in force comes from. `name` is who chose it, if the reader may know; `zone` is for the dates."""
    if value.chosen is not None:
        return made(value.chosen, words, language, name=name, zone=zone)
    if value.rule is not None:
        return words.say("choice.from.rule", language, number=value.rule, match=here.base.match)
    return words.say("choice.from.default", language)


def unfit_line(unfit: Unfit, words: Words, language: str = "en", *, name: str = "", zone: tzinfo = UTC) -> str:
    """A choice that is out of force, and why."""
    one = unfit.chosen
    where = made(one, words, language, name=name, zone=zone)
    why = described(unfit.problem) if unfit.problem else words.say(f"choice.refused.{unfit.refused}", language)
    return words.say("choice.unfit", language, said=said(one.key, one.value, words, language), source=where, why=why)


def because(fact: Mapping[str, Mapping[str, Any]], words: Words, language: str = "en") -> Iterator[str]:
    """The choices among the facts of a turn. A choice names who made it if the fact does (`by`)."""
    for key, one in fact.items():
        ends = datetime.fromisoformat(one["until"]) if one.get("until") else None
        at, by = datetime.fromisoformat(one["at"]), one.get("by", "")
        where = _chosen(one["for"] == "room", at, ends, words, language, by, UTC)
        yield words.say("choice.because", language, said=said(key, one["value"], words, language), source=where)


def made(one: Chosen, words: Words, language: str = "en", *, name: str = "", zone: tzinfo = UTC) -> str:
    """For where, when and until when a choice was made; by whom, if the reader may know."""
    return _chosen(bool(one.scope.room), one.at, one.until, words, language, name, zone)


def _chosen(
    for_room: bool, at: datetime, until: datetime | None, words: Words, language: str, name: str, zone: tzinfo
) -> str:
    key = ("room" if for_room else "community") + ("_by" if name else "")
    text = words.say(f"choice.from.{key}", language, name=name, when=date(at, words, language, zone))
    return words.say("choice.from.until", language, source=text, at=clock(until, zone)) if until else text


def date(at: datetime, words: Words, language: str, zone: tzinfo = UTC) -> str:
    """A day as people say it: "on 3 May"."""
    local = at.astimezone(zone)
    return words.say("choice.date", language, day=local.day, month=words.say(f"choice.month.{local.month}", language))


def clock(at: datetime, zone: tzinfo = UTC) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
