"""The page on which a manager drops an export and sees what Cameo would have said there. `history.js` fills it in."""

import json
from functools import cache
from html import escape

from bot.console.pages.frame import FOLDER, framed
from bot.explain.words import Words
from bot.measure.trial_results import FIRST_RISK, RISKS

SAID_BY_SCRIPT = ("history.", "trial.became.", "trial.counted.")  # of the catalogue: what the script says
OFFERED = ".json,.jsonl,.ndjson,.gz,.zip"  # suffixes that the file dialogue offers
HOW_TO_EXPORT = ("discord", "matrix", "terms", "consent")


@cache
def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def history_page(words: Words, language: str, piece_bytes: int) -> str:
    """The page as HTML, in `language`. Files are sent in pieces of `piece_bytes`."""

    def say(key: str) -> str:
        return escape(words.say(key, language))

    how = "".join(f"<li>{say(f'trial.how.{key}')}</li>" for key in HOW_TO_EXPORT)
    body = f"""<a class="brand" href="/"><span class="mark" aria-hidden="true">C</span>Cameo</a>
<h1>{say("history.title")}</h1>
<p class="lead">{say("history.lead")}</p>
<p id="problem" class="problem" role="alert" hidden></p>
<section id="drop" class="drop">
  <p class="big">{say("history.drop")}</p>
  <p class="big again">{say("history.drop_another")}</p>
  <label class="main-button"><input id="files" type="file" multiple accept="{OFFERED}">{say("history.choose")}</label>
  <p>{say("trial.expected")}</p>
  <p>{say("trial.how.private")}</p>
</section>
<details id="how" class="how"><summary>{say("history.how")}</summary><ul>{how}</ul></details>
<section id="progress" class="card" hidden>
  <p id="stage" role="status"></p>
  <progress id="bar" max="1" value="0" aria-labelledby="stage"></progress>
  <button id="cancel" class="quiet">{say("history.cancel")}</button>
  <dl id="sofar" class="sofar" hidden></dl>
</section>
<div id="found"></div>
<noscript><p class="problem">{say("history.no_script")}</p></noscript>
<script type="application/json" id="given">{_given(words, language, piece_bytes)}</script>
<script>{_file("history_drawing.js")}
{_file("history.js")}</script>"""
    title = f"{words.say('history.title', language)} · Cameo"
    return framed(body, language, title=title, style=_file("history.css"))


def _given(words: Words, language: str, piece_bytes: int) -> str:
    """What the script works with, as JSON that ends no element of HTML."""
    said = {
        key: texts.get(language) or texts["en"] for key, texts in words.texts.items() if key.startswith(SAID_BY_SCRIPT)
    }
    given = {"words": said, "language": language, "risks": RISKS, "first": FIRST_RISK, "piece": piece_bytes}
    return json.dumps(given, ensure_ascii=False).replace("<", "\\u003c")
