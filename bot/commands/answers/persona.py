"""`persona list`, `show` and `preview`: the characters that Cameo can be."""

from difflib import get_close_matches

from bot.commands.desk import Desk
from bot.commands.misread import shown
from bot.commands.parse import LIKE
from bot.commands.request import Request
from bot.commands.values import folded
from bot.types import Answer
from bot.write.persona import Persona


async def list_personas(desk: Desk, request: Request) -> Answer:
    policy = desk.policy.current
    here = policy.rule(request.room).persona
    lines = [
        request.say("persona.here" if key == here else "persona.line", id=key, name=one.name, tagline=one.tagline)
        for key, one in sorted(policy.personas.items())
    ]
    return Answer("\n".join(lines))


async def show_persona(desk: Desk, request: Request) -> Answer:
    key = named_persona(desk, request)
    persona = desk.policy.current.personas[key]
    lines = [
        request.say("persona.line", id=key, name=persona.name, tagline=persona.tagline),
        persona.voice.strip(),
        request.say("persona.called", names=", ".join(persona.called), languages=", ".join(persona.languages)),
        request.say("persona.words", count=persona.max_words),
    ]
    return Answer("\n".join(lines))


async def preview_persona(desk: Desk, request: Request) -> Answer:
    key = named_persona(desk, request)
    persona = desk.policy.current.personas[key]
    said = request.text("text") or _example(persona, request)
    if not (text := await desk.preview(key, said, request.asked)):
        raise request.declined("no_model")
    return Answer(request.say("persona.preview", said=shown(said), name=persona.name, text=text))


def named_persona(desk: Desk, request: Request) -> str:
    """The key of the persona that was named by its key or a name of its own. Raises Declined."""
    said, personas = request.text("persona") or request.text("value"), desk.policy.current.personas
    names = {folded(name): key for key, one in personas.items() for name in one.called}
    names |= {folded(key): key for key in personas}
    if found := names.get(folded(said)):
        return found
    like = get_close_matches(folded(said), names, 1, LIKE)
    if like:
        raise request.declined("no_persona_like", said=shown(said), meant=names[like[0]])
    raise request.declined("no_persona", said=shown(said), names=", ".join(sorted(personas)))


def _example(persona: Persona, request: Request) -> str:
    return persona.examples[0].member if persona.examples else request.say("persona.ask")
