"""How long ago, as people say it, by the days of the room."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.write.pointing.when import when
from tests.fakes.shipped import shipped_words

WORDS, BERLIN = shipped_words(), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 20, 15, 0, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("ago", "en", "zh"),
    [
        (timedelta(seconds=20), "a moment ago", "刚才"),
        (timedelta(minutes=5), "five minutes ago", "五分钟前"),
        (timedelta(minutes=45), "45 minutes ago", "45分钟前"),
        (timedelta(hours=1), "an hour ago", "一小时前"),
        (timedelta(hours=3.5), "three hours ago", "三小时前"),
        (timedelta(hours=9), "earlier today", "今天早些时候"),
        (timedelta(hours=20), "yesterday", "昨天"),
        (timedelta(days=2), "two days ago", "两天前"),
        (timedelta(days=7), "a week ago", "一周前"),
        (timedelta(days=21), "three weeks ago", "三周前"),
        (timedelta(days=60), "two months ago", "两个月前"),
        (timedelta(days=400), "a year ago", "一年前"),
        (timedelta(days=800), "two years ago", "两年前"),
    ],
)
def test_when(ago: timedelta, en: str, zh: str) -> None:
    assert when(NOW - ago, NOW, WORDS, "en") == en
    assert when(NOW - ago, NOW, WORDS, "zh") == zh


def test_shortly_after_midnight_an_hour_ago_is_not_yesterday() -> None:
    now = datetime(2026, 3, 20, 0, 30, tzinfo=BERLIN)
    assert when(now - timedelta(hours=1), now, WORDS, "en") == "an hour ago"


@given(st.timedeltas(timedelta(0), timedelta(days=4000)), st.sampled_from(["en", "zh", "de"]))
def test_any_time_has_words(ago: timedelta, language: str) -> None:
    said = when(NOW - ago, NOW, WORDS, language)
    assert said and "{" not in said and " 0" not in said and " 1 " not in said
