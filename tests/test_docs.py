"""What we tell people is so: README, config.yaml and the command line speak of the same keys, codes and commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import discord
import pytest
import yaml
from pydantic import BaseModel

from bot import __main__ as command_line
from bot import app
from bot.settings import ConsoleSettings, Join, Limits, ModelSettings, RoomRule, Settings
from bot.write.persona import Persona, load_personas

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG = (ROOT / "config.yaml").read_text(encoding="utf-8")
HELP = command_line.__doc__ or ""


def shapes_in(kind: Any) -> Iterator[type[BaseModel]]:
    """The shapes that a field's type holds: itself, or what stands in a list, a mapping or an alternative."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from shapes_in(part)


def keys_of(shape: type[BaseModel]) -> Iterator[str]:
    """Every key that a file may give, however deep; names of models are not keys."""
    for name, field in shape.model_fields.items():
        if not field.exclude:
            yield name
            for inner in shapes_in(field.annotation):
                yield from keys_of(inner)


def keys_in(value: Any, at: tuple[str, ...] = ()) -> Iterator[str]:
    """Every key that a YAML file gives, without the names of models."""
    if isinstance(value, list):
        for each in value:
            yield from keys_in(each, at)
    elif isinstance(value, dict):
        for key, each in value.items():
            if at != ("models",):
                yield key
            yield from keys_in(each, (*at, key))


KEYS = set(keys_of(Settings))
TOP = {name for name, field in Settings.model_fields.items() if not field.exclude}
TABLE = re.findall(r"^\| (`[^|]+) \| ([^|]+) \| ([^|]+) \|$", README, re.MULTILINE)


