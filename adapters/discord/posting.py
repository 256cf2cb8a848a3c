"""One message to Discord: how it is posted, and where it goes."""

import hashlib
import io
from typing import cast

import discord

from bot.types import Reply

NO_REPLIES = (160002, 10008)  # no right to read the history; the answered message is unknown
INVALID_FORM = 50035  # of a request's body; the text names the field
NO_REFERENCE = cast(discord.MessageReference, None)  # allowed by the SDK, though not by its type annotations
FILE_NAME = "answer.md"


def nonce(key: str, number: int | str) -> str:
    """The nonce of a part, at most 25 characters. For a repeated nonce, Discord returns the message that it created for
    it in the last few minutes."""
    return hashlib.sha256(f"{key}/{number}".encode()).hexdigest()[:25]


def answer(reply_to: str, channel_id: int) -> discord.MessageReference:
    """A reference to the trigger. If that was deleted meanwhile, the reply is sent as an ordinary message."""
    return discord.MessageReference(message_id=int(reply_to), channel_id=channel_id, fail_if_not_exists=False)


def channel_of(reply: Reply) -> int:
    return int(reply.thread.root or reply.thread.room.id)


async def posted(
    channel: discord.PartialMessageable,
    text: str,
    nonce: str,
    reference: discord.MessageReference = NO_REFERENCE,
    file: str = "",
) -> str:
    """Posts one message, pinging nobody; returns its id. `file` is a longer text that goes with it, if the channel
    takes files. A reference that Discord refuses is left out. Raises what the SDK raises."""
    try:
        return await _posted(channel, text, nonce, reference, file)
    except discord.HTTPException as problem:
        if reference is not NO_REFERENCE and _refuses_reference(problem):
            return await posted(channel, text, nonce, NO_REFERENCE, file)
        if file and problem.status == 403:  # we may speak here, but attach nothing
            return await posted(channel, text, nonce, reference)
        raise


async def _posted(
    channel: discord.PartialMessageable, text: str, nonce: str, reference: discord.MessageReference, file: str
) -> str:
    attached = [discord.File(io.BytesIO(file.encode()), FILE_NAME)] if file else []
    made = await channel.send(
        text,
        nonce=nonce,
        allowed_mentions=discord.AllowedMentions.none(),
        suppress_embeds=True,  # a link written by a model must not unfold into a stranger's picture
        reference=reference,
        files=attached,
    )
    return str(made.id)


def _refuses_reference(problem: discord.HTTPException) -> bool:
    """Whether Discord refuses the reference, not the message: we may not read the history, or the answered message is
    one that nobody may reply to."""
    return problem.code in NO_REPLIES or (problem.code == INVALID_FORM and "message_reference" in str(problem))
