"""A homeserver to test against, and a core that remembers."""

import pytest

from tests.fakes.core import FakeCore
from tests.fakes.synapse import homeserver, slow_homeserver

__all__ = ["homeserver", "slow_homeserver"]


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()
