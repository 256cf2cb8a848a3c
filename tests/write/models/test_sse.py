"""Server-sent events by their standard, and the JSON chunks in them. Pure."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.write.models.faults import Fault
from bot.write.models.sse import EventReader
from bot.write.models.stream import ChunkReader


def read(stream: bytes, cuts: list[int]) -> list[str]:
    """The events' data, if `stream` comes in pieces that end at `cuts`."""
    reader, edges = EventReader(), [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    found = [data for a, b in itertools.pairwise(edges) for data in reader.feed(stream[a:b])]
    return [*found, *reader.end()]


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: a\n\ndata: b\n\n", ["a", "b"]),
        (b"data:a\n\ndata:  b\n\n", ["a", " b"]),
        (b": a comment\n\ndata: a\n\n:\n\n", ["a"]),
        (b"retry: 3000\n\ndata: a\n\n", ["a"]),
        (b"id: 7\n\ndata: a\n\n\n\n\n", ["a"]),
        (b"id: 7\nevent: message\nretry: x\ndata: a\n\n", ["a"]),
        (b"event: ping\n\nevent: ping\ndata\n\ndata:\n\ndata: a\n\n", ["a"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\r\n", ["a", "b", "c"]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", ["a"]),  # only the first one is no part of the stream
        (b"unknown: x\nno colon\ndata: a\n\n", ["a"]),
        (b"data: \xff\xf0\x9f\x98\x80\n\n", ["\ufffd\U0001f600"]),
        (b"data: a", ["a"]),
        (b"data: a\n", ["a"]),
        (b"", []),
    ],
)
@given(cuts=st.lists(st.integers(0, 100), max_size=6))
def test_events_are_read_as_the_standard_says_however_they_are_cut(
    stream: bytes, data: list[str], cuts: list[int]
) -> None:
    assert read(stream, cuts) == data


LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=12)
NOISE = st.sampled_from([": hello", "id: 9", "retry: 10", "event: x", "x", ""])


@given(
    st.lists(st.tuples(st.lists(LINE.filter(str.strip), min_size=1, max_size=3), NOISE), max_size=5),
    st.sampled_from(["\n", "\r", "\r\n"]),
    st.booleans(),
    st.lists(st.integers(0, 300), max_size=8),
)
def test_whatever_stands_around_the_data_changes_nothing(
    events: list[tuple[list[str], str]], end: str, bom: bool, cuts: list[int]
) -> None:
    lines = [line for data, noise in events for line in (noise, *(f"data: {one}" for one in data), "")]
    stream = ("\ufeff" if bom else "") + "".join(f"{line}{end}" for line in lines)
    assert read(stream.encode(), cuts) == ["\n".join(data) for data, _ in events]


def chunks(stream: str) -> list[object]:
    reader = ChunkReader()
    found = [*reader.feed(stream.encode()), *reader.end()]
    return [*found, "end"] if reader.has_ended else list(found)


@pytest.mark.parametrize(
    ("stream", "found"),
    [
        ('data: {"a": 1}\n\ndata: [DONE]\n\ndata: {"b": 1}\n\n', [{"a": 1}, "end"]),
        ('data: {"a":\ndata: 1}\n\n', [{"a": 1}]),
        ('data: {"a": 1}\ndata: {"b": 2}\n\n', [{"a": 1}, {"b": 2}]),
        ('data: ping\n\ndata: 7\n\ndata: ["x"]\n\ndata: null\n\ndata: {"a": 1}\n\n', [{"a": 1}]),
        ("data:[DONE]", ["end"]),
    ],
)
def test_chunks_are_the_objects_in_the_events(stream: str, found: list[object]) -> None:
    assert chunks(stream) == found


def test_an_object_that_is_broken_is_a_fault_and_not_left_out() -> None:
    for broken in ('{"a": ', '{"a": 1} {', '{"a": 1}\ndata: {"b"', '{"a": ' * 100_000):
        with pytest.raises(Fault):
            chunks(f"data: {broken}\n\n")


@given(st.text(max_size=30))
def test_any_text_survives_an_event(text: str) -> None:
    for ascii_only in (True, False):
        line = json.dumps({"a": text}, ensure_ascii=ascii_only)
        if ascii_only or text.isascii():
            assert chunks(f"data: {line}\n\n") == [{"a": text}]
