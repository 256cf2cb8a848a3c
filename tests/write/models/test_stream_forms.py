"""The forms in which servers stream a text, over HTTP: halves of characters, a text that comes twice, events without
data, no end, thoughts as signs of life. Each row is one server's way."""

import asyncio
import json
import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.write.models.deadline import END_SECONDS
from bot.write.models.finish import Finish
from bot.write.models.pieces import SHORT_CHARACTERS, Pieces
from bot.write.models.progress import Progress
from tests.fakes.scripted_model import Raw, ScriptedModel
from tests.write.house import House, model

STOP: Mapping[str, Any] = {"choices": [{"delta": {}, "finish_reason": "stop"}]}
DONE = "data: [DONE]\n\n"


def chunk(content: object, finish: str | None = None, **delta: object) -> dict[str, Any]:
    said = {"content": content, **delta} if content is not None else delta
    return {"choices": [{"index": 0, "delta": said, "finish_reason": finish}]}


def whole(content: object, **choice: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": content}, **choice}]}


def stream(*events: Mapping[str, Any] | str, done: bool = True) -> str:
    """The events in the format of the wire; a string stands for itself."""
    lines = [one if isinstance(one, str) else f"data: {json.dumps(one)}\n\n" for one in events]
    return "".join(lines) + (DONE if done else "")


SMILE = ("\ud83d", "\ude00")  # the halves of one emoji
RYE = [chunk("A sour"), chunk("dough of "), chunk("rye.")]
TEXT = "A sourdough of rye."

FORMS: dict[str, tuple[str, str]] = {
    # 4: halves of a character
    "halves in two chunks": (stream(chunk("Hi "), chunk(SMILE[0]), chunk(SMILE[1]), STOP), "Hi \U0001f600"),
    "nothing but halves": (stream(chunk(SMILE[0]), chunk(SMILE[1]), STOP), "\U0001f600"),
    "halves around a keep-alive": (
        stream(chunk(SMILE[0]), {"choices": []}, ": x\n\n", chunk(SMILE[1]), STOP),
        "\U0001f600",
    ),
    "halves around a thought": (
        stream(chunk(SMILE[0]), chunk("", reasoning="hm"), chunk(SMILE[1]), STOP),
        "\U0001f600",
    ),
    "halves around an empty text": (stream(chunk(SMILE[0]), chunk(""), chunk(SMILE[1] + "!"), STOP), "\U0001f600!"),
    "halves of two characters": (
        stream(chunk("a" + SMILE[0]), chunk(SMILE[1] + SMILE[0]), chunk(SMILE[1] + "b"), STOP),
        "a\U0001f600\U0001f600b",
    ),
    "halves in parts": (
        stream(chunk([{"type": "text", "text": SMILE[0]}]), chunk([{"text": SMILE[1]}]), STOP),
        "\U0001f600",
    ),
    "halves in a whole answer": (json.dumps(whole("Hi " + "".join(SMILE))), "Hi \U0001f600"),
    "a half that stays alone": (stream(chunk("Rye" + SMILE[0]), chunk(" bread"), STOP), "Rye bread"),
    "a half at the end": (stream(chunk("Rye."), chunk(SMILE[0]), STOP), "Rye."),
    "a half that lost its first": (stream(chunk(SMILE[1] + "Rye."), STOP), "Rye."),
    # 5: the text comes twice
    "the message at the end": (
        stream(*RYE, {"choices": [{"delta": {}, "message": {"content": TEXT}, "finish_reason": "stop"}]}),
        TEXT,
    ),
    "the message without a delta": (stream(*RYE, whole(TEXT, finish_reason="stop")), TEXT),
    "the message after the reason": (stream(*RYE, STOP, whole(TEXT)), TEXT),
    "the delta with the reason": (stream(*RYE, chunk(TEXT, "stop")), TEXT),
    "the delta after the reason": (stream(*RYE, STOP, chunk(TEXT)), TEXT),
    "the delta before the reason": (stream(*RYE, chunk(TEXT), STOP), TEXT),
    "the message, trimmed": (stream(chunk("\n"), *RYE, chunk("\n"), whole(TEXT, finish_reason="stop")), TEXT),
    "the delta, trimmed": (stream(chunk("\n"), *RYE, chunk(TEXT, "stop")), TEXT),
    "one piece, then the message": (stream(chunk("Rye."), whole("Rye.", finish_reason="stop")), "Rye."),
    "the message in parts": (stream(*RYE, whole([{"type": "text", "text": TEXT}], finish_reason="stop")), TEXT),
    "the text so far each time": (stream(*(chunk(TEXT[:end]) for end in (2, 5, 9, 14, 19)), STOP), TEXT),
    "the text so far, and once more": (stream(*(chunk(TEXT[:end]) for end in (2, 5, 9, 19, 19)), STOP), TEXT),
    "the message alone": (stream(whole(TEXT, finish_reason="stop")), TEXT),
    "a laugh in equal pieces": (stream(chunk("ha"), chunk("ha"), chunk("haha"), STOP), "hahahaha"),
    "a laugh that ends it": (stream(chunk("ha"), chunk("ha", "stop")), "haha"),
    "a laugh that grows": (stream(chunk("哈"), chunk("哈哈"), chunk("哈哈哈"), STOP), "哈哈哈哈哈哈"),
    # 6: events without data, or with another's
    "a retry time first": (stream("retry: 3000\n\n", *RYE, STOP), TEXT),
    "an id on each": (stream("id: 1\n\n", *(f"id: 2\n{stream(one, done=False)}" for one in RYE), "\n\n", STOP), TEXT),
    "names without data": (stream("event: ping\n\n", *RYE, "event: done\ndata:\n\n", STOP), TEXT),
    "comments": (stream(": OPENROUTER PROCESSING\n\n", *RYE, ":\n\n: x\n\n", STOP), TEXT),
    "a byte order mark": ("\ufeff" + stream(*RYE, STOP), TEXT),
    "carriage returns": (stream(*RYE, STOP).replace("\n", "\r"), TEXT),
    "both line ends": (stream(*RYE, STOP).replace("\n", "\r\n"), TEXT),
    "an object on two lines": (stream(*RYE, STOP).replace('"delta": ', '"delta":\ndata: '), TEXT),
    "words that are no JSON": (stream("data: ping\n\n", *RYE, "data: keep-alive\n\n", STOP), TEXT),
    "no empty lines between": (stream(*RYE, STOP).replace("\n\n", "\n"), TEXT),
    "no line end at the end": (stream(*RYE, STOP, done=False).rstrip(), TEXT),
    "a ping as an object": (stream({"type": "ping"}, *RYE, STOP), TEXT),
    # 10: thoughts in other forms are not said
    "thoughts as parts": (
        stream(chunk([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]), *RYE, STOP),
        TEXT,
    ),
    "thoughts as blocks": (
        stream(chunk(None, thinking_blocks=[{"type": "thinking", "thinking": "hm"}]), *RYE, STOP),
        TEXT,
    ),
    "thoughts marked so": (stream(chunk([{"text": "hm", "thought": True}]), *RYE, STOP), TEXT),
    "thoughts as a summary": (stream(chunk([{"type": "reasoning.summary", "summary": "hm"}]), *RYE, STOP), TEXT),
    "thoughts that are hidden": (
        stream(chunk(None, reasoning_details=[{"type": "reasoning.encrypted", "data": "eyJ"}]), *RYE, STOP),
        TEXT,
    ),
    "a whole answer with thoughts": (
        json.dumps({"choices": [{"message": {"content": TEXT, "reasoning_content": "hm"}}]}),
        TEXT,
    ),
    # what else is not what it says
    "a whole answer after blank lines": ("\n\n \n" + json.dumps(whole(TEXT)), TEXT),
    "no reason yet, in words": (
        stream(*(chunk(one["choices"][0]["delta"]["content"], "null") for one in RYE), STOP),
        TEXT,
    ),
    "the form of completions": (stream({"choices": [{"text": TEXT, "finish_reason": "stop"}]}), TEXT),
}


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json"])
@pytest.mark.parametrize("form", FORMS)
async def test_a_text_is_read_once_and_whole(form: str, content_type: str) -> None:
    """Whatever the content type says: it is often wrong."""
    body, text = FORMS[form]
    async with ScriptedModel([Raw(body, content_type)]) as server, House(model("a", server)) as house:
        draft = await house.write()
    assert draft.text == text
    assert not any("\ud800" <= sign <= "\udfff" for seen in house.seen for sign in seen)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.lists(st.integers(0, 24), max_size=5))
