"""What a model is shown of a Discord message: the real process with the real discord.py, on a fake Discord."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO

import pytest
import pytest_asyncio
from PIL import Image

from tests.fakes.cameo import cameo
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import FORUM, Json
from tests.fakes.model_steps import Request
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.whole.places import DiscordRoom

pytestmark = pytest.mark.asyncio(loop_scope="module")  # one process for all

OLD = "I feed it rye at six, after a heron named Ulfberht wakes me"
HOOK = "1200000000000000001"


@dataclass
class Talk:
    """A model that sees pictures, and Cameo on a fake Discord. `old` was said before Cameo came."""

    model: ScriptedModel
    discord: FakeDiscord
    old: Json

    async def prompt_for(self, said: Json) -> Request:
        """The request of the answer to a message; each message of these tests has words of its own."""
        words = said["content"].rpartition("> ")[2]
        await self.model.until(lambda model: any(words in _text(request) for request in model.requests))
        return next(request for request in self.model.requests if words in _text(request))


def _text(request: Request) -> str:
    return json.dumps(request.messages, ensure_ascii=False)


def pictures(request: Request) -> list[str]:
    """The addresses of the pictures in a request."""
    contents = [message["content"] for message in request.messages if isinstance(message["content"], list)]
    return [part["image_url"]["url"] for parts in contents for part in parts if part["type"] == "image_url"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Talk]:
    async with ScriptedModel(default=lambda request: Say("Hm, rye it is.")) as model, FakeDiscord() as discord:
        world = discord.world
        forum = world.channel("recipes", FORUM)
        tag = {"id": "71", "name": "sourdough", "moderated": False, "emoji_id": None, "emoji_name": None}
        world.channels[forum]["available_tags"] = [tag]
        old = world.message(world.find("general"), world.member("Bo"), OLD, snowflake=world.make_id(hours=-50))
        place = DiscordRoom(model.url, discord)
        place.config["models"]["scripted"] |= {"vision": True, "context_tokens": 32000}
        async with cameo(tmp_path_factory.mktemp("cameo"), place.config, place.environment) as running:
            await place.ready(running)
            yield Talk(model, discord, old)
        assert discord.unknown == [], "Cameo asked for what the fake Discord doesn't know"


async def test_the_title_and_the_tags_of_a_post(talk: Talk) -> None:
    discord = talk.discord
    post_id = discord.world.make_id()
    discord.world.channel("Why is it flat?", 11, parent=discord.world.find("recipes"), snowflake=post_id)
    discord.world.channels[post_id]["applied_tags"] = ["71"]
    await discord.emit("THREAD_CREATE", {**discord.world.channels[post_id], "newly_created": True})
    said = await discord.say(post_id, "Ada", "see above", mention=True, snowflake=post_id)
    shown = _text(await talk.prompt_for(said))
    assert "Why is it flat?" in shown and "sourdough" in shown


async def test_the_message_that_is_answered_however_old(talk: Talk) -> None:
    said = await talk.discord.say("general", "Ada", "is that early?", mention=True, reply_to=talk.old["id"])
    shown = _text(await talk.prompt_for(said))
    assert OLD in shown and "Bo" in shown


async def test_a_webhooks_embed(talk: Talk) -> None:
    discord = talk.discord
    hook = {**discord.world.user("Food Office", bot=True), "id": HOOK}
    news = {"type": "rich", "title": "Recall", "description": "Lot 7 of Quince & Sons", "fields": []}
    feed = discord.world.message(discord.world.find("kitchen"), hook, "", webhook_id=HOOK, embeds=[news])
    await discord.emit("MESSAGE_CREATE", {**feed, "guild_id": discord.world.guild_id})
    said = await discord.say("kitchen", "Ada", "is ours concerned?", mention=True)
    shown = _text(await talk.prompt_for(said))
    assert "Recall" in shown and "Lot 7 of Quince & Sons" in shown


async def test_a_long_text_that_discord_made_a_file(talk: Talk) -> None:
    lines = [*(f"Day {n}: the dough was wet." for n in range(1, 91)), "Then it rose, sauerteigmüde."]
    file = talk.discord.file("message.txt", "\n".join(lines).encode(), content_type="text/plain; charset=utf-8")
    said = await talk.discord.say("general", "Cem", "what went wrong there?", mention=True, attachments=[file])
    shown = _text(await talk.prompt_for(said))
    assert [line for line in lines if line not in shown] == []


async def test_a_picture(talk: Talk) -> None:
    out = BytesIO()
    Image.new("RGB", (3000, 1500), "sienna").save(out, "PNG")
    file = talk.discord.file("loaf.png", out.getvalue(), content_type="image/png", width=3000, height=1500)
    said = await talk.discord.say("general", "Dov", "too dark a crust?", mention=True, attachments=[file])
    (address,) = pictures(await talk.prompt_for(said))
    kind, _, data = address.partition(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(BytesIO(b64decode(data))).size == (1024, 512)
