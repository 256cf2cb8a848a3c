"""The message that is answered reaches the model whole, up to half of the room, whatever its script and shape."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.write.models.chat import estimate_input
from bot.write.prompt_texts import TEXT_MARK
from tests.write.test_prompt import Found, prompt, say, text_of

HIDDEN = "\u200b" * 50
HAN = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"


def words(sample: str, characters: int) -> str:
    return (sample * (characters // len(sample) + 1))[:characters]


LONG = {
    "Chinese": words(HAN, 1990) + "请帮我翻译",
    "Russian": words("Кто-нибудь пробовал печь хлеб на закваске? ", 4000) + "переведи, пожалуйста",
    "Japanese": words("昨日焼いたパン、全然膨らまなかったんだけど。", 1990) + "翻訳して",
    "English": words("so i tried the sourdough again and it is flatter than last time. ", 8000) + "please shorten this",
    "Korean": words("빵이 왜 부풀지 않을까요? ", 1990) + "번역해 주세요",
    "lines": "\n".join(f"step {n}" for n in range(400)) + "\nwhich step is wrong?",
    "code": "```\n" + "\n".join(f"    x[{n}] = f({n})" for n in range(200)) + "\n```\nwhere is the fault?",
    "log": "\n".join(f"14:02:{n % 60:02} ERROR worker-{n} timed out after {n}ms" for n in range(90)) + "\nwhy?",
    "one word": "a" * 5000,
    "emoji": "🥖😂🎉" * 200 + " what does it mean",
}


def shown(text: str) -> str:
    """A prompt's text without marks and the breaks that marking adds."""
    lines = (line.removeprefix(f"{TEXT_MARK}    ").removeprefix(f"{TEXT_MARK} ") for line in text.split("\n"))
    return "".join("".join(lines).split())


@pytest.mark.parametrize("kind", LONG)
def test_a_long_trigger_arrives_whole(kind: str) -> None:
    text = LONG[kind]
    talk = [say(n, f"earlier words {n} " * 8, "Ben") for n in range(40)]
    found = [Found(say(n, "older words " * 20, "Cy")) for n in range(60, 90)]
    messages = prompt([*talk, say(50, text)], lately=talk[:12], recalled=found, room_tokens=12_000)
    assert "".join(text.split()) in shown(text_of(messages))
    assert estimate_input(messages) <= 12_000


def test_the_smallest_case_of_kind_20_arrives_whole() -> None:
    messages = prompt([say(1, LONG["Chinese"])], room_tokens=8000)
    assert "".join(LONG["Chinese"].split()) in shown(text_of(messages))


def test_a_trigger_leaves_half_of_the_room_to_the_talk() -> None:
    talk = [say(n, f"earlier words {n} " * 8, "Ben") for n in range(40)]
    text = text_of(prompt([*talk, say(50, words(HAN, 60_000) + "end")], room_tokens=8000))
    assert "earlier words 39" in text and "earlier words 30" in text
    assert "天地玄黄" in text and "end" in text


SCRIPTS = [
    HAN,
    "昨日焼いたパン、膨らまない。",
    "Кто-нибудь пробовал печь хлеб ",
    "빵이 왜 부풀지 않을까요? ",
    "why is the bread so flat today ",
    "لماذا لا يرتفع عجين الخبز ",
]


@pytest.mark.parametrize("sample", SCRIPTS)
def test_a_recalled_line_keeps_a_sensible_length_in_every_script(sample: str) -> None:
    old = say(60, words(sample, 400), "Cy")
    lines = text_of(prompt([say(1, "so?")], recalled=[Found(old)])).split("\n")
    line = next(line for line in lines if "2026-01-05 Cy" in line)
    assert 60 <= len(line.split("Cy: ")[1]) <= 300


@given(
    st.lists(st.text(max_size=400) | st.sampled_from([*LONG.values(), "\n" * 500, "a\n" * 900, HIDDEN]), min_size=1),
    st.sampled_from([300, 900, 2000, 3000, 4000, 8000, 32_000]),
)
@settings(max_examples=60, deadline=None)
def test_no_text_exceeds_the_room(texts: list[str], room_tokens: int) -> None:
    thread = [say(n, text) for n, text in enumerate(texts[:20])]
    assert estimate_input(prompt(thread, recalled=[Found(*thread)], room_tokens=room_tokens)) <= room_tokens
