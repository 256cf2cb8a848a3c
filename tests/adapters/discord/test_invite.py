"""28: the invitation names what it asks for, and asks for nothing else."""

import base64

import discord as sdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.invite import PERMISSIONS, application_of, lines, link, permissions
from adapters.discord.settings import DiscordSettings
from bot.explain.words import LANGUAGES
from bot.types import SettingsError
from tests.fakes.shipped import shipped_words

BITS = {  # by Discord's documentation of permissions
    "add_reactions": 6,
    "view_channel": 10,
    "send_messages": 11,
    "embed_links": 14,
    "attach_files": 15,
    "read_message_history": 16,
    "use_external_emojis": 18,
    "change_nickname": 26,
    "send_messages_in_threads": 38,
}
ID = "123456789012345678"


def token_of(number: str) -> str:
    return base64.b64encode(number.encode()).decode().rstrip("=") + ".made-up.for-a-test"


def test_28_the_integer_is_the_sum_of_the_named_permissions() -> None:
    assert set(BITS) == set(PERMISSIONS)
    assert permissions().value == sum(1 << bit for bit in BITS.values()) == 274945395776
    assert not sdk.Permissions(permissions().value).administrator
    assert link(ID).endswith(f"client_id={ID}&scope=bot+applications.commands&permissions=274945395776")


@pytest.mark.parametrize("language", LANGUAGES)
def test_28_every_permission_is_named_with_its_reason(language: str) -> None:
    words = shipped_words()
    said = lines(DiscordSettings(), ID, lambda key, **values: words.say(key, language, **values), {})
    for name in PERMISSIONS:
        assert f"  - {words.say(f'invite.permission.{name}', language)}" in said
    assert any("Message Content Intent" in line for line in said) and any("if_allowed" in line for line in said)


def test_28_the_id_comes_from_the_token_and_the_token_is_not_shown() -> None:
    words, token = shipped_words(), token_of(ID)
    said = "\n".join(lines(DiscordSettings(), None, words.say, {"DISCORD_TOKEN": token}))
    assert f"client_id={ID}&" in said and token not in said and "made-up" not in said


@pytest.mark.parametrize("token", ["", "x", "....", "hello.world", token_of("12"), token_of("x" * 18), "é.b.c"])
def test_28_without_an_id_it_says_what_to_do(token: str) -> None:
    with pytest.raises(SettingsError, match="--application"):
        lines(DiscordSettings(), None, shipped_words().say, {"DISCORD_TOKEN": token})


@given(st.text(max_size=80))
def test_28_no_token_harms(token: str) -> None:
    found = application_of(token)
    assert found is None or found.isdecimal()


@given(st.integers(10**16, 10**19 - 1).map(str))
def test_28_every_id_is_read_back(number: str) -> None:
    assert application_of(token_of(number)) == number
