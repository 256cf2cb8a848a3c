"""The page in one tab: rooms, the visitor's name, the selected room, and a line about the model that speaks."""

import json

from nicegui import Client, ui
from nicegui.events import GenericEventArguments

from adapters.local.board import Change
from adapters.local.community import Community
from adapters.local.page.clock import add_clock, setting
from adapters.local.page.first_steps import FirstStepsCard
from adapters.local.page.name_box import NAME_KEY, NameBox
from adapters.local.page.pages import draw_pages
from adapters.local.page.places import Place, place_seen
from adapters.local.page.room import RoomView
from adapters.local.page.tags import Tag
from adapters.local.page.visit import Around, Visit, is_secret, language_of

REFRESH_SECONDS = 20.0  # between looks at which model speaks


class Tab:
    """Built once per visit; receives every change until the tab is closed."""

    def __init__(self, community: Community, around: Around, client: Client, place: Place):
        accepted = client.request.headers.get("accept-language", "")
        self.visit = Visit(community, around, language_of(accepted), client.run_javascript)
        self._client = client
        self._has_arrived = False  # whether the browser has said where it is: the server does not see all of an address
        self._room, self._rooms = "", dict[str, Tag]()
        add_clock(around.say, self.visit.language)
        with Tag("div", css="layout"):
            self._draw_side()
            with Tag("div", css="talk"):  # NiceGUI wraps everything in a <main>
                self._card = self._first_steps()
                self._main = Tag("div")
        self._show(place)
        ui.on("place", self._go_back)
        client.on_connect(lambda: self._run(setting(community.clock.now())))
        client.on_connect(self._greet)
        client.on_delete(community.watch(self._changed))
        ui.timer(REFRESH_SECONDS, self._refresh)

    def _draw_side(self) -> None:
        say = self.visit.say
        with Tag("div", css="side"):
            with Tag("div", css="brand"):
                Tag("span", "c", "mark", aria_hidden="true")
                Tag("strong", "Cameo")
            with Tag("nav", aria_label=say("rooms")):
                for name, room in self.visit.community.rooms.items():
                    self._rooms[name] = Tag("button", css="room", type="button")
                    self._rooms[name].on("click", lambda name=name: self._enter(name))
                    with self._rooms[name]:
                        Tag("span", f"# {name}", "room-name")
                        Tag("span", self.visit.joining(room), "room-joins")
                        Tag("span", say("fresh"), "fresh")
            self._name = NameBox(self.visit, self._redraw)
            self._speaker = Tag("p", self._speaking(), "speaker")
            draw_pages(self.visit)
            self._draw_operator()

    def _draw_operator(self) -> None:
        around, language = self.visit.around, self.visit.language
        contact, privacy_url = around.operator()
        if contact:
            Tag("p", around.say("operator.contact", language, contact=contact), "hint operator")
        if privacy_url:
            link = {"href": privacy_url, "target": "_blank", "rel": "noopener noreferrer"}
            Tag("a", around.say("operator.privacy", language), "hint operator", **link)

    def _speaking(self) -> str:
        return self.visit.say("speaking", speaker=self.visit.around.speaker(self.visit.language))

    def _first_steps(self) -> FirstStepsCard | None:
        community = self.visit.community
        if not community.first_steps.invites(list(community.entries.values())):
            return None
        return FirstStepsCard(self.visit, self._name.chosen, self._enter)

    # --- rooms ---

    def _enter(self, name: str) -> None:
        """Shows a room that the visitor has chosen: a new entry of the browser's history."""
        self._has_arrived = True  # if the browser has not yet said where it is, it is here now
        self._show(Place(name))
        self._run(f"cameo.go({json.dumps(f'/?room={name}')})")

    def _go_back(self, event: GenericEventArguments) -> None:
        """Shows the place that the browser has returned to, or that a link within the page names."""
        if isinstance(event.args, dict):
            self._show(place_seen(self.visit.community, event.args))

    def _show(self, place: Place) -> None:
        if place.room != self._room:
            self._open(place.room)
        self._notice.text = self.visit.say(place.problem, room=place.room, wanted=place.wanted) if place.problem else ""
        there = place.spot and self._view.reveal(place.spot.message_id)
        if self._client.has_socket_connection:
            self._run(f"cameo.arrive({json.dumps(place.spot)})" if there else "scrollTo(0, 0)")

    def _open(self, name: str) -> None:
        self._room = name
        for room, tag in self._rooms.items():
            tag.props["aria-current"] = "page" if room == name else "false"
        self._rooms[name].classes(remove="has-fresh")
        self._main.clear()
        with self._main:
            self._notice = Tag("p", css="notice", role="status")
            self._view = RoomView(self.visit, self.visit.community.rooms[name])

    def _changed(self, change: Change) -> None:
        """Handles a change; called by the community, outside of any page's own events."""
        if change.room_id == self._room:
            with self._main:
                self._view.change(change)
        elif change.entry and change.entry.message:
            self._rooms[change.room_id].classes("has-fresh")
        if self._card:
            self._card.sync()

    async def _refresh(self) -> None:
        if self._card:
            await self._card.refresh()
        if (speaking := self._speaking()) != self._speaker.text:
            self._speaker.text = speaking

    async def _greet(self) -> None:
        """Restores what the browser keeps on every (re)connection: who the visitor is, and, on the first, the place."""
        language = {"en": "en", "zh": "zh-Hans"}[self.visit.language]
        held = f"[cameo.browser(), localStorage.getItem('{NAME_KEY}'), cameo.place()]"
        try:
            browser, name, seen = await self._client.run_javascript(
                f"document.documentElement.lang = '{language}'; return {held}", timeout=10
            )
        except TimeoutError:  # the tab was closed before it answered
            return
        finally:
            self.visit.has_greeted.set()
        if is_secret(browser):
            self.visit.browser = browser
        self._name.restore(name)
        if not self._has_arrived and (seen.get("post") or "at" in seen):
            self._show(place_seen(self.visit.community, seen))
        self._has_arrived = True

    def _redraw(self) -> None:
        self._view.redraw()

    def _run(self, code: str) -> None:
        self._client.run_javascript(code)
