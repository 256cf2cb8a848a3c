"""Plain HTML elements for the page. Text is shown as text, never interpreted as HTML, except by `markup`."""

from typing import Any

from nicegui.elements.html import Html
from nicegui.elements.mixins.text_element import TextElement


class Tag(TextElement):
    """An element by its HTML name. `attributes` are set unchanged, except that `_` becomes `-`."""

    def __init__(self, tag: str, text: str = "", css: str = "", **attributes: Any):
        super().__init__(tag=tag, text=text)
        if css:
            self.classes(css)
        for key, value in attributes.items():
            if value is not None:
                self.props[key.strip("_").replace("_", "-")] = value


def markup(html: str, css: str) -> Html:
    """An element that shows HTML which `markup.html_of` has made."""
    return Html(html, sanitize=False).classes(css).props("dir=auto")


def button(text: str, css: str = "quiet", **attributes: Any) -> Tag:
    return Tag("button", text, css, type="button", **attributes)
