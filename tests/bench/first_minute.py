"""A newcomer's first minute with a stopwatch, in Chromium: from `make run` in a fresh clone to a judged history.

    python -m tests.bench.first_minute [--quick] [--data FILE] [--pictures FOLDER]

The clone is of the last commit. Its dependencies are installed as `make run` does; after that no network is there.
`--quick` starts the clone with the packages of this Python instead.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.measure.moments import MOST_MOMENTS
from bot.measure.trial_results import FIRST_RISK, RISKS
from tests.bench.album import SIZES, Album
from tests.bench.report import Report
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.test_history import DROP, TURN
from tests.fakes.cameo import ROOT
from tests.fakes.environment import clean_environment
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.measure.community import row

PATIENCE_SECONDS = 900.0  # for a loaded machine; a hold in the kitchen takes a minute of it
SETUP_SECONDS = 1800.0
MESSAGES = 40_000
DIAL_MS = 300  # the promise: a step of the dial
READ_SECONDS = 20  # the promise: from the drop to the first figures
LOCALES = {"en": "en-US", "zh": "zh-CN"}
RIGHT, WRONG = "sk-right-1234567890abcdef", "sk-wrong-fedcba0987654321"
ANSWERS = {
    "en": "Two clicks finer, then taste it again. Has the weather turned since the beans were new?",
    "zh": "先调细两格再尝尝。这包豆子开封以后，天气是不是变潮了？",
}


class Watch:
    """Tells what took how long. `language` stands before each figure."""

    def __init__(self, report: Report, language: str):
        self._report, self._language = report, language
        self.begin()

    def begin(self) -> None:
        self._begun = time.monotonic()

    def tell(self, what: str, more: str = "") -> float:
        """Prints the seconds since `begin`, and returns them."""
        seconds = time.monotonic() - self._begun
        self._report.figure(f"{self._language}: {what}", f"{seconds:.2f} s{more}")
        return seconds

    def promise(self, what: str, value: float, most: float) -> None:
        if value > most:
            self._report.breach(f"{self._language}: {what}: {value:.1f}, promised {most:g}")


# --- from a clone to the address -----------------------------------------------------------------


async def cloned(report: Report) -> Path:
    """A fresh clone of the last commit, with its packages unless the run is quick."""
    clone, begun = report.folder / "cameo", time.monotonic()
    await _run("git", "clone", "--quiet", str(ROOT), str(clone))
    report.figure("clone", f"{time.monotonic() - begun:.2f} s, {_megabytes(clone):.1f} MB")
    if not report.quick:
        begun = time.monotonic()
        await _run("make", "--silent", "-C", str(clone), ".venv/.run")
        report.figure("packages (make run, once)", f"{time.monotonic() - begun:.1f} s, {_megabytes(clone):.0f} MB")
    config = clone / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("port: 8765", "port: 0"), encoding="utf-8")
    return clone


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    async with asyncio.timeout(SETUP_SECONDS):
        _, said = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {process.returncode}\n{said.decode()[-2000:]}")


def _megabytes(folder: Path) -> float:
    return sum(each.lstat().st_size for each in folder.rglob("*") if each.is_file()) / 1e6


@asynccontextmanager
async def started(clone: Path, *, quick: bool) -> AsyncIterator[str]:
    """Starts the clone with a new community; gives the address that it prints, with its token."""
    shutil.rmtree(clone / "data", ignore_errors=True)
    (clone / ".env").unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "bot", "run"] if quick else ["make", "--silent", "run"]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=clone, env=_newcomers_environment(clone), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in process.stdout:
                if found := re.search(rb"http://\S+", line):
                    break
            else:
                raise RuntimeError(f"{clone}: Cameo did not start; see data/cameo.log")
        yield found[0].decode()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGTERM)
        await process.wait()


def _newcomers_environment(clone: Path) -> Mapping[str, str]:
    """No key, no network, and a file `.env` where it is by default."""
    known = {name: value for name, value in clean_environment().items() if not name.startswith("CAMEO_")}
    return {**known, "PYTHONPATH": str(clone)}


# --- in the browser ------------------------------------------------------------------------------


class Visit:
    """A newcomer's way through the pages, in one language."""

    def __init__(self, page: Page, home: str, language: str, report: Report, album: Album):
        self.page, self.home, self.language = page, home, language
        self.watch = Watch(report, language)
        self._report, self._album = report, album

    async def keep(self, name: str, *, whole: bool = False, at: str = "") -> None:
        await self._album.keep(self.page, name, self.language, whole=whole, at=at)

    async def arrive(self) -> None:
        self.watch.begin()
        await self.page.goto(self.home)
        await self.page.locator(".composer").first.wait_for()
        self.watch.tell("address to page")
        await self.keep("1-arrived")

    async def take_first_steps(self) -> None:
        """Each step by its button; the question that is left waiting, until it is answered or left."""
        thread = await self._step("ask")
        answer = thread.locator("article.ours .text")
        await answer.wait_for()
        self.watch.tell("first step (ask) to its answer", f": {await answer.inner_text()!r}")
        await self.keep("2-asked")
        waiting = await self._step("wait")
        await waiting.get_by_role("timer").wait_for()
        self.watch.tell("second step (wait) to its countdown")
        left = time.monotonic()
        await self.keep("3-waits")
        commented = await self._step("post")
        await self.page.locator(".next-steps").wait_for()
        self.watch.tell("third step (post) to what comes next")
        await commented.locator("article.ours, .outlook [role=status]").first.wait_for()
        self.watch.tell("third step (post) to what becomes of it", f": {await _end_of(commented)!r}")
        await self.keep("4-next")
        await self._rooms("kitchen")
        await waiting.locator("article.ours, .outlook [role=status]").first.wait_for()
        self._report.figure(
            f"{self.language}: countdown to its end", f"{time.monotonic() - left:.0f} s: {await _end_of(waiting)!r}"
        )
        await self.keep("5-waited")

    async def _step(self, key: str) -> Locator:
        """Presses the button; returns the thread of what it has posted."""
        button = self.page.locator(f".first-steps [data-step={key}]")
        text = await button.get_attribute("title") or ""
        self.watch.begin()
        await button.click()
        thread = self.page.locator("section.thread", has_text=text.rpartition("@")[2].partition(" ")[2] or text)
        await thread.wait_for()
        return thread

    async def _rooms(self, room: str) -> None:
        await self.page.locator("nav button", has_text=room).first.click()
        await self.page.get_by_role("heading", name=f"# {room}").wait_for()

    async def give_it_a_model(self, server: ScriptedModel) -> None:
        """A key that fails, one that works; then a call that this model answers."""
        await self.page.locator(".next-steps a[href='/model']").click()
        await self.page.locator("input[name=offer][value=custom]").wait_for()
        await self.keep("6-model", whole=True)
        await self.page.locator("input[name=offer][value=custom]").check()
        await self.page.locator("#field-cached").wait_for()
        for name, value in (("address", server.url), ("input", "0.60"), ("cached", "0.10"), ("output", "3.00")):
            await self.page.locator(f"#field-{name}").fill(value)
        for key, css in ((WRONG, "wrong"), (RIGHT, "good")):
            await self.page.locator("#field-key").fill(key)
            self.watch.begin()
            await self.page.locator("form button[type=submit]").click()
            told = self.page.locator(f".result p.{css}")
            await told.wait_for()
            self.watch.tell(f"test of a key: {css}", f": {await told.inner_text()!r}")
            await self.keep(f"7-key-{css}", whole=True)
        self.watch.begin()
        await self.page.locator(".result button.main").click()
        await self.page.locator(".kept").first.wait_for()
        self.watch.tell("key saved and in force")
        await self.keep("8-saved", whole=True)
        await self._call()

    async def _call(self) -> None:
        await self.page.goto(self._at("/?room=workshop"))
        box = self.page.locator("textarea.typed").first
        await box.fill("@mochi my espresso is sour again" if self.language == "en" else "@mochi 我的咖啡又酸了")
        self.watch.begin()
        await box.press("Enter")
        answer = self.page.locator("article.ours", has_text=ANSWERS[self.language]).first
        await answer.wait_for()
        self.watch.tell("call to the model's answer")
        await self.keep("9-answered")

    async def try_its_history(self, name: str, text: str) -> None:
        """Drops the file, turns the dial through every step and back, and judges every moment."""
        page = self.page
        await page.locator(".next-steps a[href='/history']").click()
        await page.locator("#drop").wait_for()
        await self.keep("a-history", whole=True)
        self.watch.begin()
        await page.evaluate(DROP, [name, text])
        await page.locator("#progress").wait_for()
        await page.locator(".numbers").wait_for()
        self.watch.promise("drop to the first figures, s", self.watch.tell("drop to the first figures"), READ_SECONDS)
        await page.locator("#progress").wait_for(state="hidden")
        self.watch.tell("drop to all steps of the dial")
        await self.keep("b-replayed")
        await self.keep("c-dial", at=".columns")
        await self._turn_the_dial()
        await self._judge()
        await self.keep("d-judged", at=".moment:nth-child(3)")

    async def _turn_the_dial(self) -> None:
        steps, rows = [*range(len(RISKS)), *reversed(range(len(RISKS)))], list[list[str]]()
        for step in steps:
            milliseconds, replies = await self.page.evaluate(TURN, step)
            rows.append([f"{RISKS[step]:.0%}", f"{milliseconds:.0f}", replies])
            self.watch.promise(f"dial to {RISKS[step]:.0%}, ms", milliseconds, DIAL_MS)
            await self.page.wait_for_timeout(500)  # as a hand that looks at each step
        self._report.table(["risk", "ms", "replies"], rows)
        longest = max(float(milliseconds) for _, milliseconds, _ in rows)
        self._report.figure(f"{self.language}: the dial's longest step of {len(rows)}", f"{longest:.0f} ms")

    async def _judge(self) -> None:
        """At the step at which a trial begins."""
        await self.page.evaluate(TURN, RISKS.index(FIRST_RISK))
        moments, judged = self.page.locator(".moment"), self.page.locator(".verdict[aria-pressed=true]")
        await expect(moments).to_have_count(MOST_MOMENTS)
        self.watch.begin()
        for number in range(MOST_MOMENTS):
            await moments.nth(number).locator(".verdict").nth(int(number % 3 == 2)).click()
            await expect(judged).to_have_count(number + 1)
        told = await self.page.locator(".judged").inner_text()
        self.watch.tell(f"{MOST_MOMENTS} moments judged", f": {told!r}")

    def _at(self, path: str) -> str:
        return self.home.partition("/?")[0] + path


