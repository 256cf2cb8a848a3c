"""Drafts from the stream to what is said: the reader and the guard together."""

from pathlib import Path

import pytest
import yaml

from bot.write.guard import look
from bot.write.models.output_reader import read
from bot.write.persona import Persona

ROWS: list[tuple[str, str]] = yaml.safe_load(Path(__file__).with_name("drafts.yaml").read_text("utf-8"))
MOCHI = Persona(name="Mochi", also_called=("小麻薯",), tagline="an AI", voice="soft")


@pytest.mark.parametrize(("draft", "said"), ROWS)
def test_of_a_draft_only_the_answer_is_said(draft: str, said: str) -> None:
    found = look(read(draft), MOCHI, addressed=True, speakers=("Ana", "Ben O'Neil"))
    assert (found.text or "") == said
