"""Markdown of a message: what is shown, and that nothing that anybody writes is run, loaded or posed as another."""

import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.local.members import OUR_ID, Roll, member
from adapters.local.page.markup import MOST, Chip, html_of
from bot.explain.words import LANGUAGES, load_words
from bot.types import Author

REL = 'target="_blank" rel="noopener noreferrer nofollow ugc"'
ROLL = Roll([member("Ana"), member("Ana Maria"), member("小明"), Author(OUR_ID, "Mochi")])


def chips(text: str) -> Iterator[Chip]:
    for named in ROLL.named(text):
        yield Chip(named.start, named.end, "named us" if named.member_id == OUR_ID else "named")


def shown(text: str) -> str:
    return html_of(text, chips, spoiler="Covered").strip()


def link(address: str, label: str = "", host: str = "") -> str:
    said = f' <span class="host">({host})</span>' if host else ""
    return f'<a href="{address}" {REL}>{label or address}</a>{said}'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain & <b>simple</b>", "<p>plain &amp; &lt;b&gt;simple&lt;/b&gt;</p>"),
        ("**bold** *it* _it_", "<p><strong>bold</strong> <em>it</em> <em>it</em></p>"),
        ("~~no~~ `a*b`", "<p><s>no</s> <code>a*b</code></p>"),
        ("one\ntwo", "<p>one\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("# Big\ntext", "<p><strong>Big</strong></p>\n<p>text</p>"),
        ("text\n---", "<p>text\n---</p>"),
        ("> said\n> more", "<blockquote>\n<p>said\nmore</p>\n</blockquote>"),
        ("- a\n- b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>"),
        ("3. c", '<ol start="3">\n<li>\n<p>c</p>\n</li>\n</ol>'),
        ("```py\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"),
        ("    four spaces", "<p>four spaces</p>"),
        ("&lt;b&gt; stays", "<p>&amp;lt;b&amp;gt; stays</p>"),
        ("[x]: https://a.org", f"<p>[x]: {link('https://a.org')}</p>"),
        ("||the *end*||", '<p><span class="spoiler" role="button" tabindex="0" aria-expanded="false" '
         'aria-label="Covered">the <em>end</em></span></p>'),
        ("a || b", "<p>a || b</p>"),
        ("||||", "<p>||||</p>"),
        # links
        ("[tea](https://a.org/x)", f"<p>{link('https://a.org/x', 'tea', 'a.org')}</p>"),
        ("<https://a.org/x>", f"<p>{link('https://a.org/x')}</p>"),
        ("see https://a.org/x_y_z.", f"<p>see {link('https://a.org/x_y_z')}.</p>"),
        ("(https://a.org/w_(x))", f"<p>({link('https://a.org/w_(x)')})</p>"),
        ("看https://a.org/b，很好", f"<p>看{link('https://a.org/b')}，很好</p>"),
        ("[me](mailto:a@b.org)", f"<p>{link('mailto:a@b.org', 'me', 'a@b.org')}</p>"),
        ("[here](/?room=kitchen#m1)", '<p><a href="/?room=kitchen#m1">here</a></p>'),
        ("[here](/model)", '<p><a href="/model">here</a></p>'),
        ("[here](/history)", '<p><a href="/history">here</a></p>'),
        ("![cat](https://a.org/c.png)", f"<p>{link('https://a.org/c.png', 'cat', 'a.org')}</p>"),
        ("![](https://a.org/c.png)", f"<p>{link('https://a.org/c.png')}</p>"),
        ("[![c](https://b.org/c)](https://a.org)", f"<p>{link('https://a.org', 'c', 'a.org')}</p>"),
        # links that pose as others
        ("[https://bank.com](https://evil.org)", f"<p>{link('https://evil.org')}</p>"),
        ("[bank.com](https://evil.org/x)", f"<p>{link('https://evil.org/x')}</p>"),
        ("https://bank.com@evil.org/x", f"<p>{link('https://bank.com@evil.org/x')}</p>"),
        ("[b](https://bank.com@evil.org)", f"<p>{link('https://bank.com@evil.org', 'b', 'evil.org')}</p>"),
        ("https://b\u0430nk.com", f"<p>{link('https://xn--bnk-6cd.com')}</p>"),
        # addresses that lead nowhere good stay text
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](JaVaScRiPt:alert(1))", "<p>[x](JaVaScRiPt:alert(1))</p>"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>"),
        ("[x](//evil.org)", "<p>[x](//evil.org)</p>"),
        ("[x](/enter)", "<p>[x](/enter)</p>"),
        ("[x](/model?token=1)", "<p>[x](/model?token=1)</p>"),
        ("[x](/history/trials)", "<p>[x](/history/trials)</p>"),
        ("[x](/model/../enter)", "<p>[x](/model/../enter)</p>"),
        ("[x](file:///etc/passwd)", "<p>[x](file:///etc/passwd)</p>"),
        ("<javascript:alert(1)>", "<p>&lt;javascript:alert(1)&gt;</p>"),
        ("![x](javascript:alert(1))", "<p>![x](javascript:alert(1))</p>"),
        # who is named
        ("@ana hi", '<p><span class="named">@ana</span> hi</p>'),
        ("@Ana Maria, @Anabel", '<p><span class="named">@Ana Maria</span>, @Anabel</p>'),
        ("你好@小明你在吗", '<p>你好<span class="named">@小明</span>你在吗</p>'),
        ("**@mochi** help", '<p><strong><span class="named us">@mochi</span></strong> help</p>'),
        ("`@Ana` me@ana.org", "<p><code>@Ana</code> me@ana.org</p>"),
        ("[@Ana](https://a.org)", f"<p>{link('https://a.org', '@Ana', 'a.org')}</p>"),
        ("https://a.org/@Ana", f"<p>{link('https://a.org/@Ana')}</p>"),
    ],
)  # fmt: skip
def test_markdown_is_shown(text: str, html: str) -> None:
    assert shown(text) == html


