"""The weights by which we judge who answers whom and whether a post is answered, stored in `links.yaml`."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from bot.config.problems import suggest
from bot.config.yaml_file import Problem, YamlFile, read
from bot.types import SettingsError

WEIGHTS = Path(__file__).with_name("links.yaml")

# e^20 is half a billion to one. Learnt weights lie within 5; a larger one is probably a misplaced decimal point.
LARGEST_WEIGHT = 20.0
LEARN_COMMAND = "python -m tests.train.links --data FOLDER"


def load_weights(traits: Collection[str], path: Path = WEIGHTS) -> Mapping[str, float]:
    """The weight of each of `traits`. Raises SettingsError with all problems: file, line, and what to write instead."""
    file = read(path)
    if problems := file.describe_all(_problems(file, traits) if not file.problems else ()):
        raise SettingsError(problems)
    return {trait: float(weight) for trait, weight in file.data.items()}


def _problems(file: YamlFile, traits: Collection[str]) -> Iterator[Problem]:
    for trait, weight in file.data.items():
        if trait not in traits:
            yield Problem((trait,), "is not a known trait", suggest(str(trait), traits))
        elif isinstance(weight, bool) or not isinstance(weight, int | float):
            yield Problem((trait,), "is not a number", "one, without quotes")
        elif not abs(weight) <= LARGEST_WEIGHT:
            yield Problem((trait,), f"is not between -{LARGEST_WEIGHT:g} and {LARGEST_WEIGHT:g}", "what was learnt")
    for trait in sorted(set(traits) - file.data.keys()):
        yield Problem(
            (), f"has no weight for {trait}", f"`{trait}: 0.0` into it, or make all weights again ({LEARN_COMMAND}),"
        )
