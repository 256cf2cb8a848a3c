"""What a manager can mend about a trial, as a sentence of the catalogue."""

from bot.explain.words import Words


class TrialProblem(Exception):
    """A sentence of the catalogue (`trial.problem.KEY`) with its values: what is wrong, and what to do instead."""

    def __init__(self, key: str, **values: str):
        super().__init__(key)
        self.key, self.values = key, values

    def say(self, words: Words, language: str) -> str:
        return words.say(f"trial.problem.{self.key}", language, **self.values)
