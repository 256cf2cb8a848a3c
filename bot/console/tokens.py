"""The access token: its source, its file, and its comparison."""

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bot.config.settings import Settings
from bot.types import SettingsError

TOKEN_FILE = "token"  # beside the database  # noqa: S105


def access_token(settings: Settings) -> str:
    """The token from the environment, otherwise from a file beside the database, created on first use (mode 600).
    Raises SettingsError if that file can't be read or written."""
    if settings.console.token:
        return settings.console.token
    return kept_token(settings.database.parent / TOKEN_FILE)


def kept_token(path: Path) -> str:
    """The token in that file, created if there is none. Raises SettingsError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _read(path) or _make(path)
    except OSError as error:
        problem = f"{path}: can't keep the access token here: {error.strerror}; set the variable CAMEO_TOKEN instead"
        raise SettingsError([problem]) from error


def same(given: str, token: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode("utf-8", "replace"))


def page_cookie(token: str) -> tuple[str, str]:
    """Name and value of the page's cookie. Cookies are sent to every port of a host, so it holds a hash of the token,
    never the token, and two Cameos on one machine use different names."""
    value = hmac.new(token.encode(), b"cameo page", hashlib.sha256).hexdigest()
    return f"cameo_{value[:8]}", value[8:]


def _read(path: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").strip()
    return ""


def _make(path: Path) -> str:
    """Writes a temporary file and links it into place: nobody reads half a token, and the first of two writers wins."""
    token = secrets.token_urlsafe(24)
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(token + "\n")
        _place(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    return _read(path) or token


def _place(aside: Path, path: Path) -> None:
    try:
        os.link(aside, path)
    except FileExistsError:
        if not _read(path):  # it exists but is empty
            aside.replace(path)
    except OSError:  # the file system has no links
        aside.replace(path)
