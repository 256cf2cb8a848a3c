"""Which of the messages after a question answer it, and how sure that is: by reply, by thread, or inferred from who
talks with whom. Pure."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from bot.decide.links import Timeline, links
from bot.decide.message_facts import MessageFacts, leading_name, said_at, words_of
from bot.decide.signals import asks
from bot.language.asking import confirms
from bot.remember.search import Surroundings
from bot.types import Message
from bot.write.pointing.terms import alike, terms

BY_REPLY = 0.95
IN_ITS_THREAD = 0.85  # of the first answer in the thread that the question starts; comments also talk to each other
LATER_IN_THREAD = 0.9  # each later comment by others is so much less sure
LEARNT = 0.7  # the room has learnt that this message answered it
REPLIES_ELSEWHERE = 0.5  # factor for a message that is a reply to another one
LEAST_INFERRED = 0.05  # of a link's likelihood; what is less likely belongs to other talk, whatever its words
LEAST_SURE = 0.3
CROWD_NEAR = 5  # messages on each side of a question: where many talk at once, the next message is rarely the answer
SOON = 12  # messages after an answer in which its asker says that it worked


@dataclass(frozen=True, slots=True)
class Answering:
    """A message that may answer a question, how sure that is (0 to 1), and what was said after it."""

    message: Message
    sure: float
    after: tuple[Message, ...]


def answers(question: Message, around: Surroundings, weights: Mapping[str, float]) -> list[Answering]:
    """The messages by others that may answer the question, the surest first."""
    names = _ids_by_name([*around.before, question, *around.after])
    inferred = dict(_inferred(question, around, weights, names))
    crowd = len({one.author.id for one in (*around.before[-CROWD_NEAR:], question, *around.after[:CROWD_NEAR])})
    in_thread, found = IN_ITS_THREAD, []
    for place, message in enumerate(around.after):
        if message.author.id == question.author.id:
            continue
        answer = Answering(message, inferred.get(message.id, 0.0), around.after[place + 1 :])
        sure = _sureness(question, answer, crowd, names) if answer.sure >= LEAST_INFERRED else 0.0
        if message.id == around.answered_by:
            sure = max(sure, LEARNT)
        if message.reply_to == question.id:
            sure = BY_REPLY
        elif message.reply_to is not None:
            sure *= REPLIES_ELSEWHERE
        if message.thread.root is not None and _starts(question, message.thread.root):
            sure, in_thread = max(sure, in_thread), in_thread * LATER_IN_THREAD
        if sure >= LEAST_SURE:
            found.append(replace(answer, sure=sure))
    return sorted(found, key=lambda one: -one.sure)


def _sureness(question: Message, answer: Answering, crowd: int, names: Mapping[str, set[str]]) -> float:
    """How sure it is that a message belongs to the answer, by the likelihood of its link and by what else shows it.

    A logistic regression over the messages after 1,300 questions, as recorded and re-timed (irc-train without every
    fifth window, and `rhythm.py --seed 1 --calls 0.3`), of which 2,721 of 4,534 belonged to the answer."""
    likely = min(0.99, max(0.01, answer.sure))
    asked, told = terms(question.said), terms(answer.message.said)
    shared = sum(any(alike(term, one) for one in told) for term in asked)
    calls = _calls(answer.message, names)
    score = 1.7 + 0.46 * math.log(likely / (1 - likely)) - 0.27 * crowd
    score += 1.5 * (shared > 0) + 1.0 * (shared > 1) + 1.65 * _is_confirmed(question, answer)
    score += 2.4 if question.author.id in calls else -0.7 * bool(calls)
    return 1 / (1 + math.exp(-score))


def _is_confirmed(question: Message, answer: Answering) -> bool:
    """Whether the asker says soon after that it worked, or thanks, and nobody else for it."""
    later = [one for one in answer.after[:SOON] if one.author.id == question.author.id][:2]
    return any(confirms(one.text) and set(one.mentions) <= {answer.message.author.id} for one in later)


def _starts(question: Message, root: str) -> bool:
    return root == question.id or (question.starts_thread and question.thread.root == root)


def _inferred(
    question: Message, around: Surroundings, weights: Mapping[str, float], names: Mapping[str, set[str]]
) -> Iterator[tuple[str, float]]:
    """How likely each later message of the same timeline answers the question itself."""
    timeline, place = Timeline(), None
    for message in (*around.before, question, *around.after):
        if message.thread != question.thread:
            continue
        facts = _facts(message, _calls(message, names))
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


def _calls(message: Message, names: Mapping[str, set[str]]) -> frozenset[str]:
    """The ids of the people whom a message mentions, or calls by name at its beginning."""
    named = names.get(leading_name(message.text) or "", set())
    return frozenset({*message.mentions, *named} - {message.author.id})


def _facts(message: Message, calls: frozenset[str]) -> MessageFacts:
    author, text = message.author, message.said
    return MessageFacts(
        message.id, None, author.id, author.is_self, not (author.is_bot or author.is_self), message.reply_to,
        unprompted=False, at=said_at(message), calls=calls, asks=asks(text), length=len(text), words=words_of(text),
    )  # fmt: skip
