"""Quotations: how much of the prompt one takes."""

from hypothesis import example, given
from hypothesis import strategies as st

from bot.types import Part, PartKind
from bot.write.models.chat import estimate_tokens
from bot.write.names import MemberNames
from bot.write.transcript import quote
from tests.fakes.talk import post

LONG = " ".join(f"word{n}" for n in range(2000))
FILE = Part(PartKind.FILE, "a description of a file", "notes.pdf")


@given(st.text(max_size=60), st.text(max_size=900) | st.just(LONG), st.integers(0, 9), st.integers(60, 600))
@example("A very long name of somebody", LONG, 8, 80)
def test_a_quotation_takes_about_its_tokens_whatever_its_name_and_parts(
    name: str, text: str, parts: int, tokens: int
) -> None:
    """A fifth more at most, as estimates do not add up exactly."""
    said = post("p", name, text, parts=(FILE,) * parts)
    assert estimate_tokens(quote(said, MemberNames("Mochi", [said]), tokens)) <= 1.2 * tokens
