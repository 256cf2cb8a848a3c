"""`help`: the commands that the asker may use, or more about one."""

from collections.abc import Iterator
from itertools import groupby

from bot.commands.catalogue import BY_PATH, COMMANDS
from bot.commands.desk import Desk
from bot.commands.misread import does, explained, means
from bot.commands.parse import Misread, named_commands
from bot.commands.request import Request
from bot.types import Answer, Command


async def tell_commands(desk: Desk, request: Request) -> Answer:
    if not (said := request.text("command")):
        return Answer("\n".join(_overview(request)))
    found = named_commands(said)
    if isinstance(found, Misread):
        return Answer(explained(found, request.wording))
    shown = [command for command in found if request.power.covers(command.power)]
    if not shown:
        raise request.declined("power", help=request.wording.use("help"))
    return Answer("\n".join(_about(shown[0], request) if len(shown) == 1 else _lines(shown, request)))


def _overview(request: Request) -> Iterator[str]:
    """One line for each command, and for each group of commands."""
    yield request.say("help.title")
    mine = [command for command in COMMANDS if request.power.covers(command.power)]
    for word, some in groupby(mine, key=lambda command: command.path[0]):
        group = list(some)
        if len(group[0].path) == 1:
            yield from _lines(group, request)
            continue
        use = request.wording.use(f"{word} {'|'.join(command.path[1] for command in group)}")
        yield request.say("help.line", use=use, does=request.say(f"group.{word}"))
    yield request.say("help.more", example=request.wording.example(BY_PATH["help",]))


def _lines(commands: list[Command], request: Request) -> Iterator[str]:
    for command in commands:
        use = request.wording.use(command.name)
        yield request.say("help.line", use=use, does=does(command, request.wording))


def _about(command: Command, request: Request) -> Iterator[str]:
    yield from _lines([command], request)
    for option in command.options:
        if option.name != "value" or option.choices:
            yield request.say("help.option", name=option.name, means=means(command, option, request.wording))
    yield request.say("help.use", example=request.wording.example(command))
