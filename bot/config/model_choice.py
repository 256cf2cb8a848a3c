"""A choice of model as a manager makes it on a page, and the variables that keep it. Pure."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.config.base_url import wrong_base
from bot.config.chosen_model import ADDRESS, CUSTOM, KEY, NAME, PRICE, WRITER, price_of, price_text
from bot.config.loopback import is_on_this_machine
from bot.config.model_settings import ModelSettings, Price, default_models
from bot.config.settings import Settings

LONGEST_KEY = 1_000  # characters; the longest documented ones (JSON web tokens) have some hundreds
_ASSIGNED = re.compile(r"(?:export\s+)?[A-Z][A-Z0-9_]*\s*=\s*([^=].*)", re.DOTALL)
_QUOTES = "\"'`“”‘’"


class Refused(Exception):
    """A choice that can't be tried or kept. `reason` is a key of the catalogue under `model.refused`."""

    def __init__(self, reason: str, **values: object):
        super().__init__(reason)
        self.reason, self.values = reason, values


@dataclass(frozen=True, slots=True)
class Choice:
    """`name` is the model's in config.yaml, or "custom"; `model` its name at the server. `price` is written as in
    CAMEO_MODEL_PRICE. An empty `key` keeps the one that is there."""

    name: str
    model: str = ""
    address: str = ""
    price: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen, with its fields as they are now. `variable` holds its key, None for one that needs none;
    `has_key` tells whether one is there."""

    name: str
    model: str
    address: str
    price: Price | None
    variable: str | None
    has_key: bool

    @property
    def is_local(self) -> bool:
        return is_on_this_machine(self.address)


def offers(settings: Settings) -> list[Offer]:
    """Every model that can be chosen: those with a key that are there by default, those on this machine, the manager's
    own, and any other address."""
    usual = default_models()
    known = {**usual, **settings.models}
    first = ["kimi", "deepseek", "openai", "openrouter", "ollama", "lmstudio", "llamacpp"]
    own = [name for name in settings.models if name not in (*usual, CUSTOM)]
    found = [_offer(known[name]) for name in (*first, *own) if known[name].base_url]
    custom = settings.models.get(CUSTOM)
    return [*found, _offer(custom) if custom else Offer(CUSTOM, "", "", None, KEY, has_key=False)]


def _offer(model: ModelSettings) -> Offer:
    variable = model.key_env or (KEY if model.name == CUSTOM else None)
    return Offer(model.name, model.model or "", model.base_url or "", model.price, variable, bool(model.key))


def lacks_price(choice: Choice, plain: Settings) -> bool:
    """Whether nobody has told what the chosen model costs."""
    return not choice.price and _before(choice, plain).price is None


def _before(choice: Choice, plain: Settings) -> Offer:
    base = plain.models.get(choice.name) or default_models().get(choice.name)
    return _offer(base) if base else Offer(choice.name, "", "", None, KEY, has_key=False)


def variables_of(choice: Choice, plain: Settings) -> dict[str, str | None]:
    """The variables that keep a choice, None for those to remove. `plain` are the settings without any choice: what
    they say already is not repeated. Raises Refused."""
    before = _before(choice, plain)
    if choice.name == CUSTOM and not choice.address:
        raise Refused("no_address")
    if choice.address and not _may_be_base(choice.address):
        raise Refused("address")
    price = price_of(choice.price)
    if price is None and (choice.price or (choice.key and before.price is None)):
        raise Refused("no_price")
    changes: dict[str, str | None] = {
        WRITER: choice.name,
        NAME: choice.model if choice.model and choice.model != before.model else None,
        ADDRESS: choice.address if choice.address and choice.address != before.address else None,
        PRICE: price_text(price) if price and price != before.price else None,
    }
    if choice.name != CUSTOM:
        changes[KEY] = None
    if choice.key and before.variable:
        changes[before.variable] = choice.key
    return changes


def _may_be_base(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(wrong_base(address))
    except ValueError:  # no port, or an open bracket
        return False


def cleaned_key(pasted: str) -> str:
    """The key in what somebody has pasted: without quotes, `NAME=` or `Bearer` around it. Raises Refused if that is no
    key: HTTP headers, in which it is sent, hold visible ASCII only."""
    key = pasted.strip().strip(_QUOTES).strip()
    for begin in ("authorization:", "bearer "):
        if key.casefold().startswith(begin):
            key = key[len(begin) :].strip()
    if assigned := _ASSIGNED.fullmatch(key):
        key = assigned[1].strip().strip(_QUOTES)
    if key.casefold().startswith(("http://", "https://")):
        raise Refused("key_address")
    if any(character.isspace() for character in key):
        raise Refused("key_spaces")
    if not (key.isascii() and key.isprintable()) or len(key) > LONGEST_KEY:
        raise Refused("key_characters")
    return key
