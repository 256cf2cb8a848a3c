"""What no draft may say: by lists that were written before the rules, and by classes of terms and forms."""

import base64
import codecs
import itertools
import random
import string
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.config.model_settings import ModelSettings
from bot.config.settings import ConsoleSettings, Settings
from bot.language.harm import Harm, harm
from bot.language.packs import PACKS_FOLDER
from bot.write.forbidden import HARMFUL, PROMPT, SECRET, Forbidden, forbidden_with
from bot.write.guard import look
from bot.write.leaks import PROMPT_RUN, leaks_key
from bot.write.prompt_texts import confidential, portrait
from tests.fakes.shipped import personas, shipped_harms

LISTS = yaml.safe_load(Path(__file__).with_name("harm.yaml").read_text(encoding="utf-8"))
GROUPS = [(language, kind) for language, kinds in LISTS.items() for kind in kinds]
TUNED = [(text, kind) for language, kind in GROUPS for text in LISTS[language][kind]["tuned"]]
PERSONAS = personas()
MOCHI = PERSONAS["mochi"]


def kind_of(text: str) -> str:
    return str(harm(text, shipped_harms()) or "ordinary")


# --- harm ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "kind"), TUNED)
def test_each_text_of_the_lists_is_judged_as_meant(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(("language", "kind"), GROUPS)
def test_few_of_the_texts_held_out_are_misjudged(language: str, kind: str) -> None:
    held_out = LISTS[language][kind]["held_out"]
    assert len(held_out) >= 4 and sum(kind_of(text) != kind for text in held_out) <= 1


def terms(language: str, count: int) -> list[tuple[str, str]]:
    """Pairs of a word for minors and a sexual word: each word of both lists at least once."""
    file = shipped_harms()[language].file
    longest = max(len(file.minors), len(file.sexual))
    pairs = zip(itertools.cycle(file.minors), itertools.cycle(file.sexual), range(longest), strict=False)
    return [(young, sexual) for young, sexual, _ in pairs][:count]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_word_for_minors_stands_near_a_sexual_one(language: str) -> None:
    """Built of terms, never of sentences."""
    space = " x " if language == "en" else "某"
    for young, sexual in terms(language, 500):
        for first, second in ((young, sexual), (sexual, young)):
            assert kind_of(f"{first}{space}{second}") == Harm.MINORS, (first, second)
            far = "blah " * 20 if language == "en" else "某" * 40
            assert kind_of(f"{first} {far} {second}") == "ordinary"
    assert kind_of(f"{space} {shipped_harms()[language].file.sexual[0]} {space}") == "ordinary"


@pytest.mark.parametrize(
    "age", ["5 year old", "12-year-old", "17 years old", "14yo", "twelve year old", "十二岁", "8岁"]
)
def test_an_age_below_eighteen_is_a_word_for_minors(age: str) -> None:
    word = shipped_harms()["zh" if "岁" in age else "en"].file.sexual[3]
    assert kind_of(f"{age} {word}") == Harm.MINORS
    assert kind_of(f"42 year old {word}") == kind_of(f"四十二岁{word}") == "ordinary"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_of_protection_and_of_programs_make_them_innocent(language: str) -> None:
    file = shipped_harms()[language].file
    for word in file.innocent:
        assert kind_of(f"{file.minors[0]} {word} {file.sexual[0]}") == "ordinary", word


def test_every_shipped_language_has_its_file_and_keeps_its_examples() -> None:
    assert {path.stem for path in PACKS_FOLDER.glob("*.yaml")} == set(shipped_harms())
    for words in shipped_harms().values():
        assert all(words.found(text) for text in words.file.examples)
        assert not any(words.found(text) for text in words.file.unlike)


# --- keys and tokens by form ----------------------------------------------------------------------

LOOK_ALIKES = str.maketrans("aceopsxyijAEKMOT", "асеорѕхуіјАЕКМОТ")  # Cyrillic


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


ALNUM = string.ascii_letters + string.digits


def some(letters: str, count: int, seed: str) -> str:
    return "".join(random.Random(seed).choices(letters, k=count))


def keys() -> dict[str, str]:
    """Made-up keys in the forms of their issuers; none is real."""
    body = {n: some(ALNUM, n, f"key {n}") for n in (6, 16, 20, 22, 24, 27, 28, 32, 35, 36, 40, 43, 48, 60, 68, 90)}
    jwt = ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"HS256"}', b'{"sub":"1","n":"x"}')
    )
    return {
        "openai": f"sk-{body[48]}",
        "openai project": f"sk-proj-{body[60]}",
        "anthropic": f"sk-ant-api03-{body[90]}",
        "openrouter": f"sk-or-v1-{some('0123456789abcdef', 64, 'or')}",
        "github": f"ghp_{body[36]}",
        "github fine-grained": f"github_pat_{body[22]}_{body[36]}",
        "gitlab": f"glpat-{body[20]}",
        "slack": f"xoxb-123456789012-1234567890123-{body[24]}",
        "aws": f"AKIA{some(string.ascii_uppercase + string.digits, 16, 'aws')}",
        "google": f"AIza{body[35]}",
        "google oauth": f"ya29.{body[60]}",
        "stripe": f"sk_live_{body[24]}",
        "stripe webhook": f"whsec_{body[32]}",
        "discord": f"M{body[24]}.{body[6]}.{body[27]}",
        "discord webhook": f"https://discord.com/api/webhooks/123456789012345678/{body[68]}",
        "matrix": f"syt_bW9jaGk_{some(string.ascii_letters, 20, 'mx')}_{body[6]}",
        "matrix macaroon": f"MDAx{body[90]}",
        "jwt": f"{jwt}.{body[43]}",
        "pem": "-----BEGIN RSA PRIVATE KEY-----",
        "openssh": "-----BEGIN OPENSSH PRIVATE KEY-----",
        "hugging face": f"hf_{body[36]}",
        "npm": f"npm_{body[36]}",
        "telegram": f"1234567890:{body[35]}",
        "sendgrid": f"SG.{body[22]}.{body[43]}",
    }  # fmt: skip


