"""Converts the shared types to table rows and back; a round trip gives an equal value."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from bot.decide.posts import Post
from bot.parts import REPEATING
from bot.types import (
    SOMEBODY,
    Audience,
    Author,
    Decision,
    Deletion,
    Message,
    Part,
    PastReaders,
    Reaction,
    Room,
    State,
    Thread,
    Turn,
    Usage,
    Verdict,
)

Values = dict[str, Any]


def message_values(message: Message) -> Values:
    return _thread_values(message.thread) | {
        "id": message.id,
        "author_id": message.author.id,
        "author_name": message.author.name,
        "author_is_bot": message.author.is_bot,
        "author_is_self": message.author.is_self,
        "text": message.text,
        "at": message.at,
        "heard": message.heard,
        "reply_to": message.reply_to,
        "mentions": message.mentions,
        "addressed": message.addressed,
        "starts_thread": message.starts_thread,
        "parts": message.parts,
        "quotes": repeats_others(message.parts),
        "history": message.history,
        "audience": message.audience.value,
        "past_readers": message.past_readers.value,
        "deleted": message.author.id == SOMEBODY,  # shown nowhere, as a deleted one
        "unheard": False,
    }


def repeats_others(parts: Iterable[Part]) -> bool:
    """Whether one of the parts goes with another message, whose words it repeats."""
    return any(part.kind in REPEATING for part in parts)


def erased() -> Values:
    """The new values of a deleted message, without its content. Its id, place, time, and whether it called us or was
    ours remain."""
    return {"text": "", "mentions": (), "starts_thread": False, "parts": (), "quotes": False, "deleted": True}


def anonymous() -> Values:
    """The new values of a deleted message that was not ours, besides `erased`: neither its author nor whom it
    answered."""
    return {"author_id": "", "author_name": "", "author_is_bot": False, "reply_to": None}


def never_heard(deletion: Deletion) -> Values:
    """The empty row of a message that was deleted before we heard it."""
    return {
        **place_values(deletion.room),
        **erased(),
        **anonymous(),
        "id": deletion.message_id,
        "thread_root": None,
        "at": deletion.at,
        "heard": deletion.at,
        "author_is_self": False,
        "addressed": False,
        "history": True,
        "unheard": True,
    }


def message_of(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        thread=_thread_of(row),
        author=_author_of(row),
        text=row.text,
        at=row.at,
        heard=row.heard,
        reply_to=row.reply_to,
        mentions=row.mentions,
        addressed=row.addressed,
        starts_thread=row.starts_thread,
        parts=row.parts,
        history=row.history,
        audience=Audience(row.audience),
        past_readers=PastReaders(row.past_readers),
    )


def turn_values(turn: Turn) -> Values:
    return _thread_values(turn.thread) | {
        "id": turn.id,
        "trigger": turn.trigger,
        "member": turn.member,
        "persona": turn.persona,
        "arm": turn.arm,
        "verdict": turn.decision.verdict.value,
        "reason": turn.decision.reason,
        "due": turn.decision.due,
        "facts": turn.decision.facts,
        "state": turn.state.value,
        "at": turn.at,
        "addressed": turn.addressed,
        "text": turn.text,
        "sign": turn.sign,
        "reply_id": turn.reply_id,
        "points_at": turn.points_at,
        "tried": turn.tried,
        "model": turn.model,
        "input_tokens": turn.usage.input_tokens,
        "cached_tokens": turn.usage.cached_tokens,
        "output_tokens": turn.usage.output_tokens,
        "cost_usd": turn.usage.cost_usd,
        "error": turn.error,
        "policy": turn.policy,
    }


def turn_of(row: Row[Any]) -> Turn:
    return Turn(
        id=row.id,
        thread=_thread_of(row),
        trigger=row.trigger,
        member=row.member,
        persona=row.persona,
        decision=Decision(Verdict(row.verdict), row.reason, row.due, row.facts),
        state=State(row.state),
        at=row.at,
        addressed=row.addressed,
        arm=row.arm,
        text=row.text,
        sign=row.sign,
        reply_id=row.reply_id,
        points_at=row.points_at,
        tried=row.tried,
        model=row.model,
        usage=Usage(row.input_tokens, row.cached_tokens, row.output_tokens, row.cost_usd),
        error=row.error,
        policy=row.policy,
    )


def reaction_values(reaction: Reaction) -> Values:
    return {
        "platform": reaction.room.platform,
        "message_id": reaction.message_id,
        "author_id": reaction.author.id,
        "emoji": reaction.emoji,
        "author_name": reaction.author.name,
        "author_is_bot": reaction.author.is_bot,
        "author_is_self": reaction.author.is_self,
        "at": reaction.at,
    }


def reaction_of(row: Row[Any], room: Room) -> Reaction:
    return Reaction(room, row.message_id, _author_of(row), row.emoji, row.at)


def post_values(room: Room, post: Post) -> Values:
    return {
        "platform": room.platform,
        "community": room.community,
        "room_id": room.id,
        "id": post.id,
        "author": post.author,
        "root": post.root,
        "at": post.at,
        "counts": post.counts,
        "waited": post.waited,
        "answered_by": post.answered_by,
        "is_sure": post.is_sure,
    }


def post_of(row: Row[Any]) -> Post:
    return Post(
        id=row.id,
        author=row.author,
        root=row.root,
        at=row.at,
        counts=row.counts,
        waited=row.waited,
        answered_by=row.answered_by,
        is_sure=row.is_sure,
    )


def place_values(room: Room) -> Values:
    return {
        "platform": room.platform,
        "community": room.community,
        "room_id": room.id,
        "room_name": room.name,
        "community_name": room.community_name,
    }


def _thread_values(thread: Thread) -> Values:
    return place_values(thread.room) | {"thread_root": thread.root}


def _thread_of(row: Row[Any]) -> Thread:
    return Thread(Room(row.platform, row.community, row.room_id, row.room_name, row.community_name), row.thread_root)


def _author_of(row: Row[Any]) -> Author:
    return Author(row.author_id, row.author_name, row.author_is_bot, row.author_is_self)
