"""The guard changes nothing that is not a fault. `python -m tests.bench.harmless FOLDER` tries all messages of a folder
with real talk."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.write.guard import look
from bot.write.persona import Persona

ROWS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("harmless.yaml").read_text("utf-8"))
TOGETHER = [text for kind, texts in ROWS.items() if kind != "talk" for text in texts]
TEXTS = [text for texts in ROWS.values() for text in texts]
MOCHI = Persona(name="Mochi", also_called=("小麻薯",), tagline="an AI", voice="soft")


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_changes_that_is_no_fault(text: str) -> None:
    assert look(text, MOCHI, addressed=True, speakers=("Ana", "Ben")).text == text


@given(st.lists(st.sampled_from(TOGETHER), min_size=2, max_size=4), st.sampled_from(["\n\n", "\nAnd:\n"]))
def test_together_they_stay_as_well(texts: list[str], between: str) -> None:
    draft = between.join(texts)
    found = look(draft, MOCHI, addressed=True, speakers=("Ana", "Ben")).text
    assert found is not None
    assert found == draft or len(draft.splitlines()) > 30 or len(set(texts)) < len(texts)
