"""What a model server may send: bounded after decompression, whole or not at all, its usage believed within reason."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.types import Usage
from bot.write.models.bounds import STREAM_BYTES
from tests.fakes.bombs import MEGABYTE, Answer, RawServer, endless, gzipped
from tests.fakes.scripted_model import ErrorBody, HangUp, Raw, Say, ScriptedModel, Step
from tests.write.house import PRICE, House, model

PROC = Path("/proc/self")
MOST_GROWTH = 6 * STREAM_BYTES / MEGABYTE  # MB: what may come, as bytes, as text, and as what the SDK makes of it
GZIP = {"Content-Encoding": "gzip"}
STREAM, WHOLE = {"Content-Type": "text/event-stream"}, {"Content-Type": "application/json"}
BOMB = gzipped(b'{"a": "', b"x", 400)
FLOODS: dict[str, Callable[[], Answer]] = {
    "stream": lambda: Answer(STREAM | GZIP, iter([gzipped(b"data: ", b"x", 400)])),
    "stream in events": lambda: Answer(STREAM | GZIP, iter([gzipped(b"", b": comment\n\n", 400)])),
    "whole": lambda: Answer(WHOLE | GZIP, iter([BOMB])),
    "whole as deflate": lambda: Answer(WHOLE | {"Content-Encoding": "deflate"}, iter([BOMB])),
    "error": lambda: Answer(WHOLE | GZIP, iter([BOMB]), 500),
    "redirect": lambda: Answer(WHOLE | GZIP | {"Location": "http://127.0.0.1:9/"}, iter([BOMB]), 302),
    "no type": lambda: Answer(GZIP, iter([BOMB])),
    "another encoding": lambda: Answer(WHOLE | {"Content-Encoding": "br"}, iter([BOMB])),
    "twice compressed": lambda: Answer(WHOLE | {"Content-Encoding": "gzip, gzip"}, iter([BOMB])),
    "line without end": lambda: Answer(STREAM, endless(b"x" * 65_536)),
    "event without end": lambda: Answer(STREAM, endless(b"data: xxxxxxxx\n" * 4000)),
    "comments without end": lambda: Answer(STREAM, endless(b": still here\n\n" * 4000)),
    "whole without end": lambda: Answer(WHOLE, endless(b"[" * 65_536)),
}


@contextmanager
def peak() -> Iterator[Callable[[], float]]:
    """By how many megabytes the process grows at most."""
    if not PROC.exists():
        pytest.skip("this system has no /proc to read peak memory from")
    (PROC / "clear_refs").write_text("5")  # begins the peak anew
    before = _megabytes("VmRSS")
    yield lambda: _megabytes("VmHWM") - before


def _megabytes(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", (PROC / "status").read_text())
    assert found
    return int(found[1]) / 1000


class Flooding(RawServer):
    """Answers the first question with a flood, and refuses the following ones."""

    def __init__(self, flood: str, asked: bytes):
        def answer(head: bytes) -> Answer:
            is_first = head.startswith(asked) and sum(one.startswith(asked) for one in self.asked) == 1
            return FLOODS[flood]() if is_first else Answer({}, iter([]), 404)

        super().__init__(answer)


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_is_cut_off_and_the_next_model_answers(flood: str) -> None:
    server = Flooding(flood, b"POST")
    async with server as url, ScriptedModel([Say("next")]) as good:
        with peak() as megabytes:
            async with House(model("flood", f"{url}/v1"), model("good", good)) as house:
                draft = await house.write_waiting()
            assert megabytes() < MOST_GROWTH
    assert (draft.model, draft.text) == ("good", "next")
    assert server.sent < 4 * STREAM_BYTES


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_list_of_models_is_bounded_too(flood: str) -> None:
    async with Flooding(flood, b"GET") as url, ScriptedModel([Say("next")]) as good:
        with peak() as megabytes:
            async with House(model("flood", f"{url}/v1", model=None), model("good", good)) as house:
                assert house.state("flood") == "absent"
            assert megabytes() < MOST_GROWTH


@pytest.mark.parametrize("encoding", [{}, GZIP, {"Content-Encoding": "deflate"}])
async def test_an_ordinary_answer_arrives_whatever_its_compression(encoding: dict[str, str]) -> None:
    text = b'data: {"choices": [{"delta": {"content": "fine"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    packed = gzipped(text, b":\n", 1)[:-1] if encoding else text
    server = RawServer(lambda _: Answer(STREAM | encoding, iter([packed])))
    async with server as url, House(model("a", f"{url}/v1")) as house:
        assert (await house.write_waiting()).text == "fine"


async def test_we_ask_for_what_we_can_bound() -> None:
    async with ScriptedModel() as server, House(model("a", server)) as house:
        await house.write()
    assert server.requests[0].headers["Accept-Encoding"] == "gzip, deflate"


# --- an answer that is cut off ----------------------------------------------------------------------

HALF = 'data: {"choices": [{"delta": {"content": "You should never"}}]}\n\n'
CUT: list[Step] = [
    Say("You should never", finish=None, done=False),
    Say("You should never", finish="", done=False),
    Say("You should never", finish=None, done=False, usage=False),
    HangUp("You should never"),
    ErrorBody(streamed=True, after="You should never"),
    Raw(HALF, "text/event-stream"),
    Raw(HALF + ": [DON", "text/event-stream"),
    Raw(HALF + "data: {broken\n\n", "text/event-stream"),
    Raw(HALF.replace("never", "[DONE]"), "text/event-stream"),
    Raw(HALF.replace("never", "data: [DONE]"), "text/event-stream"),
    Raw(HALF.replace("never", r"\ndata: [DONE]\n\n"), "text/event-stream"),
    Raw(HALF + ": data: [DONE]\n\n", "text/event-stream"),
    Raw(HALF + "event: [DONE]\n\n", "text/event-stream"),
    Raw(HALF + "id: data: [DONE]\n\n", "text/event-stream"),
    Raw(HALF, "text/plain"),
]
WHOLE_ANSWERS: list[Step] = [
    Say("fine", finish=None),
    Say("fine", done=False),
    Say("fine", finish="length", done=False),
    Raw('{"choices": [{"message": {"content": "fine"}}]}', "application/json"),
    Raw(HALF.replace("You should never", "fine") + "data: [DONE]", "text/event-stream"),
    Raw(HALF.replace("You should never", "fine").replace("\n", "\r\n") + "data:[DONE]\r\n\r\n", "text/event-stream"),
    Raw(HALF.replace("}}]", '}, "finish_reason": "stop"}]').replace("You should never", "fine") + "data: {bro\n\n",
        "text/event-stream"),
]  # fmt: skip


@pytest.mark.parametrize("step", CUT, ids=repr)
async def test_a_stream_without_an_end_is_not_posted(step: Step) -> None:
    async with (
        ScriptedModel(lambda _: step) as cut,
        ScriptedModel([Say("next")]) as good,
        House(model("cut", cut), model("good", good)) as house,
    ):
        assert (await house.write_waiting()).text == "next"


@pytest.mark.parametrize("step", WHOLE_ANSWERS, ids=repr)
async def test_one_sign_of_the_end_is_enough(step: Step) -> None:
    async with ScriptedModel([step]) as server, House(model("a", server)) as house:
        assert (await house.write_waiting()).text == "fine"


# --- usage that can't be true -------------------------------------------------------------------------

ABSURD = [2**63, 2**64 + 1, 10**30, -5, -(2**70), 1.5, -0.5, 1e300, "many", [5], {"n": 1}, 4001]


@pytest.mark.parametrize("count", ABSURD, ids=repr)
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
async def test_absurd_usage_is_told_and_estimated(name: str, count: object) -> None:
    said = Say("fine " * 20, extra_usage={name: count})
    async with ScriptedModel([said]) as server, House(model("a", server, price=PRICE)) as house:
        with capture_logs() as logs:
            draft = await house.write()
    assert draft.text == ("fine " * 20).strip()
    assert 0 < draft.usage.input_tokens <= 400 and 0 < draft.usage.output_tokens <= 100
    assert 0 < draft.usage.cost_usd < 0.01
    assert [line["model"] for line in logs if line["event"] == "model_usage_implausible"] == ["a"]


@pytest.mark.parametrize("given", [{"prompt_tokens": 12.0}, {"completion_tokens": None}, {"total_tokens": "x"}])
async def test_usage_in_another_form_is_believed(given: dict[str, object]) -> None:
    async with ScriptedModel([Say("fine", extra_usage=given)]) as server, House(model("a", server)) as house:
        with capture_logs() as logs:
            draft = await house.write()
        assert draft.usage.input_tokens == given.get("prompt_tokens", server.requests[0].prompt_tokens)
    assert not [line for line in logs if line["event"] == "model_usage_implausible"]


async def test_usage_that_json_can_not_hold_does_not_silence_an_answer() -> None:
    said = HALF.replace("}}]", '}, "finish_reason": "stop"}]').replace("You should never", "fine")
    digits = 'data: {"choices": [], "usage": {"prompt_tokens": ' + "9" * 5000 + "}}\n\ndata: [DONE]\n\n"
    async with ScriptedModel([Raw(said + digits, "text/event-stream")]) as server, House(model("a", server)) as house:
        draft = await house.write()
    assert draft.text == "fine" and draft.usage.input_tokens > 0
    assert draft.usage != Usage()
