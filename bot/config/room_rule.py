"""The shape of a rule for rooms, and which rooms it fits."""

from datetime import time
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from bot.config.shapes import SettingsShape, Switch, TimeZone
from bot.types import Author, Room

Join = Literal["mentions", "unanswered", "every_post", "watch", "off"]
HOLDING: tuple[Join, ...] = ("unanswered", "watch")  # decided alike: a post is ours once people have had their hold
Posts = Literal["inviting", "all"]
Place = Literal["inline", "thread"]
ChatSettings = Literal["none", "rooms", "all"]

LONGEST_HOLD_MINUTES = 10_080.0  # a week; after that nobody still waits for an answer


def _as_join(value: object) -> object:
    """Converts False to "off": YAML 1.1 reads `join: off` as a boolean."""
    return "off" if value is False or (isinstance(value, str) and value.casefold() == "off") else value


def _as_hold(value: object) -> object:
    """Accepts "auto" or a number of minutes, with one error message for both."""
    if isinstance(value, str) and value.casefold() == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is neither auto nor a number of minutes; write auto, or one such as 45")
    if not 0 <= value <= LONGEST_HOLD_MINUTES:  # nan fails this too
        raise ValueError(f"is no hold; write auto, or minutes from 0 to {LONGEST_HOLD_MINUTES:g}")
    return float(value)


def _as_quiet_hours(value: object) -> object:
    """Parses a span such as "22:00-07:30" in the room's time zone; it may end on the next day."""
    if value is None or isinstance(value, tuple):
        return value
    try:
        begin, _, end = value.replace("–", "-").partition("-") if isinstance(value, str) else ("", "", "")
        hours = time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    except ValueError:
        hours = None
    if hours is None or hours[0] == hours[1] or any(one.tzinfo for one in hours):
        raise ValueError('is not a span of hours; write one in quotes, such as "22:00-07:30"')
    return hours


Hold = Annotated[Literal["auto"] | float, BeforeValidator(_as_hold)]
QuietHours = Annotated[tuple[time, time] | None, Field(strict=False), BeforeValidator(_as_quiet_hours)]


def _as_patterns(value: object) -> object:
    """Refuses patterns that fit everybody."""
    if isinstance(value, tuple | list) and any(isinstance(one, str) and one.strip("* ") == "" for one in value):
        raise ValueError('names everybody, or nobody; write ids or names, such as "@weather:example.org" or "News*"')
    return value


# Ids or names, * matches anything. A thousand are more than a manager keeps by hand.
Patterns = Annotated[
    tuple[Annotated[str, Field(max_length=255)], ...],
    Field(strict=False, max_length=1000),
    BeforeValidator(_as_patterns),
]


class RoomRule(SettingsShape):
    """How we take part in the rooms that `match` fits.

    `hold` is how long people get to answer before us. A number fixes it in minutes; "auto" learns it from the room's
    answer times so that, in a share `displacement_risk` (0 to 1) of the cases in which we step in, a person would still
    have answered. Where answers are inferred, that share also bounds the doubt whether somebody has answered.
    `share_of_voice` and `coverage` are shares, 0 to 1; `economy` and `judge` name models. `bots`, `people` and `ignore`
    name authors: who counts as a program, who as a person (this one wins), and who gets no answers. `chat_settings` is
    what the managers of these rooms may choose in chat (see choices.py).
    """

    older_keys: ClassVar[tuple[str, ...]] = ("hold_minutes",)

    match: str = Field(min_length=1, max_length=1000)
    persona: str = Field(default="mochi", min_length=1)
    # Every prompt of the room pays for it; more belongs into a persona, or into documents.
    about: str | None = Field(default=None, min_length=1, max_length=600)
    join: Annotated[Join, BeforeValidator(_as_join)] = "mentions"
    # How Cameo takes part in a room is for those who manage it, since limits hold whatever they choose. But a room that
    # is off stays off: who invites Cameo to a place that the operator has closed must not be able to open it.
    chat_settings: ChatSettings = Field(default_factory=lambda rule: "none" if rule.get("join") == "off" else "rooms")
    posts: Posts = "inviting"
    coverage: float = Field(default=1.0, ge=0, le=1)
    hold: Hold = "auto"
    hold_floor_minutes: float = Field(default=1.0, ge=0, le=LONGEST_HOLD_MINUTES)
    hold_ceiling_minutes: float = Field(default=720.0, ge=0, le=LONGEST_HOLD_MINUTES)
    # Below 1 %, no room has enough posts to estimate it; above 90 %, people no longer go first.
    displacement_risk: float = Field(default=0.25, ge=0.01, le=0.9)
    # with every_post, one comment a post is half of what is said
    share_of_voice: float = Field(
        default_factory=lambda rule: 0.5 if rule.get("join") == "every_post" else 0.2, ge=0, le=1
    )
    conversation_minutes: float = Field(default=10.0, ge=0, le=1440)  # a day: later, a member starts a new one
    quiet_hours: QuietHours = None
    answers_to_name: Switch = True
    place: Place = "inline"
    emoji_instead: Switch = False
    delete_with_question: Switch = True
    thank_helpers: Switch = True
    bots: Patterns = ()
    people: Patterns = ()
    ignore: Patterns = ()
    time_zone: TimeZone = None  # None: the time zone of the whole file
    economy: str | None = Field(default=None, min_length=1)
    judge: str | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _hold_by_its_older_name(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "hold_minutes" not in data:
            return data
        others = {key: value for key, value in data.items() if key != "hold_minutes"}
        return {"hold": data["hold_minutes"], **others}

    def names(self, key: Literal["bots", "people", "ignore"], author: Author) -> str | None:
        """The first pattern of `key` that fits the author's id or name; None if none does."""
        patterns: Patterns = getattr(self, key)
        return next((one for one in patterns if fits(one, author.id) or fits(one, author.name)), None)

    @property
    def hold_minutes(self) -> float | None:
        """The fixed hold in minutes; None if it is learnt."""
        return None if self.hold == "auto" else self.hold


def places_of(room: Room) -> list[str]:
    """Every way to write a room's place: each part by its id or, if it has one, by its name."""
    communities = {room.community or "-", room.community_name or room.community or "-"}
    rooms = {room.id or "-", room.name or room.id or "-"}
    return [f"{room.platform}/{community}/{name}" for community in communities for name in rooms]


def fits(pattern: str, place: str) -> bool:
    """Whether `pattern` matches: `*` matches anything, including `/`; case is ignored. Takes linear time for every
    pattern, because strangers choose room names."""
    first, *rest = pattern.casefold().split("*")
    place = place.casefold()
    if not rest:
        return place == first
    *middle, last = rest
    if not place.startswith(first) or not place.endswith(last) or len(place) < len(first) + len(last):
        return False
    position, end = len(first), len(place) - len(last)
    for piece in middle:
        found = place.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
