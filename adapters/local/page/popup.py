"""A small dialog under its button. Opening one closes the others; Esc closes it and gives the focus back."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from adapters.local.page.tags import Tag, button


def opening_button(text: str) -> Tag:
    """A button that opens a popup."""
    return button(text, aria_haspopup="dialog", aria_expanded="false")


@contextmanager
def popup(opener: Tag, label: str, css: str, props: str = "") -> Iterator[ui.menu]:
    """Opens the dialog that is drawn in the block. `label` is its name for screen readers."""
    opener.clear()
    with opener, ui.menu().props(f"no-parent-event role=dialog {props}").classes(css) as menu:
        yield menu
    menu.props["aria-label"] = label
    menu.on_value_change(lambda event: _tell_if_open(opener, is_open=bool(event.value)))
    menu.open()


def _tell_if_open(opener: Tag, *, is_open: bool) -> None:
    if not opener.is_deleted:
        opener.props["aria-expanded"] = str(is_open).lower()
