"""From annotated talk to weights. Everything is learnt six times, without each fifth of the windows and from all of
them, so that each window can be judged by weights that have not seen it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

from bot.decide.links import Links, Timeline, candidates, links, opening
from bot.decide.message_facts import MessageFacts
from bot.decide.traits import TRAITS
from bot.language.packs import Packs, load_packs
from tests.train.fit import Choice, Combinations, choosing, deciding, logistic, smallest
from tests.train.posts import Look, looks_at
from tests.train.scores import Guess, Tally, judged
from tests.train.variants import FOLDS, Variant, Window, fold_of, variants

CORES = 2
L2_LINKS, L2_POSTS = 2.0, 3.0  # half or twice as much changes the figures by less than a point

RULES = ("learnt", "always the previous message", "last mentioned", "last mentioned, else the previous")
T = TypeVar("T")
Progress = Callable[[str], None]
Weights = dict[str, float]
Traits = tuple[str, ...]
Options = tuple[tuple[Traits, ...], tuple[int, ...]]
"""What a message may answer, the last option being "nobody"; and the numbers of the right ones."""


@dataclass(frozen=True)
class Heard:
    """A window judged by weights that have not seen it: links guessed by (variant, rule), and looks at posts by
    variant."""

    tallies: dict[tuple[str, str], Tally]
    looks: list[tuple[str, Look]]


@dataclass(frozen=True)
class Learnt:
    """`weights` by fold, and last those learnt from all. `tallies` and `guesses` (by variant: was a post answered?) are
    of left-out windows."""

    weights: list[Weights]
    tallies: dict[tuple[str, str], Tally]
    guesses: dict[str, list[Guess]]


def learn(windows: Sequence[Window], progress: Progress) -> Learnt:
    folds = list(fold_of(windows).values())
    _packs()  # a broken pack fails now, not after the first minutes
    with ProcessPoolExecutor(CORES) as pool:
        reported = partial(_reported, progress)
        seen, choices = _numbered(reported("windows read", len(windows), pool.map(options_in, windows)))
        progress(f"{sum(map(len, choices)):,} links, {len(seen.parts):,} combinations of traits")
        without = ([*_without(fold, choices, folds)] for fold in range(FOLDS + 1))
        weights = list(reported("weights learnt", FOLDS + 1, pool.map(partial(fit_links, seen), without)))
        own = (weights[fold] for fold in folds)
        heard = list(reported("windows judged", len(windows), pool.map(hear, windows, own)))
    progress(f"{sum(len(one.looks) for one in heard):,} looks at posts")
    of_posts, guesses = learn_posts([one.looks for one in heard], folds)
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for key, tally in (item for one in heard for item in one.tallies.items()):
        tallies[key] += tally
    return Learnt([a | b for a, b in zip(weights, of_posts, strict=True)], dict(tallies), guesses)


def _reported(progress: Progress, what: str, count: int, results: Iterable[T]) -> Iterator[T]:
    """Yields the results, reporting about six times how many there are."""
    for number, result in enumerate(results, 1):
        if number % max(1, count // 6) == 0 or number == count:
            progress(f"{what}: {number} of {count}")
        yield result


def _without(fold: int, of_windows: Iterable[Iterable[T]], folds: Iterable[int]) -> Iterator[T]:
    return (one for number, some in zip(folds, of_windows, strict=True) if number != fold for one in some)


# --- links ---------------------------------------------------------------------------------------


def options_in(window: Window) -> list[Options]:
    """The options of all messages whose links were annotated, in all variants."""
    same: dict[Traits, Traits] = {}  # one object per combination: less memory, and less to send between processes
    return [options for variant in variants(window) for options in _options(window, variant, same)]


def _options(window: Window, variant: Variant, same: dict[Traits, Traits]) -> Iterator[Options]:
    timeline = Timeline()
    for said, answers in zip(variant.said, answered_by(window, variant), strict=True):
        if answers is not None:
            places = list(candidates(said, timeline))
            every = (*(tuple(traits) for _, traits in places), tuple(opening(said, timeline)))
            right = tuple(number for number, (at, _) in enumerate(places) if at in answers)
            if opens := not window.truth[said.id].answers:
                right = (len(places),)
            if opens or right:
                yield tuple(same.setdefault(traits, traits) for traits in every), right
        timeline.add(said)


def answered_by(window: Window, variant: Variant) -> Iterator[frozenset[int] | None]:
    """For each message the positions that it answers, None if nobody annotated them."""
    position = {said.id: at for at, said in enumerate(variant.said)}
    for at, said in enumerate(variant.said):
        truth = window.truth.get(said.id)
        if truth is None or not truth.scored or not said.by_person:
            yield None
        else:
            yield frozenset(position[one] for one in truth.answers if position.get(one, at) < at)


def _numbered(of_windows: Iterable[list[Options]]) -> tuple[Combinations, list[list[Choice]]]:
    seen = Combinations()
    return seen, [[_choice(seen, *options) for options in window] for window in of_windows]


def _choice(seen: Combinations, every: Iterable[Traits], right: Iterable[int]) -> Choice:
    numbers = tuple(map(seen.number, every))
    return numbers, tuple(numbers[one] for one in right)


def fit_links(seen: Combinations, choices: Sequence[Choice]) -> Weights:
    found = seen.named(smallest(choosing(seen.parts, choices, L2_LINKS), len(seen.traits)))
    return dict.fromkeys(TRAITS, 0.0) | found  # a trait that was never seen weighs nothing


# --- left-out windows ----------------------------------------------------------------------------


def hear(window: Window, weights: Weights) -> Heard:
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    looks: list[tuple[str, Look]] = []
    for variant in variants(window):
        heard, guesses = zip(*_guessed(variant, weights), strict=True) if variant.said else ((), ())
        for answers, by_rule in zip(answered_by(window, variant), guesses, strict=True):
            if answers is not None:
                for rule, guess in by_rule.items():
                    tallies[variant.kind, rule] += judged(guess, answers)
        looks += ((variant.kind, look) for look in looks_at(window, variant, list(heard), _packs()))
    return Heard(dict(tallies), looks)


def _guessed(variant: Variant, weights: Weights) -> Iterator[tuple[Links, dict[str, int | None]]]:
    timeline = Timeline()
    for said in variant.said:
        heard = links(said, timeline, weights)
        yield heard, dict(zip(RULES, (_likeliest(heard), *_simple_guesses(said, timeline)), strict=True))
        timeline.add(said)


def _likeliest(heard: Links) -> int | None:
    """The message that is likeliest answered, or None if "nobody" is likelier."""
    at, likely = max(heard.to, key=lambda one: one[1], default=(None, 0.0))
    return at if likely > heard.opens else None


def _simple_guesses(said: MessageFacts, timeline: Timeline) -> tuple[int | None, ...]:
    before = timeline.end - 1 if timeline.end else None
    called = max((at for person in said.calls if (at := timeline.last_of(person)) is not None), default=None)
    return before, called, called if said.calls else before


@cache
def _packs() -> Packs:
    return load_packs()


# --- posts ---------------------------------------------------------------------------------------


def learn_posts(
    of_windows: Sequence[Sequence[tuple[str, Look]]], folds: Sequence[int]
) -> tuple[list[Weights], dict[str, list[Guess]]]:
    """The weights by fold, and by variant the likelihood and the truth of each look at a post, in left-out windows."""
    weights = [fit_posts(look for _, look in _without(fold, of_windows, folds)) for fold in range(FOLDS + 1)]
    guesses: dict[str, list[Guess]] = defaultdict(list)
    for fold, window in zip(folds, of_windows, strict=True):
        for kind, look in window:
            score = sum(weights[fold].get(trait, 0.0) for trait in look.traits)
            guesses[kind].append((0.0 if look.is_plain else logistic(score), look.is_answered))
    return weights, dict(guesses)


def fit_posts(looks: Iterable[Look]) -> Weights:
    seen, times, answered = Combinations(), Counter[int](), Counter[int]()
    for look in looks:
        if not look.is_plain:
            number = seen.number(look.traits)
            times[number] += 1
            answered[number] += look.is_answered
    counts = [(times[number], answered[number]) for number in range(len(seen.parts))]
    return seen.named(smallest(deciding(seen.parts, counts, L2_POSTS), len(seen.traits)))
