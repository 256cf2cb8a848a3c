"""What the page /history asks the server: files in pieces, a trial, its results, and the manager's verdicts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.history_json import COLUMNS_SHOWN, columns
from bot.console.incoming import SENT_BYTES, Incoming, OutOfOrder
from bot.console.pages.history import history_page
from bot.explain.words import LANGUAGES
from bot.measure.trial import MOST_TRIALS, Trial
from bot.measure.trial_results import RISKS, TrialReply
from tests.fakes.history_house import TAGS, TOKEN, HistoryHouse, history, history_house
from tests.fakes.shipped import shipped_words
from tests.fakes.waiting import PATIENCE

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
WORDS = shipped_words()
ONE_EACH = httpx.Limits(max_keepalive_connections=0)  # the server closes idle ones, which a slow machine meets


@asynccontextmanager
async def opened(folder: Path, **how: Any) -> AsyncIterator[tuple[HistoryHouse, httpx.AsyncClient]]:
    """The house, and a client that has its cookie."""
    async with (
        history_house(folder, **how) as house,
        httpx.AsyncClient(base_url=house.address, trust_env=False, timeout=PATIENCE, limits=ONE_EACH) as client,
    ):
        assert (await client.get("/history", params={"token": TOKEN})).status_code == 303
        yield house, client


async def begun(client: httpx.AsyncClient) -> str:
    answer = await client.post("/history/trials")
    assert answer.status_code == 200, answer.text
    return f"/history/trials/{answer.json()['id']}"


async def piece(
    client: httpx.AsyncClient, trial: str, number: Any, content: bytes, *, last: bool = False
) -> httpx.Response:
    query = {"name": "room.json", "number": number, "last": int(last)}
    return await client.post(f"{trial}/pieces", params=query, content=content)


def stored(house: HistoryHouse) -> list[bytes]:
    return [path.read_bytes() for path in sorted((house.folder / "trials").glob("*/*"))]


# --- files in pieces -----------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [[0], [1], [SENT_BYTES], [SENT_BYTES, 1], [SENT_BYTES, SENT_BYTES, 7], [3, 3, 0]])
async def test_the_pieces_of_a_file_are_the_file(tmp_path: Path, sizes: list[int]) -> None:
    async with opened(tmp_path) as (house, client):
        trial = await begun(client)
        pieces = [bytes([65 + number]) * size for number, size in enumerate(sizes)]
        for number, content in enumerate(pieces):
            answer = await piece(client, trial, number, content, last=number == len(pieces) - 1)
            assert answer.status_code == 204, answer.text
        assert stored(house) == [b"".join(pieces)]


@pytest.mark.parametrize("numbers", [[1], [0, 0, 2], [0, 2], [0, 1, 1], [0, 3]], ids=str)
async def test_a_piece_too_many_or_too_few_is_refused_and_nothing_stays(tmp_path: Path, numbers: list[int]) -> None:
    async with opened(tmp_path) as (house, client):
        trial = await begun(client)
        *fine, wrong = numbers
        for number in fine:
            assert (await piece(client, trial, number, b"{}")).status_code == 204
        answer = await piece(client, trial, wrong, b"{}", last=True)
        assert (answer.status_code, answer.json()["problem"]) == (400, WORDS.say("history.piece_wrong"))
        assert stored(house) == []


@pytest.mark.parametrize("number", ["", "x", "-1", "²", "9" * 30])
async def test_a_piece_without_a_number_is_refused(tmp_path: Path, number: str) -> None:
    async with opened(tmp_path) as (house, client):
        assert (await piece(client, await begun(client), number, b"{}")).status_code == 400
        assert stored(house) == []


async def test_a_piece_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as (house, client):
        assert (await piece(client, await begun(client), 0, b"x" * (SENT_BYTES + 1))).status_code == 400
        assert stored(house) == []


async def test_what_a_trial_refuses_is_told_in_the_readers_language(tmp_path: Path) -> None:
    async with opened(tmp_path, most_mb=1) as (house, client):
        client.headers["accept-language"] = "zh-CN"
        trial = await begun(client)
        answers = [await piece(client, trial, number, b"x" * SENT_BYTES) for number in range(4)]
        refused = next(answer for answer in answers if answer.status_code == 400)
        assert refused.json()["problem"] == WORDS.say("trial.problem.large", "zh", most="1")
        assert stored(house) == []
        refused = await client.post(f"{trial}/start")
        assert refused.json()["problem"] == WORDS.say("trial.problem.no_file", "zh")


async def test_a_browser_that_left_in_the_middle_keeps_nobody_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as (house, client):
        for _ in range(2 * MOST_TRIALS):
            await begun(client)
        assert len(house.trials.all()) == MOST_TRIALS


async def test_a_tab_between_two_files_survives_another_and_is_told_when_it_had_to_go(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, client):
        first = await begun(client)
        assert (await piece(client, first, 0, b"{}", last=True)).status_code == 204
        await begun(client)
        assert (await piece(client, first, 0, b"{}", last=True)).status_code == 204
        await begun(client)
        answer = await piece(client, first, 0, b"{}", last=True)
        assert (answer.status_code, answer.json()["problem"]) == (404, WORDS.say("history.replaced"))


@pytest.mark.parametrize("last", [False, True])
async def test_files_that_begin_at_once_are_taken_or_refused_and_none_is_left_half(tmp_path: Path, last: bool) -> None:
    async with opened(tmp_path) as (house, client):
        trial = await begun(client)
        answers = await asyncio.gather(*(piece(client, trial, 0, b"{}" * 9999, last=last) for _ in range(12)))
        assert {answer.status_code for answer in answers} <= {204, 400}
        if not last:
            started = await client.post(f"{trial}/start")
            assert (started.status_code, started.json()["problem"]) == (400, WORDS.say("trial.problem.receiving"))
        await client.post(f"{trial}/cancel")
        assert stored(house) == []


async def test_a_trial_that_was_stopped_says_so(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, client):
        trial = await begun(client)
        await piece(client, trial, 0, history(), last=True)
        await client.post(f"{trial}/start")
        state = (await client.post(f"{trial}/cancel")).json()
        told = WORDS.say("history.stopped" if state["ready"] else "history.stopped_early")
        assert (state["stage"], state["problem"]) == ("cancelled", told)


async def test_a_file_that_is_abandoned_while_its_last_piece_is_stored_is_refused() -> None:
    begun, never = asyncio.Event(), asyncio.Event()

    class SlowTrial:
        async def receive(self, name: str, chunks: AsyncIterator[bytes]) -> None:
            begun.set()
            await never.wait()

    incoming = Incoming(cast(Trial, SlowTrial()), "a.json")
    adding = asyncio.create_task(incoming.add(0, b"{}", is_last=False))
    await adding
    adding = asyncio.create_task(incoming.add(1, b"{}", is_last=True))
    await begun.wait()
    await incoming.abandon()
    with pytest.raises(OutOfOrder):
        await adding


async def test_a_trial_that_is_arriving_is_not_forgotten_for_another(tmp_path: Path) -> None:
    async with opened(tmp_path) as (house, client):
        for _ in range(MOST_TRIALS):
            await piece(client, await begun(client), 0, b"{}")
        answer = await client.post("/history/trials")
        assert answer.status_code == 400 and str(MOST_TRIALS) in answer.json()["problem"]
        assert len(house.trials.all()) == MOST_TRIALS


# --- who may ask -----------------------------------------------------------------------------------


async def test_another_site_and_whoever_has_no_cookie_get_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as (house, client):
        elsewhere = await client.post("/history/trials", headers={"origin": "https://elsewhere.example"})
        assert elsewhere.status_code == 400
        trial = await begun(client)
        client.cookies.clear()
        calls = [("GET", ""), ("DELETE", ""), ("POST", "/start"), ("POST", "/pieces"), ("GET", "/found")]
        for method, path in calls:
            assert (await client.request(method, trial + path)).status_code == 401
        assert len(house.trials.all()) == 1


# --- the page --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_how_to_export_and_carries_words_that_end_no_element(language: str) -> None:
    page = history_page(WORDS, language, SENT_BYTES)
    for key in ("terms", "discord", "matrix", "private"):
        assert escape(WORDS.say(f"trial.how.{key}", language)) in page
    given_text = page.split('id="given">')[1].split("</script>")[0]
    words = json.loads(given_text)["words"]
    assert "<" not in given_text and words["history.good"] == WORDS.say("history.good", language)
    for script in page.split("<script>")[1:]:
        said = {key for key in WORDS.texts if key.startswith("history.")}
        assert all(f"history.{name}" in said for name in _said_in(script))


def _said_in(script: str) -> set[str]:
    """The keys that the script names in full."""
    return {part.split('"')[0] for part in script.split('say("history.')[1:] if "${" not in part.split('"')[0]}


# --- the picture -----------------------------------------------------------------------------------

REPLIES = st.lists(
    st.tuples(st.floats(-10, 1e6), st.sampled_from(("helped", "pre_empted", "late", "asked", "unknown")))
)


@settings(max_examples=50, deadline=None)
@given(REPLIES, st.floats(0, 1e6))
def test_every_reply_is_in_one_column_and_later_ones_are_further_right(replies: list[Any], length: float) -> None:
    made = [TrialReply("m", "r", NOON + timedelta(seconds=at), became) for at, became in replies]
    found = columns(made, NOON, NOON + timedelta(seconds=length))
    assert len(found) == COLUMNS_SHOWN and sum(sum(one.values()) for one in found) == len(replies)
    for kind in ("helped", "late"):
        assert sum(one.get(kind, 0) for one in found) == sum(became == kind for _, became in replies)
    first = columns([TrialReply("m", "r", NOON, "helped")], NOON, NOON + timedelta(hours=1))
    last = columns([TrialReply("m", "r", NOON + timedelta(hours=1), "helped")], NOON, NOON + timedelta(hours=1))
    assert first[0] == last[-1] == {"helped": 1}


# --- the whole course --------------------------------------------------------------------------------


async def until_done(client: httpx.AsyncClient, trial: str) -> dict[str, Any]:
    async with asyncio.timeout(10 * PATIENCE):
        while (state := (await client.get(trial)).json())["stage"] in ("reading", "playing"):
            await asyncio.sleep(0.05)
    return dict(state)


async def test_from_the_file_to_a_verdict_that_stays(tmp_path: Path) -> None:
    async with opened(tmp_path) as (house, client):
        trial = await begun(client)
        assert (await client.get(f"{trial}/found")).status_code == 409
        await piece(client, trial, 0, history(), last=True)
        assert (await client.post(f"{trial}/start")).json()["stage"] == "reading"
        state = await until_done(client, trial)
        assert (state["stage"], state["problem"], state["done"], state["found"]) == ("done", "", 1.0, True)
        found = (await client.get(f"{trial}/found")).json()
        assert found["messages"] == state["messages"] == 960 and found["unanswered"] > 100
        assert any(TAGS in question["text"] for question in found["questions"])
        results = {risk: (await client.get(f"{trial}/risks/{risk}")).json() for risk in state["ready"]}
        assert len(results) == len(RISKS)
        for result in results.values():
            kinds = sum(result[kind] for kind in ("helped", "pre_empted", "late", "asked", "unknown"))
            assert result["replies"] == kinds == sum(sum(one.values()) for one in result["columns"])
        assert results[RISKS[-1]]["replies"] >= results[RISKS[0]]["replies"]
        printed = await client.get(f"{trial}/risks/0.25/print")
        assert printed.headers["content-type"].startswith("text/html")
        assert escape(TAGS) in printed.text and TAGS not in printed.text
        assert (await client.get(f"{trial}/risks/0.3/print")).status_code == 409
        await _judges(house, client, trial, results[0.25])
        assert (await client.delete(trial)).status_code == 204
        gone = await client.get(trial)
        assert (gone.status_code, gone.json()["problem"]) == (404, WORDS.say("history.gone"))
        assert (await client.get("/history/trials")).json() is None and stored(house) == []


async def _judges(house: HistoryHouse, client: httpx.AsyncClient, trial: str, result: dict[str, Any]) -> None:
    first, second = result["moments"][:2]
    given = {"risk": 0.25, "room": first["room"], "moment": first["id"], "verdict": "good"}
    for verdict in ("bad", "good"):
        answer = await client.post(f"{trial}/verdicts", json=given | {"verdict": verdict})
        assert answer.status_code == 204, answer.text
    assert [(case.verdict, case.risk, case.moment.id) for case in house.cases.read()] == [("good", 0.25, first["id"])]
    kept = {"room": first["room"], "moment": first["id"], "verdict": "good"}
    stranger = replace(house.cases.read()[0].moment, id="of another trial")
    house.cases.add(replace(house.cases.read()[0], moment=stranger))
    assert (await client.get(f"{trial}/verdicts")).json() == [kept], "those of this trial only"
    other = given | {"room": second["room"], "moment": second["id"]}
    for verdict, count in (("bad", 2), ("", 1), ("", 1)):
        assert (await client.post(f"{trial}/verdicts", json=other | {"verdict": verdict})).status_code == 204
        assert len((await client.get(f"{trial}/verdicts")).json()) == count
    assert (await client.get(f"{trial}/verdicts")).json() == [kept]
    wrongs: list[dict[str, Any]] = [
        {"moment": "m"},
        {"room": "r"},
        {"verdict": "fine"},
        {"verdict": None},
        {"risk": 0.3},
        {"risk": None},
        {"verdict": []},
    ]
    for wrong in wrongs:
        assert (await client.post(f"{trial}/verdicts", json=given | wrong)).status_code == 400
    for body in (b"[" * 3000, b"", b"[]", b"{", b"x" * 10_000):
        assert (await client.post(f"{trial}/verdicts", content=body)).status_code == 400
    (house.folder / "cases.jsonl").unlink()
    (house.folder / "cases.jsonl").mkdir()
    answer = await client.post(f"{trial}/verdicts", json=given)
    assert answer.status_code == 507 and "cases.jsonl" in answer.json()["problem"]
    assert (await client.get(f"{trial}/verdicts")).json() == []
