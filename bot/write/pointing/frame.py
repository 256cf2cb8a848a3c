"""The persona's frame around a quotation: who said it, when, and where to read on. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from bot.config.yaml_file import Keys, Problem
from bot.types import Author
from bot.write.honesty import denies
from bot.write.names import is_role, poses_as, readable
from bot.write.pointing.when import Phrases

FRAME_PLACES = ("name", "when", "quote", "link")
DEFAULTS = 3  # lines of the catalogue for personas without their own
_PLACE = re.compile(r"\{([^{}]*)\}")
_SPACES = re.compile(r"[^\S\n]{2,}")
_SIGNS = re.compile(r"[@＠*_]+")
NAME_WORDS = 4  # "Ana Maria de Souza"; a longer name is a sentence
_IN_ADDRESS = re.compile(r"(?<=[^\W_])[.．․/\\]+(?=[^\W_])")  # as in "evil.example"
# A sentence in a name, or the words of somebody: an end that goes on (not "Dr."), a colon that does,
# or quotation marks around more than one word.
_SAYS = re.compile(r"[^\W\d_]{3}[.]\s+\w|\bAI[.]\s|[!?。！？;；:：,，]\W*\w|[\"“”„«»「」『』].*\s.*[\"“”„«»「」『』]")
_EVERYBODY = frozenset("everyone everybody nobody staff here all somebody 大家 所有人 全体成员 有人 没有人".split())  # noqa: SIM905


def framed(line: str, *, name: str, when: str, quote: str, link: str) -> str:
    """The line with its places filled in. Without a link, as in a direct conversation, its place is left out."""
    values = {"name": name, "when": when, "quote": quote, "link": link}
    text = _PLACE.sub(lambda place: values[place[1]], line)
    return text if link else _SPACES.sub(" ", text).rstrip()


def misframed(keys: Keys, line: object) -> Iterator[Problem]:
    """What is wrong with a persona's line: each place once, none that nothing fills in, no quotation marks beside those
    of the quotation, and the link at the end, where no other sign can become a part of it."""
    if not isinstance(line, str):
        return
    every = " ".join(f"{{{place}}}" for place in FRAME_PLACES)
    used = _PLACE.findall(line)
    for unknown in dict.fromkeys(used):
        if unknown not in FRAME_PLACES:
            yield Problem(keys, f"uses {{{unknown}}}, which nothing fills in", f"only {every}")
    for place in FRAME_PLACES:
        if (times := used.count(place)) != 1:
            told = f"uses {{{place}}} {times} times" if times else f"lacks {{{place}}}"
            yield Problem(keys, told, f"each of {every} once")
    if used.count("link") == 1 and not re.search(r"\s\{link\}\s*$", line):
        yield Problem(keys, "goes on after {link}, or has no space before it", "a line that ends with {link}")
    if re.search("[{}]", _PLACE.sub("", line)):
        yield Problem(keys, "has a brace that belongs to no place", f"only {every}")
    if re.search('["“”„«»「」『』《》]', line):
        yield Problem(keys, "has quotation marks of its own", "none; {quote} brings them")


def chosen(lines: Sequence[str], turn: str) -> str:
    """One of the lines: always the same for a turn, and another one for another turn."""
    return lines[int(sha256(turn.encode("utf-8", "replace")).hexdigest()[:8], 16) % len(lines)]


def bare(line: str) -> str:
    """The line's own words."""
    return _PLACE.sub(" ", line)


def defaults(phrases: Phrases, language: str) -> list[str]:
    """The catalogue's lines; each place is filled in with its own name, to be filled in again."""
    places = {place: f"{{{place}}}" for place in FRAME_PLACES}
    return [phrases.say(f"pointer.frame.{number}", language, **places) for number in range(1, DEFAULTS + 1)]


def called(author: Author, ours: Iterable[str], instead: str) -> str:
    """The author's name as it stands in a frame: on one line, calling nobody, without markup, and no address. `instead`
    of a name that poses as one of `ours`, as a role or as everybody, and of one that reads as something said."""
    shown = _SIGNS.sub("", readable(author.name)).strip() or readable(author.name.replace("@", ""))
    name = " ".join(_IN_ADDRESS.sub(" ", shown).split())
    # Signs that a name loses when it is read may have shown that it quotes somebody or goes on.
    says = bool(_SAYS.search(author.name)) or len(name.split()) > NAME_WORDS or denies(name)
    poses = is_role(name) or poses_as(name, ours) or name.casefold() in _EVERYBODY
    return instead if says or poses or not name else name


def linked(link: str, label: str) -> str:
    """A link as text: an address as it is, one without a host under a label."""
    return link if not link or "://" in link else f"[{label}]({link})"
