"""Back-off for wrong tokens, by address and for all addresses together. Pure but for the clock that it is given."""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE = 10  # wrong tokens without back-off: people mistype, and a stale bookmark reloads
FREE_EVERYWHERE = 100  # the same, from all addresses together
LONGEST_BACKOFF = 30.0  # seconds; whoever shares an address with a guesser waits no longer once that stops
FORGIVEN = 600.0  # seconds without a wrong token, after which all is forgotten
ADDRESSES_KEPT = 1_000  # a few hundred kilobytes; the address that guessed longest ago is forgotten first
EVERYWHERE = ""


@dataclass(slots=True)
class Wrong:
    """Wrong tokens from one address: how many, when the last, and until when none is read. In seconds."""

    count: int
    last: float
    until: float = 0.0


class Guesses:
    """Counts wrong tokens. From the eleventh on, the back-off starts with a second and doubles each time."""

    def __init__(self, now: Callable[[], float]):
        """`now` is monotonic, in seconds."""
        self._now = now
        self._wrong: OrderedDict[str, Wrong] = OrderedDict()

    def wait(self, address: str) -> float:
        """For how many seconds no token is tried from there; 0 if it may be."""
        now = self._now()
        found = (self._wrong.get(each) for each in (_network(address), EVERYWHERE))
        return max(0.0, *(wrong.until - now for wrong in found if wrong), 0.0)

    def note(self, address: str) -> None:
        """Counts a wrong token."""
        for each, free in ((_network(address), FREE), (EVERYWHERE, FREE_EVERYWHERE)):
            self._count(each, free)
        while len(self._wrong) > ADDRESSES_KEPT:
            self._wrong.popitem(last=False)

    def _count(self, key: str, free: int) -> None:
        now, wrong = self._now(), self._wrong.pop(key, None)
        if wrong is None or now - wrong.last > FORGIVEN:
            wrong = Wrong(0, now)
        wrong.count, wrong.last = wrong.count + 1, now
        if wrong.count > free:
            wrong.until = now + min(LONGEST_BACKOFF, 2.0 ** min(16, wrong.count - free - 1))
        self._wrong[key] = wrong


def _network(address: str) -> str:
    """The address; of IPv6 the network, because one machine may have all addresses of a /64."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address or "?"
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False).network_address)
    return str(ip)
