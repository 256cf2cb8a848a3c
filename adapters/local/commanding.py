"""Commands of the local community: typed in a box of the page, answered to whoever typed them."""

import hashlib
import json
import secrets

from adapters.local.community import Community
from bot.commands.catalogue import COMMANDS
from bot.types import Asked, Author, OptionKind, Power, Thread


async def use_command(
    community: Community,
    author: Author,
    room_name: str,
    text: str,
    *,
    root: str | None = None,
    reply_to: str | None = None,
    key: str = "",
    language: str = "",
    power: Power = Power.MEMBER,
) -> Asked:
    """Uses a command (without its prefix) in a room, or in the thread with this root. The same author, text and `key`
    use it once, however often. Raises NotSent and StoreError; then nothing was done."""
    given = json.dumps([author.id, text, key])
    now = community.clock.now()
    asked = Asked(
        id="c" + (hashlib.sha256(given.encode()).hexdigest()[:24] if key else secrets.token_hex(12)),
        thread=Thread(community.rooms[room_name], root),
        author=author,
        at=now,
        heard=now,
        text=text,
        power=power,
        community_power=power,
        locale=language,
        message_id=reply_to,
    )
    await community.use(asked)
    return asked


def command_lines(power: Power) -> list[str]:
    """What can be typed after the prefix: each command that somebody with this power may use, and its choices."""
    lines: list[str] = []
    for command in COMMANDS:
        if power.covers(command.power):
            first = command.options[0] if command.options else None
            lines.append(command.name)
            if first and first.kind is OptionKind.CHOICE:
                lines += [f"{command.name} {choice}" for choice in first.choices]
    return lines
