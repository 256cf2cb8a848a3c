"""The page /model: choose a model, try it, keep it.

It is behind the token like every page, and its websocket takes no events from other sites (`console/auth.py`). Whoever
has the token may have any address called from this machine, with a request for a chat and nothing else.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from nicegui import Client, events, ui

from bot.config.chosen_model import CUSTOM
from bot.config.env_file import EnvFileError
from bot.config.model_choice import Choice, Offer, Refused
from bot.console.pages.elements import tag
from bot.console.pages.frame import language_of
from bot.console.pages.model_form import EDITED, PRICE_FIELDS, SEND, SUBMIT, ModelForm, choice_of
from bot.console.pages.model_told import Mask, told, why_not
from bot.console.pages.sheet import sheet
from bot.explain.words import Words
from bot.live.model_setup import ModelSetup
from bot.write.models.probe import Probe

log = structlog.get_logger()

MODEL_PATH = "/model"
SERVER_LOOK_SECONDS = 0.05  # after the page is shown: servers on this machine are looked for meanwhile

TYPED_SECONDS = 0.5  # nobody has typed or chosen anything by then: a form that changes would lose it

Speaker = Callable[[str], str]
"""Takes a language; returns which model speaks now."""


def model_page(setup: ModelSetup, words: Words, speaker: Speaker, mask: Mask) -> Callable[[], None]:
    """A function that adds the page; the console calls it once it is ready for pages."""

    def put() -> None:
        @ui.page(MODEL_PATH, title="Cameo", language="en-US")
        def page(client: Client) -> None:
            language = language_of(client.request.headers.get("accept-language", ""))
            with sheet(client, words, language, words.say("model.title", language), "model.css"):
                ModelPage(setup, words, language, speaker, mask, client)

    return put


class ModelPage:
    """The page in one tab. The key that was typed last is kept here, and in no element, until the tab is closed."""

    def __init__(self, setup: ModelSetup, words: Words, language: str, speaker: Speaker, mask: Mask, client: Client):
        self._setup, self._words, self._language = setup, words, language
        self._speaker, self._mask, self._client = speaker, mask, client
        self._running: dict[str, tuple[str, ...]] | None = None
        self._trying: asyncio.Task[None] | None = None
        self._tried: Choice | None = None
        self._picked = setup.settings.chosen
        tag("p", self._say("intro"), "soft")
        self._now = tag("p", "", "now", aria_live="polite")
        self._config = tag("p", "", "hint")
        form = tag("form", css="card").on("submit", self._sent, js_handler=SUBMIT)
        with form.on("input", self._edited, js_handler=EDITED):
            self._choices = tag("fieldset", css="offers")
            self._fields = tag("div")
            with tag("div", css="row"):
                tag("button", self._say("test"), "main", type="submit")
        self._result = tag("section", css="card result", role="status", aria_live="polite", tabindex=-1)
        self._kept, self._outside = tag("section", css="card"), tag("section", css="card")
        self._draw()
        client.on_delete(self._stop)
        ui.timer(SERVER_LOOK_SECONDS, self._look, once=True)

    def _say(self, key: str, **values: object) -> str:
        return self._words.say(f"model.{key}", self._language, **values)

    # --- what can be chosen ---

    def _draw(self) -> None:
        """Draws everything that depends on the settings in force."""
        self._now.text = self._say("now", speaker=self._speaker(self._language))
        self._config.text = " ".join(self._about_the_file())
        self._draw_choices()
        self._draw_form()
        self._draw_kept()
        self._draw_outside()

    def _about_the_file(self) -> list[str]:
        settings, writers = self._setup.settings, self._setup.writers_of_the_file()
        told = [self._say("config.order", file=settings.source, writers=", ".join(writers))] if writers else []
        if settings.chosen and writers:
            outside, _ = self._setup.choosing()
            key = "config.chosen_outside" if outside else "config.chosen"
            told.append(self._say(key, chosen=settings.chosen, names=", ".join(outside)))
        return told

    def _ordered(self) -> list[Offer]:
        """The offers, with the servers that run on this machine first."""
        return sorted(self._setup.offers(), key=lambda offer: offer.name not in (self._running or {}))

    def _offer(self) -> Offer:
        offers = self._ordered()
        return next((offer for offer in offers if offer.name == self._picked), offers[0])

    def _draw_choices(self) -> None:
        picked = self._offer().name
        self._choices.clear()
        with self._choices:
            tag("legend", self._say("which"))
            for offer in self._ordered():
                with tag("label", css="offer running" if offer.name in (self._running or {}) else "offer"):
                    radio = tag("input", type="radio", name="offer", value=offer.name, checked=offer.name == picked)
                    radio.on("change", lambda name=offer.name: self._pick(name))
                    tag("strong", self._name_of(offer.name))
                    tag("span", self._about(offer))

    def _name_of(self, name: str) -> str:
        key = f"model.offer.{name}"
        return self._words.say(key, self._language) if key in self._words.texts else name

    def _about(self, offer: Offer) -> str:
        if offer.is_local and offer.name != "custom":
            return self._about_local(offer)
        key = f"about.{offer.name}" if f"model.about.{offer.name}" in self._words.texts else "about.own"
        return f"{self._say(key)} · {self._say('about.key_kept')}" if offer.has_key else self._say(key)

    def _about_local(self, offer: Offer) -> str:
        if self._running is None:
            return self._say("about.looking")
        models = self._running.get(offer.name)
        if models is None:
            return self._say("about.not_running")
        if not models:
            return self._say("about.running_empty")
        more = len(models) - 1
        return self._say("about.running_more" if more else "about.running", model=models[0], count=more)

    def _pick(self, name: str) -> None:
        if name != self._picked:
            self._stop()
            self._picked, self._tried = name, None
            self._result.clear()
            self._draw_form()

    def _draw_form(self) -> None:
        offer = self._offer()
        self._picked = offer.name
        listed = (self._running or {}).get(offer.name, ())
        outside = bool(offer.variable and self._setup.is_set_outside(offer.variable))
        if listed and offer.model not in listed and f"{offer.model}:latest" not in listed:
            offer = replace(offer, model=listed[0])  # what it has, not what is usual
        self._fields.clear()
        with self._fields:
            self._form = ModelForm(self._words, self._language, offer, listed, self._setup.file, outside)

    async def _look(self) -> None:
        """Looks for servers on this machine, and picks the first one if nothing is chosen or can be typed yet."""
        begun = time.monotonic()
        self._running = await self._setup.running()
        is_early = time.monotonic() - begun < TYPED_SECONDS and self._trying is None
        self._draw_choices()
        if self._running and is_early and not self._setup.settings.chosen:
            self._picked = self._ordered()[0].name
            self._draw_choices()
            self._draw_form()

    # --- a probe ---

    def _sent(self, event: events.GenericEventArguments) -> None:
        sent: Any = event.args
        if not isinstance(sent, dict):
            return
        self._stop()
        self._trying = asyncio.create_task(self._try(choice_of(self._offer(), sent)), name="trying a model")

    async def _try(self, choice: Choice) -> None:
        self._tried = choice
        begun = time.monotonic()
        model = choice.model or self._say("asking_first")
        with self._result.clear():
            waiting = tag("p", self._say("asking", model=model, seconds=0))
            with tag("div", css="row"):
                tag("button", self._say("cancel"), type="button").on("click", self._cancel)

            def tick() -> None:
                waiting.text = self._say("asking", model=model, seconds=int(time.monotonic() - begun))

            ui.timer(1.0, tick)
        try:
            self._show(await self._setup.attempt(choice, self._say("test_prompt")), choice)
        except Refused as error:
            self._show_lines([why_not(self._words, self._language, error, self._setup.file)], "wrong")
        except Exception:
            log.exception("console.probe_failed")
            self._show_lines([self._say("refused.unexpected")], "wrong")

    def _show(self, probe: Probe, choice: Choice) -> None:
        address = choice.address or self._offer().address
        lines = told(self._words, self._language, probe, _host(address), self._mask)
        works = probe.cause is None and not probe.over_budget
        if works and probe.hundred_usd is None and (choice.key or self._offer().has_key):
            lines.append(self._say("price_to_save"))
        self._show_lines(lines, "good" if works else "wrong")
        if probe.listed:
            self._form.offer_names(probe.listed)
        with self._result:
            self._draw_save(choice, works=works)

    def _draw_save(self, choice: Choice, *, works: bool) -> None:
        """The button that keeps what was tried, or why it can't be kept here."""
        outside, _ = self._setup.choosing()
        if outside and choice.name != self._setup.settings.chosen:
            tag("p", self._say("refused.environment", name=outside[0], file=self._setup.file), "soft")
            return
        with tag("div", css="row"):
            text, css = (self._say("save"), "main") if works else (self._say("save_anyway"), "")
            tag("button", text, css, type="button").on("click", self._save, js_handler=SEND)

    def _show_lines(self, lines: list[str], css: str) -> None:
        with self._result.clear():
            for position, line in enumerate(lines):
                tag("p", line, css if position == 0 else "soft")
        self._result.run_method("scrollIntoView", {"block": "nearest"})

    def _edited(self, event: events.GenericEventArguments) -> None:
        """What was tried is no longer what the form says, and must not be kept by its name. A price that was not told
        may still be: the test did not depend on it."""
        if self._tried is not None and not (event.args in PRICE_FIELDS and not self._tried.price):
            self._forget_the_test()

    def _forget_the_test(self) -> None:
        self._stop()
        self._tried = None
        with self._result.clear():
            tag("p", self._say("edited"), "soft")

    def _stop(self) -> None:
        if self._trying is not None:
            self._trying.cancel()
            self._trying = None

    def _cancel(self) -> None:
        self._stop()
        self._show_lines([self._say("cancelled")], "soft")

    # --- keeping it ---

    async def _save(self, event: events.GenericEventArguments) -> None:
        sent: Any = event.args
        if self._tried is None or not isinstance(sent, dict):
            return
        choice = choice_of(self._offer(), sent)
        if replace(choice, price=self._tried.price) == self._tried:
            await self._change(lambda: self._setup.save(choice), "saved")
        else:  # the browser has not told yet that something was changed
            self._forget_the_test()

    async def _change(self, change: Callable[[], Any], done: str) -> None:
        """Changes the file, and shows what speaks now."""
        file = self._setup.file
        try:
            problems = await change()
        except (Refused, EnvFileError) as error:
            self._show_lines([why_not(self._words, self._language, error, file)], "wrong")
            if self._tried is not None:  # it may be kept once that is mended
                with self._result:
                    self._draw_save(self._tried, works=True)
            return
        self._tried = None
        self._picked = self._setup.settings.chosen or self._picked
        self._draw()
        if problems:
            self._show_lines([self._say("not_in_force", file=file), *map(self._mask, problems)], "wrong")
        else:
            self._result.run_method("focus")  # the button that had it is gone
            self._show_lines([self._say(done, file=file, speaker=self._speaker(self._language))], "good")

    def _draw_kept(self) -> None:
        """What the file says, which can be removed here."""
        outside, inside = self._setup.choosing()
        told = [(self._about_choice(inside, is_whole=not outside), inside)] if inside else []
        told += self._keys(inside, outside=False)
        with self._kept.clear():
            if told:
                tag("h2", self._say("kept", file=self._setup.file))
            for text, variables in told:
                with tag("div", css="kept"):
                    tag("span", text)
                    self._draw_remove(text, variables)

    def _draw_remove(self, text: str, variables: tuple[str, ...]) -> None:
        remove = tag("button", self._say("remove"), type="button", aria_label=f"{self._say('remove')}: {text}")
        remove.on("click", lambda: self._change(lambda: self._setup.remove(*variables), "removed"))

    def _draw_outside(self) -> None:
        """What the environment says, which can't be changed here."""
        outside, _ = self._setup.choosing()
        told = [(self._about_choice(outside, is_whole=True), outside)] if outside else []
        told += self._keys(outside, outside=True)
        with self._outside.clear():
            if told:
                tag("h2", self._say("outside"))
            for text, _ in told:
                tag("p", text, "kept")
            if told:
                tag("p", self._say("outside_hint", file=self._setup.file), "hint")

    def _about_choice(self, variables: tuple[str, ...], *, is_whole: bool) -> str:
        name = self._known_as(self._setup.settings.chosen)
        return self._say("kept_choice" if is_whole else "kept_part", name=name, variables=", ".join(variables))

    def _known_as(self, name: str) -> str:
        """The name of a model within a sentence."""
        model = self._setup.settings.models.get(name)
        if name == CUSTOM and model:
            return self._say("kept_custom", place=_host(model.base_url or ""))
        return self._name_of(name)

    def _keys(self, told: tuple[str, ...], *, outside: bool) -> list[tuple[str, tuple[str, ...]]]:
        """The keys that the environment, or the file, holds, but those that were `told` with the choice."""
        return [
            (self._say("kept_key", name=self._known_as(name), variable=variable), (variable,))
            for name, variable in self._setup.models_with_keys()
            if variable not in told and self._setup.is_set_outside(variable) == outside
        ]


def _host(address: str) -> str:
    """The host and port of an address, as people name a server."""
    return address.partition("://")[2].partition("/")[0] or address
