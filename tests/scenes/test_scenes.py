"""The scenes play to their end, and their prompts can be compared."""

from pathlib import Path

import pytest

from bot.types import State
from bot.write.models.failover import Models
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.fakes.shipped import personas
from tests.scenes.page import Shown, page, text_of
from tests.scenes.picture import loaf
from tests.scenes.play import PLAIN_ANSWER, play, prompt_of, settings_of
from tests.scenes.scenes import ABOUT, SCENES, Scene

REASONS = {"mentions": "addressed", "unanswered": "unanswered", "every_post": "every_post"}


@pytest.mark.parametrize("scene", SCENES, ids=[scene.name for scene in SCENES])
async def test_a_scene_reaches_the_model_by_the_way_that_it_is_about(scene: Scene, tmp_path: Path) -> None:
    request, played = await prompt_of(scene, "mochi", tmp_path)
    assert request is not None, played.turn
    assert (played.turn.state, played.text) == (State.SENT, PLAIN_ANSWER)
    assert played.turn.decision.reason == REASONS[scene.rule.get("join", "mentions")]
    shown = Shown(scene, "Mochi", request.messages, played)
    text, last = text_of(shown), scene.said()[-1]
    assert ABOUT in text and last.author.name in text
    assert last.text.replace("{name}", "Mochi").split(".")[0] in text
    assert text.count("===== system") == 1 and scene.title in text


@pytest.mark.parametrize("scene", [one for one in SCENES if one.wait > 60], ids=lambda scene: scene.name)
async def test_no_time_of_the_scene_is_lost_while_a_slow_model_writes(scene: Scene, tmp_path: Path) -> None:
    async with ScriptedModel(lambda _: Say(PLAIN_ANSWER, first_delay=1.5)) as server:
        settings = settings_of(server, scene)
        played = await play(scene, "mochi", tmp_path, lambda clock: Models({"scripted": settings}, ["scripted"], clock))
    assert (played.turn.state, played.text) == (State.SENT, PLAIN_ANSWER), played.turn.decision


async def test_the_page_has_a_column_for_each_persona_and_escapes_what_it_shows(tmp_path: Path) -> None:
    names = [persona.name for persona in personas().values()]
    shown = []
    for key, persona in personas().items():
        request, played = await prompt_of(SCENES[0], key, tmp_path / key)
        assert request is not None
        messages = [*request.messages, {"role": "user", "content": "| Eve: <script>alert(1)</script>"}]
        shown.append(Shown(SCENES[0], persona.name, messages, played))
    html = page(shown, names)
    assert [html.index(f"<h3>{name}</h3>") for name in names] == sorted(
        html.index(f"<h3>{name}</h3>") for name in names
    )
    assert "<script" not in html and "<q>| Eve: &lt;script&gt;" in html
    assert html.count('<details class="system">') == len(names)


def test_the_picture_is_a_png() -> None:
    assert loaf().startswith(b"\x89PNG\r\n") and len(loaf()) < 2_000
