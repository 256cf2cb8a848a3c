"""No test can hang: it fails and reports what it waited for."""

import asyncio
import signal
import time

import pytest

from tests.fakes.time_limit import time_limit


def test_a_test_that_waits_for_ever_fails_and_names_its_tasks(capfd: pytest.CaptureFixture[str]) -> None:
    async def waits_for_godot() -> None:
        await asyncio.Event().wait()

    async def conversation() -> None:
        await asyncio.create_task(waits_for_godot(), name="godot")

    with pytest.raises(pytest.fail.Exception, match="ran for more than"), time_limit(0.1):
        asyncio.run(conversation())
    told = capfd.readouterr().err
    assert "waits_for_godot" in told and "godot" in told and "thread" in told


def test_a_test_that_blocks_without_a_loop_fails_too(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(pytest.fail.Exception), time_limit(0.1):
        time.sleep(60)
    assert "test_a_test_that_blocks" in capfd.readouterr().err


def test_a_test_in_time_is_left_alone() -> None:
    with time_limit():
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
