"""Recognises files that hold no history that we read, so that they can be named. Pure."""

import codecs
import re

INSTEAD = (
    "name JSON Lines (a message a line), a JSON export of DiscordChatExporter or of Element, or a database of Cameo's"
)
BY_EXPORTER = "export it again with the format JSON"
_TELEGRAM = rb'\{\s*"(?:name|about)"\s*:[\s\S]{0,400}?"type"\s*:\s*"\w*(?:group|channel|chat|saved_messages|bot)'
# By their first bytes, without white space. The first that fits names the format; what to do instead, if not INSTEAD.
_SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (rb"(?i)<!doctype html|<html|<head|<!--", "a web page (HTML)", BY_EXPORTER),
    (rb"(?i)<\?xml|<\w+[ >]", "XML", ""),
    (rb"%PDF-", "a PDF", BY_EXPORTER),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP", "a picture", ""),
    (rb"PK(?:\x03\x04|\x05\x06)", "a ZIP archive", "unpack it, and name the folder"),
    (rb"7z\xbc\xaf|Rar!|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd", "an archive", "unpack it, and name the file or folder"),
    (rb"\x1f\x8b", "compressed", "give it a name that ends in .gz"),
    (rb"={10,}\s*\r?\n\s*Guild:|\[?\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? .{0,12}\d:\d\d", "a chat as text", BY_EXPORTER),
    (rb"[\[(<]?\d\d:\d\d(?::\d\d)?[\])>]?\s|-{2,}\s?(?:Log|Day)", "a log of IRC or of a terminal", ""),
    (rb'"?AuthorID"?,|[\w" ]+(?:[,;\t][\w" ]+){2,}\r?(?:\n|$)', "a table (CSV)", BY_EXPORTER),
    (_TELEGRAM, "an export of Telegram", ""),
    (rb'\{\s*"meta"\s*:\s*\{', "an archive of Discord History Tracker", BY_EXPORTER),
    (rb"\[", "a JSON list (Slack exports such)", "write one object a line, with id, room, author, text and at"),
    (rb"(?:---\s|#.*\n)*[\w-]+:(?:\s|$)", "YAML, perhaps settings", ""),
)  # fmt: skip
_FORMATS = tuple((re.compile(sign), name, instead or INSTEAD) for sign, name, instead in _SIGNS)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def other_format(head: bytes) -> tuple[str, str] | None:
    """The format of a file that begins so and is no history of ours, and what to do instead; None if it may be one."""
    if head.startswith(_WIDE):
        return "UTF-16 text", "save it as UTF-8"
    begin = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return next(((name, instead) for sign, name, instead in _FORMATS if sign.match(begin)), None)
