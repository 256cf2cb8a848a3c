"""Annotated links: who really answered whom, as far as a person has read through the record."""

import json
from pathlib import Path

from bot.measure.outcomes import Truth
from bot.types import SettingsError


def load_truth(path: Path) -> Truth:
    """Reads annotated links, one line per message with `id`, `conversation` and `scored`. Raises SettingsError."""
    known: dict[str, tuple[str, bool]] = {}
    number = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    row = json.loads(line)
                    known[str(row["id"])] = str(row["conversation"]), bool(row["scored"])
    except OSError as error:
        raise SettingsError([f"{path}: can't be read ({error.strerror}); name a file of annotated links"]) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SettingsError([f'{path}: line {number}: is not {{"id", "conversation", "scored"}}']) from error
    return known
