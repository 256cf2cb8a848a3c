"""Text files in any of the encodings that people's programs write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.write.decoding import decoded

SAID = {
    "gb18030": "今天烤的面包没有发起来，酵母是不是过期了？水温大概四十度，请帮我看看。",
    "big5": "今天烤的麵包沒有發起來，酵母是不是過期了？水溫大概四十度，請幫我看看。",
    "cp932": "昨日焼いたパン、全然膨らまなかったんだけど、イースト古かったのかな",
    "euc_kr": "어제 구운 빵이 전혀 부풀지 않았는데 이스트가 오래된 걸까요",
    "cp1251": "Кто-нибудь знает, почему хлеб не поднимается? Дрожжи вроде свежие",
    "cp1252": "Wüßte jemand, warum mein Brot nicht aufgeht? Die Hefe ist frisch, schöne Grüße",
    "latin-1": "Quelqu'un sait pourquoi ma pâte ne lève pas ? Voilà le problème",
    "cp1250": "Czy ktoś wie, dlaczego mój chleb nie rośnie? Drożdże są świeże",
    "cp1253": "Ξέρει κανείς γιατί το ψωμί μου δεν φουσκώνει;",
    "utf-16": "Windows 記事本: größer",
    "utf-16-le": "plain but wide",
    "utf-16-be": "plain but wide",
    "utf-32": "widest 🍞",
    "utf-8-sig": "naïve 面包",
    "utf-8": "naïve 面包 🍞\r\n\tcolours: \x1b[31mred\x1b[0m\f",
}


@pytest.mark.parametrize("encoding", SAID)
@pytest.mark.parametrize("times", [1, 30])
def test_text_is_read_in_its_encoding(encoding: str, times: int) -> None:
    text = "\n".join([SAID[encoding]] * times)
    assert decoded(text.encode(encoding)) == text


BINARY = [
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"PK\x03\x04\x14\0\x08\0notes.txt",
    b"\x7fELF\x02\x01\x01\0\0\0",
    b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\x00\x01\x02",
    bytes(range(256)),
    b"\xff\xfe\x00\xd8",  # UTF-16 that ends within a pair
    b"\x1f\x8b\x08\0\0\0\0\0",
    b"hello\0",
    b"\0hello",
    b"hello\0world!",
    b"name\0value\0name2\0value2\0",
    "面包\0".encode(),
    b"a log\n" * 40 + b"\0" * 20 + b"that was cut\n",
]


@pytest.mark.parametrize("data", BINARY)
def test_what_is_no_text_is_not_read(data: bytes) -> None:
    assert decoded(data) is None


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@given(st.text("abc xyz\n", min_size=2), st.text("Größe 面包 é", max_size=2))
def test_wide_text_without_a_mark_is_read(encoding: str, text: str, more: str) -> None:
    assert decoded((text + more).encode(encoding)) == text + more


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=4), st.data())
def test_a_zero_within_text_makes_no_signs_of_another_script(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    assert decoded(f"{text[:at]}\0{text[at:]}".encode()) is None


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_utf_8_is_always_read_as_such(text: str) -> None:
    assert decoded(text.encode("utf-8")) == text.removeprefix("\ufeff")


@given(st.binary(max_size=300))
def test_any_bytes_are_taken_and_give_no_controls(data: bytes) -> None:
    text = decoded(data)
    assert text is None or not any(sign in text for sign in "\0\x01\x02\x08\x0e")
