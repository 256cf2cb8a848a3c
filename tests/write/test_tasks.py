"""What the end of a prompt asks for: each way of joining has its own instruction, in both languages of the frame."""

from datetime import timedelta

import pytest

from bot.decide.reasons import Reason
from bot.write.tasks import Task, instruction, length_of, task_of
from tests.fakes.shipped import personas

PERSONAS = personas()
MOCHI, XIAOMAN, PIP = (PERSONAS[name] for name in ("mochi", "xiaoman", "pip"))
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("reason", "addressed", "task"),
    [
        (Reason.ADDRESSED, True, Task.CALLED),
        (Reason.CONTINUED, True, Task.CALLED),
        (Reason.EVERY_POST, True, Task.CALLED),
        (Reason.UNANSWERED, False, Task.UNANSWERED),
        (Reason.EVERY_POST, False, Task.COMMENT),
    ],
)
def test_the_reason_of_a_turn_is_its_task(reason: str, addressed: bool, task: Task) -> None:
    assert task_of(reason, addressed=addressed) is task


@pytest.mark.parametrize("persona", sorted(PERSONAS))
@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("is_last", [True, False])
def test_each_task_is_whole_and_unlike_the_others(persona: str, task: Task, is_last: bool) -> None:
    told = {one: instruction(one, PERSONAS[persona], HOUR, is_last=is_last) for one in Task}
    assert len(set(told.values())) == len(Task)
    assert not set("{}") & set(told[task])
    assert str(length_of(PERSONAS[persona], PERSONAS[persona].max_words)) in told[task], "the persona's own measure"
    assert ("PASS" in told[task]) == (task is not Task.CALLED)
    assert told[task].endswith((":", "：")) == (not is_last), "what follows is introduced, and nothing else is"


@pytest.mark.parametrize(
    ("waited", "english", "chinese"),
    [
        (timedelta(minutes=74), "for 74 minutes;", "74 分钟了"),
        (timedelta(minutes=74, seconds=29), "for 74 minutes;", "74 分钟了"),
        (timedelta(minutes=119), "for 119 minutes;", "119 分钟了"),
        (timedelta(minutes=120), "for about 2 hours;", "约 2 小时了"),
        (timedelta(hours=11, minutes=40), "for about 12 hours;", "约 12 小时了"),
        (timedelta(hours=47), "for about 47 hours;", "约 47 小时了"),
        (timedelta(days=3), "for about 3 days;", "约 3 天了"),
        (timedelta(0), "for 2 minutes;", "2 分钟了"),
        (timedelta(minutes=-5), "for 2 minutes;", "2 分钟了"),
    ],
)
def test_how_long_nobody_has_answered_is_the_real_time(waited: timedelta, english: str, chinese: str) -> None:
    assert english in instruction(Task.UNANSWERED, MOCHI, waited, is_last=True)
    assert chinese in instruction(Task.UNANSWERED, XIAOMAN, waited, is_last=True)
    for task in (Task.CALLED, Task.COMMENT):
        assert instruction(task, MOCHI, waited, is_last=True) == instruction(task, MOCHI, HOUR, is_last=True)


@pytest.mark.parametrize(("words", "characters"), [(12, 20), (50, 80), (60, 100), (100, 160)])
def test_a_length_is_in_words_or_in_tens_of_chinese_characters(words: int, characters: int) -> None:
    assert length_of(MOCHI, words) == words
    assert length_of(XIAOMAN, words) == characters
