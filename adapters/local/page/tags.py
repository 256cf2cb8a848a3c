"""Plain HTML elements for the page. Text is always shown as text, never interpreted as HTML."""

from typing import Any

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


def button(text: str, css: str = "quiet", **attributes: Any) -> Tag:
    return Tag("button", text, css, type="button", **attributes)
