"""NiceGUI's notices of a lost connection and of a text that is too long: in the reader's language, and in our style."""

import json
from pathlib import Path

from bot.explain.words import LANGUAGES, load_words

KEYS = {"popup": ("lost", "trying"), "too_long_message_popup": ("too_long", "shorter")}  # ids of NiceGUI's notices
STYLE_FILE = Path(__file__).with_name("lost.css")

_SCRIPT = """<script>
document.addEventListener("DOMContentLoaded", () => {
  const words = WORDS;
  const wish = navigator.languages.map((one) => one.slice(0, 2).toLowerCase()).find((one) => one in words);
  for (const [id, lines] of Object.entries(words[wish || "en"])) {
    const notice = document.getElementById(id);
    notice?.setAttribute("role", "status");
    notice?.querySelectorAll("span").forEach((span, number) => { span.textContent = lines[number]; });
  }
});
</script>"""


def notices() -> str:
    """The script, as HTML for the head of every page."""
    words = {
        language: {id_: [load_words().say(f"notice.{key}", language) for key in keys] for id_, keys in KEYS.items()}
        for language in LANGUAGES
    }
    return _SCRIPT.replace("WORDS", json.dumps(words))


def notice_style() -> str:
    """Their style, as CSS."""
    return STYLE_FILE.read_text(encoding="utf-8")
