"""Who may use what, and where; and that everything is said in every language."""

from pathlib import Path

import pytest

from bot.commands.answering import CHANGES, READS
from bot.commands.catalogue import COMMANDS
from bot.commands.misread import does, means
from bot.commands.parse import parse
from bot.commands.request import Wording
from bot.config.policy import Policy
from bot.explain.words import LANGUAGES
from bot.types import Author, Command, Power, Room, Thread
from tests.commands.asking import ANA, BEN, ROOM, Chat
from tests.fakes.shipped import shipped_words
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import post

DISCORD_MOST = 100  # characters of a description
DIRECT = Thread(Room("local", "-", "dm-ben"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_has_an_answer_and_words(command: Command) -> None:
    assert (command.path in READS) != (command.path in CHANGES)
    for language in LANGUAGES:
        wording = Wording(shipped_words(), language, "!cameo ")
        assert 0 < len(does(command, wording)) <= DISCORD_MOST
        assert all(0 < len(means(command, option, wording)) <= DISCORD_MOST for option in command.options)
        for option in command.options:
            assert all(wording.say(f"choice.{choice}") for choice in option.choices)
        if len(command.path) > 1:
            assert wording.say(f"group.{command.path[0]}")


def test_no_answer_is_left_of_a_command_that_is_gone() -> None:
    assert {*READS, *CHANGES} == {command.path for command in COMMANDS}


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.power is Power.MANAGER], ids=lambda one: one.name)
async def test_a_member_can_use_no_command_of_managers(tmp_path: Path, command: Command) -> None:
    async with stage(tmp_path) as on:
        member = Chat(on, Power.MEMBER, author=BEN, community_power=Power.MEMBER)
        example = " ".join(command.path)
        values = " ".join("mochi" if option.required else "" for option in command.options)
        told = await member.ask(f"{example} {values}".strip())
        assert "those who manage this place" in told or "does not fit here" in told


def managing(on: Stage, *ids: str) -> None:
    """Names managers in config.yaml."""
    settings = on.policy.current.settings.model_copy(update={"managers": {"local": ids}})
    on.policy.renew(Policy(settings, on.policy.current.personas))


async def test_an_id_in_the_settings_manages_and_a_name_never_does(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        managing(on, BEN.id, "Ana")
        assert "This room" in await Chat(on, Power.MEMBER, author=BEN).ask("limits")
        assert "those who manage" in await Chat(on, Power.MEMBER, author=Author("x", "Ana")).ask("limits")
        managing(on)
        assert "those who manage" in await Chat(on, Power.MEMBER, author=BEN).ask("limits")


async def test_help_tells_each_what_they_can_use(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert "limits" not in await Chat(on, Power.MEMBER, author=BEN).ask("help")
        assert "limits" in await Chat(on).ask("help")
        assert "those who manage" in await Chat(on, Power.MEMBER, author=BEN).ask("help limits")
        assert "Did you mean “privacy show”" in await Chat(on, Power.MEMBER, author=BEN).ask("help privcy")
        assert "privacy export" in await Chat(on, Power.MEMBER, author=BEN).ask("help privacy")


@pytest.mark.parametrize(
    ("locale", "text", "said", "begins"),
    [
        ("zh-CN", "help", (), "你可以"),
        ("zh-Hant-TW", "help", (), "你可以"),
        ("en-GB", "帮助", (), "What"),
        ("tlh", "help", (), "What"),
        ("", "帮助", (), "你可以"),
        ("", "help", ("今天的面包发得很好",), "你可以"),
        ("", "help", ("my bread has risen well today",), "What"),
        ("", "help", (), "What"),
    ],
)
async def test_the_answer_is_in_the_askers_language(
    tmp_path: Path, locale: str, text: str, said: tuple[str, ...], begins: str
) -> None:
    async with stage(tmp_path) as on:
        for number, words in enumerate(said):
            await on.hear([post(f"m{number}", BEN, words, room=ROOM)])
        assert (await Chat(on, Power.MEMBER, author=BEN, locale=locale).ask(text)).startswith(begins)


async def test_a_hostile_text_is_repeated_short_and_without_calling_anybody(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        told = await Chat(on).ask("@everyone `rm` \u202e" + "x" * 1500)
        assert "@" not in told.replace("!cameo", "") and "\u202e" not in told and len(told) < 300
        assert "too long" in await Chat(on, author=BEN).ask("x" * 5000)


@pytest.mark.parametrize("text", ["''", '""', "“”", "'' help", "=", "where=", "\u200b", "|", "\\"])
async def test_an_empty_or_odd_text_is_answered(tmp_path: Path, text: str) -> None:
    async with stage(tmp_path) as on:
        assert await Chat(on).ask(text)


# --- why -----------------------------------------------------------------------------------------


async def test_why_tells_members_about_their_own_messages_and_cameos_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("m1", "Ben", "@mochi does it rise?", room=ROOM)])
        await on.clock.advance(30)
        await on.until_told("m1", "sent")
        ben, ana = Chat(on, Power.MEMBER, author=BEN), Chat(on, Power.MEMBER, author=ANA)
        own = await ben.ask("why")
        assert own.startswith("I was called") and "tokens" not in own
        assert own == await ben.ask("why m1") == await ben.ask("why", message_id="m1")
        assert (await ana.ask("why reply-" + (await on.turn("m1")).id)).startswith("I was called")
        assert "only those who wrote a message" in await ana.ask("why m1")
        assert "no such message" in await ana.ask("why nothing")
        assert "no such message" in await ben.ask("why m1", thread=Thread(Room("local", "home", "den")))


async def test_nobody_is_told_that_a_message_hurt(tmp_path: Path) -> None:
    """What is told about it is what is told about a message that calls somebody else."""
    async with stage(tmp_path, join="every_post") as on:
        await on.hear([post("m1", "Ben", "my dog died this morning and I can't stop crying", room=ROOM)])
        await on.hear([post("m2", "Ben", "@eve have you seen the ladder?", when=60, mentions=("id-eve",), room=ROOM)])
        await on.clock.advance(600)
        assert {state for state, _ in (await on.story()).values()} == {"silent"}
        for chat in (Chat(on), Chat(on, Power.MEMBER, author=BEN), Chat(on, Power.OPERATOR)):
            hurt, calls = await chat.ask("why m1"), await chat.ask("why m2")
            assert hurt.splitlines()[0] == calls.splitlines()[0]
            assert "grief" not in hurt and "distress" not in hurt


async def test_a_preview_is_seen_by_its_asker_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert "Pip would say:\nre: Who are you?" in await Chat(on).ask("persona preview pip Who are you?")
        assert on.platform.said() == [] and on.platform.previews == {}
        on.writer.passes = True
        assert "No model can write" in await Chat(on, author=BEN).ask("persona preview pip Who are you?")


def test_what_help_suggests_can_be_read() -> None:
    assert parse("help why")
