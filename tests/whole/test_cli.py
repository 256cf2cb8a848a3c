"""The command line as one meets it at a terminal: what it prints, how it ends, and what the log keeps to itself."""

import asyncio
import json
import re
import shutil
import socket
import sqlite3
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.remember.store import Store, migrate
from bot.types import Author, Message, Room, State, Turn
from tests.fakes.cameo import ROOT, TOKEN, Cameo, cameo, scripted
from tests.fakes.environment import clean_environment
from tests.fakes.scripted_model import Fail, Say, ScriptedModel, Step
from tests.fakes.waiting import PATIENCE
from tests.remember.makers import message, turn

PROBLEM = re.compile(r"^(?P<file>[^:]+): line (?P<line>\d+): (?P<key>[\w.]+): [^;]+; write .+ instead$")
WORD = "quixotrel"  # said by a member, and nowhere else
NAME = "Zebulonia"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


async def command(folder: Path, *words: str, **environment: str) -> Ended:
    """Runs `cameo ...` in `folder` until it ends by itself. It never does so by a traceback."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=folder,
        env={**clean_environment(), "CAMEO_CONFIG": "", "PYTHONPATH": str(ROOT), **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode is not None
    ended = Ended(process.returncode, out.decode(), err.decode())
    assert "Traceback" not in ended.err, ended.err
    return ended


Terminal = Callable[..., Ended]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """The same without a process of its own, for commands that only look: `terminal("check")` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMEO_CONFIG", "")

    def type_in(*words: str, **environment: str) -> Ended:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        try:
            code = main(words)
        except SystemExit as left:  # argparse's way
            code = int(str(left.code))
        return Ended(code, *capsys.readouterr())

    return type_in


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def good(folder: Path, name: str = "config.yaml") -> Path:
    return written(folder, f"personas: {ROOT / 'personas'}\n", name)


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
    assert terminal("check").out.endswith("1 personas: mochi\n")


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


# --- why -----------------------------------------------------------------------------------------


async def test_why_tells_the_whole_chain_also_while_cameo_runs(tmp_path: Path) -> None:
    async with ScriptedModel([Say("No idea, but hello.")]) as model, cameo(tmp_path, scripted(model.url)) as running:
        post = await running.post("workshop", NAME, f"@mochi about {WORD}")
        turn = await running.until_turn(post["id"], "sent")
        mine = await command(tmp_path, "why", post["id"], "--config", str(running.path))
        ours = await command(tmp_path, "why", turn["reply_id"], "--config", str(running.path), "--language", "zh")
        shown = await command(tmp_path, "why", post["id"], "--config", str(running.path), "--text")
        assert (mine.code, mine.err, ours.code, shown.code) == (0, "", 0, 0)
        await running.until_turn((await running.post("workshop", NAME, "@mochi again"))["id"], "sent", "failed")
    for part in (NAME, "local/", "it calls Cameo", "speak · addressed · sent", "scripted: ", "I was called"):
        assert part in mine.out
    assert WORD not in mine.out and "No idea" not in mine.out
    assert WORD in shown.out and "No idea, but hello." in shown.out
    assert f"{turn['reply_id']} 是 Cameo 自己说的，回答的是 {post['id']}：" in told(ours) and "在叫 Cameo" in ours.out
    assert max(map(len, mine.out.splitlines())) <= 80


@pytest.fixture
def stored(tmp_path: Path, terminal: Terminal) -> Callable[[list[Turn], list[Message]], None]:
    """Fills the database in place: `stored(turns, messages)`."""
    good(tmp_path)
    migrate(tmp_path / "data" / "cameo.db")

    def fill(turns: list[Turn], messages: list[Message]) -> None:
        async def work() -> None:
            store = await Store.open(tmp_path / "data" / "cameo.db")
            await store.write(lambda writing: writing.add_messages(messages))
            await store.write(lambda writing: writing.put_turns(turns))
            await store.close()

        asyncio.run(work())

    return fill


def told(ended: Ended) -> str:
    """Without the folds."""
    return " ".join(ended.out.split())