def test_halves_join_wherever_the_text_is_cut(text: str, cuts: list[int]) -> None:
    units = struct.unpack(f"<{len(text.encode('utf-16-le')) // 2}H", text.encode("utf-16-le"))
    halves = "".join(map(chr, units))  # what a server has that escapes each unit by itself
    edges = [0, *sorted(cut % (len(halves) + 1) for cut in cuts), len(halves)]
    pieces = Pieces()
    for a, b in pairwise(edges):
        pieces.add(halves[a:b], is_last=False, is_after=False)
    assert pieces.text == text or len(text) >= SHORT_CHARACTERS


@given(st.lists(st.text(st.sampled_from("ab \n哈"), min_size=1, max_size=4), min_size=1, max_size=12))
def test_short_pieces_are_all_said(pieces: list[str]) -> None:
    """A model's tokens are short: nothing of what it repeats by itself is taken for a server's repetition."""
    progress = Progress()
    for piece in pieces:
        progress.take(chunk(piece))
    progress.take(STOP)
    assert progress.visible.end() == "".join(pieces).strip()


# --- 7: no end ------------------------------------------------------------------------------------


ENDLESS = {
    "nothing more": stream(*RYE, STOP, done=False),
    "the reason with the last piece": stream(*RYE[:2], chunk("rye.", "stop"), done=False),
    "then its usage": stream(
        *RYE, STOP, {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5}}, done=False
    ),
    "then comments": stream(*RYE, STOP, ": still here\n\n", "event: ping\n\n", done=False),
    "then empty chunks": stream(*RYE, STOP, {"choices": []}, {"choices": [{"delta": {}}]}, done=False),
    "then the message once more": stream(*RYE, whole(TEXT, finish_reason="stop"), done=False),
}


