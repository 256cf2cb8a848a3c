"""Whether members may read what was said in a channel before: Discord's permissions, as far as we can know them.

Discord shows a channel's past to whoever has View Channel and Read Message History there now. The roles of an author
come with each message from the gateway, but not with a message that was fetched later; the roles of all others are
unknown without the members intent. Unknown means no.
"""

from typing import Any

import discord

from bot.types import PastReaders

from .payload import Payload, part


def past_readers(channel: object, data: Payload) -> PastReaders:
    """Who of a message's readers may read what was said before it; `data` is the message. Never raises."""
    try:
        place = channel.parent if isinstance(channel, discord.Thread) else channel
        if not isinstance(place, discord.abc.GuildChannel):
            return PastReaders.NOBODY
        if shows_past_to_all(place):
            return PastReaders.EVERYONE
        return PastReaders.AUTHOR if _is_shown_to_author(place, data) else PastReaders.NOBODY
    except Exception:  # the SDK raises anything on a payload that is not as documented
        return PastReaders.NOBODY


def to_everyone(data: Payload) -> PastReaders:
    """For a conversation with one member, who sees all of it."""
    return PastReaders.EVERYONE


def shows_past_to_all(place: discord.abc.GuildChannel) -> bool:
    """True if whoever sees the channel sees its past: @everyone may, and nobody is denied it. (Roles only add to what
    @everyone may; overwrites alone deny.)"""
    everyone = place.guild.default_role
    allowed = place.overwrites_for(everyone).read_message_history
    if not (everyone.permissions.read_message_history if allowed is None else allowed):
        return False
    return all(overwrite.read_message_history is not False for overwrite in place.overwrites.values())


def _is_shown_to_author(place: discord.abc.GuildChannel, data: Payload) -> bool:
    member = part(data, "member")
    if not isinstance(member.get("roles"), list):
        return False
    user: Any = {**member, "user": part(data, "author")}
    allowed = place.permissions_for(discord.Member(data=user, guild=place.guild, state=place._state))
    return allowed.view_channel and allowed.read_message_history
