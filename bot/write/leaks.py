"""Recognises secrets and our own prompt in a draft: keys and tokens by their form, and texts by overlap.

Spaced-out, reversed, base64 and hexadecimal forms are read, too, and look-alike, wide and emphasised letters. A
translation or a paraphrase is not recognised. Every check takes linear time.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.write.look_alikes import plain_letters

# Keys and tokens by the forms that their issuers document.
_FORMS = re.compile(
    r"""
    (?<![a-rt-zA-Z0-9])sk-[A-Za-z0-9_-]{20,200}                   # OpenAI, Anthropic (sk-ant-), OpenRouter, Moonshot
    | gh[pousr]_[A-Za-z0-9]{36,255} | github_pat_[A-Za-z0-9_]{22,255} | glpat-[\w-]{20,100}    # GitHub, GitLab
    | xox[abeoprs]-[A-Za-z0-9-]{10,255} | xapp-[A-Za-z0-9-]{20,255}                            # Slack
    | (?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])                             # AWS
    | AIza[\w-]{35} | ya29\.[\w-]{20,255} | GOCSPX-[\w-]{28}                                   # Google
    | [srp]k_(?:live|test)_[A-Za-z0-9]{16,255} | whsec_[A-Za-z0-9+/=]{24,255}                  # Stripe
    | (?<![\w-])[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45} | mfa\.[\w-]{80,95}                  # Discord
    | discord(?:app)?\.com/api/webhooks/\d{15,22}/[\w-]{60,80}
    | (?<!\w)sy[tlr]_[A-Za-z0-9+/=]{1,255}_[A-Za-z]{20}_[A-Za-z0-9]{6}
    | (?<!\w)m[ac]t_[A-Za-z0-9]{20,60}_[A-Za-z0-9]{6}
    | MDAx[A-Za-z0-9+/=_-]{60,800}                                                             # Matrix
    | eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{0,2000}                                        # JWT
    | -----BEGIN[ ](?:[A-Z]{1,20}[ ]){0,3}PRIVATE[ ]KEY                                        # PEM
    | hf_[A-Za-z0-9]{30,60} | npm_[A-Za-z0-9]{36} | pypi-[\w-]{50,300}                         # Hugging Face, npm, PyPI
    | gsk_[A-Za-z0-9]{30,80} | xai-[A-Za-z0-9]{40,100}                                         # Groq, xAI
    | (?<!\d)\d{8,10}:[A-Za-z0-9_-]{35}                                                       # Telegram
    | SG\.[\w-]{22}\.[\w-]{43} | dop_v1_[a-f0-9]{64} | (?<!\w)SK[0-9a-f]{32}(?!\w)            # SendGrid and others
    """,
    re.VERBOSE,
)
DISTINCT = 8  # different characters in a real key; "sk-xxxxxxxxxxxxxxxxxxxxxxxx" stands for one
_SPACED = re.compile(r"(?:\S[^\S\n]{1,3}){15,}\S|(?:\S\n){15,}\S")
_SPELLED = re.compile(
    r"\S([^\w\s][^\S\n]?)\S(?:\1\S){14,}"
)  # one sign between any two characters: "s-k-...", "s, k, ..."
_MARKS = re.compile(r"[*~`|\\]+(?:\n[*~`|]+)?|__")  # of emphasis, code and spoilers; no key holds them
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){16,}")
_HAN = re.compile("[\u3400-\u9fff]")

PROMPT_RUN, PROMPT_ALL = 48, 75  # letters of our prompt: in one run (about ten words), or in several together
PROMPT_WINDOW = 30
SECRET_WINDOW = 12  # letters and digits of a secret in one run; a shorter secret is compared whole
SHORTEST_SECRET = 6  # shorter ones stand in ordinary words; `check` refuses such tokens off loopback


def leaks_key(text: str) -> bool:
    """Whether the text holds a key or token, by its form."""
    return any(_holds_key(form) for form in forms(text))


def _holds_key(text: str) -> bool:
    return any(_is_varied(match[0]) for match in _FORMS.finditer(text))


def _is_varied(key: str) -> bool:
    """Real keys are random: many different characters, and a digit, unlike a placeholder or an address in words."""
    return key.startswith("-----") or (len(set(key)) >= DISTINCT and any(map(str.isdigit, key)))


def forms(text: str) -> Iterator[str]:
    """The text as written and as read, and what it may hide: spaced-out runs closed up, read backwards, decoded from
    base64 or hexadecimal."""
    for written in dict.fromkeys((text, _as_read(text))):
        yield from _hidden(written)


def _as_read(text: str) -> str:
    """The text without emphasis, and with ASCII letters for those that look like them."""
    return plain_letters(_MARKS.sub("", unicodedata.normalize("NFKC", text)))


def _hidden(text: str) -> Iterator[str]:
    yield text
    yield text[::-1]
    yield from ("".join(match[0].split()) for match in _SPACED.finditer(text))
    yield from (match[0][:: 1 + len(match[1])] for match in _SPELLED.finditer(text))
    for match in _BASE64.finditer(text):
        yield from _decoded(match[0].rstrip("=").replace("-", "+").replace("_", "/"))
    for match in _HEX.finditer(text):
        yield bytes.fromhex("".join(re.findall("[0-9a-fA-F]", match[0]))).decode("utf-8", "replace")


def _decoded(blob: str) -> Iterator[str]:
    try:
        data = base64.b64decode(blob + "=" * (-len(blob) % 4))
    except (binascii.Error, ValueError):
        return
    yield data.decode("utf-8", "replace")


def folded(text: str) -> str:
    """Only letters and digits, in lower case and one width; a Han character counts as three letters."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _HAN.sub(lambda match: match[0] * 3, "".join(filter(str.isalnum, plain)))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Texts that must not be repeated, as hashes of every `window` of `width` letters."""

    width: int
    windows: frozenset[int]

    def covered(self, text: str) -> tuple[int, int]:
        """How many letters of the text repeat them: in the longest run, and in all runs together."""
        plain = folded(text)
        longest = total = begin = 0
        end = 0  # of the current run
        for at in range(len(plain) - self.width + 1):
            if hash(plain[at : at + self.width]) in self.windows:
                if at > end or not end:
                    total, begin = total + max(0, end - begin), at
                end = at + self.width
                longest = max(longest, end - begin)
        return longest, total + max(0, end - begin)


def fingerprint(texts: Iterable[str], width: int) -> Fingerprint:
    """The fingerprint of texts; a text shorter than `width` letters is left out."""
    plain = [folded(text) for text in texts]
    return Fingerprint(
        width, frozenset(hash(one[at : at + width]) for one in plain for at in range(len(one) - width + 1))
    )


def secret_prints(secrets: Iterable[str]) -> tuple[Fingerprint, ...]:
    """Fingerprints of configured secrets, one for each width that is needed."""
    plain = {folded(secret) for secret in secrets}
    widths = {min(len(one), SECRET_WINDOW) for one in plain if len(one) >= SHORTEST_SECRET}
    return tuple(
        fingerprint((one for one in plain if min(len(one), SECRET_WINDOW) == width), width) for width in sorted(widths)
    )


def repeats_secret(text: str, secrets: tuple[Fingerprint, ...]) -> bool:
    return bool(secrets) and any(one.covered(form)[0] for form in forms(text) for one in secrets)


def repeats_prompt(text: str, prompt: Fingerprint) -> bool:
    """Whether the text repeats the prompt, by one long run or by several."""
    runs = (prompt.covered(form) for form in forms(text))
    return any(longest >= PROMPT_RUN or total >= PROMPT_ALL for longest, total in runs)