@pytest.mark.parametrize("end", ENDLESS)
async def test_a_finished_answer_is_taken_though_the_stream_never_ends(end: str) -> None:
    async with (
        ScriptedModel([Raw(ENDLESS[end], "text/event-stream", hangs=True)]) as server,
        House(model("a", server)) as house,
    ):
        writing = asyncio.create_task(house.write())
        await house.clock.slept(0, END_SECONDS)
        await house.clock.advance(END_SECONDS)
        draft = await writing
        await server.until(lambda server: server.requests[0].hung_up)
    assert (draft.text, draft.finish) == (TEXT, Finish.STOP)


# --- 10: signs of life ----------------------------------------------------------------------------


THOUGHTS: list[Mapping[str, Any]] = [
    chunk([{"type": "thinking", "thinking": [{"type": "text", "text": "the member wants"}]}]),
    chunk([{"type": "thinking", "thinking": "the member wants"}]),
    chunk("", thinking_blocks=[{"type": "thinking", "thinking": "the member wants"}]),
    chunk("", reasoning_details=[{"type": "reasoning.encrypted", "data": "eyJhbGciOi"}]),
    chunk(None, reasoning_text="the member wants"),
    chunk(None, thinking="the member wants"),
    chunk([{"text": "the member wants", "thought": True}]),
    chunk(None, reasoning_content="the member wants"),
    chunk(None, reasoning="the member wants"),
]


@pytest.mark.parametrize("thought", THOUGHTS, ids=json.dumps)
def test_thoughts_are_signs_of_life_and_cost_something(thought: Mapping[str, Any]) -> None:
    progress = Progress()
    assert progress.take(thought)
    assert progress.characters and progress.estimated_output and not progress.visible.end()


def test_a_role_alone_is_no_sign_of_life() -> None:
    progress = Progress()
    assert not progress.take({"choices": [{"delta": {"role": "assistant", "content": ""}}]})
    assert not progress.take({"choices": []})
    assert progress.take(chunk(None, tool_calls=[{"function": {"arguments": "{}"}}])) and progress.visible.end() == ""
