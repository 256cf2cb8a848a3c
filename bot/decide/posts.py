"""The posts of a room that may want an answer, and whether a person has answered them.

In threads and reply chains that is known; in a plain timeline it is inferred (see `answered.py`). Each answer also
counts in the room's and the community's answer times, from which the hold is learnt.
"""

from collections import OrderedDict
from dataclasses import replace

from bot.decide.activity import Activity
from bot.decide.answer_times import AnswerTimes
from bot.decide.answered import Watch, likelihood
from bot.decide.links import LOOK_BACK, Links, Timeline
from bot.decide.message_facts import MessageFacts
from bot.decide.reference import Reference
from bot.types import record

POSTS_KEPT = 500  # nobody waits for an older one in a room with so many posts since
OPENS_FROM = 0.5  # likelihood from which a message counts as opening a conversation
USUAL = 0.25  # the displacement risk for which `OPENS_FROM` and `Reference.answered` were chosen
SURE = 0.9  # likelihood from which a post in a plain timeline counts as answered for good


@record
class Post:
    """One post.

    `root` is the thread that it starts, None in a plain timeline. `at` is in seconds; `waited` are the worked seconds
    until a person answered, as far as we can tell, None if nobody has; `is_sure`: the answer is certain. `counts`: the
    hold is learnt from this post too.
    """

    id: str
    author: str
    root: str | None
    at: float
    counts: bool = True
    waited: float | None = None
    answered_by: str = ""
    is_sure: bool = False


