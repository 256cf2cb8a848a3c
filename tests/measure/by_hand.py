"""The outcomes of a replay, computed naively: with the whole history in hand, one conversation at a time."""

import re
from datetime import datetime
from statistics import median
from typing import Any


def seconds(row: dict[str, Any]) -> float:
    return datetime.fromisoformat(row["at"]).timestamp()


def outcomes(
    rows: list[dict[str, Any]], truth: list[dict[str, Any]], turns: list[dict[str, Any]], horizon: float
) -> dict[str, dict[str, Any]]:
    """Figures by group: all, questions, clean_questions."""
    conversation = {one["id"]: one["conversation"] for one in truth}
    talk = {
        first: [one for one in rows if conversation.get(one["id"]) == first] for first in set(conversation.values())
    }
    by_id = {one["id"]: one for one in rows}
    found: dict[str, list[dict[str, Any]]] = {"all": [], "questions": [], "clean_questions": []}
    for first, said in talk.items():
        last = max(seconds(one) for one in rows if one["room"] == said[0]["room"])
        if said[0]["bot"] or last - seconds(said[0]) < horizon:
            continue
        spoken = [
            seconds(turn) for turn in turns
            if turn["decision"] == "speak" and conversation[turn["trigger"]] == first
            and "cameo" not in by_id[turn["trigger"]]["mentions"]
        ]  # fmt: skip
        one = _judged(said, rows, sorted(spoken), horizon)
        found["all"].append(one)
        if one["question"]:
            found["questions"].append(one)
            if one["clean"]:
                found["clean_questions"].append(one)
    return {group: _shares(judged) for group, judged in found.items()}


def _judged(
    said: list[dict[str, Any]], rows: list[dict[str, Any]], spoken: list[float], horizon: float
) -> dict[str, Any]:
    opener = said[0]
    starter, start = opener["author"], seconds(opener)
    answers = [seconds(one) for one in said if one["author"] != starter and not one["bot"]]
    answer = next((at for at in answers if at <= start + horizon), None)
    early = min(start + 300, answer if answer is not None else start + horizon)
    own = [re.sub(r"`[^`]*`", "", one["text"]) for one in said if one["author"] == starter and seconds(one) <= early]
    called_back = answer is None and any(
        starter in one["mentions"] and one["author"] != starter and not one["bot"]
        and start < seconds(one) <= start + min(3600, horizon) for one in rows if one["room"] == opener["room"]
    )  # fmt: skip
    return {
        "answer": answer,
        "spoken": [at for at in spoken if at <= start + horizon],
        "start": start,
        "question": any("?" in text for text in own),
        "clean": not called_back and all(person == starter for person in opener["mentions"]),
    }


def _shares(judged: list[dict[str, Any]]) -> dict[str, Any]:
    lonely = [one for one in judged if one["answer"] is None]
    words = [(one["answer"], at) for one in judged for at in one["spoken"]]
    useful = sum(answer is None for answer, _ in words)
    late = sum(answer is not None and at >= answer for answer, at in words)
    displaced = len(words) - useful - late
    holds = [one["spoken"][0] - one["start"] for one in judged if one["spoken"]]
    return {
        "eligible": len(judged),
        "never_answered": len(lonely),
        "coverage": _share(sum(bool(one["spoken"]) for one in lonely), len(lonely)),
        "useful": _share(useful, len(words)),
        "late": _share(late, len(words)),
        "displacement": _share(displaced, len(words)),
        "displacement_while_open": _share(displaced, displaced + useful),
        "median_hold_min": round(median(holds) / 60, 2) if holds else None,
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
