"""Wherever a key or token is pasted, no line of `check` shows it."""

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.__main__ import main
from bot.config.hiding import HIDDEN, hidden, looks_secret
from tests.config.test_settings import here  # noqa: F401 - a fixture

MATRIX = "platforms: {matrix: {enabled: true, homeserver: 'https://a.example', user: '@a:b'}}"
PLACES = {
    "discord token": "platforms: {discord: {enabled: true, token_env: '%s'}}",
    "discord token, disabled": "platforms: {discord: {token_env: '%s'}}",
    "discord, the token itself": "platforms: {discord: {token: '%s'}}",
    "matrix token": MATRIX.replace("}}", ", token_env: '%s'}}"),
    "matrix password": MATRIX.replace("}}", ", password_env: '%s'}}"),
    "homeserver": "platforms: {matrix: {enabled: true, homeserver: '%s', user: '@a:b'}}",
    "homeserver with a query": "platforms: {matrix: {homeserver: 'https://a.example/?access_token=%s', enabled: yes}}",
    "matrix user": "platforms: {matrix: {enabled: true, homeserver: 'https://a.example', user: '%s'}}",
    "invitations": "platforms: {matrix: {invites_from: ['%s']}}",
    "a platform": "platforms: {'%s': {enabled: true}}",
    "console token": "console: {token_env: '%s'}",
    "console host": "console: {host: '%s', port: x}",
    "key_env": "models: {m: {base_url: 'https://a.example/v1', key_env: '%s'}}",
    "a key called key": "models: {m: {base_url: 'https://a.example/v1', key: '%s'}}",
    "a key called api_key": "models: {m: {base_url: 'https://a.example/v1', api_key: '%s'}}",
    "the name of a model": "models: {'%s': {model: x}}",
    "model, at its server": "models: {m: {model: '%s'}}",
    "options": "models: {m: {options: {extra_headers: {Authorization: 'Bearer %s'}}}}",
    "base_url": "models: {m: {base_url: '%s'}}",
    "base_url with a query": "models: {m: {base_url: 'https://a.example/v1?key=%s'}}",
    "base_url with a user": "models: {m: {base_url: 'https://u:%s@a.example/v1'}}",
    "base_url with a path": "models: {m: {base_url: 'https://a.example/%s/v1/models'}}",
    "writer": "writer: ['%s']",
    "writer, twice": "writer: [kimi, '%s', '%s']",
    "moderation": "moderation: {model: '%s'}",
    "persona": "rooms: [{match: '*', persona: '%s'}]",
    "match": "rooms: [{match: '%s', hold: 5}]",
    "economy": "rooms: [{match: '*', economy: '%s'}]",
    "judge": "rooms: [{match: '*', judge: '%s'}]",
    "time zone": "time_zone: '%s'",
    "country": "country: '%s'",
    "contact": "contact: '%s'",
    "privacy_url": "privacy_url: '%s'",
    "personas": "personas: '%s'",
    "a key of the file": "'%s': 1",
    "a key, twice": "'%s': 1\n'%s': 2",
    "alias": "models: *%s",
    "tag": "keep_days: !%s 30",
    "merge": "rooms: [{<<: '%s'}]",
    "a line alone": "%s",
    "a number": "keep_days: '%s'",
    "a list": "- '%s'",
}
LETTERS = string.ascii_letters + string.digits
HEX = st.text("0123456789abcdef", min_size=32, max_size=64)
LONG = st.text(LETTERS, min_size=32, max_size=48)
TOKENS = st.one_of(
    HEX,
    LONG,
    LONG.map(lambda text: f"sk-{text}"),
    LONG.map(lambda text: f"sk-proj-{text[:20]}_{text[20:]}"),
    LONG.map(lambda text: f"ghp_{text}"),
    LONG.map(lambda text: f"hf_{text}"),
    LONG.map(lambda text: f"gsk_{text}"),
    LONG.map(lambda text: f"AIza{text}"),
    LONG.map(lambda text: f"syt_Y2FtZW8_{text[:20]}_{text[20:26]}"),
    LONG.map(lambda text: f"AKIA{text[:16].upper()}"),
    LONG.map(lambda text: f"eyJhbGciOiJIUzI1NiJ9.eyJ{text}.{text[::-1]}"),
    st.uuids().map(str),
).filter(lambda token: len(set(token)) >= 12)  # random ones; "aaaa..." is none


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(token=TOKENS)
def test_no_line_shows_it(place: str, token: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = PLACES[place]
    Path("config.yaml").write_text(text.replace("%s", token), encoding="utf-8")
    capsys.readouterr()
    main(["check"])
    told = "".join(capsys.readouterr())
    assert told
    assert not any(token[at : at + 12] in told for at in range(len(token) - 11)), told


@pytest.mark.usefixtures("here")
def test_a_pasted_token_is_named_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.yaml").write_text("platforms: {discord: {enabled: true, token_env: mR7xK2pQ9wZ4vT8nB3jL6cY1}}")
    assert main(["check"]) == 2
    assert "discord.token_env: looks like the secret itself" in capsys.readouterr().err


@pytest.mark.usefixtures("here")
def test_a_short_password_in_place_of_its_variable_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    Path("config.yaml").write_text(MATRIX.replace("}}", ", password_env: hunter2}}"))
    assert main(["check"]) == 2
    told = capsys.readouterr().err
    assert "neither MATRIX_TOKEN nor the variable that password_env names is set" in told and "hunter2" not in told


# Half of these were looked at while the rule was made; the second half was held out.
WORDS = """\
Mixtral-8x7B-Instruct-v0.1 claude-3-5-sonnet-20241022 qwen2.5-coder-32b-instruct-q4_k_m DeepSeek-R1-Distill-Qwen-32B
accounts/fireworks/models/llama-v3p1-405b-instruct gpt-4o-mini-2024-07-18 hold_ceiling_minutes Asia/Shanghai
discord/1234567890123456789/9876543210987654321 !OGEhHVWSdvArJzumhm:matrix.org MOONSHOT_API_KEY
/tmp/pytest-of-root/pytest-12/test_secrets_never_show0/config.yaml 2026-11-30T18:29:47+00:00

mistral-small-3.2-24b-instruct-2506 google/gemma-3-27b-it:free anthropic/claude-sonnet-4.5 Qwen3-235B-A22B-Thinking-2507
phi-4-mini-instruct-onnx gpt-oss-120b hf.co/unsloth/GLM-4.5-Air-GGUF:Q4_K_XL America/Argentina/Buenos_Aires
matrix/-/!bqkMx9Zt4nR7wL2vS0pQfGhJkD8yC1aE /var/lib/cameo/data/cameo.db /tmp/tmp02xtbh2g
first_token_seconds discord/*/bread-and-butter
https://generativelanguage.googleapis.com/v1beta/openai/ @cameo-bot:chat.example-community.org
"""


@pytest.mark.parametrize("word", WORDS.split())
def test_ordinary_names_are_shown(word: str) -> None:
    assert not looks_secret(word)
    assert hidden(f"config.yaml: line 3: {word!r} is unknown") == f"config.yaml: line 3: {word!r} is unknown"


@given(st.text())
def test_hiding_twice_hides_no_more(text: str) -> None:
    assert hidden(hidden(text)) == hidden(text)
    assert HIDDEN in hidden(f"{text} sk-Ab3dE6gH9jK2mN5pQ8sT1vW4yZ7")
