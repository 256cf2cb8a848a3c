"""What people can ask of Cameo itself: a command, who may use it, one use of it, and the answer. `bot.types` has these
words too. Standard library only.

`bot/commands/catalogue.py` lists all commands. An adapter turns what its platform delivers into an `Asked` and hears it
like any other event; the answer comes back through `bot.types.Adapter.answer`.
"""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from bot.places import Author, Room, Thread, record


class Power(StrEnum):
    """Who may use a command. Each has the powers before it, too."""

    MEMBER = "member"
    MANAGER = "manager"  # manages the community or the room, by the platform's own rights or an id in config.yaml
    OPERATOR = "operator"  # runs this Cameo: the command line, the console's token

    def covers(self, needed: "Power") -> bool:
        powers = list(Power)
        return powers.index(self) >= powers.index(needed)


class Where(StrEnum):
    """Where a command may be used."""

    ROOM = "room"  # in a room of a community
    DIRECT = "direct"  # in a direct conversation with Cameo
    ANYWHERE = "anywhere"


class OptionKind(StrEnum):
    """What an option's text stands for. On the way to the core every value is a text, as in `Asked.options`."""

    TEXT = "text"
    NUMBER = "number"  # "3", "0.5"
    SHARE = "share"  # of a whole: "20%", "0.2"
    DURATION = "duration"  # "30m", "1h", "2 days", "until 18:00", "off"
    HOURS = "hours"  # of each day: "22:00-07:00", "off"
    CHOICE = "choice"  # one of `Option.choices`
    PERSONA = "persona"  # the key of a persona
    MODEL = "model"  # the name of a model in config.yaml, or "off"
    ROOM = "room"  # the id or name of a room of the same community, or "community" for all of it
    MESSAGE = "message"  # the id of a message, or a link to it


@record
class Option:
    """An option of a command. `choices` are the values of a CHOICE. `completes`: the values depend on what exists, so a
    platform that completes while somebody types asks the core for them."""

    name: str
    kind: OptionKind = OptionKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    completes: bool = False


@record
class Command:
    """A command. `path` are its words, such as ("room", "join"); a path is unique, and none begins another. `power` is
    needed to use it. What it does is said in words.yaml under `commands`, by the path with spaces."""

    path: tuple[str, ...]
    power: Power = Power.MEMBER
    options: tuple[Option, ...] = ()
    where: Where = Where.ANYWHERE

    @property
    def name(self) -> str:
        return " ".join(self.path)


@record
class Asked:
    """Somebody has used a command: an event, which is recorded together with the platform's mark and carried out once,
    however often it is heard.

    `id` is unique on its platform: that of the interaction, or of the message that was the command. A platform that has
    commands of its own gives `path` and `options` (name and text of each that was given, in any order); where people
    type commands as messages, the adapter gives `text`, the message without its prefix, which the core reads
    (`bot.commands.parse.command_text` finds it). `thread` is where to answer. `power` is what the platform's own rights
    give the asker in the room, `community_power` in the whole community; the core adds the ids that config.yaml names.
    `locale` is the asker's language as the platform tells it ("en-US", "zh-CN"), or "" if it doesn't. `message_id` is
    the message that a command from a message's menu, or sent in reply to it, is about. `direct`: a conversation with
    Cameo alone. `at` and `heard`: as in `bot.types.Message`. `via` is who gets the answer: the name of a platform (or
    "", the room's own), or the console.
    """

    id: str
    thread: Thread
    author: Author
    at: datetime
    heard: datetime
    path: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    text: str = ""
    power: Power = Power.MEMBER
    community_power: Power = Power.MEMBER
    locale: str = ""
    message_id: str | None = None
    direct: bool = False
    via: str = ""

    @property
    def room(self) -> Room:
        return self.thread.room


@record
class AnswerFile:
    name: str
    data: bytes = field(repr=False)


@record
class Answer:
    """The answer to a command. `private`: only for the asker, where the platform can (elsewhere it is shown in the
    asker's thread); otherwise for the room."""

    text: str
    private: bool = True
    file: AnswerFile | None = None
