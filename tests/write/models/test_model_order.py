"""Which model writes after failures: retries, the next model, time limits, the breaker, money."""

import asyncio
from email.utils import format_datetime

import pytest
from structlog.testing import capture_logs

from bot.types import ModelError, Usage
from bot.write.models.addresses import PROBE_SECONDS
from bot.write.models.finish import Finish
from tests.fakes.present import present
from tests.fakes.scripted_model import ErrorBody, Fail, Hang, HangUp, Say, ScriptedModel, Step
from tests.fakes.waiting import until
from tests.write.house import NOWHERE, PRICE, SECRET, House, compose, failing, model

# --- retries and the next model -------------------------------------------------------------------


@pytest.mark.parametrize("step", [Fail(429), Fail(500), Fail(503), HangUp(), ErrorBody(code=429)])
async def test_tries_again_what_may_pass(step: Step) -> None:
    async with ScriptedModel([step, step, Say("third time")]) as server, House(model("a", server)) as house:
        draft = await house.write_waiting()
    assert (draft.text, len(server.requests)) == ("third time", 3)
    assert len(house.purse.charged) == len(house.purse.reserved) == 3


async def test_three_attempts_then_the_next_model() -> None:
    async with (
        ScriptedModel(lambda _: Fail(500)) as bad,
        ScriptedModel([Say("me")]) as good,
        House(model("bad", bad), model("good", good)) as house,
    ):
        draft = await house.write_waiting()
    assert (draft.model, len(bad.requests)) == ("good", 3)


async def test_pauses_between_attempts_double_and_differ_by_half_a_second_at_most() -> None:
    async with ScriptedModel(lambda _: Fail(500)) as bad, House(model("a", bad), model("b", bad)) as house:
        house.clock.hurry = True
        await failing(house, "models_failed")
    pauses = [seconds for seconds in house.clock.sleeps if seconds < PROBE_SECONDS]  # longer sleeps are time limits
    assert [0 <= pause - least <= 0.5 for pause, least in zip(pauses, [0.5, 1.0] * 2, strict=True)] == [True] * 4


@pytest.mark.parametrize("step", [HangUp("half a sen"), ErrorBody(streamed=True, after="half a sen")])
async def test_what_was_shown_is_not_begun_again_by_the_same_model(step: Step) -> None:
    async with (
        ScriptedModel([step, Say("again")]) as server,
        ScriptedModel([Say("Me instead.")]) as second,
        House(model("a", server), model("b", second)) as house,
    ):
        draft = await house.write_waiting()
    assert (draft.text, draft.model, len(server.requests)) == ("Me instead.", "b", 1)
    assert house.seen[0] == "half a "
    assert house.seen[-2:] == ["Me inst", "Me instead."]


async def test_without_a_preview_the_same_model_may_begin_again() -> None:
    async with ScriptedModel([HangUp("half a sen"), Say("whole")]) as server, House(model("a", server)) as house:
        assert (await house.write_waiting(preview=False)).text == "whole"


@pytest.mark.parametrize("as_date", [False, True])
async def test_waits_as_long_as_it_is_asked_to(as_date: bool) -> None:
    async with ScriptedModel() as server, House(model("a", server)) as house:
        until = format_datetime(house.clock.now().replace(second=4), usegmt=True)
        server.script = [Fail(429, until if as_date else "4"), Say("later")]
        writing = asyncio.create_task(house.write())
        await house.clock.slept(3.9, 4.0)
        await house.clock.advance(3.5)
        assert 0 < present(house.clock.next_wake) <= 0.5 and len(server.requests) == 1
        await house.clock.advance(1)
        assert (await writing).text == "later"


async def test_who_asks_for_a_long_pause_rests_that_long() -> None:
    async with (
        ScriptedModel([Fail(429, "120")]) as busy,
        ScriptedModel() as good,
        House(model("busy", busy), model("good", good)) as house,
    ):
        assert (await house.write()).model == "good"
        assert (len(busy.requests), house.state("busy")) == (1, "resting")
        await house.clock.advance(119)
        assert (await house.write()).model == "good"
        await house.clock.advance(2)
        assert (await house.write()).model == "busy"


