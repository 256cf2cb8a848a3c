"""Text becomes a command with values, or an error that says what was meant."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.catalogue import BY_PATH, COMMANDS, EXAMPLES, OTHER_WORDS
from bot.commands.durations import Ended, Span, UntilClock, duration
from bot.commands.parse import LONGEST_COMMAND, Misread, ReadCommand, command_text, parse, read_path
from bot.commands.values import value
from bot.types import Command, Option, OptionKind
from tests.fakes.present import present

HOUR = timedelta(hours=1)


def read(text: str) -> tuple[str, dict[str, object]]:
    found = parse(text)
    assert isinstance(found, ReadCommand), found
    return found.command.name, dict(found.values)


def misread(text: str) -> Misread:
    found = parse(text)
    assert isinstance(found, Misread), found
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_example_of_each_command_works(command: Command) -> None:
    name = command.name
    assert read(EXAMPLES[name])[0] == name


def test_a_path_is_unique_and_begins_no_other() -> None:
    assert len(BY_PATH) == len(COMMANDS) == len(EXAMPLES)
    assert not [(one, other) for one in BY_PATH for other in BY_PATH if one != other and other[: len(one)] == one]


def test_other_words_mean_words_that_there_are() -> None:
    known = {word for path in BY_PATH for word in path}
    assert {meant.split()[0] for meant in OTHER_WORDS.values()} <= known


@pytest.mark.parametrize(
    ("text", "command", "values"),
    [
        ("", "help", {}),
        ("帮助", "help", {}),
        ("STATUS kitchen", "status", {"where": "kitchen"}),
        ("status #kitchen", "status", {"where": "kitchen"}),
        ("room join Unanswered", "room join", {"value": "unanswered"}),
        ("room join every-post community", "room join", {"value": "every_post", "where": "community"}),
        ("room join value=off where=community", "room join", {"value": "off", "where": "community"}),
        ("room join where: community off", "room join", {"value": "off", "where": "community"}),
        ("room share of voice 15 %", "room voice", {"value": 0.15}),
        ("room risk 0.2", "room risk", {"value": 0.2}),
        ("room quiet 22:00-07:00 community", "room quiet", {"value": "22:00-07:00", "where": "community"}),
        ("room quiet 10pm to 7am", "room quiet", {"value": "22:00-07:00"}),
        ("room quiet 晚上10点到早上7点", "room quiet", {"value": "22:00-07:00"}),
        ("room quiet off", "room quiet", {"value": "off"}),
        ('room about "bread, 22:00" community', "room about", {"value": "bread, 22:00", "where": "community"}),
        ("room about bread: slow and dry where=community", "room about",
         {"value": "bread: slow and dry", "where": "community"}),
        ("mute 2 days community", "mute", {"time": Span(48 * HOUR), "where": "community"}),
        ('mute time="2 days" where=here', "mute", {"time": Span(48 * HOUR), "where": "here"}),
        ("mute until 18:00", "mute", {"time": UntilClock(time(18))}),
        ("unmute", "mute", {"time": Ended()}),
        ("unmute community", "mute", {"time": Ended(), "where": "community"}),
        ("privacy opt out", "privacy opt-out", {}),
        ("privacy opt_out", "privacy opt-out", {}),
        ("privacy forget", "privacy delete", {}),
        ("feedback wrong that was “nonsense”", "feedback", {"verdict": "wrong", "text": "that was “nonsense”"}),
        ("feedback too much", "feedback", {"verdict": "too_much"}),
        ("why https://discord.com/channels/1/2/3", "why", {"message": "3"}),
        ("why https://matrix.to/#/!room:x.org/$event", "why", {"message": "$event"}),
        ("log 5 kitchen", "log", {"count": 5.0, "where": "kitchen"}),
        ("log kitchen", "log", {"where": "kitchen"}),
    ],
)  # fmt: skip
def test_what_is_read(text: str, command: str, values: dict[str, object]) -> None:
    assert read(text) == (command, values)


@pytest.mark.parametrize(
    ("text", "code", "meant"),
    [
        ("room join unansered", "value", "unanswered"),
        ("room jion off", "unknown", "room join"),
        ("rom join off", "unknown", "room join"),
        ("stats", "unknown", "status"),
        ("xyzzy", "unknown", ""),
        ("room", "group", ""),
        ("mute", "missing", ""),
        ("mute banana", "value", ""),
        ("mute 0m", "value", ""),
        ("mute 99999 weeks", "value", ""),
        ("room risk 1", "value", ""),
        ("room risk 120%", "value", ""),
        ("room quiet 25:00-07:00", "value", ""),
        ("room quiet 07:00-07:00", "value", ""),
        ("room join off here now", "too_many", ""),
        ("room join off value=watch", "twice", ""),
        ("room join value=", "value", ""),
        ("status where=", "value", ""),
        ("x" * (LONGEST_COMMAND + 1), "long", ""),
    ],
)
def test_what_is_wrong_and_what_was_meant(text: str, code: str, meant: str) -> None:
    found = misread(text)
    assert found.code == code
    assert not meant or found.meant == meant


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    parse(text)
    parse(f"room about {text}")
    parse(f"mute {text}")
    command_text(text)


@given(st.text(alphabet="\u200b\u200d\ufeff \t\n\"'“”‘「」=:：!/mute1h中ａ", max_size=60))
def test_quotes_names_and_invisible_letters_are_never_an_error(text: str) -> None:
    parse(text)
    parse(f"mute {text}")


@given(
    st.sampled_from(COMMANDS), st.dictionaries(st.sampled_from(["value", "where", "time", "x"]), st.text(max_size=80))
)
def test_what_a_platform_gives_is_read_alike(command: Command, given_options: dict[str, str]) -> None:
    path = command.path
    found = read_path(path, given_options)
    assert isinstance(found, Misread) or found.command.path == path


def test_an_invisible_letter_hides_no_command() -> None:
    assert read("mu\u200bte 1h")[0] == "mute"
    assert read("ｍｕｔｅ １ｈ") == ("mute", {"time": Span(HOUR)})


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("!cameo status", "status"),
        ("/cameo", ""),
        ("！cameo status", "status"),
        ("!Cameo: status", "status"),
        ("!cameo，帮助", "帮助"),
        ("  /cameo  room\nabout", "room\nabout"),
        ("!cameos", None),
        ("!cameo@example", None),
        ("hello !cameo", None),
        ("cameo status", None),
        ("", None),
    ],
)
def test_which_message_is_a_command(text: str, rest: str | None) -> None:
    assert command_text(text) == rest


# --- durations -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1h", 60), ("30m", 30), ("90 minutes", 90), ("1h30m", 90), ("1 h 30 min", 90), ("1 hour and 30 minutes", 90),
        ("2 days", 2880), ("1.5 h", 90), ("1,5h", 90), ("half an hour", 30), ("an hour", 60), ("for 1 hour", 60),
        ("a week", 10080), ("1周", 10080), ("1小时", 60),
        ("半小时", 30), ("一个小时", 60), ("一小时半", 90), ("两天", 2880), ("30分钟", 30),
        ("2个小时", 120), ("三个半小时", 210),
    ],
)  # fmt: skip
def test_how_long(text: str, minutes: float) -> None:
    assert duration(text) == Span(timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text", ["", "h", "1", "1x", "-1h", "1h foo", "1 hourglass", "until", "until 25:00", "until x"]
)
def test_no_duration(text: str) -> None:
    assert duration(text) is None


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "now", "end"),
    [
        ("until 18:00", "2026-05-01T10:00", "2026-05-01T16:00"),
        ("until 6pm", "2026-05-01T10:00", "2026-05-01T16:00"),
        ("until 18", "2026-05-01T17:00", "2026-05-02T16:00"),  # it is 19:00 there: the next day
        ("until tomorrow 9:00", "2026-05-01T10:00", "2026-05-02T07:00"),
        ("until tomorrow", "2026-05-01T10:00", "2026-05-01T22:00"),
        ("到18点", "2026-05-01T10:00", "2026-05-01T16:00"),
        ("到下午6点半", "2026-05-01T10:00", "2026-05-01T16:30"),
        ("直到明天9点", "2026-05-01T10:00", "2026-05-02T07:00"),
        ("until 02:30", "2026-03-28T23:30", "2026-03-29T01:30"),  # a time that this night does not have
    ],
)
def test_until_when_by_the_clock_of_the_room(text: str, now: str, end: str) -> None:
    found = present(duration(text))
    assert isinstance(found, Span | UntilClock)
    assert found.end(datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN) == datetime.fromisoformat(end).replace(
        tzinfo=UTC
    )


@given(st.integers(1, 23), st.integers(0, 59), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))  # noqa: DTZ001
def test_a_clock_is_reached_within_a_day(hour: int, minute: int, at: datetime) -> None:
    now = at.replace(tzinfo=UTC)
    until = UntilClock(time(hour, minute)).end(now, BERLIN)
    assert timedelta() < until - now <= timedelta(hours=25)


@given(st.sampled_from(list(OptionKind)), st.text(max_size=1200))
def test_each_kind_of_value_is_bounded(kind: OptionKind, text: str) -> None:
    found = value(Option("value", kind, choices=("a", "b")), text)
    assert found is None or not isinstance(found, str) or len(found) <= 1000
