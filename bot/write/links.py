"""Shows where a link leads: a link whose text is another address becomes that address alone. Pure."""

import html
import re
from urllib.parse import unquote, urlsplit

from bot.write.models.code import code_in

# [text](address), [text](<address>), [text](address "title"); brackets and parentheses may nest once.
_LINK = re.compile(
    r"(?<!\\)!?\[((?:[^\[\]]|\[[^\[\]]{0,200}\]){0,400})\]"
    r"\(\s{0,9}(?:<([^<>\n]{1,2000})>|([^\s()<>]{1,2000}(?:\([^\s()<>]{0,400}\)[^\s()<>]{0,400})?))"
    r"(?:\s{1,9}(?:\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|\([^()\n]{0,400}\)))?\s{0,9}\)"
)
# The beginning of any other link, whose address is too odd for the rule above.
_BEGUN = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]{0,200}\]){0,400})\]\((?=\s{0,9}<?([^\s<>()]{0,400}))")
_DOTS = str.maketrans(dict.fromkeys("\u2024\u3002\uff0e\uff61\ufe52", "."))
# Common endings of domains, each country's, and those in other scripts. Without a list, every "asyncio.sleep" would be
# an address.
_ENDINGS = (
    "com|net|org|info|biz|edu|gov|mil|int|arpa|name|pro|dev|app|xyz|online|site|website|shop|store|club|top|live|tech|"
    "cloud|space|blog|news|page|link|click|bank|email|support|help|chat|social|world|today|life|example|test|invalid|"
    r"localhost|local|onion|xn--[a-z0-9-]{1,59}|[a-z]{2}|[^\W\d_a-z]{2,63}"
)
_HOST = re.compile(rf"(?:[^\W_](?:[\w-]{{0,62}}[^\W_])?\.)+(?:{_ENDINGS})(?![\w-]|\.\w)", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,20}:/|www\.", re.IGNORECASE)
_FILE = re.compile(r"[\w.-]+\.(?:md|py|rs|sh|js|ts)", re.IGNORECASE)  # endings of file names that are countries', too
_SIGNS = re.compile(r"[\\*_~`|\s]+")


def unmasked(text: str) -> str:
    """The text with each link whose text is an address of another host or account replaced by its own address. Leaves
    code unchanged."""
    if "](" not in text:
        return text
    code = list(code_in(text))

    def poses(link: re.Match[str], address: str) -> bool:
        in_code = any(start <= link.start() < end for start, end in code)
        return not in_code and poses_as_another(link[1], address)

    def shown(link: re.Match[str]) -> str:
        address = link[2] or link[3]
        return address if poses(link, address) else link[0]

    def broken(link: re.Match[str]) -> str:
        return f"[{link[1]}] (" if poses(link, link[2]) else link[0]

    plain = _LINK.sub(shown, text)
    return plain if plain != text else _BEGUN.sub(broken, text)


def poses_as_another(label: str, address: str) -> bool:
    """Whether a link's text looks like an address, but of another host or account than `address`."""
    said = unquote(html.unescape(label)).translate(_DOTS)
    said = _SIGNS.sub(" ", re.sub(r"(?<=\w)[\\*_~`|]+(?=\w|\.)|(?<=\.)[\\*_~`|]+", "", said)).strip()
    if "@" in said and _HOST.search(said):  # an account: all of it must be in the address
        return said.strip("<> ").casefold().removeprefix("mailto:") not in unquote(address).casefold()
    found = [host for host in _HOST.findall(said) if _SCHEME.search(said) or not _FILE.fullmatch(host)]
    hosts = {host.casefold().removeprefix("www.") for host in found}
    return bool(hosts or _SCHEME.match(said)) and hosts != {_host(address)}


def _host(address: str) -> str:
    """The host that a browser opens; what stands before an @ is no part of it."""
    try:
        return (urlsplit(address.strip()).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
