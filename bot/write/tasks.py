"""What a prompt asks for at its end: to answer a call, to help with a post that nobody answered, or to comment."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.decide.reasons import Reason
from bot.write.persona import Persona, PromptLanguage


class Task(StrEnum):
    """Why the writer is asked for a text."""

    CALLED = "called"  # somebody speaks to us
    UNANSWERED = "unanswered"  # people had the time to answer a post, and nobody did
    COMMENT = "comment"  # this room wants a comment on each post


@dataclass(frozen=True, slots=True)
class _Texts:
    """In one language. `it` (at the start of a sentence `It`) names the message, `words` is a length, `waited` a time;
    no text of a member is filled in."""

    called: str
    unanswered: str
    comment: str
    hurts: str
    last: str
    below: str
    shown: str
    words: str
    minutes: str
    hours: str
    days: str


_TEXTS: dict[PromptLanguage, _Texts] = {
    "en": _Texts(
        called=(
            "Your turn. {It} is spoken to you: answer it, in the language it is written in, in at most {words}. If the "
            "same member asked something just before and nobody answered, answer that with it."
        ),
        unanswered=(
            "Your turn. {It} called nobody in particular and, as far as you can tell, nobody has answered it for "
            "{waited}; now it is up to you. If it asks something and you know the answer, give it, in your own way, "
            "and say what you are not sure of. If you don't know, name who here might (only if words above show it), "
            "or ask the one question that would make it answerable. If it asks nothing, say the one thing about it "
            "that its author would most like to hear. Use the language it is written in, and at most {words}. If you "
            "can do none of this, or somebody has answered it after all, write only PASS. {hurts}"
        ),
        comment=(
            "Your turn, if you want it: nobody called you, but this room likes a comment on each post. Write one about "
            "{it} that is worth reading: on something particular in its words, seen by a close reader, or on what it "
            "has to do with somebody's words above. Not a summary, not applause, no question for the sake of asking. "
            "Use the language it is written in, and at most {words}; one good line is enough. If you have no such "
            "comment, write only PASS. {hurts}"
        ),
        hurts=(
            "If it is about something that hurts (grief, illness, fear, despair), leave it to people: write only PASS."
        ),
        last="the last message above",
        below="the message quoted below",
        shown="The message is this one:",
        words="{} words",
        minutes="{} minutes",
        hours="about {} hours",
        days="about {} days",
    ),
    "zh": _Texts(
        called=(
            "轮到你了。{it}是对你说的：用它的语言回答，最多{words}。同一位成员刚才还问了别的而没人回答，就一并答了。"
        ),
        unanswered=(
            "轮到你了。{it}没有叫谁，据你所见，{waited}了还没有人回应，现在该你开口了。"
            "如果它在问什么而你知道，就照你自己的方式回答，拿不准的地方说明白。"
            "如果你不知道，就点出这里谁可能懂（只限上面的话里看得出来的），或者问一句：有了那一句的答案，别人就能答上来。"
            "如果它什么也没问，就说一句作者最愿意听到的、只关于这件事的话。用它的语言，最多{words}。"
            "这些都做不到，或者其实已经有人回应了，就只写 PASS。"
            "{hurts}"
        ),
        comment=(
            "轮到你了，说不说由你：没有人叫你，但这个房间喜欢每个帖子下面都有一句评论。写一句值得读的，说的是{it}："
            "抓住原话里某个具体的地方，让人看出你读得仔细；或者点出它跟上面谁的话有关。"
            "不复述，不捧场，不为了问而问。用它的语言，最多{words}，一句好的就够。"
            "没有这样的话，就只写 PASS。{hurts}"
        ),
        hurts="如果说的是让人难过的事（亲人离世、疾病、害怕、绝望），就留给大家：只写 PASS。",
        last="上面最后一条",
        below="下面引的这一条",
        shown="就是这一条：",
        words="{}个字",
        minutes="{} 分钟",
        hours="约 {} 小时",
        days="约 {} 天",
    ),
}


def task_of(reason: str, *, addressed: bool) -> Task:
    """The task of a turn that was decided for `reason`."""
    if addressed:
        return Task.CALLED
    return Task.COMMENT if reason == Reason.EVERY_POST else Task.UNANSWERED


def instruction(task: Task, persona: Persona, waited: timedelta, *, is_last: bool) -> str:
    """What to write now. `waited` is the age of the message. If it is not the last message above (`is_last`), the
    instruction ends with a line that introduces it, and the message must follow."""
    texts = _TEXTS[persona.prompt_language]
    it = texts.last if is_last else texts.below
    words = texts.words.format(length_of(persona, persona.max_words))
    told: str = getattr(texts, task).format(
        it=it, It=it[0].upper() + it[1:], words=words, waited=_how_long(texts, waited), hurts=texts.hurts
    )
    return told if is_last else f"{told}\n{texts.shown}"


def _how_long(texts: _Texts, waited: timedelta) -> str:
    """A duration as people say it: minutes up to two hours, hours up to two days, then days."""
    minutes = max(2, round(waited.total_seconds() / 60))  # "1 minutes" is none; nobody waits for less than two
    if minutes < 120:
        return texts.minutes.format(minutes)
    hours = round(minutes / 60)
    return texts.hours.format(hours) if hours < 48 else texts.days.format(round(hours / 24))


def length_of(persona: Persona, words: int) -> int:
    """Converts a length in words to Chinese characters for Chinese personas: about 1.6 per English word."""
    return round(words * 1.6 / 10) * 10 if persona.prompt_language == "zh" else words


def told_about_tasks(persona: Persona) -> list[str]:
    """The instructions as they may stand in a prompt, for the check that no reply repeats them."""
    texts = _TEXTS[persona.prompt_language]
    return [texts.called, texts.unanswered, texts.comment, texts.hurts]
