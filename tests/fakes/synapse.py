"""A real Synapse on loopback, and people who use it with clients of their own.

Fixtures: `homeserver` and `slow_homeserver` (which limits rates), one process each for the whole test session. A test
module uses them by importing them into its conftest.py.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.fakes.environment import clean_environment
from tests.fakes.waiting import PATIENCE

PYTHON = Path(__file__).parents[2] / ".venv-synapse" / "bin" / "python"
MISSING = (
    f"THE MATRIX TESTS NEED A REAL SYNAPSE, and {PYTHON} is not there. `make test` installs it; by hand: "
    "python3 -m venv .venv-synapse && "
    ".venv-synapse/bin/pip install --require-hashes --no-deps -r requirements-synapse.lock"
)
START_SECONDS = 60.0  # takes 2 s on an idle machine
SECRET = "test-shared-secret"
UNLIMITED = "{per_second: 100000, burst_count: 100000}"
SLOW = "{per_second: 0.5, burst_count: 3}"

Event = dict[str, Any]

CONFIG = """
server_name: localhost
public_baseurl: http://127.0.0.1:PORT/
pid_file: DIR/homeserver.pid
listeners:
  - {port: PORT, bind_addresses: ["127.0.0.1"], type: http, tls: false, x_forwarded: false,
     resources: [{names: [client], compress: false}]}
database: {name: sqlite3, args: {database: DIR/homeserver.db}}
log_config: DIR/log.yaml
media_store_path: DIR/media
signing_key_path: DIR/signing.key
registration_shared_secret: SECRET
macaroon_secret_key: test-macaroon-secret
form_secret: test-form-secret
report_stats: false
trusted_key_servers: []
suppress_key_server_warning: true
federation_domain_whitelist: []
bcrypt_rounds: 4
caches: {sync_response_cache_duration: 0s}
presence: {enabled: false}
user_directory: {enabled: false}
rc_message: MESSAGES
rc_registration: &no {per_second: 100000, burst_count: 100000}
rc_login: {address: *no, account: *no, failed_attempts: *no}
rc_joins: {local: *no, remote: *no}
rc_joins_per_room: *no
rc_invites: {per_room: *no, per_user: *no, per_issuer: *no}
rc_room_creation: *no
rc_key_requests: *no
rc_profile: *no
"""  # an initial sync is answered from a cache for two minutes unless its duration is 0
LOGGING = """
version: 1
handlers: {console: {class: logging.StreamHandler, level: WARNING}}
root: {level: WARNING, handlers: [console]}
disable_existing_loggers: false
"""


class Synapse:
    """One homeserver process. `user()` registers a new user; `start()` and `stop()` may be called repeatedly."""

    def __init__(self, folder: Path, messages: str = UNLIMITED):
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._count = itertools.count(1)
        key = base64.b64encode(os.urandom(32)).decode().rstrip("=")
        (folder / "signing.key").write_text(f"ed25519 a_test {key}\n")
        (folder / "log.yaml").write_text(LOGGING)
        config = CONFIG.replace("PORT", str(self.port)).replace("DIR", str(folder)).replace("SECRET", SECRET)
        (folder / "homeserver.yaml").write_text(config.replace("MESSAGES", messages))

    def start(self) -> None:
        if not PYTHON.exists():
            pytest.fail(MISSING, pytrace=False)
        command = [str(PYTHON), "-m", "synapse.app.homeserver", "-c", str(self.folder / "homeserver.yaml")]
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=clean_environment(), stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("Synapse did not start:\n" + (self.folder / "output").read_text()[-4000:], pytrace=False)
            time.sleep(0.05)

    def stop(self) -> None:
        """Sends SIGTERM to our own process, and waits until it has ended."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _healthy(self) -> bool:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.url}/health", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    async def user(self, name: str) -> "Person":
        """Registers a user; a number makes the name unique, so that tests share a server but no rooms."""
        local, password = f"{name}{next(self._count)}", "correct horse"
        nonce = (await _asked("GET", f"{self.url}/_synapse/admin/v1/register"))["nonce"]
        signed = "\0".join([nonce, local, password, "notadmin"]).encode()
        mac = hmac.new(SECRET.encode(), signed, hashlib.sha1).hexdigest()
        body = {
            "nonce": nonce,
            "username": local,
            "password": password,
            "admin": False,
            "mac": mac,
            "displayname": name,
        }
        answer = await _asked("POST", f"{self.url}/_synapse/admin/v1/register", body)
        return Person(self.url, answer["user_id"], answer["access_token"], password)


