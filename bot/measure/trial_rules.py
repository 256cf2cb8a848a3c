"""By which rules a trial plays a history: the manager's own where they let Cameo speak uncalled, else `unanswered`,
since the question is what Cameo would do there."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.config.chosen_model import CUSTOM
from bot.config.model_settings import ModelSettings, default_models
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.measure.price import priced_model
from bot.measure.shown import room_name
from bot.measure.trial_results import FIRST_RISK, AssumedPrice, TrialRoom
from bot.types import Room
from bot.write.persona import Persona

# An export does not tell from which community of the settings it comes: a rule for any of these places fits.
EXPORTED_FROM = ("replay", "discord", "matrix")
OWN_JOINS = ("unanswered", "every_post", "off")
ASSUMED_MODEL = "kimi"  # of the models that Cameo comes with: the one it prefers


@dataclass(frozen=True, slots=True)
class TrialRules:
    """The rules of a trial. `default` applies where no rule of the settings fits."""

    settings: Settings
    default: RoomRule

    @classmethod
    def of(cls, settings: Settings, personas: Mapping[str, Persona]) -> "TrialRules":
        """The default speaks as the first persona that the settings name, or the first one that there is."""
        named = [rule.persona for rule in settings.rooms] + [RoomRule(match="*").persona, *personas]
        persona = next(name for name in named if name in personas)
        return cls(settings, RoomRule(match="*", join="unanswered", persona=persona))

    def rule(self, room: Room, risk: float) -> RoomRule:
        """The rule for a room at one step of the dial, whose hold is learnt even if the settings fix it."""
        found = self._found(room) or self.default
        join = found.join if found.join in OWN_JOINS else "unanswered"
        return found.model_copy(update={"join": join, "displacement_risk": risk, "hold": "auto"})

    def described(self, room: Room, messages: int) -> TrialRoom:
        found, played = self._found(room), self.rule(room, FIRST_RISK)
        is_own = found is not None and found.join in (played.join, "watch")  # a watched room is decided alike
        match = found.match if found else ""
        return TrialRoom(room.id, room_name(room), messages, played.join, played.persona, match, is_own)

    def _found(self, room: Room) -> RoomRule | None:
        """The first rule that fits the room."""
        fitting = (self.settings.rule_position(Room(place, "-", room.id, room.name)) for place in EXPORTED_FROM)
        position = min((one for one in fitting if one is not None), default=None)
        return None if position is None else self.settings.rooms[position]


def priced(settings: Settings) -> tuple[Settings, AssumedPrice]:
    """The settings with a priced model for each reply, and its price: the first one in force, or ASSUMED_MODEL."""
    found = priced_model(settings)
    if found is not None:
        return settings, _price(found, is_default=False)
    assumed = default_models()[ASSUMED_MODEL]
    models = {**settings.models, ASSUMED_MODEL: assumed}
    return settings.model_copy(update={"models": models, "writer": (ASSUMED_MODEL,)}), _price(assumed, is_default=True)


def _price(model: ModelSettings, *, is_default: bool) -> AssumedPrice:
    assert model.price is not None
    return AssumedPrice(_known_as(model), model.price.input, model.price.output, is_default)


def _known_as(model: ModelSettings) -> str:
    """The model's name at its server. One that has none there by its name in the settings, which says nothing if it is
    `custom`: that one by its server."""
    own = urlsplit(model.base_url or "").netloc if model.name == CUSTOM else ""
    return model.model or own or model.name
