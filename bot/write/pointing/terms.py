"""The words of a question or an answer in a form in which two texts can be compared. Pure.

Case, accents, plurals and common endings do not matter, nor does a short form that begins a longer word ("temp",
"config"). Chinese is compared by pairs of characters. Synonyms are not known: "sofa" is not "couch".
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from bot.remember.fulltext import CJK, COMMON

LONGEST_COMPARED = 1000  # characters; a question is shorter, and what comes later in an answer is detail

_APART = re.compile(r"```.*?```|https?://\S+|<[@#:][^>\s]*>|@\S+", re.DOTALL)
_TERM = re.compile(rf"[{CJK}]+|[a-z](?:\+\+|#)|[^\W_{CJK}]+(?:'[a-z]+)?")
_HAN = re.compile(f"[{CJK}]")
_APOSTROPHES = str.maketrans("’‘`´", "''''")
_NUMBER_UNIT = re.compile(r"(\d+(?:\.\d+)?)([a-z]{1,4})")

# Words that say that something is asked, told or politely put, but not what about; COMMON has the commonest.
GENERIC = frozenset(
    """anyone anybody everyone everybody someone somebody people folks guys hey hi hello thanks thank please help
    question questions ask asking know knows known knew tell wonder wondering idea ideas sure really actually still now
    today again one ones thing things something anything nothing stuff way ways want wants need needs like get got use
    using used make makes made go going goes do does doing done try trying tried work works working see say said think
    thought maybe guess possible here please best good better well right much many long often big kind sort lot bit
    should must may might let lets got ok okay yes yeah recommend suggestion suggestions suggest tip tips advice
    currently keep come came give take put look looking find found exactly usually always never ever even also only
    every each other others another same new old first last time times day days yet already too very quite pretty
    without within between i'm i've i'd i'll it's don't doesn't can't isn't what's where's how's who's that's there's
    remember remembers recall recommended suggested supposed possibly properly correctly kept keeps keeping able wish
    won't didn't couldn't wouldn't shouldn't mochi cameo whats wheres hows whos dont doesnt cant isnt""".split()  # noqa: SIM905
)
# What a Chinese question says beside what it is about.
_FRAME = re.compile(
    "请问一下|请问|想问一下|想问|问一下|有没有人|有没有|有人知道|谁知道|有谁|大家|各位|你们|我们|咱们|知道|请教|求助|帮忙|"
    "怎么样|怎么办|怎么|怎样|如何|什么时候|什么|为什么|为啥|多少|多久|多长时间|哪里|哪儿|哪个|哪些|哪家|几点|"
    "多少度|合适|那儿|这儿|哪儿|能不能|可不可以|可以|是不是|会不会|要不要|应该|需要|一般|比较|还是|或者|如果|因为|所以|但是|然后|就是|一下|一个|"
    "这个|那个|这里|那里|这样|那样|的话|觉得|推荐|建议|谢谢|现在|今天|最近|到底|究竟|我的|你的|"
    "[的了是我你他她它们这那在有不也就都和吗呢吧啊么呀哦嘛啦个谁哪几多少很太再又还要会能想把被给让跟对从到去来用弄做搞办好儿]"
)
_ENDINGS = (
    ("sses", "ss", 2), ("ies", "y", 2), ("ings", "", 3), ("ing", "", 3), ("edly", "", 3), ("ied", "y", 2),
    ("ed", "", 3), ("ly", "", 4), ("ss", "ss", 1), ("us", "us", 1), ("is", "is", 1), ("shes", "sh", 2),
    ("ches", "ch", 2), ("xes", "x", 2), ("s", "", 3),
)  # fmt: skip # ending, what replaces it, letters that must stand before it
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]?")
LEAST_ASKED = 2  # terms; a question of fewer ("what is it?") is about what is told besides
TOLD_BESIDE = 0.35
SHORT_FORM = 0.8
# Forms that no ending shows.
_IRREGULAR = {
    "bought": "buy", "sold": "sell", "broke": "break", "broken": "break", "froze": "freeze", "frozen": "freeze",
    "men": "man", "women": "woman", "children": "child", "feet": "foot", "teeth": "tooth", "mice": "mouse",
    "knives": "knife", "loaves": "loaf", "leaves": "leaf", "shelves": "shelf", "ran": "run", "wrote": "write",
    "written": "write", "sent": "send", "built": "build", "lent": "lend", "stole": "steal", "stolen": "steal",
    "grew": "grow", "grown": "grow", "fed": "feed", "slept": "sleep", "lit": "light", "dug": "dig", "ate": "eat",
    "eaten": "eat", "drove": "drive", "driven": "drive", "brought": "bring", "taught": "teach", "caught": "catch",
    "left": "leave", "lost": "lose", "paid": "pay", "held": "hold", "hid": "hide", "hidden": "hide", "stuck": "stick",
}  # fmt: skip
_DOUBLED = re.compile(r"([bdfgmnprt])\1$")


def terms(text: str) -> Mapping[str, str]:
    """The words of a text that tell what it is about, in order, each with one form in which it stands there: stems,
    numbers, and pairs of Chinese characters."""
    found: dict[str, str] = {}
    for match in _TERM.finditer(_normal(text)):
        word = match[0]
        if _HAN.match(word):
            for run in _FRAME.sub(" ", word).split():
                found |= {pair: pair for pair in _pairs(run)}
        elif word not in COMMON and word not in GENERIC:
            found |= {stem(part): part for part in _latin(word)}
    return found


@lru_cache(maxsize=2000)
def asked_terms(text: str) -> Mapping[str, float]:
    """The terms of a text, each with how much of the question it is, 0 to 1: in a text that asks something, what is
    told besides counts less."""
    asking = " ".join(part for part in _SENTENCE.findall(text[:LONGEST_COMPARED]) if part.endswith(("?", "？")))
    asked = terms(asking)
    if len(asked) < LEAST_ASKED:
        return dict.fromkeys(terms(text), 1.0)
    return {term: 1.0 if term in asked else TOLD_BESIDE for term in terms(text)}


def _normal(text: str) -> str:
    plain = _APART.sub(" ", text[:LONGEST_COMPARED]).translate(_APOSTROPHES)
    folded = unicodedata.normalize("NFKD", plain).casefold()
    return unicodedata.normalize("NFC", "".join(sign for sign in folded if not "\u0300" <= sign <= "\u036f"))


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def _latin(word: str) -> list[str]:
    if split := _NUMBER_UNIT.fullmatch(word):
        return [split[1], split[2]]  # "20g" is "20 g"
    return [word.partition("'")[0]]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """An English word without the endings of plurals, tenses and adverbs; other words stay nearly as they are."""
    word = _IRREGULAR.get(word, word)
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: len(word) - len(ending)] + instead
            break
    if len(word) > 3:
        word = _DOUBLED.sub(r"\1", word)
        word = word.removesuffix("e")
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


def alike(term: str, other: str) -> float:
    """How far one term stands for the other, 0 to 1."""
    if term == other:
        return 1.0
    short, long = sorted((term, other), key=len)
    if len(short) == 1 and not short.isascii():
        return 1.0 if short in long else 0.0  # a Chinese character, beside which the two texts differ
    return SHORT_FORM if len(short) >= 4 and short.isalpha() and short.isascii() and long.startswith(short) else 0.0
