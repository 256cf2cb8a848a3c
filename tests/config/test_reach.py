"""Rules that can never match are told, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.base_url import wrong_base
from bot.config.reach import unreachable
from bot.config.room_rule import RoomRule, fits, places_of
from bot.types import Room

PLATFORMS = {"local": True, "discord": True, "matrix": False}
EVERY = dict.fromkeys(PLATFORMS, True)


def told(*patterns: str, platforms: dict[str, bool] = EVERY) -> dict[int, str]:
    return dict(unreachable([RoomRule(match=one) for one in patterns], platforms))


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("discord/*/#general", "write general"),
        ("*/#general", "write general"),
        ("#general", 'write "*/general"'),
        ("general", 'write "*/general"'),
        ("discord", 'write "discord/*"'),
        ("discord/general", 'write "discord/*/general" (a room) or "discord/general/*"'),
        ("matrix/!abc:server.example", 'write "matrix/*/!abc:server.example"'),
        ("disord/*/general", "write discord"),
        ("slack/*/general", "one of local, discord, matrix"),
        ("telegram*", "no platform"),
        ("local//kitchen", "no part is empty"),
        ("/discord/*/general", "no part is empty"),
        ("discord/*/", "no room's name is empty"),
        ("discord/*/general ", "a space"),
        (" local/*", "a space"),
        ("https://discord.com/channels/12/34", "a link"),
        ("discord.com/channels/12/34", "a link"),
        ("https://matrix.to/#/#bread:example.org", "a link"),
        ("<#123456789012345678>", "a mention"),
        ("discord/*/<#12345>", "a mention"),
        ("local/*/^feed$", "takes ^ as it stands"),
        ("local/*/feed$", "takes $ as it stands"),
        ("local/*/.+", "takes .+ as it stands"),
        (r"discord/*/room-\d", r"takes \d as it stands"),
        ("local/*/kit?hen", "takes ? as it stands"),
        ("discord/.*/general", "takes .* as it stands"),
        ("discord/*/{a,b}", "takes {a,b} as it stands"),
        ("discord/*/(a|b)", "takes (a|b) as it stands"),
        ("discord/*/[ab]c", "takes [ab] as it stands"),
    ],
)
def test_a_pattern_that_no_room_has(pattern: str, part: str) -> None:
    assert part in told(pattern)[0]


@pytest.mark.parametrize(
    "pattern",
    ["*", "**", "*general", "*/general", "d*", "loc*/kitchen", "discord/-/*", "DISCORD/Harbour/General",
     "replay/-/#ubuntu", "matrix/*/#bread:example.org", "matrix/-/!abc:example.org",
     "discord/123456789012345678/234567890123456789",
     "*/#bread:example.org", "discord/*/lounge (afk)", "local/home/kitchen", "discord/Harbour*",
     "discord/*/$ales", "discord/*/c++", "matrix/*/^feed$", "*/*/*"],
)  # fmt: skip
def test_a_pattern_that_may_match(pattern: str) -> None:
    assert told(pattern) == {}


def test_a_disabled_platform() -> None:
    assert "matrix is not enabled" in told("matrix/*", platforms=PLATFORMS)[0]
    assert told("matrix/*", "m*", "discord/*", "*", platforms=PLATFORMS).keys() == {0, 1}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("*", "local/*/kitchen"),
        ("local/*", "local/home/kitchen"),
        ("local/*/kitchen", "LOCAL/*/Kitchen"),
        ("*/general", "discord/*/general"),
        ("discord/*/*", "discord/harbour/general"),
        ("*kitchen*", "local/*/the-kitchen-table"),
    ],
)
def test_a_rule_behind_one_that_matches_all_of_it(first: str, second: str) -> None:
    assert told(first, second).keys() == {1}
    assert told(second, first).keys() <= ({1} if first.casefold() == second.casefold() else set())


PIECES = st.lists(st.sampled_from(["*", "a", "b", "/", "discord", "local"]), min_size=1, max_size=7).map("".join)
ROOMS = st.builds(Room, st.sampled_from([*EVERY]), *[st.sampled_from(["a", "b", "ab", "a/b", "-"])] * 2)


@given(st.lists(PIECES, min_size=1, max_size=4), ROOMS)
def test_a_rule_that_is_told_matches_no_room_first(patterns: list[str], room: Room) -> None:
    first = next((at for at, one in enumerate(patterns) if any(fits(one, place) for place in places_of(room))), None)
    assert first not in told(*patterns)


@pytest.mark.parametrize(
    "url",
    ["https://a.example/v1/chat/completions", "https://a.example/v1/chat/completions/", "https://a.example/v1/completions",
     "https://a.example/v1/models", "https://a.example/v1/Models/", "https://a.example/v1/responses", "https://a.example/v1/chat",
     "https://a.example/v1/messages", "https://a.example/v1/moderations", "https://a.example/v1?api-version=2024",
     "https://a.example/v1#x", "http://127.0.0.1:11434", "http://localhost:11434/api", "http://localhost:11434/api/chat",
     "https://api.openai.com", "https://api.openai.com/", "https://api.moonshot.ai"],
)  # fmt: skip
def test_an_address_to_which_no_path_can_be_added(url: str) -> None:
    ((what, instead),) = wrong_base(url)
    assert what and instead


@pytest.mark.parametrize(
    "url",
    ["https://api.openai.com/v1", "https://api.openai.com/v1/", "http://127.0.0.1:11434/v1", "http://127.0.0.1:8080",
     "https://generativelanguage.googleapis.com/v1beta/openai/", "https://openrouter.ai/api/v1", "https://a.example/models/v1",
     "https://a.example/openai/deployments/x", "http://localhost:12434/engines/v1", "not an address", "http://[", ""],
)  # fmt: skip
def test_an_address_that_may_do(url: str) -> None:
    assert list(wrong_base(url)) == []
