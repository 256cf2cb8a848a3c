"""Every reason to speak, to wait or to stay silent. The codes are stored, so they must never change.

`PAINFUL` and `MODERATION` are the exception: nobody's distress or trouble is kept on record. They are stored as
`MEANT_FOR_OTHERS`, an ordinary reason, and `cameo why` works them out again from the message while that is kept.
"""

from enum import StrEnum


class Reason(StrEnum):
    # to speak
    ADDRESSED = "addressed"  # somebody called us
    CONTINUED = "continued"  # the person we answered goes on talking with us
    UNANSWERED = "unanswered"  # nobody answered within the hold
    EVERY_POST = "every_post"  # this room wants a comment on each post
    EMOJI = "emoji"  # thanked or greeted, where one emoji is answer enough
    # to wait
    HOLDING = "holding"  # people go first
    SETTLING = "settling"  # a post often comes in several messages: wait for the end of the burst
    QUIET_HOURS = "quiet_hours"  # the room sleeps
    PLATFORM_AWAY = "platform_away"  # written, but it could not be sent: decided again when it is tried again
    # a short sign instead of an answer, to somebody who called us
    MEMBER_LIMIT = "member_limit"
    ROOM_LIMIT = "room_limit"
    COMMUNITY_LIMIT = "community_limit"
    BUDGET = "budget"
    NO_MODEL = "no_model"
    MODELS_FAILED = "models_failed"
    # to stay silent
    FROM_BOT = "from_bot"
    IGNORED = "ignored"  # by a member whom the manager has named
    TOLD_QUIET = "told_quiet"  # somebody told us to be quiet here
    MEMBER_QUIET = "member_quiet"  # its author wants no uncalled answers
    LOOP = "loop"  # an exchange as between two programs
    TOO_OLD = "too_old"  # addressed us while we were away, too long ago
    COMMAND = "command"  # for another bot
    JOIN_MENTIONS = "join_mentions"  # we speak only when addressed here
    ROOM_OFF = "room_off"  # the room was switched off while the message waited
    WATCHING = "watching"  # we would have spoken, but only watch this room
    MUTED = "muted"  # we would have spoken, but a manager has muted us
    NOT_A_POST = "not_a_post"  # continues a conversation instead of opening one
    NOT_INVITING = "not_inviting"  # opens one, but asks and shows nothing: thanks, small talk, a bare link
    MEANT_FOR_OTHERS = "meant_for_others"  # it calls somebody else, or one of the two reasons below
    MODERATION = "moderation"  # moderators at work
    PAINFUL = "painful"  # distress or grief: for people, not for us
    UNREAD = "unread"  # in a language that no pack reads, so nobody can tell whether it hurts
    RAID = "raid"  # copies of a message flood the room
    THANKS = "thanks"  # a conversation with us has ended
    LEFT_OUT = "left_out"  # beyond the coverage that the manager wants
    ALREADY_SPOKE = "already_spoke"  # once in a thread is enough
    TWO_IN_A_ROW = "two_in_a_row"  # our message was the last one here; in a timeline, a reason to wait for another
    SHARE_OF_VOICE = "share_of_voice"
    # to end a turn that had begun
    SOMEONE_ANSWERED = "someone_answered"
    MOVED_ON = "moved_on"  # so much was said since that we can't tell whether anybody answered
    TOO_LATE = "too_late"  # its deadline is over
    DELETED = "deleted"
    EDITED = "edited"
    MERGED = "merged"  # answered together with the next message
    JUDGED = "judged"  # the judge model saw no need
    PASSED = "passed"  # nothing worth saying


SIGNS = frozenset(
    {
        Reason.MEMBER_LIMIT,
        Reason.ROOM_LIMIT,
        Reason.COMMUNITY_LIMIT,
        Reason.BUDGET,
        Reason.NO_MODEL,
        Reason.MODELS_FAILED,
    }
)
"""Reasons for which a person who addressed us gets a short, honest line or an emoji instead of an answer."""

FOR_PEOPLE = frozenset({Reason.MEANT_FOR_OTHERS, Reason.MODERATION, Reason.PAINFUL})
"""Reasons that are decided, stored and logged as `MEANT_FOR_OTHERS`, without facts: no record tells them apart."""
