"""Every command, as data. What each does, and what each option means, is in words.yaml under `commands`."""

from collections.abc import Mapping
from typing import Final

from bot.types import Command, Option, OptionKind, Power, Where

HERE: Final = "here"
COMMUNITY: Final = "community"
CONFIRMED: Final = "yes"
OFF: Final = "off"
JOINS: Final = ("mentions", "unanswered", "every_post", "watch", "off")
PLACES: Final = ("inline", "thread")
VERDICTS: Final = ("not_helpful", "wrong", "too_much")
HISTORY_MOST: Final = 20  # changes that `log` shows at once: a screenful, and one message on every platform

WHERE = Option("where", OptionKind.ROOM, completes=True)
MESSAGE = Option("message", OptionKind.MESSAGE)


def _room(word: str, kind: OptionKind, choices: tuple[str, ...] = (), *, completes: bool = False) -> Command:
    """A setting of a room. It is chosen for the room where the command is used, unless `where` names another."""
    value = Option("value", kind, required=True, choices=choices, completes=completes)
    return Command(("room", word), Power.MANAGER, (value, WHERE), Where.ROOM)


def _persona(word: str, *more: Option, where: Where = Where.ROOM) -> Command:
    which = Option("persona", OptionKind.PERSONA, required=True, completes=True)
    return Command(("persona", word), Power.MANAGER, (which, *more), where)


COMMANDS: Final[tuple[Command, ...]] = (
    # Managers.
    Command(("status",), Power.MANAGER, (WHERE,)),
    _room("join", OptionKind.CHOICE, JOINS),
    _room("persona", OptionKind.PERSONA, completes=True),
    _room("risk", OptionKind.SHARE),
    _room("voice", OptionKind.SHARE),
    _room("quiet", OptionKind.HOURS),
    _room("judge", OptionKind.MODEL, completes=True),
    _room("economy", OptionKind.MODEL, completes=True),
    _room("about", OptionKind.TEXT),
    _room("place", OptionKind.CHOICE, PLACES),
    Command(("room", "reset"), Power.MANAGER, (WHERE,), Where.ROOM),
    Command(("persona", "list"), Power.MANAGER),
    _persona("show", where=Where.ANYWHERE),
    _persona("use", WHERE),
    _persona("preview", Option("text"), where=Where.ANYWHERE),
    Command(("limits",), Power.MANAGER),
    Command(("mute",), Power.MANAGER, (Option("time", OptionKind.DURATION, required=True), WHERE), Where.ROOM),
    Command(("undo",), Power.MANAGER, (), Where.ROOM),
    Command(("log",), Power.MANAGER, (Option("count", OptionKind.NUMBER), WHERE)),
    # Members.
    Command(("help",), Power.MEMBER, (Option("command"),)),
    Command(("why",), Power.MEMBER, (MESSAGE,)),
    Command(("privacy", "show")),
    Command(("privacy", "export")),
    Command(("privacy", "delete"), options=(Option("confirm", OptionKind.CHOICE, choices=(CONFIRMED,)),)),
    Command(("privacy", "opt-out")),
    Command(("privacy", "opt-in")),
    Command(("quiet",), options=(Option("value", OptionKind.CHOICE, choices=("on", "off")),), where=Where.ROOM),
    Command(
        ("feedback",),
        options=(Option("verdict", OptionKind.CHOICE, required=True, choices=VERDICTS), Option("text"), MESSAGE),
    ),
)
BY_PATH: Final[Mapping[tuple[str, ...], Command]] = {command.path: command for command in COMMANDS}

EXAMPLES: Final[Mapping[str, str]] = {
    "status": "status",
    "room join": "room join unanswered",
    "room persona": "room persona mochi",
    "room risk": "room risk 20%",
    "room voice": "room voice 15%",
    "room quiet": "room quiet 22:00-07:00",
    "room judge": "room judge off",
    "room economy": "room economy off",
    "room about": "room about A beginners' bread room, dry humour",
    "room place": "room place thread",
    "room reset": "room reset",
    "persona list": "persona list",
    "persona show": "persona show mochi",
    "persona use": "persona use mochi",
    "persona preview": "persona preview mochi Does it rise overnight?",
    "limits": "limits",
    "mute": "mute 1h",
    "undo": "undo",
    "log": "log 10",
    "help": "help why",
    "why": "why",
    "privacy show": "privacy show",
    "privacy export": "privacy export",
    "privacy delete": "privacy delete yes",
    "privacy opt-out": "privacy opt-out",
    "privacy opt-in": "privacy opt-in",
    "quiet": "quiet on",
    "feedback": "feedback too_much",
}
"""One use of each command that works as it stands, by its name."""

OTHER_WORDS: Final[Mapping[str, str]] = {
    "?": "help", "commands": "help", "帮助": "help", "命令": "help", "状态": "status", "为什么": "why", "撤销": "undo",
    "日志": "log", "记录": "log", "限额": "limits", "静音": "mute", "禁言": "mute", "隐私": "privacy", "房间": "room",
    "角色": "persona", "人设": "persona", "反馈": "feedback", "安静": "quiet", "查看": "show", "导出": "export",
    "删除": "delete", "退出": "opt-out", "加入": "opt-in", "列表": "list", "使用": "use", "预览": "preview",
    "重置": "reset", "forget": "delete", "erase": "delete", "share": "voice", "silence": "mute", "unmute": "mute off",
    "share of voice": "voice", "quiet hours": "quiet", "displacement risk": "risk", "参与": "join", "话题": "about",
}  # fmt: skip
"""Other words that people type for a word of a command, in lower case."""
