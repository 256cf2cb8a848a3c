"""What became of replies: each post that was spoken to is followed until a person answers it, or nobody can tell.

Threads and reply links say who answered a post. In a plain timeline that is inferred, as when Cameo runs
(`bot/decide/answered.py`).
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.decide.posts import Posts
from bot.measure.replay import Considered, Replay
from bot.measure.trial_results import Became
from bot.types import Message, Room

HORIZON = timedelta(hours=24)  # within which a person's message counts as an answer
FOLLOWED = 190  # messages of a plain timeline after which nobody can tell who answered: a few less than the floor keeps
# Likelihood from which a post counts as answered where that is inferred. On annotated chat as many posts count as were
# answered (50 of 351 instead of 57), though not always the same ones.
COUNTS_AS_ANSWERED = 0.25
LOOKED_EVERY = 16  # messages between two looks, because estimating takes long


@dataclass(slots=True)
class PostFollowed:
    """A post whose answer is awaited. `heard` counts the messages of its room since. `answer`: the id of the message
    that most likely answered it, "" if unknown which; None as long as nobody has. `sure` is how likely anybody has, 0
    to 1. `is_over`: that is final."""

    post: Message
    heard: int = 0
    answer: str | None = None
    is_over: bool = False
    sure: float = 0.0

    def look(self, posts: Posts | None) -> None:
        """Takes over what is known of the post by now."""
        found = posts.find(self.post.id) if posts else None
        if posts is None or found is None:
            self.is_over = True
            return
        self.sure = 1.0 if found.is_sure else posts.likelihood(self.post.id) or 0.0
        self.is_over = found.is_sure
        answer = found.answered_by or posts.likeliest_answer(self.post.id)
        # Where no other person has written since, nobody can have answered, however likely that is in such a room.
        self.answer = answer if self.sure >= COUNTS_AS_ANSWERED and (answer or found.is_sure) else None


@dataclass(slots=True)
class SpokenReply:
    """A reply as it was played. `was_answered`: somebody had answered the post when it was said; `before` is what
    was known of that by then. `judged` is what it became if annotated links say so."""

    considered: Considered
    followed: PostFollowed
    was_answered: bool
    judged: Became | None = None
    before: PostFollowed | None = None

    @property
    def counted(self) -> PostFollowed:
        """The look at the post by which the reply is judged."""
        return self.before if self.was_answered and self.before is not None else self.followed

    @property
    def post(self) -> Message:
        return self.followed.post

    @property
    def at(self) -> datetime:
        return self.considered.at

    @property
    def waited(self) -> float:
        """Seconds from the post to the reply."""
        return (self.at - self.post.heard).total_seconds()

    @property
    def became(self) -> Became:
        if self.considered.turn.addressed:
            return "asked"
        if self.judged is not None:
            return self.judged
        if self.was_answered:
            return "late"
        if self.followed.answer is not None:
            return "pre_empted"
        return "helped" if self.followed.is_over else "unknown"


@dataclass(slots=True)
class FollowedReplies:
    """The replies of a replay, and the posts whose answers are awaited. `most`: of more replies, about so many are
    kept, by lot, so that years of history take no more memory than a month."""

    replay: Replay
    horizon: timedelta = HORIZON
    most: int | None = None
    replies: list[SpokenReply] = field(default_factory=list)
    _open: dict[Room, dict[str, PostFollowed]] = field(default_factory=lambda: defaultdict(dict))

    def spoke(self, considered: Considered) -> None:
        """Takes in a turn that ended in a reply."""
        assert considered.trigger is not None
        before = PostFollowed(considered.trigger)
        before.look(self.replay.posts(considered.trigger.room))
        followed = self.follow(considered.trigger)
        self.replies.append(SpokenReply(considered, followed, before.answer is not None, before=before))
        if self.most is not None and len(self.replies) > 2 * self.most:
            kept = sorted(self.replies, key=lambda one: lot_of(one.post.id))[: self.most]
            self.replies = sorted(kept, key=lambda one: one.at)

    def follow(self, post: Message) -> PostFollowed:
        return self._open[post.room].setdefault(post.id, PostFollowed(post))

    def expire(self, message: Message) -> None:
        """Looks for the last time at the posts of the room whose horizon is over; call it before the replay hears the
        message, which may be an answer that came too late to count."""
        self.replay.run_until(message.heard)  # a reply that is due by then is to be followed, too
        open_here = self._open.get(message.thread.room, {})
        for one in [one for one in open_here.values() if message.at - one.post.at > self.horizon]:
            one.look(self.replay.posts(message.thread.room))
            one.is_over = True
            del open_here[one.post.id]

    def hear(self, message: Message) -> None:
        """Looks which posts were answered; call it after the replay has heard the message."""
        open_here = self._open.get(message.thread.room)
        if not open_here:
            return
        posts = self.replay.posts(message.thread.room)
        for one in list(open_here.values()):
            one.heard += 1
            is_last = one.post.thread.root is None and one.heard >= FOLLOWED
            if is_last or one.heard % LOOKED_EVERY == 0:
                one.look(posts)
                one.is_over |= is_last
            if one.is_over:
                del open_here[one.post.id]

    def finish(self) -> None:
        """Looks at all that are still awaited: the record ends before anybody can tell."""
        for room, open_here in self._open.items():
            for one in open_here.values():
                one.look(self.replay.posts(room))


def lot_of(text: str) -> str:
    """The place of an id in an order that nothing else chooses, the same each time."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
