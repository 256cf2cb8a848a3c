"""Signing in on a real Synapse: one device, and a clear message when it rejects us."""

import asyncio
import json

import pytest

from adapters.matrix.homeserver import POLL_SECONDS
from bot.types import Mark, PlatformError, PlatformRefused, Status, StoreError
from tests.adapters.matrix.parts import JumpClock, adapter_of, by_password, running, settings_for, status_is
from tests.fakes.core import FakeCore
from tests.fakes.synapse import Person, Synapse
from tests.fakes.waiting import PATIENCE


async def devices(person: Person) -> list[str]:
    return [device["device_id"] for device in (await person.ask("GET", "devices"))["devices"]]


async def test_two_starts_are_one_device(homeserver: Synapse, core: FakeCore) -> None:
    bot = await homeserver.user("cameo")
    for _ in range(2):
        async with running(adapter_of(by_password(bot), core), core):
            pass
    assert len(await devices(bot)) == 2  # the registration's and ours


async def test_a_login_that_could_not_be_kept_is_repeated_on_its_device(homeserver: Synapse, core: FakeCore) -> None:
    bot = await homeserver.user("cameo")
    refused: list[object] = []

    class FailingTwice(FakeCore):
        async def put(self, values: Mark) -> None:
            if "session" in values and len(refused) < 2:
                refused.append(values)
                raise StoreError("disk full")
            await super().put(values)

    async with running(adapter_of(by_password(bot), failing := FailingTwice(), JumpClock()), failing):
        pass
    assert len(refused) == 2
    assert len(await devices(bot)) == 2  # the registration's and ours


async def test_a_session_that_was_signed_out_is_opened_again_on_its_device(homeserver: Synapse, core: FakeCore) -> None:
    bot, alice = await homeserver.user("cameo"), await homeserver.user("alice")
    adapter = adapter_of(by_password(bot), core)
    async with running(adapter, core):
        pass
    first = json.loads(core.marks["session"])
    work = asyncio.create_task(adapter.run(core.hear, core.typing))
    await status_is(adapter, Status.UP, work)
    await Person(homeserver.url, bot.id, first["token"], "").ask("POST", "logout", body={})
    # A long poll that is already running may last until its timeout, unless there is an event.
    await alice.invite(await alice.create_room("news"), bot.id)
    with pytest.raises(PlatformError, match="signed out") as lost:
        await asyncio.wait_for(work, POLL_SECONDS + PATIENCE)
    assert not isinstance(lost.value, PlatformRefused)  # the supervisor runs it again
    async with running(adapter, core):
        second = json.loads(core.marks["session"])
    assert (second["device"], second["token"] != first["token"]) == (first["device"], True)


async def test_an_access_token_is_enough(homeserver: Synapse, core: FakeCore) -> None:
    bot = await homeserver.user("cameo")
    adapter = adapter_of(settings_for(homeserver.url, token=bot.token), core)
    async with running(adapter, core):
        assert adapter.status is Status.UP
    assert "session" not in core.marks  # the token is the manager's, in the environment; we keep no copy


@pytest.mark.parametrize("wrong", ["password", "token", "someone else's token", "nothing"])
async def test_a_refusal_is_final_and_names_what_to_mend(homeserver: Synapse, core: FakeCore, wrong: str) -> None:
    bot, other = await asyncio.gather(homeserver.user("cameo"), homeserver.user("other"))
    settings = {
        "password": by_password(bot, password="wrong"),
        "token": settings_for(homeserver.url, bot.id, token="wrong"),
        "someone else's token": settings_for(homeserver.url, bot.id, token=other.token),
        "nothing": settings_for(homeserver.url, bot.id),
    }[wrong]
    adapter = adapter_of(settings, core)
    with pytest.raises(PlatformRefused, match="MATRIX_"):
        async with asyncio.timeout(PATIENCE):
            await adapter.run(core.hear, core.typing)
    assert adapter.status is Status.REFUSED


async def test_another_account_starts_from_nothing(homeserver: Synapse, core: FakeCore) -> None:
    first, second = await asyncio.gather(homeserver.user("cameo"), homeserver.user("mochi"))
    async with running(adapter_of(by_password(first), core), core):
        room = await second.create_room("theirs", invite=[first.id])
        await core.until(lambda c: f"room/{room}" in c.marks)
    core.marks["next_batch"] = "nonsense of the first account"
    async with running(adapter_of(by_password(second), core), core):
        assert core.marks["account"] == second.id
        assert core.marks["next_batch"] != "nonsense of the first account"
        assert f"room/{room}" in core.marks  # second is in it too, as its creator, and has just read so again
