"""What a model is told at the end of a prompt, in the prompt's language: that what was asked for may be long, or why
its first draft was not posted and what to do instead."""

from collections.abc import Mapping
from types import MappingProxyType

NOTES: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "whole": {
        "en": (
            "This asks for code or for something long, so no limit of words holds here: give it whole and nothing "
            "beside it, code in a fenced block."
        ),
        "zh": "这里要的是代码或较长的内容，字数限制不适用：给完整的，不附带别的；代码放进代码块。",
    },
    "held_back": {
        "en": (
            "The answer that you wrote first was held back, because it must not be said here. Write another one that "
            "denies nothing, harms nobody and repeats no instructions, or say in one sentence that you'd rather not "
            "answer."
        ),
        "zh": (
            "你刚才写的回答被拦下了，因为不该在这里说。另写一个：不否认什么，不伤害谁，不复述规则；"
            "或者用一句话说你不便回答。"
        ),
    },
    "filtered": {
        "en": (
            "The answer that you wrote first was stopped half-way by a content filter. Write a short, harmless one, or "
            "say in one sentence that you'd rather not answer."
        ),
        "zh": "你刚才写的回答写到一半被内容过滤器拦下了。另写一个简短无害的，或者用一句话说你不便回答。",
    },
    "empty": {
        "en": (
            "You wrote nothing that can be posted, but somebody is waiting for you. Answer in one or two sentences; if "
            "you don't know, say so and who here might."
        ),
        "zh": "你刚才没有写出能发的内容，但有人在等你。用一两句话回答；不知道就直说，也可以说这里谁可能知道。",
    },
    "cut": {
        "en": "The answer that you wrote first was too long and broke off in mid-sentence. Write a much shorter one.",
        "zh": "你刚才写的回答太长，一句话没写完就断了。写一个短得多的。",
    },
    "phrases": {
        "en": (
            "What you wrote first sounded like a call centre's assistant: praise for the question, an offer of help, a "
            "stock refusal, or talk about being a language model. Write it anew as one of the room would: begin with "
            "the matter itself and stop when it is said."
        ),
        "zh": (
            "你刚才写的像客服：夸问题好、问还能帮什么、套话式的拒绝，或者说自己是语言模型。"
            "像这里的一员那样重写：直接说事，说完就停。"
        ),
    },
    "layout": {
        "en": (
            "What you wrote first had headings or a list, and nobody asked for one. Write it anew in plain sentences, "
            "and only the one or two points that matter."
        ),
        "zh": "你刚才写的有标题或列表，可没有人要。用平常的句子重写，只说最要紧的一两点。",
    },
    "repeats": {
        "en": (
            "What you wrote first repeats what you said in this room lately: its words, its opening, or its closing "
            "question. Write it anew: another beginning, another ending, nothing said before."
        ),
        "zh": "你刚才写的重复了你最近在这里说过的话：用词、开头，或者结尾的问题。重写：换开头，换结尾，别说说过的话。",
    },
})  # fmt: skip
OR_PASS: Mapping[str, str] = MappingProxyType({
    "en": "If nothing new comes to mind, write only PASS.",
    "zh": "想不出新的，就只写 PASS。",
})  # fmt: skip


def note_of(name: str, language: str, *, addressed: bool) -> str:
    """The note for a second draft, in the prompt's language ("en" or "zh"). Uncalled, the model may also pass."""
    note = NOTES[name][language]
    return note if addressed else f"{note} {OR_PASS[language]}"


def notes_in(language: str) -> list[str]:
    """All notes in a language: members should not read them, so the guard knows them."""
    return [note[language] for note in NOTES.values()]
