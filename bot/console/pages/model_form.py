"""The form for one model: key, name, address and price, as far as the model needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from nicegui.elements.mixins.text_element import TextElement

from bot.config.chosen_model import CUSTOM
from bot.config.model_choice import LONGEST_KEY, Choice, Offer
from bot.config.model_settings import default_models
from bot.console.pages.elements import field, tag
from bot.explain.words import Words

PRICES_AS_OF = "2026-11"  # of the prices in bot/config/model_settings.py
# Where their makers give out keys.
KEY_PAGES = {
    "kimi": "https://platform.kimi.ai/console/api-keys",
    "deepseek": "https://platform.deepseek.com/api_keys",
    "openai": "https://platform.openai.com/api-keys",
    "openrouter": "https://openrouter.ai/settings/keys",
}
KIMI, KIMI_IN_CHINA = "moonshot.ai", "moonshot.cn"
KEYS_IN_CHINA = "https://platform.kimi.com/console/api-keys"
LONGEST_FIELD = 500  # characters of a model's name or an address
MODELS_OFFERED = 500  # offered for a model's name; a browser shows some tens of them
PRICE_FIELDS, OPTIONAL = ("input", "cached", "output"), "cached"
# One event with all fields: what is typed stays in the browser until then, and the key is in no element of the page.
SUBMIT = """(event) => {
  event.preventDefault();
  document.querySelector(".result").style.minHeight = "";
  emit(Object.fromEntries(new FormData(event.target)));
}"""
# What is told about a test keeps its height until the next one: if the page became shorter between the press on the
# button and its release, the button would move away from under the pointer, and the click would be lost.
EDITED = """(event) => {
  const told = document.querySelector(".result");
  told.style.minHeight = `${told.offsetHeight}px`;
  emit(event.target.name);
}"""
SEND = "() => emit(Object.fromEntries(new FormData(document.querySelector('form.card'))))"  # by a button outside it


class ModelForm:
    """Draws the form of an offer into the element that is open; `listed` are the names that its server has."""

    def __init__(self, words: Words, language: str, offer: Offer, listed: Sequence[str], file: object, outside: bool):
        self._words, self._language, self._offer = words, language, _nearer(offer, language)
        self._file, self._outside = file, outside
        self._names: TextElement | None = None
        if offer.variable:
            self._draw_key()
        self._draw_name(listed)
        if offer.name == CUSTOM:
            self._draw_place()
        else:
            with tag("details", css="field"):
                tag("summary", self._say("more"))
                self._draw_place()

    def _say(self, key: str, **values: object) -> str:
        return self._words.say(f"model.{key}", self._language, **values)

    def _draw_key(self) -> None:
        offer, say = self._offer, self._say
        if self._outside and offer.has_key:
            with tag("div", css="field"):
                tag("p", say("key_from_environment", name=offer.variable), "hint")
            return
        hint = say("key_kept") if offer.has_key else say("key_stays", file=self._file)
        label = say("key_optional") if offer.name == CUSTOM else say("key")
        field("key", label, hint=hint, type="password", autocomplete="off", spellcheck="false", maxlength=LONGEST_KEY)
        if page := KEY_PAGES.get(offer.name):
            page = KEYS_IN_CHINA if KIMI_IN_CHINA in offer.address else page
            text = say("key_where", place=urlsplit(page).netloc)
            tag("a", text, "hint", href=page, target="_blank", rel="noopener noreferrer")
        if offer.name == "kimi":
            tag("p", say("china"), "hint")

    def _draw_name(self, listed: Sequence[str]) -> None:
        more: dict[str, Any] = {"list": "names", "autocomplete": "off", "spellcheck": "false"}
        hint = "" if listed else self._say("name_hint")
        name = self._offer.model or next(iter(listed), "")
        field(
            "model", self._say("name"), name, hint, maxlength=LONGEST_FIELD, placeholder=self._say("name_any"), **more
        )
        self._names = tag("datalist", id="names")
        self.offer_names(listed)

    def offer_names(self, listed: Sequence[str]) -> None:
        """Offers these names for the model, without touching what is typed."""
        assert self._names is not None
        self._names.clear()
        with self._names:
            for name in listed[:MODELS_OFFERED]:
                tag("option", name, value=name)

    def _draw_place(self) -> None:
        offer, say = self._offer, self._say
        address: dict[str, Any] = {
            "inputmode": "url",
            "autocomplete": "off",
            "spellcheck": "false",
            "maxlength": LONGEST_FIELD,
        }
        field("address", say("address"), offer.address, say("address_hint"), **address)
        with tag("fieldset", css="price"):
            tag("legend", say("price"))
            with tag("div", css="prices"):
                for name in PRICE_FIELDS:
                    value = f"{getattr(offer.price, name):g}" if offer.price else ""
                    number: dict[str, Any] = {"inputmode": "decimal", "autocomplete": "off", "maxlength": 12}
                    field(
                        name,
                        say(f"price_{name}"),
                        value,
                        placeholder=say("any") if name == OPTIONAL else None,
                        **number,
                    )
            usual = default_models().get(offer.name)
            is_usual = usual is not None and usual.price is not None and usual.price == offer.price
            usual_hint = say("price_hint", model=offer.model, date=PRICES_AS_OF)
            tag("p", usual_hint if is_usual else say("price_unknown"), "hint")


def _nearer(offer: Offer, language: str) -> Offer:
    """The offer with the address for readers of Chinese, if it is as it comes: Kimi has one platform for China and one
    for other countries, and the keys of one are unknown at the other."""
    usual = default_models().get(offer.name)
    is_usual = usual is not None and offer.address == usual.base_url and not offer.has_key
    if offer.name == "kimi" and language == "zh" and is_usual:
        return replace(offer, address=offer.address.replace(KIMI, KIMI_IN_CHINA))
    return offer


def choice_of(offer: Offer, sent: Mapping[str, object]) -> Choice:
    """The choice in what a form has sent; unknown fields and what is no text are left out."""

    def text(name: str, most: int = LONGEST_FIELD) -> str:
        value = sent.get(name)
        return "".join(filter(str.isprintable, value)).strip()[:most] if isinstance(value, str) else ""

    price = {name: text(name).removeprefix("$").replace(",", ".") for name in PRICE_FIELDS}
    needed = [name for name in PRICE_FIELDS if price[name] or name != OPTIONAL]
    told = " ".join(price[name] or "?" for name in needed) if any(price.values()) else ""
    key = sent.get("key")
    return Choice(offer.name, text("model"), text("address"), told, key if isinstance(key, str) else "")
