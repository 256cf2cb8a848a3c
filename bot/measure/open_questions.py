"""Questions of people that nobody answered: the strongest argument that a community has for a supporting character."""

from collections import defaultdict
from collections.abc import Sequence

from bot.decide.message_facts import asks_again, words_of
from bot.decide.reference import Reference
from bot.decide.signals import LONGEST_ALONE, asks, kinds
from bot.language.packs import MessageKind
from bot.measure.followed import FollowedReplies, PostFollowed
from bot.measure.replay import Replay
from bot.measure.shown import room_name, shown
from bot.measure.trial_results import OpenQuestion
from bot.types import Message

MOST_QUESTIONS = 50  # more are not read at a sitting; all are counted
ASKING = frozenset({MessageKind.QUESTION, MessageKind.REQUEST})
# Painful, meant for moderators or bots, or no question that wants an answer ("haha, right?").
NOT_MEANT = frozenset({
    MessageKind.DISTRESS, MessageKind.MODERATION, MessageKind.COMMAND, MessageKind.SMALL_TALK, MessageKind.THANKS,
})  # fmt: skip
LEAST_WORDS = 4  # "really?", "why not?", "you know?" are rhetorical, or can't be understood alone
LEAST_BYTES = 18  # the same for languages without spaces: six Chinese signs
PLAIN_CHARACTERS = 400  # the longest question that is understood at a glance; longer ones come last


class QuestionsHeard:
    """Collects the questions of a replay: posts (so no words to another person) that ask something. Give it to
    `RiskRun.play`."""

    def __init__(self, reference: Reference):
        self._packs = reference.packs
        self._asked: list[PostFollowed] = []
        self._settled: set[str] = set()
        self._latest: dict[tuple[str, str], PostFollowed] = {}
        self._names: dict[str, set[str]] = defaultdict(set)

    def __call__(self, message: Message, replay: Replay, followed: FollowedReplies) -> None:
        author = message.author
        if author.is_bot or author.is_self:
            return
        self._names[message.room.id].add(author.name.casefold())
        before = self._latest.get((message.room.id, author.id))
        posts = replay.posts(message.thread.room)
        post = posts.find(message.id) if posts else None
        if post is not None and post.counts and self._is_question(message):
            self._hear(followed.follow(message), before)
        elif before is not None and self._is_thanks(message):
            self._settled.add(before.post.id)  # "got it, thanks": somebody, or something, has helped

    def _hear(self, one: PostFollowed, before: PostFollowed | None) -> None:
        """Of a question that is asked again, the last one counts."""
        if before is not None and asks_again(words_of(one.post.said), words_of(before.post.said)):
            self._settled.add(before.post.id)
        self._asked.append(one)
        self._latest[one.post.room.id, one.post.author.id] = one

    def _is_thanks(self, message: Message) -> bool:
        """Whether the message is hardly more than thanks, or that it works now; longer ones are not read."""
        return len(message.text) <= LONGEST_ALONE and MessageKind.THANKS in kinds(message, self._packs)

    def _is_question(self, message: Message) -> bool:
        text = message.said
        if len(text.split()) < LEAST_WORDS and (text.isascii() or len(text.encode()) < LEAST_BYTES):
            return False
        last = text.rstrip("?!.,… ").rpartition(" ")[2].casefold()
        if last in self._names[message.room.id]:
            return False  # "what's up, Ana?"
        found = kinds(message, self._packs)
        return bool(found & ASKING or asks(text)) and not found & NOT_MEANT

    @property
    def asked(self) -> int:
        """Questions whose outcome is known: those that the record follows long enough."""
        return sum(one.is_over or one.answer is not None for one in self._asked)

    def unanswered(self) -> list[Message]:
        """The questions without an answer, oldest first."""
        return [
            one.post for one in self._asked if one.is_over and one.answer is None and one.post.id not in self._settled
        ]


def best(questions: Sequence[Message]) -> tuple[OpenQuestion, ...]:
    """The newest questions that are understood at a glance, then the newest of the others."""
    newest = sorted(questions, key=lambda one: (len(one.said) <= PLAIN_CHARACTERS, one.at), reverse=True)
    chosen = newest[:MOST_QUESTIONS]
    return tuple(OpenQuestion(one.room.id, room_name(one.room), shown(one)) for one in chosen)
