"""The names of all traits of links and answers; `bot/language/link_weights.py` holds a weight for each."""

from itertools import chain

from bot.decide import answered, links

_LINKS = """
    own.last own.older own.goes_on own.but_calls own.calls_the_same own.asks
    calls.last calls.older calls_another calls.asks calls_the_same partner.last partner.older
    called.last called.older called_another asks_all before before.brief last_of_another bot answers_brief answers_long
    open open.new_here open.spoke_lately open.was_called open.calls open.asks open.asks_new_here open.brief open.long
    open.after_silence
"""
_ANSWERED = "answered answered.asked_again answered.brief answered.went_on"

TRAITS = frozenset(
    chain(
        (_LINKS + _ANSWERED).split(),
        *links.DISTANCE_OF, links.GAP_OF, links.START_OF_CROWD, links.OPEN_CALLS_NONE, links.BEFORE_CALLS_NONE,
        links.OWN_CALLS_NONE, links.SHARED_OF[1:], links.RARE_OF,
        *answered.BELIEF_OF, answered.BEST_OF, answered.OTHERS_OF, answered.OPENING_OF, *answered.CALLED_OF,
        *answered.TALKS_OF, answered.CROWD_OF,
    )
)  # fmt: skip
"""Every trait that a message, a candidate for what it answers, or a post can have."""
