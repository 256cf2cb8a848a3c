"""Dates and times in a prompt, in the room's time zone and the prompt's language. Pure.

A thread's messages carry a date line where it matters: at the beginning of what is shown, on a new day, and after a
silence. A date line depends only on its message and the one shown before it, so that appending a message to a thread
never changes what stands above (providers' caches match beginnings).
"""

import re
from datetime import datetime, timedelta, tzinfo

from bot.types import Message
from bot.write.persona import PromptLanguage

SILENCE = timedelta(hours=3)  # a shorter pause is part of one sitting, and the reader needs no clock
OLDEST = timedelta(days=3650)  # the longest `keep_days`; an older claim of when a message was sent is not believed

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip  # not strftime's, which follow the process's locale
_NOW = {"en": "It is {} ({}).", "zh": "现在是{}（{}）。"}


_DATE_LINE = re.compile(
    rf"\s*(?:\((?:{'|'.join(_DAYS)}), \d\d? (?:{'|'.join(_MONTHS)}) \d{{4}}, \d\d:\d\d\)"
    r"|（\d{4}年\d\d?月\d\d?日，星期[一二三四五六日]，\d\d:\d\d）)[^\S\n]*(?:\n|\Z)"
)


def without_date_lines(text: str) -> str:
    """A draft without date lines at its beginning, which models copy from the thread."""
    while match := _DATE_LINE.match(text):
        text = text[match.end() :]
    return text


def said_at(message: Message, zone: tzinfo | None) -> datetime:
    """When a message was sent, in the time zone. A platform's time can be forged: one in the future, or too long ago,
    is replaced by when we heard the message."""
    is_credible = timedelta(0) <= message.heard - message.at <= OLDEST
    return (message.at if is_credible else message.heard).astimezone(zone)


def clock(now: datetime, language: PromptLanguage) -> str:
    """The sentence that says what time it is, in the time zone of `now`."""
    return _NOW[language].format(moment(now, language), now.tzinfo)


def moment(at: datetime, language: PromptLanguage) -> str:
    """Date, weekday and time to the minute."""
    if language == "zh":
        return f"{day(at, language)}，星期{'一二三四五六日'[at.weekday()]}，{at:%H:%M}"
    return f"{_DAYS[at.weekday()]}, {day(at, language)}, {at:%H:%M}"


def day(at: datetime, language: PromptLanguage) -> str:
    """The date."""
    return f"{at.year}年{at.month}月{at.day}日" if language == "zh" else f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def is_new_time(at: datetime, before: datetime | None) -> bool:
    """Whether a message of `at` needs a date line, if the one shown before it is of `before` (both in one zone)."""
    return before is None or at.date() != before.date() or abs(at - before) >= SILENCE


def date_line(at: datetime, language: PromptLanguage) -> str:
    return f"({moment(at, language)})" if language == "en" else f"（{moment(at, language)}）"
