"""8, 10, 12, 25: what the whole decides about what Discord delivers."""

from pathlib import Path
from typing import Any

from bot.types import Turn
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_house import DiscordHouse, answers, discord_house
from tests.fakes.discord_world import FORUM
from tests.fakes.present import present

PLURALKIT = "466378653216014359"


async def settled(house: DiscordHouse) -> None:
    """Waits until everything that was said before has been decided: a later call has its answer."""
    await house.until_answered([await house.ask("general", "and you?")])


async def turn_about(house: DiscordHouse, said: dict[str, Any]) -> Turn:
    return present(await house.on.store.turn("discord", said["id"]))


async def test_08_other_bots_get_no_answer_and_people_behind_a_proxy_do(discord: FakeDiscord, tmp_path: Path) -> None:
    me, channel = discord.world.bot, discord.world.find("general")
    robot = discord.world.user("Robot", bot=True)
    hook = {"webhook_id": "77", "application_id": None}
    proxy = {"webhook_id": "78", "application_id": PLURALKIT}
    async with discord_house(tmp_path, discord) as house:
        said = {}
        for name, author, more in (("bot", robot, {}), ("news", robot, hook), ("proxy", robot, proxy)):
            text = f"<@{me['id']}> does {name} rye sink?"
            said[name] = discord.world.message(channel, author, text, mentions=[me], **more)
            await discord.emit("MESSAGE_CREATE", discord.world.event(said[name]))
        await house.until_answered([said["proxy"]])
        await settled(house)
        assert {name: len(answers(discord, one)) for name, one in said.items()} == {"bot": 0, "news": 0, "proxy": 1}
        assert [(await turn_about(house, said[name])).decision.reason for name in ("bot", "news")] == ["from_bot"] * 2


async def test_10_a_burst_gets_one_reply_and_a_call_does_not_wait(discord: FakeDiscord, tmp_path: Path) -> None:
    async with discord_house(tmp_path, discord, rule={"join": "unanswered", "hold": 1}) as house:
        burst = [await discord.say("general", "Bo", f"Does rye need {n} hours, do you know?") for n in range(20)]
        called = await house.ask("general", "why does wheat rise?")
        await house.until_answered([called])
        await settled(house)
        assert sum(len(answers(discord, one)) for one in burst) <= 1


async def test_12_whatever_we_say_answers_somebody(discord: FakeDiscord, tmp_path: Path) -> None:
    async with discord_house(tmp_path, discord, rule={"join": "every_post"}) as house:
        for author in ("Ada", "Bo", "Cy"):
            await discord.say("general", author, f"{author} has baked a loaf, look at it")
        await settled(house)
        ours = discord.ours("general")
        assert ours and all(one.get("message_reference", {}).get("message_id") for one in ours)


async def test_25_a_thread_and_a_post_have_their_rooms_rule(discord: FakeDiscord, tmp_path: Path) -> None:
    """The kitchen's rule is off, whatever its threads are called; there is no rule for a thread or a category."""
    category = discord.world.channel("kitchen things", 4)
    discord.world.channel("questions", FORUM, parent=category)
    async with discord_house(tmp_path, discord) as house:
        places = {"kitchen": "general", "general": "kitchen", "questions": "kitchen"}
        said = {room: await discord.thread(room, name, "Ada", "hm?", mention=True) for room, name in places.items()}
        await house.until_answered([said["general"], said["questions"]])
        await settled(house)
        assert {room: len(answers(discord, one)) for room, one in said.items()} == {
            "kitchen": 0, "general": 1, "questions": 1,
        }  # fmt: skip
