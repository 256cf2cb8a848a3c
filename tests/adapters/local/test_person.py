"""A member leaves the local community with everything of theirs, and nobody else loses anything."""

import json

import pytest

from adapters.local.adapter import LocalAdapter
from adapters.local.community import Community
from bot.types import Mark, StoreError, Thread
from tests.fakes.core import FakeCore
from tests.fakes.present import present


async def filled(community: Community) -> dict[str, str]:
    await community.claim("ana's browser", "Zwxana")
    hers = await community.post("feed", "Zwxana", "my zwxloaf is flat")
    his = await community.post("feed", "Ben", "hm, @Zwxana why?", hers.thread_id)
    other = await community.post("feed", "Ben", "nice weather")
    await community.put_reaction(other.id, "Zwxana", "👍")
    await community.put_reaction(other.id, "Cleo", "👍")
    ours, theirs = community.rooms["feed"], Thread(community.rooms["feed"], hers.thread_id)
    await community.say("r1", theirs, "Zwxana, time helps", hers.id)
    await community.say("r2", Thread(ours, other.id), "it is, Ben", other.id)
    return {"hers": hers.id, "his": his.id, "other": other.id}


async def test_a_member_is_forgotten(adapter: LocalAdapter, core: FakeCore) -> None:
    community = adapter.community
    ids = await filled(community)
    await adapter.forget(community.author("Zwxana").id, lambda mark: core.hear([], mark))
    left = json.dumps({key: text for key, text in core.marks.items() if ids["his"] not in key})
    assert "zwx" not in left.casefold()
    assert community.standing(ids["hers"]) is None and community.standing("r1") is None
    his = present(present(community.standing(ids["his"])).message)
    assert his.text == "hm, @Zwxana why?" and his.mentions == ("~",)
    assert [one.name for one in present(community.standing(ids["other"])).reactions["👍"]] == ["Cleo"]
    assert present(community.standing("r2")).message is not None
    assert community.is_free("another browser", "Zwxana")
    assert community.roll.called("hi @Zwxana") == ()


async def test_nobody_is_forgotten_if_that_can_not_be_stored(adapter: LocalAdapter, core: FakeCore) -> None:
    community = adapter.community
    ids = await filled(community)
    before = dict(core.marks)

    async def fails(mark: Mark) -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        await adapter.forget(community.author("Zwxana").id, fails)
    assert core.marks == before and community.standing(ids["hers"]) and not community.is_free("another", "Zwxana")


async def test_somebody_unknown_changes_nothing(adapter: LocalAdapter, core: FakeCore) -> None:
    await filled(adapter.community)
    before = dict(core.marks)
    await adapter.forget("member-unknown", lambda mark: core.hear([], mark))
    assert core.marks == before
