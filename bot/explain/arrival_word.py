"""The first word in a community: who this is, where it may speak, how to mute it, and two commands."""

from collections.abc import Callable, Sequence

from bot.config.room_rule import RoomRule
from bot.decide.floor import UNCALLED
from bot.explain.words import Words
from bot.types import Arrival, Room

MOST_NAMED = 5  # rooms; more would hide the rest of the word
SAYS_NOTHING = ("off", "watch")


def arrival_word(arrival: Arrival, words: Words, name: str, rule: Callable[[Room], RoomRule]) -> str:
    """The word, or "" where Cameo is to say nothing. `name` is its name there."""
    if rule(arrival.room).join in SAYS_NOTHING:
        return ""
    language = arrival.language
    joins = {room: rule(room).join for room in arrival.open}
    speaks = [shown for room, shown in arrival.open.items() if joins[room] not in SAYS_NOTHING]
    uncalled = [shown for room, shown in arrival.open.items() if shown in speaks and joins[room] in UNCALLED]

    def rooms(shown: Sequence[str]) -> str:
        named = words.say("arrival.comma", language).join(shown[:MOST_NAMED])
        more = len(shown) - MOST_NAMED
        return words.say("arrival.more", language, rooms=named, count=more) if more > 0 else named

    is_everywhere = len(speaks) == len(arrival.open) and not arrival.closed
    said = [
        words.say("arrival.hello", language, name=name),
        words.say("arrival.everywhere", language)
        if is_everywhere
        else words.say("arrival.speaks", language, rooms=rooms(speaks))
        if speaks
        else "",
        words.say("arrival.uncalled", language, rooms=rooms(uncalled)) if uncalled and arrival.reads_all else "",
        words.say("arrival.closed", language, rooms=rooms(list(arrival.closed.values()))) if arrival.closed else "",
        "" if arrival.reads_all else words.say("arrival.reduced", language),
    ]
    return words.say("arrival.space", language).join(filter(None, said))