async def _end_of(thread: Locator) -> str:
    """What became of a post: our answer, or the line that says why there is none."""
    answers = await thread.locator("article.ours .text").all_inner_texts()
    return answers[0] if answers else await thread.locator(".outlook [role=status]").first.inner_text()


def history_of(data: Path | None) -> tuple[str, str]:
    """Name and text of a history: the recorded one, or a made-up one of as many messages."""
    if data:
        file = data / "messages.jsonl" if data.is_dir() else data
        return file.name, file.read_text(encoding="utf-8")
    rows = []
    for number in range(MESSAGES // 2):
        at, post = 600.0 * number, f"q{number}"
        text = f"does anybody know how to clean mill number {number}?"
        rows.append(row(post, f"u{number % 300}", text, at, thread=post, room="help"))
        if number % 3:
            late = at + 60 * (1 + number * 7 % 55)
            rows.append(row(f"a{number}", f"u{number * 7 % 300}", "with a brush", late, thread=post, room="help"))
        else:
            rows.append(row(f"n{number}", f"u{number % 11}", "good morning, all", at + 90, room="hall"))
    rows.sort(key=lambda one: str(one["at"]))
    return "help.jsonl", "".join(json.dumps(one) + "\n" for one in rows)


# --- the whole course ----------------------------------------------------------------------------


async def measure(report: Report, pictures: Path | None = None) -> None:
    if chromium() is None:
        report.skip("there is no chromium")
        return
    clone, album, history = await cloned(report), Album(pictures), history_of(report.data)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for language in LOCALES:
            await _course(browser, clone, language, report, album, history)
        await browser.close()
    if shown := album.bind():
        report.say(f"pictures: {shown}")


async def _course(
    browser: Browser, clone: Path, language: str, report: Report, album: Album, history: tuple[str, str]
) -> None:
    width, height = SIZES["desktop"]
    context = await browser.new_context(viewport={"width": width, "height": height}, locale=LOCALES[language])
    page = await context.new_page()
    page.set_default_timeout(1000 * PATIENCE_SECONDS)
    expect.set_options(timeout=1000 * PATIENCE_SECONDS)
    page.on("pageerror", lambda error: report.breach(f"{language}: {page.url}: {error}"))
    watch = Watch(report, language)
    async with (
        ScriptedModel(lambda request: Say(ANSWERS[language]), key=RIGHT) as server,
        started(clone, quick=report.quick) as home,
    ):
        watch.tell("start to address")
        visit = Visit(page, home, language, report, album)
        await visit.arrive()
        await visit.take_first_steps()
        await visit.give_it_a_model(server)
        await visit.try_its_history(*history)
        await context.close()


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.first_minute", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="install nothing")
    parser.add_argument("--data", type=Path, help="real talk: an export, or a folder with messages.jsonl")
    parser.add_argument("--pictures", type=Path, help="keep pictures of every step here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cameo-first-minute-") as folder:
        report = Report(given.quick, given.data, Path(folder) / "first")
        report.section("first_minute", "from `make run` to verdicts about one's own history")
        asyncio.run(measure(report, given.pictures))
        report.summary("python -m tests.bench.first_minute")
    return int(report.is_broken)


if __name__ == "__main__":
    sys.exit(_main())
