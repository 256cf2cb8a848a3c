"""Finds mentions in a message. `m.mentions` is authoritative; without it (older clients, bridges) the text is read."""

import html
import re
from urllib.parse import unquote

from adapters.matrix.raw import JSONObject
from adapters.matrix.text import clean

MOST_MENTIONS = 1000  # an event of 64 kB can't contain many more; bounds what we store per message

_IN_TEXT = re.compile(r"(?<![\w.=/+@-])@[\w.=/+-]{1,255}:[A-Za-z0-9.-]{1,255}(?::\d{1,5})?")
_IN_LINK = re.compile(r"https://matrix\.to/#/((?:@|%40)[^\"'?<>\s]{1,400})")
_UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # scripts that don't put spaces around a name
_WORD = rf"[^\W{_UNSPACED}]"


def mentioned(content: JSONObject, body: str, own_id: str, own_name: str) -> tuple[str, ...]:
    """The mentioned ids, each once, in order. `body` must be without its reply fallback, since a quotation mentions
    nobody."""
    said = content.get("m.mentions")
    if isinstance(said, dict):
        ids = said.get("user_ids")
        return _once(ids if isinstance(ids, list) else [])
    found = [user.rstrip(".-") for user in _IN_TEXT.findall(body)]
    formatted = content.get("formatted_body")
    if isinstance(formatted, str):
        found += [unquote(html.unescape(link)) for link in _IN_LINK.findall(without_quotation(formatted))]
    if names(_IN_TEXT.sub(" ", body), own_name):  # "@cameo:elsewhere.org" is another account
        found.append(own_id)
    return _once(found)


def names(body: str, name: str) -> bool:
    """True if the text contains the name as a whole word: "Cameo" is not in "cameos", but is in "问cameo吧"."""
    name = name.strip()
    if len(name) < 2:
        return False  # a one-letter name would match every other sentence
    before = "" if re.match(f"[{_UNSPACED}]", name[0]) else f"(?<!{_WORD})(?<!{_WORD}@)"
    after = "" if re.match(f"[{_UNSPACED}]", name[-1]) else f"(?!{_WORD})"
    return re.search(before + re.escape(name) + after, body, re.IGNORECASE) is not None


def without_quotation(formatted: str) -> str:
    """The HTML without the reply fallback that older clients prepend."""
    end = formatted.find("</mx-reply>")
    return formatted[end + len("</mx-reply>") :] if end >= 0 else formatted


def without_fallback(body: str) -> str:
    """A reply's text without the quotation that older clients prepend ("> <@alice:example.org> ..."). A quotation typed
    by the author does not start like that and is kept."""
    if not re.match(r"> (?:\* )?<@[^>\n]*>", body):
        return body
    lines = body.split("\n")
    own = next((number for number, line in enumerate(lines) if not line.startswith(">")), len(lines))
    return "\n".join(lines[own:]).removeprefix("\n")


def _once(ids: list[object]) -> tuple[str, ...]:
    good = [user for user in ids if isinstance(user, str) and 0 < len(user) <= 255]
    return tuple(dict.fromkeys(clean(user) for user in good))[:MOST_MENTIONS]
