"""The report and the command: a single file that needs nothing else, and what a manager sees on the terminal."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.explain.words import LANGUAGES
from bot.measure.bar import Bar
from bot.measure.report import page
from tests.fakes.shipped import shipped_words
from tests.measure.community import community, row, truth_of, write
from tests.measure.conftest import Play

EVIL = "<script>alert(1)</script>"


class Page(HTMLParser):
    """The contents of a page: its tags, its text, and every address."""

    VOID = ("meta", "rect", "path", "br")

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.addresses: list[str | None] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if "style" not in self.open else ""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with settings, as a manager has it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMEO_CONFIG", "")
    rule = "rooms: [{{match: 'replay/-/*', join: unanswered, hold_minutes: {}}}]\npersonas: {}\n"
    from tests.measure.conftest import ROOT

    (tmp_path / "config.yaml").write_text(rule.format(10, ROOT / "personas"))
    (tmp_path / "other.yaml").write_text(rule.format(90, ROOT / "personas"))
    return tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_whole_and_needs_nothing_else(played: Play, tmp_path: Path, language: str) -> None:
    rows = community(4)
    for one in rows:
        one["room"] = EVIL if one["room"] == "feed" else one["room"]
    done = played(rows, html=tmp_path / "report.html", join="unanswered", hold=10)
    text = page(done.study, shipped_words(), language)
    seen = Page(text)
    assert seen.open == [] and seen.addresses == [] and "script" not in seen.tags and EVIL in seen.text
    assert "url(" not in text and "http" not in text and "{" not in seen.text
    assert seen.tags.count("section") == 1 + 3 and seen.tags.count("svg") == 9
    folded = text.index('<details class="all">')
    assert text.rindex("<svg") > text.index("<svg") > folded > text.rindex('<article class="moment">')
    assert seen.tags.count("article") == 20
    assert not re.search(r"\bnan\b|\binf\b", seen.text)


def test_a_report_of_nothing_says_so(played: Play, tmp_path: Path) -> None:
    done = played([], html=tmp_path / "report.html", join="mentions")
    assert "There was no message in it." in Page(page(done.study, shipped_words())).text


def test_rooms_without_links_and_rooms_in_plenty_have_their_place(played: Play, tmp_path: Path) -> None:
    rows = [row(f"m{n}", f"u{n % 3}", "hm", n, room=f"r{n % 20}") for n in range(200)]
    text = Page(page(played(rows, html=tmp_path / "x.html", join="every_post").study, shipped_words())).text
    assert "No thread or reply link says here who answered whom." in text and "Other rooms" in text


def test_where_no_link_tells_no_word_is_called_helpful(played: Play, tmp_path: Path) -> None:
    rows = [row(f"m{n}", f"u{n % 3}", "and now?", n * 600) for n in range(100)]
    done = played(rows, html=tmp_path / "x.html", join="unanswered", hold=1)
    text = Page(page(done.study, shipped_words())).text
    assert "nobody can tell" in text and "no answer ever came" not in text


def test_what_became_of_its_words_adds_up_in_the_charts(played: Play, tmp_path: Path) -> None:
    done = played(community(6), html=tmp_path / "report.html", join="unanswered", hold=10)
    rooms = done.study.runs[0].tally.rooms.values()
    assert any(room.spoken for room in rooms)
    for room in rooms:
        counted = {"others": 0.0}
        for _, bucket in room.over_time:
            for kind, amount in bucket.items():
                counted[kind] = counted.get(kind, 0.0) + amount
        assert counted.pop("others") == room.others
        assert sum(counted.values()) == room.spoken and min(counted.values()) >= 0


def test_two_policies_show_the_moments_in_which_they_differ(folder: Path) -> None:
    write(folder / "h.jsonl", community(1))
    assert main(["replay", "h.jsonl", "--html", "r.html", "--against", "other.yaml"]) == 0
    text = (folder / "r.html").read_text()
    assert text.count('<span class="tag">config.yaml</span>') == 10
    assert text.count('<span class="tag">other.yaml</span>') == 10


# --- the command ---------------------------------------------------------------------------------


def test_the_command_writes_turns_summary_and_report(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = community(1)
    write(folder / "h.jsonl", rows)
    write(folder / "truth.jsonl", truth_of(rows))
    files = ["--out", "t.jsonl", "--summary", "s.json", "--truth", "truth.jsonl", "--html", "r.html"]
    files += ["--against", "other.yaml", "--strict"]
    assert main(["replay", "h.jsonl", "--config", "config.yaml", "--horizon-hours", "2", *files]) == 0
    turns = [json.loads(line) for line in (folder / "t.jsonl").read_text().splitlines()]
    summary = json.loads((folder / "s.json").read_text())
    assert (summary["messages"], summary["considered"]) == (len(rows), len(turns))
    assert {"share_of_voice", "estimated_cost_usd", "seconds", "coverage", "useful", "late"} <= set(summary)
    assert summary["against"]["spoken"] < summary["spoken"] == sum(turn["decision"] == "speak" for turn in turns)
    assert set(turns[0]) == {"trigger", "room", "thread", "decision", "reason", "at"}
    text = Page((folder / "r.html").read_text()).text
    assert "config.yaml" in text and "other.yaml" in text
    assert "turns considered" in capsys.readouterr().out


def test_broken_lines_are_counted_or_with_strict_the_end(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "h.jsonl").write_text(json.dumps(row("a")) + "\nnonsense\n")
    assert main(["replay", "h.jsonl"]) == 0
    shown = capsys.readouterr()
    assert "1 broken line skipped" in shown.out and "line 2: not JSON" in shown.err
    assert main(["replay", "h.jsonl", "--strict"]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["none.jsonl", "h.jsonl --out none/t.jsonl", "h.jsonl --truth none", "h.jsonl --truth h.jsonl",
              "h.jsonl --against none.yaml", "h.jsonl --html none/r.html", "h.jsonl --horizon-hours 0"],
)  # fmt: skip
def test_what_can_t_be_done_is_told_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str], words: str) -> None:
    write(folder / "h.jsonl", [row("a")])
    try:
        code = main(["replay", *words.split()])
    except SystemExit as left:
        code = int(str(left.code))
    assert code == 2 and capsys.readouterr().err


def test_the_bar_is_one_line_that_is_taken_away(capsys: pytest.CaptureFixture[str]) -> None:
    import io

    out = io.StringIO()
    bar = Bar(out)
    bar(0.5, 1000)
    bar(0.6, 1200)  # too soon to be shown
    bar.close()
    assert out.getvalue().count("\r") == 2 and " 50%" in out.getvalue() and "\n" not in out.getvalue()
