"""What the guard changes in real messages, which hold no fault of a model's: loops, and quotation marks around all.

    python -m tests.bench.harmless FOLDER [--show 20]

FOLDER holds messages.jsonl. Exit code 1 if more than one message in a thousand changes for another reason.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from bot.write.guard import look, sentences
from bot.write.loops import without_loops
from bot.write.persona import Persona
from bot.write.speakers import own_words

PERSONA = Persona(name="Mochi", tagline="an AI", voice="soft")
MOST = 0.001  # of the messages


def change(text: str) -> str:
    """Why the guard changes the text; empty if it doesn't. What may not be said at all is not counted."""
    found = look(text, PERSONA, addressed=True)
    if found.text == text or found.reason not in ("fine", "empty", "passed"):
        return ""
    if own_words(text, PERSONA.called) == text[1:-1]:
        return "quotation marks around all"
    if without_loops(text, sentences) != text:
        return "a loop"
    return "nothing readable" if not any(map(str.isalnum, text)) else "other"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.harmless", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", type=int, default=0, help="so many changed messages of each kind")
    given = parser.parse_args()
    lines = (given.folder / "messages.jsonl").read_text("utf-8").splitlines()
    texts = [text for line in lines if (text := json.loads(line)["text"].strip())]
    found = [(why, text) for text in texts if (why := change(text))]
    counts = Counter(why for why, _ in found)
    print(f"{len(texts):,} messages; changed: {dict(counts) or 'none'}")
    for why in counts:
        for text in [text for one, text in found if one == why][: given.show]:
            print(f"  {why}: {text[:100]!r} -> {(look(text, PERSONA, addressed=True).text or '')[:100]!r}")
    return int(counts["other"] > MOST * len(texts))


if __name__ == "__main__":
    sys.exit(main())
