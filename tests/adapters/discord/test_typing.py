"""Typing signs are reported at once, for people only, and never recorded."""

from collections.abc import Sequence

from bot.types import Event, Mark
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import DM, PUBLIC_THREAD
from tests.fakes.waiting import until

from .conftest import adapter_for, running


async def test_people_who_type_are_passed_on_and_not_recorded(core: FakeCore) -> None:
    async with FakeDiscord() as discord:
        thread = discord.world.channel("a talk", PUBLIC_THREAD, parent=discord.world.find("general"))
        direct = discord.world.channel("Bo", DM)
        robot = discord.world.user("Robot", bot=True)
        ada, bo = discord.world.member("Ada"), discord.world.member("Bo")
        async with running(adapter_for(discord, core), core):
            await discord.say("general", "Ada", "hm")
            await core.until(lambda core: len(core.messages) == 1)
            before = len(core.commits)
            for where, who in (("general", discord.world.bot), ("general", robot), ("general", ada), (thread, bo)):
                await discord.type(where, who)
            await discord.type(direct, discord.world.bot)
            await discord.type(direct, bo)
            await until(lambda: len(core.signs) >= 3)
            room = core.messages[0].room
            places = [(sign.room.community, sign.room.id, sign.root, who) for sign, who in core.signs]
            assert places == [
                (room.community, room.id, None, ada["id"]),
                (room.community, room.id, thread, bo["id"]),
                ("-", direct, None, bo["id"]),
            ]
            assert len(core.commits) == before


async def test_a_sign_that_nobody_can_place_is_dropped(discord: FakeDiscord, core: FakeCore) -> None:
    async with running(adapter_for(discord, core), core):
        ada = discord.world.member("Ada")
        unknown = {"guild_id": discord.world.guild_id, "user_id": ada["id"]}
        odd: list[object] = [{**unknown, "channel_id": "77"}, {}, [], None, {"channel_id": []}, {"channel_id": "5"}]
        for data in odd:
            await discord.emit("TYPING_START", data)
        await discord.type("kitchen", ada)
        await until(lambda: core.signs)
    assert [sign.room.name for sign, _ in core.signs] == ["kitchen"]
    assert (discord.identified, discord.resumed) == (1, 0)


async def test_marks_alone_are_kept_without_being_heard(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)

    async def hear(events: Sequence[Event], mark: Mark | None = None) -> None:
        assert events
        await core.hear(events, mark)

    async with running(adapter, core, hear):
        await discord.say("general", "Ada", "hm")
        await core.until(lambda core: len(core.messages) == 1)
    assert "first" in core.marks
