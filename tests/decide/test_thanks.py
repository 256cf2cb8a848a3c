"""Who is thanked, when somebody is glad of what we pointed at."""

from datetime import timedelta

import pytest

from bot.decide.thanks import Pointing, glad_message, glad_reaction, is_positive
from bot.types import Author, Message, Reaction
from tests.fakes.shipped import shipped_packs
from tests.fakes.talk import FEED, US, at, comment, line, person

PACKS = shipped_packs()
FEMI, ANA, NOOR = person("Femi"), person("Ana"), person("Noor")
IN_TIMELINE = Pointing("reply", "answer", FEMI, ANA.id, None, at(3))
IN_THREAD = Pointing("other-reply", "other-answer", NOOR, ANA.id, "post", at(2))
EARLIER = Pointing("old-reply", "old-answer", FEMI, ANA.id, None, at(1))
POINTINGS = [IN_TIMELINE, IN_THREAD, EARLIER]  # newest first


def glad(message: Message, *, called: bool = False) -> Pointing | None:
    return glad_message(message, POINTINGS, ("cameo", "mochi"), PACKS, called=called)


@pytest.mark.parametrize(
    ("message", "called", "thanked"),
    [
        # a reply to our pointer, or to the message itself, by anybody
        (line("t", "Ana", "thank you!", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Eve", "thanks so much", reply_to="answer"), False, IN_TIMELINE),
        (line("t", "Eve", "thanks!", reply_to="old-answer"), False, EARLIER),
        (line("t", "Eve", "谢谢！", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Eve", "vielen Dank", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Ana", "that worked, thanks", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Ana", "Thanks Femi, two clicks finer did it.", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Ana", "Two clicks finer did it. Thank you!", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Ana", "谢谢，磨细两格就好了", reply_to="reply"), True, IN_TIMELINE),
        # a call of the person: mentioned, with an @, or by name
        (line("t", "Ana", "thanks!", mentions=(FEMI.id,)), False, IN_TIMELINE),
        (line("t", "Ana", "@Femi thank you"), False, IN_TIMELINE),
        (line("t", "Ana", "thanks Femi!"), False, IN_TIMELINE),
        (line("t", "Eve", "thank you, noor"), False, IN_THREAD),
        # said to us: by who had asked; in the thread of the pointer, by anybody
        (line("t", "Ana", "thanks mochi!"), True, IN_TIMELINE),
        (line("t", "Ana", "thank you"), True, IN_TIMELINE),
        (comment("t", "post", "Eve", "thanks!"), True, IN_THREAD),
        (line("t", "Eve", "thanks mochi!"), True, None),
        # not to us, and to nobody that we know of
        (line("t", "Ana", "thanks!"), False, None),
        (line("t", "Ana", "thanks!", reply_to="elsewhere"), False, None),
        (line("t", "Ana", "thanks Femininity"), False, None),
        (comment("t", "elsewhere", "Ana", "thanks!"), True, None),
        # the author, programs and we don't count
        (line("t", "Femi", "thanks!", reply_to="reply"), True, None),
        (line("t", "Femi", "thank you", reply_to="answer"), False, None),
        (line("t", Author("id-bot", "Helpy", is_bot=True), "thanks!", reply_to="reply"), True, None),
        (line("t", US, "thanks!", reply_to="answer"), False, None),
        # no thanks, or more than that
        (line("t", "Ana", "hm", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks, but that made it worse", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks in advance, how do I clean it?", reply_to="reply"), True, None),
        (line("t", "Ana", "no thanks", reply_to="reply"), True, None),
        (line("t", "Ana", "nah, thank you", reply_to="reply"), True, None),
        (line("t", "Ana", "Thanks, that didn't help.", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks anyway", reply_to="reply"), True, None),
        (line("t", "Ana", "不了，谢谢", reply_to="reply"), True, None),
        (line("t", "Ana", "nein danke", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks! can you also say how to rinse it", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks for nothing", reply_to="reply"), True, None),
        (line("t", "Ana", "hi Femi!", reply_to="answer"), False, None),
        # whole-hearted: every clause is
        (line("t", "Ana", "Oh, thanks Femi, that's perfect!", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Ana", "Thanks, Femi!", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Ana", "Thanks! I'll try that tonight 🙏", reply_to="reply"), True, IN_TIMELINE),
        (line("t", "Ana", "Thanks Femi, you ruined my hinge, idiot.", reply_to="reply"), True, None),
        (line("t", "Ana", "Thanks Femi you ruined my hinge", reply_to="reply"), True, None),
        (line("t", "Ana", "Thanks Femi, my whole kitchen smells of vinegar now", reply_to="reply"), True, None),
        (line("t", "Ana", "Great advice. The handle fell off. Thanks!", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks a lot, genius", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks, perfect, you fool", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks 🙄", reply_to="reply"), True, None),
        (line("t", "Ana", "谢谢你，把我的锅烧穿了", reply_to="reply"), True, None),
        (line("t", "Ana", "thanks! " * 40, reply_to="reply"), True, None),
    ],
)
def test_whom_a_thank_you_is_for(message: Message, called: bool, thanked: Pointing | None) -> None:
    assert glad(message, called=called) == thanked


@pytest.mark.parametrize(
    ("message_id", "who", "emoji", "thanked"),
    [
        ("reply", ANA, "👍", IN_TIMELINE),
        ("answer", person("Eve"), "❤️", IN_TIMELINE),
        ("other-answer", ANA, "🙏🏽", IN_THREAD),
        ("reply", FEMI, "👍", None),
        ("answer", FEMI, "👍", None),
        ("answer", US, "👍", None),
        ("answer", Author("id-bot", "Helpy", is_bot=True), "👍", None),
        ("answer", ANA, "👎", None),
        ("answer", ANA, "😂", None),
        ("answer", ANA, "🤔", None),
        ("elsewhere", ANA, "👍", None),
    ],
)
def test_whom_a_reaction_is_for(message_id: str, who: Author, emoji: str, thanked: Pointing | None) -> None:
    reaction = Reaction(FEED, message_id, who, emoji, at(5))
    assert glad_reaction(reaction, POINTINGS) == thanked
    taken_away = Reaction(FEED, message_id, who, emoji, at(5) + timedelta(seconds=1), removed=True)
    assert glad_reaction(taken_away, POINTINGS) is None


@pytest.mark.parametrize("emoji", ["👍", "👍🏿", "❤", "❤️", "♥️", "🎉", "💯", "☺️", "✅"])
def test_glad_emoji(emoji: str) -> None:
    assert is_positive(emoji)


@pytest.mark.parametrize(
    "emoji", ["👎", "😡", "💩", "🤡", "❌", "😂", "🙃", "👀", "", "thumbsup", "<:nice:1>", "🏿", "👍👎"]
)
def test_other_emoji(emoji: str) -> None:
    assert not is_positive(emoji)
