"""Converts Markdown to the HTML that Matrix clients show, sanitised."""

import re
from collections.abc import Iterable
from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bot.write.links import poses_as_another

# The specification's list for m.room.message, without images (we send none) and colours.
_TAG_NAMES = (
    "del h1 h2 h3 h4 h5 h6 blockquote p a ul ol sup sub li b i u strong em s code hr br div "
    "table thead tbody tr th td caption pre span details summary"
)
_TAGS = set(_TAG_NAMES.split())
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES = {"https", "http", "mailto"}
_ROOM = re.compile(r"(?<![a-z0-9_])@(?=room(?![a-z0-9_]))", re.IGNORECASE)  # as the specification bounds words


@cache
def _markdown() -> MarkdownIt:
    """A parser that leaves HTML as text and keeps line breaks, as in a chat. (Nesting: 20 levels at most.)"""
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.core.ruler.push("unmask", _unmask)
    return parser


def _unmask(state: StateCore) -> None:
    """Gives each link whose text looks like another address its own address as text."""
    for block in state.tokens:
        if block.children:
            block.children = _unmasked(block.children)


def _unmasked(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    opened = 0  # the place in `kept` of the link that is open
    for token in tokens:
        kept.append(token)
        if token.type == "link_open":
            opened = len(kept)
        elif token.type == "link_close":
            address = str(kept[opened - 1].attrs.get("href", ""))
            if poses_as_another(_text(kept[opened:-1]), address):
                kept[opened:-1] = [Token("text", "", 0, content=address)]
    return kept


def _text(tokens: Iterable[Token]) -> str:
    return "".join(token.content for token in tokens)


def html_of(text: str) -> str | None:
    """Sanitised HTML, or None if it would show nothing more than the plain text."""
    html = nh3.clean(
        _markdown().render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed,
        url_schemes=_SCHEMES,
        link_rel=None,
    ).strip()
    inner = re.fullmatch(r"<p>((?:(?!</?p>).)*)</p>", html, re.DOTALL)
    html = inner.group(1) if inner else html
    return html if re.search(r"<(?!br\b)", html) else None


def _allowed(tag: str, attribute: str, value: str) -> str | None:
    """Of classes, keeps the one that names a code block's language; drops titles, which can name another address."""
    if attribute == "title":
        return None
    return value if (tag, attribute) != ("code", "class") or value.startswith("language-") else None


def unpinging(text: str) -> str:
    """The text with an invisible character inside "@room", since older push rules search any text for that word."""
    return _ROOM.sub("@\u2060", text)
