"""`cameo why`: everything known about how one message was considered, laid out for a terminal."""

from collections.abc import Iterator

from bot.decide.pseudonyms import is_mark
from bot.explain.chain import AUDIENCES, Line, Tongue, chain, moment, sentence
from bot.explain.terminal import Row, aligned, printable
from bot.explain.words import Words
from bot.remember.lookup import Lookup
from bot.types import Room, State, Turn

ANSWER_MARKS = {True: "✓", False: "✗", None: ""}


def why_lines(trace: Lookup, words: Words, language: str = "en", *, with_text: bool = False) -> list[str]:
    """The lines to print. What members wrote is left out unless `with_text`, because the output may end up in a bug
    report."""
    tongue = Tongue(words, language)
    lines = [*_head(trace, tongue), *_who(trace, tongue, with_text)]
    if trace.turn:
        lines += [*chain(trace.turn, words, language), *_said(trace.turn, tongue, with_text)]
        lines += [Line(tongue.say(f"label.{to}"), sentence(trace.turn, words, to, language)) for to in AUDIENCES]
    else:
        lines.append(Line(tongue.say("label.result"), tongue.say(_no_turn(trace))))
    if trace.thanked:
        lines.append(thanked_line(trace, words, language))
    return list(aligned(Row(line.label, ANSWER_MARKS[line.passed], printable(line.text)) for line in lines))


def thanked_line(trace: Lookup, words: Words, language: str) -> Line:
    """That Cameo has thanked for the message with an emoji."""
    tongue = Tongue(words, language)
    return Line(tongue.say("label.result"), tongue.say("thanked", emoji=trace.thanked))


def _head(trace: Lookup, tongue: Tongue) -> Iterator[Line]:
    label = tongue.say("label.message")
    if trace.is_ours and trace.turn and trace.turn.trigger != trace.turn.id:
        yield Line(label, tongue.say("ours", id=trace.id, trigger=trace.turn.trigger))
    elif trace.is_ours:
        yield Line(label, tongue.say("ours_alone", id=trace.id))
    else:
        yield Line(label, trace.id)


def _who(trace: Lookup, tongue: Tongue, with_text: bool) -> Iterator[Line]:
    trigger = trace.trigger
    thread = trace.turn.thread if trace.turn else trigger.thread if trigger else None
    if thread:
        yield Line(tongue.say("label.where"), place(thread.room, tongue))
        if thread.root:
            yield Line(tongue.say("label.where"), tongue.say("thread", root=thread.root))
    if trigger:
        author = tongue.say("author", name=trigger.author.name, id=trigger.author.id, at=moment(trigger.at))
        yield Line(tongue.say("label.from"), author)
        if with_text:
            yield Line(tongue.say("label.text"), trigger.said)
    elif trace.turn:
        turn, at = trace.turn, moment(trace.turn.at)
        is_known = turn.member and not is_mark(turn.member)
        gone = tongue.say("author_gone", id=turn.member, at=at) if is_known else tongue.say("author_forgotten", at=at)
        yield Line(tongue.say("label.from"), gone)


def place(room: Room, tongue: Tongue) -> str:
    """A room by its names, if it has any, and by its id as a rule in the settings would match it."""
    if not room.name:
        return str(room)
    community = room.community_name or room.community
    return tongue.say("place", room=room.name, community=community, id=room)


def _said(turn: Turn, tongue: Tongue, with_text: bool) -> Iterator[Line]:
    """Words that surely never left are not said."""
    if with_text and turn.state not in (State.WAITING, State.DUE) and (said := turn.text or turn.sign):
        yield Line(tongue.say("label.said"), said)


def _no_turn(trace: Lookup) -> str:
    return "history" if trace.message and trace.message.history else "not_considered"
