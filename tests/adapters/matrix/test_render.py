"""Rendering for other people's clients."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix.backoff import BackOff
from adapters.matrix.homeserver import MatrixError, error_from
from adapters.matrix.invitations import allowed
from adapters.matrix.markup import html_of, unpinging
from adapters.matrix.render import CONTENT_BYTES, KEY, parts, related, rendered, transaction
from tests.adapters.matrix.parts import reply


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain words", None),
        ("two\nlines", None),
        ("a < b & c", None),
        ("**b** *i* `c` ~~s~~", "<strong>b</strong> <em>i</em> <code>c</code> <s>s</s>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("```python\nx = 1\n```", '<pre><code class="language-python">x = 1\n</code></pre>'),
        ("[bread](https://bread.example/)", '<a href="https://bread.example/">bread</a>'),
    ],
)
def test_markdown(text: str, html: str | None) -> None:
    assert html_of(text) == html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> **x**",
        '<img src=x onerror="alert(1)"> **x**',
        "[x](javascript:alert(1)) **x**",
        "[x](data:text/html;base64,AAAA) **x**",
        "![x](https://tracker.example/pixel.png) **x**",
        "<mx-reply>forged</mx-reply> **x**",
        '<a href="https://x" onclick="x">x</a> **x**',
    ],
)
def test_no_html_of_a_model_reaches_a_client(text: str) -> None:
    html = html_of(text)
    assert html is not None and "<strong>x</strong>" in html
    for bad in ("<script", "<img", "<mx-reply", "<a "):
        assert bad not in html


@pytest.mark.parametrize(
    "text",
    [
        "[https://bank.example](https://evil.example/)",
        "[bank.example][1]\n\n[1]: https://evil.example/",
        "[bank.example]\n\n[bank.example]: https://evil.example/",
        "> [**bank**.example](https://evil.example/)",
        "[bank&#46;example](https://evil.example/)",
        "[bank\\.example](https://evil.example/)",
        "[`https://bank.example`](https://evil.example/)",
        "[![https://bank.example](https://x.example/a.png)](https://evil.example/)",
        "[https://bank.example](https://evil.example/ 'bank')",
    ],
)
def test_a_link_shows_where_it_leads(text: str) -> None:
    html = str(html_of(text))
    assert '<a href="https://evil.example/">https://evil.example/</a>' in html
    assert "bank" not in html


def test_honest_links_keep_their_text() -> None:
    for label in ("bread", "bread.example", "https://bread.example/", "rye.py"):
        assert html_of(f"[{label}](https://bread.example/)") == f'<a href="https://bread.example/">{label}</a>'


@pytest.mark.parametrize("text", ["all of @room", "(@Room)", "@room: now"])
def test_no_push_rule_finds_its_word(text: str) -> None:
    assert "@room" not in unpinging(text).lower()


@pytest.mark.parametrize("text", ["info@roomy.example", "@rooms", "chat@room"])
def test_other_words_stay(text: str) -> None:
    assert unpinging(text) == text


def test_every_part_says_that_no_person_wrote_it() -> None:
    contents = rendered("word " * 20_000, "k")
    assert len(contents) > 1
    assert all(content["org.matrix.msc1767.automated"] is True for content in contents)
    assert all(content["org.cameo"] == {"ai": True} for content in contents)


def test_nobody_is_called() -> None:
    (content,) = rendered("@everyone <@&1> @room @Room\0", "k")
    assert content["m.mentions"] == {}
    assert "@room" not in json.dumps(content, ensure_ascii=False).lower()
    assert content["body"].replace("\u2060", "") == "@everyone <@&1> @room @Room\ufffd"


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.sampled_from('ab \n\n.。"&<字🍞'), max_size=300).map(lambda text: text * 300))
def test_every_part_fits_and_no_word_is_lost(text: str) -> None:
    contents = rendered(text, "k")
    assert all(len(json.dumps(content).encode()) <= CONTENT_BYTES + 100 for content in contents)  # (100: the key)
    assert [content[KEY] for content in contents] == [f"k/{n}" for n in range(1, len(contents) + 1)]
    assert "".join("".join(content["body"] for content in contents).split()) == "".join(text.split())


def test_a_text_of_200_kilobytes_is_complete() -> None:
    text = "word " * 40_000
    contents = rendered(text, "k")
    assert " ".join(content["body"] for content in contents).split() == text.split()


def test_texts_are_cut_where_it_hurts_least() -> None:
    text = "First paragraph here.\n\nSecond paragraph, a bit longer. With two sentences."
    assert parts(text, lambda part: len(part) <= 60)[0] == "First paragraph here."
    assert parts("abcdefgh", lambda part: len(part) <= 3) == ["ab", "cd", "ef", "gh"]
    assert parts("   ", lambda part: True) == []


def test_relations() -> None:
    room = reply("!r", "x", "$t").thread
    assert related(room, "$t", None) == {"m.in_reply_to": {"event_id": "$t"}}
    assert related(room, "$t", "$before") == {}


def test_transactions_are_plain_and_stable() -> None:
    assert transaction("a/1") == transaction("a/1") != transaction("a/2")
    assert transaction("\ud800/日本 ?#").removeprefix("cameo-").isalnum()


def test_pauses_grow_to_a_minute_and_start_again() -> None:
    back_off = BackOff(lambda: 0.5)
    pauses = [back_off.failed(OSError()) for _ in range(20)]
    assert pauses[0] == 1.125 and pauses[-1] == 60.0
    assert all(before <= after for before, after in pairwise(pauses))
    assert back_off.failed(MatrixError(429, "M_LIMIT_EXCEEDED", wait=120)) == 120
    assert back_off.failed(MatrixError(429, "M_LIMIT_EXCEEDED", wait=1e9)) == 300
    back_off.worked()
    assert back_off.failed(OSError()) == 1.125


@pytest.mark.parametrize(
    ("body", "header", "wait"),
    [
        ({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, "9", 1.5),
        ({"errcode": "M_LIMIT_EXCEEDED"}, "9", 9.0),
        (None, "Wed, 21 Oct 2026 07:28:00 GMT", None),
        ({"errcode": 7, "retry_after_ms": "x"}, None, None),
    ],
)
def test_how_long_a_homeserver_asks_us_to_wait(body: object, header: str | None, wait: float | None) -> None:
    assert error_from(429, body, header).wait == wait


@pytest.mark.parametrize(
    ("inviter", "patterns", "welcome"),
    [
        ("@alice:example.org", ("@*:example.org",), True),
        ("@alice:example.org.evil", ("@*:example.org",), False),
        ("@alice:exampleXorg", ("@*:example.org",), False),
        ("@alice:example.org", ("@bob:example.org", "@alice:example.org"), True),
        ("@anyone:anywhere", ("*",), True),
        ("@a:x\n@b:example.org", ("@*:example.org",), False),
        ("@alice:example.org", (), False),
    ],
)
def test_who_may_invite(inviter: str, patterns: tuple[str, ...], welcome: bool) -> None:
    assert allowed(inviter, patterns) is welcome
