"""The gates: each objects to speaking about a message for one reason. `decisions.py` asks them in order."""

from collections.abc import Callable

from bot.config.room_rule import HOLDING
from bot.decide.ask import Ask
from bot.decide.hold import SETTLE
from bot.decide.posts import OPENS_FROM
from bot.decide.reasons import Reason
from bot.decide.signals import carries_something, is_empty, shows
from bot.language.packs import MessageKind

INVITING = frozenset({MessageKind.QUESTION, MessageKind.REQUEST, MessageKind.NEWCOMER, MessageKind.SHOWING})
# The least likelihood that a message in a plain timeline opens a conversation. It is low because a question that may
# follow up on another is judged again when its hold is over, by whether anybody has answered it. Where all posts are
# wanted, also those that ask nothing, OPENS_FROM applies instead.
MAY_OPEN = 0.1

Gate = Callable[[Ask], Reason | None]


# --- asked when a message is heard: waiting changes none of these --------------------------------


def joins_only_when_called(ask: Ask) -> Reason | None:
    """Objects also if the room was switched off while the message waited; no other message there is decided about."""
    return {"mentions": Reason.JOIN_MENTIONS, "off": Reason.ROOM_OFF}.get(ask.rule.join)


def is_raided(ask: Ask) -> Reason | None:
    """Objects to everything in a room that copies of a message flood, for an hour after the last copy."""
    return Reason.RAID if ask.room.is_raided(ask.now.timestamp()) else None


def is_for_others(ask: Ask) -> Reason | None:
    """Objects if the message addresses another person. Where all posts are wanted, a thread's opener passes whomever it
    names."""
    if ask.rule.posts == "all" and ask.message.thread.root is not None and (ask.heard is None or _opens_thread(ask)):
        return None
    called = ask.heard.said.calls if ask.heard else ask.room.called_by(ask.message)
    return Reason.MEANT_FOR_OTHERS if called else None


def is_no_post(ask: Ask) -> Reason | None:
    """Objects unless the message is a post: a thread's opener, or in a plain timeline a message that answers nobody.
    With `every_post`, a burst counts as one post."""
    message, heard = ask.message, ask.heard
    if _opens_thread(ask):
        return None
    if message.thread.root is not None or message.reply_to is not None:
        return Reason.NOT_A_POST
    if ask.rule.join == "every_post":
        return Reason.NOT_A_POST if _goes_on_in_a_burst(ask) else None
    if heard is None or heard.position is None:
        return None
    least = OPENS_FROM if ask.rule.posts == "all" else MAY_OPEN
    ask.note(opens=round(heard.links.opens, 3))
    return Reason.NOT_A_POST if heard.links.opens < least else None


def _opens_thread(ask: Ask) -> bool:
    """Of a thread that began before we joined, the first message that we hear counts as its opener."""
    is_first = ask.heard is not None and ask.heard.is_first
    return ask.message.starts_thread or (ask.rule.posts == "all" and is_first)


def _goes_on_in_a_burst(ask: Ask) -> bool:
    """Whether the same author has just said something here, with nobody in between."""
    before = next((said for said in ask.room.latest(ask.message.thread.root) if said.id != ask.message.id), None)
    begun = (ask.message.heard - SETTLE).timestamp()
    return before is not None and before.author == ask.message.author.id and before.at >= begun


def is_for_bots(ask: Ask) -> Reason | None:
    """Objects to commands for bots, unless the manager wants all posts answered."""
    is_wanted = ask.rule.join in HOLDING and ask.rule.posts == "all"
    return Reason.COMMAND if not is_wanted and MessageKind.COMMAND in ask.kinds else None


def is_moderation(ask: Ask) -> Reason | None:
    return Reason.MODERATION if MessageKind.MODERATION in ask.kinds else None


def is_painful(ask: Ask) -> Reason | None:
    """Objects to painful posts, which are for people. We answer them only when addressed: joking comments on painful
    posts brought Weibo's robot 400,000 enemies."""
    return Reason.PAINFUL if MessageKind.DISTRESS in ask.kinds else None


def is_unread(ask: Ask) -> Reason | None:
    """Objects to messages in languages that no pack reads: the gates above see nothing in them. With a judge, the judge
    decides about these (see `Writer.judge`). A greeting is read, but may begin a burst that is not."""
    if ask.rule.judge is not None or (ask.heard is not None and is_empty(ask.kinds)):
        return None
    return None if ask.room.reads(ask.message) else Reason.UNREAD


def is_left_to_people(ask: Ask) -> bool:
    """Whether nothing uncalled should be said beside this message, be it a post or not."""
    return is_moderation(ask) is not None or is_painful(ask) is not None


def is_not_inviting(ask: Ask) -> Reason | None:
    if ask.rule.posts == "all" or ask.rule.join == "every_post":
        return None
    is_new = ask.heard is not None and ask.heard.is_new
    introduced = is_new and MessageKind.INTRODUCTION in ask.kinds
    shown = ask.message.starts_thread and shows(ask.message)
    return None if ask.kinds & INVITING or introduced or shown else Reason.NOT_INVITING


def has_spoken_here(ask: Ask) -> Reason | None:
    """Objects if we have already spoken in this thread or, in a plain timeline, to this person about the same thing
    lately."""
    message, risk = ask.message, ask.rule.displacement_risk
    has_answered = message.thread.root is None and ask.rule.join != "every_post"
    spoke = ask.room.has_joined(message) or (has_answered and ask.room.spoke_lately_about(message, risk))
    return Reason.ALREADY_SPOKE if spoke else None


