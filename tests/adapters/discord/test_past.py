"""Who may read the past of a channel: roles and overwrites, as Discord combines them."""

from collections.abc import Sequence

import pytest

from adapters.discord.past import past_readers
from bot.types import PastReaders
from tests.adapters.discord.conftest import adapter_for, running
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import DM, FORUM

EVERYONE, AUTHOR, NOBODY = PastReaders
VIEW, SEND, HISTORY, IN_THREADS, ADMINISTRATOR = 1 << 10, 1 << 11, 1 << 16, 1 << 38, 1 << 3
TALK = VIEW | SEND | IN_THREADS
ALL, OLD, NEW, MUTED = "@everyone", "old hand", "newcomer", "muted"

Overwrite = tuple[str, int, int]  # whose, allow, deny

CASES: dict[str, tuple[int, Sequence[Overwrite], dict[str, PastReaders]]] = {
    # permissions of @everyone, overwrites of the channel, and what each member's message tells
    "open to all": (TALK | HISTORY, [], {"Ana": EVERYONE, "Ben": EVERYONE, "Eve": EVERYONE}),
    "no past for anybody but a role": (TALK, [], {"Ana": AUTHOR, "Ben": NOBODY, "Eve": NOBODY}),
    "opened in the channel": (TALK, [(ALL, HISTORY, 0)], {"Ana": EVERYONE, "Ben": EVERYONE}),
    "closed in the channel": (TALK | HISTORY, [(ALL, 0, HISTORY)], {"Ana": NOBODY, "Ben": NOBODY, "Root": AUTHOR}),
    "closed but for a role": (
        TALK | HISTORY, [(ALL, 0, HISTORY), (OLD, HISTORY, 0)], {"Ana": AUTHOR, "Ben": NOBODY, "Eve": NOBODY},
    ),
    "closed for a role": (
        TALK | HISTORY, [(MUTED, 0, HISTORY)], {"Ana": AUTHOR, "Ben": AUTHOR, "Eve": NOBODY},
    ),
    "closed for a role that another role opens": (
        TALK | HISTORY, [(MUTED, 0, HISTORY), (NEW, HISTORY, 0)], {"Eve": NOBODY, "Both": AUTHOR, "Ben": AUTHOR},
    ),
    "closed for one member": (TALK | HISTORY, [("Ben", 0, HISTORY)], {"Ana": AUTHOR, "Ben": NOBODY}),
    "opened for one member": (TALK, [("Ben", HISTORY, 0)], {"Ben": AUTHOR, "Eve": NOBODY}),
    "seen by a role only": (
        TALK | HISTORY, [(ALL, 0, VIEW), (OLD, VIEW, 0)], {"Ana": EVERYONE},
    ),
    "not seen by its author any more": (TALK | HISTORY, [(ALL, 0, VIEW), (MUTED, 0, HISTORY)], {"Ben": NOBODY}),
}  # fmt: skip


def furnish(discord: FakeDiscord, everyone: int, overwrites: Sequence[Overwrite]) -> None:
    world = discord.world
    world.everyone = str(everyone)
    roles = {
        ALL: world.guild_id,
        OLD: world.role(OLD, HISTORY, members=["Ana"]),
        NEW: world.role(NEW, members=["Both"]),
        MUTED: world.role(MUTED, members=["Eve", "Both"]),
    }
    world.role("administrator", ADMINISTRATOR, members=["Root"])
    world.channel("recipes", FORUM)
    for place in ("general", "recipes"):
        for whose, allow, deny in overwrites:
            target = roles.get(whose) or world.member(whose)["id"]
            world.overwrite(place, target, allow=allow, deny=deny, member=whose not in roles)


@pytest.mark.parametrize("name", CASES)
async def test_by_role(discord: FakeDiscord, core: FakeCore, name: str) -> None:
    """In the channel, in a thread and in a private thread of it, and in a forum's post."""
    everyone, overwrites, wanted = CASES[name]
    furnish(discord, everyone, overwrites)
    async with running(adapter_for(discord, core), core):
        for who in wanted:
            await discord.say("general", who, f"{who} in the channel")
            await discord.thread("general", f"a {who}", who, f"{who} in a thread")
            await discord.thread("general", f"b {who}", who, f"{who} in a private thread", private=True)
            await discord.thread("recipes", f"c {who}", who, f"{who} in a post")
        await core.until(lambda core: len(core.messages) >= 4 * len(wanted))
    found = {message.text: message.past_readers for message in core.messages}
    places = ("in the channel", "in a thread", "in a private thread", "in a post")
    assert found == {f"{who} {place}": readers for who, readers in wanted.items() for place in places}


