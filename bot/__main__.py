"""The command line: run, check, turns, why, reasons, replay, discord invite.

Exit codes: 0 stopped as asked; 1 something unexpected (see the log); 2 the configuration or the command line is
wrong, or the message asked for is not known; 3 every enabled platform refused us; 4 another process has the
database, or it can't be opened; 5 the console's address is taken.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from adapters import PLATFORMS, exports, invitation, shapes
from bot.command_words import add_command_words
from bot.explain.guarded import guard_output
from bot.explain.words import LANGUAGES, load_words
from bot.types import Room, SettingsError, StoreError, Turn

if TYPE_CHECKING:
    from bot.config.choices import Chosen
    from bot.config.policy import Policy
    from bot.config.settings import Settings
    from bot.write.persona import Persona

WRONG_SETTINGS, NO_DATABASE = 2, 4
MOST_ROOMS = 200  # in the table of `check`; the ones heard last
UNKNOWN_MESSAGE = WRONG_SETTINGS  # usually a typing error on the command line


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    guard_output()
    given = _parser().parse_args(arguments)
    try:
        code: int = given.command(given)
        return code
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return WRONG_SETTINGS
    except StoreError as error:
        print(f"cameo: {error}", file=sys.stderr)
        return NO_DATABASE
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, help="the settings file (else $CAMEO_CONFIG, else ./config.yaml)")
    parser = argparse.ArgumentParser(
        prog="cameo", description="Cameo, a supporting character for your community.", epilog=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", parents=[shared], help="join the communities and the local one")
    run.add_argument("--verbose", action="store_true", help="show every log entry here, too")
    run.set_defaults(command=_run)
    check = commands.add_parser("check", parents=[shared], help="say what is wrong in the settings and personas")
    check.set_defaults(command=_check)
    turns = commands.add_parser("turns", parents=[shared], help="the last turns: what was decided, and why")
    turns.add_argument("--last", type=_count, default=20, help="how many, 1 to 1000 (20)")
    turns.set_defaults(command=_turns)
    _add_why(commands, shared)
    add_command_words(commands, shared)
    _add_replay(commands, shared)
    _add_discord(commands, shared)
    return parser


def _add_why(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser) -> None:
    why = commands.add_parser("why", parents=[shared], help="why it spoke, or not, about one message")
    why.add_argument("message", metavar="MESSAGE_ID", help="a member's message, or one of Cameo's own")
    why.add_argument("--language", choices=LANGUAGES, default="en", help="of the explanation (en)")
    why.add_argument("--text", action="store_true", help="show what was written, too")
    why.set_defaults(command=_why)
    reasons = commands.add_parser("reasons", help="every reason there is, as a page in Markdown")
    reasons.set_defaults(command=_reasons)


def _add_replay(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    replay = commands.add_parser("replay", parents=[shared], help="what it would have said in a recorded history")
    replay.add_argument("file", type=Path, metavar="FILE", help="JSON Lines, an export of Discord or Element, a Cameo "
                        "database, or a folder of them; .gz too")  # fmt: skip
    replay.add_argument("--out", type=Path, metavar="TURNS.jsonl", help="every turn, a line each")
    replay.add_argument("--summary", type=Path, metavar="SUMMARY.json", help="the figures")
    replay.add_argument("--html", type=Path, metavar="REPORT.html", help="the same to look at, in one file")
    replay.add_argument("--against", type=Path, metavar="OTHER.yaml", help="other settings to compare with")
    replay.add_argument("--truth", type=Path, metavar="TRUTH.jsonl", help="annotated links: who answers whom")
    replay.add_argument("--strict", action="store_true", help="stop at a broken line")
    replay.add_argument("--horizon-hours", type=_hours, default=24.0, metavar="HOURS",
                        help="within which a person's word counts as an answer (24)")  # fmt: skip
    replay.set_defaults(command=_replay)


def _add_discord(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    discord = commands.add_parser("discord", help="the link that invites it to a Discord server")
    steps = discord.add_subparsers(required=True, metavar="STEP")
    invite = steps.add_parser("invite", parents=[shared], help="print the link, and what to switch on for it")
    invite.add_argument("--application", type=_id, metavar="ID", help="the application's id (else from the token)")
    invite.add_argument("--language", choices=LANGUAGES, default="en", help="of what is printed (en)")
    invite.set_defaults(command=_invite)


def _id(text: str) -> str:
    if not text.isdecimal() or not text.isascii() or not 15 <= len(text) <= 20:
        raise argparse.ArgumentTypeError(f"{text!r} is not an application's id, a number of 15 to 20 digits")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000")
    return int(text)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0.01 <= hours <= 8784:  # half a minute to a year
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of hours from 0.01 to 8784")
    return hours


def _run(given: argparse.Namespace) -> int:
    from bot.app import run

    return run(given.config, os.environ, verbose=given.verbose)


def _check(given: argparse.Namespace) -> int:
    from bot.config.cards import unread_lines
    from bot.config.chosen_model import order_line
    from bot.config.file import exposed
    from bot.config.hiding import hidden
    from bot.config.rules import hints
    from bot.console.tokens import refuse_weak_token
    from bot.live.policy import read_policy
    from bot.remember.private import left_open
    from bot.write.models.answer_costs import costs_line

    policy = read_policy(given.config, os.environ, shapes())
    settings, personas = policy.settings, policy.personas
    refuse_weak_token(settings)
    where = settings.source or "no configuration file, so the defaults"
    print(f"{where}: fine; {len(personas)} personas: {', '.join(personas)}")
    print(order_line(settings))
    if costs := costs_line(settings):
        print(costs)
    told = _print_rooms(policy)
    words = load_words()
    told += [words.say("terminal.file.exposed", file=path) for path in exposed(os.environ)]
    if problem := toy_lacks(settings):
        told.append(words.say("terminal.builtin_model_missing", problem=problem))
    if files := left_open(settings.database):
        folder = settings.database.parent
        told.append(words.say("terminal.database.folder_open", folder=folder, files=", ".join(files)))
    for hint in (*hints(settings), *unread_lines(settings.personas), *told):
        print(f"hint: {hidden(hint)}")
    return 0


def toy_lacks(settings: "Settings") -> str:
    """What the built-in model lacks, with how to install it, if it may be asked; "" if nothing."""
    from bot.config.model_settings import asked_models
    from bot.write.models.builtin import missing

    small = (name for rule in settings.rooms for name in (rule.economy, rule.judge))
    asked = (settings.models.get(name) for name in (*asked_models(settings.writer), *small) if name)
    return missing() if any(model and model.builtin for model in asked) else ""


def _print_rooms(policy: "Policy[Persona]") -> list[str]:
    """Prints who speaks where; returns why the known rooms can't be read, if they can't."""
    from bot.config.hiding import hidden
    from bot.config.platforms import fixed_rooms
    from bot.explain.room_table import room_rows, table_lines
    from bot.remember.choices import all_choices
    from bot.remember.known_rooms import known_rooms
    from bot.remember.store import Store

    async def look() -> "tuple[list[Room], tuple[Chosen, ...]]":
        async with Store.looking(settings.database) as store:
            return await store.ask(known_rooms(MOST_ROOMS)), await store.ask(all_choices())

    settings = policy.settings
    rooms, trouble = list[Room](), list[str]()
    try:
        if settings.database.exists():
            rooms, choices = asyncio.run(look())
            policy = replace(policy, choices=tuple(one for one in choices if not one.is_over(datetime.now(UTC))))
    except StoreError as error:
        trouble = [f"the known rooms can't be read: {error}"]
    rooms = list(dict.fromkeys([*rooms, *fixed_rooms(settings)]))
    for line in table_lines(list(room_rows(policy, rooms))):
        print(hidden(line))
    return trouble


def _turns(given: argparse.Namespace) -> int:
    from bot.config.file import load
    from bot.explain.terminal import turn_line
    from bot.remember.store import Store

    async def last_turns() -> list[Turn]:
        async with Store.looking(settings.database) as store:
            return await store.turns(given.last)

    settings = load(given.config, os.environ, shapes())
    for turn in asyncio.run(last_turns()):
        print(turn_line(turn))
    return 0


def _why(given: argparse.Namespace) -> int:
    from bot.config.file import load
    from bot.explain.recognised import recognised
    from bot.explain.why import why_lines
    from bot.language.packs import load_packs
    from bot.remember.choosers import with_choosers
    from bot.remember.lookup import Lookup, lookups
    from bot.remember.store import Store

    async def look() -> list[Lookup]:
        async with Store.looking(settings.database) as store:
            return [await with_choosers(store, one) for one in await lookups(store, PLATFORMS, given.message)]

    settings = load(given.config, os.environ, shapes())
    found = asyncio.run(look())
    words = load_words()
    if not found:
        print(f"cameo: {words.say('why.unknown', given.language, id=repr(given.message))}", file=sys.stderr)
        return UNKNOWN_MESSAGE
    packs = load_packs()
    known = (recognised(one, packs) for one in found)
    print("\n\n".join("\n".join(why_lines(one, words, given.language, with_text=given.text)) for one in known))
    return 0


def _invite(given: argparse.Namespace) -> int:
    from bot.config.file import load, read_environment

    settings, words = load(given.config, os.environ, shapes()), load_words()
    section = getattr(settings.platforms, "discord")  # noqa: B009 - the class is made from the shapes
    environment, _ = read_environment(os.environ)
    say = partial(words.say, language=given.language)
    print("\n".join(invitation("discord", section, given.application, say, environment)))
    return 0


def _reasons(given: argparse.Namespace) -> int:
    from bot.explain.reasons_page import reasons_page

    print(reasons_page(load_words()), end="")
    return 0


def _replay(given: argparse.Namespace) -> int:
    from bot.config.file import load
    from bot.measure.bar import at_terminal
    from bot.measure.formats import INSTEAD
    from bot.measure.report import write_report
    from bot.measure.study import ReplayRequest, matches_nothing, study, summary_lines
    from bot.write.honest_rules import load_honest

    paths = [given.config, *([given.against] if given.against else [])]
    policies = [(settings, load_honest(settings)) for settings in (load(path, os.environ, shapes()) for path in paths)]
    asked = ReplayRequest(
        given.file, given.out, given.summary, given.truth, given.html, given.strict, given.horizon_hours
    )
    bar = at_terminal()
    try:
        found = study(asked, policies, bar, readers=exports())
    finally:
        if bar:
            bar.close()
    if not found.summary["messages"]:
        raise SettingsError([f"{given.file}: holds no message that can be read; {INSTEAD}"])
    if given.html:
        write_report(given.html, found, load_words())
    print("\n".join(summary_lines(found)))
    return WRONG_SETTINGS if matches_nothing(found) else 0


if __name__ == "__main__":
    sys.exit(main())
