"""The console's other pages, to which this one links. What they show changes nothing by itself."""

from adapters.local.page.tags import Tag
from adapters.local.page.visit import Visit

PAGES = {"model": "/model", "history": "/history"}  # by their keys in the catalogue


def draw_pages(visit: Visit) -> None:
    """Small links that stay on the page."""
    with Tag("div", css="pages"):
        for key, path in PAGES.items():
            if path in visit.around.pages:
                Tag("a", visit.say(f"pages.{key}"), href=path)
