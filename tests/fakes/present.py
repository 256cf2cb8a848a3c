"""A value that must be there."""

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value, or a failed assertion where there is none."""
    assert value is not None
    return value
