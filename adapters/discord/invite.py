"""The link that invites us to a server, and what to switch on for it."""

import base64
import binascii
from collections.abc import Callable, Mapping

import discord

from bot.types import SettingsError

from .settings import DiscordSettings

PERMISSIONS = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "read_message_history",
    "embed_links",
    "attach_files",
    "add_reactions",
    "use_external_emojis",
    "change_nickname",
)
SCOPES = "bot+applications.commands"


def lines(
    settings: DiscordSettings, application: str | None, say: Callable[..., str], environment: Mapping[str, str]
) -> list[str]:
    """See `adapters.invitation`. Without `application`, the id is read from the token."""
    found = application or application_of(environment.get(settings.token_env, ""))
    if found is None:
        raise SettingsError([say("invite.no_id", variable=settings.token_env)])
    return [
        say("invite.link"),
        f"  {link(found)}",
        say("invite.permissions", number=permissions().value),
        *(f"  - {say(f'invite.permission.{name}')}" for name in PERMISSIONS),
        say("invite.threads"),
        say("invite.intent"),
        say("invite.without"),
    ]


def permissions() -> discord.Permissions:
    """All that we need, and nothing else."""
    return discord.Permissions(**dict.fromkeys(PERMISSIONS, True))


def link(application: str) -> str:
    return (
        f"https://discord.com/oauth2/authorize?client_id={application}&scope={SCOPES}&permissions={permissions().value}"
    )


def application_of(token: str) -> str | None:
    """The application's id: a bot token begins with it in base64 (of bots from before 2016, with the account's)."""
    first = token.strip().partition(".")[0]
    try:
        number = base64.b64decode(first + "=" * (-len(first) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return number if number.isdecimal() and 15 <= len(number) <= 20 else None
