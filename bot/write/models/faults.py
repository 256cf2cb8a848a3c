"""Classifies failed model requests by what to do about them. Pure: knows HTTP, but no SDK."""

import json
import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from bot.write.models import complaints

NOTHING_THERE = "nothing answers there"
NO_LIST = "what answers there lists no models"


class FaultKind(StrEnum):
    REFUSED = "refused"  # key, name, credit, address: a person has to fix it
    ABSENT = "absent"  # nothing answers, or no model server
    BUSY = "busy"  # 429: later
    BROKEN = "broken"  # 5xx, no connection, connection lost, unreadable answer: perhaps later
    SLOW = "slow"  # a time limit passed: members should not wait for another attempt
    TOO_LONG = "too_long"  # the prompt does not fit
    DECLINED = "declined"  # this request was rejected; the model works
    EMPTY = "empty"  # it ended without text


class Fault(Exception):
    """One attempt that gave no text. `detail` is for the log: codes and numbers, never the provider's sentences, which
    may quote members or keys. `retry_after` is in seconds; `status` is the HTTP status, 0 if there is none. `body` is
    the provider's error, for a manager who tests a key, never for the log."""

    def __init__(
        self, kind: FaultKind, detail: str, *, status: int = 0, retry_after: float | None = None, body: object = None
    ):
        super().__init__(f"{kind}: {detail}")
        self.body = body
        self.kind, self.detail, self.status, self.retry_after = kind, detail, status, retry_after
        self.previewed = False  # part of the text was shown before the failure


def sort(status: int, body: object) -> FaultKind:
    """Classifies an HTTP error. `body` is its content: parsed JSON, text or nothing. What the words say goes before the
    status: providers tell a wrong key, no credit and a prompt that is too long with a 400, too."""
    words = said(body)
    if status == 429:
        return _limited(words)
    if status in (400, 403, 422) and complaints.is_about_content(words):
        return FaultKind.DECLINED
    if status == 413 or _may_be_long(status, words):
        return FaultKind.TOO_LONG
    if status in (401, 402, 403, 404, 405, 410):
        return FaultKind.REFUSED
    if status in (408, 409, 425) or status >= 500:
        return FaultKind.BROKEN
    return FaultKind.REFUSED if complaints.needs_a_person(words) else FaultKind.DECLINED


def _may_be_long(status: int, words: str) -> bool:
    if status in (401, 402, 403, 404) or (status >= 500 and complaints.is_busy(words)):
        return False
    return complaints.is_too_long(words)


def _limited(words: str) -> FaultKind:
    if complaints.is_out_of_credit(words):
        return FaultKind.REFUSED
    return FaultKind.TOO_LONG if complaints.is_too_long(words) else FaultKind.BUSY


def sort_event(body: object) -> tuple[FaultKind, int]:
    """Classifies an error with status 200, whole or inside a stream, whose `code` may be a status or words. Returns
    kind and status (0 if there is none)."""
    code = body.get("code") if isinstance(body, Mapping) else None
    try:
        status = int(code) if isinstance(code, int | str) else 0
    except ValueError:
        status = 0
    if 400 <= status < 600:
        return sort(status, body), status
    words = said(body)
    found = (
        (complaints.is_too_long, FaultKind.TOO_LONG),
        (complaints.is_busy, FaultKind.BUSY),
        (complaints.is_about_content, FaultKind.DECLINED),
        (complaints.needs_a_person, FaultKind.REFUSED),
    )
    return next((kind for is_so, kind in found if is_so(words)), FaultKind.BROKEN), 0


_NO_ERROR = frozenset({"0", "200", "ok", "success", "none", "null", "false", "no error"})
_TOLD_IN = ("errors", "error_msg", "error_message", "message", "msg", "status_msg", "detail")


