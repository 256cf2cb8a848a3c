"""Where Cameo speaks on Discord, from end to end: the real process with the real discord.py, on a fake Discord."""

from pathlib import Path
from typing import Any

from tests.fakes.cameo import cameo, eventually
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.scripted_model import ScriptedModel
from tests.whole.places import DiscordRoom, answered

PLURALKIT, HOOK = "466378653216014359", "1200000000000000001"


def ours(discord: FakeDiscord, message_id: str) -> list[dict[str, Any]]:
    """Our replies to a message, anywhere."""
    said = [one for each in discord.world.messages.values() for one in each]
    return [one for one in said if one["author"] is discord.world.bot and answered(one) == message_id]


async def reply_to(discord: FakeDiscord, message_id: str) -> dict[str, Any]:
    async def stands() -> dict[str, Any] | None:
        return next(iter(ours(discord, message_id)), None)

    return await eventually(stands)


async def test_edits_copies_threads_and_deletions(tmp_path: Path) -> None:
    """One process: a mention added by an edit; a proxied call; a thread on our reply; and a deleted question."""
    async with ScriptedModel() as model, FakeDiscord() as discord:
        place, bot = DiscordRoom(model.url, discord), discord.world.bot
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            edited = await discord.say("general", "Ana", "why does rye sink?")
            await running.until_turn(edited["id"], "silent")
            edited["mentions"] = [bot]
            await discord.edit(edited["id"], f"<@{bot['id']}> why does rye sink?")
            first = await reply_to(discord, edited["id"])

            original = await discord.say("general", "Ben", "why is it wet?", mention=True)
            await discord.delete(original["id"])
            hook = {**discord.world.user("Luna", bot=True), "id": HOOK}
            copy = discord.world.message(
                discord.world.find("general"), hook, f"<@{bot['id']}> why is it wet?",
                mentions=[bot], webhook_id=HOOK, application_id=PLURALKIT,
            )  # fmt: skip
            await discord.emit("MESSAGE_CREATE", {**copy, "guild_id": discord.world.guild_id})

            async def has_one_answer() -> bool:
                return len(ours(discord, original["id"])) + len(ours(discord, copy["id"])) == 1

            await eventually(has_one_answer)

            discord.world.channel("it", 11, parent=discord.world.find("general"), snowflake=first["id"])
            await discord.emit("THREAD_CREATE", discord.world.channels[first["id"]])
            goes_on = await discord.say(first["id"], "Ana", "and wheat, is that better?")
            await reply_to(discord, goes_on["id"])

            asked = await discord.say("kitchen", "Eve", "how long does it prove?", mention=True)
            said = await reply_to(discord, asked["id"])
            await running.until_turn(asked["id"], "sent")
            await discord.delete(asked["id"])

            async def is_gone() -> bool:
                return said not in discord.ours("kitchen")

            await eventually(is_gone)
            assert await has_one_answer()
        assert discord.unknown == []
