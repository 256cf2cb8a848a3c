"""Which hosts and URLs stay on this machine."""

import ipaddress
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def on_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach a server at `host`, a name or an address."""
    try:
        return host.casefold() in LOOPBACK or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_on_this_machine(url: object) -> bool:
    """Whether a URL leads to a server on this machine."""
    try:
        return isinstance(url, str) and on_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False
