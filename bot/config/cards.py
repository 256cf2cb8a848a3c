"""What people bring from character cards (Tavern, SillyTavern) into a personas folder, and we don't read."""

import re
from collections.abc import Iterator
from pathlib import Path

from bot.config.yaml_file import Keys, Problem

_CARD, _PICTURE = "is a character card, which is not read", "is a picture or a character card, and is not read"
_COPY = "write its character into a file NAME.yaml here (personas/README.md explains the fields)"
_OTHERS = {
    ".json": (_CARD, _COPY),
    ".png": (_PICTURE, _COPY),
    ".webp": (_PICTURE, _COPY),
    ".charx": (_CARD, _COPY),
    ".byaf": (_CARD, _COPY),
    ".yml": ("is not read because of its name", "give it the name {stem}.yaml"),
    ".yaml": ("is not read because of its name", "give it the name {stem}.yaml, in lower case"),
    ".toml": ("is not read", _COPY),
    ".txt": ("is not read", _COPY),
}
# Macros of character cards: {{char}}, {{user}}, {{random:a,b}}, <USER>, <BOT>, and the single braces that some write.
_MACRO = re.compile(r"\{\{[^{}\n]{1,80}\}\}|<(?:USER|BOT|CHAR)>|\{(?:char|user|bot|username)\}", re.IGNORECASE)
_CODE = re.compile(r"`[^`]*`")


def unread(folder: Path) -> dict[Path, tuple[str, str]]:
    """The files that look like personas and are not read: what they are, and what to do. Hidden files and folders are
    left out; empty if the folder can't be listed."""
    try:
        return {path: found for path in sorted(folder.iterdir()) if (found := _unread(path)) and path.is_file()}
    except (OSError, ValueError):
        return {}


def _unread(path: Path) -> tuple[str, str] | None:
    if path.name.startswith(".") or path.suffix == ".yaml" or path.stem.casefold() == "readme":
        return None
    what, instead = _OTHERS.get(path.suffix.casefold(), ("", ""))
    return (what, instead.format(stem=path.stem)) if what else None


def unread_lines(folder: Path) -> list[str]:
    """`unread`, one line for each file."""
    return [f"{path}: {what}; {instead}" for path, (what, instead) in unread(folder).items()]


def placeholders_in(keys: Keys, text: str) -> Iterator[Problem]:
    """The placeholders of character cards in a persona's text: nothing fills them in, so members would read them."""
    for match in _MACRO.finditer(_CODE.sub("", text)):
        name = re.sub(r"\W", "", match[0].casefold())
        instead = {"user": '"a member"', "username": '"a member"'}.get(
            name, "its name" if name in ("char", "bot") else ""
        )
        yield Problem(keys, f"holds {match[0]}, which nothing fills in", instead or "the words themselves")
