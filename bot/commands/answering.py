"""Which function answers which command."""

from collections.abc import Awaitable, Callable, Mapping

from bot.commands.answers.feedback import give_feedback
from bot.commands.answers.help import tell_commands
from bot.commands.answers.limits import tell_limits
from bot.commands.answers.log import tell_log
from bot.commands.answers.persona import list_personas, preview_persona, show_persona
from bot.commands.answers.privacy import be_quiet, erase_kept, export_kept, opt_in, opt_out, show_kept
from bot.commands.answers.room import choose, mute, reset, undo
from bot.commands.answers.status import tell_status
from bot.commands.answers.why import tell_why
from bot.commands.catalogue import COMMANDS
from bot.commands.desk import Desk
from bot.commands.request import Change, Request
from bot.types import Answer

Path = tuple[str, ...]
ReadAnswer = Callable[[Desk, Request], Awaitable[Answer]]
"""Answers from what there is, or does what is harmless to do twice. Raises Declined and StoreError."""
PrepareChange = Callable[[Desk, Request], Awaitable[Change]]
"""Prepares what is to be changed. Raises Declined and StoreError."""

READS: Mapping[Path, ReadAnswer] = {
    ("help",): tell_commands,
    ("limits",): tell_limits,
    ("log",): tell_log,
    ("persona", "list"): list_personas,
    ("persona", "preview"): preview_persona,
    ("persona", "show"): show_persona,
    ("privacy", "show"): show_kept,
    ("privacy", "export"): export_kept,
    ("privacy", "delete"): erase_kept,
    ("privacy", "opt-out"): opt_out,
    ("privacy", "opt-in"): opt_in,
    ("quiet",): be_quiet,
    ("status",): tell_status,
    ("why",): tell_why,
}
CHANGES: Mapping[Path, PrepareChange] = {
    ("feedback",): give_feedback,
    ("mute",): mute,
    ("persona", "use"): choose,
    ("room", "reset"): reset,
    ("undo",): undo,
    **{command.path: choose for command in COMMANDS if command.path[0] == "room" and command.path[1] != "reset"},
}
