"""Short posts: the true reason for silence, and none where a short post is a real one."""

import pytest

from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import post

TERSE = ["Sold the van", "Wheel trued. Finally.", "Tomatoes!", "Loaf done.", "Repainted the shed", "Snow!"]
GERMAN = ["weiß jemand, wie das geht?", "ich glaube, das wird nichts mehr", "kommt jemand heute abend noch vorbei"]


def story(said: list[str], text: str) -> tuple[str, str]:
    room = Evening(rule_of("every_post", share_of_voice=1))
    room.hear(*(post(f"b{n}", "Ben", one, n - 1000) for n, one in enumerate(said)), post("p", "Ana", text, 0))
    if room.story()["p"][0] == "waiting":
        room.tick("p")
    return room.story()["p"]


@pytest.mark.parametrize("said", [TERSE, GERMAN, []], ids=["terse", "german", "silent"])
@pytest.mark.parametrize("text", ["thanks", "ok", "gm everyone", "same here", "lol", "www.example.org/watch"])
def test_an_empty_post_is_not_inviting_whatever_the_room_speaks(said: list[str], text: str) -> None:
    assert story(said, text) == ("stopped", "not_inviting")


@pytest.mark.parametrize("text", TERSE)
def test_a_terse_room_reads_terse_posts(text: str) -> None:
    assert story(TERSE, text)[1] == "every_post"


@pytest.mark.parametrize("text", ["Brot!", "any rye?", "heute noch jemand wach"])
def test_among_another_language_short_posts_are_left_to_people(text: str) -> None:
    assert story(GERMAN, text) == ("silent", "unread")