def error_in(answer: Mapping[str, Any]) -> object:
    """The error that an answer or a chunk with status 200 holds, or None. Not every server names it "error": some have
    a code and a sentence where the choices should be (Baidu, MiniMax, FastChat, DashScope)."""
    if _complains(answer.get("error")):
        return answer["error"]
    if answer.get("choices") or answer.get("usage"):
        return None
    place = answer.get("base_resp") or answer
    told = isinstance(place, Mapping) and any(
        isinstance(place.get(name), str | list) and _complains(place[name]) for name in _TOLD_IN
    )
    return place if told else None


def _complains(error: object) -> bool:
    """Whether an error says anything: some servers send one in every answer, and say in it that there is none."""
    told = list(error.values()) if isinstance(error, Mapping) else [error]
    return any(one and (not isinstance(one, str | int) or str(one).strip().casefold() not in _NO_ERROR) for one in told)


def without_input(body: object) -> object:
    """The error without the request that it repeats (FastAPI): our own fields are no complaint."""
    details = body.get("detail") if isinstance(body, Mapping) else None
    if not isinstance(details, list):
        return body
    return [[one.get("loc"), one.get("msg")] if isinstance(one, Mapping) else one for one in details]


def said(body: object) -> str:
    """The text of an error, to search for known phrases; at most 4,000 characters, which no genuine error exceeds."""
    try:
        text = body if isinstance(body, str) else json.dumps(body, default=str, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = str(body)
    return text[:4000]


PROVIDER_CODES = frozenset(
    {
        # OpenAI's, which most servers copy, then those of Azure, Anthropic, OpenRouter, Groq, vLLM, llama.cpp, Ollama
        "account_deactivated", "access_terminated", "billing_hard_limit_reached", "billing_not_active",
        "context_length_exceeded", "engine_overloaded", "insufficient_quota", "insufficient_permissions",
        "invalid_api_key", "invalid_organization", "invalid_request_error", "invalid_type", "invalid_value",
        "missing_required_parameter", "model_not_found", "permission_error", "rate_limit_exceeded",
        "requests", "server_error", "tokens", "unknown_parameter", "unsupported_country_region_territory",
        "unsupported_parameter", "unsupported_value", "api_error", "authentication_error", "billing_error",
        "content_filter", "content_policy_violation", "DeploymentNotFound", "exceed_context_size_error",
        "exceeded_current_quota_error", "insufficient_balance", "internal_error", "internal_server_error",
        "invalid_authentication_error", "max_tokens_exceeded", "model_decommissioned", "model_overloaded",
        "moderation_blocked", "not_found_error", "not_supported_error", "overloaded", "overloaded_error",
        "payment_required", "rate_limit_error", "rate_limit_reached_error", "request_too_large", "service_unavailable",
        "timeout_error", "too_many_requests", "unavailable_error", "unauthorized", "BadRequestError", "NotFoundError",
        "InternalServerError",
    }
)  # fmt: skip
"""Codes that are kept. Another one could be anything: a server may repeat our key or a member's words in it."""


def short(body: object) -> str:
    """The error's own code or type, if it is a known one and so is safe to log; otherwise empty."""
    body = body[0] if isinstance(body, list) and body else body  # Gemini puts its errors into a list
    found: Any = body.get("error", body) if isinstance(body, Mapping) else None
    if isinstance(found, Mapping):
        for name in ("code", "type"):
            value = found.get(name)
            if isinstance(value, str) and value in PROVIDER_CODES:
                return value
    return ""


LONGEST_RETRY_AFTER = 86_400.0  # seconds; a server that asks for more is out of order, and is asked again the next day


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that the server asks to wait (retry-after-ms, or Retry-After as seconds or date), at most
    LONGEST_RETRY_AFTER, or None."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return min(max(0.0, seconds), LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
        return min(max(0.0, (date - now).total_seconds()), LONGEST_RETRY_AFTER)
    except (ValueError, TypeError, OverflowError):  # not a date, or without a time zone
        return None