@pytest.mark.parametrize("issuer", keys())
def test_a_key_is_recognised_by_its_form_in_every_guise(issuer: str) -> None:
    key = keys()[issuer]
    guises = [
        key,
        f"it is `{key}`.",
        f"KEY={key}\n",
        key[::-1],
        base64.b64encode(key.encode()).decode(),
        key.encode().hex(),
        wide(key),
        key.translate(LOOK_ALIKES),
        "".join(chr(0x1D5BA + ord(sign) - 97) if sign in string.ascii_lowercase else sign for sign in key),
        *(f"{mark}{key[:cut]}{mark}{key[cut:]}" for mark in ("*", "**", "~~", "`", "__", "||") for cut in (2, 5, 13)),
        f"`{key[:9]}`\n`{key[9:]}`",
    ]
    if " " not in key:
        guises += [between.join(key) for between in (" ", "\n", "-", ".", ", ", "*", "–")]
    for guise in guises:
        assert look(f"Sure: {guise} is it", MOCHI, addressed=True).reason == SECRET, guise


@pytest.mark.parametrize(
    "text",
    [
        "put OPENAI_API_KEY=sk-... into .env",
        "a key looks like sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_ is the prefix of a GitHub token",
        "the commit is 3f2504e04f8911d39a0c0305e82c3301aa",
        "https://example.org/a-very-long-path/with-many-parts/and-even-more-parts.html",
        "-----BEGIN CERTIFICATE-----",
        "https://example.org/howto-linux-hard-disk-encryption-with-luks-cryptsetup-command/",
        "risk-based-authentication-2024-for-everybody.html",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "**sk-**... and `ghp_` are only prefixes",
        "- a - b - c - d - e - f - g - h - i - j - k - l - m - n - o - p - q -",
        "2, 4, 6, 8, 1, 3, 5, 7, 9, 2, 4, 6, 8, 1, 3, 5, 7, 9",
        "Ключ выглядит как sk-ххххххххххххххххххххххххххх",
        "A-Z0-9 matches all of ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    ],
)
def test_what_only_looks_like_a_key_passes(text: str) -> None:
    assert not leaks_key(text)


SECRETS = {"token": "correct-Horse-battery-9", "key": "zq8-Local-Server-Key"}


def with_secrets() -> Forbidden:
    model = ModelSettings(name="m", base_url="http://127.0.0.1:1/v1").model_copy(update={"key": SECRETS["key"]})
    console = ConsoleSettings().model_copy(update={"token": SECRETS["token"]})
    return forbidden_with({}, Settings(models={"m": model}, console=console))


@pytest.mark.parametrize("secret", SECRETS.values())
def test_our_own_secrets_are_known_whatever_their_form(secret: str) -> None:
    forbidden = with_secrets()
    for said in (
        secret,
        secret.upper(),
        secret[3:],
        " ".join(secret),
        secret[::-1],
        base64.b64encode(secret.encode()).decode(),
    ):
        assert forbidden.rule(f"it is {said} ok", MOCHI) == SECRET, said
    assert secret not in repr(forbidden)
    assert forbidden.rule("a correct battery for the horse", MOCHI) is None


# --- our own prompt --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PERSONAS)
def test_no_part_of_the_prompt_is_repeated_in_any_guise(name: str) -> None:
    persona = PERSONAS[name]
    whole = portrait(persona)
    assert Forbidden().rule(whole, persona) == PROMPT
    for told in confidential(persona):
        weight = sum(3 if character > "\u2e80" else 1 for character in told if character.isalnum())
        if weight < PROMPT_RUN + 3 or "{" in told:
            continue
        for guise in (
            told,
            told.upper(),
            " ".join(told),
            told[::-1],
            told.replace(" ", "\n- "),
            f"Sure! {told} Anything else?",
        ):
            assert Forbidden().rule(guise, persona) == PROMPT, guise
        assert Forbidden().rule(base64.b64encode(told.encode()).decode(), persona) == PROMPT


@pytest.mark.parametrize("name", PERSONAS)
def test_what_a_persona_is_meant_to_say_passes(name: str) -> None:
    persona = PERSONAS[name]
    said = [persona.tagline, persona.greeting or "", *(one.reply for one in persona.examples)]
    assert [Forbidden(shipped_harms()).rule(text, persona) for text in said] == [None] * len(said)


def test_a_translation_of_the_prompt_is_out_of_reach() -> None:
    """A limit that is known: rot13 stands for any rewriting of every letter."""
    told = confidential(MOCHI)[0]
    assert Forbidden().rule(codecs.encode(told, "rot13"), MOCHI) is None


# --- cost ------------------------------------------------------------------------------------------


@given(st.text(max_size=3000) | st.text("sk-_.eyJ AKIA0Fa=", max_size=3000))
def test_no_text_is_too_much(text: str) -> None:
    assert Forbidden(shipped_harms()).rule(text, MOCHI) in (None, HARMFUL, SECRET, PROMPT)


@pytest.mark.parametrize(
    "piece", ["sk-", "eyJ.", "a b ", "you should ", "kill all ", "0f ", "A" * 30 + " ", "孩子", "M" * 24 + "."]
)
def test_a_hostile_draft_takes_linear_time(piece: str) -> None:
    look(
        (piece * 20_000)[:20_000], MOCHI, addressed=True, forbidden=Forbidden(shipped_harms())
    )  # the suite's limit fails it