@pytest.mark.parametrize("status", [401, 402, 403, 404])
async def test_refused_is_said_once_and_left_alone_for_long(status: int) -> None:
    async with (
        ScriptedModel([Fail(status, message=f"bad key {SECRET}")]) as server,
        ScriptedModel() as good,
        House(model("kimi", server, key=SECRET), model("b", good)) as house,
    ):
        with capture_logs() as logs:
            for _ in range(3):
                assert (await house.write()).model == "b"
        [line] = [line for line in logs if line["log_level"] == "warning"]
        assert (line["event"], line["model"], line["status"]) == ("model_refused", "kimi", status)
        assert SECRET not in str(logs)
        assert house.state("kimi") == "refused"
        assert present(house.models.speaker("local")).name == "b"
        assert len(server.requests) == 1
        await house.clock.advance(601)
        assert (await house.write()).model == "kimi"
        assert house.state("kimi") == "ready"


async def test_refused_by_all_is_no_model_without_asking() -> None:
    async with ScriptedModel(lambda _: Fail(401)) as server, House(model("a", server)) as house:
        await failing(house, "models_failed")
        await failing(house, "no_model")
        assert len(server.requests) == 1


# --- time -----------------------------------------------------------------------------------------


async def test_no_first_token_in_time_and_the_next_model_takes_over() -> None:
    async with (
        ScriptedModel([Hang()]) as slow,
        ScriptedModel([Say("quick")]) as good,
        House(model("slow", slow, first_token_seconds=30.0, price=PRICE), model("good", good)) as house,
    ):
        writing = asyncio.create_task(house.write())
        await slow.asked()
        await house.clock.advance(29)
        assert not writing.done()
        await house.clock.advance(2)
        assert (await writing).model == "good"
        await slow.until(lambda server: server.requests[0].hung_up)
    charged = dict(house.purse.charged)
    assert charged["slow"].output_tokens == 500  # it may have thought all the while: the whole output limit
    assert charged["slow"].cost_usd > 500 * PRICE.output / 1e6
    assert charged["good"].output_tokens < 10


async def test_idle_in_the_middle() -> None:
    async with (
        ScriptedModel([Hang("half a sen")]) as slow,
        ScriptedModel([Say("whole")]) as good,
        House(model("slow", slow, idle_seconds=5.0), model("good", good)) as house,
    ):
        writing = asyncio.create_task(house.write())
        await until(lambda: house.seen[-1:] == ["half a sen"])
        await house.clock.advance(4)
        assert not writing.done()
        await house.clock.advance(2)
        assert (await writing).text == "whole"


async def test_a_reader_that_takes_its_time_is_not_the_models_fault() -> None:
    async with ScriptedModel([Say("one two three")]) as server, House(model("a", server, idle_seconds=5.0)) as house:

        async def slowly(text: str) -> None:
            await house.clock.advance(20)
            house.seen.append(text)

        draft = await house.models.write(compose, "local", house.purse, slowly)
        assert draft.text == "one two three"
        assert house.seen[-1] == "one two three"


async def test_an_error_of_the_readers_is_theirs_and_is_paid_for() -> None:
    async with (
        ScriptedModel([Say("one two three", usage=False)]) as server,
        House(model("a", server, price=PRICE), model("b", server)) as house,
    ):

        async def broken(_: str) -> None:
            raise RuntimeError("preview")

        with pytest.raises(RuntimeError, match="preview"):
            await house.models.write(compose, "local", house.purse, broken)
    [(name, usage)] = house.purse.charged
    assert name == "a"
    assert usage.cost_usd > 0


# --- the breaker in use ---------------------------------------------------------------------------


async def test_a_model_that_keeps_failing_is_skipped_then_tried_once() -> None:
    async with (
        ScriptedModel(lambda _: Fail(500)) as bad,
        ScriptedModel() as good,
        House(model("bad", bad), model("good", good)) as house,
    ):
        await house.write_waiting()
        assert (len(bad.requests), house.state("bad")) == (3, "resting")
        await house.write()
        assert len(bad.requests) == 3
        await house.clock.advance(31)
        assert house.state("bad") == "ready"
        bad.script = [Say("back")]
        assert (await house.write()).text == "back"
        assert present(house.models.speaker("local")).name == "bad"