class Person:
    """A user with a client of their own."""

    def __init__(self, url: str, user_id: str, token: str, password: str):
        self.url, self.id, self.token, self.password = url, user_id, token, password
        self._count = itertools.count(1)

    async def ask(self, method: str, *path: str, body: Event | None = None, **query: Any) -> Event:
        address = f"{self.url}/_matrix/client/v3/" + "/".join(quote(part, safe="") for part in path)
        return await _asked(method, address, body, self.token, query)

    async def create_room(
        self,
        name: str = "",
        *,
        version: str = "11",
        invite: Sequence[str] = (),
        encrypted: bool = False,
        space: bool = False,
        history: str = "",
    ) -> str:
        """`history`: the room's history visibility, instead of "shared"."""
        seen = {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": history}}
        encryption = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
        body = {
            "preset": "private_chat",
            "room_version": version,
            "invite": list(invite),
            "initial_state": [*([encryption] if encrypted else []), *([seen] if history else [])],
            "creation_content": {"type": "m.space"} if space else {},
        }
        answer = await self.ask("POST", "createRoom", body=body | ({"name": name} if name else {}))
        return str(answer["room_id"])

    async def invite(self, room: str, user_id: str) -> None:
        await self.ask("POST", "rooms", room, "invite", body={"user_id": user_id})

    async def join(self, room: str) -> None:
        await self.ask("POST", "join", room, body={})

    async def leave(self, room: str) -> None:
        await self.ask("POST", "rooms", room, "leave", body={})

    async def kick(self, room: str, user_id: str) -> None:
        await self.ask("POST", "rooms", room, "kick", body={"user_id": user_id})

    async def send(self, room: str, content: Event, kind: str = "m.room.message") -> str:
        answer = await self.ask("PUT", "rooms", room, "send", kind, f"t{next(self._count)}", body=content)
        return str(answer["event_id"])

    async def set_state(self, room: str, kind: str, content: Event) -> None:
        await self.ask("PUT", "rooms", room, "state", kind, "", body=content)

    async def say(
        self,
        room: str,
        text: str,
        *,
        mentions: Sequence[str] | None = (),
        reply_to: str | None = None,
        thread: str | None = None,
        kind: str = "m.text",
    ) -> str:
        """Sends a message. `mentions` None: without m.mentions, as an old client does."""
        content: Event = {"msgtype": kind, "body": text}
        if mentions is not None:
            content["m.mentions"] = {"user_ids": list(mentions)} if mentions else {}
        relation: Event = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True} if thread else {}
        if reply_to:
            relation |= {"m.in_reply_to": {"event_id": reply_to}}
        return await self.send(room, content | ({"m.relates_to": relation} if relation else {}))

    async def edit(self, room: str, event_id: str, text: str) -> str:
        new = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        relation = {"rel_type": "m.replace", "event_id": event_id}
        return await self.send(room, {**new, "body": f"* {text}", "m.new_content": new, "m.relates_to": relation})

    async def upload(self, data: bytes, media_type: str = "image/png") -> str:
        """Uploads a file; returns its URL."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": media_type}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_matrix/media/v3/upload", data=data, headers=headers) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return str((await answer.json())["content_uri"])

    async def type(self, room: str, typing: bool = True) -> None:
        body = {"typing": typing, **({"timeout": 30_000} if typing else {})}
        await self.ask("PUT", "rooms", room, "typing", self.id, body=body)

    async def redact(self, room: str, event_id: str) -> None:
        await self.ask("PUT", "rooms", room, "redact", event_id, f"t{next(self._count)}", body={})

    async def react(self, room: str, event_id: str, emoji: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": emoji}
        return await self.send(room, {"m.relates_to": relation}, "m.reaction")

    async def messages(self, room: str, limit: int = 500) -> list[Event]:
        """The room's latest events, oldest first."""
        answer = await self.ask("GET", "rooms", room, "messages", dir="b", limit=limit)
        return list(reversed(answer["chunk"]))

    async def wait_for(self, room: str, predicate: Callable[[Event], bool]) -> Event:
        """The first matching event in the room, past or future. Raises AssertionError after `PATIENCE`."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._first(room, predicate)
        except TimeoutError:
            raise AssertionError(f"no such event in {room} for {PATIENCE:g} s, as {self.id} sees it") from None

    async def _first(self, room: str, predicate: Callable[[Event], bool]) -> Event:
        since = (await self.ask("GET", "sync", timeout=0))["next_batch"]
        events = await self.messages(room)
        while True:
            found = next(filter(predicate, events), None)
            if found is not None:
                return found
            answer = await self.ask("GET", "sync", since=since, timeout=5000)
            since = answer["next_batch"]
            rooms: Event = answer.get("rooms", {}).get("join", {})
            events = rooms.get(room, {}).get("timeline", {}).get("events", [])


async def _asked(
    method: str, address: str, body: Event | None = None, token: str = "", query: dict[str, Any] | None = None
) -> Event:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, address, json=body, headers=headers, params=query) as answer,
    ):
        result: Event = await answer.json()
        assert answer.status == 200, f"{method} {address}: {answer.status} {result}"
        return result


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A homeserver for the whole session, without rate limits."""
    yield from _running(Synapse(tmp_path_factory.mktemp("synapse")))


@pytest.fixture(scope="session")
def slow_homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A homeserver that allows a person three messages, and then one every two seconds."""
    yield from _running(Synapse(tmp_path_factory.mktemp("slow-synapse"), SLOW))


def _running(server: Synapse) -> Iterator[Synapse]:
    try:
        server.start()
        yield server
    finally:
        server.stop()
