"""Edits the file `.env`: sets and removes variables, and leaves every other byte as it is.

The new text goes into a file beside the old one, which it then replaces in one step: a crash at any moment leaves the
old file or the new one, whole. Only its owner may read it.
"""

import contextlib
import os
import re
import stat
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from bot.config.yaml_file import MAX_BYTES

ASIDE = ".new"  # the suffix of the file beside; a crash may leave one behind, and the next edit removes it
_VALUE = re.compile(r"""[^\S\r\n]*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|[^\r\n]*?(?=[^\S\r\n]+\#|\s*$))""", re.DOTALL)
_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:+=@%,~")


class EnvFileError(Exception):
    """The file can't be edited, and is as before. `reason` is a key of the catalogue (`env_file.*`), `values` are its
    values."""

    def __init__(self, reason: str, **values: object):
        super().__init__(f"{reason}: {values}")
        self.reason, self.values = reason, values


def edit(path: Path, changes: Mapping[str, str | None]) -> None:
    """Sets each variable to its value, or removes it (None), in the file, which is made if there is none (mode 600).
    A symbolic link is followed. Raises EnvFileError, and ValueError for a value that `quoted` refuses."""
    try:
        target = Path(os.path.realpath(path))
        before = _read(target)
        after = edited(before.decode("utf-8"), changes).encode("utf-8")
        if after != before:
            _replace(target, before, after)
        elif target.exists() and target.stat().st_mode & 0o077:
            target.chmod(0o600)
    except UnicodeDecodeError as error:
        raise EnvFileError("not_text", file=path) from error
    except OSError as error:
        raise EnvFileError("unwritable", file=path, why=error.strerror or "?") from error


def edited(text: str, changes: Mapping[str, str | None]) -> str:
    """The text of the file with the changes. A variable keeps its place; a new one comes at the end. Raises
    EnvFileError for a text with lines that can't be read, because what follows them can't be told apart."""
    mark, rest = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    bindings = list(parse_stream(StringIO(rest, newline="")))
    if broken := next((one for one in bindings if one.error), None):
        raise EnvFileError("broken_line", line=broken.original.line)
    end = "\r\n" if "\r\n" in rest else "\n"
    last = {one.key: at for at, one in enumerate(bindings) if one.key in changes}
    parts = [_part(one, changes, is_last=last.get(one.key) == at) for at, one in enumerate(bindings)]
    new = {name: value for name, value in changes.items() if value is not None and name not in last}
    if new and parts and not "".join(parts).endswith(("\n", "\r")):
        parts.append(end)
    return mark + "".join([*parts, *(f"{name}={quoted(value)}{end}" for name, value in new.items())])


def _part(one: Binding, changes: Mapping[str, str | None], *, is_last: bool) -> str:
    """The text of a binding after the changes; of several of one variable, the last counts, and stays."""
    source = one.original.string
    if one.key is None or one.key not in changes:
        return source
    value = changes[one.key]
    if is_last and value is not None and value == one.value:
        return source
    begin = source[: len(source) - len(source.lstrip())]  # empty lines before it, and its indentation
    if value is None or not is_last:
        return begin[: max(begin.rfind("\n"), begin.rfind("\r")) + 1]
    name, _, rest = source[len(begin) :].partition("=")
    written, end = _VALUE.match(rest), rest[len(rest.rstrip("\r\n")) :]
    comment = rest[written.end() :].rstrip() if written else ""
    return f"{begin}{name.strip()}={quoted(value)}{comment}{end or source[len(source.rstrip()) :]}"


def quoted(value: str) -> str:
    """The value as python-dotenv reads it back. Raises ValueError for what one line can't hold."""
    if not value.isprintable():
        raise ValueError("holds a line break, or another character that can't be seen")
    if value and set(value) <= _BARE:
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _read(target: Path) -> bytes:
    """The file's content, empty if there is none."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return b""
    if not stat.S_ISREG(found.st_mode):
        raise EnvFileError("no_file", file=target)
    with target.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise EnvFileError("too_large", file=target)
    return content


def _replace(target: Path, before: bytes, after: bytes) -> None:
    aside = target.with_name(target.name + ASIDE)
    with contextlib.suppress(FileNotFoundError):
        aside.unlink()
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _keep_owner(target, file.fileno())
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        if _read(target) != before:
            raise EnvFileError("changed_meanwhile", file=target)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _keep_owner(target: Path, descriptor: int) -> None:
    """Gives the new file the owner of the old one, who could not read it otherwise. Raises EnvFileError."""
    with contextlib.suppress(FileNotFoundError):
        old, new = target.stat(), os.fstat(descriptor)
        if old.st_uid == new.st_uid:
            return
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except PermissionError as error:
            raise EnvFileError("not_ours", file=target) from error


def _sync_folder(folder: Path) -> None:
    """Makes the replacement last through a power cut; not every file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
