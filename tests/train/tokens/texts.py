"""The texts that the estimate of tokens is fitted on, by kind. Which are generated is the same at every run."""

import base64
import json
import random
import re
import string
import sysconfig
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

OWN = Path(__file__).with_name("texts.yaml")
LANGUAGES = {
    "chinese": "zh", "russian": "ru", "japanese": "ja", "english": "en", "german": "de", "french": "fr",
    "spanish": "es",
    "korean": "ko", "portuguese": "pt", "italian": "it", "turkish": "tr", "persian": "fa", "dutch": "nl",
    "swedish": "sv", "indonesian": "id", "traditionalchinese": "zh-Hant", "hebrew": "he", "thai": "th", "hindi": "hi",
    "bengali": "bn", "tamil": "ta",
}  # fmt: skip # the folders of chatterbot-corpus that are whole (its Ukrainian is split into letters)
URL_LETTERS = string.ascii_letters + string.digits + "-_"
EMOJI = [
    "😀", "😂", "🥖", "🎉", "❤️", "👍🏽", "🤔", "😭", "🔥", "✨", "👩‍👩‍👧‍👦",
    "🏳️‍🌈", "🇩🇪", "🦊", "☕", "🫠", "🪿", "👨🏿‍🚀", "⚽", "🚴‍♀️", "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
]  # fmt: skip
MOST = 800  # texts of a kind

Kinds = dict[str, Sequence[str]]


def own(part: str) -> Kinds:
    """Chat (and for `held_out` more) written for this purpose: `fit` or `held_out`."""
    found: Kinds = yaml.safe_load(OWN.read_text("utf-8"))[part]
    return found


def chat(folder: Path) -> Kinds:
    """What people say, by language; `folder` holds messages.jsonl of an English channel."""
    said = [text for text in _channel(folder) if "://" not in text]
    some = said[:: len(said) // MOST]
    shouted = [text.upper() for text in some[::4]]
    return {"en (IRC)": some, "en (shouted)": shouted, **{f"{kind} (own)": texts for kind, texts in own("fit").items()},
            **{kind: list(_corpus(name))[:MOST] for name, kind in LANGUAGES.items()}}  # fmt: skip


def data(folder: Path) -> Kinds:
    """What is not prose: links, logs, code, encoded and random signs, emoji."""
    dice = random.Random(7)
    links = [link for text in _channel(folder) for link in re.findall(r"https?://\S+", text)]
    made = {name: [make(dice) for _ in range(100)] for name, make in _MAKERS.items()}
    return {"links (IRC)": links[:MOST], "code": list(_code()), **made}


def _channel(folder: Path) -> list[str]:
    with (folder / "messages.jsonl").open(encoding="utf-8") as lines:
        return [message["text"] for message in map(json.loads, lines) if not message["bot"]]


def _corpus(language: str) -> Iterator[str]:
    files = resources.files("chatterbot_corpus") / "data" / language
    for file in sorted(files.iterdir(), key=lambda file: file.name):
        content: Mapping[str, Any] = yaml.safe_load(file.read_text("utf-8"))
        yield from (str(line) for talk in content.get("conversations", []) for line in talk)


def _code() -> Iterator[str]:
    """Python of the standard library, and the headers of C that come with Python, in pieces as people paste them."""
    library, headers = Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("include"))
    for file in [*sorted(library.glob("[a-h]*.py")), *sorted(headers.glob("*.h"))]:
        text = file.read_text("utf-8", "replace")
        yield text[len(text) // 2 :][:1500]


# --- generated -----------------------------------------------------------------------------------


def _signs(dice: random.Random, length: int) -> str:
    return "".join(dice.choice(URL_LETTERS) for _ in range(length))


def _link(dice: random.Random) -> str:
    return dice.choice([
        f"https://www.youtube.com/watch?v={_signs(dice, 11)}&t={dice.randint(1, 999)}s",
        f"https://docs.google.com/document/d/{_signs(dice, 44)}/edit?usp=sharing",
        f"https://cdn.example.com/attachments/{dice.getrandbits(60)}/{dice.getrandbits(60)}/image.png"
        f"?ex={dice.getrandbits(32):x}&hm={dice.getrandbits(256):x}",
    ])  # fmt: skip


def _address(dice: random.Random) -> str:
    return ".".join(str(dice.randint(0, 255)) for _ in range(4))


def _log(dice: random.Random) -> str:
    clock = f"{dice.randint(0, 23):02}:{dice.randint(0, 59):02}:{dice.randint(0, 59):02}"
    return dice.choice([
        f"2026-11-{dice.randint(1, 30):02}T{clock}.{dice.randint(0, 999):03}Z WARN [worker-{dice.randint(1, 64)}] "
        f"c.e.s.FooService$run:{dice.randint(1, 900)} - req={uuid.UUID(int=dice.getrandbits(128))} ip={_address(dice)}",
        f"[{dice.uniform(0, 99999):.6f}] BUG: unable to handle page fault for address: {dice.getrandbits(64):016x} "
        f"usb_submit_urb+0x{dice.getrandbits(12):x}/0x{dice.getrandbits(12):x}",
        f'{_address(dice)} - - [10/Oct/2026:{clock} +0000] "GET /api/v{dice.randint(1, 3)}/items?page='
        f'{dice.randint(1, 99)} HTTP/1.1" {dice.choice([200, 304, 500])} {dice.randint(100, 99999)} "-" "Mozilla/5.0"',
    ])  # fmt: skip


def _json(dice: random.Random) -> str:
    content = {"id": dice.getrandbits(64), "tags": [_signs(dice, 5) for _ in range(4)], "v": [dice.random()] * 3}
    return json.dumps(content, indent=dice.choice([None, 2]))


_WORDS = sorted({word for texts in own("fit").values() for text in texts for word in text.split() if word.isascii()})
_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "links": _link,
    "logs": _log,
    "json": _json,
    "base64": lambda dice: base64.b64encode(dice.randbytes(dice.randint(50, 600))).decode(),
    "base64 (text)": lambda dice: base64.b64encode(" ".join(dice.sample(_WORDS, 30)).encode()).decode(),
    "hex": lambda dice: dice.randbytes(dice.randint(16, 200)).hex(),
    "digits": lambda dice: str(dice.getrandbits(dice.randint(20, 300))),
    "emoji": lambda dice: "".join(dice.choice(EMOJI) for _ in range(dice.randint(1, 30))),
}
