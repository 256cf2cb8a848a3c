"""Exports from platforms, read as messages. Each platform's adapter reads the rows, as it reads live events; here its
messages become recorded ones."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.measure.lines import EARLIEST, LATEST, US, Broken, Shape
from bot.types import Message

Row = Mapping[str, Any]
Translate = Callable[[Any], Message | None]
ReadExport = Callable[[Row, frozenset[str]], Translate | None]
"""Takes the header of an export and the ids of our own accounts. Returns a function that turns a row into a message, or
None if the row is none (a join, a reaction, an edit), and raises ValueError with what is wrong with it; None if the
header is of another format."""


def translator(header: Row, us: frozenset[str], readers: Sequence[ReadExport]) -> Translate:
    """The translator of the first reader that knows the format; its messages are recorded ones. Raises Broken if none
    does."""
    read = next((found for reader in readers if (found := reader(header, us))), None)
    if read is None:
        raise Broken("this is no export that Cameo reads: it reads those of DiscordChatExporter and Element, as JSON")
    shape = Shape()

    def translate(row: Any) -> Message | None:
        try:
            message = read(row)
        except ValueError as error:
            raise Broken(str(error)) from None
        return message and _recorded(message, us, shape)

    return translate


def _recorded(message: Message, us: frozenset[str], shape: Shape) -> Message:
    """The message in a room of the replay. Whichever account we had there is US."""
    if not EARLIEST <= message.at < LATEST:
        raise Broken("its time is out of range")
    author, thread = message.author, message.thread
    is_self = author.id in us
    mentions = tuple(US if one in us else one for one in message.mentions)
    return replace(
        message,
        thread=shape.thread(thread.room.id, thread.root, thread.room.name),
        author=shape.author(author.id, author.name, author.is_bot, is_self),
        heard=message.at,
        mentions=mentions,
        addressed=US in mentions and not is_self,
    )


def in_order(messages: Iterator[Message]) -> Iterator[Message]:
    """The messages oldest first. Some exports are newest first; these must be held in memory whole."""
    first = next(messages, None)
    second = next(messages, None)
    begun = [message for message in (first, second) if message]
    if first and second and second.at < first.at:
        begun = [*begun, *messages][::-1]
    yield from begun
    yield from messages
