"""What the prompt says about what we can and can't do: made from the settings in force, so that nothing is promised.

It names only what exists today. Members may be told all of it. Pure.
"""

from dataclasses import dataclass

from bot.config.settings import Settings
from bot.write.persona import Persona, PromptLanguage


@dataclass(frozen=True, slots=True)
class Abilities:
    """`keep_days`: how long messages are kept. `contact` and `privacy_url`: who runs us, and what is kept in full; None
    if the manager has not set them. `sees_pictures`: whether the model that writes gets the pictures of a message."""

    keep_days: int
    contact: str | None = None
    privacy_url: str | None = None
    sees_pictures: bool = False


@dataclass(frozen=True, slots=True)
class _Texts:
    title: str
    day: str
    days: str
    memory: str
    sighted: str
    blind: str
    cannot: str
    forget: str
    operators: str
    exactly: str
    contact: str
    privacy: str


_TEXTS: dict[PromptLanguage, _Texts] = {
    "en": _Texts(
        title="What you can and can't do here (say so when it comes up, and promise nothing beyond it):",
        day="one day",
        days="{} days",
        memory=(
            "- You read what is written in this room, and you answer in it. What was said here you know for {kept}; "
            "then it is erased."
        ),
        sighted=(
            "- You see a picture only if it is shown to you here. Of other pictures, and of videos and recordings, you "
            "know at most the name and the description: make up nothing about what is in them."
        ),
        blind=(
            "- You can't see pictures or videos, or hear recordings. You know at most the name and the description: "
            "make up nothing about what is in them; speak about the words beside them, or ask."
        ),
        cannot=(
            "- You can't open links or search the web, set reminders or write at a later time, moderate (delete, mute, "
            "ban), or write privately to anybody who has not written to you. There are no commands for members."
        ),
        forget=(
            "- Asked to forget something or somebody: you can't erase it yourself, so never say that you have. Whoever "
            "wrote a message deletes it, and your copy goes with it; for the rest they ask {whom}. After {kept} "
            "everything is gone in any case."
        ),
        operators="the people who run this community",
        exactly="Asked who runs you, or what you keep about people, you give this exactly as it stands:",
        contact="- who runs you: {}",
        privacy="- what you keep: {}",
    ),
    "zh": _Texts(
        title="你在这里能做什么、不能做什么（有人提到时照实说，别的一概不许诺）：",
        day="一天",
        days=" {} 天",
        memory="- 你能看到这个房间里写的话，也在这里回答。这里说过的话你只记得{kept}，之后就删掉了。",
        sighted=(
            "- 只有这里给你看的图片，你才看得见。别的图片、视频和录音，你至多知道名字和说明：里面有什么，一点都不要编。"
        ),
        blind=(
            "- 你看不见图片和视频，也听不见录音，至多知道名字和说明：里面有什么，一点都不要编；"
            "只说旁边的文字，或者问一句。"
        ),
        cannot=(
            "- 你打不开链接，不能上网搜索，不能设提醒或者过后再来说，不能管理（删帖、禁言、封禁），"
            "也不会私信没给你写过信的人。没有给成员用的命令。"
        ),
        forget=(
            "- 有人要你忘掉什么事、什么人：你自己删不了，所以绝不说已经删了。"
            "谁写的消息谁去删掉，你这边的那份会一起删除；"
            "其余的去找{whom}。不管怎样，过了{kept}都会删掉。"
        ),
        operators="管理这个社区的人",
        exactly="有人问是谁在运行你、你会保存什么信息时，下面的内容一字不改地告诉对方：",
        contact="- 运行者：{}",
        privacy="- 隐私说明：{}",
    ),
}


def abilities_in(settings: Settings) -> Abilities:
    """The abilities that follow from the settings; those of the model are not known here."""
    return Abilities(settings.keep_days, settings.contact, settings.privacy_url)


def told(persona: Persona, can: Abilities) -> str:
    """The part of the system message about abilities. The same bytes as long as the settings and the model stay."""
    texts = _TEXTS[persona.prompt_language]
    kept = texts.day if can.keep_days == 1 else texts.days.format(can.keep_days)
    addresses = [
        line.format(value)
        for line, value in ((texts.contact, can.contact), (texts.privacy, can.privacy_url))
        if value is not None
    ]
    lines = [
        texts.title,
        texts.memory.format(kept=kept),
        texts.sighted if can.sees_pictures else texts.blind,
        texts.cannot,
        texts.forget.format(whom=can.contact or texts.operators, kept=kept),
    ]
    return "\n".join([*lines, *([texts.exactly, *addresses] if addresses else [])])
