"""Files are fetched on demand, completely or not at all, and only from Discord."""

from typing import Any

import pytest
import yarl

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.http import Endpoints
from bot.types import Message, PlatformError, Thread, Unavailable
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import FORUM

from .conftest import RealClock, adapter_for, running, settings_for

LOAF = b"\x89PNG" + bytes(range(256)) * 1_000


async def posted(discord: FakeDiscord, core: FakeCore, **more: Any) -> Message:
    said = await discord.say("general", "Ada", "look", **more)
    await core.until(lambda core: core.messages[-1:] != [] and core.messages[-1].id == said["id"])
    return core.messages[-1]


async def test_a_file_is_read_whole_however_often_its_address_has_changed(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        files = [discord.file("notes.txt", b"rye"), discord.file("loaf.png", LOAF, content_type="image/png")]
        message = await posted(discord, core, attachments=files)
        discord.signature = "renewed"
        assert await adapter.fetch(message.thread, message.id, 1, len(LOAF)) == LOAF
        assert await adapter.fetch(message.thread, message.id, 0, 3) == b"rye"
    assert not any("cdn" in str(value) for _, mark in core.commits for value in mark.values())


async def test_no_more_is_read_than_is_allowed_whatever_size_was_claimed(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        huge = discord.file("loaf.png", LOAF * 200)
        message = await posted(discord, core, attachments=[{**huge, "size": 3}])
        with pytest.raises(Unavailable, match="larger than 100000 bytes"):
            await adapter.fetch(message.thread, message.id, 0, 100_000)
    assert discord.downloaded < len(LOAF) * 150, "reading stopped"


async def test_what_cannot_be_had_is_unavailable(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    with pytest.raises(PlatformError, match="not connected"):
        await adapter.fetch(Thread(None, "1"), "1", 0, 9)  # type: ignore[arg-type]
    async with running(adapter, core):
        elsewhere = {**discord.file("loaf.png", LOAF), "url": "../elsewhere"}
        files = [discord.file("notes.txt", b"x"), elsewhere]
        message = await posted(discord, core, attachments=files, sticker_items=[{"name": "wave"}])
        for n in (-1, 2, 3):
            with pytest.raises(Unavailable, match="no file"):
                await adapter.fetch(message.thread, message.id, n, 10**6)
        discord.cdn_status = 500
        with pytest.raises(PlatformError, match="answered 500"):
            await adapter.fetch(message.thread, message.id, 0, 10**6)
        discord.cdn_status = 200
        with pytest.raises(Unavailable, match="gone"):
            await adapter.fetch(message.thread, message.id, 1, 10**6)
        await discord.delete(message.id)
        with pytest.raises(Unavailable):
            await adapter.fetch(message.thread, message.id, 0, 10**6)
        discord.fail("GET", "messages/", 503)
        with pytest.raises(PlatformError) as problem:
            await adapter.fetch(message.thread, message.id, 0, 10**6)
    assert not isinstance(problem.value, Unavailable), "Discord is away: later"


async def test_the_file_of_a_forum_post_and_of_what_a_thread_grew_from(core: FakeCore) -> None:
    async with FakeDiscord() as discord:
        discord.world.channel("questions", FORUM)
        adapter = adapter_for(discord, core)
        async with running(adapter, core):
            message = await posted(discord, core, attachments=[discord.file("loaf.png", LOAF)])
            grown = Thread(message.room, message.id)  # a thread has the id of the message that it was started from
            discord.world.channel("talk", 11, parent=message.room.id, snowflake=message.id)
            assert await adapter.fetch(grown, message.id, 0, 10**6) == LOAF
            post = await discord.thread("questions", "Which flour?", "Ada", "for rye")
            discord.find(post["id"])["attachments"] = [discord.file("flour.jpg", b"jpeg")]
            await core.until(lambda core: len(core.messages) == 2)
            assert await adapter.fetch(core.messages[1].thread, post["id"], 0, 10**6) == b"jpeg"
        assert discord.unknown == []


@pytest.mark.parametrize(
    ("api", "url", "served"),
    [
        (None, "https://cdn.discordapp.com/attachments/1/2/x.png?ex=1", True),
        (None, "https://media.discordapp.net/x.png", True),
        (None, "http://cdn.discordapp.com/x.png", False),
        (None, "https://cdn.discordapp.com.evil.example/x.png", False),
        (None, "http://127.0.0.1/x.png", False),
        (None, "/x.png", False),
        ("http://127.0.0.1:80/api/v10", "http://127.0.0.1/x.png", True),
        ("http://127.0.0.1:80/api/v10", "http://127.0.0.1:81/x.png", False),
        ("http://127.0.0.1:80/api/v10", "x.png", False),
        ("https://proxy.example/api/v10", "https://cdn.discordapp.com/x.png", True),
    ],
)
def test_files_come_from_discord_alone(api: str | None, url: str, served: bool) -> None:
    assert Endpoints(api).serves_files(yarl.URL(url)) is served


def test_the_adapter_says_what_it_can_do() -> None:
    able = DiscordAdapter(settings_for(), FakeCore(), RealClock()).capabilities
    assert (able.live_preview, able.buttons, able.private_answers) == (False, False, False)
    assert (able.reactions, able.images_in, able.typing_signs, able.longest_message) == (True, True, True, 2000)
