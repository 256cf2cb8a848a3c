"""What a manager can set: frozen shapes with their defaults and ranges, and which rule applies to a room.

`bot.config.file.load` fills the shapes. Every number has a range, so that a typing error (an hour in milliseconds, a
dollar in cents) is caught at the start and not on the bill.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from bot.config.helplines import helplines
from bot.config.model_settings import ModelSettings, default_models, with_pointer
from bot.config.room_rule import RoomRule, fits, places_of
from bot.config.shapes import Secret, SettingsShape, Usd, Variable, WebAddress, as_time_zone
from bot.types import Room

OWN_PERSONAS = Path("personas")
SHIPPED_PERSONAS = Path(__file__).parents[2] / "personas"  # in a checkout and in an installed package


def _as_country(value: object) -> object:
    """Accepts a country whose numbers are shipped, in either case; False, which YAML 1.1 reads in NO, is Norway."""
    code = "NO" if value is False else value.upper() if isinstance(value, str) else ""
    if value is None or code in helplines():
        return code if value is not None else None
    known = ", ".join(sorted(helplines()))
    raise ValueError(
        f"is not a country whose helplines are known here; write one of {known}, or leave the key out: then only "
        "findahelpline.com and the local emergency number are named"
    )


def _as_path(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return Path(value).expanduser()
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            "is not a path on this machine; write a path that exists here, such as data/cameo.db"
        ) from error


def personas_folder(folder: Path) -> Path:
    """The folder to read: the default name means the shipped personas if the working directory has no such folder."""
    return SHIPPED_PERSONAS if folder == OWN_PERSONAS and not folder.is_dir() else folder


def _contact(value: str) -> str:
    """Accepts one line with an address in it: e-mail, web, Matrix or a name with @."""
    is_one_line = value.isprintable() and value == value.strip()
    if not is_one_line or not re.search(r"https?://\S+\.\S+|\S@\S+\.\S|(^|\s)@\w", value):
        example = "such as ana@example.org, https://example.org/contact, or @ana:example.org"
        raise ValueError(f"names no address that members can write to; write one on one line, {example}")
    return value


# `strict` would reject a YAML list for a tuple; only this conversion is allowed.
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]
FilePath = Annotated[Path, BeforeValidator(_as_path)]
Contact = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_contact)]


class ConsoleSettings(SettingsShape):
    """Address and token of the web console. Port 0 takes any free one."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8765, ge=0, le=65535)
    token_env: Variable = "CAMEO_TOKEN"  # noqa: S105 - the name of a variable
    token: Secret = None


class Platforms(SettingsShape):
    """One section per platform; `platforms.settings_with` adds the fields. Each section has at least `enabled`."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def enabled(self) -> dict[str, Any]:
        """The sections of the enabled platforms, by name."""
        return {name: section for name, section in self if section.enabled}


class Limits(SettingsShape):
    """Replies in any 60 minutes; US dollars per day in the file's time zone. 0 allows none."""

    replies_per_member_hour: int = Field(default=20, ge=0, le=3600)  # one a second: more is no limit
    replies_per_room_hour: int = Field(default=30, ge=0, le=3600)
    # Four rooms at their limit, or two replies a minute: with more, we would dominate the community.
    replies_per_community_hour: int = Field(default=120, ge=0, le=3600)
    usd_per_day: Usd = 2.00


class ModerationSettings(SettingsShape):
    """A second check of every draft, by the model `model`: its /moderations endpoint, or its answer as a chat model.
    `if_down`: what happens to a draft that it could not check."""

    model: str = Field(min_length=1)
    how: Literal["endpoint", "chat"] = "endpoint"
    # A manager who asks for a check wants nothing unchecked to be said; members who call get an honest line meanwhile.
    if_down: Literal["hold", "send"] = "hold"


def _writers(models: object, moderation: object) -> tuple[str, ...]:
    """All models but one that only moderates, and the pointer before built-in ones."""
    if not isinstance(models, dict):
        return ()
    checks = moderation.get("model") if isinstance(moderation, dict) and moderation.get("how") != "chat" else None
    toys = [name for name, model in models.items() if _is_builtin(model)]
    return with_pointer((name for name in models if name != checks), toys)


