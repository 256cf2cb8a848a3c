"""Setting up a model: tried as it would be in force, kept in `.env`, in force at once, and the key nowhere else."""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from adapters import shapes
from bot.config.env_file import EnvFileError
from bot.config.file import load
from bot.config.masking import Mask
from bot.config.model_choice import Choice, Refused, cleaned_key
from bot.config.model_settings import Price
from bot.config.policy import InForce, Policy
from bot.config.settings import Limits
from bot.decide.budget import Budget
from bot.live.model_setup import ModelSetup
from bot.live.policy import PolicyFiles, read_policy
from bot.write.models.causes import Cause
from bot.write.persona import Persona
from tests.fakes.clock import RealClock
from tests.fakes.scripted_model import Say, ScriptedModel

KEY, OTHER = "sk-right-1234567890abcdef", "sk-other-fedcba0987654321"
PERSONAS = Path(__file__).parents[2] / "personas"


@dataclass
class Place:
    """A folder with a config.yaml and perhaps an `.env`, and Cameo's settings read from there."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    more: str = ""
    usd_per_day: float = 2.0

    def __post_init__(self) -> None:
        self.config, self.env = self.folder / "config.yaml", self.folder / ".env"
        self.config.write_text(f"personas: {PERSONAS}\n{self.more}")
        self.environment.setdefault("CAMEO_ENV_FILE", str(self.env))
        if not self.env.exists() and self.environment["CAMEO_ENV_FILE"]:
            self.env.write_text("# mine\nOTHER='kept as it is'  # why\n")
        self.mask, self.budget = Mask(), Budget(Limits(usd_per_day=self.usd_per_day))
        read = partial(read_policy, self.config, self.environment, shapes())
        self.policy: InForce[Persona] = InForce(read())
        files = PolicyFiles(self.policy, read, self.environment, self.adopt, RealClock())
        read_settings = partial(load, self.config, shapes=shapes())
        self.setup = ModelSetup(
            self.policy, files, read_settings, self.environment, self.budget, self.mask.learn, RealClock()
        )

    async def adopt(self, policy: Policy[Persona]) -> None:
        pass

    def text(self) -> str:
        return self.env.read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def custom(server: ScriptedModel, key: str = KEY) -> Choice:
    return Choice("custom", "scripted", server.url, "0.60 0.10 3.00", key)


async def test_a_wrong_key_then_a_right_one_saved_and_in_force(place: Place) -> None:
    async with ScriptedModel([Say("Hi there")], key=KEY) as server:
        wrong = await place.setup.attempt(custom(server, OTHER), "Hello?")
        assert (wrong.cause, place.setup.settings.chosen) == (Cause.WRONG_KEY, "")
        assert (await place.setup.attempt(custom(server), "Hello?")).text == "Hi there"
        assert "sk-" not in place.text(), "trying keeps nothing"
        assert await place.setup.save(custom(server)) == ()
    settings = place.policy.current.settings
    assert (settings.writer[0], settings.models["custom"].key) == ("custom", KEY)
    assert settings.models["custom"].price == Price(input=0.6, cached=0.1, output=3)
    assert place.text().startswith("# mine\nOTHER='kept as it is'  # why\n") and KEY in place.text()
    assert stat.S_IMODE(place.env.stat().st_mode) == 0o600
    assert load(place.config, place.environment, shapes()).models == settings.models, "also after a restart"


async def test_only_what_differs_from_config_yaml_is_kept(place: Place) -> None:
    choice = Choice("deepseek", "deepseek-flash", "https://api.deepseek.com", "0.30 0.006 1.20", KEY)
    await place.setup.save(choice)
    assert place.text().splitlines()[2:] == ["CAMEO_WRITER=deepseek", f"DEEPSEEK_API_KEY={KEY}"]
    await place.setup.save(replace(choice, model="deepseek-pro", key="", price="1 1 2"))
    assert place.text().splitlines()[2:] == [
        "CAMEO_WRITER=deepseek", f"DEEPSEEK_API_KEY={KEY}", "CAMEO_MODEL=deepseek-pro", "CAMEO_MODEL_PRICE='1 1 2'",
    ]  # fmt: skip
    assert place.setup.models_with_keys() == [("deepseek", "DEEPSEEK_API_KEY")]
    assert await place.setup.remove("DEEPSEEK_API_KEY", "CAMEO_WRITER", "CAMEO_MODEL", "CAMEO_MODEL_PRICE") == ()
    assert place.text() == "# mine\nOTHER='kept as it is'  # why\n" and not place.setup.settings.chosen


async def test_a_test_is_charged_to_the_day_and_must_fit_into_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    async with ScriptedModel([Say("Hi")] * 2) as server:
        tried = await place.setup.attempt(custom(server), "Hello?")
        spent = place.budget.usd_today(RealClock().now())
        assert spent == pytest.approx(tried.cost_usd) and spent > 0
        poor = Place(tmp_path, usd_per_day=0.0001)
        assert (await poor.setup.attempt(custom(server), "Hello?")).over_budget
        assert len(server.requests) == 1 and poor.budget.usd_today(RealClock().now()) == 0


async def test_a_kept_key_goes_to_no_other_address(place: Place) -> None:
    async with ScriptedModel(key=KEY) as server, ScriptedModel() as other:
        await place.setup.save(custom(server))
        elsewhere = replace(custom(other), key="")
        for change in (place.setup.attempt(elsewhere, "Hello?"), place.setup.save(elsewhere)):
            assert await refusal(change) == "key_again"
        assert not other.requests and not other.probes
        assert (await place.setup.attempt(replace(custom(server), key=""), "Hello?")).cause is None
    await place.setup.save(Choice("kimi", key=OTHER))
    assert await refusal(place.setup.attempt(Choice("kimi", address="https://evil.example/v1"), "?")) == "key_again"


async def refusal(change: object) -> str:
    with pytest.raises(Refused) as error:
        await change  # type: ignore[misc]
    return error.value.reason


CASES = [
    (Choice("custom", key=KEY), "no_address"),
    (Choice("kimi"), "no_key"),
    (Choice("kimi", price="cheap", key=KEY), "no_price"),
    (Choice("custom", address="https://a.example/v1", price="1 ?", key=KEY), "no_price"),
    (Choice("custom", address="no address"), "address"),
    (Choice("custom", address="http://[a.example"), "address"),
    (Choice("custom", address="https://a.example/v1/chat/completions"), "address"),
    (Choice("nobody", address="https://a.example/v1"), "settings"),
    (Choice("kimi", "two\nlines", key="sk ey"), "key_spaces"),
]


@pytest.mark.parametrize(("choice", "reason"), CASES, ids=[f"{reason} {choice.address}" for choice, reason in CASES])
async def test_what_can_not_be_is_refused_and_nothing_is_written(place: Place, choice: Choice, reason: str) -> None:
    before = place.text()
    assert await refusal(place.setup.attempt(choice, "?")) == reason
    assert await refusal(place.setup.save(choice)) == reason
    assert place.text() == before


async def test_a_test_needs_no_price_and_keeping_a_key_does(place: Place) -> None:
    async with ScriptedModel([Say("Hi")] * 2, key=KEY) as server:
        unpriced = replace(custom(server), price="")
        tried = await place.setup.attempt(unpriced, "Hello?")
        assert (tried.text, tried.hundred_usd, tried.cost_usd) == ("Hi", None, 0.0)
        before = place.text()
        assert await refusal(place.setup.save(unpriced)) == "no_price" and place.text() == before
        await place.setup.save(replace(unpriced, price="0.60 3"))
        assert place.setup.settings.models["custom"].price == Price(input=0.6, cached=0.6, output=3)
        kept = replace(unpriced, key="")
        assert (await place.setup.attempt(kept, "Hello?")).text == "Hi", "with the key that is kept"


@pytest.mark.parametrize(
    ("environment", "file", "outside", "inside"),
    [
        ({}, "", (), ()),
        ({}, "CAMEO_WRITER=kimi\n", (), ("CAMEO_WRITER",)),
        ({"CAMEO_WRITER": "kimi"}, "", ("CAMEO_WRITER",), ()),
        ({"CAMEO_WRITER": "kimi"}, "CAMEO_WRITER=openai\n", ("CAMEO_WRITER",), ()),
        ({"CAMEO_WRITER": "kimi"}, "CAMEO_MODEL=k9\n", ("CAMEO_WRITER",), ("CAMEO_MODEL",)),
        ({"CAMEO_WRITER": ""}, "CAMEO_WRITER=openai\n", (), ()),
        ({"CAMEO_MODEL_URL": "http://127.0.0.1:1/v1"}, "", ("CAMEO_MODEL_URL",), ()),
    ],
)
async def test_where_a_choice_comes_from(
    tmp_path: Path, environment: dict[str, str], file: str, outside: tuple[str, ...], inside: tuple[str, ...]
) -> None:
    (tmp_path / ".env").write_text(file)
    place = Place(tmp_path, environment)
    assert place.setup.choosing() == (outside, inside)
    assert bool(place.setup.settings.chosen) == bool(outside or inside)
    await place.setup.remove(*inside)
    assert place.setup.choosing() == (outside, ())


async def test_what_no_line_can_hold_is_refused(place: Place) -> None:
    before = place.text()
    assert await refusal(place.setup.save(Choice("ollama", "two\nlines"))) == "settings"
    assert place.text() == before


async def test_what_the_environment_sets_is_told_and_not_written_in_vain(tmp_path: Path) -> None:
    place = Place(tmp_path, {"MOONSHOT_API_KEY": OTHER})
    assert await refusal(place.setup.save(Choice("kimi", key=KEY))) == "environment"
    assert await place.setup.save(Choice("kimi")) == () and place.setup.settings.models["kimi"].key == OTHER
    assert place.setup.models_with_keys() == [("kimi", "MOONSHOT_API_KEY")] and place.setup.is_set_outside(
        "MOONSHOT_API_KEY"
    )
    assert await refusal(place.setup.remove("MOONSHOT_API_KEY")) == "environment"
    nowhere = Place(tmp_path, {"CAMEO_ENV_FILE": ""})
    assert await refusal(nowhere.setup.save(Choice("kimi", key=KEY))) == "no_env_file"


async def test_a_managers_own_order_is_told_and_follows(tmp_path: Path) -> None:
    own = "models: {house: {base_url: 'http://10.0.0.7:8000/v1', model: qwen}}\nwriter: [house]\n"
    place = Place(tmp_path, more=own)
    assert place.setup.writers_of_the_file() == ("house",)
    assert "house" in [offer.name for offer in place.setup.offers()]
    await place.setup.save(Choice("openai", key=KEY))
    assert place.setup.settings.writer == ("openai", "house") and place.setup.writers_of_the_file() == ("house",)
    assert Place(tmp_path).setup.writers_of_the_file() == ()


async def test_mistakes_in_other_files_are_told_when_they_keep_a_choice_out_of_force(place: Place) -> None:
    (place.folder / "personas").mkdir()
    shutil.copy(PERSONAS / "mochi.yaml", place.folder / "personas")
    (place.folder / "personas" / "bad.yaml").write_text("name: ''\n")
    place.config.write_text(f"personas: {place.folder / 'personas'}\n")
    problems = await place.setup.save(Choice("kimi", key=KEY))
    assert problems and "bad.yaml" in problems[0] and not place.setup.settings.chosen
    assert KEY in place.text(), "it is kept, and comes into force with the next good read"


async def test_a_file_that_can_not_be_edited_keeps_everything(place: Place) -> None:
    place.env.write_text("no equals sign 'here\n")
    place.environment["CAMEO_ENV_FILE"] = str(place.folder / "gone" / ".env")
    with pytest.raises((EnvFileError, Refused)):
        await place.setup.save(Choice("kimi", key=KEY))
    assert place.text() == "no equals sign 'here\n" and not place.setup.settings.chosen


async def test_servers_on_this_machine_are_found_with_their_models(tmp_path: Path) -> None:
    async with ScriptedModel(models=("llama3.2:latest", "nomic-embed-text"), owner="library") as server:
        down = ScriptedModel()
        async with down:
            pass
        local = (
            f"models:\n  ollama: {{base_url: '{server.url}', model: llama3.2}}\n  down: {{base_url: '{down.url}'}}\n"
        )
        found = await Place(tmp_path, more=local).setup.running()
    assert found.pop("ollama") == ("llama3.2:latest",) and "down" not in found


def pasted() -> Iterator[str]:
    yield from (KEY, f"  {KEY}\n", f'"{KEY}"', f"Bearer {KEY}", f"Authorization: Bearer {KEY}", f"“{KEY}”")
    yield from (f"OPENAI_API_KEY={KEY}", f"export OPENAI_API_KEY='{KEY}'", f"CAMEO_MODEL_KEY = {KEY}")


@pytest.mark.parametrize("text", list(pasted()))
def test_a_key_is_found_in_what_people_paste(text: str) -> None:
    assert cleaned_key(text) == KEY


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sk one two", "key_spaces"),
        ("https://platform.openai.com/api-keys", "key_address"),
        ("sk-ключ", "key_characters"),
        ("密钥", "key_characters"),
        ("sk-\u200b123", "key_characters"),
        ("x" * 5000, "key_characters"),
    ],
)
def test_what_is_no_key_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused) as error:
        cleaned_key(text)
    assert error.value.reason == reason and text not in str(error.value)
    assert cleaned_key("abc==") == "abc==", "the end of a base64 text is part of it"


async def test_a_key_shows_nowhere(place: Place) -> None:
    choice = Choice("kimi", key=KEY)
    assert KEY not in repr(choice)
    await place.setup.save(choice)
    assert KEY not in repr(place.setup.settings) and KEY not in repr(place.setup.offers())
    told = place.mask.known(f"the key {KEY} and its end {KEY[-9:]}")  # by what it knows, not by its form
    assert KEY not in told and KEY[-9:] not in told
