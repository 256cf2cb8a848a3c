"""Says what is wrong with a command that can't be read: what was meant, and one that works."""

from bot.commands.catalogue import BY_PATH
from bot.commands.parse import Misread
from bot.commands.request import Wording
from bot.types import Command, Option

SHOWN = 60  # characters of what was typed


def explained(wrong: Misread, wording: Wording) -> str:
    help_use = wording.use("help")
    if wrong.command is None or wrong.code == "long":
        first = wording.example(BY_PATH["why",])
        return wording.say(f"misread.{wrong.code}", said=shown(wrong.said), example=first, help=help_use)
    example = wording.example(wrong.command)
    option = next((one for one in wrong.command.options if one.name == wrong.option), None)
    key = {"unknown": "meant", "value": "value_meant" if wrong.meant else "value"}.get(wrong.code, wrong.code)
    return wording.say(
        f"misread.{key}",
        said=shown(wrong.said),
        meant=wrong.meant,
        command=wrong.command.name,
        option=means(wrong.command, option, wording) if option and wrong.code != "twice" else wrong.option,
        example=example,
        help=help_use,
    )


def shown(said: str) -> str:
    """What was typed, on one line and without what could look like part of our own text."""
    line = "".join(letter for letter in " ".join(said.split()) if letter.isprintable() and letter not in "`“”@")
    return line[:SHOWN] + ("…" if len(line) > SHOWN else "")


def does(command: Command, wording: Wording) -> str:
    return wording.say(f"does.{'_'.join(command.path)}")


def means(command: Command, option: Option, wording: Wording) -> str:
    """What an option means, with its choices if it has some."""
    if option.choices and len(option.choices) > 1:
        return wording.say("one_of", choices=", ".join(option.choices))
    return wording.say(f"option.{option.name}") if option.name != "value" else does(command, wording)
