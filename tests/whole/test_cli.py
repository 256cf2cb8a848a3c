"""The command line as one meets it at a terminal: what is told of settings and turns, and how it ends."""

import re
import shutil
from pathlib import Path

import pytest

from tests.fakes.cameo import ROOT, cameo, scripted
from tests.fakes.scripted_model import ScriptedModel
from tests.whole.terminal import Terminal, command, good, written

PROBLEM = re.compile(r"^(?P<file>[^:]+): line (?P<line>\d+): (?P<key>[\w.]+): [^;]+; write .+ instead$")


# --- the settings --------------------------------------------------------------------------------

BAD = f"""\
personas: {ROOT / "personas"}
keep_days: 0
colour: red
console: {{port: "8765"}}
models:
  big: {{base_url: "https://models.example/v1", key_env: BIG_KEY}}
writer: [big, small]
rooms:
  - {{match: "*", persona: nobody}}
"""


async def test_every_problem_is_told_at_once_and_by_line(tmp_path: Path) -> None:
    written(tmp_path, BAD)
    ended = await command(tmp_path, "check")
    assert (ended.code, ended.out) == (2, "")
    told = [PROBLEM.match(line) for line in ended.err.splitlines()]
    assert all(told), ended.err
    places = {(match["file"], int(match["line"]), match["key"]) for match in told if match}
    assert places == {
        ("config.yaml", 2, "keep_days"),
        ("config.yaml", 3, "colour"),
        ("config.yaml", 4, "console.port"),
        ("config.yaml", 6, "models.big"),
        ("config.yaml", 7, "writer.1"),
        ("config.yaml", 9, "rooms.0.persona"),
    }
    started = await command(tmp_path, "run")
    assert (started.code, started.err) == (2, ended.err), "run says the same, and starts nothing"
    assert not (tmp_path / "data").exists()


def test_a_bad_persona_is_told_by_line_too(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "personas").mkdir()
    written(tmp_path, "name: Mochi\ntagline: t\nvoice: v\nmax_words: many\n", "personas/mochi.yaml")
    ended = terminal("check")
    assert ended.code == 2
    assert PROBLEM.match(ended.err.strip())
    assert ended.err.startswith("personas/mochi.yaml: line 4: max_words: ")


def test_the_named_file_wins_over_the_variable_over_the_one_in_place(terminal: Terminal, tmp_path: Path) -> None:
    for name in ("config.yaml", "second.yaml", "third.yaml"):
        good(tmp_path, name)
    fine = [
        terminal("check", "--config", "third.yaml", CAMEO_CONFIG="second.yaml"),
        terminal("check", CAMEO_CONFIG="second.yaml"),
        terminal("check", CAMEO_CONFIG=""),
    ]
    assert [ended.code for ended in fine] == [0, 0, 0]
    assert [ended.out.split(":")[0] for ended in fine] == ["third.yaml", "second.yaml", "config.yaml"]
    assert "mochi" in fine[0].out


