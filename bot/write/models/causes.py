"""Why a request to a model failed, as far as the person who can mend it needs to tell. Pure.

A fault says what to do next (`faults.py`); a cause says what is wrong, for the manager who tests a key.
"""

import errno
import socket
import ssl
from collections.abc import Iterator, Mapping
from enum import StrEnum

from bot.write.models import complaints, faults
from bot.write.models.faults import Fault, FaultKind

LONGEST_COMPLAINT = 300  # characters of the provider's own words; the longest known error messages have 250


class Cause(StrEnum):
    """Each has a sentence in the catalogue, under `model.trouble`."""

    WRONG_KEY = "wrong_key"
    NO_CREDIT = "no_credit"
    NO_MODEL = "no_model"  # none of that name
    NOT_LOADED = "not_loaded"  # the server has none at all that chats
    REGION = "region"
    ACCOUNT = "account"
    BUSY = "busy"  # rate limit
    OVERLOADED = "overloaded"  # 5xx
    NO_HOST = "no_host"  # the name is unknown
    NO_SERVER = "no_server"  # nothing listens there
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    OLD_TLS = "old_tls"
    NO_TLS = "no_tls"  # it does not speak TLS at all
    PROXY = "proxy"
    SLOW = "slow"
    HUNG_UP = "hung_up"
    REDIRECTED = "redirected"
    NOT_AN_API = "not_an_api"
    DECLINED = "declined"
    TOO_LONG = "too_long"
    EMPTY = "empty"


def cause_of(fault: Fault) -> Cause:
    """The cause of a fault of `Endpoint.ask` or `Endpoint.listed`, with the exceptions that it was raised from."""
    if found := _of_connection(list(_behind(fault))):
        return found
    if fault.kind is FaultKind.REFUSED:
        return _of_refusal(fault.status, faults.said(fault.body))
    if cause := _BY_KIND.get(fault.kind):
        return cause
    if fault.status >= 500:
        return Cause.OVERLOADED
    return Cause.HUNG_UP if "hung up" in fault.detail else Cause.NOT_AN_API


_BY_KIND = {
    FaultKind.SLOW: Cause.SLOW,
    FaultKind.EMPTY: Cause.EMPTY,
    FaultKind.TOO_LONG: Cause.TOO_LONG,
    FaultKind.BUSY: Cause.BUSY,
    FaultKind.DECLINED: Cause.DECLINED,
}


def _of_refusal(status: int, words: str) -> Cause:
    """The words go before the status, which providers choose differently; of these the more special one first."""
    if 300 <= status < 400:
        return Cause.REDIRECTED
    found = (
        (status == 402 or complaints.is_about_money(words), Cause.NO_CREDIT),
        (complaints.is_about_region(words), Cause.REGION),
        (complaints.is_about_model(words), Cause.NO_MODEL),
        (status == 401 or complaints.is_about_key(words), Cause.WRONG_KEY),
        (status == 403 or complaints.is_about_account(words), Cause.ACCOUNT),
        (status in (404, 405, 410), Cause.NOT_AN_API),
    )
    return next((cause for is_so, cause in found if is_so), Cause.DECLINED)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """The exceptions from which this one was raised, the outermost first."""
    seen: set[int] = set()
    inner: BaseException | None = error.__cause__
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        inner = inner.__cause__ or inner.__context__


def _of_connection(behind: list[BaseException]) -> Cause | None:
    """The cause of a connection that was not made, or broke; None if there was an answer."""
    names = {type(error).__name__ for error in behind}
    if "APIStatusError" in {base.__name__ for error in behind for base in type(error).__mro__}:
        return None
    found = (
        *((cause is not None, cause) for cause in map(_of_error, behind)),
        ("TooSlow" in names, Cause.SLOW),
        ("ProxyError" in names, Cause.PROXY),
        (bool(names & {"ConnectTimeout", "ConnectError"}), Cause.UNREACHABLE),
        (bool(names & {"ReadError", "WriteError", "CloseError"}) or _is_cut(behind), Cause.HUNG_UP),
        (bool(names & {"RemoteProtocolError", "LocalProtocolError"}), Cause.NOT_AN_API),
    )
    return next((cause for is_so, cause in found if is_so), None)


def _is_cut(behind: list[BaseException]) -> bool:
    return any("disconnected" in str(error) or "peer closed" in str(error) for error in behind)


def _of_error(error: BaseException) -> Cause | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Cause.CERTIFICATE
    if isinstance(error, ssl.SSLError):
        return _of_tls(str(error).upper())
    if isinstance(error, socket.gaierror):
        return Cause.NO_HOST
    if isinstance(error, ConnectionRefusedError):
        return Cause.NO_SERVER
    unreachable = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ETIMEDOUT, errno.EADDRNOTAVAIL, errno.EACCES)
    return Cause.UNREACHABLE if isinstance(error, OSError) and error.errno in unreachable else None


def _of_tls(words: str) -> Cause:
    """OpenSSL's reasons: https://docs.openssl.org/master/man3/SSL_get_error/ and the headers that it points to."""
    if any(reason in words for reason in ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "PROTOCOL VERSION", "TOO_LOW")):
        return Cause.OLD_TLS
    not_tls = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "EOF", "PACKET_LENGTH", "RECORD_LAYER")
    return Cause.NO_TLS if any(reason in words for reason in not_tls) else Cause.CERTIFICATE


def sentence(body: object) -> str:
    """The provider's own sentence in an error, on one line; empty if there is none. It may quote a key."""
    text = _message(body, depth=4)
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= LONGEST_COMPLAINT else line[: LONGEST_COMPLAINT - 1] + "\u2026"


def _message(body: object, depth: int) -> str:
    if isinstance(body, str):
        return "" if body.lstrip().startswith("<") else body
    if isinstance(body, list) and body and depth:
        return _message(body[0], depth - 1)
    if isinstance(body, Mapping) and depth:
        names = ("message", "msg", "error_msg", "status_msg", "detail", "error", "errors")
        return next((text for name in names if (text := _message(body.get(name), depth - 1))), "")
    return ""
