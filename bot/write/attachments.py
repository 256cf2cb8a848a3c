"""What the messages around the trigger carry as files, fetched when a reply is written: pictures for models that see,
text files as part of their message, and an honest sentence about everything else. Nothing of it is stored: a file that
was deleted, or whose message was, can't be fetched any more.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from bot.types import FILES, Adapter, Message, Part, PartKind, PlatformError
from bot.write.decoding import decoded
from bot.write.models.chat import ImagePart
from bot.write.pictures import in_turn, shrunk
from bot.write.sanitize import one_line

log = structlog.get_logger()

PICTURES = 4  # the newest: an album shows its subject in four, and each costs as much as 50 lines of talk
TEXT_FILES = 3
PICTURE_BYTES = 8 * 2**20  # Discord's old limit for everybody; larger ones are camera originals
TEXT_BYTES = 64 * 1024  # a `message.txt` holds what did not fit into a message; the model's room ends near this, too
FILE_NAME_LENGTH = 80  # characters of a file's name
SAID_BEFORE = 3  # messages of the same author just before the trigger: "look" with a picture, then "@mochi what is it?"

T = TypeVar("T")
Place = tuple[str, int]
"""A part: the message's id, and its number among the message's parts."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that a message carries and that is no readable text; with `image` a picture that models may see."""

    message: Message
    part: Part
    image: ImagePart | None = None


@dataclass(frozen=True, slots=True)
class Attached:
    """The readable texts by place, and everything else, the newest message first."""

    texts: Mapping[Place, str]
    others: Sequence[Attachment] = ()

    def told(self, message: Message) -> Message:
        """The message with the texts of its files after its own, each under its name."""
        found = [(part, self.texts.get((message.id, n))) for n, part in enumerate(message.parts)]
        more = [
            f"[{one_line(part.name, FILE_NAME_LENGTH) or 'file'}]\n{text}" for part, text in found if text is not None
        ]
        return replace(message, text="\n".join(filter(None, [message.text, *more]))) if more else message


NOTHING = Attached({})


def around(trigger: Message, thread: Sequence[Message], answers: Message | None = None) -> list[Message]:
    """The messages whose files matter: the trigger, the message it answers, what its author said just before, and the
    post of the thread; the newest first but for the answered one (`answers`, if it is not in the thread)."""
    earlier = [message for message in thread if message.id != trigger.id and not message.author.is_self]
    answered = [message for message in earlier if message.id == trigger.reply_to] or ([answers] if answers else [])
    before: list[Message] = []
    for message in reversed(thread):
        if message.author.id == trigger.author.id and message.id != trigger.id and len(before) < SAID_BEFORE:
            before.append(message)
        elif message.id != trigger.id:
            break
    posts = [message for message in earlier[:1] if message.starts_thread]
    found = {message.id: message for message in (trigger, *answered, *before, *posts)}
    return list(found.values())


async def attached(adapter: Adapter, messages: Sequence[Message], *, sees: bool) -> Attached:
    """Fetches what the messages carry, all at once; pictures only if a model `sees`. A file that can't be had or read
    is told as such. Never raises PlatformError. Each adapter limits how long a file may take."""
    files = [(message, n, part) for message in messages for n, part in enumerate(message.parts) if part.kind in FILES]
    pictures = [one for one in files if one[2].kind is PartKind.IMAGE][:PICTURES]
    texts = [one for one in files if _may_be_text(one[2])][:TEXT_FILES]
    images: dict[Place, ImagePart] = {}
    read: dict[Place, str] = {}
    async with asyncio.TaskGroup() as group:
        for one in texts:
            group.create_task(_keep(read, adapter, one, TEXT_BYTES, decoded))
        for one in pictures if sees else ():
            group.create_task(_keep(images, adapter, one, PICTURE_BYTES, shrunk))
    told = [one for one in files if one[2].kind is not PartKind.IMAGE or one in pictures]
    others = [Attachment(message, part, images.get((message.id, n))) for message, n, part in told
              if (message.id, n) not in read]  # fmt: skip
    return Attached(read, others[: PICTURES + TEXT_FILES])


def _may_be_text(part: Part) -> bool:
    """Any small file may: what it holds decides, since platforms know no type of a `Dockerfile` or a `.gitignore`."""
    return part.kind is PartKind.FILE and (part.size is None or part.size <= TEXT_BYTES)


async def _keep(
    found: dict[Place, T],
    adapter: Adapter,
    one: tuple[Message, int, Part],
    most_bytes: int,
    read: Callable[[bytes], T | None],
) -> None:
    message, n, part = one
    if part.encrypted or (part.size is not None and part.size > most_bytes):
        return
    try:
        data = await adapter.fetch(message.thread, message.id, n, most_bytes)
    except PlatformError as error:
        log.info("attachment.not_fetched", part=n, error=type(error).__name__)
        return
    content = await in_turn(read, data)
    if content is not None:
        found[message.id, n] = content


# --- in the prompt -------------------------------------------------------------------------------

_CANNOT = {
    "en": {
        PartKind.IMAGE: "You can't see this picture{why}: say so if it matters, and never describe or guess what it "
        "shows.",
        PartKind.VIDEO: "You can't watch this video{why}: say so if it matters, and never describe or guess what it "
        "shows.",
        PartKind.AUDIO: "You can't hear this recording{why}: say so if it matters, and never guess what is said in it.",
        PartKind.FILE: "You can't read this file{why}: say so if it matters, and never guess what is in it.",
    },
    "zh": {
        PartKind.IMAGE: "你看不到这张图片{why}：如有必要就直说，绝不描述或猜测图里有什么。",
        PartKind.VIDEO: "你看不了这段视频{why}：如有必要就直说，绝不描述或猜测里面有什么。",
        PartKind.AUDIO: "你听不到这段录音{why}：如有必要就直说，绝不猜测里面说了什么。",
        PartKind.FILE: "你读不了这个文件{why}：如有必要就直说，绝不猜测里面写了什么。",
    },
}
_ENCRYPTED = {"en": ", because it is encrypted", "zh": "（它是加密的）"}


def cannot(part: Part, language: str) -> str:
    """The sentence for a model that can't see, watch, hear or read the part, with the reason if it is encrypted; in
    English where there is no other."""
    base = language.partition("-")[0].lower()
    known = base if base in _CANNOT else "en"
    return _CANNOT[known][part.kind].format(why=_ENCRYPTED[known] if part.encrypted else "")
