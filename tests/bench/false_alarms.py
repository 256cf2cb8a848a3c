"""False alarms: how many messages of ordinary talk each rule takes for what it looks for.

    python -m tests.bench.false_alarms FOLDER [--show]

FOLDER holds messages.jsonl; every message is read as if it called Cameo, and as if a model had written it. A rule is a
function of a text; add yours to RULES. Exit code 1 if a rule exceeds its limit.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.decide.message_facts import said_at
from bot.decide.raids import Raids
from bot.language.danger import danger, load_dangers
from bot.language.harm import Harm, harm, load_harms
from bot.language.packs import load_packs
from bot.measure.lines import read_lines
from bot.types import Room
from bot.write.forbidden import BY_FORM, PROMPT, SECRET
from bot.write.honesty import claims_a_life, denies
from bot.write.persona import Persona, load_personas

ROOT = Path(__file__).parents[2]
SHOWN = 10


class Rule(NamedTuple):
    """`alarms` tells whether the rule takes a text for what it looks for; at most `most` in 10,000 may be."""

    alarms: Callable[[str], bool]
    most: float


def rules() -> Mapping[str, Rule]:
    harms, dangers = load_harms(), load_dangers()
    personas = load_personas(ROOT / "personas").values()

    def leaks(rule: str) -> Callable[[str], bool]:
        return lambda text: any(BY_FORM.rule(text, persona) == rule for persona in personas)

    def does(kind: Harm) -> Callable[[str], bool]:
        return lambda text: harm(text, harms) is kind

    return {
        "danger (of calls)": Rule(lambda text: danger(text, dangers) is not None, 10),
        **{f"guard: {kind}": Rule(does(kind), 1) for kind in Harm},
        "guard: secret": Rule(lambda text: BY_FORM.rule(text, _any(personas)) == SECRET, 1),
        "guard: prompt": Rule(leaks(PROMPT), 1),
        "guard: dishonest": Rule(lambda text: denies(text) or claims_a_life(text), 10_000),  # people are no AIs
    }


def _any(personas: object) -> Persona:
    return next(iter(personas))  # type: ignore[call-overload,no-any-return]


def texts(folder: Path) -> list[str]:
    with (folder / "messages.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def raids(folder: Path) -> list[str]:
    """The messages with which a raid begins, in each room of its own."""
    packs, found = load_packs(), []
    rooms: dict[Room, Raids] = {}
    with (folder / "messages.jsonl").open("rb") as lines:
        for message in read_lines(lines, lambda _, __: None):
            room = rooms.setdefault(message.room, Raids(packs))
            was_on = room.is_on(said_at(message))
            if room.hear(message, said_at(message), not message.author.is_bot) and not was_on:
                found.append(message.text)
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.false_alarms", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", action="store_true", help="print the messages that each rule takes for something")
    given = parser.parse_args(arguments)
    said, is_broken = texts(given.folder), False
    print(f"{len(said)} messages")
    alarms = {name: ([text for text in said if rule.alarms(text)], rule.most) for name, rule in rules().items()}
    for name, (found, most) in {**alarms, "raid": (raids(given.folder), 2)}.items():  # real ones are among them
        rate = 10_000 * len(found) / max(1, len(said))
        is_broken |= rate > most
        print(f"{name:22} {len(found):6} = {rate:7.2f} per 10,000{'  TOO MANY' * (rate > most)}")
        for text in found[:SHOWN] if given.show else ():
            print(f"    {text[:110]}")
    return int(is_broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
