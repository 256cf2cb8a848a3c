"""A small Discord: one community with channels and members, and the payloads that Discord would send."""

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
NONCE_WINDOW = timedelta(minutes=2)
TEXT, DM, VOICE, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 2, 11, 12, 15
THREADS = (PUBLIC_THREAD, PRIVATE_THREAD)
EVERYTHING = str((1 << 53) - 1)


class World:
    """The server's content. Ids are derived from the real time plus `ahead`, by which a test advances the clock."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._order = itertools.count(1)
        self.bot = self.user("Cameo", bot=True)
        self.guild_id = self.make_id(hours=-1)
        self.owner = self.make_id(hours=-2)
        self.role_id = self.make_id()  # the bot's own role
        self.everyone = EVERYTHING  # the permissions of @everyone,
        self.rights = EVERYTHING  # and of the bot's own role
        self.roles: dict[str, Json] = {}  # by name, besides these two
        self.worn: dict[str, list[str]] = {}  # role ids by member id
        self.members: dict[str, Json] = {}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = {}
        self.nonces: dict[str, tuple[datetime, Json]] = {}
        self.unlisted: set[str] = set()  # archived threads: real, but in no list that the gateway sends
        self.system_channel: str | None = None
        self.locale = "en-US"
        self.joined_at = self.now() - timedelta(hours=1)
        for name in ("general", "kitchen"):
            self.channel(name)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def make_id(self, *, hours: float = 0) -> str:
        """A unique snowflake for this moment, or so many hours from it."""
        milliseconds = int((self.now() + timedelta(hours=hours) - EPOCH) / timedelta(milliseconds=1))
        return str((milliseconds << 22) | (next(self._order) & 0x3FFFFF))

    # --- people and places ---

    def user(self, name: str, *, bot: bool = False) -> Json:
        snowflake = self.make_id(hours=-2)
        return {
            "id": snowflake, "username": name, "global_name": None if bot else name, "discriminator": "0",
            "avatar": None, "bot": bot,
        }  # fmt: skip

    def member(self, name: str) -> Json:
        return self.members.setdefault(name, self.user(name))

    def role(self, name: str, permissions: int = 0, *, members: Iterable[str] = ()) -> str:
        """Creates a role and gives it to members. A client sees only roles created before it connects."""
        self.roles[name] = self._role(self.make_id(), name, permissions=str(permissions))
        for member in members:
            self.worn.setdefault(self.member(member)["id"], []).append(self.roles[name]["id"])
        return str(self.roles[name]["id"])

    def overwrite(self, channel: str, target: str, *, allow: int = 0, deny: int = 0, member: bool = False) -> None:
        """Overwrites permissions in a channel, for a role or a member (by id)."""
        made = {"id": target, "type": int(member), "allow": str(allow), "deny": str(deny)}
        self.channels[self.find(channel)]["permission_overwrites"].append(made)

    def channel(self, name: str, kind: int = TEXT, *, parent: str | None = None, snowflake: str | None = None) -> str:
        snowflake = snowflake or self.make_id()
        made: Json = {
            "id": snowflake, "type": kind, "name": name, "guild_id": self.guild_id, "position": len(self.channels),
            "permission_overwrites": [], "parent_id": parent, "nsfw": False, "topic": None, "last_message_id": None,
            "rate_limit_per_user": 0, "flags": 0,
        }  # fmt: skip
        if kind == FORUM:
            made |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
        if kind in THREADS:
            stamp = self.now().isoformat()
            made |= {
                "owner_id": self.bot["id"], "message_count": 0, "member_count": 1,
                "thread_metadata": {
                    "archived": False, "auto_archive_duration": 1440, "archive_timestamp": stamp, "locked": False,
                },
            }  # fmt: skip
        if kind == DM:
            made = {"id": snowflake, "type": DM, "last_message_id": None, "recipients": [self.member(name)], "flags": 0}
        self.channels[snowflake] = made
        self.messages[snowflake] = []
        return snowflake

    def find(self, name: str) -> str:
        """The id of a channel by its name or id."""
        found = (snowflake for snowflake, one in self.channels.items() if name in (snowflake, one.get("name")))
        return next(found)

    # --- messages ---

    def message(
        self,
        channel: str,
        author: Json,
        content: str,
        *,
        reply_to: str | None = None,
        mentions: list[Json] | None = None,
        snowflake: str | None = None,
        **more: Any,
    ) -> Json:
        """Adds a message; returns it as the REST API does."""
        snowflake = snowflake or self.make_id()
        said: Json = {
            "id": snowflake, "channel_id": channel, "author": author, "content": content,
            "timestamp": self.now().isoformat(), "edited_timestamp": None, "tts": False, "mention_everyone": False,
            "mentions": mentions or [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": False,
            "type": 19 if reply_to else 0, "components": [], "flags": 0, **more,
        }  # fmt: skip
        if reply_to:
            said["message_reference"] = {"type": 0, "message_id": reply_to, "channel_id": channel}
            said["referenced_message"] = next((one for one in self.messages[channel] if one["id"] == reply_to), None)
        self.messages[channel].append(said)
        self.channels[channel]["last_message_id"] = snowflake
        return said

    def remembered(self, nonce: str | None) -> Json | None:
        """The message created with this nonce, if within Discord's window."""
        at, said = self.nonces.get(nonce or "", (EPOCH, None))
        return said if self.now() - at < NONCE_WINDOW else None

    def page(self, channel: str, limit: int, before: int, after: int) -> list[Json]:
        """Messages as from GET messages: newest first; with `after`, the ones directly after it."""
        fitting = [one for one in self.messages[channel] if after < int(one["id"]) < (before or 2**63)]
        ordered = sorted(fitting, key=lambda one: int(one["id"]))
        return list(reversed(ordered[:limit] if after else ordered[-limit:]))

    def pin(self, said: Json) -> None:
        next(one for one in self.messages[said["channel_id"]] if one["id"] == said["id"])["pinned"] = True

    def pins(self, channel: str, limit: int) -> Json:
        """Pinned messages as from GET messages/pins: newest first."""
        pinned = [one for one in reversed(self.messages[channel]) if one["pinned"]]
        items = [{"pinned_at": one["timestamp"], "message": one} for one in pinned[:limit]]
        return {"items": items, "has_more": len(pinned) > limit}

    # --- payloads of the gateway ---

    def event(self, said: Json) -> Json:
        """A message as in MESSAGE_CREATE and MESSAGE_UPDATE: with its community and its author's membership."""
        if self.channels[said["channel_id"]]["type"] == DM:
            return said
        return {**said, "guild_id": self.guild_id, "member": self.membership(said["author"]["id"])}

    def membership(self, member: str = "") -> Json:
        return {
            "nick": None, "roles": self.worn.get(member, []), "joined_at": self.joined_at.isoformat(), "deaf": False,
            "mute": False, "flags": 0, "premium_since": None, "avatar": None,
        }  # fmt: skip

    def ready(self, session: str, resume_url: str, shard: list[int]) -> Json:
        return {
            "v": 10, "user": self.bot, "guilds": [{"id": self.guild_id, "unavailable": True}],
            "session_id": session, "resume_gateway_url": resume_url, "shard": shard,
            "application": {"id": self.bot["id"], "flags": 0}, "private_channels": [],
        }  # fmt: skip

    def guild(self) -> Json:
        listed = [one for one in self.channels.values() if one["id"] not in self.unlisted and one["type"] != DM]
        plain = {"emojis", "stickers", "features", "presences", "voice_states", "stage_instances"}
        plain |= {"guild_scheduled_events", "soundboard_sounds"}
        return {
            "id": self.guild_id, "name": "Harbour", "icon": None, "splash": None, "discovery_splash": None,
            "owner_id": self.owner, "region": None, "afk_channel_id": None, "afk_timeout": 300,
            "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
            "mfa_level": 0, "system_channel_id": self.system_channel, "system_channel_flags": 0,
            "rules_channel_id": None,
            "premium_tier": 0, "premium_progress_bar_enabled": False, "preferred_locale": self.locale, "nsfw_level": 0,
            "large": False, "unavailable": False, "member_count": 1 + len(self.members),
            "joined_at": self.joined_at.isoformat(),
            "roles": [
                self._role(self.guild_id, "@everyone", permissions=self.everyone),
                self._role(self.role_id, "Cameo", mine=True, permissions=self.rights),
                *self.roles.values(),
            ],
            "members": [{**self.membership(), "user": self.bot, "roles": [self.role_id]}],
            "channels": [one for one in listed if one["type"] not in THREADS],
            "threads": [one for one in listed if one["type"] in THREADS],
            **{name: [] for name in plain},
        }  # fmt: skip

    def _role(self, snowflake: str, name: str, *, mine: bool = False, permissions: str = EVERYTHING) -> Json:
        tags = {"tags": {"bot_id": self.bot["id"]}} if mine else {}
        return {
            "id": snowflake, "name": name, "permissions": permissions, "position": int(mine), "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}, "hoist": False,
            "managed": mine, "mentionable": False, "icon": None, "unicode_emoji": None, "flags": 0, **tags,
        }  # fmt: skip
