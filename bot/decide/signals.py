"""What a message is: does it call us, does it address somebody else, and which kinds of message is it?"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

from bot.language.disguise import undisguised
from bot.language.packs import ALONE, MessageKind, Pack, Packs, compiled, line_of, words_of
from bot.types import FILES, Message, PartKind

NOT_PROSE = re.compile(r"```.*?```|`[^`]*`|(?:https?://|\b[Ww]ww\.)\S+", re.DOTALL)
# An address without https://: "example.org/watch", and the endings that no sentence goes on with ("done.me too")
BARE_LINK = re.compile(
    r"(?<![\w/.@-])(?:[\w-]{1,63}\.){1,4}(?:[a-z]{2,12}/(?:\S*[\w/=-])?|(?:com|org|tv|gg|dev|cn)(?![\w.]))"
)
LONGEST_BESIDE = 300  # characters of a message that may be a link and hardly more


def prose(text: str) -> str:
    """The text without code and links, in which punctuation means something else."""
    return NOT_PROSE.sub(" ", text)


@lru_cache(maxsize=256)  # one entry per persona, shared by all rooms
def _calling(names: tuple[str, ...]) -> re.Pattern[str]:
    # A name that ends in a Latin letter or digit must end there ("@pip" is not in "@pipeline");
    # Chinese has no spaces, so "@小满你好" calls 小满.
    ends = (re.escape(name) + (r"(?![\w])" if name[-1:].isascii() else "") for name in names if name)
    return re.compile(r"(?<![\w@/.])[@＠](?:" + "|".join(ends) + ")", re.IGNORECASE)


def calls(text: str, names: Iterable[str]) -> bool:
    """Whether the text calls one of `names` with an @, outside code and links."""
    if "@" not in text and "＠" not in text:
        return False
    names = tuple(names)
    return bool(names) and bool(_calling(names).search(prose(text)))


def asks(text: str) -> bool:
    """Whether the text has a question mark outside code and links."""
    return _has_mark(text) and _has_mark(prose(text))


def _has_mark(text: str) -> bool:
    return "?" in text or "？" in text or "؟" in text


def shows(message: Message) -> bool:
    """Does the message carry anything beside words of its author (as a title is), their tags, and what it answers?"""
    return any(part.kind not in NOT_SHOWN for part in message.parts)


NOT_SHOWN = (PartKind.TITLE, PartKind.TAGS, PartKind.QUOTE)


def carries_something(message: Message) -> bool:
    """Does the message carry more than words, links and stickers: a picture, a recording, a file, a poll?"""
    return any(part.kind in (*FILES, PartKind.POLL) for part in message.parts)


# --- kinds ---------------------------------------------------------------------------------------

# The point of a message is at its beginning or end, and a whole book must not cost more. Discord's longest message has
# 2,000 characters.
HEAD, TAIL = 1500, 500
LONGEST_ALONE = 80  # characters, as in "hi all, good morning from me too, haha"; longer messages say something
MOST_WORDS_BESIDE_A_LINK = 2  # "my cat"; with more words it says what it is about
MOST_BYTES_BESIDE_A_LINK = 18  # the same for languages without spaces: six Chinese signs

# Markup of platforms for mentions, emoji, channels and times; and "@name"
MARKUP = re.compile(r"<[@#:at/!&][^<>\s]{1,80}>|[@＠][\w.\-]{1,40}")
QUOTED = re.compile(r"^\s?>[^\n]*", re.MULTILINE)
# "ana: thanks"; with a comma only where Ana is known to be called
LEADING_CALL = re.compile(r"\s{0,3}[@＠]?[^\s:,，：]{2,32}([:：,，])\s")
# "!help", "?tag name", ".ban ana", "/roll 2d6": not "/etc/fstab", "/me waves", "...", ".deb files do not open", "?!"
COMMAND_SIGNS = ("!", "$", ".", "/", "?")
COMMAND = re.compile(r"(?:[!$][a-z]|[./?](?!me\b)[a-z](?=[\w-]*(?:\s+\S+){0,3}\s*$))[\w-]*(?=\s|$)", re.IGNORECASE)
HAN, LATIN = re.compile("[\u3400-\u9fff]"), re.compile("[a-z]")
KANA = re.compile("[\u3041-\u306d\u306f-\u30fa]")  # without の, which Chinese writers like too


EMPTY = frozenset({MessageKind.THANKS, MessageKind.SMALL_TALK, MessageKind.LINK_ONLY})


def is_empty(found: frozenset[MessageKind]) -> bool:
    """Whether a message of these kinds says nothing that could be answered."""
    return bool(found) and found <= EMPTY


PAINFUL = frozenset((MessageKind.DISTRESS,))
TAGGED = frozenset(MessageKind) - frozenset(ALONE)
NOTHING: frozenset[MessageKind] = frozenset()
ONLY_A_COMMAND = frozenset((MessageKind.COMMAND,))


def kinds(message: Message, packs: Packs) -> frozenset[MessageKind]:
    """Every kind that the message is, by its punctuation and shape, and by its words where a pack reads its script. A
    command to a bot is nothing else. Tags of a post count as words, but don't keep it from being small talk; anything
    else that it carries can only make it painful."""
    text = ends_of(message.said)
    if text.startswith(COMMAND_SIGNS) and COMMAND.match(text):
        return ONLY_A_COMMAND
    own = own_words(text, bool(message.mentions))
    words = words_of(own, HEAD + TAIL)
    found = (
        [MessageKind.QUESTION] if _has_mark(own) and _has_mark(BARE_LINK.sub(" ", own)) else []
    )  # a list: searching one is faster than hashing an enum
    line = line_of(words)
    for pack in _reading(line, packs):
        _by_words(pack, words, line, found)
        if MessageKind.DISTRESS not in found and _is_hidden(pack, own, words):
            found.append(MessageKind.DISTRESS)
    if message.parts:
        found += _by_parts(message, packs)
    if not found or found[0] in ALONE:
        found += _by_shape(message, text, words)
    return frozenset(found) if found else NOTHING


def ends_of(text: str) -> str:
    """What is read of a text: its beginning and its end."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def own_words(text: str, calls_somebody: bool) -> str:
    """The text without code, links and quotes, and without the name that it addresses."""
    if ">" in text:
        text = QUOTED.sub(" ", text)
    if "`" in text or "://" in text or "ww." in text:
        text = prose(text)
    if "@" in text or "<" in text or "＠" in text:
        text = MARKUP.sub(" , ", text)
    if not (calls_somebody or ":" in text or "：" in text):
        return text
    called = LEADING_CALL.match(text)
    return text[called.end() :] if called and (calls_somebody or called[1] in ":：") else text


