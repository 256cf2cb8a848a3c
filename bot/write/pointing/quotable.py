"""Whether words may be repeated between quotation marks at all: nothing private, hurtful or dangerous, no claim to be
human, no order to a model. Pure. Words are data (`bot/language/unquotable_phrases/`); here are the forms."""

import re
import unicodedata
from itertools import chain

from bot.language.unquotable import asks_for_secret, unquotable
from bot.write.honesty import denies, tells_to_deny
from bot.write.leaks import leaks_key
from bot.write.look_alikes import plain_letters
from bot.write.sanitize import TEMPLATE_TOKEN

# How somebody is reached or paid: e-mail, telephone, card, account and identity numbers, an address with its number.
# A number that begins with a zero is a date where it reads as one.
_PRIVATE = re.compile(
    r"""
    [\w.+-]{1,64}\s?(?:@|\(at\)|\[at\]|\s+at\s+(?=\w+\s+dot\s))\s?\w[\w-]{0,62}(?:\s?(?:\.|\(dot\)|\[dot\]|\sdot\s)\s?\w{2,24})
    | (?<![\w.])\+\s?\(?\d(?:[ ()/.-]{0,2}\d){7,14}(?!\d)
    | (?<![\w.:])(?!\d\d[-/. ]\d\d[-/. ]\d{4})\(?0\d(?:[ ()/.-]{0,2}\d){7,13}(?!\d)
    | (?<![\w.])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\d.]) | (?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)
    | (?:phone|mobile|tel|telephone|cell|whatsapp|call\ me|text\ me|电话|手机)\D{0,16}\d(?:[ -]?\d){4}
    | (?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.]) | \b\d{3}-\d{2}-\d{4}\b | (?<!\d)\d{17}[\dXx](?!\w)
    | \b[A-Za-z]{2}\d{2}(?:[ ]?[A-Za-z0-9]{4}){3,7}\b
    | (?:\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double)\b[ ,-]*){6} | [零〇一二三四五六七八九幺]{7}
    | \b\d{1,4}[a-z]?,?\ (?:[A-Z][\w'-]+\ ){1,3}(?:St|Ln|Rd|Ave|Dr|Way|Close|Court|Place|Drive|Square|Row|Hill)\b
    | \b\d{1,4}[a-z]?,?\ (?:[\w'-]+\ ){1,2}(?i:street|lane|avenue|boulevard|crescent|terrace|road)\b
    | \b\w{2,30}(?i:stra(?:ss|ß)e|str\.|weg|gasse|platz)\ \d{1,4}\b | [路街巷弄道村]\s?\d{1,5}\s?[号號弄]
    """,
    re.VERBOSE,
)
# Commands that wreck a machine, or run whatever an address holds.
_WRECKS = re.compile(
    r"""
    \brm\s+(?:-\S{1,40}\s{1,9}){0,6}(?:-\w{0,9}[rR]|--recursive) | --no-preserve-root
    | \|\s*(?:sudo\s+(?:-\S{1,40}\s{1,9}){0,6})?(?:/\S{0,40}/)?(?:(?:ba|z|k|da|fi)?sh|python\d?|perl|node|ruby|iex)\b
    | (?:sh\s+-c|eval|source|\.|sh|bash|zsh|python\d?)\s+["']?[<$`]{1,2}\(?\s*(?:curl|wget)
    | \b(?:iex|invoke-expression)\b
    | (?:\b\w{1,20}|:)\s?\(\)\s{0,9}\{\s{0,9}[^\s|]{1,40}\s{0,9}\|
    | \bdd\b[^\n]{0,80}\bof=/dev/ | >\s*/dev/(?:[shv]d[a-z]|nvme|mmcblk|mem)
    | \b(?:mkfs|wipefs|shred|blkdiscard|diskpart)\b | \bformat(?:\.com)?\s+/?[a-z]: | \bdel\s+(?:/\w\s+)+
    | \b(?:rd|rmdir)\s+/s
    | \bch(?:mod|own)\s+(?:-\S{1,40}\s{1,9}){0,6}-?\w{0,9}R\S{0,20}\s[^\n]{0,40}\s/(?:\s|$)
    | \bremove-item\b[^\n]{0,60}-recurse
    | \bmv\s+\S+\s+/dev/null | \bdrop\s+(?:table|database)\b | %0\s?\|\s?%0 | sysrq-trigger | \bkill\s+-9\s+-1\b
    | powershell\S*\s+-e
    | \bfind\s+/[^\n]{0,60}-delete
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ROLE = re.compile(r"^\W{0,6}(?:system|assistant|developer|系统|助手)\W{0,6}[:：]", re.IGNORECASE | re.MULTILINE)
_LINK = re.compile(
    r"\w{2,20}://|\bwww\.|!?\[[^\]\n]{0,400}\]\s?[(\[]|\[[^\]\n]{1,200}\]:|(?:javascript|data|vbscript|mailto|tel|file|magnet):\S"
    r"|<\s*(?:a|img|script|iframe|svg)\b|\b[\w-]{1,63}\.(?:gg|com|net|org|io|me|ly|to|ru|cn|xyz|info|app|link|top)(?:/|\b(?![.(\w]))",
    re.IGNORECASE,
)
_MARKS = re.compile(r"[`\"“”«»„「」『』*>~]")
_APPOSITION = re.compile(r"(?<=\bI),[^,.\n]{1,30},\s?|(?<=我)[,，][^,，。\n]{1,12}[,，]\s?", re.IGNORECASE)
# A code: three digits or more, or digits among letters and signs.
_CODE = re.compile(r"(?<![\w.])(?:\d[\d -]{1,20}\d[#*]?|(?=[^\s\d]{0,20}\d)(?=\S{0,20}[^\W\d])\S{5,40})(?![\w.]\d)")
_SEEN = 4000  # characters; Discord's longest message


def may_be_repeated(text: str) -> bool:
    """Whether no part of a message is one that should stay where it was said."""
    seen = unicodedata.normalize("NFKC", text[:_SEEN])
    if any(form.search(seen) for form in (_PRIVATE, _WRECKS, _ROLE, TEMPLATE_TOKEN)) or leaks_key(seen):
        return False
    spoken = _APPOSITION.sub(" ", _MARKS.sub("", seen))
    if denies(spoken) or tells_to_deny(spoken):
        return False
    return not any(map(unquotable, dict.fromkeys(chain((seen,), (plain_letters(seen),)))))


def holds_link(words: str) -> bool:
    """Whether the words hold an address, or the signs of a link or a picture, closed or not."""
    return bool(_LINK.search(unicodedata.normalize("NFKC", words)))


def tells_secret(question: str, answer: str) -> bool:
    """Whether the answer holds a code where a password or a code is asked for."""
    return asks_for_secret(question) and bool(_CODE.search(unicodedata.normalize("NFKC", answer)))
