"""Where a model server is: on this machine, on its network, or elsewhere."""

import asyncio
import ipaddress
from urllib.parse import urlsplit

PROBE_SECONDS = 2.0  # a server on this machine or network answers in milliseconds, or is not running
PORTS = {"http": 80, "https": 443}


def is_local(url: str) -> bool:
    """Whether the server is on this machine or its network. Such a server is often not running, so it is probed
    first."""
    address = _address(url)
    return is_loopback(url) or bool(address and address.is_private) or _host(url).endswith(".local")


def is_loopback(url: str) -> bool:
    address = _address(url)
    return _host(url) == "localhost" or _host(url).endswith(".localhost") or bool(address and address.is_loopback)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _address(url: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(_host(url))
    except ValueError:
        return None


async def listens(url: str) -> bool:
    """Whether something listens at an address of this machine, which takes a millisecond to find out. Sends nothing."""
    parts = urlsplit(url)
    if not parts.hostname:
        return False
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or PORTS[parts.scheme])
    except (OSError, ValueError, KeyError):  # TimeoutError is an OSError; the port or the scheme may be none
        return False
    writer.close()
    return True
