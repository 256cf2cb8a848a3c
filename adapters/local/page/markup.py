"""Markdown of a message -> the HTML that the page shows: a safe subset, and links that say where they lead. Pure.

HTML stays text. Pictures are never loaded from elsewhere: they become links. What chat does not have stays as it was
typed: reference definitions, indented code, underlined headings, rules and entities.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html import escape
from typing import NamedTuple
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bot.write.links import poses_as_another

MOST = 10_000  # characters that are read as Markdown, at worst in 100 ms; longer texts are shown as they were typed
OWN = "/?room="  # the beginning of a link to a post here (adapter.link)
OWN_PAGES = {"/model", "/history"}  # as they are, without a query; opening them changes nothing

_TAGS = {"p", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "span"}
_ATTRIBUTES = {
    "a": {"href", "target", "rel"},
    "ol": {"start"},
    "span": {"class", "role", "tabindex", "aria-expanded", "aria-label"},
}
_OFF = ["html_block", "html_inline", "reference", "code", "lheading", "hr", "entity"]
_SCHEME = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
# A bare address ends at a space, a quotation mark, or a sign or letter of the scripts that are written without spaces.
_ADDRESS = re.compile(r"[^\s<>\"'`|\u3000-\u303f\u3040-\u30ff\u3400-\u9fff\uff00-\uffef\u2018-\u201f\u2026]+")
_BEFORE = re.compile(r"(?<![^\W_\u3040-\u30ff\u3400-\u9fff])(https?)\Z", re.IGNORECASE)


class Chip(NamedTuple):
    """A part of a text that names somebody: shown as a chip of this class."""

    start: int
    end: int
    css: str


Chips = Callable[[str], Iterable[Chip]]


def html_of(text: str, chips: Chips = lambda text: (), *, spoiler: str = "") -> str:
    """Sanitised HTML. `chips` finds who is named in a text without code and links; `spoiler` is what a screen reader
    says of a covered text."""
    if len(text) > MOST:
        return f"<p>{escape(text)}</p>"
    html = _markdown().render(text, {"chips": chips, "spoiler": spoiler})
    return nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, attribute_filter=_kept, url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )  # fmt: skip


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        """Whether an address may become a link; if not, it stays as it was typed."""
        return _may_link(url)


@cache
def _markdown() -> MarkdownIt:
    """The parser. Every text is in a `p`, where the page shows line breaks as they are. (Nesting: at most 20.)"""
    parser = _Parser("commonmark", {"html": False}).enable(["strikethrough"]).disable(_OFF)
    parser.inline.add_terminator_char("|")
    parser.inline.ruler.before("emphasis", "spoiler", _spoiler)
    parser.inline.ruler.before("emphasis", "bare_link", _bare_link)
    parser.core.ruler.push("paragraphs", _paragraphs)
    parser.core.ruler.push("pictures", _pictures)
    parser.core.ruler.push("people", _people)
    parser.core.ruler.push("destinations", _destinations)
    for name, rule in _RENDER.items():
        parser.add_render_rule(name, rule)
    return parser


def _may_link(address: str) -> bool:
    return bool(_SCHEME.match(address)) or _is_own(address)


def _is_own(address: str) -> bool:
    return address.startswith(OWN) or address in OWN_PAGES


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """Of addresses, keeps those that `_may_link`."""
    return None if attribute == "href" and not _may_link(value) else value


# --- what the parser reads beyond Markdown ---


def _spoiler(state: StateInline, silent: bool) -> bool:
    """||covered||"""
    start, most = state.pos + 2, state.posMax
    if not state.src.startswith("||", state.pos):
        return False
    end = state.src.find("||", start, most)
    if not state.src[start : max(end, start)].strip():
        return False
    if not silent:
        state.push("spoiler_open", "span", 1)
        state.pos, state.posMax = start, end
        state.md.inline.tokenize(state)
        state.posMax = most
        state.push("spoiler_close", "span", -1)
    state.pos = end + 2
    return True


def _bare_link(state: StateInline, silent: bool) -> bool:
    """An address that stands in the text as it is."""
    if state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme, found = _BEFORE.search(state.pending), _ADDRESS.match(state.src, state.pos + 3, state.posMax)
    if not scheme or not found or not (rest := _trimmed(found[0])):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[1])]
        address = f"{scheme[1]}://{rest}"
        state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(address)}
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1)
    state.pos += 3 + len(rest)
    return True


def _trimmed(rest: str) -> str:
    """An address without the signs of the sentence around it, and without a bracket that it does not open."""
    while rest and (rest[-1] in ".,;:!?*_~" or rest.count(rest[-1]) > rest.count(_OPENING.get(rest[-1], rest[-1]))):
        rest = rest[:-1]
    return rest


_OPENING = {")": "(", "]": "[", "}": "{"}


def _paragraphs(state: StateCore) -> None:
    """Makes paragraphs of the items of tight lists, too."""
    for block in state.tokens:
        block.hidden = False


def _pictures(state: StateCore) -> None:
    """Makes a link of each picture, which is not loaded; of one that is a link already, its words."""
    for block in state.tokens:
        if block.children:
            block.children = list(_as_links(block.children))


def _as_links(tokens: Iterable[Token]) -> Iterator[Token]:
    depth = 0  # of links
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type != "image":
            yield token
        elif depth:
            yield Token("text", "", 0, content=token.content)
        else:
            address = str(token.attrs["src"])
            yield Token("link_open", "a", 1, attrs={"href": address})
            yield Token("text", "", 0, content=token.content or address)
            yield Token("link_close", "a", -1)


def _people(state: StateCore) -> None:
    """Makes chips of whom the texts outside links name."""
    for block in state.tokens:
        if block.children:
            block.children = list(_chipped(block.children, state.env["chips"]))


def _chipped(tokens: Iterable[Token], chips: Chips) -> Iterator[Token]:
    depth = 0  # of links
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type != "text" or depth or "@" not in token.content:
            yield token
            continue
        done = 0
        for chip in chips(token.content):
            yield Token("text", "", 0, content=token.content[done : chip.start])
            yield Token("chip", "span", 0, content=token.content[chip.start : chip.end], info=chip.css)
            done = chip.end
        yield Token("text", "", 0, content=token.content[done:])


def _destinations(state: StateCore) -> None:
    """Says behind each link with words of its own to which host it leads, and lets none pose as another address."""
    for block in state.tokens:
        if block.children:
            block.children = _honest(block.children)


def _honest(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    opened = 0  # the place in `kept` behind the link that is open
    for token in tokens:
        kept.append(token)
        if token.type == "link_open":
            opened = len(kept)
        elif token.type == "link_close":
            address = str(kept[opened - 1].attrs["href"])
            label = "".join(one.content for one in kept[opened:-1])
            if not _is_own(address):
                kept[opened - 1].attrs |= {"target": "_blank", "rel": "noopener noreferrer nofollow ugc"}
                if poses_as_another(label, address):
                    label = address
                    kept[opened:-1] = [Token("text", "", 0, content=address)]
                if (host := _host(address)) not in (_host(label), label):
                    kept.append(Token("host", "span", 0, content=host))
    return kept


def _host(address: str) -> str:
    """The host of a web address, or the whole address of a mail; empty if there is none."""
    try:
        parts = urlsplit(address)
        return parts.path if parts.scheme == "mailto" else parts.hostname or ""
    except ValueError:
        return ""


# --- how it is shown ---


_RENDER: dict[str, Callable[..., str]] = {
    "heading_open": lambda *_: "<p><strong>",
    "heading_close": lambda *_: "</strong></p>\n",
    "softbreak": lambda *_: "\n",
    "hardbreak": lambda *_: "\n",
    "chip": lambda _, tokens, at, *__: f'<span class="{tokens[at].info}">{escape(tokens[at].content)}</span>',
    "host": lambda _, tokens, at, *__: f' <span class="host">({escape(tokens[at].content)})</span>',
    "spoiler_open": lambda _, tokens, at, options, env: (
        f'<span class="spoiler" role="button" tabindex="0" aria-expanded="false" aria-label="{escape(env["spoiler"])}">'
    ),
}
