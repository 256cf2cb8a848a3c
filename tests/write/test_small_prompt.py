"""Prompts for small models: the bare talk, and what is left out of it."""

from bot.write.models.chat import MESSAGE_TOKENS, estimate_input, estimate_tokens

from .test_prompt import prompt, say

LONG = " ".join(f"word{n}" for n in range(2000))


def test_a_small_room_shows_what_came_before_the_trigger_and_nothing_after_it() -> None:
    thread = [say(0, "bread?"), say(1, "and rye?"), say(2, "never mind", "Ben")]
    assert [one.text for one in prompt(thread, thread[1], room_tokens=900)[1:]] == ["bread? and rye?"]


def test_in_a_small_room_the_trigger_gets_half_of_what_the_persona_leaves() -> None:
    """As its middle is cut out roughly, a bit less."""
    persona, trigger = prompt([say(0, LONG)], room_tokens=900)
    left = 900 - estimate_input([persona]) - 2 * MESSAGE_TOKENS
    assert 0.45 * left < estimate_tokens(trigger.text) <= 0.5 * left
