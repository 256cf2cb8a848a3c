"""A simulated Discord with real permissions (simcord): members' actions are heard, and ours reach them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import discord
import pytest
import simcord

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.client import DiscordClient
from bot.types import Deletion, Edit, Message, NewParts, Reaction, Reply, Room, Thread, Undeliverable
from tests.fakes.core import FakeCore
from tests.fakes.present import present

from .conftest import RealClock, settings_for


@pytest.fixture
def adapter(core: FakeCore) -> DiscordAdapter:
    return DiscordAdapter(settings_for(), core, RealClock(), shard_count=1)


@pytest.fixture
def simcord_bot(adapter: DiscordAdapter) -> DiscordClient:
    return adapter.client()


@pytest.fixture
async def attended(adapter: DiscordAdapter, simcord_env: simcord.Env, core: FakeCore) -> AsyncIterator[simcord.Env]:
    assert isinstance(simcord_env.bot, DiscordClient)
    task = asyncio.create_task(adapter.attend(simcord_env.bot, core.hear))
    await core.until(lambda core: "first" in core.marks)
    yield simcord_env
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def guild(attended: simcord.Env) -> simcord.GuildHandle:
    return attended.create_guild("Harbour")


async def heard(core: FakeCore, count: int) -> list[Message]:
    await core.until(lambda core: len(core.messages) >= count)
    return core.messages


def test_only_what_is_needed_is_asked_for(adapter: DiscordAdapter) -> None:
    client = adapter.client()
    asked = {name for name, on in client.intents if on}
    guild, direct = {"guild_messages", "guild_reactions", "guild_typing"}, {"dm_messages", "dm_reactions", "dm_typing"}
    assert asked == {"guilds", "message_content"} | guild | direct
    allowed = client.allowed_mentions
    assert allowed and not any((allowed.everyone, allowed.users, allowed.roles, allowed.replied_user))


async def test_mention_reply_and_plain_talk(
    adapter: DiscordAdapter, attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore
) -> None:
    channel, ada = guild.create_text_channel("general"), guild.add_member(attended.create_user("ada"), nick="Ada")
    await ada.send(channel, "good morning")
    await ada.send(channel, f"{present(attended.bot.user).mention} how long?")
    messages = await heard(core, 2)
    assert [message.addressed for message in messages] == [False, True]
    assert (messages[1].author.name, messages[1].room.name) == ("Ada", "general")
    assert messages[1].text.startswith("@") and messages[1].text.endswith(" how long?")

    (sent,) = await adapter.send(Reply(messages[1].thread, "Overnight.", messages[1].id), "turn-1")
    assert channel.last_message and channel.last_message.content == "Overnight."
    assert channel.last_message.reference and str(channel.last_message.reference.message_id) == messages[1].id

    await ada.send(channel, "thanks", reply_to=channel.last_message)
    answered = (await heard(core, 4))[3]
    assert (answered.reply_to, answered.addressed) == (sent, True)


async def test_a_text_full_of_pings_pings_nobody(
    adapter: DiscordAdapter, attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore
) -> None:
    channel, ada = guild.create_text_channel("general"), guild.add_member(attended.create_user("ada"))
    role = guild.create_role("bakers")
    await ada.send(channel, "hello")
    message = (await heard(core, 1))[0]
    await adapter.send(Reply(message.thread, f"@everyone @here {role.mention} {ada.mention}", message.id), "turn-1")
    said = channel.last_message
    assert said and not said.mention_everyone
    posted = [entry for entry in attended.http_requests if entry.method == "POST" and entry.path.endswith("/messages")]
    assert present(posted[-1].json)["allowed_mentions"]["parse"] == []


async def test_edits_deletions_and_reactions(attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore) -> None:
    channel, ada = guild.create_text_channel("general"), guild.add_member(attended.create_user("ada"))
    said = await ada.send(channel, "bred")
    await ada.edit(said, "bread")
    await ada.react(said, "🍞")
    await ada.unreact(said, "🍞")
    await ada.delete(said)
    await core.until(lambda core: isinstance(core.new[-1], Deletion) if core.new else False)
    kinds = [type(event) for event in core.new]
    assert kinds == [Message, Edit, NewParts, Reaction, Reaction, Deletion]
    assert [event.message_id for event in core.new[1:] if isinstance(event, Edit | NewParts | Reaction | Deletion)] == [
        str(said.id)
    ] * 5


async def test_a_bulk_deletion_is_many_deletions(
    attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore
) -> None:
    channel, ada = guild.create_text_channel("general"), guild.add_member(attended.create_user("ada"))
    said = [await ada.send(channel, f"line {n}") for n in range(3)]
    purged = attended.bot.get_channel(channel.id)
    assert isinstance(purged, discord.TextChannel)
    await purged.delete_messages(said)
    await core.until(lambda core: sum(isinstance(event, Deletion) for event in core.new) == 3)


async def test_a_private_thread_is_a_room_of_its_own(
    adapter: DiscordAdapter, attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore
) -> None:
    """Its messages must not be recalled in the public room."""
    channel, ada = guild.create_text_channel("general"), guild.add_member(attended.create_user("ada"))
    parent = attended.bot.get_channel(channel.id)
    assert isinstance(parent, discord.TextChannel)
    thread = await parent.create_thread(name="between us", type=discord.ChannelType.private_thread)
    await thread.add_user(discord.Object(ada.id))
    (handle,) = channel.threads
    await ada.send(handle, "a secret")
    await core.until(lambda core: bool(core.messages) and core.messages[-1].text == "a secret")
    said = core.messages[-1]
    assert (said.room.id, said.room.name, said.thread.root) == (str(thread.id), "general", None)
    await adapter.send(Reply(said.thread, "Safe with me.", said.id), "turn-1")
    assert handle.last_message and handle.last_message.content == "Safe with me."


async def test_threads_and_forum_posts_belong_to_their_room(
    adapter: DiscordAdapter, attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore
) -> None:
    channel, ada = guild.create_text_channel("general"), guild.add_member(attended.create_user("ada"))
    origin = await ada.send(channel, "who bakes rye?")
    parent = attended.bot.get_channel(channel.id)
    assert isinstance(parent, discord.TextChannel)
    await parent.create_thread(name="rye", message=discord.Object(origin.id), type=discord.ChannelType.public_thread)
    (thread,) = channel.threads
    await ada.send(thread, "inside")
    await core.until(lambda core: core.messages[-1].text == "inside")
    inside = core.messages[-1]
    assert (inside.thread.root, inside.room.id, inside.starts_thread) == (str(thread.id), str(channel.id), False)
    await adapter.send(Reply(inside.thread, "Me.", inside.id), "turn-1")
    assert thread.last_message and thread.last_message.content == "Me."

    forum = guild.create_forum_channel("questions")
    posts = attended.bot.get_channel(forum.id)
    assert isinstance(posts, discord.ForumChannel)
    await posts.create_thread(name="Which flour?", content="for rye bread")
    await core.until(lambda core: core.messages[-1].text == "for rye bread")
    post = core.messages[-1]
    (thread,) = forum.threads
    assert (post.thread.root, post.room.id, post.room.name) == (str(thread.id), str(forum.id), "questions")


async def test_a_channel_where_we_may_not_write_is_undeliverable(
    adapter: DiscordAdapter, attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore
) -> None:
    closed = discord.PermissionOverwrite(send_messages=False)
    channel = guild.create_text_channel("rules", overwrites={guild.default_role: closed})
    thread = Thread(Room("discord", str(guild.id), str(channel.id)))
    with pytest.raises(Undeliverable):
        await adapter.send(Reply(thread, "hello", str(channel.id)), "turn-1")


async def test_a_direct_message_addresses_us(attended: simcord.Env, guild: simcord.GuildHandle, core: FakeCore) -> None:
    ada = guild.add_member(attended.create_user("ada"))
    await ada.send_dm("psst")
    message = (await heard(core, 1))[0]
    assert message.addressed and message.room.community == "-" and message.thread.root is None


async def test_without_the_privileged_intent_what_mentions_us_is_still_read(core: FakeCore) -> None:
    adapter = DiscordAdapter(settings_for(message_content=False), core, RealClock(), shard_count=1)
    approved = discord.Intents.default()
    client = adapter.client()
    async with simcord.run(client, approved_intents=approved) as env:
        task = asyncio.create_task(adapter.attend(client, core.hear))
        guild = env.create_guild("Harbour")
        channel, ada = guild.create_text_channel("general"), guild.add_member(env.create_user("ada"))
        await ada.send(channel, "just talk")
        await ada.send(channel, f"{present(env.bot.user).mention} a question")
        messages = await heard(core, 2)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert messages[0].text == ""
    assert messages[1].addressed and messages[1].text.endswith("a question")
