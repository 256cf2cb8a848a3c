"""Twelve scenes in which Cameo writes: data only. Each ends with the message that it writes about.

`@{name}` in a text stands for the persona that is called. Times are seconds, before the last message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.types import Message, Part, PartKind, Room, RoomNotes
from bot.types import Pinned as PinnedMessage
from tests.fakes.talk import US, comment, line, post

BREAD = Room("local", "home", "bread", "bread", "Harbour")
ABOUT = "A beginners' bread room, dry humour, no politics."
NOTES = RoomNotes("Bread and what goes with it", (PinnedMessage("rules", "Ines", "Ask anything. Photos help."),))
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True)
class Scene:
    """`said` are the messages, oldest first; `rule` the keys of the room's rule; `wait` how many seconds pass before
    the turn is due. `image` is the id of a message whose first part is a picture; `sees` whether the model has eyes.
    `language` is that of the last message. `passes`: to say nothing would be right, too."""

    name: str
    title: str
    said: Callable[[], tuple[Message, ...]]
    rule: Mapping[str, Any] = field(default_factory=dict, hash=False)
    wait: float = 5.0
    image: str = ""
    sees: bool = False
    language: str = "en"
    passes: bool = False


def _called_in_a_thread() -> tuple[Message, ...]:
    return (
        post("a1", "Ana", "My sourdough came out flat again. Third time now.", -2 * HOUR, BREAD),
        comment("a2", "a1", "Tomasz", "Same flour as last time?", -2 * HOUR + 9 * MINUTE, BREAD),
        comment("a3", "a1", "Ana", "Yes, strong white, 75 % water. The crumb is gummy, too.", -HOUR, BREAD),
        comment("a4", "a1", "Ines", "I'd look at the starter before the flour.", -20 * MINUTE, BREAD),
        comment("a5", "a1", "Ana", "@{name} how would I know whether it's the starter?", 0, BREAD),
    )


def _unanswered() -> tuple[Message, ...]:
    return (
        post("b0", "Femi", "Friday pizza went well, thanks all.", -5 * HOUR, BREAD),
        post("b1", "Lin", "Can I leave shaped rye in the fridge for two days, or does it collapse?", 0, BREAD),
    )


def _every_post() -> tuple[Message, ...]:
    return (
        post("c0", "Ines", "First rain in weeks, and the bakery next door is closed.", -DAY, BREAD),
        post("c1", "Femi", "Finished the oven door today. It closes, it holds the heat, and it is ugly.", 0, BREAD),
    )


def _forum_post() -> tuple[Message, ...]:
    title = (Part(PartKind.TITLE, text="Why does my starter smell of acetone?"),)
    return (post("d1", "Noor", "@{name} see title. It is five days old.", 0, BREAD, parts=title),)


def _reply_to_an_old_message() -> tuple[Message, ...]:
    old = line("e0", "Ana", "My rule: 20 g of salt a kilo, whatever the recipe says.", -30 * HOUR, BREAD)
    chatter = (
        line(f"e{n}", who, text, -30 * HOUR + n * 9 * MINUTE, BREAD)
        for n, (who, text) in enumerate(_CHATTER * 8, 1)
    )  # fmt: skip
    return (old, *chatter, line("e99", "Ben", "@{name} would you agree?", 0, BREAD, reply_to="e0"))


_CHATTER = (
    ("Tomasz", "The rye from the corner shop is back."),
    ("Lin", "Only the dark one, though."),
    ("Ines", "Dark is the good one."),
    ("Femi", "Somebody put olives into mine again."),
    ("Ana", "Olives are a confession, not an ingredient."),
    ("Tomasz", "I confess."),
    ("Lin", "Anyone for the market on Saturday?"),
    ("Ines", "At nine, by the fountain."),
    ("Femi", "Nine is a cruel hour."),
    ("Ana", "It is the hour of warm rolls."),
)


def _picture() -> tuple[Message, ...]:
    picture = (Part(PartKind.IMAGE, name="loaf.png", media_type="image/png", size=600),)
    return (
        post("f1", "Noor", "@{name} my second loaf ever. What would you change?", 0, BREAD, parts=picture),
    )  # fmt: skip


def _chinese() -> tuple[Message, ...]:
    return (
        post("g1", "林夕", "第一次做全麦，面团一直黏手，加了两次粉还是黏。", -HOUR, BREAD),
        comment("g2", "g1", "阿德", "全麦吸水慢，先放着等等。", -30 * MINUTE, BREAD),
        comment("g3", "g1", "林夕", "@{name} 要等多久？现在已经放了二十分钟了。", 0, BREAD),
    )


def _insult() -> tuple[Message, ...]:
    return (
        post("h1", "Ben", "@{name} is the oven temperature in that recipe Celsius?", -4 * MINUTE, BREAD),
        comment("h2", "h1", US, "Celsius, yes. 240 for the first quarter of an hour.", -3 * MINUTE, BREAD),
        comment("h3", "h1", "Ben", "@{name} that burnt it. You're a useless pile of junk, you know that?", 0, BREAD),
    )


def _forget_me() -> tuple[Message, ...]:
    return (
        line("i1", "Ana", "I moved to Leeds last month, new job, new oven.", -2 * DAY, BREAD),
        post(
            "i2", "Ana", "@{name} please forget what I said about moving. Delete everything you have on me.", 0, BREAD
        ),
    )


def _repeated_comments() -> tuple[Message, ...]:
    posts = (
        ("Ines", "Baguettes on the balcony, a first.", "Who here has the best view with their bread?"),
        ("Femi", "Tried the tangzhong everybody talks about.", "Who here tried it before Femi did?"),
        ("Lin", "Steamed buns for eleven people.", "Who here has ever fed more than eleven?"),
    )
    earlier = (
        said
        for n, (who, text, ours) in enumerate(posts)
        for said in (
            post(f"j{n}", who, text, -(4 - n) * HOUR, BREAD),
            comment(f"k{n}", f"j{n}", US, ours, -(4 - n) * HOUR + 5 * MINUTE, BREAD),
        )
    )
    return (
        *earlier,
        post("j9", "Tomasz", "Got the old mixer going. It sings in B flat and walks off the table.", 0, BREAD),
    )


def _painful() -> tuple[Message, ...]:
    return (
        post(
            "l1",
            "Ana",
            "@{name} my dad died on Sunday. He taught me to bake. I don't know why I write this here.",
            0,
            BREAD,
        ),
    )


def _first_word_of_a_newcomer() -> tuple[Message, ...]:
    return (
        post("n0", "Ines", "Market haul: two kinds of rye.", -6 * HOUR, BREAD),
        post("n1", "Sam", "Hi all, I'm Sam, new here. Never baked, just bought flour. Where to start?", 0, BREAD),
    )  # fmt: skip


_UNANSWERED: Mapping[str, Any] = {"join": "unanswered", "hold": 74}
_EVERY: Mapping[str, Any] = {"join": "every_post"}

SCENES = (
    Scene("called", "Called in a thread", _called_in_a_thread),
    Scene("unanswered", "Unanswered after 74 minutes", _unanswered, _UNANSWERED, 75 * MINUTE),
    Scene("every-post", "A comment on every post", _every_post, _EVERY, HOUR, passes=True),
    Scene("forum-post", "A forum post whose title is the question", _forum_post),
    Scene("old-message", "A reply to an old message", _reply_to_an_old_message),
    Scene("image-seen", "A picture, and a model that sees", _picture, image="f1", sees=True),
    Scene("image-unseen", "A picture, and a model that does not see", _picture, image="f1"),
    Scene("chinese", "In Chinese", _chinese, language="zh"),
    Scene("insult", "An insult", _insult),
    Scene("forget-me", "Forget me", _forget_me),
    Scene("repeated", "Its last three comments ended alike", _repeated_comments, _EVERY, HOUR, passes=True),
    Scene("painful", "Something that hurts", _painful),
    Scene("newcomer", "The first word of a newcomer", _first_word_of_a_newcomer, _UNANSWERED, 75 * MINUTE),
)  # fmt: skip
