"""Asks a running Cameo on this machine, by its JSON API."""

import json
import urllib.error
import urllib.request
from typing import Any

from bot.config.settings import Settings

CLIENT_SECONDS = 130.0  # a little longer than the server waits for an answer


class NotRunning(Exception):
    """Nothing answers at the console's address; the text says what to do."""


class ConsoleRefused(Exception):
    """The console has answered with an error; the text is its sentence."""


def ask_running(settings: Settings, token: str, body: dict[str, Any]) -> dict[str, Any]:
    """What `POST /api/commands` answers. Raises NotRunning and ConsoleRefused."""
    host = settings.console.host if settings.console.host not in ("0.0.0.0", "::") else "127.0.0.1"  # noqa: S104
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.console.port}/api/commands"
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy would get the token
    try:
        with opener.open(request, timeout=CLIENT_SECONDS) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        raise ConsoleRefused(_sentence(error)) from None
    except (OSError, ValueError, RecursionError):
        raise NotRunning(f"no Cameo answers at {address}; start it with ./cameo run, then ask again") from None


def _sentence(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, LookupError, TypeError, RecursionError, OSError):
        return f"the console answered with HTTP {error.code}"