class Posts:
    """The posts of one room. `community` holds the answer times of all its rooms; `keeps`: changes are collected for a
    store."""

    def __init__(
        self,
        room: str,
        timeline: Timeline,
        activity: Activity,
        community: AnswerTimes,
        reference: Reference,
        *,
        keeps: bool,
    ):
        self._room, self._keeps, self._reference = room, keeps, reference
        self._timeline, self._activity = timeline, activity
        self._posts: OrderedDict[str, Post] = OrderedDict()
        self._by_root: dict[str, str] = {}
        self._watches: OrderedDict[str, tuple[int, Watch]] = OrderedDict()
        self._changed: dict[str, Post] = {}
        self.here, self.community = AnswerTimes(), community

    def restore(self, post: Post) -> None:
        """Restores a stored post. Call it in order, oldest first, before the last messages are folded."""
        self._keep(post)
        if post.counts:
            self.here.ask(post.id, post.at)
            if post.waited is not None:
                self.here.answer(post.id, post.waited)

    def changes(self) -> list[Post]:
        """New and newly answered posts since the last call, for the store."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    # --- taking in messages ----------------------------------------------------------------------

    def open(self, said: MessageFacts, position: int | None, links: Links) -> None:
        """Adds a message that may want an answer; `position` is its place in the plain timeline, None in a thread."""
        # A message that continues a conversation is answered sooner than one that opens one; the hold is meant for the
        # latter.
        post = Post(said.id, said.author, said.root, said.at, counts=links.opens >= OPENS_FROM)
        self._keep(post)
        self._change(post)
        if post.counts:
            self.here.ask(post.id, post.at)
            self.community.ask(post.id, post.at, self._room)
        if position is not None:
            self._watches[said.id] = position, Watch.over(position, said, links)

    def hear(self, said: MessageFacts, position: int | None, links: Links) -> list[str]:
        """The posts that this message answers for certain, oldest first. `said` must not be in the timeline yet."""
        known = self._known(said)
        for key in known:
            self._answer(self._posts[key], said, is_sure=True)
        if position is not None and self._watches:
            known += self._overhear(said, position, links)
        return known

    def hear_again(self, said: MessageFacts, position: int, links: Links) -> None:
        """Restores the watches after a restart. The answers that this message gave are in the store already."""
        self._drop_lost(position)
        for _, watch in self._watches.values():
            watch.hear(position, said, links)
        post = self._posts.get(said.id)
        if post is not None and not post.is_sure:
            self._watches[said.id] = position, Watch.over(position, said, links)

    def forget(self, message_id: str) -> None:
        """Removes a deleted post; nothing is learnt from it any more."""
        post = self._posts.pop(message_id, None)
        if post is not None and post.root is not None:
            self._by_root.pop(post.root, None)
        self._watches.pop(message_id, None)
        self.here.forget(message_id)
        self.community.forget(message_id)

    # --- queries ---------------------------------------------------------------------------------

    def find(self, post_id: str) -> Post | None:
        """The post; None if the message is none, or is no longer kept."""
        return self._posts.get(post_id)

    def answered_by(self, post_id: str, risk: float = USUAL) -> str | None:
        """The id of the message that answered a post, "" if unknown which; None if nobody has answered, as far as we
        can tell.

        A room that accepts twice the `risk` that a person would still have answered also accepts twice the doubt
        whether one has: with this rule, on annotated chat, the share of our words on posts that people answer sooner or
        later does not grow.
        """
        post = self._posts.get(post_id)
        least = min(SURE, self._reference.answered * risk / USUAL)
        if post is None or not (post.is_sure or (self.likelihood(post_id) or 0.0) >= least):
            return None
        return post.answered_by

    def opens(self, post_id: str, risk: float = USUAL) -> bool:
        """Whether a post opens a conversation of its own, as far as we can tell. At twice the usual `risk` half the
        likelihood is enough, while the post is watched."""
        post, watched = self._posts.get(post_id), self._watches.get(post_id)
        likely = watched is not None and watched[1].opens >= OPENS_FROM * USUAL / risk
        return post is not None and (post.counts or likely)

    def is_lost(self, post_id: str, in_timeline: bool) -> bool:
        """Whether so much was said since that nobody can tell whether the post was answered."""
        post = self._posts.get(post_id)
        return post is None or (in_timeline and not post.is_sure and post_id not in self._watches)

    def likelihood(self, post_id: str) -> float | None:
        """How likely a post in a plain timeline was answered, 0 to 1; None if that is known, or the post is no longer
        watched."""
        watched = self._watches.get(post_id)
        return None if watched is None else likelihood(watched[1], self._timeline, self._reference.weights)

    def likeliest_answer(self, post_id: str) -> str:
        """The id of the message that most likely answered a watched post: the one that most likely belongs to its
        conversation, else the first that calls its author, else the first by another person; "" if there is none."""
        position, watch = self._watches.get(post_id, (0, None))
        if watch is None:
            return ""
        later = [(at, said) for at, said in self._timeline.latest() if at > position]
        others = [(at, said) for at, said in reversed(later) if said.by_person and said.author != watch.author]
        belongs = [(watch.belongs[at], said.id) for at, said in others if at in watch.belongs]
        if belongs:
            return max(belongs)[1]
        calling = [said.id for _, said in others if watch.author in said.calls]
        return next(iter([*calling, *(said.id for _, said in others)]), "")

    # --- inside --------------------------------------------------------------------------------

    def _keep(self, post: Post) -> None:
        self._posts[post.id] = post
        if post.root is not None:
            self._by_root[post.root] = post.id
        if len(self._posts) > POSTS_KEPT:
            _, oldest = self._posts.popitem(last=False)
            self._watches.pop(oldest.id, None)
            if oldest.root is not None and self._by_root.get(oldest.root) == oldest.id:
                del self._by_root[oldest.root]

    def _known(self, said: MessageFacts) -> list[str]:
        """The posts that a message answers for certain. Some platforms name a thread after its first message."""
        if not said.by_person:
            return []
        root = said.root or ""
        posts = filter(None, map(self._posts.get, (said.reply_to or "", root, self._by_root.get(root, ""))))
        return list({post.id: None for post in posts if not post.is_sure and post.author != said.author})

    def _overhear(self, said: MessageFacts, position: int, links: Links) -> list[str]:
        self._drop_lost(position)
        sure = []
        for key, (_, watch) in self._watches.items():
            if not watch.hear(position, said, links):
                continue
            answered = likelihood(watch, self._timeline, self._reference.weights)
            post = self._posts[key]
            if answered >= SURE:
                sure.append(key)
            elif answered >= self._reference.answered and post.waited is None:
                self._answer(post, said, is_sure=False)
        for key in sure:
            self._answer(self._posts[key], said, is_sure=True)
        return sure

    def _drop_lost(self, position: int) -> None:
        while self._watches and position - next(iter(self._watches.values()))[0] > LOOK_BACK:
            self._watches.popitem(last=False)

    def _change(self, post: Post) -> None:
        if self._keeps:
            self._changed[post.id] = post

    def _answer(self, post: Post, said: MessageFacts, *, is_sure: bool) -> None:
        waited, by = post.waited, post.answered_by
        if waited is None:
            waited, by = self._activity.worked(post.at, said.at), said.id
            if post.counts:
                self.here.answer(post.id, waited)
                self.community.answer(post.id, waited)
        self._posts[post.id] = answered = replace(post, waited=waited, answered_by=by, is_sure=is_sure)
        self._change(answered)
        if is_sure:
            self._watches.pop(post.id, None)
