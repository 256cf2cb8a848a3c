"""The commands of managers on the command line: `./cameo mute 1h local/home/kitchen`. A running Cameo carries them out,
as if its operator had typed them there."""

import argparse
import base64
import os
import sys
from pathlib import Path

from adapters import shapes
from bot.commands.catalogue import COMMANDS
from bot.explain.words import LANGUAGES
from bot.types import Power

NOT_DONE = 1
ONLY_IN_CHAT = frozenset({"why"})  # `./cameo why` reads the database, and tells more


def add_command_words(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", shared: argparse.ArgumentParser
) -> None:
    """A word of the command line for the first word of each command of managers."""
    first = dict.fromkeys(command.path[0] for command in COMMANDS if command.power is Power.MANAGER)
    for word in [word for word in first if word not in ONLY_IN_CHAT]:
        names = [command.name for command in COMMANDS if command.path[0] == word]
        told = commands.add_parser(word, parents=[shared], help=f"ask a running Cameo: {', '.join(names)}")
        told.add_argument("words", nargs="*", metavar="WORD", help="the rest of the command, and the room at the end")
        told.add_argument("--room", default="", help="platform/community/room, by id or name")
        told.add_argument("--language", choices=LANGUAGES, default="en", help="of the answer (en)")
        told.set_defaults(command=_use, word=word)


def _use(given: argparse.Namespace) -> int:
    from bot.config.file import load
    from bot.console.client import ConsoleRefused, NotRunning, ask_running
    from bot.console.tokens import access_token

    settings = load(given.config, os.environ, shapes())
    words, room = list(given.words), given.room
    if not room and words and words[-1].count("/") >= 2:
        room = words.pop()
    text = " ".join([given.word, *(f'"{word}"' if " " in word else word for word in words)])
    try:
        body = {"text": text, "room": room, "language": given.language}
        answer = ask_running(settings, access_token(settings), body)
    except (NotRunning, ConsoleRefused) as error:
        print(f"cameo: {error}", file=sys.stderr)
        return NOT_DONE
    print(answer.get("answer", ""))
    if file := answer.get("file"):
        path = Path(str(file["name"])).name
        Path(path).write_bytes(base64.b64decode(file["base64"]))
        print(path)
    return 0
