"""The model that the environment chooses: first in the order, with its own name, address, key and price."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import shapes
from bot.config.chosen_model import order_line, price_of, price_text, with_chosen
from bot.config.file import load
from bot.config.model_settings import Price, default_models
from bot.config.settings import Settings
from bot.types import SettingsError

NONE = {"CAMEO_ENV_FILE": ""}
OWN = """models:
  house: {base_url: 'http://10.0.0.7:8000/v1', model: qwen}
  kimi: {base_url: 'https://proxy.example/v1', model: kimi-old, key_env: PROXY_KEY, price: {input: 1, output: 2}}
writer: [house]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(text: str = "", **environment: str) -> Settings:
    Path("config.yaml").write_text(text)
    return load(None, {**NONE, **environment}, shapes())


def problems(text: str = "", **environment: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        settings(text, **environment)
    return list(error.value.problems)


def test_a_chosen_model_comes_first_and_the_others_follow(here: Path) -> None:
    found = settings(CAMEO_WRITER="deepseek", DEEPSEEK_API_KEY="sk-1")
    assert found.writer[:2] == ("deepseek", "kimi") and sorted(found.writer) == sorted([*default_models(), "pointer"])
    assert found.models == {**Settings().models, "deepseek": found.models["deepseek"]}
    assert (found.models["deepseek"].key, found.chosen) == ("sk-1", "deepseek")


def test_its_name_address_and_price_replace_what_the_file_says(here: Path) -> None:
    chosen = {"CAMEO_WRITER": "kimi", "CAMEO_MODEL": "kimi-k9", "CAMEO_MODEL_PRICE": "1 0.1 4"}
    found = settings(OWN, **chosen, PROXY_KEY="sk-2")
    kimi = found.models["kimi"]
    assert (kimi.base_url, kimi.model, kimi.key) == ("https://proxy.example/v1", "kimi-k9", "sk-2")
    assert kimi.price == Price(input=1, cached=0.1, output=4) and found.writer == ("kimi", "house")
    china = settings(CAMEO_WRITER="kimi", CAMEO_MODEL_URL="https://api.moonshot.cn/v1").models["kimi"]
    assert (china.base_url, china.model, china.vision) == ("https://api.moonshot.cn/v1", "kimi-k2.6", True)


def test_a_model_that_the_file_lacks_is_the_usual_one_of_that_name(here: Path) -> None:
    found = settings(OWN, CAMEO_WRITER="openrouter")
    assert found.models["openrouter"] == default_models()["openrouter"] and found.writer == ("openrouter", "house")


def test_any_address_is_a_model_by_itself(here: Path) -> None:
    address = {"CAMEO_MODEL_URL": "https://models.example/v1"}
    paid = {"CAMEO_MODEL": "m", "CAMEO_MODEL_KEY": " sk-3 ", "CAMEO_MODEL_PRICE": "0.6, 0.1, 3"}
    custom = settings(**address, **paid).models["custom"]
    assert (custom.base_url, custom.model, custom.key) == ("https://models.example/v1", "m", "sk-3")
    assert custom.price == Price(input=0.6, cached=0.1, output=3) and custom.output_tokens == 2000
    free = settings(OWN, CAMEO_MODEL_URL="http://127.0.0.1:9000/v1")
    assert free.writer == ("custom", "house") and free.models["custom"].key_env is None
    assert free.models["custom"].context_tokens == 3000


def test_env_file_and_environment_choose_alike_and_the_environment_wins(here: Path) -> None:
    Path(".env").write_text("CAMEO_WRITER=deepseek\nCAMEO_MODEL='a b'\n")
    assert load(None, {}, shapes()).models["deepseek"].model == "a b"
    found = load(None, {"CAMEO_WRITER": "openai", "CAMEO_MODEL": "gpt-9"}, shapes())
    assert (found.writer[0], found.models["openai"].model) == ("openai", "gpt-9")
    assert load(None, {"CAMEO_WRITER": "", "CAMEO_MODEL": ""}, shapes()).writer == Settings().writer


def test_check_prints_the_order_and_who_chose(here: Path) -> None:
    found = settings(CAMEO_WRITER="deepseek", OPENAI_API_KEY="sk-1")
    assert order_line(found) == (
        "models, in order: deepseek (chosen by CAMEO_WRITER; DEEPSEEK_API_KEY is not set), kimi (MOONSHOT_API_KEY is "
        "not set), openai, openrouter (OPENROUTER_API_KEY is not set), ollama, lmstudio, llamacpp, pointer, builtin"
    )
    assert order_line(settings(OWN)) == "models, in order: house"


CASES = {
    "an unknown name": ({"CAMEO_WRITER": "deepseak"}, "CAMEO_WRITER", "write deepseek"),
    "custom without an address": ({"CAMEO_WRITER": "custom"}, "CAMEO_WRITER", "write CAMEO_MODEL_URL="),
    "a name of no model": ({"CAMEO_MODEL": "gpt-9"}, "CAMEO_MODEL", "write CAMEO_WRITER=openai"),
    "a key of no model": ({"CAMEO_MODEL_KEY": "sk-hush-hush-hush"}, "CAMEO_MODEL_KEY", "write CAMEO_WRITER=openai"),
    "a key for another": (
        {"CAMEO_WRITER": "kimi", "CAMEO_MODEL_KEY": "sk-hush-hush-hush"},
        "CAMEO_MODEL_KEY",
        "write the key into MOONSHOT_API_KEY,",
    ),
    "a key without a price": (
        {"CAMEO_MODEL_URL": "https://a.example/v1", "CAMEO_MODEL_KEY": "sk-hush-hush-hush"},
        "CAMEO_MODEL_PRICE",
        'write "0.60 0.10 3.00"',
    ),
    "no price": ({"CAMEO_WRITER": "kimi", "CAMEO_MODEL_PRICE": "cheap"}, "CAMEO_MODEL_PRICE", 'write "0.60 0.10 3.00"'),
    "a negative price": ({"CAMEO_WRITER": "kimi", "CAMEO_MODEL_PRICE": "-1 0 1"}, "CAMEO_MODEL_PRICE", "is no price"),
    "no web address": ({"CAMEO_MODEL_URL": "models.example"}, "CAMEO_MODEL_URL", "is not a web address"),
    "a password in it": ({"CAMEO_MODEL_URL": "https://hush:hush@a.example/v1"}, "CAMEO_MODEL_URL", "holds a user"),
    "a whole endpoint": (
        {"CAMEO_MODEL_URL": "https://a.example/v1/chat/completions"},
        "CAMEO_MODEL_URL",
        "which is added to it anyway",
    ),
    "a name for the toy": ({"CAMEO_WRITER": "builtin", "CAMEO_MODEL": "x"}, "CAMEO_MODEL", "is built in"),
}


@pytest.mark.parametrize(("environment", "variable", "told"), CASES.values(), ids=CASES)
def test_a_mistake_names_its_variable_and_what_to_write(
    here: Path, environment: dict[str, str], variable: str, told: str
) -> None:
    (line,) = problems(**environment)
    assert line.startswith(f"{variable} (in .env, or in the environment): ") and told in line and "hush" not in line


@given(*[st.floats(0, 10_000, allow_nan=False).map(lambda usd: round(usd, 6))] * 3)
def test_a_price_survives_its_text(one: float, two: float, three: float) -> None:
    price = Price(input=one, cached=two, output=three)
    assert price_of(price_text(price)) == price


@pytest.mark.parametrize("text", ["", "1", "1 2 3 4", "nan 1 2", "inf 1 2", "1 2 20000", "$1 $2", "1;2", "-1 2"])
def test_what_is_no_price(text: str) -> None:
    assert price_of(text) is None


@pytest.mark.parametrize("address", ["https://a.example/v1/chat/completions", "https://a.example/v1?key=x"])
def test_an_address_that_goes_on_too_long_is_told_in_a_whole_sentence(address: str) -> None:
    with pytest.raises(SettingsError) as error:
        with_chosen(Settings(), {"CAMEO_MODEL_URL": address})
    assert error.value.problems[0].endswith(", instead")
