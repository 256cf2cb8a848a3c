"""Which of the messages after a question answer it, and how sure that is: by reply, by thread, or inferred from who
talks with whom. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.decide.links import Timeline, links
from bot.decide.message_facts import MessageFacts, leading_name, said_at, words_of
from bot.decide.signals import asks
from bot.remember.search import Surroundings
from bot.types import Message

BY_REPLY = 0.95
IN_ITS_THREAD = 0.85  # of the first answer in the thread that the question starts; comments also talk to each other
LATER_IN_THREAD = 0.9  # each later comment by others is so much less sure
LEARNT = 0.7  # the room has learnt that this message answered it
LEAST_SURE = 0.15


@dataclass(frozen=True, slots=True)
class Answering:
    """A message that may answer a question, how sure that is (0 to 1), and what was said after it."""

    message: Message
    sure: float
    after: tuple[Message, ...]


def answers(question: Message, around: Surroundings, weights: Mapping[str, float]) -> list[Answering]:
    """The messages by others that may answer the question, the surest first."""
    inferred = dict(_inferred(question, around, weights))
    in_thread = IN_ITS_THREAD
    found = []
    for place, message in enumerate(around.after):
        if message.author.id == question.author.id:
            continue
        sure = max(inferred.get(message.id, 0.0), LEARNT if message.id == around.answered_by else 0.0)
        if message.reply_to == question.id:
            sure = max(sure, BY_REPLY)
        elif message.thread.root is not None and _starts(question, message.thread.root):
            sure, in_thread = max(sure, in_thread), in_thread * LATER_IN_THREAD
        if message.reply_to not in (None, question.id):
            sure *= 0.5
        if sure >= LEAST_SURE:
            found.append(Answering(message, min(1.0, sure), around.after[place + 1 :]))
    return sorted(found, key=lambda one: -one.sure)


def _starts(question: Message, root: str) -> bool:
    return root == question.id or (question.starts_thread and question.thread.root == root)


def _inferred(question: Message, around: Surroundings, weights: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """How likely each later message of the same timeline answers the question itself."""
    same = [one for one in (*around.before, question, *around.after) if one.thread == question.thread]
    names = _ids_by_name(same)
    timeline, place = Timeline(), None
    for message in same:
        facts = _facts(message, names)
        if place is not None:
            yield message.id, dict(links(facts, timeline, weights).to).get(place, 0.0)
        elif message.id == question.id:
            place = timeline.end
        timeline.add(facts)


def _ids_by_name(messages: Iterable[Message]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for message in messages:
        found.setdefault(message.author.name.casefold(), set()).add(message.author.id)
    return found


def _facts(message: Message, names: Mapping[str, set[str]]) -> MessageFacts:
    author = message.author
    named = names.get(leading_name(message.text) or "", set())
    return MessageFacts(
        message.id,
        None,
        author.id,
        author.is_self,
        not (author.is_bot or author.is_self),
        message.reply_to,
        unprompted=False,
        at=said_at(message),
        calls=frozenset({*message.mentions, *named} - {author.id}),
        asks=asks(message.said),
        length=len(message.said),
        words=words_of(message.said),
    )
