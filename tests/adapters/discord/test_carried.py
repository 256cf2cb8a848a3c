"""What comes beside the text of a Discord message, whatever form it has, and what comes later."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import translate
from bot.parts import EMBED_LENGTH, replaced
from bot.types import Message, NewParts, Part, PartKind
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import FORUM

from .conftest import adapter_for, running
from .test_translate import ID, NOW, heard, payload, place

EMBED, FORWARD, POLL, QUOTE = PartKind.EMBED, PartKind.FORWARD, PartKind.POLL, PartKind.QUOTE


def option(text: str, emoji: str = "") -> dict[str, Any]:
    return {"answer_id": 1, "poll_media": {"text": text, **({"emoji": {"name": emoji}} if emoji else {})}}


def display(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def forward(**snapshot: Any) -> dict[str, Any]:
    return payload(
        content="", message_reference={"type": 1, "message_id": "42"}, message_snapshots=[{"message": snapshot}]
    )


NEWS = {
    "type": "rich",
    "title": "Recall",
    "description": "Lot 7 of <@901>'s rye",
    "fields": [{"name": "Shops", "value": "all"}],
    "author": {"name": "Food Office"},
    "footer": {"text": "until Monday"},
}
NEWS_TEXT = "Recall\nLot 7 of @someone's rye\nShops: all\nuntil Monday"


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (payload(content="", webhook_id="77", embeds=[NEWS]), [Part(EMBED, NEWS_TEXT, "Food Office")]),
        (payload(embeds=[{"footer": {"text": "only a footer"}}]), [Part(EMBED, "only a footer")]),
        (payload(embeds=[{"fields": [{"name": "", "value": "nameless"}]}]), [Part(EMBED, "nameless")]),
        (payload(embeds=[{"fields": [{"name": "Status", "value": ""}]}]), [Part(EMBED, "Status")]),
        (payload(embeds=[{"author": {"name": "Build passed"}}]), [Part(EMBED, "", "Build passed")]),
        (
            payload(embeds=[{"type": "video", "title": "Folding", "provider": {"name": "YouTube"}}]),
            [Part(EMBED, "Folding", "YouTube")],
        ),
        (payload(embeds=[{"type": "gifv", "provider": {"name": "Tenor"}}]), []),
        (payload(embeds=[{"description": f"{n}"} for n in range(10)]), [Part(EMBED, f"{n}") for n in range(10)]),
        (payload(embeds=[{"description": "x" * 4000}]), [Part(EMBED, "x" * EMBED_LENGTH)]),
        (
            payload(poll={"question": {"text": "Rye or wheat?"}, "answers": [option("Rye"), option("Wheat", "🌾")]}),
            [Part(POLL, "Rye or wheat?\n- Rye\n- 🌾 Wheat")],
        ),
        (payload(poll={"question": {"text": "Rye?"}, "answers": [option(""), 5]}), [Part(POLL, "Rye?")]),
        (forward(content="bread at <#8>"), [Part(FORWARD, "bread at #general")]),
        (forward(content="", embeds=[NEWS]), [Part(FORWARD, NEWS_TEXT)]),
        (forward(content="see", embeds=[{"title": "Loaf"}]), [Part(FORWARD, "see\nLoaf")]),
        (forward(sticker_items=[{"name": "wave"}]), [Part(PartKind.STICKER, name="wave")]),
        (
            forward(attachments=[{"filename": "a.png", "content_type": "image/png"}]),
            [Part(PartKind.IMAGE, name="a.png", media_type="image/png")],
        ),
        (
            payload(flags=1 << 15, content="", components=[{"type": 17, "components": [display("a"), display("b")]}]),
            [Part(EMBED, "a\nb")],
        ),
        (payload(components=[{"type": 1, "components": [{"type": 2, "label": "Press"}]}]), []),
        (forward(components=[{"type": 9, "components": [display("section")]}]), [Part(FORWARD, "section")]),
    ],
)
def test_each_form_is_a_typed_part(data: dict[str, Any], parts: list[Part]) -> None:
    assert list(heard(data).parts) == parts


def test_a_reply_is_to_its_own_channel() -> None:
    """What a followed channel publishes here refers to its source, and answers nobody."""
    reference = {"type": 0, "message_id": "42", "channel_id": "8"}
    assert heard(payload(type=19, channel_id="8", message_reference=reference)).reply_to == "42"
    crosspost = payload(channel_id="9", flags=2, message_reference=reference)
    assert heard(crosspost).reply_to is None


# --- what comes later ----------------------------------------------------------------------------

LINKED = payload(content="https://bread.example", attachments=[], embeds=[])


def news(data: dict[str, Any]) -> NewParts | None:
    return translate.new_parts(data, place(), NOW)


def test_the_preview_of_a_link_comes_whole_or_alone() -> None:
    unfolded = [{"type": "article", "title": "Bread", "provider": {"name": "Bread Weekly"}}]
    whole, alone = news({**LINKED, "embeds": unfolded}), news({"id": ID, "embeds": unfolded})
    assert whole is not None and alone is not None
    assert whole.parts == alone.parts == (Part(EMBED, "Bread", "Bread Weekly"),)
    assert EMBED in whole.kinds and PartKind.IMAGE in whole.kinds and alone.kinds == (EMBED,)
    assert not {QUOTE, PartKind.TITLE, PartKind.TAGS} & {*whole.kinds}, "which an update does not tell"
    assert news({"id": ID, "flags": 4}) is None


RANKED = st.lists(st.sampled_from([kind for kind in PartKind if kind not in (PartKind.TITLE, PartKind.TAGS, QUOTE)]))


@given(RANKED, RANKED)
def test_files_keep_their_number_whatever_is_replaced(before: list[PartKind], after: list[PartKind]) -> None:
    """`fetch` counts the parts of the message as Discord has it now."""
    whole = tuple(kind for kind in PartKind if kind is not QUOTE)
    old = replaced([Part(QUOTE, "q")], whole, [Part(kind, name=f"{n}") for n, kind in enumerate(before)])
    new = replaced(old, whole, [Part(kind, name=f"{n}") for n, kind in enumerate(after)])
    fixed = [part for part in new if part.kind not in (EMBED, QUOTE)]
    assert list(new[: len(fixed)]) == fixed == [Part(k, name=f"{n}") for n, k in enumerate(after) if k is not EMBED]
    assert [part for part in new if part.kind is QUOTE] == [Part(QUOTE, "q")]


def test_a_renamed_post_has_another_title() -> None:
    post = replace(place(root=ID), title="Solved: flat bread", tags=("help", "solved"))
    told = translate.renamed({"id": ID}, post, NOW)
    assert told is not None and (told.message_id, told.kinds) == (ID, (PartKind.TITLE, PartKind.TAGS))
    assert told.parts == (Part(PartKind.TITLE, "Solved: flat bread"), Part(PartKind.TAGS, "help, solved"))
    assert translate.renamed({"id": ID}, place(root=ID), NOW) is None, "not a post of a forum"


def tagged_forum(discord: FakeDiscord) -> str:
    forum = discord.world.channel("questions", FORUM)
    plain = {"moderated": False, "emoji_id": None, "emoji_name": None}
    tags = [{"id": "71", "name": "help", **plain}, {"id": "72", "name": "solved", **plain}]
    discord.world.channels[forum]["available_tags"] = tags
    return forum


async def test_a_forum_post_has_its_title_and_tags_and_gets_new_ones(discord: FakeDiscord, core: FakeCore) -> None:
    tagged_forum(discord)
    async with running(adapter_for(discord, core), core):
        post = await discord.thread("questions", "Why is it flat?", "Ada", "see title")
        await core.until(lambda core: len(core.messages) == 1)
        assert core.messages[0].parts == (Part(PartKind.TITLE, "Why is it flat?"),)
        changed = {**discord.world.channels[post["id"]], "name": "Why so flat?", "applied_tags": ["72"]}
        await discord.emit("THREAD_UPDATE", changed)
        await core.until(lambda core: isinstance(core.new[-1], NewParts))
    told = core.new[-1]
    assert isinstance(told, NewParts) and told.message_id == post["id"]
    assert told.parts == (Part(PartKind.TITLE, "Why so flat?"), Part(PartKind.TAGS, "solved"))


async def test_a_thread_that_is_no_post_is_not_renamed_and_a_strange_one_does_no_harm(
    discord: FakeDiscord, core: FakeCore
) -> None:
    async with running(adapter_for(discord, core), core):
        thread = await discord.thread("general", "side talk", "Ada", "hello")
        await discord.emit("THREAD_UPDATE", {**discord.world.channels[thread["channel_id"]], "name": "other"})
        await discord.emit("THREAD_UPDATE", {"id": 5, "guild_id": "x"})
        await discord.say("general", "Ada", "still here")
        await core.until(lambda core: any(one.text == "still here" for one in core.messages))
    assert all(isinstance(event, Message) for event in core.new)


async def test_the_preview_of_a_link_comes_with_a_later_update(discord: FakeDiscord, core: FakeCore) -> None:
    async with running(adapter_for(discord, core), core):
        said = await discord.say("general", "Ada", "https://bread.example")
        alone = {"id": said["id"], "channel_id": said["channel_id"], "guild_id": discord.world.guild_id}
        await discord.emit("MESSAGE_UPDATE", {**alone, "embeds": [{"title": "Bread"}]})
        await core.until(lambda core: len(core.new) == 2)
    assert isinstance(core.new[1], NewParts) and core.new[1].parts == (Part(EMBED, "Bread"),)


# --- the message that is answered ----------------------------------------------------------------


async def test_a_message_that_we_have_not_kept_is_asked_for(discord: FakeDiscord, core: FakeCore) -> None:
    general = discord.world.find("general")
    old = discord.world.message(general, discord.world.member("Bo"), "I feed it rye")
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        await discord.say("general", "Ada", "thoughts?", reply_to=old["id"])
        await core.until(lambda core: len(core.messages) > 0)
        thread = core.messages[0].thread
        found = await adapter.message(thread, old["id"])
        assert found is not None
        assert (found.text, found.author.name, found.thread, found.history) == ("I feed it rye", "Bo", thread, True)
        assert await adapter.message(thread, "424242") is None
