"""Our session on the homeserver: one device, kept across restarts, never logged out.

With a password we log in once and store the access token in a mark. The token is a secret, so the database file is as
private as the password. A new login at every start would leave many devices behind, and transaction ids, which make
sending idempotent, are per device.
"""

import json
import secrets
from dataclasses import asdict, dataclass

from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.raw import string
from adapters.matrix.settings import MatrixSettings
from bot.types import AdapterState, PlatformRefused

SESSION, DEVICE, ACCOUNT, TOKEN = "session", "device", "account", "next_batch"  # names of marks
SIGNED_OUT = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED"})
LOGIN_REFUSED = SIGNED_OUT | {"M_FORBIDDEN", "M_UNRECOGNIZED", "M_UNKNOWN", "M_INVALID_USERNAME", "M_BAD_JSON"}


@dataclass(frozen=True, slots=True)
class Session:
    """A device of our account. `name` is our display name, for clients that mention users by name."""

    user: str
    device: str
    token: str
    name: str = ""


async def open_session(server: Homeserver, wanted: MatrixSettings, state: AdapterState) -> Session:
    """Signs in by token, by the stored session, or by password, in two requests at most. Raises PlatformRefused with
    one line for the manager, MatrixError when the homeserver is away."""
    if wanted.token:
        session = await _by_token(server, wanted, wanted.token)
    elif wanted.password and wanted.user:
        session = await _by_password(server, wanted, (wanted.user, wanted.password), state)
    else:
        raise PlatformRefused(f"matrix: neither {wanted.token_env} nor {wanted.password_env} is set")
    await _forget_other_account(session.user, state)
    return session


async def named(server: Homeserver, session: Session) -> Session:
    """The session with our display name, if the account has one."""
    try:
        name = await server.display_name(session.user)
    except MatrixError as error:
        if error.status not in (400, 403, 404):
            raise
        name = ""
    return Session(session.user, session.device, session.token, name)


def signed_out(error: Exception) -> bool:
    """True if the homeserver says that the access token is not (or no longer) valid."""
    return isinstance(error, MatrixError) and error.code in SIGNED_OUT


async def _by_token(server: Homeserver, wanted: MatrixSettings, token: str) -> Session:
    server.token = token
    try:
        who = await server.whoami()
    except MatrixError as error:
        if signed_out(error) or error.status == 403:
            raise PlatformRefused(f"matrix: {wanted.homeserver} refuses {wanted.token_env}: {error.code}") from error
        raise
    user = string(who.get("user_id"))
    if wanted.user and user != wanted.user:
        raise PlatformRefused(f"matrix: {wanted.token_env} belongs to {user}, not to {wanted.user}")
    return Session(user, string(who.get("device_id")), token)


async def _by_password(
    server: Homeserver, wanted: MatrixSettings, login: tuple[str, str], state: AdapterState
) -> Session:
    kept = _read(await state.get(SESSION), login[0])
    if kept is not None:
        server.token = kept.token
        try:
            await server.whoami()
            return kept
        except MatrixError as error:
            if not signed_out(error):
                raise
    session = await _login(server, wanted, login, kept.device if kept else await _chosen_device(state))
    await state.put({SESSION: json.dumps(asdict(session))})
    server.token = session.token
    return session


async def _chosen_device(state: AdapterState) -> str:
    """The id of our device, stored before it is used, so that a login repeated after a crash uses the same one."""
    device = await state.get(DEVICE) or "CAMEO" + secrets.token_hex(4).upper()
    await state.put({DEVICE: device})
    return device


async def _login(server: Homeserver, wanted: MatrixSettings, login: tuple[str, str], device: str) -> Session:
    server.token = ""
    try:
        answer = await server.login(*login, device)
    except MatrixError as error:
        if error.code in LOGIN_REFUSED and error.status in (400, 401, 403):
            line = f"matrix: {wanted.homeserver} refuses {wanted.user} with {wanted.password_env}: {error.code}"
            raise PlatformRefused(line) from error
        raise
    return Session(string(answer.get("user_id")), string(answer.get("device_id")), string(answer.get("access_token")))


def _read(kept: str | None, user: str) -> Session | None:
    """The stored session, if it belongs to this account."""
    try:
        session = Session(**json.loads(kept or ""))
    except (ValueError, TypeError, RecursionError):
        return None
    return session if session.user == user else None


async def _forget_other_account(user: str, state: AdapterState) -> None:
    """Removes the marks of another account: its rooms and sync token mean nothing to this one."""
    before = await state.get(ACCOUNT)
    if before == user:
        return
    stale = {**await state.scan("room/"), **await state.scan("invite/"), TOKEN: ""} if before else {}
    await state.put({**dict.fromkeys(stale), ACCOUNT: user})