class Reader(HTMLParser):
    """Notes the tags, and fails for one that is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


MAY = {
    "a": {"href", "target", "rel"},
    "ol": {"start"},
    "span": {"class", "role", "tabindex", "aria-expanded", "aria-label"},
    **{tag: set[str]() for tag in ("p", "strong", "em", "s", "code", "pre", "blockquote", "ul", "li")},
}
PIECES = [
    *"*_~`|[]()<>!\\\"'&#;:@/= \n\t", "||", "**", "~~", "```", "\n> ", "\n- ", "\n1. ", "\n\n", "# ", "![", "](",
    "<img src=x onerror=alert(1)>", "<script>", "</p>", "javascript:", "data:text/html,", "vbscript:", "https://",
    "http://evil.org", "//evil.org", "mailto:", "/?room=", "/model", "/history",
    '" onmouseover="x', "&#106;avascript:", "\u0000", "\u202e",
    "@Ana", "@小明", "{{x}}", "style=", "a", "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join))
def test_nothing_that_is_written_can_be_run_or_loaded(text: str) -> None:
    for tag, attributes in read(shown(text)).seen:
        assert set(attributes) <= MAY[tag]
        assert attributes.get("class") in (None, "named", "named us", "host", "spoiler")
        if "href" in attributes:
            address = attributes["href"] or ""
            assert re.match(r"https?://[^\s]|mailto:[^\s]|/\?room=|/(model|history)$", address, re.IGNORECASE)
            assert address.startswith("/") or attributes["rel"] == "noopener noreferrer nofollow ugc"


@given(st.text(st.characters(categories=("L", "N")), min_size=1))
def test_words_stay_as_they_are(text: str) -> None:
    assert read(shown(text)).text.strip() == text


def lines_of(text: str) -> str:
    """The text with the line breaks that a browser makes of all others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(), st.integers(0, 3))
@example("\r", 1)
@example("\r\n", 0)
def test_a_text_that_is_too_long_to_be_read_is_shown_as_it_was_typed(text: str, lines: int) -> None:
    long = f"<b>*x*{text}" + "\n" * lines + "W" * MOST
    reader = read(shown(long))
    assert {tag for tag, _ in reader.seen} == {"p"}
    assert lines_of(reader.text) == lines_of(long)


WORST = [
    "*",
    "[",
    "![",
    "||a",
    "`a",
    "> ",
    "- ",
    "https://a ",
    "_a ",
    "<",
    "[a](<b",
    "~~a",
    "http://",
    "@Ana",
    "a)",
    "((",
]


@pytest.mark.parametrize("piece", WORST)
def test_the_worst_texts_are_read_in_time(piece: str) -> None:
    """Within ten times what a slow machine needs for the limit's 100 ms."""
    begun = time.process_time()
    shown((piece * MOST)[:MOST])
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_in_our_line_about_a_missing_model_is_one(language: str) -> None:
    html = shown(load_words().say("pointer.no_model.local", language))
    assert '<a href="/model">' in html and "](" not in html