def _reading(line: str, packs: Packs) -> Iterable[Pack]:
    """The packs for the scripts in the line. Japanese contains Chinese characters too, and must not be read as
    Chinese."""
    if line.isascii():
        return packs.get("latin", ())
    latin = packs.get("latin", ()) if LATIN.search(line) else ()
    return latin if not HAN.search(line) or KANA.search(line) else (*latin, *packs.get("han", ()))


def _by_words(pack: Pack, words: list[str], line: str, found: list[MessageKind]) -> None:
    """Adds to `found` the kinds that the words show."""
    if pack.same:
        line = line.translate(pack.same)
    if len(line) <= LONGEST_ALONE and (pack.script == "han" or _hardly_more(words, pack.alone_words)):
        found += _alone(pack, line)
    units = dict.fromkeys(line if pack.script == "han" else words)
    for looks in chain((pack.anywhere,), filter(None, map(pack.by_word.get, units))):
        for kind, look, unless in looks:
            if kind not in found and compiled(look).search(line) and _is_meant(look, unless, line):
                found.append(kind)


def _by_parts(message: Message, packs: Packs) -> list[MessageKind]:
    """The kinds that it is by what it carries beside its author's own words."""
    found: list[MessageKind] = []
    for part in message.parts:
        if part.kind in (PartKind.TITLE, PartKind.QUOTE):
            continue
        words = words_of(own_words(ends_of(part.text), calls_somebody=False), HEAD + TAIL)
        line = line_of(words)
        by_part: list[MessageKind] = []
        for pack in _reading(line, packs):
            _by_words(pack, words, line, by_part)
        counts = TAGGED if part.kind is PartKind.TAGS else PAINFUL
        found += [kind for kind in by_part if kind in counts]
    return found


def _is_hidden(pack: Pack, text: str, words: list[str]) -> bool:
    """Whether the text speaks of something painful in disguise."""
    for plain in undisguised(text, words, pack, HEAD + TAIL):
        kinds_of_it: list[MessageKind] = []
        _by_words(pack, plain, line_of(plain), kinds_of_it)
        if MessageKind.DISTRESS in kinds_of_it:
            return True
    return False


def _is_meant(look: str, unless: str | None, line: str) -> bool:
    """Whether the phrase occurs outside the texts that only resemble it (`unless`)."""
    return unless is None or bool(compiled(look).search(compiled(unless).sub(" .", line)))


def _hardly_more(words: list[str], known: frozenset[str]) -> bool:
    """Whether the words may be all of kinds in ALONE; a name and a laugh need not be known."""
    return sum(map(known.__contains__, words)) >= len(words) - 2


def _alone(pack: Pack, line: str) -> list[MessageKind]:
    """Thanks, or else small talk, if the line says nothing else. Matches phrase by phrase, without backtracking."""
    matched: set[str | None] = set()
    place = 2  # after the sentence end with which each line begins
    while step := pack.alone.match(line, place):
        matched.add(step.lastgroup)
        place = step.end()
    return [kind for kind in ALONE if kind in matched][:1] if place == len(line) else []


def _by_shape(message: Message, text: str, words: list[str]) -> list[MessageKind]:
    """A link with almost nothing beside it; or emoji and dots, which are small talk in any language."""
    linked = shows(message) or "://" in text or "ww." in text
    if "." in text and len(text) <= LONGEST_BESIDE and BARE_LINK.search(text):
        linked, words = True, words_of(own_words(BARE_LINK.sub(" ", text), bool(message.mentions)), HEAD + TAIL)
    if "`" in text or not (linked or words[:1] in ([], ["."], [","])):
        return []
    said = [word for word in words if word not in (".", ",")]
    if linked:
        short = len(said) <= MOST_WORDS_BESIDE_A_LINK and len("".join(said).encode()) <= MOST_BYTES_BESIDE_A_LINK
        return [MessageKind.LINK_ONLY] if short else []
    return [] if said or not text.strip() else [MessageKind.SMALL_TALK]