def _is_builtin(model: object) -> bool:
    return bool(model.get("builtin") if isinstance(model, dict) else getattr(model, "builtin", None))


class Settings(SettingsShape):
    """Everything that whoever runs Cameo can set. `source` is the file that it was read from, None if there is none;
    `is_bare` tells that no key was set there. `managers` are the ids, by platform, of members who may manage Cameo in
    chat besides those whom the platform itself lets manage; `manager_rooms` the room, by the pattern of a community,
    that gets notices to its managers. `chosen` is the model that the environment puts first, "" if none
    (chosen_model.py)."""

    source: Path | None = Field(default=None, exclude=True)
    is_bare: bool = Field(default=True, exclude=True)
    chosen: str = Field(default="", exclude=True, description="CAMEO_WRITER=... into .env")
    database: FilePath = Path("data/cameo.db")
    keep_days: int = Field(default=30, ge=1, le=3650)  # at least a day: recall and limits need the messages of one
    # Long enough to undo a mistake, no longer: nobody there can ask Cameo to delete anything any more.
    keep_after_removal_days: int = Field(default=7, ge=0, le=3650)
    contact: Contact | None = None  # who runs it, and where its privacy policy is: told to members who ask
    privacy_url: WebAddress | None = None
    console: ConsoleSettings = ConsoleSettings()
    models: dict[str, ModelSettings] = Field(default_factory=default_models, min_length=1)
    writer: Names = Field(default=(), max_length=20)
    platforms: Platforms = Platforms()
    rooms: Annotated[tuple[RoomRule, ...], Field(strict=False)] = ()
    managers: dict[str, Names] = Field(default_factory=dict)
    manager_rooms: dict[str, Annotated[str, Field(min_length=1, max_length=255)]] = Field(default_factory=dict)
    time_zone: Annotated[ZoneInfo, BeforeValidator(as_time_zone)] = ZoneInfo("UTC")
    country: Annotated[str | None, BeforeValidator(_as_country)] = None
    catch_up_minutes: float = Field(default=15.0, ge=0, le=10_080)  # a week: older questions are history
    limits: Limits = Limits()
    moderation: ModerationSettings | None = None
    personas: Annotated[FilePath, AfterValidator(personas_folder)] = Field(default=OWN_PERSONAS, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _all_models_write_in_their_order(cls, data: Any) -> Any:
        if isinstance(data, dict) and "writer" not in data:
            models = data.get("models", default_models())
            return {**data, "writer": _writers(models, data.get("moderation"))}
        return data

    @field_validator("managers")
    @classmethod
    def _by_platform(cls, managers: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        known = set(type(info.data["platforms"]).model_fields) if "platforms" in info.data else set()
        if wrong := sorted(managers.keys() - known):
            raise ValueError(f"names no platform {wrong[0]!r}; write one of {', '.join(sorted(known)) or 'none'}")
        return managers

    @field_validator("manager_rooms")
    @classmethod
    def _by_community(cls, rooms: dict[str, str]) -> dict[str, str]:
        if wrong := [place for place in rooms if place.count("/") < 1]:
            raise ValueError(
                f"has {wrong[0]!r}, which is no community; write platform/community, such as discord/Bakers"
            )
        return rooms

    def manager_room(self, room: Room) -> str:
        """The id or name of the room for notices about this room's community; "" if there is none."""
        communities = {room.community or "-", room.community_name or room.community or "-"}
        places = [f"{room.platform}/{community}" for community in communities]
        found = (id_ for pattern, id_ in self.manager_rooms.items() if any(fits(pattern, place) for place in places))
        return next(found, "")

    def rule_for(self, room: Room) -> RoomRule:
        """The first rule that fits the room; without one, Mochi answers when mentioned."""
        position = self.rule_position(room)
        return RoomRule(match="*") if position is None else self.rooms[position]

    def rule_position(self, room: Room) -> int | None:
        """The position in `rooms` of the first rule that fits the room; None if none does."""
        places = places_of(room)
        fitting = (at for at, rule in enumerate(self.rooms) if any(fits(rule.match, place) for place in places))
        return next(fitting, None)

    def zone_of(self, rule: RoomRule) -> ZoneInfo:
        """The time zone in which a room's day begins."""
        return rule.time_zone or self.time_zone
