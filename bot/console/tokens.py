"""The access token: its source, its file, and its comparison."""

import contextlib
import hashlib
import hmac
import math
import os
import secrets
from itertools import pairwise
from pathlib import Path

from bot.config.loopback import on_loopback
from bot.config.settings import Settings
from bot.types import SettingsError

TOKEN_FILE = "token"  # beside the database  # noqa: S105
TOKEN_BYTES = 4096  # the longest header that most servers take is 8 kB
# Random tokens of 96 bits and more are estimated at 45 to 180 bits, what people repeat or count up at less than 30. At
# 10,000 guesses a second, 40 bits take three years. 24 characters, because words have fewer bits than their letters.
STRONG_BITS, STRONG_CHARACTERS = 40.0, 24
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")  # neighbours are no surprise
NEIGHBOURS = frozenset(pair for row in ROWS for line in (row, row[::-1]) for pair in pairwise(line))


def access_token(settings: Settings) -> str:
    """The token from the environment, otherwise from a file beside the database, created on first use (mode 600).
    Raises SettingsError if that file can't be read or written, or as `refuse_weak_token` does."""
    refuse_weak_token(settings)
    if settings.console.token:
        return settings.console.token
    return kept_token(settings.database.parent / TOKEN_FILE)


def refuse_weak_token(settings: Settings) -> None:
    """Raises SettingsError if others could reach the console and guess its token, configured or kept."""
    host, file = settings.console.host, settings.database.parent / TOKEN_FILE
    token, where = settings.console.token, f"the variable {settings.console.token_env}"
    if not token:
        with contextlib.suppress(OSError):  # `kept_token` reports it
            token, where = _read(file), str(file)
    if token and not on_loopback(host) and is_weak(token):
        problem = f"console.host: {host} is open to others, and the token in {where} is too easy to guess"
        instead = f"leave it out (a strong one is made and kept in {file}), or use `openssl rand -hex 32`"
        raise SettingsError([f"{problem}; {instead}; or write 127.0.0.1 instead"])


def is_weak(token: str) -> bool:
    """Whether a token could be guessed: too short, or too few surprising pairs of characters, each counted once and as
    one of the characters used. Repetitions, the alphabet, and rows of the keyboard are no surprise."""
    folded = token.casefold()
    surprising = {pair for pair in pairwise(folded) if pair not in NEIGHBOURS and pair[0] != pair[1]}
    bits = len(surprising) * math.log2(max(1, len(set(folded))))
    return len(token) < STRONG_CHARACTERS or bits < STRONG_BITS


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
    never the token, and two Cameos on one machine use different names. The hash is slow (about 50 ms), so that tokens
    can't be guessed by trying cookies, for which there is no back-off."""
    value = hashlib.scrypt(token.encode(), salt=b"cameo page", n=2**14, r=8, p=1, dklen=32).hex()
    return f"cameo_{value[:8]}", value[8:]


def _read(path: Path) -> str:
    """The token in that file, empty if there is none. Raises SettingsError if it holds something else, OSError if it
    can't be read."""
    if path.exists() and not path.is_file():
        raise SettingsError([f"{path}: this is not a file; move it away, and a new token is made"])
    try:
        with path.open("rb") as file:
            token = file.read(TOKEN_BYTES + 1).decode().strip()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        token = "\0"  # noqa: S105
    if len(token) > TOKEN_BYTES or not token.isprintable():
        raise SettingsError([f"{path}: this is no access token, perhaps damaged; remove it, and a new one is made"])
    return token


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
