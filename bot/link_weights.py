"""The weights by which to judge who answers whom and whether a post is answered: data in `weights/links.yaml`."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from bot.decide import answered, links
from bot.problems import suggest
from bot.types import SettingsError
from bot.yaml_file import Problem, YamlFile, read

WEIGHTS = Path(__file__).with_name("weights") / "links.yaml"

MOST = 20.0  # e^20: half a billion to one. What was learnt lies within 5; a larger one is a slip of the decimal point
AGAIN = "python -m tests.train.links --data FOLDER"

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


def load_weights(path: Path = WEIGHTS) -> Mapping[str, float]:
    """A weight for each trait. Raises SettingsError with all problems: file, line, and what to write instead."""
    file = read(path)
    if told := file.tell_all(_problems(file) if not file.problems else ()):
        raise SettingsError(told)
    return {trait: float(weight) for trait, weight in file.data.items()}


def _problems(file: YamlFile) -> Iterator[Problem]:
    for trait, weight in file.data.items():
        if trait not in TRAITS:
            yield Problem((trait,), "is not a trait that is known here", suggest(str(trait), TRAITS))
        elif isinstance(weight, bool) or not isinstance(weight, int | float):
            yield Problem((trait,), "is not a number", "one, without quotes")
        elif not abs(weight) <= MOST:
            yield Problem((trait,), f"is not between -{MOST:g} and {MOST:g}", "what was learnt")
    for trait in sorted(TRAITS - file.data.keys()):
        yield Problem((), f"has no weight for {trait}", f"`{trait}: 0.0` into it, or make all again ({AGAIN}),")
