"""The documentation is true: README, config.yaml and the command line name the same keys, codes and commands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from adapters import shapes
from adapters.discord.invite import PERMISSIONS, permissions
from bot import __main__ as command_line
from bot import app
from bot.config.model_settings import ModelSettings
from bot.config.platforms import settings_with
from bot.config.room_rule import LONGEST_HOLD_MINUTES, Join, Posts, RoomRule
from bot.config.settings import ConsoleSettings, Limits, Settings
from bot.decide.budget import NEARLY
from bot.write.persona import Persona, load_personas
from tests.fakes.shipped import shipped_words

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG = (ROOT / "config.yaml").read_text(encoding="utf-8")
HELP = command_line.__doc__ or ""


def shapes_in(kind: Any) -> Iterator[type[BaseModel]]:
    """The shapes in a field's type: itself, or those in a list, a mapping or a union."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from shapes_in(part)


def keys_of(shape: type[BaseModel]) -> Iterator[str]:
    """Every key that a file may contain, at every depth; names of models are not keys."""
    for name, field in shape.model_fields.items():
        if not field.exclude:
            yield name
            for inner in shapes_in(field.annotation):
                yield from keys_of(inner)


def keys_in(value: Any, at: tuple[str, ...] = ()) -> Iterator[str]:
    """Every key that a YAML file contains, without the names of models."""
    if isinstance(value, list):
        for each in value:
            yield from keys_in(each, at)
    elif isinstance(value, dict):
        for key, each in value.items():
            if at != ("models",):
                yield key
            yield from keys_in(each, (*at, key))


