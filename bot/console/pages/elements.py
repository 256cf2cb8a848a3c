"""Plain HTML elements for NiceGUI pages, drawn like those of the plain pages. Text is always shown as text."""

from typing import Any

from nicegui import Client
from nicegui.elements.mixins.text_element import TextElement

HTML_LANGUAGES = {"en": "en", "zh": "zh-Hans"}


def tag(html: str, /, text: str = "", css: str = "", **attributes: Any) -> TextElement:
    """An element by its HTML name. `attributes` are set unchanged, except that `_` becomes `-`; None is left out."""
    element = TextElement(tag=html, text=text)
    if css:
        element.classes(css)
    for key, value in attributes.items():
        if value is not None:
            element.props[key.strip("_").replace("_", "-")] = value
    return element


def field(name: str, label: str, value: str = "", hint: str = "", **attributes: Any) -> TextElement:
    """A labelled input of a form; returns the input. Its value is where the form begins: what is typed stays in the
    browser until the form is sent."""
    with tag("div", css="field"):
        tag("label", label, _for=f"field-{name}")
        described = f"hint-{name}" if hint else None
        found = tag("input", id=f"field-{name}", name=name, aria_describedby=described, **attributes)
        if value:
            found.props["^value"] = value  # the attribute; Vue would set the property again whenever the page changes
        if hint:
            tag("p", hint, "hint", id=f"hint-{name}")
    return found


def say_language(client: Client, language: str) -> None:
    """Marks the page's language, for screen readers and for the browser's own words."""
    client.on_connect(lambda: client.run_javascript(f"document.documentElement.lang = '{HTML_LANGUAGES[language]}'"))
