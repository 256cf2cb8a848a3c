"""Searches a room's past for what answers a question: the answers to earlier questions like it, and statements."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from bot.decide.reference import Reference
from bot.decide.signals import kinds
from bot.language.asking import QuestionKind, asked_for, contradicts
from bot.language.packs import MessageKind
from bot.remember.memory import Memory
from bot.remember.search import Found, Surroundings
from bot.remember.visibility import Viewer
from bot.types import Message
from bot.write.pointing.answers import answers
from bot.write.pointing.choice import Candidate, is_outdated, ranked, repeats
from bot.write.pointing.likeness import Likeness, Rarity, likeness
from bot.write.pointing.quotable import may_be_repeated, tells_secret
from bot.write.pointing.scores import answer_score, question_score, statement_score
from bot.write.pointing.terms import asked_terms, terms
from bot.write.pointing.usable import Usable

SEARCHED = 40  # messages that full text gives: the best by its order are rarely the best by ours
LOOKED_AT = 4  # statements, and answered questions, around which is looked; each takes about 3 ms
UNANSWERED = 16  # questions around which is looked before it gives up: many may have asked the same in vain
BEFORE, AFTER = 20, 40  # messages around an earlier question; nine of ten first answers are among them
SPOKEN_AGAINST = 4  # messages after an answer: it is contradicted there, if at all
THREAD_READ = 30  # messages of a thread that are read for what hurts
QUESTIONS = frozenset((MessageKind.QUESTION, MessageKind.REQUEST))


@dataclass(frozen=True, slots=True)
class PastQuery:
    """A question: its words, who asks, and for whom the past is read."""

    text: str
    trigger: Message
    viewer: Viewer
    usable: Usable

    @property
    def kind(self) -> QuestionKind:
        return asked_for(self.text)

    def may_show(self, message: Message) -> bool:
        """Whether a message may be pointed at: a person's, not the asker's, not in the thread where is asked."""
        thread = self.trigger.thread
        is_here = thread.root is not None and message.thread == thread
        is_own = message.author.id == self.trigger.author.id
        if is_here or is_own or message.id == self.trigger.id or tells_secret(self.text, message.said):
            return False
        return self.usable.may_be_quoted(message)


class PastSearch:
    def __init__(self, memory: Memory, reference: Reference):
        self._memory, self._reference = memory, reference

    async def candidates(self, query: PastQuery, least: float) -> list[Candidate]:
        """The messages that answer by a score of at least `least`, the best first. Raises StoreError."""
        forms, asked = terms(query.text), asked_terms(query.text)
        found = await self._memory.similar(
            query.viewer, query.text, list(forms.values()), limit=SEARCHED, exclude={query.trigger.id}
        )
        rarity = self._rarity(forms, found, query.text)
        judged = [(likeness(asked, asked_terms(one.said), rarity), one) for one in found.messages]
        candidates = [*await self._answered(query, judged, least), *await self._stated(query, judged, least)]
        told = [one for one in found.messages if query.usable.is_person(one.author) and not self.asks(one)]
        good = (one for one in candidates if one.score >= least)
        return ranked(one for one in good if not is_outdated(query.text, one.message, told, rarity))

    def asks(self, message: Message) -> bool:
        return bool(kinds(message, self._reference.packs) & QUESTIONS)

    async def _answered(
        self, query: PastQuery, judged: Iterable[tuple[Likeness, Message]], least: float
    ) -> list[Candidate]:
        """Answers to earlier questions like this one."""
        kind = query.kind
        scored = ((question_score(like, kind, asked_for(one.said)), one) for like, one in judged if self.asks(one))
        candidates: list[Candidate] = []
        answered = 0
        for score, question in _best(scored, least, UNANSWERED):
            if answered == LOOKED_AT:
                break
            if not query.usable.is_person(question.author) or query.usable.hurts(question):
                continue
            if not may_be_repeated(question.said):
                continue
            around = await self._memory.around(query.viewer, question, before=BEFORE, after=AFTER)
            if await self._hurts(query, question, around):
                continue
            before = len(candidates)
            for one in answers(question, around, self._reference.weights):
                fits = score * answer_score(kind, one.message.said, one.sure)
                if fits >= least and query.may_show(one.message) and not _is_contradicted(one.message, one.after):
                    candidates.append(Candidate(one.message, fits, question.id))
            answered += len(candidates) > before
        return candidates

    async def _stated(
        self, query: PastQuery, judged: Iterable[tuple[Likeness, Message]], least: float
    ) -> list[Candidate]:
        """What answers by itself."""
        kind = query.kind
        scored = ((statement_score(like, kind, one.said), one) for like, one in judged if not self.asks(one))
        candidates = []
        for score, message in _best(scored, least, LOOKED_AT):
            if not query.may_show(message):
                continue
            around = await self._memory.around(query.viewer, message, before=SPOKEN_AGAINST, after=SPOKEN_AGAINST)
            if not (await self._hurts(query, message, around) or _is_contradicted(message, around.after)):
                candidates.append(Candidate(message, score, message.id))
        return candidates

    async def _hurts(self, query: PastQuery, message: Message, around: Surroundings) -> bool:
        """Whether something painful stands beside the message, or anywhere in its thread."""
        near = [*around.before[-SPOKEN_AGAINST:], *around.after[:SPOKEN_AGAINST]]
        if message.thread.root is not None:
            near += await self._memory.thread(query.viewer, message.thread, THREAD_READ)
        return any(map(query.usable.hurts, near))

    def _rarity(self, forms: Mapping[str, str], found: Found, asked: str) -> Rarity:
        """Neither earlier askings of the same question nor what we have said make its words common."""
        echoes = [one for one in found.messages if one.author.is_self or repeats(asked, one)]
        held = Counter(term for one in echoes for term in terms(one.said))
        holding = {term: max(0, found.holding.get(form, 0) - held[term]) for term, form in forms.items()}
        said = found.said - len(echoes)
        return Rarity(holding, said, {term for term, form in forms.items() if form in self._common})

    @cached_property
    def _common(self) -> frozenset[str]:
        return frozenset().union(*(pack.words for some in self._reference.packs.values() for pack in some))


def _best(scored: Iterable[tuple[float, Message]], least: float, most: int) -> Sequence[tuple[float, Message]]:
    """The best first; of equally good ones, the oldest: the first asking of a question is answered, if any is."""
    good = [pair for pair in scored if pair[0] >= least]
    return sorted(good, key=lambda pair: (-pair[0], pair[1].at))[:most]


def _is_contradicted(message: Message, after: Sequence[Message]) -> bool:
    """Whether somebody says right after a message, or in reply to it, that it is wrong."""
    near = [one for one in after[:SPOKEN_AGAINST] if one.reply_to is None]
    replies = [one for one in after if one.reply_to == message.id]
    return any(contradicts(one.text) for one in (*near, *replies))
