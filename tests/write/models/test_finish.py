"""How an answer ended: the providers' reasons, and answers that were cut off, over HTTP."""

import pytest

from bot.write.models.finish import Finish, finish_of
from tests.fakes.scripted_model import ErrorBody, Fail, Hang, HangUp, Say, ScriptedModel, Step
from tests.write.house import House, failing, model


@pytest.mark.parametrize(
    ("finish", "reasons"),
    [
        (Finish.STOP, "stop eos eos_token end_turn stop_sequence tool_calls function_call COMPLETE STOP normal EOS"),
        (Finish.LENGTH, "length max_tokens MAX_TOKENS model_length model_context_window_exceeded ERROR_LIMIT max_out"),
        (Finish.FILTERED, "content_filter SAFETY sensitive refusal RECITATION PROHIBITED_CONTENT BLOCKLIST SPII"),
        (Finish.FILTERED, "guardrail_intervened ERROR_TOXIC IMAGE_SAFETY moderation content_filtered"),
        (Finish.CUT_OFF, "error ERROR abort cancelled insufficient_system_resource network_error timeout USER_CANCEL"),
        (Finish.CUT_OFF, "rate_limit overloaded incomplete MALFORMED_RESPONSE_ERROR unload"),
    ],
)  # fmt: skip
def test_each_providers_reason_has_one_of_four_meanings(finish: Finish, reasons: str) -> None:
    assert {reason: finish_of(reason) for reason in reasons.split()} == dict.fromkeys(reasons.split(), finish)


def test_a_server_that_gives_no_reason_has_stopped() -> None:
    assert finish_of("") is finish_of("whatever") is Finish.STOP


@pytest.mark.parametrize(
    ("step", "finish"),
    [
        (Say("a whole text"), Finish.STOP),
        (Say("a whole text", finish=None), Finish.STOP),
        (Say("a whole text", finish="length"), Finish.LENGTH),
        (Say("a whole text", finish="content_filter"), Finish.FILTERED),
    ],
)
async def test_a_draft_tells_how_it_ended(step: Step, finish: Finish) -> None:
    async with ScriptedModel([step]) as server, House(model("a", server)) as house:
        draft = await house.write()
    assert (draft.text, draft.finish) == ("a whole text", finish)


async def test_an_answer_that_we_stop_has_run_out_of_length() -> None:
    async with (
        ScriptedModel([Say("blah " * 2000, piece=500)]) as server,
        House(model("a", server, output_tokens=16)) as house,
    ):
        assert (await house.write()).finish is Finish.LENGTH


CUTS = [
    HangUp("A sourdough starter is ", piece=1),
    ErrorBody(streamed=True, after="A sourdough starter is ", code=502),
    Say("A sourdough starter is ", finish="error"),
]


@pytest.mark.parametrize("cut", CUTS)
async def test_a_text_that_was_cut_off_is_the_draft_if_no_model_gives_a_whole_one(cut: Step) -> None:
    async with (
        ScriptedModel([cut]) as first,
        ScriptedModel(lambda _: Fail(500)) as second,
        House(model("a", first), model("b", second)) as house,
    ):
        draft = await house.write_waiting()
    assert (draft.text, draft.model, draft.finish) == ("A sourdough starter is", "a", Finish.CUT_OFF)
    assert draft.usage.output_tokens > 0


@pytest.mark.parametrize("cut", CUTS)
async def test_a_whole_text_by_the_next_model_is_better(cut: Step) -> None:
    async with (
        ScriptedModel([cut]) as first,
        ScriptedModel([Say("Short.")]) as second,
        House(model("a", first), model("b", second)) as house,
    ):
        draft = await house.write_waiting()
    assert (draft.text, draft.model, draft.finish) == ("Short.", "b", Finish.STOP)


async def test_the_longest_part_is_kept_and_a_time_limit_cuts_too() -> None:
    async with (
        ScriptedModel([HangUp("Rye", piece=1)]) as first,
        ScriptedModel([Hang("Rye flour, and w", piece=1)]) as second,
        House(model("a", first), model("b", second, idle_seconds=3)) as house,
    ):
        draft = await house.write_waiting()
    assert (draft.text, draft.model, draft.finish) == ("Rye flour, and w", "b", Finish.CUT_OFF)


async def test_thoughts_that_were_cut_off_are_no_part_of_an_answer() -> None:
    async with (
        ScriptedModel(lambda _: HangUp("<think>the member wants", piece=1)) as server,
        House(model("a", server)) as house,
    ):
        await failing(house, "models_failed")
