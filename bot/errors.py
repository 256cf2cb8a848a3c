"""Errors, named by who can fix them. `bot.types` has them too."""

from collections.abc import Sequence


class SettingsError(Exception):
    """A mistake in the manager's files. `problems` has one line each: where, what, and what to write instead."""

    def __init__(self, problems: Sequence[str]):
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class PlatformError(Exception):
    """The platform is unreachable or failed: try again later."""


class NotSent(PlatformError):
    """The message certainly never left us: the turn may be decided again."""


class PlatformRefused(PlatformError):
    """The platform rejects our credentials for good. The message is one line for the manager."""


class Undeliverable(PlatformError):
    """This message can't be sent (room gone, no permission): its turn fails, others continue."""


class Blocked(Undeliverable):
    """The community's own filter refuses this text: another text may be sent."""


class Unavailable(PlatformError):
    """A file can't be fetched: deleted, encrypted, larger than allowed, or no such part."""


class ModelError(Exception):
    """No model could write. `code` is stable and ours ("no_model", "over_budget", "models_failed"); members never see
    the provider's own words."""

    def __init__(self, code: str, detail: str = ""):
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


class StoreError(Exception):
    """The database could not commit (disk full, locked): nothing was stored and nothing was acknowledged."""