async def test_what_was_missed_comes_without_roles(discord: FakeDiscord, core: FakeCore) -> None:
    """Fetched messages do not tell what their authors may read; only where all may read it is it known."""
    furnish(discord, TALK | HISTORY, [])
    discord.world.overwrite("kitchen", discord.world.guild_id, deny=HISTORY)
    discord.world.overwrite("kitchen", discord.world.roles[OLD]["id"], allow=HISTORY)
    async with running(adapter_for(discord, core), core):
        await discord.say("general", "Ana", "hello")
        await core.until(lambda core: len(core.messages) == 1)
    for place in ("general", "kitchen"):
        await discord.say(place, "Ana", f"missed in {place}")
    async with running(adapter_for(discord, core), core):
        await core.until(lambda core: len(core.messages) == 3)
    found = {message.text: message.past_readers for message in core.messages}
    assert found == {"hello": EVERYONE, "missed in general": EVERYONE, "missed in kitchen": NOBODY}


async def test_permissions_that_change(discord: FakeDiscord, core: FakeCore) -> None:
    """What counts is what holds when the message is heard, also for a member whose role was taken away."""
    furnish(discord, TALK | HISTORY, [])
    world = discord.world
    async with running(adapter_for(discord, core), core):
        await discord.say("general", "Ana", "before")
        await core.until(lambda core: len(core.messages) == 1)
        world.overwrite("general", world.guild_id, deny=HISTORY)
        world.overwrite("general", world.roles[OLD]["id"], allow=HISTORY)
        await discord.emit("CHANNEL_UPDATE", world.channels[world.find("general")])
        await discord.say("general", "Ana", "closed")
        world.worn[world.member("Ana")["id"]] = []
        await discord.say("general", "Ana", "without the role")
        await core.until(lambda core: len(core.messages) == 3)
    found = {message.text: message.past_readers for message in core.messages}
    assert found == {"before": EVERYONE, "closed": AUTHOR, "without the role": NOBODY}


async def test_a_direct_conversation_is_seen_whole(discord: FakeDiscord, core: FakeCore) -> None:
    furnish(discord, TALK, [])
    direct = discord.world.channel("Ben", DM)
    async with running(adapter_for(discord, core), core):
        await discord.say(direct, "Ben", "just us")
        await core.until(lambda core: len(core.messages) == 1)
    assert core.messages[0].past_readers is EVERYONE


async def test_a_channel_that_is_not_known(discord: FakeDiscord, core: FakeCore) -> None:
    """Such as an archived private thread that we may not fetch."""
    furnish(discord, TALK | HISTORY, [])
    hidden = discord.world.channel("hidden")
    discord.world.unlisted.add(hidden)
    discord.fail("GET", f"channels/{hidden}$", 403, code=50001, times=9)
    async with running(adapter_for(discord, core), core):
        await discord.say(hidden, "Ana", "who reads this?")
        await core.until(lambda core: len(core.messages) == 1)
    assert core.messages[0].past_readers is NOBODY


@pytest.mark.parametrize("channel", [None, 7, object()])
def test_no_channel(channel: object) -> None:
    assert past_readers(channel, {"member": {"roles": []}}) is NOBODY


@pytest.mark.parametrize(
    "member",
    [None, [], {}, {"roles": None}, {"roles": ["x"]}, {"roles": [[]]}, {"roles": {}}],
)
async def test_a_malformed_membership_is_unknown(discord: FakeDiscord, core: FakeCore, member: object) -> None:
    furnish(discord, TALK | HISTORY, [(MUTED, 0, HISTORY)])
    async with running(adapter_for(discord, core), core):
        said = discord.world.message(discord.world.find("general"), discord.world.member("Ana"), "hello")
        await discord.emit("MESSAGE_CREATE", {**discord.world.event(said), "member": member})
        await core.until(lambda core: len(core.messages) == 1)
    assert core.messages[0].past_readers is NOBODY