@pytest.mark.parametrize("text", [None, ": [", "\x00", "- a list\n"])
def test_a_file_that_is_none(terminal: Terminal, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        written(tmp_path, text, "mine.yaml")
    ended = terminal("check", "--config", "mine.yaml")
    assert ended.code == 2
    assert ended.err.startswith("mine.yaml: line 1: ")
    assert "; write " in ended.err


def test_in_an_empty_folder_the_defaults_and_the_shipped_personas_hold(terminal: Terminal, tmp_path: Path) -> None:
    ended = terminal("check")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("no configuration file, so the defaults: fine; 5 personas: ")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_ones_own_takes_the_place_of_the_shipped_personas(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "personas").mkdir()
    ended = terminal("check")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("no config.yaml: line 1: personas: the folder 'personas' holds no persona files")
    assert "; write the folder where they are (relative to the working directory) instead" in ended.err
    shutil.copy(ROOT / "personas" / "mochi.yaml", tmp_path / "personas")
    assert terminal("check").out.splitlines()[0].endswith("1 personas: mochi")


def test_the_mistakes_of_persona_files_are_told_with_those_of_the_configuration(
    terminal: Terminal, tmp_path: Path
) -> None:
    written(tmp_path, "keep_days: 0\nrooms: [{match: a, persona: moshi}]\n", "mine.yaml")
    (tmp_path / "personas").mkdir()
    shutil.copy(ROOT / "personas" / "mochi.yaml", tmp_path / "personas")
    (tmp_path / "personas" / "bad.yaml").write_text("name: ''\nvoicee: x\n", encoding="utf-8")
    lines = terminal("check", "--config", "mine.yaml").err.splitlines()
    assert {line.split(":")[0] for line in lines} == {"mine.yaml", "personas/bad.yaml"}
    assert any("keep_days" in line for line in lines) and any("voicee" in line for line in lines)


# --- who speaks where ----------------------------------------------------------------------------


async def test_check_shows_who_speaks_in_each_known_room_and_why(tmp_path: Path) -> None:
    rooms = [
        {"match": "local/*/feed", "persona": "pip", "join": "every_post"},
        {"match": "local/*/cellar", "persona": "juniper"},
        {"match": "*", "persona": "mochi"},
    ]
    async with ScriptedModel() as model, cameo(tmp_path, scripted(model.url, rooms=rooms)) as running:
        await running.post("workshop", "Noor", "good morning")
        ended = await command(tmp_path, "check", "--config", str(running.path))
    heading, *rows = (re.split(r"\s{2,}", line) for line in ended.out.splitlines()[2:])
    assert (ended.code, heading) == (0, ["room", "persona", "join", "model", "why"])
    writer = rows[0][3]
    assert next(row for row in rows if "kitchen" in row[0])[1:] == ["mochi", "mentions", writer, "rooms.2 (*)"]
    assert next(row for row in rows if "feed" in row[0])[1:] == ["pip", "every_post", writer, "rooms.0 (local/*/feed)"]
    assert rows[-2] == ["local/*/cellar", "juniper", "mentions", writer, "rooms.1; no such room is known yet"]
    assert "local has no such room" in ended.out.splitlines()[-1]


def test_check_shows_the_rules_before_any_room_is_known(terminal: Terminal, tmp_path: Path) -> None:
    good(tmp_path)
    assert (
        terminal("check").out.splitlines()[4].endswith("mentions  ollama, lmstudio, llamacpp, pointer  no rule matches")
    )
    assert terminal("check", OPENAI_API_KEY="x").out.splitlines()[-1].split()[5] == "openai"
    assert [line.split()[0] for line in terminal("check").out.splitlines()[4:7]] == [
        f"local/Home/{name}" for name in ("feed", "kitchen", "workshop")
    ]
    assert not (tmp_path / "data").exists(), "a look makes nothing"


def test_check_tells_why_known_rooms_can_not_be_read(terminal: Terminal, tmp_path: Path) -> None:
    good(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cameo.db").write_bytes(b"no database" * 50)
    ended = terminal("check")
    assert ended.code == 0
    assert "hint: the known rooms can't be read: data/cameo.db: " in ended.out


# --- the command line itself ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["dance"],
        [],
        ["run", "--loud"],
        ["turns", "--last", "0"],
        ["turns", "--last", "many"],
        ["why"],
        ["why", "m", "--language", "tlh"],
    ],
)
def test_what_it_does_not_know_it_refuses(terminal: Terminal, tmp_path: Path, words: list[str]) -> None:
    good(tmp_path)
    ended = terminal(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("usage: cameo")


async def test_help_names_the_commands_and_the_exit_codes(tmp_path: Path) -> None:
    ended = await command(tmp_path, "--help")
    assert ended.code == 0
    for word in ("run", "check", "turns", "why", "reasons", "replay"):
        assert re.search(rf"^ +{word} ", ended.out, re.MULTILINE)
    codes = ended.out[ended.out.index("Exit codes") :]
    assert re.findall(r"(?:codes:|;)\s+(\d) ", codes) == ["0", "1", "2", "3", "4", "5"]


# --- turns ---------------------------------------------------------------------------------------


def test_turns_without_a_database_is_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    good(tmp_path)
    ended = terminal("turns")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err == "cameo: data/cameo.db: there is no database yet\n"
    assert not (tmp_path / "data").exists(), "a look makes nothing"


@pytest.mark.parametrize("content", [b"", b"this is no database, whatever it is called" * 50])
def test_turns_on_what_is_no_database_of_ours_is_a_sentence(terminal: Terminal, tmp_path: Path, content: bytes) -> None:
    good(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "cameo.db").write_bytes(content)
    ended = terminal("turns")
    assert (ended.code, ended.out) == (4, "")
    assert re.fullmatch(r"cameo: data/cameo\.db: .+\n", ended.err)


async def test_turns_tells_what_was_decided_and_why_also_while_cameo_runs(tmp_path: Path) -> None:
    async with ScriptedModel() as model, cameo(tmp_path, scripted(model.url)) as running:
        quiet = await running.post("workshop", "Noor", "good morning")
        called = await running.post("workshop", "Noor", "@mochi hi")
        await running.until_turn(called["id"], "sent")
        ended = await command(tmp_path, "turns", "--config", str(running.path))
        newest = await command(tmp_path, "turns", "--config", str(running.path), "--last", "1")
        assert (ended.code, ended.err) == (0, "")
        first, second = ended.out.splitlines()
        assert newest.out.splitlines() == [first]
        assert [called["id"], "speak", "addressed", "sent"] == first.split()[3:]
        assert [quiet["id"], "silent", "join_mentions", "silent"] == second.split()[3:]
        assert "good morning" not in ended.out


@pytest.mark.parametrize(("host", "token", "code"), [("0.0.0.0", "1", 2), ("127.0.0.1", "1", 0), ("::", "x" * 40, 2)])
def test_check_refuses_a_token_that_others_could_guess(
    terminal: Terminal, tmp_path: Path, host: str, token: str, code: int
) -> None:
    written(tmp_path, f'personas: {ROOT / "personas"}\nconsole: {{host: "{host}"}}\n')
    ended = terminal("check", "--config", "config.yaml", CAMEO_TOKEN=token)
    assert ended.code == code and ("too easy to guess" in ended.err) is (code == 2), ended
