"""Tells the managers of a community what they should know, in the room that `manager_rooms` names: limits, raids,
models that fail, and that members find Cameo too much.

A notice is said once; a community gets at most NOTICES_PER_DAY. They are kept in memory: a restart loses those that are
under way, and repeats none, since their causes are told once (`limit_alerts.py`).
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, Never

import structlog

from bot.config.policy import InForce
from bot.decide.pseudonyms import digest
from bot.explain.words import Words
from bot.remember.known_rooms import known_rooms
from bot.remember.store import Store
from bot.types import Adapter, Clock, PlatformError, Room, StoreError, Undeliverable
from bot.write.persona import Persona

log = structlog.get_logger()

NOTICES_PER_DAY = 20  # of one community: more would fill the managers' room, and nobody would read them
DAY_LENGTH = timedelta(days=1)
WAITING_MOST = 200  # notices that wait for a platform that is away; older ones are dropped
TRY_AGAIN_SECONDS = 60.0
ROOMS_KNOWN_BY_NAME = 2000


class Notice(NamedTuple):
    """A text of the catalogue about something in a room."""

    about: Room
    key: str
    values: Mapping[str, object]
    at: datetime


class Notices:
    """`tell` queues a notice; `run` gives them until cancelled."""

    def __init__(
        self,
        policy: InForce[Persona],
        store: Store,
        adapters: Mapping[str, Adapter],
        words: Words,
        clock: Clock,
    ):
        self._policy, self._store, self._adapters, self._words, self._clock = policy, store, adapters, words, clock
        self._waiting: deque[Notice] = deque(maxlen=WAITING_MOST)
        self._told: dict[tuple[str, str], deque[datetime]] = {}  # by platform and community
        self._more = asyncio.Event()

    def tell(self, about: Room, key: str, **values: object) -> None:
        """Tells the managers of a room's community, if they have a room for that and were not told too much today."""
        if not self._policy.current.settings.manager_room(about) or self._is_enough(about):
            return
        self._waiting.append(Notice(about, key, values, self._clock.now()))
        self._more.set()

    def _is_enough(self, about: Room) -> bool:
        now, place = self._clock.now(), (about.platform, about.community)
        times = self._told.setdefault(place, deque())
        while times and times[0] <= now - DAY_LENGTH:
            times.popleft()
        if len(times) >= NOTICES_PER_DAY:
            return True
        times.append(now)
        return False

    async def run(self) -> Never:
        while True:
            self._more.clear()
            while self._waiting:
                if not await self._give(self._waiting[0]):
                    await self._clock.sleep(TRY_AGAIN_SECONDS)
                    continue
                self._waiting.popleft()
            await self._more.wait()

    async def _give(self, notice: Notice) -> bool:
        """Says a notice; False if it has to be tried again."""
        named = self._policy.current.settings.manager_room(notice.about)
        adapter = self._adapters.get(notice.about.platform)
        if not named or adapter is None:
            return True
        try:
            room = await self._room(notice.about, named)
            await adapter.tell(room, self._text(notice, room), _notice_key(notice))
        except Undeliverable as error:
            log.warning("notice.undeliverable", room=named, error=str(error))
        except (PlatformError, StoreError) as error:
            log.info("notice.delayed", room=named, error=str(error))
            return False
        return True

    async def _room(self, about: Room, named: str) -> Room:
        """The managers' room: the one with that id or name in the community, or else the one with that id."""
        known = await self._store.ask(known_rooms(ROOMS_KNOWN_BY_NAME))
        here = [room for room in known if (room.platform, room.community) == (about.platform, about.community)]
        found = [
            room for room in here if named.removeprefix("#").casefold() in (room.id.casefold(), room.name.casefold())
        ]
        return found[0] if found else Room(about.platform, about.community, named, "", about.community_name)

    def _text(self, notice: Notice, room: Room) -> str:
        """The notice in the first language of the persona that is in the managers' room."""
        policy = self._policy.current
        language = policy.personas[policy.rule(room).persona].language
        told = self._words.say(notice.key, language, **notice.values)
        place = notice.about.name or notice.about.id
        return self._words.say("notice.about", language, room=place, told=told)


def _notice_key(notice: Notice) -> str:
    return f"{digest(str(notice.about), f'{notice.key} {notice.at.isoformat()}')[:20]}/notice"
