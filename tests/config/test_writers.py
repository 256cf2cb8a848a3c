"""The order of writers: models, the pointer among them, and toys."""

from pathlib import Path

import pytest

from bot.config.file import load
from bot.config.model_settings import asked_models
from bot.config.rules import hints
from bot.config.settings import Settings
from bot.types import SettingsError
from tests.config.test_settings import DEFAULT_WRITERS, NO_ENV_FILE, SHAPES


def settings(folder: Path, text: str) -> Settings:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load(folder / "config.yaml", NO_ENV_FILE, SHAPES)


def test_the_pointer_comes_before_the_toy_in_the_default_order(tmp_path: Path) -> None:
    assert settings(tmp_path, "").writer == DEFAULT_WRITERS


def test_without_writer_the_models_write_in_their_order_then_the_pointer_then_toys(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        "models: {t: {builtin: smollm2-135m}, b: {base_url: 'http://127.0.0.1:1/v1'}, "
        "a: {base_url: 'http://127.0.0.1:2/v1'}}",
    )
    assert found.writer == ("b", "a", "pointer", "t")


@pytest.mark.parametrize(
    ("writer", "asked"),
    [
        (("a", "b"), ("a", "b")),
        (("a", "pointer", "b"), ("a",)),
        (("pointer", "a"), ()),
        (("a", "pointer"), ("a",)),
        ((), ()),
    ],
)
def test_no_model_after_the_pointer_is_asked(writer: tuple[str, ...], asked: tuple[str, ...]) -> None:
    assert asked_models(writer) == asked


def test_a_model_that_is_never_asked_is_told_but_for_toys(tmp_path: Path) -> None:
    models = "models: {a: {base_url: 'http://127.0.0.1:1/v1'}, t: {builtin: smollm2-135m}}\n"
    assert not list(hints(settings(tmp_path, models)))
    [hint] = hints(settings(tmp_path, models + "writer: [pointer, a, t]"))
    assert hint.startswith("writer: a is never asked")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("writer: [pointer, pointer]", "line 1: writer.1: model 'pointer' is listed twice"),
        ("writer: [pointr]", "line 1: writer.0: model 'pointr' is defined nowhere under models; write pointer instead"),
        ("models: {pointer: {base_url: 'http://a/v1'}}", "line 1: models.pointer: is a reserved name"),
        ("rooms: [{match: '*', judge: pointer}]", "line 1: rooms.0.judge: model 'pointer' is defined nowhere under"),
    ],
)
def test_the_name_of_the_pointer_is_its_own(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(tmp_path, text)
    assert told in "\n".join(refused.value.problems)