EAGER = RoomRule(match="*", join="every_post")
KEYS = set(keys_of(settings_with(shapes())))
TOP = {name for name, field in Settings.model_fields.items() if not field.exclude}
TABLE, OF_A_RULE = (
    re.findall(r"^\| (`[^|]+) \| ([^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    for table in README.split("| key of a rule |")
)


def ticked(text: str) -> list[str]:
    """The texts in single backticks, outside fenced blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL))


def ranged(shape: type[BaseModel], name: str) -> tuple[float, float]:
    """The smallest and the largest value that a number may have."""
    limits = {key: value for each in shape.model_fields[name].metadata for key, value in vars_of(each).items()}
    return limits["ge"], limits["le"]


def vars_of(limit: Any) -> dict[str, Any]:
    return {key: getattr(limit, key) for key in ("ge", "le") if hasattr(limit, key)}


# --- README --------------------------------------------------------------------------------------


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len(README.splitlines()) <= 150


def test_the_table_has_every_key_of_the_top_and_only_keys_that_there_are() -> None:
    named = [name for first, _, _ in TABLE for name in ticked(first)]
    assert set(named) == TOP
    assert {word for _, second, _ in TABLE for word in ticked(second)} <= KEYS


def test_the_table_of_a_rules_keys_has_every_one_and_every_way_to_join() -> None:
    assert {name for first, _, _ in OF_A_RULE for name in ticked(first)} == set(keys_of(RoomRule))
    words = {word for _, second, _ in OF_A_RULE for word in ticked(second)}
    assert {*get_args(Join), *get_args(Posts), "auto", *RoomRule.older_keys} <= words


@pytest.mark.parametrize("part", [ConsoleSettings, Limits])
def test_the_table_names_the_keys_of_each_part_that_people_set(part: type[ConsoleSettings | Limits]) -> None:
    words = {word for _, second, _ in TABLE for word in ticked(second)}
    assert set(keys_of(part)) <= words


def test_the_defaults_in_the_table_are_the_defaults() -> None:
    told = {first: last for first, _, last in TABLE}
    limits = Limits()
    assert told["`limits`"] == (
        f"{limits.replies_per_member_hour}, {limits.replies_per_room_hour}, {limits.replies_per_community_hour}, "
        f"{limits.usd_per_day:.2f}"
    )
    assert told["`catch_up_minutes`"] == f"{Settings().catch_up_minutes:g}"
    days = Settings().keep_days, Settings().keep_after_removal_days
    kept = told["`database`, `keep_days`, `keep_after_removal_days`"]
    assert kept == f"`{Settings().database}`, {days[0]}, {days[1]}"
    assert told["`personas`"] == f"`{Settings().personas}`"
    assert told["`time_zone`"] == Settings().time_zone.key
    console = ConsoleSettings()
    assert told["`console`"].startswith(f"{console.host}, {console.port}, `{console.token_env}`")


def test_the_defaults_of_a_rule_in_its_table_are_the_defaults() -> None:
    told, rule, eager = {first: last for first, _, last in OF_A_RULE}, RoomRule(match="*"), EAGER
    assert (told["`match`, `persona`, `about`"], rule.about) == (f"{rule.persona}, none", None)
    assert told["`join`"] == rule.join
    assert told["`displacement_risk`"] == f"{rule.displacement_risk:g}"
    assert told["`hold`"] == rule.hold
    span = f"{rule.hold_floor_minutes:g}, {rule.hold_ceiling_minutes:g}"
    assert told["`hold_floor_minutes`, `hold_ceiling_minutes`"] == span
    assert told["`posts`, `coverage`"] == f"{rule.posts}, {rule.coverage:g}"
    assert told["`share_of_voice`"] == f"{rule.share_of_voice:g} (`every_post`: {eager.share_of_voice:g})"
    assert told["`conversation_minutes`"] == f"{rule.conversation_minutes:g}"
    assert (told["`quiet_hours`, `time_zone`"], rule.quiet_hours, rule.time_zone) == ("none, as above", None, None)
    switches = ("answers_to_name", "place", "emoji_instead", "delete_with_question", "thank_helpers")
    keys = ", ".join(f"`{key}`" for key in (*switches, "bots", "people", "ignore"))
    assert told[keys] == ", ".join([*(str(getattr(rule, key)).lower() for key in switches), "nobody"])
    assert told["`economy`, `judge`, `chat_settings`"] == f"none, none, {rule.chat_settings}"
    assert rule.economy is rule.judge is None


def test_from_when_on_limits_are_short_is_told_as_it_is() -> None:
    for text in (README, CONFIG, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")):
        assert set(re.findall(r"(\d+) % of a\s+(?:# )?limit", text)) == {f"{NEARLY * 100:g}"}


def test_the_exit_codes_are_those_of_the_program() -> None:
    in_readme = re.findall(r"(\d) \w", README[README.index("Exit codes:") : README.index("On SIGTERM")])
    in_help = re.findall(r"(?:codes:|;)\s+(\d) ", HELP)
    assert in_readme == in_help == ["0", "1", "2", "3", "4", "5"]
    codes = {app.STOPPED, 1, command_line.WRONG_SETTINGS, app.ALL_REFUSED, command_line.NO_DATABASE, app.ADDRESS_TAKEN}
    assert sorted(codes) == [0, 1, 2, 3, 4, 5]


def test_every_command_that_is_told_is_one() -> None:
    parser = command_line._parser()
    for name in ("README.md", "config.yaml", "CONTRIBUTING.md", "personas/README.md", "bot/explain/words.yaml"):
        words = re.findall(r"(?:\./|`)cameo ([a-z]\w*)", (ROOT / name).read_text(encoding="utf-8"))
        assert words, name
        for word in words:
            more = {"replay": ["FILE"], "why": ["ID"], "discord": ["invite"]}.get(word, [])
            assert parser.parse_args([word, *more]).command
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        told = re.findall(r"(?:`|^ {4})make (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        assert told and set(told) <= targets


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_file_that_is_told_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    told = {word for word in ticked(text) if re.fullmatch(r"[\w./-]+\.(?:py|md|yaml|toml|lock)|[\w./-]+/", word)}
    assert told
    assert {word for word in told if not is_somewhere(word)} == set()


def is_somewhere(word: str) -> bool:
    """Whether the path exists at the top or anywhere in the packages; Cameo creates `data/`."""
    folders = ("bot", "adapters", "tests", "personas")
    return word == "data/" or (ROOT / word).exists() or any(any((ROOT / name).rglob(word)) for name in folders)


def test_the_invitation_asks_for_the_permissions_that_it_names() -> None:
    page, wanted = (ROOT / "docs/discord.md").read_text(encoding="utf-8"), str(permissions().value)
    assert wanted in README and wanted in page
    for name in PERMISSIONS:  # as Discord calls them
        shown = shipped_words().say(f"invite.permission.{name}").partition(":")[0]
        assert shown in page, shown


def test_the_persona_shown_is_one_that_loads(tmp_path: Path) -> None:
    shown = re.search(r"```yaml\n(name: .*?)```", README, re.DOTALL)
    assert shown
    (tmp_path / "shown.yaml").write_text(shown[1], encoding="utf-8")
    assert load_personas(tmp_path)["shown"].name == "Mochi"


def test_every_field_of_a_persona_is_explained() -> None:
    explained = (ROOT / "personas" / "README.md").read_text(encoding="utf-8")
    assert set(keys_of(Persona)) <= set(re.findall(r"\w+", explained))


# --- config.yaml ---------------------------------------------------------------------------------


def test_config_yaml_mentions_every_key_and_no_other() -> None:
    assert set(keys_in(yaml.safe_load(CONFIG))) <= KEYS
    mentioned = set(re.findall(r"\w+", CONFIG))
    assert mentioned >= KEYS, KEYS - mentioned


def test_the_variables_that_are_named_stand_in_the_example_of_an_env_file() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"(?:key|token|password)_env: (\w+)", CONFIG)
    assert named and set(named) <= set(re.findall(r"[A-Z_]{4,}", example))


@pytest.mark.parametrize(
    ("shape", "name", "told"),
    [
        (Settings, "keep_days", "{0:g} to {1:g}; what is older"),
        (Settings, "catch_up_minutes", "recorded as too old, not answered ({0:g} to {1:g})"),
        (RoomRule, "displacement_risk", "{0:g} to {1:g} (default 0.25"),
        (RoomRule, "hold_floor_minutes", "between which auto stays, {0:g} to {1:g} (default 1 and 720)"),
        (RoomRule, "hold_ceiling_minutes", "between which auto stays, {0:g} to {1:g} (default 1 and 720)"),
        (RoomRule, "coverage", "may speak, {0:g} to {1:g} (default 1)"),
        (RoomRule, "share_of_voice", "{0:g} to {1:g} (default 0.2"),
        (RoomRule, "conversation_minutes", "joins in, {0:g} to {1:g} (default 10; 0: off)"),
        (Limits, "replies_per_member_hour", "in any 60 minutes, {0:g} to {1:g} each"),
    ],
)
def test_the_ranges_in_its_comments_are_the_ranges(shape: type[BaseModel], name: str, told: str) -> None:
    assert told.format(*ranged(shape, name)) in " ".join(CONFIG.replace("#", " ").split())


def test_the_defaults_in_its_comments_are_the_defaults() -> None:
    flat = " ".join(CONFIG.replace("#", " ").split())
    far = ModelSettings(name="far", base_url="https://models.example/v1")
    near = ModelSettings(name="near", base_url="http://127.0.0.1:1/v1")
    toy = ModelSettings(name="toy", builtin="smollm2-135m")
    assert f"(default {far.context_tokens}; on this machine {near.context_tokens}," in flat
    assert f"built-in: {toy.context_tokens} at most" in flat and f"built-in: {toy.output_tokens} at most" in flat
    assert f"how much it may write (default {far.output_tokens};" in flat
    assert f"(default {far.first_token_seconds:g}; on this machine {near.first_token_seconds:g}," in flat
    assert f"in the middle (default {far.idle_seconds:g})" in flat
    rule, eager = RoomRule(match="*"), EAGER
    limits = yaml.safe_load(CONFIG)["limits"]
    assert limits == Limits().model_dump() and yaml.safe_load(CONFIG)["time_zone"] == Settings().time_zone.key
    assert (rule.persona, rule.join) == ("mochi", "mentions") and "gets persona mochi and join: mentions" in flat
    assert (
        f"fixes it in minutes, 0 to {LONGEST_HOLD_MINUTES:g} (hold_minutes: its older name)" in flat
        and rule.hold == "auto"
    )
    assert f"(default {rule.displacement_risk}: in about one of four cases where Cameo steps in" in flat
    assert f"(default {rule.hold_floor_minutes:g} and {rule.hold_ceiling_minutes:g})" in flat
    assert f"(default {rule.coverage:g})" in flat and f"{rule.posts} (default)" in flat
    assert f"(default {rule.conversation_minutes:g}; 0: off)" in flat
    assert f"(default {rule.share_of_voice}; with every_post {eager.share_of_voice}," in flat


def test_the_readme_names_the_api_as_it_is() -> None:
    routers = (ROOT / "bot/console/api.py", ROOT / "adapters/local/api.py")
    served = re.findall(r'\.(?:get|post)\("(/[^"]+)"', "".join(path.read_text(encoding="utf-8") for path in routers))
    named = [name for name in ticked(README) if name.startswith("/api/")]
    assert named == ["/api/turns", "/api/local/rooms/ROOM/messages"]
    paths = {re.sub(r"\{\w+\}", "ROOM", path) for path in served}
    assert all(any(name.endswith(path) for path in paths) for name in named), paths
