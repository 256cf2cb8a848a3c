"""The routes behind the page /history. They are the page's own: authenticated by its cookie, and closed to other sites.

GET    /history                                  the page
GET    /history/trials                           the newest trial, or null
POST   /history/trials                           begins one
POST   /history/trials/ID/pieces?name=&number=&last=   a piece of a file, as the body
POST   /history/trials/ID/start | cancel         replays; stops replaying
GET    /history/trials/ID                        how far it is
GET    /history/trials/ID/found                  what the history holds
GET    /history/trials/ID/risks/RISK             what Cameo would have said
GET    /history/trials/ID/risks/RISK/print       the same as a page to print or to keep
GET    /history/trials/ID/verdicts               those on its moments: [{"room", "moment", "verdict"}]
POST   /history/trials/ID/verdicts               {"risk", "room", "moment", "verdict"}; the verdict "" takes it back
DELETE /history/trials/ID
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from bot.console.history_json import found_json, result_json, state_json, verdicts_json
from bot.console.incoming import SENT_BYTES, Incoming, OutOfOrder
from bot.console.pages.frame import language_of
from bot.console.pages.history import history_page
from bot.explain.words import Words
from bot.measure.cases import CaseFile, JudgedCase, MomentVerdict
from bot.measure.trial import MOST_TRIALS, Trial, Trials, TrialStage
from bot.measure.trial_problem import TrialProblem
from bot.measure.trial_report import trial_page
from bot.measure.trial_results import RiskResult
from bot.types import Clock, StoreError

HISTORY_PATH = "/history"
REPLACED_KEPT = 16  # ids of trials that had to go for another: their tabs ask within seconds, or never
TAKEN_BACK = ""  # in place of a verdict
LONGEST_VERDICT = 4_096  # bytes of a verdict as JSON: four short texts

Answer = Callable[[Trial, Request], Awaitable[Response]]


class HistoryRoutes:
    """`receiving` holds the newest file of each trial, `replaced` the trials that went for another."""

    def __init__(self, trials: Trials, cases: CaseFile, words: Words, clock: Clock):
        self._trials, self._cases, self._words, self._clock = trials, cases, words, clock
        self._receiving: dict[str, Incoming] = {}
        self._replaced: deque[str] = deque(maxlen=REPLACED_KEPT)

    def router(self) -> APIRouter:
        router = APIRouter(prefix=HISTORY_PATH)
        router.add_api_route("", self._page, methods=["GET"])
        router.add_api_route("/trials", self._newest, methods=["GET"])
        router.add_api_route("/trials", self._begin, methods=["POST"])
        for path, method, answer in (
            ("", "GET", self._state),
            ("", "DELETE", self._delete),
            ("/pieces", "POST", self._piece),
            ("/start", "POST", self._start),
            ("/cancel", "POST", self._cancel),
            ("/found", "GET", self._found),
            ("/risks/{risk}", "GET", self._risk),
            ("/risks/{risk}/print", "GET", self._printed),
            ("/verdicts", "GET", self._verdicts),
            ("/verdicts", "POST", self._judge),
        ):
            router.add_api_route(f"/trials/{{trial_id}}{path}", self._of_trial(answer), methods=[method])
        return router

    def _of_trial(self, answer: Answer) -> Callable[[str, Request], Awaitable[Response]]:
        """The route for a trial: 404 if it is gone, and the problem as a sentence if the manager can mend it."""

        async def route(trial_id: str, request: Request) -> Response:
            trial = self._trials.find(trial_id)
            if trial is None:
                key = "history.replaced" if trial_id in self._replaced else "history.gone"
                return self._problem(key, request, 404)
            try:
                return await answer(trial, request)
            except TrialProblem as problem:
                return JSONResponse({"problem": problem.say(self._words, _language(request))}, 400)

        return route

    def _problem(self, key: str, request: Request, status: int = 400) -> Response:
        return JSONResponse({"problem": self._words.say(key, _language(request))}, status)

    # --- the page ------------------------------------------------------------------------------

    async def _page(self, request: Request) -> HTMLResponse:
        page = history_page(self._words, _language(request), SENT_BYTES)
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    async def _newest(self, request: Request) -> JSONResponse:
        every = self._trials.all()
        return self._told(every[-1], request) if every else JSONResponse(None)

    async def _state(self, trial: Trial, request: Request) -> JSONResponse:
        return self._told(trial, request)

    def _told(self, trial: Trial, request: Request) -> JSONResponse:
        return JSONResponse(state_json(trial, self._words, _language(request)))

    # --- a trial begins and ends -----------------------------------------------------------------

    async def _begin(self, request: Request) -> Response:
        await self._forget_unsent()
        try:
            return self._told(await self._trials.begin(), request)
        except TrialProblem as problem:
            return JSONResponse({"problem": problem.say(self._words, _language(request))}, 400)

    async def _forget_unsent(self) -> None:
        """Makes a place for another trial, if there is none: deletes the oldest one that is between two of its files,
        because mostly its browser has left."""
        for trial in self._trials.all():
            if len(self._trials.all()) < MOST_TRIALS:
                return
            incoming = self._receiving.get(trial.id)
            if trial.progress.stage is TrialStage.RECEIVING and (incoming is None or incoming.is_over):
                self._receiving.pop(trial.id, None)
                self._replaced.append(trial.id)
                await self._trials.delete(trial)

    async def _piece(self, trial: Trial, request: Request) -> Response:
        query, piece = request.query_params, await _body(request, SENT_BYTES)
        number = query.get("number", "")
        if piece is None or not (number.isascii() and number.isdigit() and len(number) < 9):
            return self._problem("history.piece_wrong", request)
        before = incoming = self._receiving.get(trial.id)
        if int(number) == 0:  # replaced before anything is awaited: two requests may come at once
            incoming = self._receiving[trial.id] = Incoming(trial, query.get("name", ""))
        if incoming is None:
            return self._problem("history.piece_wrong", request)
        try:
            if before is not None and before is not incoming:
                await before.abandon()
            await incoming.add(int(number), piece, is_last=query.get("last") == "1")
        except (OutOfOrder, TimeoutError):
            await incoming.abandon()
            if self._receiving.get(trial.id) is incoming:
                del self._receiving[trial.id]
            return self._problem("history.piece_wrong", request)
        return Response(status_code=204)

    async def _abandon(self, trial: Trial) -> None:
        if incoming := self._receiving.pop(trial.id, None):
            await incoming.abandon()

    async def _start(self, trial: Trial, request: Request) -> Response:
        incoming = self._receiving.get(trial.id)
        if incoming is not None and not incoming.is_over:
            raise TrialProblem("receiving")
        await self._abandon(trial)
        trial.start()
        return self._told(trial, request)

    async def _cancel(self, trial: Trial, request: Request) -> Response:
        await self._abandon(trial)
        await trial.cancel()
        return self._told(trial, request)

    async def _delete(self, trial: Trial, request: Request) -> Response:
        await self._abandon(trial)
        await self._trials.delete(trial)
        return Response(status_code=204)

    # --- what it found -------------------------------------------------------------------------

    async def _found(self, trial: Trial, request: Request) -> Response:
        return (
            JSONResponse(found_json(trial.found)) if trial.found else self._problem("history.not_ready", request, 409)
        )

    async def _risk(self, trial: Trial, request: Request) -> Response:
        result = _result(trial, request.path_params["risk"])
        if trial.found is None or result is None:
            return self._problem("history.not_ready", request, 409)
        return JSONResponse(result_json(result, trial.found))

    async def _printed(self, trial: Trial, request: Request) -> Response:
        result = _result(trial, request.path_params["risk"])
        if trial.found is None or result is None:
            return self._problem("history.not_ready", request, 409)
        page = trial_page(trial.found, result, self._words, _language(request))
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    async def _verdicts(self, trial: Trial, request: Request) -> Response:
        try:
            cases = await asyncio.to_thread(self._cases.read)
        except StoreError:  # told when the next one is to be kept
            cases = []
        return JSONResponse(verdicts_json(cases, trial.results.values()))

    async def _judge(self, trial: Trial, request: Request) -> Response:
        given = await _verdict(request)
        result = _result(trial, str(given.get("risk")))
        found = [one for one in result.moments if one.id == given.get("moment")] if result else []
        moment = next((one for one in found if one.room == given.get("room")), None)
        verdict: Any = given.get("verdict")
        if result is None or moment is None or verdict not in (*get_args(MomentVerdict), TAKEN_BACK):
            return self._problem("history.no_moment", request)
        try:
            if verdict == TAKEN_BACK:
                await asyncio.to_thread(self._cases.withdraw, moment.room, moment.id)
            else:
                case = JudgedCase(verdict, self._clock.now(), result.risk, moment)
                await asyncio.to_thread(self._cases.add, case)
        except StoreError as error:
            return JSONResponse({"problem": str(error)}, 507)
        return Response(status_code=204)


def _result(trial: Trial, risk: str) -> RiskResult | None:
    return next((result for step, result in trial.results.items() if str(step) == risk), None)


def _language(request: Request) -> str:
    return language_of(request.headers.get("accept-language", ""))


async def _body(request: Request, most: int) -> bytes | None:
    """The body; None if it is larger than `most` bytes."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            return None
    return bytes(body)


async def _verdict(request: Request) -> dict[str, Any]:
    """The JSON object in the body; empty if there is none."""
    try:
        given = json.loads(await _body(request, LONGEST_VERDICT) or b"")
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
