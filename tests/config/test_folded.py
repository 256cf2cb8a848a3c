"""Text over several lines of a YAML file: Chinese and Japanese get no spaces for line breaks, other languages do."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.yaml_file import read
from bot.write.persona import load_personas

SHIPPED = Path(__file__).parents[2]


def value(folder: Path, source: str) -> str:
    (folder / "x.yaml").write_text(source, encoding="utf-8")
    file = read(folder / "x.yaml", prose=True)
    assert not file.problems, file.problems
    text: str = file.data["a"]
    return text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("a: >-\n  冷幽默，\n  自嘲为主", "冷幽默，自嘲为主"),
        ("a: >\n  一句话\n  又一句。\n", "一句话又一句。\n"),
        ("a: 一句\n  又一句", "一句又一句"),
        ('a: "一句\n  又一句"', "一句又一句"),
        ("a: '一句\n  又一句'", "一句又一句"),
        ("a: >-\n  他说“好。”\n  “走吧。”", "他说“好。”“走吧。”"),
        ("a: >-\n  说到这里……\n  就停了", "说到这里……就停了"),
        ("a: >-\n  コーヒーが\n  好き", "コーヒーが好き"),
        ("a: >-\r\n  冷幽默，\r\n  自嘲\r\n", "冷幽默，自嘲"),
        ("a: >-\n  一\n  二\n  三\n  四", "一二三四"),
        # a space stays
        ("a: >-\n  English stays\n  as it is", "English stays as it is"),
        ("a: >-\n  커피를\n  좋아해요", "커피를 좋아해요"),
        ("a: >-\n  words such as 缘分\n  and cozy", "words such as 缘分 and cozy"),
        ("a: >-\n  说 “cozy”\n  “warm” 都行", "说 “cozy” “warm” 都行"),
        ("a: >-\n  😀\n  😀", "😀 😀"),
        ("a: 床前明月光 疑是地上霜", "床前明月光 疑是地上霜"),
        ("a: >-\n  床前明月光 疑是地上霜，\n  举头望明月 低头思故乡", "床前明月光 疑是地上霜，举头望明月 低头思故乡"),
        # and so does a line break that was meant
        ("a: |-\n  一句\n  又一句", "一句\n又一句"),
        ("a: >-\n  一段\n\n  又一段", "一段\n又一段"),
        ('a: "一句 \\\n  又一句"', "一句 又一句"),
    ],
)
def test_a_line_break_is_a_space_only_where_the_language_has_spaces(tmp_path: Path, source: str, text: str) -> None:
    assert value(tmp_path, source) == text


LINES = st.lists(st.text("冷幽默自嘲一二，。！？、", min_size=1, max_size=8), min_size=1, max_size=8)


@given(LINES, st.sampled_from((">-", "")))
def test_lines_of_chinese_are_joined_whatever_they_are(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], style: str
) -> None:
    folder = tmp_path_factory.mktemp("yaml")
    assert value(folder, f"a: {style}\n  " + "\n  ".join(lines)) == "".join(lines)


def test_no_shipped_text_has_a_space_between_two_chinese_signs() -> None:
    texts = [persona.model_dump_json() for persona in load_personas(SHIPPED / "personas").values()]
    signs = "[\u3400-\u9fff，。；：！？、]"
    without_calls = [re.sub(r"@\S+ ", "", text) for text in texts]
    assert len(texts) >= 5
    assert [found for text in without_calls for found in re.findall(f"{signs} {signs}", text)] == []


def test_lists_of_words_keep_their_line_breaks_as_separators(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: >-\n  一 二\n  三", encoding="utf-8")
    assert read(tmp_path / "x.yaml").data == {"a": "一 二 三"}
