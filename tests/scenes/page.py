"""The prompts of the scenes as text, and as one page with a column for each persona."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.write.models.chat import estimate_tokens
from tests.scenes.play import Played
from tests.scenes.scenes import Scene

STYLE = Path(__file__).with_name("page.css")
_DATA = re.compile(r"data:([\w/+.-]+);base64,([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class Shown:
    """What the model was sent in a scene; `messages` are empty if it was asked nothing."""

    scene: Scene
    persona: str
    messages: Sequence[dict[str, Any]]
    played: Played


def content_of(message: dict[str, Any]) -> str:
    """The text of a message; a picture is told by its type and size."""
    content = message["content"]
    if isinstance(content, str):
        return content
    parts = (part.get("text") or _picture(part) for part in content)
    return "\n".join(parts)


def _picture(part: dict[str, Any]) -> str:
    found = _DATA.search(str(part))
    return f"[{found[1]}, {len(found[2]) * 3 // 4} bytes]" if found else "[another part]"


def _outcome(one: Shown) -> str:
    decision = f"{one.played.turn.decision.verdict}, {one.played.turn.decision.reason}"
    tokens = sum(estimate_tokens(content_of(message)) for message in one.messages)
    return f"{decision}; about {tokens:,} tokens" if one.messages else f"{decision}; no model is asked"


def text_of(one: Shown) -> str:
    """The whole prompt as text."""
    heads = (f"===== {message['role']} =====\n{content_of(message)}\n" for message in one.messages)
    unasked = "" if one.messages else f"Posted without a model: {one.played.text or 'nothing'}\n"
    return f"{one.scene.title} | {one.persona} | {_outcome(one)}\n\n" + "\n".join(heads) + unasked


def page(shown: Sequence[Shown], personas: Sequence[str]) -> str:
    """The page: a section for each scene, its columns in the order of `personas`."""
    scenes = [(scene, list(group)) for scene, group in groupby(shown, key=lambda one: one.scene)]
    links = "".join(f'<a href="#{scene.name}">{escape(scene.title)}</a>' for scene, _ in scenes)
    sections = "".join(_section(scene, group) for scene, group in scenes)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Prompts</title>'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body><header><h1>Prompts</h1>"
        f"<p>{len(scenes)} scenes, {len(personas)} personas: what the model is sent. The part before the conversation "
        f"is folded.</p><nav>{links}</nav></header><main>{sections}</main></body></html>"
    )


def _section(scene: Scene, group: Sequence[Shown]) -> str:
    columns = "".join(_column(one) for one in group)
    return (
        f'<section id="{scene.name}"><h2>{escape(scene.title)}</h2>'
        f'<div class="columns" tabindex="0" role="group" aria-label="{escape(scene.title)}">{columns}</div></section>'
    )


def _column(one: Shown) -> str:
    said = "".join(_message(message) for message in one.messages)
    return f"<article><h3>{escape(one.persona)}</h3><p>{escape(_outcome(one))}</p>{said or _unasked(one)}</article>"


def _unasked(one: Shown) -> str:
    return f'<pre class="assistant">{escape(one.played.text or "(nothing)")}</pre>'


def _message(message: dict[str, Any]) -> str:
    role, text = message["role"], f"<pre>{_lines(content_of(message))}</pre>"
    if role == "system":
        return f'<details class="system"><summary>system</summary>{text}</details>'
    return f'<div class="{escape(role)}"><h4>{escape(role)}</h4>{text}</div>'


def _lines(text: str) -> str:
    """The text, with members' words (the marked lines) set apart."""
    return "\n".join(f"<q>{escape(line)}</q>" if line.startswith("|") else escape(line) for line in text.split("\n"))
