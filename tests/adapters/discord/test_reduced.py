"""1: without the Message Content intent it starts, and says what is reduced."""

import asyncio
from typing import Any

import discord as sdk
import pytest
from structlog.testing import capture_logs

from adapters.discord.client import intents_for
from adapters.discord.settings import DiscordSettings
from bot.types import PlatformRefused, Status
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.shipped import shipped_words

from .conftest import adapter_for, running

NEEDED = {
    "guilds", "guild_messages", "dm_messages", "guild_reactions", "dm_reactions", "guild_typing", "dm_typing",
}  # fmt: skip


@pytest.mark.parametrize("message_content", [True, False])
def test_01_the_intents_are_these_and_no_others(message_content: bool) -> None:
    asked = {name for name, on in intents_for(message_content) if on}
    assert asked == NEEDED | ({"message_content"} if message_content else set())
    assert not {"members", "presences"} & asked
    privileged = sdk.Intents.privileged() if hasattr(sdk.Intents, "privileged") else None
    assert privileged is None or not sdk.Intents(**dict.fromkeys(NEEDED, True)).value & privileged.value


@pytest.mark.parametrize(
    ("setting", "granted", "reads_all", "sessions"),
    [
        (True, True, True, 1),
        ("if_allowed", True, True, 1),
        ("if_allowed", False, False, 2),  # refused with 4014, then without
        (False, False, False, 1),
        (False, True, False, 1),
    ],
)
async def test_01_it_starts_and_tells_what_it_can_read(
    discord: FakeDiscord, core: FakeCore, setting: Any, granted: bool, reads_all: bool, sessions: int
) -> None:
    discord.gives_content = granted
    adapter = adapter_for(discord, core, message_content=setting)
    with capture_logs() as logs:
        async with running(adapter, core):
            assert (adapter.status, adapter.capabilities.reads_all) == (Status.UP, reads_all)
            await discord.say("general", "Ada", "hello?", mention=True)
            await core.until(lambda core: len(core.messages) == 1)
            await discord.drop(1001)
            await discord.say("general", "Ada", "still there?", mention=True)
            await core.until(lambda core: len(core.messages) == 2)
    assert discord.identified == sessions
    assert ("discord.reduced" in [entry["event"] for entry in logs]) is not reads_all


async def test_01_a_refused_intent_names_the_switch_and_the_setting(discord: FakeDiscord, core: FakeCore) -> None:
    discord.gives_content = False
    adapter = adapter_for(discord, core)
    with pytest.raises(PlatformRefused) as refused:
        await adapter.run(core.hear, core.typing)
    said = str(refused.value)
    assert "Privileged Gateway Intents > Message Content Intent" in said and "message_content: false" in said
    assert (adapter.status, discord.identified) == (Status.REFUSED, 1)


async def test_01_a_refused_token_is_no_missing_intent(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core, token="wrong", message_content="if_allowed")
    with pytest.raises(PlatformRefused, match="token"):
        await asyncio.wait_for(adapter.run(core.hear, core.typing), 60)
    assert len(discord.requests) == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_01_what_is_reduced_has_words(language: str) -> None:
    assert "Message Content Intent" in shipped_words().say("terminal.discord.reduced", language)


@pytest.mark.parametrize("wrong", ["perhaps", 1, None, []])
def test_01_any_other_value_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="message_content"):
        DiscordSettings.model_validate({"message_content": wrong})
