"""config.yaml and the environment: the contract loads, and all problems are reported at once, by line."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import shapes
from bot.config.file import load
from bot.config.model_settings import ModelSettings
from bot.config.platforms import settings_with
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.types import Room, SettingsError

CONTRACT = """\
database: data/cameo.db
keep_days: 30
console: {host: 127.0.0.1, port: 8765, token_env: CAMEO_TOKEN}
models:
  kimi:    {base_url: https://api.moonshot.ai/v1, model: kimi-k2.5, key_env: MOONSHOT_API_KEY, price: {input: 0.60, cached: 0.10, output: 3.00}}
  openai:  {base_url: https://api.openai.com/v1, model: gpt-5-mini, key_env: OPENAI_API_KEY, price: {input: 0.25, cached: 0.025, output: 2.00}}
  ollama:  {base_url: http://127.0.0.1:11434/v1, model: llama3.2}
  builtin: {builtin: smollm2-135m}
writer: [kimi, openai, ollama, builtin]
platforms:
  local:   {enabled: true}
  discord: {enabled: false, token_env: DISCORD_TOKEN}
  matrix:  {enabled: false, homeserver: https://matrix.example, user: "@cameo:matrix.example", token_env: MATRIX_TOKEN, password_env: MATRIX_PASSWORD, invites_from: ["@*:matrix.example"]}
rooms:
  - {match: "local/*/feed", persona: pip, join: every_post}
  - {match: "local/*/kitchen", persona: mochi, join: unanswered, hold_minutes: 1}
  - {match: "*", persona: mochi, join: mentions, share_of_voice: 0.2}
catch_up_minutes: 15
limits: {replies_per_member_hour: 20, replies_per_room_hour: 30, usd_per_day: 2.00}
"""  # noqa: E501
DEFAULT_WRITERS = ("kimi", "openai", "deepseek", "openrouter", "ollama", "lmstudio", "llamacpp", "pointer", "builtin")
SHAPES = shapes()
NO_ENV_FILE = {"CAMEO_ENV_FILE": ""}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory with two personas."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "personas").mkdir()
    for name in ("mochi", "pip"):
        (tmp_path / "personas" / f"{name}.yaml").touch()
    return tmp_path


def settings(text: str, **environment: str) -> Settings:
    assert not Path("pyproject.toml").exists(), "the test needs the fixture `here`, or it writes into the repository"
    Path("cameo.yaml").write_text(text, encoding="utf-8")
    return load(Path("cameo.yaml"), {**NO_ENV_FILE, **environment}, SHAPES)


def problems(text: str, **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings(text, **environment)
    assert error.value.problems and all("\n" not in problem for problem in error.value.problems)
    return list(error.value.problems)


def problem(text: str, **environment: str) -> str:
    (only,) = problems(text, **environment)
    return only


# --- what loads ----------------------------------------------------------------------------------


def test_the_contract_loads(here: Path) -> None:
    found = settings(CONTRACT, MOONSHOT_API_KEY=" sk-1\n", CAMEO_TOKEN="tok")
    assert found.database == Path("data/cameo.db")
    assert found.writer == ("kimi", "openai", "ollama", "builtin")
    assert (found.models["kimi"].key, found.models["openai"].key, found.console.token) == ("sk-1", None, "tok")
    price = found.models["kimi"].price
    assert price is not None and price.cached == 0.10
    assert (found.models["builtin"].context_tokens, found.models["builtin"].output_tokens) == (900, 120)
    assert (found.models["ollama"].context_tokens, found.models["ollama"].output_tokens) == (3000, 500)
    assert found.platforms["matrix"].invites_from == ("@*:matrix.example",)
    assert [rule.join for rule in found.rooms] == ["every_post", "unanswered", "mentions"]
    assert [rule.share_of_voice for rule in found.rooms] == [0.5, 0.2, 0.2]
    assert [rule.hold for rule in found.rooms] == ["auto", 1, "auto"]


def test_the_shipped_file_loads_and_says_what_the_defaults_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    shipped, defaults = load(Path("config.yaml"), NO_ENV_FILE, SHAPES), Settings()
    for part in ("database", "keep_days", "console", "models", "writer", "catch_up_minutes", "limits", "personas"):
        assert getattr(shipped, part) == getattr(defaults, part), part
    assert shipped.platforms["local"].enabled
    assert not shipped.platforms["discord"].enabled
    assert not shipped.platforms["matrix"].enabled
    assert shipped.rooms[-1] == RoomRule(match="*")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "rooms:\nmodels:\n", "{}"])
def test_every_key_is_optional(here: Path, text: str) -> None:
    found = settings(text)
    assert found.writer == DEFAULT_WRITERS
    assert found.rule_for(Room("local", "home", "any")) == RoomRule(match="*", persona="mochi", join="mentions")


@pytest.mark.parametrize("off", ["off", "'off'", "Off"])
def test_off_is_a_word_to_us(here: Path, off: str) -> None:
    assert settings(f"rooms: [{{match: '*', join: {off}}}]").rooms[0].join == "off"
    assert RoomRule.model_validate({"match": "*", "join": False}).join == "off"


@pytest.mark.parametrize("yes", ["yes", "on", "true", "True"])
def test_switches_take_the_old_words(here: Path, yes: str) -> None:
    assert settings(f"platforms: {{discord: {{enabled: {yes}}}}}", DISCORD_TOKEN="t").platforms["discord"].token == "t"


def test_anchors_and_merge_keys_work(here: Path) -> None:
    found = settings(
        "rooms:\n  - &kitchen {match: a, join: unanswered, hold_minutes: 5}\n"
        "  - {<<: *kitchen, match: b}\n  - {<<: [{match: c, hold_minutes: 7}, *kitchen]}\n"
    )
    assert [(rule.match, rule.hold_minutes, rule.join) for rule in found.rooms] == [
        ("a", 5, "unanswered"),
        ("b", 5, "unanswered"),
        ("c", 7, "unanswered"),
    ]


def test_which_file(here: Path) -> None:
    Path("config.yaml").write_text("keep_days: 1")
    Path("two.yaml").write_text("keep_days: 2")
    Path("three.yaml").write_text("keep_days: 3")
    assert load(None, NO_ENV_FILE, SHAPES).keep_days == 1
    assert load(None, {**NO_ENV_FILE, "CAMEO_CONFIG": "two.yaml"}, SHAPES).keep_days == 2
    found = load(Path("three.yaml"), {**NO_ENV_FILE, "CAMEO_CONFIG": "two.yaml"}, SHAPES)
    assert (found.keep_days, found.source) == (3, Path("three.yaml"))
    Path("config.yaml").unlink()
    assert load(None, NO_ENV_FILE, SHAPES) == settings_with(SHAPES)()


def test_a_named_file_must_be_there(here: Path) -> None:
    with pytest.raises(SettingsError, match=r"^none\.yaml: line 1: cannot be read"):
        load(None, {**NO_ENV_FILE, "CAMEO_CONFIG": "none.yaml"}, SHAPES)


def test_a_local_server_may_take_longer_to_begin() -> None:
    assert ModelSettings(name="a", base_url="http://localhost:1/v1").first_token_seconds == 60
    assert ModelSettings(name="a", base_url="https://a.example/v1").first_token_seconds == 30


# --- the environment -----------------------------------------------------------------------------


def test_a_dotenv_file_fills_in_what_the_environment_lacks(here: Path) -> None:
    Path(".env").write_text("MOONSHOT_API_KEY=from-file\nexport OPENAI_API_KEY='quoted'\nCAMEO_TOKEN=${HOME}\n")
    found = load(None, {"MOONSHOT_API_KEY": "real"}, SHAPES)
    assert (found.models["kimi"].key, found.models["openai"].key) == ("real", "quoted")
    assert found.console.token == "${HOME}"
    assert load(None, NO_ENV_FILE, SHAPES).models["openai"].key is None


def test_another_dotenv_file_can_be_named(here: Path) -> None:
    Path("other").write_text("OPENAI_API_KEY=x\n")
    assert load(None, {"CAMEO_ENV_FILE": "other"}, SHAPES).models["openai"].key == "x"
    with pytest.raises(SettingsError, match="missing: line 1: cannot be read"):
        load(None, {"CAMEO_ENV_FILE": "missing"}, SHAPES)


def test_a_broken_dotenv_line_is_told_beside_the_rest(here: Path) -> None:
    Path(".env").write_text("A=1\n'broken\n")
    Path("config.yaml").write_text("keep_days: 0")
    with pytest.raises(SettingsError) as error:
        load(None, {}, SHAPES)
    assert [text.split(": ")[:2] for text in error.value.problems] == [[".env", "line 2"], ["config.yaml", "line 1"]]


def test_discord_can_be_pointed_elsewhere(here: Path) -> None:
    found = settings("", DISCORD_API_URL="http://127.0.0.1:1/api/v10", DISCORD_GATEWAY_URL="ws://127.0.0.1:2")
    assert found.platforms["discord"].api_url == "http://127.0.0.1:1/api/v10"
    assert found.platforms["discord"].gateway_url == "ws://127.0.0.1:2"
    assert "DISCORD_API_URL" in problem("", DISCORD_API_URL="127.0.0.1")


def test_secrets_never_show(here: Path) -> None:
    text = "models: {m: {base_url: 'https://a/v1', key_env: K, price: {input: 1, output: 1}, options: {k: hush}}}\n"
    text += "platforms: {discord: {enabled: true}, matrix: {enabled: true, homeserver: 'https://a', user: '@a:b'}}"
    secrets = {
        "K": "hush",
        "DISCORD_TOKEN": "hush",
        "MATRIX_TOKEN": "hush",
        "MATRIX_PASSWORD": "hush",
        "CAMEO_TOKEN": "hush",
    }
    found = settings(text, **secrets)
    assert found.models["m"].key == found.platforms["discord"].token == found.platforms["matrix"].password == "hush"
    assert "hush" not in repr(found) + str(found) + f"{found.models}{found.platforms}"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("console: {token: hush-hush}", "console.token"),
        ("models: {m: {base_url: 'http://a/v1', key: hush-hush}}", "models.m.key"),
        ("models: {m: {base_url: 'http://a/v1', api_key: hush-hush}}", "models.m.api_key"),
        ("platforms: {matrix: {password: hush-hush}}", "platforms.matrix.password"),
        ("platforms: {discord: {token_env: hush-hush}}", "platforms.discord.token_env"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(here: Path, text: str, place: str) -> None:
    told = problem(text)
    assert told.startswith(f"cameo.yaml: line 1: {place}: ")
    assert "hush" not in told and ".env" in told


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("databse: x", "line 1: databse: is not a key that is known here; write database instead"),
        ("\n\nconsole: {prot: 1}", "line 3: console.prot: is not a key that is known here; write port instead"),
        ("console: {port: '1'}", "line 1: console.port: is not a whole number; write one, without quotes instead"),
        ("console: {port: 70000}", "line 1: console.port: is too large; write 65535 or less instead"),
        ("console: {port: yes}", "line 1: console.port: is not a whole number"),
        ("contact: nobody", "line 1: contact: names no address that members can write to; write one on one line"),
        ('contact: "a@b.example\\nc"', "line 1: contact: names no address"),
        ('contact: " "', "line 1: contact: names no address"),
        ("contact: 3", "line 1: contact: is not a text"),
        ("privacy_url: example.org/privacy", "such as https://example.org/privacy instead"),
        ("platforms: {matrix: {homeserver: matrix.example.org}}", "such as https://matrix.example.org instead"),
        ("platforms: {matrix: {homeserver: 'https://u:p@a.b'}}", "by token_env instead"),
        ("models: {m: {base_url: api.example.com}}", "such as https://api.example.com/v1 instead"),
        ("privacy_url: 'javascript:alert(1)'", "line 1: privacy_url: is not a web address"),
        ("keep_days: 0", "line 1: keep_days: is too small; write 1 or more instead"),
        ("keep_days: 1.5", "line 1: keep_days: is not a whole number"),
        ("limits: {usd_per_day: .inf}", "line 1: limits.usd_per_day: is not a number one can count with"),
        ("limits: {usd_per_day: -1}", "line 1: limits.usd_per_day: is too small; write 0 or more instead"),
        ("catch_up_minutes: soon", "line 1: catch_up_minutes: is not a number"),
        ("rooms: {match: a}", "line 1: rooms: is not a list"),
        (
            "rooms:\n  - match: a\n    persona: moshi",
            "line 3: rooms.0.persona: there is no persona 'moshi'; write mochi",
        ),
        ("rooms:\n  - join: off", "line 2: rooms.0.match: is missing"),
        ("rooms: [{match: a, join: never}]", "write one of mentions, unanswered, every_post, watch, off instead"),
        ("personas: nowhere", "line 1: personas: the folder 'nowhere' holds no persona files"),
        ("writer: [opnai]", "line 1: writer.0: model 'opnai' is defined nowhere under models; write openai instead"),
        ("writer: [openai, openai]", "line 1: writer.1: model 'openai' is listed twice"),
        ("writer: []", "line 1: writer: names no model"),
        ("models: {m: {model: x}}", "line 1: models.m: has neither base_url nor builtin"),
        ("models: {m: {base_url: a.b/v1}}", "line 1: models.m.base_url: is not a web address"),
        ("models: {m: {base_url: 'http://u:p@a/v1'}}", "line 1: models.m.base_url: holds a user or a password"),
        ("models: {m: {base_url: 'http://a/v1', key_env: K}}", "line 1: models.m: has a key but no price"),
        (
            "models: {m: {base_url: 'http://a/v1'}, w: {base_url: 'http://127.0.0.1:1/v1'}}\nmoderation: {model: m}",
            "line 2: moderation.model: model 'm' is on another machine and has no price, so its checks would not count "
            "as spending; write models.m.price: {input: 0, output: 0}, or what it costs, instead",
        ),
        ("models: {m: {base_url: 'http://a/v1', options: {messages: []}}}", "line 1: models.m.options: holds messages"),
        ("models:\n  m:\n    builtin: smollm2-135m\n    options: {n: 3}", "line 4: models.m.options: asks for several"),
        ("models: {m: {builtin: smollm2-135m, options: {candidateCount: 2}}}", "leave candidateCount out"),
        ("models: {m: {builtin: smollm}}", "write one of smollm2-135m instead"),
        ("models: {m: {builtin: smollm2-135m, context_tokens: 901}}", "write at most 900 instead"),
        ("models: {m: {base_url: 'http://127.0.0.1:1/v1', vision: true}}", "needs context_tokens of 7000 or more"),
        ("models: {m: {base_url: 'http://a/v1', vision: maybe}}", "line 1: models.m.vision:"),
        ("platforms: {discord: {enabled: true}}", "write DISCORD_TOKEN=... into .env"),
        ("a: 1\nkeep_days: 3\nkeep_days: 4", "line 3: keep_days: is given twice (first on line 2)"),
        ("- a\n- b", "line 1: is not a mapping"),
        ("keep_days: 3\n\tconsole: 1", "line 2: is not YAML"),
        ("console:\n\tport: 1", "write spaces, not tabs, at the beginning of the line instead"),
        ("rooms:\n  - match: *", 'write values that begin with *, &, @, % or ` in quotes, such as "*", instead'),
        ("platforms:\n  matrix:\n    user: @a:b", "line 3: is not YAML"),
        ("a: [1\nb: 2", "is not YAML"),
        ('personas: "a\\0b"', "line 1: personas: holds a control character"),
        ("keep_days: !!python/object:os.system 3", "keep_days"),
        ("? [a, b]\n: 1", "has a key that is not a plain word"),
    ],
)
def test_a_problem_says_where_and_what_to_write_instead(here: Path, text: str, expected: str) -> None:
    told = problems(text)
    assert any(expected in line for line in told), told
    assert all(line.startswith("cameo.yaml: line ") for line in told)


def test_all_problems_at_once_in_the_order_of_the_file(here: Path) -> None:
    told = problems(
        "keep_days: no\nmodels:\n  m: {base_url: nowhere, key_env: K, output_tokens: x}\nwriter: [n]\n"
        "platforms: {discord: {enabled: true}, matrix: {enabled: yes}}\n"
        "rooms: [{match: 3, persona: nobody}]\nlimit: 1\n"
    )
    places = [line.split(": ")[2] for line in told]
    assert places == [
        *("keep_days", "models.m", "models.m.base_url", "models.m.output_tokens", "writer.0"),
        *("platforms.discord.token_env", "platforms.matrix", "platforms.matrix", "platforms.matrix.token_env"),
        *("rooms.0.persona", "rooms.0.match", "limit"),
    ]


@pytest.mark.parametrize("host_and_price", ["http://127.0.0.1:1/v1'", "http://a/v1', price: {input: 0, output: 0}"])
def test_a_model_that_moderates_may_be_local_or_free(here: Path, host_and_price: str) -> None:
    text = f"models: {{m: {{base_url: '{host_and_price}}}, w: {{base_url: 'http://127.0.0.1:1/v1'}}}}\n"
    assert settings(text + "moderation: {model: m}").moderation is not None


def test_a_missing_persona_names_those_there_are(here: Path) -> None:
    assert "mochi, pip" in problem("rooms: [{match: a, persona: zzz}]")


def test_without_mochi_a_last_rule_is_asked_for(here: Path) -> None:
    Path("personas/mochi.yaml").unlink()
    assert "rooms that no rule matches are mochi's" in problem("rooms: [{match: a, persona: pip}]")
    assert settings("rooms: [{match: '*', persona: pip}]").rooms[0].persona == "pip"


@pytest.mark.parametrize("depth", [12, 40])
def test_an_alias_bomb_is_told_and_does_not_hang(here: Path, depth: int) -> None:
    lines = ["l0: &l0 [x, x]", *(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, depth + 10))]
    assert "through aliases" in " ".join(problems("\n".join(lines))) or depth > 20
    merges = ["m0: &m0 {a: 1}", *(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, depth + 10))]
    assert problems("\n".join(merges))


@pytest.mark.parametrize("text", ["a: &a [*a]", "[" * 5000, "{a: " * 500, "- " * 3000 + "a"])
def test_endless_nesting_is_told(here: Path, text: str) -> None:
    assert problems(text)


def test_a_huge_or_foreign_file_is_told(here: Path) -> None:
    Path("cameo.yaml").write_bytes(b"#" * (1 << 20))
    with pytest.raises(SettingsError, match="larger than 256 KiB"):
        load(Path("cameo.yaml"), NO_ENV_FILE, SHAPES)
    Path("cameo.yaml").write_bytes("a: 1\nb: ä".encode("latin-1"))
    with pytest.raises(SettingsError, match="line 2: is not UTF-8"):
        load(Path("cameo.yaml"), NO_ENV_FILE, SHAPES)
    with pytest.raises(SettingsError, match="cannot be read"):
        load(Path("personas"), NO_ENV_FILE, SHAPES)


# --- whatever stands there -----------------------------------------------------------------------

KEYS = st.sampled_from(
    [*Settings.model_fields, "local", "discord", "matrix", "enabled", "match", "join", "m", "<<", "key"]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["*", "mochi", "off"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1")), VALUES.map(str), VALUES.map(repr)))
def test_whatever_text_stands_there_only_named_errors_come(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("any") / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    _loads_or_tells(file)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_whatever_values_stand_there_only_named_errors_come(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, object]
) -> None:
    file = tmp_path_factory.mktemp("any") / "any.yaml"
    file.write_text(json.dumps(data))
    _loads_or_tells(file)


def _loads_or_tells(file: Path) -> None:
    try:
        load(file, NO_ENV_FILE, SHAPES)
    except SettingsError as error:
        assert error.problems
        assert all(problem.startswith(f"{file}: line ") and "\n" not in problem for problem in error.problems)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "contact",
    [
        "ana@example.org",
        "https://example.org/contact",
        '"@ana:example.org"',
        "Ana (ana@example.org)",
        '"@ana on Discord"',
    ],
)
def test_a_contact_is_any_address_that_people_can_write_to(contact: str) -> None:
    assert settings(f"contact: {contact}").contact == contact.strip('"')
    assert settings("contact:\nprivacy_url:").contact is None