def test_why_of_an_id_that_several_platforms_have_tells_all_of_them(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    discord = Room("discord", "881", "991", "kitchen", "Home")
    stored(
        [turn("t1", "m1"), turn("t2", "m1", room=discord, state=State.FAILED, error="undeliverable")], [message("m1")]
    )
    ended = terminal("why", "m1")
    assert ended.code == 0
    first, second = ended.out.split("\n\n")
    assert "local/home/kitchen" in first and "Ann (ann)" in first and "undeliverable" not in first
    assert "kitchen in Home (discord/881/991)" in second and "error: undeliverable" in second
    assert "the message itself is no longer kept" in " ".join(second.split())


def test_why_of_the_further_parts_of_a_long_reply_leads_to_its_turn(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    me = Author("cameo", "Mochi", is_bot=True, is_self=True)
    stored(
        [turn("t1", "m1", state=State.SENT, reply_id="r1")], [message("m1"), message("r2", author=me, reply_to="m1")]
    )
    for part in ("r1", "r2"):
        assert f"{part} is Cameo's own, in answer to m1:" in told(terminal("why", part))


def test_why_of_a_message_without_a_turn_says_so(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    me = Author("cameo", "Mochi", is_bot=True, is_self=True)
    stored([], [message("old", history=True), message("known"), message("ours", author=me)])
    assert "said before Cameo was here" in told(terminal("why", "old"))
    assert "no record that Cameo has considered it" in told(terminal("why", "known"))
    assert "ours is Cameo's own, and what it answered is no longer kept" in told(terminal("why", "ours"))


def test_why_of_what_nobody_knows_is_a_sentence(
    terminal: Terminal, stored: Callable[[list[Turn], list[Message]], None]
) -> None:
    stored([], [])
    for language, what in (("en", "no message '$gone' is known here"), ("zh", "这里没有消息 '$gone'")):
        ended = terminal("why", "$gone", "--language", language)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"cameo: {what}") and "cameo turns" in ended.err


@pytest.mark.parametrize("words", [["why", "m1"], ["turns"]])
def test_a_database_of_an_older_cameo_is_left_as_it_is(
    terminal: Terminal,
    stored: Callable[[list[Turn], list[Message]], None],
    tmp_path: Path,
    words: list[str],
) -> None:
    with sqlite3.connect(tmp_path / "data" / "cameo.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.close()
    ended = terminal(*words)
    assert (ended.code, ended.out) == (4, "")
    assert "its schema is 0001" in ended.err and "let this Cameo run on it once" in ended.err


# --- run -----------------------------------------------------------------------------------------


async def test_a_second_cameo_on_the_same_database_names_the_first(tmp_path: Path) -> None:
    async with ScriptedModel() as model, cameo(tmp_path, scripted(model.url)) as running:
        assert running.process is not None and running.http is not None
        second = await command(tmp_path, "run", "--config", str(running.path), CAMEO_TOKEN=TOKEN)
        assert second.code == 4
        assert f"another Cameo is using this database (process {running.process.pid})" in second.err
        assert (await running.http.get("healthz")).status_code == 200


async def test_a_taken_address_says_what_to_change(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        written(tmp_path, f"personas: {ROOT / 'personas'}\nconsole: {{port: {port}}}\nmodels: {{b: {BUILTIN}}}\n")
        ended = await command(tmp_path, "run")
    assert ended.code == 5
    said = next(line for line in ended.err.splitlines() if line.startswith("cameo: "))
    assert f"127.0.0.1:{port}" in said and "console.port" in said


BUILTIN = "{builtin: smollm2-135m}"


async def test_the_token_is_made_once_and_kept_for_oneself(tmp_path: Path) -> None:
    kept = tmp_path / "data" / "token"
    async with ScriptedModel() as model:
        running = await Cameo(tmp_path, scripted(model.url), {"CAMEO_TOKEN": ""}).start()
        token = kept.read_text().strip()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert len(token) >= 32 and running.printed[-1].strip().endswith(f"?token={token}")
        assert await running.stop() == 0
        await running.start()
        assert running.printed[-1].strip().endswith(f"?token={token}") and kept.read_text().strip() == token
        assert await running.stop() == 0


async def test_the_terminal_has_a_few_short_lines_and_the_log_the_rest(tmp_path: Path) -> None:
    async with ScriptedModel([Say("one"), Say("two"), *[Fail(401)] * 3]) as model:
        running = await Cameo(tmp_path, scripted(model.url)).start()
        for _ in range(2):
            await running.until_turn((await running.post("workshop", NAME, f"@mochi about {WORD}"))["id"], "sent")
        assert running.terminal.read_text() == "", "replies need nobody's attention"
        await running.until_turn((await running.post("workshop", NAME, "@mochi again"))["id"], "sent", "silent")
        assert await running.stop() == 0
        lines = running.terminal.read_text().splitlines()
        assert [line.split(":")[0] for line in lines] == [
            "Model scripted refused us",
            "No model could write a reply",
            "Stopping; what is being said may take up to 6.0 s.",
        ]
        assert max(map(len, lines)) <= 200
        assert {"models", "turn", "model_refused", "stopping"} <= {entry["event"] for entry in running.logged()}


async def test_verbose_shows_the_entries_themselves(tmp_path: Path) -> None:
    async with ScriptedModel() as model:
        running = await Cameo(tmp_path, scripted(model.url), words=("--verbose",)).start()
        assert await running.stop() == 0
        shown = [json.loads(line) for line in running.terminal.read_text().splitlines()]
        assert shown == running.logged() and shown[-1]["event"] == "stopping"


async def test_the_log_says_what_was_decided_and_never_what_was_said(tmp_path: Path) -> None:
    script: list[Step] = [Say(f"no {WORD} here"), *[Fail(500, message=f"can't read {WORD}")] * 9]
    async with ScriptedModel(script) as model:
        config = scripted(model.url)
        config["models"]["scripted"] |= {"key_env": "A_KEY", "price": {"input": 1, "output": 1}}
        async with cameo(tmp_path, config, {"A_KEY": "sk-very-secret"}) as running:
            posts = [await running.post("workshop", f"{NAME} {n}", f"@mochi about {WORD}") for n in range(2)]
            posts.append(await running.post("workshop", NAME, f"just {WORD}"))
            turns = [await running.until_turn(post["id"], "sent", "silent") for post in posts]
            stored = sqlite3.connect(f"file:{running.config['database']}?mode=ro", uri=True)
            assert stored.execute("select count(*) from messages where text like ?", (f"%{WORD}%",)).fetchone()[0] == 4
            stored.close()
        lines = running.log.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines]  # every line is JSON
        lines += running.terminal.read_text().splitlines()
        for secret in (WORD, NAME, "sk-very-secret", TOKEN):
            assert not [line for line in lines if secret in line]
        for post, turn in zip(posts, turns, strict=True):
            told = [entry for entry in entries if entry["event"] == "turn" and entry["message"] == post["id"]]
            last = told[-1]
            assert (last["verdict"], last["reason"], last["state"]) == (turn["verdict"], turn["reason"], turn["state"])
            assert last["room"] == turn["room"] and last["level"] == "info" and last["timestamp"]
        assert {entry["level"] for entry in entries} >= {"info", "warning"}, "the failing model is told"
