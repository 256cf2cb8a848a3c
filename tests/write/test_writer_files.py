"""Pictures and text files on their way from a platform through the writer to the models."""

from pathlib import Path
from typing import Any

import pytest

from bot.config.model_settings import ModelSettings
from bot.config.policy import InForce, Policy
from bot.config.settings import Settings
from bot.types import Part, PartKind, Thread, Unavailable
from tests.fakes.talk import post
from tests.write.screen import Screen
from tests.write.test_pictures import picture
from tests.write.test_writer import PERSONAS, Desk, desk

__all__ = ["desk"]  # a fixture

PICTURE = Part(PartKind.IMAGE, name="loaf.png", media_type="image/png")
TEXT_FILE = Part(PartKind.FILE, name="message.txt", media_type="text/plain", size=30)


class Gallery(Screen):
    """A screen whose messages carry files, by message and number."""

    def __init__(self, files: dict[tuple[str, int], bytes]) -> None:
        super().__init__()
        self.files = files

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        if (message_id, n) not in self.files:
            raise Unavailable("deleted")
        return self.files[message_id, n]


def seeing(*, vision: bool) -> InForce[Any]:
    model = ModelSettings(name="pen", base_url="https://models.example/v1", vision=vision)
    return InForce(Policy(Settings(models={"pen": model}, writer=("pen",)), PERSONAS))


@pytest.mark.parametrize("vision", [True, False])
async def test_pictures_reach_models_that_see_and_text_files_all(tmp_path: Path, desk: Desk, vision: bool) -> None:
    desk.screen = Gallery({("q", 0): picture("PNG"), ("q", 1): b"the dough did not rise"})
    policy = seeing(vision=vision)
    desk.writer = desk.writer_with(policy)
    call = post("q", "Ana", "@mochi what went wrong?", 5, parts=(PICTURE, TEXT_FILE))
    await desk.hears(call)
    desk.pen.room = 12_000
    assert (await desk.write(call)).text == "A week."
    [prompt] = desk.pen.prompts
    text = "\n".join(message.text for message in prompt)
    assert prompt[-1].images == vision
    assert "the dough did not rise" in text
    assert ("You can't see this picture" in text) is not vision


async def test_what_was_deleted_before_it_was_fetched_is_told_as_unseen(desk: Desk) -> None:
    desk.screen = Gallery({})
    call = post("q", "Ana", "@mochi look", 5, parts=(PICTURE, TEXT_FILE))
    await desk.hears(call)
    assert (await desk.write(call)).text == "A week."
    text = "\n".join(message.text for message in desk.pen.prompts[-1])
    assert "You can't see this picture" in text and "You can't read this file" in text
