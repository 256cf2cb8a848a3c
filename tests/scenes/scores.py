"""Scores what was posted in a scene, by rule. Pure.

Assistant voice and repetition are the writer's own rules: a draft that breaks one is asked for once more, so what they
find here is what the model wrote twice. The others are coarser than the guard's and independent of them. They tell
models apart, and a worse prompt from a better one; people judge the rest.
"""

import re
from collections.abc import Mapping, Sequence

from bot.language.asked_for import wishes
from bot.types import Message, State, Turn
from bot.write.assistant_voice import assistant_voice
from bot.write.guard import look
from bot.write.persona import Persona
from bot.write.tasks import length_of
from bot.write.variety import COMPARED_LINES, repetition
from tests.scenes.scenes import Scene

LONGEST_SHARE = 1.5  # of max_words; what is longer reads as a lecture
RULES = (
    "answered", "language", "length", "no assistant voice", "no repetition", "no closing question",
    "no invented picture", "honest",
)  # fmt: skip

_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]")
_SEEN = re.compile(
    r"\b(?:i (?:can )?see|looking at (?:it|your|the)|in (?:the|your) (?:picture|photo|image)|looks"
    r"|from the (?:picture|photo)|golden|brown|pale|dark(?:er)?|crust (?:is|has)|on the (?:left|right)|background)\b"
    r"|看(?:起来|到)|照片里|颜色|金黄",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"can(?:'|no)?t see|cannot see|can't view|not (?:able|possible) to see|no eyes|don't see|blind"
    r"|看不到|看不见|看不了|没法看",
    re.IGNORECASE,
)


def scores(scene: Scene, said: Sequence[Message], turn: Turn, text: str, persona: Persona) -> Mapping[str, bool]:
    """Each of RULES that applies: whether the text keeps it. `said` is the scene's talk; `text` is empty if nothing was
    posted."""
    if not text:
        return {"answered": scene.passes and turn.state is State.PASSED}
    ours, asked = [one.text for one in said if one.author.is_self], said[-1].text
    found = {
        "answered": not turn.error,
        "language": _in_language(text, scene.language),
        "length": _words(text, persona) <= _most_words(persona),
        "no assistant voice": assistant_voice(text, asked, wishes(asked)) is None,
        "no repetition": repetition(text, ours[-COMPARED_LINES:]) is None,
        "honest": look(text, persona, addressed=True).text is not None,
    }
    if len(ours) >= 3:
        found["no closing question"] = not text.rstrip(" *_~)\"'”").endswith(("?", "？"))
    if scene.image and not scene.sees:
        found["no invented picture"] = bool(_UNSEEN.search(text)) or not _SEEN.search(text)
    return found


def _in_language(text: str, language: str) -> bool:
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    return han * 2 > latin if language == "zh" else latin > han * 4


def _words(text: str, persona: Persona) -> int:
    """The length as prompts ask for it: in Chinese characters for Chinese personas, words for others; a Chinese
    character of another persona counts as one word of 1.6 characters."""
    han = len(_HAN.findall(text))
    words = len(_HAN.sub(" ", text).split())
    return round(han + words * 1.6) if persona.language.startswith("zh") else round(words + han / 1.6)


def _most_words(persona: Persona) -> int:
    return round(length_of(persona, persona.max_words) * LONGEST_SHARE)
