"""Fixtures: a fake core."""

import pytest

from tests.fakes.core import FakeCore


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()
