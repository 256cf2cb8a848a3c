"""Was a post answered by then? What could be known at the time, beside what people found by reading."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.decide.answered import Watch
from bot.decide.links import Links, Timeline
from bot.decide.message_facts import MessageFacts
from bot.decide.signals import kinds
from bot.language.packs import MessageKind, Packs
from tests.train.variants import Variant, Window

LOOKS = (60.0, 120.0, 240.0, 480.0, 900.0)  # seconds after a post; 95 % of the answers come within eight minutes
ASKING = {MessageKind.QUESTION, MessageKind.REQUEST}


@dataclass(frozen=True, slots=True)
class Look:
    """A post, some time later: what is known of it (traits), and whether a person had answered. `is_plain`: without any
    weights it is known that nobody had."""

    traits: tuple[str, ...]
    is_plain: bool
    is_answered: bool


@dataclass(slots=True)
class Post:
    """`answered_at` is in seconds like `said.at`; None if nobody ever answered."""

    said: MessageFacts
    watch: Watch
    answered_at: float | None
    looked: int = 0

    def looks(self, timeline: Timeline, until: float) -> Iterator[Look]:
        """The looks that are due before `until`."""
        while self.looked < len(LOOKS) and self.said.at + LOOKS[self.looked] < until:
            at = self.said.at + LOOKS[self.looked]
            self.looked += 1
            is_answered = self.answered_at is not None and self.answered_at <= at
            yield Look(tuple(self.watch.traits(timeline)), self.watch.is_plain, is_answered)


def looks_at(window: Window, variant: Variant, heard: list[Links], packs: Packs) -> Iterator[Look]:
    """Looks at every post that asks something and calls nobody, until the window ends."""
    asking = {message.id for message in window.messages if kinds(message, packs) & ASKING}
    answered = answers(window, variant)
    timeline, posts = Timeline(), list[Post]()
    for position, (said, linked) in enumerate(zip(variant.said, heard, strict=True)):
        for post in posts:
            yield from post.looks(timeline, said.at)
        posts = [post for post in posts if post.looked < len(LOOKS)]
        for post in posts:
            post.watch.hear(position, said, linked)
        if said.id in window.truth and said.by_person and not said.calls and (said.asks or said.id in asking):
            conversation = window.truth[said.id].conversation
            posts.append(Post(said, Watch.over(position, said, linked), answered[conversation]))
        timeline.add(said)


def answers(window: Window, variant: Variant) -> Mapping[str, float | None]:
    """By conversation, when the first person other than its starter spoke in it. A question asked again in an answered
    conversation counts as answered: a reply of ours would come too late."""
    starters: dict[str, str] = {}
    found: dict[str, float | None] = {}
    for said in variant.said:
        if (truth := window.truth.get(said.id)) is not None:
            starter = starters.setdefault(truth.conversation, said.author)
            at = found.setdefault(truth.conversation, None)
            if at is None and said.author != starter and said.by_person:
                found[truth.conversation] = said.at
    return found
