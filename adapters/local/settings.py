"""The section `platforms.local` of config.yaml, and the rooms that the local community has."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from bot.types import Room

PLATFORM = "local"
COMMUNITY = "home"
COMMUNITY_NAME = "Home"
ROOMS = ("kitchen", "workshop", "feed")


def community_room(name: str) -> Room:
    return Room(PLATFORM, COMMUNITY, name, name=name, community_name=COMMUNITY_NAME)


class LocalSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rooms: ClassVar[tuple[Room, ...]] = tuple(map(community_room, ROOMS))

    enabled: bool = True
    everyone_manages: bool = (
        True  # whoever has the page's address may also change the settings of its rooms, by commands
    )


SHAPE = LocalSettings
