"""An assistant's voice is heard in ten languages; members' own words, quotations and code are not taken for it."""

from pathlib import Path

import pytest
import yaml

from bot.language.asked_for import Wish, load_wishes, wishes
from bot.language.assistant import load_assistant_words
from bot.language.claims import CLAIMS_FOLDER
from bot.types import SettingsError
from bot.write.assistant_voice import AssistantSign, assistant_voice
from bot.write.guard import look
from tests.fakes.shipped import personas

HERE = Path(__file__).parent
ASKED = "how long does the dough rest?"
NOTHING: frozenset[Wish] = frozenset()
TABLE = yaml.safe_load((HERE / "assistant_voice.yaml").read_text("utf-8"))
ASKED_FOR = yaml.safe_load((HERE / "asked_for.yaml").read_text("utf-8"))
TALK, WISHES = load_assistant_words(), load_wishes()


def test_all_shipped_languages_are_there() -> None:
    shipped = {path.stem for path in CLAIMS_FOLDER.glob("*.yaml")}
    assert TALK.keys() == WISHES.keys() == TABLE["assistant"].keys() == TABLE["own"].keys() == shipped


@pytest.mark.parametrize("language", TALK)
def test_assistants_are_heard(language: str) -> None:
    drafts = (*TALK[language].file.examples, *TABLE["assistant"][language])
    assert [one for one in drafts if not assistant_voice(one, ASKED, NOTHING)] == []


@pytest.mark.parametrize("language", TALK)
def test_members_own_words_are_not_theirs(language: str) -> None:
    drafts = (*TALK[language].file.unlike, *TABLE["own"][language])
    assert [one for one in drafts if assistant_voice(one, ASKED, NOTHING)] == []


def test_no_persona_of_ours_speaks_like_one() -> None:
    for persona in personas().values():
        for one in persona.examples:
            assert assistant_voice(one.reply, one.member, NOTHING) is None, one.reply


@pytest.mark.parametrize("asked", ["are you a bot?", "what model are you?", "你是真人吗？", "bist du eine KI?"])
def test_who_asks_what_it_is_may_be_told(asked: str) -> None:
    assert assistant_voice("I'm an AI: a language model with a name.", asked, NOTHING) is None
    assert assistant_voice("Great question! I'm a language model.", asked, NOTHING) is AssistantSign.PHRASES


@pytest.mark.parametrize(
    "draft",
    [
        "# Rye\nIt is slow.",
        "**Rye:**\nIt is slow.",
        "It needs:\n- time\n- salt",
        "It needs:\n* time\n* salt",
        "It needs:\n1. time\n2. salt",
        "**What it needs?**\n\nTime.",
        "需要：\n1、时间\n2、盐",
        "需要：\n• 时间\n• 盐",
        "| flour | hours |\n|-|-|\n| rye | 12 |",
    ],
)
def test_headings_and_lists_are_for_who_asked_for_them(draft: str) -> None:
    assert assistant_voice(draft, ASKED, NOTHING) is AssistantSign.LAYOUT
    for wish in Wish:
        assert assistant_voice(draft, ASKED, frozenset({wish})) is None


@pytest.mark.parametrize(
    "draft",
    [
        "It needs **time** and salt.",
        "- said the baker, and left.",
        "3. August is the day.",
        "**Rye, always rye.**",
        "**Rye, always rye**",
        "__Never!__\nIt spoils.",
        "**黑麦。**\n慢一点。",
        "It is #1 in my book.",
        "```\n# a comment\n- a\n- b\n```\nThat is the file.",
        "Rye - slow - and spelt.",
        "2.5 hours\n3 at most",
        "> - what you\n> - listed",
    ],
)
def test_what_only_looks_like_a_layout(draft: str) -> None:
    assert assistant_voice(draft, ASKED, NOTHING) is None


# --- what is asked for ---------------------------------------------------------------------------


@pytest.mark.parametrize("wish", Wish)
def test_what_members_ask_for_is_heard(wish: Wish) -> None:
    assert [one for one in ASKED_FOR[wish] if wish not in wishes(one)] == []


def test_what_only_sounds_like_it_is_not() -> None:
    assert {one: wishes(one) for one in ASKED_FOR["nothing"] if wishes(one)} == {}


@pytest.mark.parametrize("language", WISHES)
def test_the_files_keep_their_own_examples(language: str) -> None:
    file = WISHES[language].file
    assert [one for one in file.examples if not wishes(one)] == []
    assert [one for one in file.unlike if wishes(one)] == []


def test_a_phrase_that_cannot_match_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "en.yaml").write_text(
        "script: latin\ncode: [code]\nlong: [... long]\nlist: [a]\nbrief: [b]\napart: [c]\n"
    )
    with pytest.raises(SettingsError) as error:
        load_wishes(tmp_path)
    assert "line 3" in str(error.value)


@pytest.mark.parametrize(("wish", "longest"), [(Wish.CODE, 7000), (Wish.LONG, 7000), (None, 1000)])
def test_what_was_asked_for_comes_whole_in_prose_too(wish: Wish | None, longest: int) -> None:
    persona = next(iter(personas().values()))
    text = " ".join(f"Sentence number {number} is here." for number in range(260))
    found = look(text, persona, addressed=True, wishes=frozenset({wish} if wish else ())).text or ""
    assert (len(found) > longest) is bool(wish) and text.startswith(found)
