"""Constructs the commands of a running Cameo."""

from collections.abc import Callable, Sequence

from bot.commands.carry_out import Commands
from bot.commands.console_door import ConsoleDoor
from bot.commands.desk import Desk
from bot.commands.door import CONSOLE, Door
from bot.live.participant import Participant
from bot.types import Room


def open_commands(
    desk: Desk,
    participant: Participant,
    fixed: Callable[[], Sequence[Room]],
) -> tuple[Commands, ConsoleDoor]:
    """`fixed` are the rooms that exist before anything was said there."""
    door = Door(desk.policy, desk.store, desk.words, desk.packs, desk.clock)
    commands = Commands(desk, door, participant.asked)
    console = ConsoleDoor(desk.store, participant.hear, fixed, desk.clock)
    commands.outlets[CONSOLE] = console.answer
    return commands, console
