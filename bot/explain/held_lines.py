"""What is kept of a member, counted, in words."""

from collections.abc import Mapping

from bot.explain.words import Words


def held_lines(counts: Mapping[str, int], words: Words, language: str, *, keep_days: int) -> list[str]:
    """One line for each kind of which something is kept, after a title; `counts` is from `Persons.show`."""
    if not counts:
        return [words.say("held.nothing", language)]
    lines = [words.say(f"held.{kind}", language, number=number) for kind, number in counts.items()]
    return [words.say("held.title", language, days=keep_days), *lines]
