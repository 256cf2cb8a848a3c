"""Writes the prompts of all scenes and personas into a folder: a text file each, and a page to compare them.

make prompts [ARGS="--folder prompts"]
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import structlog

from bot.types import SettingsError
from bot.write.persona import Persona, load_personas
from tests.fakes.shipped import PERSONAS
from tests.scenes.page import Shown, page, text_of
from tests.scenes.play import prompt_of
from tests.scenes.scenes import SCENES, Scene

FOLDER = Path("prompts")


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scenes", description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help=f"where to ({FOLDER})")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder: Path = parser.parse_args().folder
    try:
        personas = load_personas(PERSONAS)
    except SettingsError as error:
        print("\n".join(error.problems), file=sys.stderr)
        return 2
    shown = asyncio.run(written(folder, personas))
    (folder / "index.html").write_text(page(shown, [one.name for one in personas.values()]), encoding="utf-8")
    print(f"{len(shown)} prompts; look at {folder / 'index.html'}")
    return 0


async def written(folder: Path, personas: dict[str, Persona]) -> list[Shown]:
    """Plays every scene with every persona, and writes each prompt into its file."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, (scene, key) in enumerate(_pairs(personas), 1):
        if sys.stderr.isatty():
            print(f"\r{number} of {len(SCENES) * len(personas)}", end="", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as store:
            request, played = await prompt_of(scene, key, Path(store))
        one = Shown(scene, personas[key].name, request.messages if request else [], played)
        (folder / f"{scene.name}.{key}.txt").write_text(text_of(one), encoding="utf-8")
        found.append(one)
    return found


def _pairs(personas: dict[str, Persona]) -> Iterator[tuple[Scene, str]]:
    return ((scene, key) for scene in SCENES for key in personas)


if __name__ == "__main__":
    sys.exit(_main())
