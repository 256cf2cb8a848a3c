"""Back-off for wrong tokens, and which tokens are weak."""

import secrets
import string
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.loopback import on_loopback
from bot.config.settings import ConsoleSettings, Settings
from bot.console.guesses import ADDRESSES_KEPT, FORGIVEN, FREE, FREE_EVERYWHERE, LONGEST_BACKOFF, Guesses
from bot.console.tokens import TOKEN_FILE, access_token, is_weak, refuse_weak_token
from bot.types import SettingsError


class Ticks:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def guesses() -> tuple[Guesses, Ticks]:
    ticks = Ticks()
    return Guesses(ticks), ticks


def test_some_wrong_tokens_are_free_then_the_wait_doubles_up_to_its_limit() -> None:
    table, ticks = guesses()
    waits = []
    for _ in range(FREE + 8):
        table.note("10.0.0.1")
        waits.append(table.wait("10.0.0.1"))
        ticks.now += waits[-1]
    assert waits == [0.0] * FREE + [1, 2, 4, 8, 16, LONGEST_BACKOFF, LONGEST_BACKOFF, LONGEST_BACKOFF]
    assert table.wait("10.0.0.1") == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 120), min_size=1, max_size=80))
def test_nobody_ever_waits_longer_than_the_longest_back_off(pauses: list[float]) -> None:
    table, ticks = guesses()
    for pause in pauses:
        ticks.now += pause
        table.note("10.0.0.1")
        assert 0 <= table.wait("10.0.0.1") <= LONGEST_BACKOFF
    ticks.now += LONGEST_BACKOFF
    assert table.wait("10.0.0.1") == 0


def test_one_address_does_not_delay_another_but_many_together_delay_all() -> None:
    table, _ = guesses()
    for _ in range(FREE + 5):
        table.note("10.0.0.1")
    assert table.wait("10.0.0.1") > 0 and table.wait("10.0.0.2") == 0
    for number in range(FREE_EVERYWHERE):
        table.note(f"10.1.0.{number}")
    assert table.wait("10.0.0.2") > 0


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("", "testclient", False),
    ],
)
def test_an_ipv6_network_is_one_address(one: str, other: str, together: bool) -> None:
    table, _ = guesses()
    for _ in range(FREE + 1):
        table.note(one)
    assert (table.wait(other) > 0) is together


def test_wrong_tokens_are_forgotten_and_the_table_is_bounded() -> None:
    table, ticks = guesses()
    for _ in range(FREE):
        table.note("10.0.0.1")
    ticks.now += FORGIVEN + 1
    table.note("10.0.0.1")
    assert table.wait("10.0.0.1") == 0
    for number in range(2 * ADDRESSES_KEPT):
        table.note(f"host {number}")
    assert len(table._wrong) == ADDRESSES_KEPT


STRONG: list[Callable[[], str]] = [
    lambda: secrets.token_urlsafe(24),
    lambda: secrets.token_hex(16),
    lambda: secrets.token_hex(32),
    lambda: str(uuid.uuid4()),
    lambda: uuid.uuid4().hex,
    lambda: secrets.token_urlsafe(18),
    lambda: "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(26)),
    lambda: "".join(secrets.choice(string.ascii_letters) for _ in range(32)),
    lambda: "".join(secrets.choice(string.digits) for _ in range(40)),
]
WEAK = [
    "1", "", " ", "cameo", "password", "letmein", "changeme" * 4, "0" * 64, "ab" * 40, "abc123" * 8, "1234567890" * 5,
    string.ascii_lowercase, string.ascii_lowercase[::-1], "qwertyuiopasdfghjklzxcvbnm", "Qwertyuiop1234567890Asdfghjkl",
    "passwordpasswordpassword1", "correct horse battery", "token-token-token-token-token", "hunter2hunter2hunter2!!!",
    "a" * 24 + "b" * 24, "CAMEO_TOKEN", "2026-11-30 2026-11-30 2026-11-30", "1111222233334444555566667777",
    "密码" * 20, "x" * 5000, "admin:admin:admin:admin:admin", "iloveyouiloveyouiloveyou", "poiuytrewqlkjhgfdsamnbvcxz",
    "zyxwvutsrqponmlkjihgfedcba0123456789", "secretsecretsecretsecret", "13579135791357913579135791357",
    "Cameo2026Cameo2026Cameo2026", "test test test test test test", "****************************",
]  # fmt: skip


@pytest.mark.parametrize("make", STRONG)
def test_no_random_token_is_weak(make: Callable[[], str]) -> None:
    assert [token for token in (make() for _ in range(500)) if is_weak(token)] == []


@pytest.mark.parametrize("token", WEAK)
def test_what_people_type_is_weak(token: str) -> None:
    assert is_weak(token)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1"])
def test_loopback_is_only_for_this_machine(host: str) -> None:
    assert on_loopback(host)
    refuse_weak_token(Settings(console=ConsoleSettings(host=host, token="1")))


OPEN = ["0.0.0.0", "::", "192.168.1.2", "cameo.example", "127.evil.example", "10.0.0.1", "0", "fe80::1"]


@pytest.mark.parametrize("host", OPEN)
def test_a_weak_token_is_refused_where_others_can_reach_it(host: str, tmp_path: Path) -> None:
    database = tmp_path / "cameo.db"
    weak = Settings(console=ConsoleSettings(host=host, token="1"), database=database)
    with pytest.raises(SettingsError, match=r"CAMEO_TOKEN.*openssl") as raised:
        access_token(weak)
    assert host in str(raised.value.problems) and not list(tmp_path.iterdir())
    strong = Settings(console=ConsoleSettings(host=host), database=database)
    assert not is_weak(access_token(strong))
    (tmp_path / TOKEN_FILE).write_text("1")
    with pytest.raises(SettingsError, match="too easy to guess"):
        access_token(strong)