def ticked(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def ranged(shape: type[BaseModel], name: str) -> tuple[float, float]:
    """The least and the most that a number may be."""
    limits = {key: value for each in shape.model_fields[name].metadata for key, value in vars_of(each).items()}
    return limits["ge"], limits["le"]


def vars_of(limit: Any) -> dict[str, Any]:
    return {key: getattr(limit, key) for key in ("ge", "le") if hasattr(limit, key)}


# --- README --------------------------------------------------------------------------------------


def test_the_readme_is_read_in_one_sitting():
    assert len(README.splitlines()) <= 150


def test_the_table_has_every_key_of_the_top_and_only_keys_that_there_are():
    named = [name for first, _, _ in TABLE for name in ticked(first)]
    assert set(named) - {"rooms[].join"} == TOP
    words = {word for _, second, _ in TABLE for word in ticked(second)}
    assert words <= KEYS | set(get_args(Join))
    assert set(get_args(Join)) <= words


@pytest.mark.parametrize("part", [ConsoleSettings, RoomRule, Limits])
def test_the_table_names_the_keys_of_each_part_that_people_set(part):
    words = {word for _, second, _ in TABLE for word in ticked(second)}
    assert set(keys_of(part)) <= words


def test_the_defaults_in_the_table_are_the_defaults():
    told = {first: last for first, _, last in TABLE}
    limits = Limits()
    assert told["`limits`"] == (
        f"{limits.replies_per_member_hour}, {limits.replies_per_room_hour}, {limits.usd_per_day:.2f}"
    )
    assert told["`catch_up_minutes`"] == f"{Settings().catch_up_minutes:g}"
    assert told["`database`, `keep_days`"] == f"`{Settings().database}`, {Settings().keep_days}"
    assert told["`personas`"] == f"`{Settings().personas}`"
    assert told["`rooms[].join`"] == RoomRule(match="*").join
    console = ConsoleSettings()
    assert told["`console`"].startswith(f"{console.host}, {console.port}, `{console.token_env}`")


def test_the_exit_codes_are_those_of_the_program():
    in_readme = re.findall(r"(\d) \w", README[README.index("Exit codes:") : README.index("On SIGTERM")])
    in_help = re.findall(r"(?:codes:|;)\s+(\d) ", HELP)
    assert in_readme == in_help == ["0", "1", "2", "3", "4", "5"]
    codes = {app.STOPPED, 1, command_line.WRONG_SETTINGS, app.ALL_REFUSED, command_line.NO_DATABASE, app.ADDRESS_TAKEN}
    assert sorted(codes) == [0, 1, 2, 3, 4, 5]


def test_every_command_that_is_told_is_one():
    parser = command_line._parser()
    for name in ("README.md", "config.yaml", "CONTRIBUTING.md"):
        for word in re.findall(r"python -m bot (\w+)", (ROOT / name).read_text(encoding="utf-8")):
            assert parser.parse_args([word, *(["FILE"] if word == "replay" else [])]).command
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        told = re.findall(r"(?:`|^ {4})make (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert told and set(told) <= targets


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_file_that_is_told_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    told = {word for word in ticked(text) if re.fullmatch(r"[\w./-]+\.(?:py|md|yaml|toml|lock)|[\w./-]+/", word)}
    assert {word for word in told if not is_somewhere(word)} == set()


def is_somewhere(word: str) -> bool:
    """At the top, or anywhere in the packages; `data/` is made by Cameo itself."""
    folders = ("bot", "adapters", "tests", "personas")
    return word == "data/" or (ROOT / word).exists() or any(any((ROOT / name).rglob(word)) for name in folders)


def test_the_invitation_asks_for_the_permissions_that_it_names():
    wanted = discord.Permissions(
        view_channel=True, send_messages=True, send_messages_in_threads=True, read_message_history=True,
        embed_links=True, attach_files=True, add_reactions=True, use_external_emojis=True,
    )  # fmt: skip
    assert set(re.findall(r"permissions(?:=| integer )(\d+)", README)) == {str(wanted.value)}


def test_the_persona_shown_is_one_that_loads(tmp_path):
    shown = re.search(r"```yaml\n(name: .*?)```", README, re.DOTALL)
    assert shown
    (tmp_path / "shown.yaml").write_text(shown[1], encoding="utf-8")
    assert load_personas(tmp_path)["shown"].name == "Mochi"


def test_every_field_of_a_persona_is_explained():
    explained = (ROOT / "personas" / "README.md").read_text(encoding="utf-8")
    assert set(keys_of(Persona)) <= set(re.findall(r"\w+", explained))


# --- config.yaml ---------------------------------------------------------------------------------


def test_config_yaml_mentions_every_key_and_no_other():
    assert set(keys_in(yaml.safe_load(CONFIG))) <= KEYS
    mentioned = set(re.findall(r"\w+", CONFIG))
    assert mentioned >= KEYS, KEYS - mentioned


def test_the_variables_that_are_named_stand_in_the_example_of_an_env_file():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"(?:key|token|password)_env: (\w+)", CONFIG)
    assert named and set(named) <= set(re.findall(r"[A-Z_]{4,}", example))


@pytest.mark.parametrize(
    ("shape", "name", "told"),
    [
        (Settings, "keep_days", "{0:g} to {1:g}; older messages"),
        (Settings, "catch_up_minutes", "recorded as too old, not answered ({0:g} to {1:g})"),
        (RoomRule, "hold_minutes", "({0:g} to {1:g}, default 60)"),
        (RoomRule, "share_of_voice", "{0:g} to {1:g} (default 0.2"),
    ],
)
def test_the_ranges_in_its_comments_are_the_ranges(shape, name, told):
    assert told.format(*ranged(shape, name)) in " ".join(CONFIG.replace("#", " ").split())


def test_the_defaults_in_its_comments_are_the_defaults():
    flat = " ".join(CONFIG.replace("#", " ").split())
    far = ModelSettings(name="far", base_url="https://models.example/v1")
    near = ModelSettings(name="near", base_url="http://127.0.0.1:1/v1")
    toy = ModelSettings(name="toy", builtin="smollm2-135m")
    assert f"(default {far.context_tokens}; on this machine {near.context_tokens}," in flat
    assert f"built-in: {toy.context_tokens} at most" in flat and f"built-in: {toy.output_tokens} at most" in flat
    assert f"how much it may write (default {far.output_tokens};" in flat
    assert f"(default {far.first_token_seconds:g}; on this machine {near.first_token_seconds:g}," in flat
    assert f"in the middle (default {far.idle_seconds:g})" in flat
    rule, eager = RoomRule(match="*"), RoomRule(match="*", join="every_post")
    assert (rule.persona, rule.join) == ("mochi", "mentions") and "gets persona mochi and join: mentions" in flat
    assert f"(0 to 10080, default {rule.hold_minutes:g})" in flat
    assert f"(default {rule.share_of_voice}; with every_post {eager.share_of_voice}," in flat
