"""Without a model: what is pointed at, and what never is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config.policy import Policy
from bot.config.room_rule import RoomRule
from bot.types import Audience, Author, Deletion, Message, Room
from bot.write.persona import Persona
from bot.write.pointing import frame
from tests.fakes.pointing import LATER, Library, library, talk, turn_of
from tests.fakes.shipped import personas
from tests.fakes.talk import BOT, NOON, US, comment, line, post

QUESTION, ANSWER = "How do I descale the espresso machine?", "Citric acid, 20 g per litre, twice."
AGAIN = "@mochi how do I descale an espresso machine?"
DESCALE = talk(("Ana", QUESTION), ("Femi", ANSWER), ("Ana", "thank you!"))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Library]:
    async with library(
        tmp_path, RoomRule(match="*/*/strict", ignore=("Femi",), bots=("Gus",), people=("Bridge*",))
    ) as it:
        yield it


async def pointed(room: Library, *past: Message, asked: str | Message = AGAIN, **more: Any) -> str | None:
    """The id of the message that is pointed at."""
    await room.hears(*past)
    found = await room.asks(asked, **more)
    return found.message.id if found else None


async def test_it_points_at_the_answer_to_an_earlier_question(room: Library) -> None:
    await room.hears(*DESCALE)
    found = await room.asks(AGAIN)
    assert found is not None and found.message.id == "m1"
    for part in ("Femi", "three weeks ago", f"“{ANSWER}”"):
        assert part in found.text
    assert found.text.endswith(" https://chat.example/m1")


async def test_in_a_thread_a_reply_and_a_plain_timeline(room: Library) -> None:
    thread = post("p", "Ana", QUESTION), comment("c", "p", "Femi", ANSWER, 60)
    assert await pointed(room, *thread, asked=post("again", "Zoe", AGAIN, 9e5)) == "c"
    kitchen = Room("local", "home", "kitchen")
    said = [line(f"k{n}", "Ben", f"the weather is fine, number {n}", n, kitchen) for n in range(1, 9)]
    reply = line("k9", "Femi", ANSWER, 99, kitchen, reply_to="k0")
    asked = line("k-again", "Zoe", AGAIN, 9e5, kitchen)
    assert await pointed(room, line("k0", "Ana", QUESTION, 0, kitchen), *said, reply, asked=asked) == "k9"


def _answered_by(author: str | Author, text: str = ANSWER, **more: Any) -> list[Message]:
    return [DESCALE[0], line("a", author, text, 60, reply_to="m0", **more)]


@pytest.mark.parametrize(
    "past",
    [
        _answered_by(US),
        _answered_by(BOT),
        _answered_by("Zoe"),  # who asks now
        _answered_by("Ana"),  # who asked then
        _answered_by("Femi", "no idea, sorry"),
        _answered_by("Femi", "did you try citric acid, 20 g per litre?"),
        _answered_by("Femi", "with a hammer lol, citric acid is for the weak"),
        _answered_by("Femi", "||citric acid||, 20 g per litre"),
        _answered_by("Femi", "@everyone citric acid"[:9] + " @here, ask them"),
        _answered_by("Femi", "20 g Zitronensäure pro Liter, zweimal durchlaufen lassen und spülen"),
        _answered_by("Femi", "thanks"),
        _answered_by("Femi", "citric acid, and if it does not help just kill yourself"),
        [*_answered_by("Femi"), line("b", "Gus", "No, that's wrong, it ruins the seals.", 90)],
        [*_answered_by("Femi"), line("b", "Gus", "that's not true any more", 900, reply_to="a")],
        [line("m0", "Ana", f"My dad died of cancer on Monday. {QUESTION}"), _answered_by("Femi")[1]],
        [post("p", "Ana", "my mum died last night, I can't stop crying"), comment("c", "p", "Ben", QUESTION, 9),
         comment("d", "p", "Femi", ANSWER, 99, reply_to="c")],
        talk(("Ana", QUESTION), ("Femi", "how do I descale the espresso machine?!")),
    ],
    ids=lambda past: past[-1].text[:40],
)  # fmt: skip
async def test_what_is_never_pointed_at(past: list[Message], room: Library) -> None:
    assert await pointed(room, *past) is None


async def test_those_pasts_without_what_is_wrong_with_them_are_pointed_at(room: Library) -> None:
    assert await pointed(room, *_answered_by("Femi")) == "a"


async def test_nothing_of_another_room_nor_what_was_deleted_or_may_not_be_read(room: Library) -> None:
    elsewhere = Room("local", "home", "secret")
    assert await pointed(room, *(replace(one, thread=replace(one.thread, room=elsewhere)) for one in DESCALE)) is None
    hidden = [replace(one, id=f"h{one.id}", audience=Audience.PRESENT) for one in DESCALE]
    assert await pointed(room, *hidden) is None
    await room.hears(*DESCALE)
    await room.store.write(lambda tx: tx.delete(Deletion(DESCALE[1].room, "m1", NOON)))
    assert await room.asks(AGAIN) is None


@pytest.mark.parametrize(
    ("name", "is_bot", "may"),
    [
        ("Femi", False, False),
        ("Gus", False, False),
        ("Hana", False, True),
        ("Bridge-Ivo", True, True),
        ("Jo", True, False),
    ],
)
async def test_the_rooms_rule_says_who_counts(room: Library, name: str, is_bot: bool, may: bool) -> None:
    strict = Room("local", "home", "strict")
    answer = line("a", Author(name, name, is_bot), ANSWER, 60, strict, reply_to="q")
    past = line("q", "Ana", QUESTION, 0, strict), answer
    assert await pointed(room, *past, asked=line("z", "Zoe", AGAIN, 9e5, strict)) == ("a" if may else None)


async def test_not_in_the_thread_where_it_is_asked(room: Library) -> None:
    await room.hears(post("p", "Ana", QUESTION), comment("c", "p", "Femi", ANSWER, 60))
    assert await room.asks(comment("again", "p", "Zoe", AGAIN, 9e5)) is None


async def test_a_painful_call_is_not_pointed_anywhere(room: Library) -> None:
    await room.hears(*DESCALE)
    assert await room.asks("@mochi my dad died today. how do I descale his espresso machine?") is None


async def test_uncalled_it_must_be_surer_and_be_asked(room: Library) -> None:
    await room.hears(
        line("m0", "Ana", "where is the spare key for the garden shed?"),
        line("m1", "Kit", "weather!", 30),
        line("m2", "Lou", "nice day", 40),
        line("m3", "Ben", "behind the shed, in the blue pot", 60),
    )
    called = await room.asks("@mochi where's the spare shed key?")
    assert called is not None and called.message.id == "m3"
    assert await room.asks(line("u", "Zoe", "I need the spare garden shed key", 9e5), addressed=False) is None
    assert await room.asks(line("v", "Zoe", "where is the spare key for the shed?", 9e5), addressed=False) is not None


async def test_a_call_that_only_answers_a_question_is_about_that_question(room: Library) -> None:
    asked = line("q2", "Gus", "how do I descale an espresso machine?", 8e5)
    call = line("call", "Zoe", "@mochi do you know?", 9e5, reply_to="q2")
    assert await pointed(room, *DESCALE, asked, asked=call) == "m1"


@pytest.mark.parametrize("persona", personas().values(), ids=personas())
async def test_each_persona_has_its_frames_and_varies_by_turn(room: Library, persona: Persona) -> None:
    key = next(key for key, one in personas().items() if one is persona)
    asked = "咖啡机怎么除垢？" if persona.language == "zh" else QUESTION
    answer = "柠檬酸，一升水放二十克。" if persona.language == "zh" else ANSWER
    thanks = "谢谢，管用！" if persona.language == "zh" else "it worked"
    await room.hears(*talk(("Ana", asked), ("Femi", answer), ("Ana", thanks)))
    texts = [found.text for n in range(30) if (found := await room.asks(asked, persona=key, turn=f"t{n}"))]
    again = await room.asks(asked, persona=key, turn="t7")
    own = [one for one in persona.points if ("：" in one) == (persona.language == "zh")]
    assert len(texts) == 30 and len(set(texts)) == len(own) > 1
    assert again is not None and again.text == texts[7]
    assert all("Femi" in text and f"“{answer}”" in text and text.endswith("m1") for text in texts)


async def test_the_frame_is_in_the_askers_language(room: Library) -> None:
    await room.hears(
        *talk(("阿梅", "espresso 咖啡机怎么除垢？"), ("Femi", "柠檬酸，一升水放二十克。"), ("阿梅", "谢谢，管用"))
    )
    found = await room.asks("@mochi espresso 咖啡机怎么除垢？")
    assert found is not None and "三周前" in found.text
    assert not any(
        line.partition("{")[0] and line.partition("{")[0] in found.text for line in personas()["mochi"].points
    )


async def test_without_a_link_the_frame_ends_with_the_quotation_and_a_relative_one_has_a_label(room: Library) -> None:
    await room.hears(*DESCALE)
    room.links.base = ""
    found = await room.asks(AGAIN)
    assert found is not None and found.text.endswith("”") and "  " not in found.text
    room.links.base = "/?room=feed#"
    found = await room.asks(AGAIN)
    assert found is not None and found.text.endswith(" [read on](/?room=feed#m1)")


async def test_a_name_calls_nobody(room: Library) -> None:
    await room.hears(*_answered_by(Author("evil", "@everyone **x** <@12> [a](https://b.com)")))
    found = await room.asks(AGAIN)
    assert found is not None
    name = found.text.partition("“")[0]
    assert not any(sign in name for sign in ("@", "*", "<", "[", "](", "://"))


@pytest.mark.parametrize("name", [
    "Rosa says: I am no AI. Ben", "The moderators of this server", "System", "“I am human” said Ben", "Mochi", "Мосhі",
    "Pip (AI)", "小满", "管理员小李", "Everyone", "大家", "I am human", "我不是机器人", "我是真人", "Ana: I agree, Ben",
    "ask Ben. He knows", "@everyone", "Rosa 说：我不是 AI", "it works! trust Ben now", "a name of far too many words",
])  # fmt: skip
async def test_a_name_that_poses_or_speaks_is_left_out(name: str) -> None:
    assert frame.called(Author("x", name), ["Mochi", "Pip", "小满"], "somebody here") == "somebody here"


@pytest.mark.parametrize(("name", "shown"), [
    ("Femi", "Femi"), ("Ana Maria de Souza", "Ana Maria de Souza"), ("Dr. Ana", "Dr. Ana"),
    ("J. R. Oduya", "J. R. Oduya"),
    ("李雷", "李雷"), ("爱吃鱼的猫", "爱吃鱼的猫"), ("O'Neil", "O Neil"), ("Zoë!", "Zoë!"), ("R2-D2", "R2-D2"),
    ("evil.example", "evil example"), ("john.doe", "john doe"), ("evil．example", "evil example"),
    ("evil.example/x", "evil example x"), ("Noor (she/her)", "Noor she her"), ("Робин", "Робин"),
])  # fmt: skip
async def test_an_ordinary_name_stands_there_and_no_address(name: str, shown: str) -> None:
    assert frame.called(Author("x", name), ["Mochi", "Pip", "小满"], "somebody here") == shown


async def test_the_neutral_name_is_in_the_askers_language(room: Library) -> None:
    await room.hears(*_answered_by(Author("x", "System")))
    found = await room.asks(AGAIN)
    assert found is not None and "somebody here" in found.text and "System" not in found.text


# --- nothing found ---------------------------------------------------------------------------------


def no_find(house: Library, text: str, days: float = 0, persona: str = "mochi", **more: Any) -> str:
    asked = line("x", "Zoe", text, **more)
    return house.pointer.nothing(turn_of(asked), asked, personas()[persona], NOON + LATER + timedelta(days=days))


async def test_how_to_give_a_model_is_said_once_a_day_in_a_room(room: Library) -> None:
    first, second = no_find(room, "what is a gasket?"), no_find(room, "what is a grommet?")
    assert "/model" in first and "/model" not in second and "nothing" in second
    assert "/model" in no_find(room, "垫圈是什么？"), "who reads Chinese has not been told yet"
    assert "/model" not in no_find(room, "垫片是什么？")
    assert "/model" in no_find(room, "what is a gasket?", days=1)
    discord = Room("discord", "1", "2")
    assert "Whoever runs me" in no_find(room, "what is a gasket?", room=discord)
    assert "Whoever" not in no_find(room, "what is a gasket?", room=discord)


@pytest.mark.parametrize(("text", "persona", "part"), [
    ("垫圈是什么？", "mochi", "这个房间"),
    ("what is a gasket?", "xiaoman", "in this room"),
    ("@mochi hello", "mochi", "Ask me something"),
    ("@mochi", "mochi", "Ask me something"),
    ("@小满 你好", "xiaoman", "问我点什么"),
    ("@mochi thank you so much!", "mochi", "Thank the people"),
    ("@mochi are you a real person?", "mochi", "I'm Mochi, an AI"),
    ("@mochi 你是真人吗？", "mochi", "我是 AI"),
    ("@mochi forget me, delete everything", "mochi", "after 30 days"),
    ("@mochi opt out", "mochi", "can't do that by myself"),
    ("@mochi ignore me from now on", "mochi", "leave you out"),
    ("@小满 请忘了我", "xiaoman", "30 天"),
    ("@mochi what can you do?", "mochi", "I'm Mochi, an AI. I mostly listen, and I'm good at asking who else"),
    ("@mochi help", "mochi", "Without a model I only point"),
    ("@mochi ?", "mochi", "[here](/model)"),
    ("@mochi 你能做什么？", "mochi", "我是 AI"),
    ("@mochi how do I work with a plane?", "mochi", "nothing in this room that I'm sure"),
    ("@mochi my dad died today, what do I do?", "mochi", "no words of my own"),
])  # fmt: skip
async def test_the_line_fits_the_call(room: Library, text: str, persona: str, part: str) -> None:
    assert part in no_find(room, text, persona=persona)


async def test_who_runs_us_is_named_to_who_wants_to_be_forgotten(room: Library) -> None:
    settings = room.policy.current.settings.model_copy(
        update={"contact": "ana@example.org", "privacy_url": "https://example.org/privacy", "keep_days": 7}
    )
    room.policy.renew(Policy(settings, personas()))
    line = no_find(room, "@mochi forget me")
    assert all(part in line for part in ("ana@example.org", "https://example.org/privacy", "after 7 days"))


async def test_what_is_wanted_of_us_is_no_question_to_the_room(room: Library) -> None:
    said = (("Ana", "how do I wipe my history?"), ("Femi", "wipe your history in the settings"), ("Ana", "it worked"))
    await room.hears(*talk(*said))
    assert await room.asks("@mochi wipe my history") is None
    assert await room.asks("how do people wipe their history?") is not None
