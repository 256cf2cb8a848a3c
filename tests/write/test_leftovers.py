"""Thoughts, tool calls and endings in forms of a model's own are removed; answers that look like them are kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.write.leftovers import without_leftovers

CALL = '{"name": "web_search", "arguments": {"query": "rye"}}'
REMOVED = {
    "{think}hm{/think}Rye.": "Rye.",
    "<!-- reasoning: she bakes --> Rye.": "Rye.",
    "<!-- Note to self:\nbe short -->\nRye.": "Rye.",
    "<details><summary>Thinking</summary>hm</details>\nRye.": "Rye.",
    "<details>\n<summary>💭 Thought process</summary>\n\nhm\n</details>\nRye.": "Rye.",
    "< think >hm< /think >Rye.": "Rye.",
    "＜think＞hm\nand `x`＜/think＞Rye.": "Rye.",
    "<思考>嗯</思考>黑麦。": "黑麦。",
    "【思考过程】嗯\n【/思考过程】\n黑麦。": "黑麦。",
    "&lt;thinking&gt;hm&lt;/thinking&gt;Rye.": "Rye.",
    "Rye.\n{reasoning}was that short?{/reasoning}": "Rye.",
    "*thinks: she wants a short answer*\nRye.": "Rye.",
    "(inner monologue: keep it short) Rye.": "Rye.",
    "（思考：她要短的）黑麦。": "黑麦。",
    "[Thinking: keep it short]\nRye.": "Rye.",
    "### Thought\nhm\n### Response\nRye.": "Rye.",
    "**Thinking:**\nhm\n\n**Final answer:**\nRye.": "Rye.",
    "## 思考\n嗯\n## 回复\n黑麦。": "黑麦。",
    "/no_think Rye.": "Rye.",
    "/think\nrye.": "rye.",
    "Rye.\n/no_think": "Rye.",
    "Rye.[EOS]": "Rye.",
    "Rye.\n[END]": "Rye.",
    "Rye! [END_OF_TURN]": "Rye!",
    '{"reply": "Rye flour, sixty percent."}': "Rye flour, sixty percent.",
    '{"action": "pass", "reply": "Rye."}': "Rye.",
    '{"thought": "short", "response": "Rye.\\nOats."}': "Rye.\nOats.",
    'web_search("rye flour")': "",
    'web_search(q="rye")\nRye.': "Rye.",
    'print(default_api.search(q="rye"))': "",
    'get_weather(city="Rome")': "",
    f"Rye. {CALL}": "Rye.",
    f"Rye.\n{CALL}\nOats.": "Rye.\nOats.",
    f"tool_call: {CALL}\nRye.": "Rye.",
    'Function call: {"query": "rye"}\nRye.': "Rye.",
    'to=web_search code{"query": "rye"}': "",
    'commentary to=functions.search json {"query": "rye"}': "",
    '[Calling tool web_search with {"query": "rye"}]': "",
    "[Using the tool web_search]\nRye.": "Rye.",
    "await web_search('rye')": "",
    "Rye.<END>": "Rye.",
    "Action: search[rye]": "",
    "Action: web_search\nAction Input: rye": "",
}
KEPT = (
    "Put {think} before it and {/think} behind it.",
    "A comment is <!-- like this --> in HTML.",
    "<!-- TODO: rye -->",
    "<details><summary>Recipe</summary>Rye.</details>",
    "*thinks hard* Rye.",
    "(thinking of rye) Maybe.",
    "【思考】是一个词。",
    "### Thought\nI like rye.",
    "### Analysis\nIt is wet.\n### Answer\nLess water.",
    "### Response\nRye.",
    "### Reasoning\nIt is wet.\n### Answer\nLess water.",
    "/no_think turns Qwen's thoughts off.",
    "Add /no_think to it.",
    "Press [END]",
    "The token is [EOS]",
    '{"hydration": 80}',
    '{"answer": 42}',
    '{"answer": "yes", "hydration": "80"}',
    '{"message": "hi"}',
    're.search("a", text)',
    "print(len(x))",
    "Call web_search(q) for that.",
    f"A call is {CALL} in JSON.",
    f"Example. {CALL} is one.",
    '{"name": "Ana", "age": 3}',
    "Action: stir it [gently].",
    "[Calling all bakers]",
    f"Like this:\n```\n{CALL}\n```",
    f"`{CALL}`",
    '```\nweb_search("rye")\n```',
    "```\n{think}hm{/think}\n```",
    "`<思考>`嗯`</思考>`",
)


@pytest.mark.parametrize("text", REMOVED)
def test_what_nobody_was_to_read_is_removed(text: str) -> None:
    assert without_leftovers(text).strip() == REMOVED[text]


@pytest.mark.parametrize("text", KEPT)
def test_answers_that_look_like_it_are_kept(text: str) -> None:
    assert without_leftovers(text) == text


PIECES = [*REMOVED, *KEPT, "{", '{"', "`", "```\n", "\n", "<details>", "*thinks:", "Rye. "]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=6).map("".join)))
def test_nothing_is_added(text: str) -> None:
    left = without_leftovers(text)
    assert len(left) <= len(text)