def was_posted_before(ask: Ask) -> Reason | None:
    """Objects if the author has said it within the hour: the first time is what we answer."""
    return Reason.NOT_A_POST if ask.room.repeats(ask.message.id) else None


def is_left_out(ask: Ask) -> Reason | None:
    """Objects to the posts beyond the coverage that the manager wants: by lot, so that nobody is preferred, and always
    the same for a message."""
    return Reason.LEFT_OUT if ask.lot >= ask.rule.coverage else None


# --- asked when the hold is over: the room may have changed by then ------------------------------


def is_to_be_left_in_peace(ask: Ask) -> Reason | None:
    """Objects if the author, or who began the thread, wants no uncalled answers."""
    return Reason.MEMBER_QUIET if ask.room.wants_peace(ask.message) else None


def was_told_to_be_quiet(ask: Ask) -> Reason | None:
    """Objects for an hour after somebody told us to be quiet in this thread."""
    return Reason.TOLD_QUIET if ask.room.hushed.is_on(ask.message.thread.root, ask.now) else None


def says_nothing(ask: Ask) -> Reason | None:
    """Objects to a burst of laughter, thanks or bare links. For `every_post` only, once the burst is over: a post may
    begin with "hi"."""
    if ask.rule.join != "every_post" or carries_something(ask.message) or not is_empty(ask.kinds):
        return None
    begun, mine = ask.message.heard.timestamp(), ask.message.author.id
    for said in ask.room.latest(ask.message.thread.root):
        if said.at < begun or said.id == ask.message.id:
            break
        if said.author == mine and not is_empty(ask.kinds_of(said.begins)):
            return None
    return Reason.NOT_INVITING


def was_answered(ask: Ask) -> Reason | None:
    posts, post_id = ask.room.posts, ask.message.id
    by = posts.answered_by(post_id, ask.rule.displacement_risk)
    if by:
        ask.note(ended_by=by)
    if ask.facts is not None and (likely := posts.likelihood(post_id)) is not None:
        ask.note(answered=round(likely, 3))
    return None if by is None else Reason.SOMEONE_ANSWERED


def has_moved_on(ask: Ask) -> Reason | None:
    """Objects if so much was said since that we can't tell any more whether the post was answered."""
    in_timeline = ask.message.thread.root is None
    return Reason.MOVED_ON if ask.room.posts.is_lost(ask.message.id, in_timeline) else None


def would_be_two_in_a_row(ask: Ask) -> Reason | None:
    ours_was_last = ask.underway_here or ask.room.ours_was_last(ask.message.thread.root)
    return Reason.TWO_IN_A_ROW if ours_was_last else None


def is_too_loud(ask: Ask) -> Reason | None:
    share = ask.rule.share_of_voice
    allowed = ask.room.voice.allows(share, ask.now.timestamp(), ask.underway)
    if ask.facts is not None:
        ours, everything = ask.room.voice.last()
        ask.note(voice=[ours, everything], share_of_voice=share)
    return None if allowed else Reason.SHARE_OF_VOICE


def is_over_a_limit(ask: Ask) -> Reason | None:
    limited = ask.budget.against("", ask.message.room, ask.now)
    return limited.reason if limited else None


def is_out_of_money(ask: Ask) -> Reason | None:
    """Objects if today's money is used up. A limit of 0 passes: then only models without a price write, and they need
    none."""
    usd_per_day = ask.budget.limits.usd_per_day
    return Reason.BUDGET if 0 < usd_per_day <= ask.budget.usd_today(ask.now) else None


# Is this a post that may want an answer? The hold is learnt from the posts that pass.
WANTS_AN_ANSWER: tuple[Gate, ...] = (
    joins_only_when_called,
    is_raided,
    is_for_others,
    is_no_post,
    is_for_bots,
    is_moderation,
    is_painful,
    is_unread,
    is_not_inviting,
)
IMMEDIATE_GATES: tuple[Gate, ...] = (
    is_to_be_left_in_peace,
    was_told_to_be_quiet,
    has_spoken_here,
    was_posted_before,
    is_left_out,
)
ASKED_AGAIN_GATES: tuple[Gate, ...] = (
    is_raided,
    is_for_others,
    is_moderation,
    is_painful,
    is_to_be_left_in_peace,
    was_told_to_be_quiet,
    says_nothing,
    is_unread,
)
"""What an edit, or other messages, may have changed."""
PEOPLE_FIRST: tuple[Gate, ...] = (was_answered, has_moved_on)
WHEN_DUE: tuple[Gate, ...] = (
    *ASKED_AGAIN_GATES,
    has_spoken_here,
    would_be_two_in_a_row,
    is_too_loud,
    is_over_a_limit,
    is_out_of_money,
)
# not with `every_post`: a comment is no answer, so people may still come after it
AFTER_A_HOLD = (*PEOPLE_FIRST, *WHEN_DUE)


def wants_an_answer(ask: Ask) -> Reason | None:
    """The objection, if any, to treating the message as a post that may want an answer."""
    return first_objection(WANTS_AN_ANSWER, ask, "asked")


def first_objection(gates: tuple[Gate, ...], ask: Ask, noted: str) -> Reason | None:
    """The first objection of the gates, in order; notes under `noted` which ones were asked."""
    objection = None
    for number, gate in enumerate(gates, 1):
        if objection := gate(ask):
            gates = gates[:number]
            break
    if ask.facts is not None:
        asked = [*ask.facts.get(noted, ()), *(gate.__name__ for gate in gates)]
        ask.note(**{noted: asked})
    return objection
