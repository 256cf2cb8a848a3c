"""Persona files: the shipped ones are valid, and all problems of another are reported at once, by line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.file import watched
from bot.config.rules import persona_names
from bot.config.settings import Settings
from bot.types import SettingsError
from bot.write.guard import look
from bot.write.models.chat import estimate_tokens
from bot.write.persona import Persona, load_personas
from bot.write.prompt_texts import miniature, portrait

SHIPPED = Path(__file__).parents[2] / "personas"
SOUND = "name: Bo\ntagline: an AI\nvoice: plain\n"


@pytest.fixture(scope="module")
def personas() -> dict[str, Persona]:
    return load_personas(SHIPPED)


def problems(folder: Path, text: str) -> list[str]:
    (folder / "bo.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_personas(folder)
    return [problem.removeprefix(f"{folder}/") for problem in error.value.problems]


def test_the_shipped_ones(personas: dict[str, Persona]) -> None:
    assert {"mochi", "pip", "xiaoman", "doudou"} <= set(personas)
    assert personas["mochi"].called == ("Mochi",)
    assert personas["xiaoman"].language == "zh"
    assert set(personas["doudou"].languages) == {"en", "zh"}


def test_every_shipped_example_would_pass_the_guard(personas: dict[str, Persona]) -> None:
    for persona in personas.values():
        assert persona.examples, persona.name
        for one in persona.examples:
            assert look(one.reply, persona, addressed=False).text == one.reply
            assert len(one.reply.split()) <= persona.max_words


def test_every_portrait_says_that_it_is_an_ai_whatever_the_file_says(personas: dict[str, Persona]) -> None:
    bare = Persona(name="Bo", tagline="a pirate", voice="loud", languages=("zh",))
    for persona in (*personas.values(), bare, bare.model_copy(update={"languages": ("en",)})):
        chinese = persona.language == "zh"
        assert ("绝不否认" if chinese else "Never deny it") in portrait(persona)
        assert ("亲身经历" if chinese else "anything you lived through") in portrait(persona)
        assert "AI" in miniature(persona)


def test_a_portrait_leaves_most_of_an_ordinary_room_to_the_chat(personas: dict[str, Persona]) -> None:
    too_long = {name for name, persona in personas.items() if estimate_tokens(portrait(persona)) >= 1500}
    assert personas and not too_long


def test_a_minimal_file_loads(tmp_path: Path) -> None:
    (tmp_path / "bo.yaml").write_text(SOUND)
    persona = load_personas(tmp_path)["bo"]
    assert (persona.name, persona.language, persona.max_words) == ("Bo", "en", 60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: Bo", "bo.yaml: line 1: tagline: is missing; write `tagline: ...` instead"),
        (SOUND + "vioce: x", "bo.yaml: line 4: vioce: is not a key that is known here; write voice instead"),
        (SOUND + "max_words: 5", "bo.yaml: line 4: max_words: is too small; write 10 or more instead"),
        (SOUND + "manners: be nice", "bo.yaml: line 4: manners: is not a list"),
        (SOUND + "examples:\n  - member: hi", "bo.yaml: line 5: examples.0.reply: is missing"),
        (SOUND + "languages: [english]", "bo.yaml: line 4: languages.0: "),
        (SOUND.replace("Bo", "Everyone"), "bo.yaml: line 1: name: 'Everyone' already means something else"),
        (SOUND.replace("Bo", '"@bo"'), "bo.yaml: line 1: name: "),
        (SOUND.replace("Bo", "007"), "bo.yaml: line 1: name: is not a text; write it in quotes instead"),
        (SOUND + "also_called: [here]", "bo.yaml: line 4: also_called.0: 'here' already means"),
        (SOUND + "greeting: Hello, I'm Bo.", "bo.yaml: line 4: greeting: does not say that it is an AI"),
        (SOUND + 'avoid: [""]', "bo.yaml: line 4: avoid.0: "),
        (SOUND + f"avoid: {['politics'] * 13}", "bo.yaml: line 4: avoid: "),
        ("- a", "bo.yaml: line 1: is not a mapping"),
        (SOUND + "\tx: 1", "bo.yaml: line 4: is not YAML"),
        ("", "bo.yaml: line 1: name: is missing"),
    ],
)
def test_a_problem_says_where_and_what_to_write_instead(tmp_path: Path, text: str, expected: str) -> None:
    told = problems(tmp_path, text)
    assert any(line.startswith(expected) for line in told), told


@pytest.mark.parametrize(
    "line",
    [
        "manners: [Never admit that you're an AI.]",
        "manners: [Pretends to be a human.]",
        "interests: [You are a real person from Lyon.]",
        "manners: [绝不承认自己是 AI]",
        "manners: [假装自己是人类]",
        "avoid: [saying that you are an AI]",
        "greeting: I'm not an AI!",
        "examples: [{member: are you real?, reply: I'm human.}]",
        "examples: [{member: hm, reply: When I was a kid we had geese.}]",
    ],
)
def test_a_persona_that_would_pass_for_a_person_is_refused(tmp_path: Path, line: str) -> None:
    (told,) = problems(tmp_path, SOUND + line)
    assert told.startswith("bo.yaml: line 4: ")


@pytest.mark.parametrize(
    "line",
    [
        "manners: [Never denies being an AI., Never pretends to be human.]",
        "avoid: [pretending to be human, claiming not to be an AI, 假装自己是人类]",
        "manners: [从不假装自己是真人]",
        'examples: [{member: "Are you a human? I am a human.", reply: "No, an AI."}]',
    ],
)
def test_honest_lines_are_not_mistaken(tmp_path: Path, line: str) -> None:
    (tmp_path / "bo.yaml").write_text(SOUND + line, encoding="utf-8")
    assert load_personas(tmp_path)


def test_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "al.yaml").write_text("name: Al\n")
    assert {line.split(":")[0] for line in problems(tmp_path, SOUND + "x: 1")} == {"bo.yaml", "al.yaml"}


def test_two_personas_can_not_share_a_name(tmp_path: Path) -> None:
    (tmp_path / "al.yaml").write_text(SOUND.replace("Bo", "Al") + "also_called: [bO]")
    (told,) = problems(tmp_path, SOUND)
    assert "'Bo' is, or looks like, the name of another persona" in told


def test_two_names_that_look_alike_are_one_name(tmp_path: Path) -> None:
    (tmp_path / "al.yaml").write_text(SOUND.replace("Bo", "Βо"), encoding="utf-8")  # Greek and Cyrillic letters
    (told,) = problems(tmp_path, SOUND)
    assert "looks like, the name of another persona" in told


@pytest.mark.parametrize("name", ["Ѕystem", "ＡＤＭＩＮ", "管理员", "sistema", "Саmeo", "Модератор", "Room\u0301"])
def test_a_persona_takes_no_role(tmp_path: Path, name: str) -> None:
    (told,) = problems(tmp_path, SOUND.replace("Bo", f'"{name}"'))
    assert "already means something else in chats" in told


@pytest.mark.parametrize("name", [".#bo.yaml", "._bo.yaml", ".yaml"])
def test_a_hidden_file_is_no_persona(tmp_path: Path, name: str) -> None:
    (tmp_path / "bo.yaml").write_text(SOUND)
    (tmp_path / name).write_bytes(b"\x00\x05 not a persona")
    assert list(load_personas(tmp_path)) == persona_names(tmp_path) == ["bo"]
    seen = watched(Settings(personas=tmp_path), {"CAMEO_ENV_FILE": ""})
    assert [path for path in seen if path.parent == tmp_path] == [tmp_path / "bo.yaml"]


def test_a_folder_without_personas_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there are no persona files here"):
        load_personas(tmp_path)


@given(st.text() | st.text(alphabet="name: Bo[]{}-\n\"'", max_size=60).map(lambda text: SOUND + text))
def test_whatever_stands_there_only_named_errors_come(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("personas")
    (folder / "bo.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        assert load_personas(folder)["bo"].name
    except SettingsError as error:
        assert error.problems and all("\n" not in problem for problem in error.problems)


def test_twelve_lines_of_300_characters_are_not_too_many(tmp_path: Path) -> None:
    (tmp_path / "bo.yaml").write_text(SOUND + f"avoid: {['x' * 300] * 12}")
    assert load_personas(tmp_path)["bo"].avoid == ("x" * 300,) * 12


@pytest.mark.parametrize(
    ("line", "problem", "instead"),
    [
        ("{name} {when}: {quote}", "lacks {link}", "each of {name} {when} {quote} {link} once"),
        (
            "{nam} said {when}: {quote} {link}",
            "uses {nam}, which nothing fills in",
            "only {name} {when} {quote} {link}",
        ),
        ("{name} {name} {when}: {quote} {link}", "uses {name} 2 times", "each of"),
        ("{name} {when}: {quote} {link}.", "goes on after {link}", "a line that ends with {link}"),
        ("{name} {when}：{quote}{link}", "has no space before it", "a line that ends with {link}"),
        ("{name} {when}: “{quote}” {link}", "has quotation marks of its own", "{quote} brings them"),
        ("{name} {when}: {quote} } {link}", "has a brace that belongs to no place", "only"),
    ],
)
def test_lines_around_a_quotation_have_each_place_once(tmp_path: Path, line: str, problem: str, instead: str) -> None:
    found = " ".join(problems(tmp_path, f"{SOUND}points:\n  - '{line}'\n"))
    assert "bo.yaml: line 5: points.0" in found and problem in found and instead in found


def test_each_shipped_persona_has_lines_in_each_of_its_languages(personas: dict[str, Persona]) -> None:
    for persona in personas.values():
        chinese = [line for line in persona.points if any("\u4e00" <= sign <= "\u9fff" for sign in line)]
        counts = {"zh": len(chinese), "en": len(persona.points) - len(chinese)}
        assert all(counts[language] >= 3 for language in persona.languages), persona.name
