"""Who is behind a webhook: people by proxies and bridges, or programs; and clocks that are apart."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.discord.clock_gap import ClockGap
from adapters.discord.translate import author_of, speaks_for_a_person
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.talk import at

from .conftest import adapter_for, running

PLURALKIT, BRIDGE, HOOK = "466378653216014359", "1100000000000000001", "1200000000000000001"
RICH, PREVIEW = {"type": "rich", "title": "v1.2"}, {"type": "link", "title": "a page"}


def by_webhook(content: str = "why wet?", name: str = "Luna", **more: Any) -> dict[str, Any]:
    return {
        "id": "1300000000000000001", "webhook_id": HOOK, "content": content, "type": 0, "embeds": [],
        "author": {"id": HOOK, "username": name, "bot": True}, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "is_person"),
    [
        (by_webhook(application_id=PLURALKIT), True),
        (by_webhook(application_id=PLURALKIT, embeds=[RICH]), True),  # PluralKit shows what is answered as an embed
        (by_webhook("", application_id=PLURALKIT), True),  # a picture
        (by_webhook(application_id=BRIDGE), True),
        (by_webhook("see https://example.org", application_id=BRIDGE, embeds=[PREVIEW]), True),
        (by_webhook("", application_id=BRIDGE, embeds=[RICH]), False),
        (by_webhook("new release", application_id=BRIDGE, embeds=[RICH]), False),
        (by_webhook("news", application_id=None), False),
        (by_webhook("news"), False),
        (by_webhook("news", flags=2, application_id=BRIDGE), False),
        (by_webhook("answer", application_id=BRIDGE, interaction={"id": "1"}), False),
        (by_webhook("answer", application_id=BRIDGE, interaction_metadata={"id": "1"}), False),
        (by_webhook("answer", application_id=BRIDGE, type=20), False),
        ({**by_webhook(application_id=BRIDGE), "webhook_id": None}, False),
        (by_webhook(application_id="x", flags="y", embeds="z"), False),
    ],
)
def test_people_behind_webhooks_are_people_and_feeds_are_bots(data: dict[str, Any], is_person: bool) -> None:
    author = author_of(data, "1")
    assert author is not None and author.is_bot is not is_person and speaks_for_a_person(data) is is_person


def test_each_name_of_a_webhook_is_somebody_and_the_same_one_again() -> None:
    authors = [author_of(by_webhook(name=name, application_id=BRIDGE), "1") for name in ("Luna", "Sol", "Luna")]
    ids = [author.id for author in authors if author]
    assert ids[0] == ids[2] != ids[1] and all(one.startswith(f"{HOOK}/") for one in ids)


async def test_a_proxied_call_is_heard_as_a_persons(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    hook = {**discord.world.user("Luna", bot=True), "id": HOOK}
    async with running(adapter, core):
        said = discord.world.message(
            discord.world.find("general"), hook, f"<@{discord.world.bot['id']}> why wet?",
            mentions=[discord.world.bot], webhook_id=HOOK, application_id=PLURALKIT,
        )  # fmt: skip
        await discord.emit("MESSAGE_CREATE", {**said, "guild_id": discord.world.guild_id})
        await core.until(lambda core: core.messages != [])
    (message,) = core.messages
    assert (message.addressed, message.relayed, message.author.is_bot, message.author.name) == (
        True,
        True,
        False,
        "Luna",
    )


# --- clocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [-20, -3, 3, 600])
def test_a_live_message_was_said_when_it_came(minutes: int) -> None:
    gap = ClockGap()
    assert gap.moment(at(60 * minutes), at(0)) == at(0)
    assert gap.moment(at(60 * minutes), None) == at(60 * minutes), "not live"
    assert gap.moment(at(-119), at(0)) == at(-119), "on its way"


async def test_with_our_clock_ahead_a_live_call_is_of_now(discord: FakeDiscord, core: FakeCore) -> None:
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        discord.world.ahead = timedelta(minutes=-20)
        await discord.say("general", "Ada", "are you there?", mention=True)
        await core.until(lambda core: core.messages != [])
    (message,) = core.messages
    assert message.heard - message.at < timedelta(minutes=2)
