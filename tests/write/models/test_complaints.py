"""What an error means, by its words: a table of providers' sentences, some of them held out from writing the rules."""

import asyncio
from pathlib import Path

import pytest
import yaml

from bot.write.models import faults
from bot.write.models.faults import FaultKind
from tests.fakes.scripted_model import ErrorBody, Fail, Raw, ScriptedModel, Step
from tests.write.house import House, failing, model

TABLE = yaml.safe_load(Path(__file__).with_name("complaints.yaml").read_text("utf-8"))
KINDS = {
    "too_long": {FaultKind.TOO_LONG},
    "needs_a_person": {FaultKind.REFUSED},
    "later": {FaultKind.BUSY, FaultKind.BROKEN},
    "this_request": {FaultKind.DECLINED},
}


@pytest.mark.parametrize(
    ("remedy", "status", "words"),
    [(remedy, *row) for remedy, parts in TABLE.items() for part in parts.values() for row in part],
)
def test_an_error_is_sorted_by_what_a_person_would_do(remedy: str, status: int, words: str) -> None:
    assert faults.sort(status, {"message": words, "type": "invalid_request_error", "code": None}) in KINDS[remedy]


@pytest.mark.parametrize(
    "step",
    [
        Fail(400, message="API key not valid. Please pass a valid API key.", code="INVALID_ARGUMENT"),
        Fail(400, message="Your credit balance is too low to access the API."),
        Fail(402, message="Payment required"),
        Fail(403, message="Your account is suspended"),
        ErrorBody("Incorrect API key provided", code="invalid_api_key"),
        ErrorBody("Incorrect API key provided", code="invalid_api_key", streamed=True),
        ErrorBody("Insufficient Balance", code=402),
        Raw('[{"error": {"code": 400, "message": "API key expired"}}]', "application/json"),
        Raw('{"base_resp": {"status_code": 1004, "status_msg": "login fail: no API secret key"}}', "application/json"),
        Raw('{"error_code": 110, "error_msg": "Access token invalid or no longer valid"}', "application/json"),
        Raw('{"code": "InvalidApiKey", "message": "Invalid API-key provided."}', "application/json"),
        Raw('data: {"code": 1113, "msg": "您的账户已欠费，请充值后重试。"}\n\n', "text/event-stream"),
    ],
)  # fmt: skip
async def test_what_a_person_must_mend_is_refused_with_one_request(step: Step) -> None:
    async with ScriptedModel(lambda _: step) as server, House(model("a", server)) as house:
        await failing(house, "models_failed")
        assert (house.state("a"), len(server.requests)) == ("refused", 1)
        assert (await failing(house, "no_model")) and len(server.requests) == 1
        await house.clock.advance(61)  # a mended key is noticed within a minute
        await asyncio.gather(failing(house, "models_failed"))
        assert len(server.requests) == 2


@pytest.mark.parametrize(
    "words", [words for part in TABLE["too_long"].values() for status, words in part if status == 400]
)
async def test_a_prompt_that_is_too_long_in_any_words_is_asked_with_half(words: str) -> None:
    async with ScriptedModel([Fail(400, message=words)]) as server, House(model("a", server)) as house:
        await house.write()
        first, second = (request.prompt_tokens for request in server.requests)
    assert second < first * 0.7
