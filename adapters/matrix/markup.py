"""Converts Markdown to the HTML that Matrix clients show, sanitised."""

import re
from functools import cache

import nh3
from markdown_it import MarkdownIt

# The specification's list for m.room.message, without images (we send none) and colours.
_TAG_NAMES = (
    "del h1 h2 h3 h4 h5 h6 blockquote p a ul ol sup sub li b i u strong em s code hr br div "
    "table thead tbody tr th td caption pre span details summary"
)
_TAGS = set(_TAG_NAMES.split())
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "code": {"class"}}
_SCHEMES = {"https", "http", "mailto"}


@cache
def _markdown() -> MarkdownIt:
    """A parser that leaves HTML as text and keeps line breaks, as in a chat. (Nesting: 20 levels at most.)"""
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def html_of(text: str) -> str | None:
    """Sanitised HTML, or None if it would show nothing more than the plain text."""
    html = nh3.clean(
        _markdown().render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_language_only,
        url_schemes=_SCHEMES,
        link_rel=None,
    ).strip()
    inner = re.fullmatch(r"<p>((?:(?!</?p>).)*)</p>", html, re.DOTALL)
    html = inner.group(1) if inner else html
    return html if re.search(r"<(?!br\b)", html) else None


def _language_only(tag: str, attribute: str, value: str) -> str | None:
    """Keeps only the class that names a code block's language."""
    return value if (tag, attribute) != ("code", "class") or value.startswith("language-") else None


def unpinging(text: str) -> str:
    """The text with an invisible character inside "@room", since older push rules search any text for that word."""
    return re.sub(r"@(?=room)", "@\u2060", text, flags=re.IGNORECASE)
