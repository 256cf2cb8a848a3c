"""Character cards and misnamed files in the personas folder are told."""

from pathlib import Path

import pytest

from bot.__main__ import main
from bot.config.cards import unread
from bot.types import SettingsError
from bot.write.persona import load_personas

SOUND = "name: Bo\ntagline: an AI\nvoice: plain\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "personas").mkdir()
    (tmp_path / "config.yaml").write_text("rooms: [{match: '*', persona: bo}]\n")
    return tmp_path / "personas"


def checked(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    return main(["check"]), "".join(capsys.readouterr())


NAMES = [
    "seraphine.json",
    "bo.yml",
    "sera.png",
    "sera.PNG",
    "sera.webp",
    "sera.charx",
    "Ana.YAML",
    "ana.YML",
    "ana.txt",
    "ana.toml",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_not_read_is_told(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bo.yaml").write_text(SOUND)
    (folder / name).write_text(SOUND)
    code, told = checked(capsys)
    assert code == 0 and f"hint: personas/{name}: is " in told


@pytest.mark.parametrize("name", NAMES)
def test_it_is_told_where_its_persona_is_missed(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / name).write_text(SOUND)
    code, told = checked(capsys)
    assert code == 2 and "holds no persona files (*.yaml), and " + name in told
    (folder / "mochi.yaml").write_text(SOUND)
    Path("config.yaml").write_text(f"rooms: [{{match: '*', persona: {Path(name).stem}}}]")
    code, told = checked(capsys)
    assert code == 2 and f"there is no persona '{Path(name).stem}', for {name} is " in told


@pytest.mark.parametrize("name", ["README.md", "readme.txt", ".bo.yml", "bo.yaml~", "notes.md"])
def test_other_files_are_not_told(name: str, folder: Path) -> None:
    (folder / name).write_text("x")
    (folder / "old.yml").mkdir()
    assert unread(folder) == {}


@pytest.mark.parametrize(
    "text",
    ["{{char}} is calm", "greets {{user}}", "{{ Char }}'s voice", "<USER> likes <BOT>", "{user} asks", "{{random:a,b}}",
     "it is {{time}}", "{{getvar::mood}}", "{{// a remark}}", "{{original}}"],
)  # fmt: skip
@pytest.mark.parametrize(
    "place", ["voice: '%s'", "tagline: '%s'", "manners: ['%s']", "examples: [{member: '%s', reply: ok}]"]
)
def test_a_placeholder_is_a_problem(text: str, place: str, folder: Path) -> None:
    lines = [line for line in SOUND.splitlines() if not place.startswith(line.split(":", 1)[0])]
    (folder / "bo.yaml").write_text("\n".join([*lines, place.replace("%s", text.replace("'", "''"))]))
    with pytest.raises(SettingsError) as error:
        load_personas(folder)
    assert all("which nothing fills in; write " in problem for problem in error.value.problems)


@pytest.mark.parametrize(
    "text", ["says `{{ name }}` in templates", "a {curly} word", "5 < 6 > 4", "{ }", "<b>bold</b>"]
)
def test_what_only_looks_like_one_is_none(text: str, folder: Path) -> None:
    (folder / "bo.yaml").write_text(SOUND.replace("plain", f"'{text}'"))
    assert load_personas(folder)


def test_of_two_files_with_one_name_the_newer_is_to_be_changed(folder: Path) -> None:
    import os

    for name in ("bo", "al"):
        (folder / f"{name}.yaml").write_text(SOUND)
    for older, newer in (("al", "bo"), ("bo", "al")):
        os.utime(folder / f"{older}.yaml", (1000, 1000))
        os.utime(folder / f"{newer}.yaml", (2000, 2000))
        with pytest.raises(SettingsError) as error:
            load_personas(folder)
        (told,) = error.value.problems
        assert told.startswith(f"{folder / newer}.yaml: line 1: name: ") and f"({folder / older}.yaml)" in told