async def test_the_only_one_left_is_tried_even_while_it_rests() -> None:
    async with ScriptedModel(lambda _: Fail(500)) as server, House(model("a", server)) as house:
        await failing(house, "models_failed")
        assert present(house.models.speaker("local")).state == "resting"
        server.script = [Say("well again")]
        assert (await house.write()).text == "well again"
        assert house.state("a") == "ready"


async def test_no_model_is_begun_when_it_is_too_late() -> None:
    async with ScriptedModel(lambda _: Hang()) as slow, ScriptedModel() as never:
        slows = [model(f"slow{n}", slow, first_token_seconds=50.0) for n in range(2)]
        async with House(*slows, model("never", never)) as house:
            writing = asyncio.create_task(house.write())
            for n in range(2):
                await slow.asked(n + 1)
                await house.clock.advance(51)
            with pytest.raises(ModelError, match="models_failed"):
                await writing
            assert never.requests == []


# --- money ----------------------------------------------------------------------------------------


async def test_over_budget_moves_on_to_what_is_free() -> None:
    async with ScriptedModel() as server:
        dear, free = model("dear", server, price=PRICE), model("free", server)
        async with House(dear, free, usd=0.0) as house:
            assert (await house.write()).model == "free"
            assert [name for name, _ in house.purse.charged] == ["free"]


async def test_over_budget_for_all() -> None:
    async with ScriptedModel() as server:
        async with House(model("a", server, price=PRICE), model("gone", NOWHERE), usd=0.0) as house:
            await failing(house, "over_budget")
        assert (server.requests, house.purse.charged) == ([], [])


async def test_an_error_costs_nothing_and_a_hang_up_what_was_said() -> None:
    script: list[Step] = [Fail(500), HangUp("half a sentence and more")]
    async with ScriptedModel(script) as server, House(model("a", server, price=PRICE)) as house:
        assert (await house.write_waiting()).finish is Finish.CUT_OFF
    (_, nothing), (_, half) = house.purse.charged
    assert nothing == Usage()
    assert half.output_tokens > 2
    assert half.cost_usd > 0


async def test_usage_of_a_draft_holds_its_failed_attempts() -> None:
    async with (
        ScriptedModel([HangUp("half a sentence"), Say("whole")]) as server,
        House(model("a", server, price=PRICE)) as house,
    ):
        draft = await house.write_waiting(preview=False)
    assert draft.usage == house.purse.charged[0][1] + house.purse.charged[1][1]


async def test_cancelling_hangs_up_at_once_and_is_charged() -> None:
    async with ScriptedModel([Hang("half a sentence")]) as server, House(model("a", server, price=PRICE)) as house:
        writing = asyncio.create_task(house.write())
        await until(lambda: house.seen)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        await server.until(lambda server: server.requests[0].hung_up)
        [(_, usage)] = house.purse.charged
        assert usage.input_tokens > 0
        assert usage.output_tokens > 0
        assert house.state("a") == "ready"


async def test_cancelling_a_silent_model_is_charged_as_its_whole_limit() -> None:
    async with ScriptedModel([Hang()]) as server, House(model("a", server, price=PRICE)) as house:
        writing = asyncio.create_task(house.write())
        await server.asked()
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        [(_, charged)] = house.purse.charged
        assert charged.output_tokens == 500 and charged.cost_usd > 0


@pytest.mark.parametrize("step", [Fail(500), HangUp()])
async def test_what_fails_by_itself_without_a_word_costs_no_worst_case(step: Step) -> None:
    async with ScriptedModel([step]) as server, House(model("a", server, price=PRICE)) as house:
        await house.write_waiting()
        assert house.purse.charged[0][1].output_tokens == 0


async def test_cancelling_while_it_backs_off() -> None:
    async with ScriptedModel([Fail(500)]) as server, House(model("a", server)) as house:
        writing = asyncio.create_task(house.write())
        await house.clock.slept(0.4, 1.1)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert (await house.write()).model == "a"
