"""Applies to every test: only loopback connections, and no test can spend money."""

import ipaddress
import os
import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.fakes.environment import SECRETS
from tests.fakes.synapse import homeserver, slow_homeserver
from tests.fakes.time_limit import time_limit

__all__ = ["homeserver", "slow_homeserver"]

# The time of an example depends on the load of the machine, not on the code. CI tries the same examples each time: who
# changes one line is not to be refused for what another line has always done; that is found by everybody's own runs.
settings.register_profile("cameo", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("cameo")


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    host = str(address[0])
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Iterator[None]:
    """Real sockets, but only to this machine: a test that connects elsewhere fails with the address."""
    connect, connect_ex, lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(address: object) -> None:
        if not _is_loopback(address):
            raise AssertionError(f"a test tried to reach {address!r}; only 127.0.0.1 is allowed")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        refuse(address)
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        refuse(address)
        return connect_ex(self, address)

    def guarded_lookup(host: bytes | str | None, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None:
            refuse((host.decode() if isinstance(host, bytes) else host, port))
        return lookup(host, port, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_secrets() -> Iterator[None]:
    """Hides the keys and tokens of the person who runs the tests."""
    held = {name: os.environ.pop(name) for name in list(os.environ) if name.upper().endswith(SECRETS)}
    os.environ["CAMEO_ENV_FILE"] = ""
    yield
    os.environ.update(held)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    with time_limit():
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs whole conversations first: with the longest files last, one of two cores would be idle at the end."""
    items.sort(key=lambda item: "/whole/" not in item.path.as_posix())
