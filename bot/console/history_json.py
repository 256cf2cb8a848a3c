"""What the page of a trial is sent, as JSON values. Texts of messages go as they are: the page shows them as text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, get_args

from bot.explain.words import Words
from bot.measure.cases import JudgedCase
from bot.measure.trial import Trial, TrialStage
from bot.measure.trial_results import Became, HistoryFound, RiskResult, SpeakingMoment, TrialReply

COLUMNS_SHOWN = 48  # of the picture of replies over time: each is a finger's width on a phone


def state_json(trial: Trial, words: Words, language: str) -> dict[str, Any]:
    now = trial.progress
    return {
        "id": trial.id,
        "expires": trial.expires.isoformat(),
        "stage": now.stage.value,
        "done": round(now.done, 4),
        "messages": now.messages,
        "ready": list(now.ready),
        "so_far": asdict(trial.so_far) if trial.so_far else None,
        "found": trial.found is not None,
        "problem": _problem(trial, words, language),
    }


def _problem(trial: Trial, words: Words, language: str) -> str:
    now = trial.progress
    if now.problem:
        return now.problem.say(words, language)
    if now.stage is not TrialStage.CANCELLED:
        return ""
    return words.say("history.stopped" if now.ready else "history.stopped_early", language)


def found_json(found: HistoryFound) -> dict[str, Any]:
    return asdict(found) | {"begin": found.begin.isoformat(), "end": found.end.isoformat()} | {
        "questions": [
            {"room": one.room_name, "name": one.post.name, "text": one.post.text, "at": one.post.at.isoformat()}
            for one in found.questions
        ]
    }  # fmt: skip


def result_json(result: RiskResult, found: HistoryFound) -> dict[str, Any]:
    numbers = ("risk", "helped", "pre_empted", "late", "asked", "unknown", "share_of_voice", "usd", "hold_minutes")
    return {name: getattr(result, name) for name in numbers} | {
        "replies": len(result.replies),
        "columns": columns(result.replies, found.begin, found.end),
        "moments": [moment_json(one) for one in result.moments],
    }


def columns(replies: Sequence[TrialReply], begin: datetime, end: datetime) -> list[dict[str, int]]:
    """How many replies of each kind fall into each of COLUMNS_SHOWN equal parts of the time from `begin` to `end`."""
    whole = max((end - begin).total_seconds(), 1e-6)
    counts: list[Counter[str]] = [Counter() for _ in range(COLUMNS_SHOWN)]
    for reply in replies:
        place = int(COLUMNS_SHOWN * (reply.at - begin).total_seconds() / whole)
        counts[max(0, min(COLUMNS_SHOWN - 1, place))][reply.became] += 1
    return [{kind: count[kind] for kind in get_args(Became) if count[kind]} for count in counts]


def moment_json(moment: SpeakingMoment) -> dict[str, Any]:
    def said(one: Any) -> dict[str, Any]:
        sure = moment.answer_sure if one.id == moment.answer else None
        return {"name": one.name, "text": one.text, "at": one.at.isoformat(), "bot": one.is_bot, "answer": sure}

    return {
        "id": moment.id,
        "room": moment.room,
        "room_name": moment.room_name,
        "persona": moment.persona,
        "at": moment.at.isoformat(),
        "waited": moment.waited,
        "became": moment.became,
        "before": [said(one) for one in moment.before],
        "post": said(moment.post),
        "meanwhile": [said(one) for one in moment.after if one.at < moment.at],
        "after": [said(one) for one in moment.after if one.at >= moment.at],
    }


def verdicts_json(cases: Sequence[JudgedCase], results: Iterable[RiskResult]) -> list[dict[str, str]]:
    """The verdicts on the moments of these results."""
    here = {(moment.room, moment.id) for result in results for moment in result.moments}
    found = ((case.moment.room, case.moment.id, case.verdict) for case in cases)
    return [{"room": room, "moment": id, "verdict": verdict} for room, id, verdict in found if (room, id) in here]
