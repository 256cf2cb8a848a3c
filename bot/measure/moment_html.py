"""Moments as HTML: what Cameo would have said to, after what, and what people did. For reports, without a script."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from bot.measure.trial_results import ShownMessage, SpeakingMoment

UNFOLDED = 2  # messages shown on each side of a post; the others are folded
DAY_SECONDS, HOUR_SECONDS, MINUTE_SECONDS = 86_400, 3600, 60

Say = Callable[..., str]
"""Takes a key of the catalogue and its values; returns the text as HTML."""


def cards(moments: Iterable[SpeakingMoment], say: Say, tag: str = "") -> str:
    """The moments as a list of cards. `tag` names the settings under which Cameo would have spoken."""
    return "".join(_card(moment, say, tag) for moment in moments)


def _card(moment: SpeakingMoment, say: Say, tag: str) -> str:
    head = f"<b>#{escape(moment.room_name)}</b> <time>{moment.post.at:%Y-%m-%d %H:%M} UTC</time>"
    label = f' <span class="tag">{escape(tag)}</span>' if tag else ""
    waited = say("report.would_speak", wait=wait_of(moment.waited, say), persona=moment.persona)
    became = f'<span class="{moment.became}">{say(f"trial.became.{moment.became}")}</span>'
    after = _folded(moment.after, say, answer=moment.answer, sure=moment.answer_sure)
    return (
        f'<article class="moment"><header>{head}{label}</header>'
        f"{_folded(moment.before, say, last=True)}"
        f'<p class="post">{_said(moment.post)}</p>'
        f'<p class="turn">{waited} · {became}</p>'
        f"{after}</article>\n"
    )


def _folded(
    messages: Sequence[ShownMessage], say: Say, *, last: bool = False, answer: str = "", sure: float = 0.0
) -> str:
    """The messages next to the post, and the others behind a fold: before them (`last`) or after them."""
    if not messages:
        return ""
    cut = max(0, len(messages) - UNFOLDED)
    shown, others = (messages[cut:], messages[:cut]) if last else _with_answer(messages, answer)
    counted = say("trial.counted.sure") if sure == 1.0 else say("trial.counted.likely", sure=f"{sure:.0%}")
    lines = "".join(_line(one, answer, counted) for one in shown)
    if not others:
        return f'<div class="around">{lines}</div>'
    hidden = "".join(_line(one, answer, counted) for one in others)
    fold = f"<details><summary>{say('report.more', count=len(others))}</summary>{hidden}</details>"
    return f'<div class="around">{fold}{lines}</div>' if last else f'<div class="around">{lines}{fold}</div>'


def _with_answer(
    messages: Sequence[ShownMessage], answer: str
) -> tuple[Sequence[ShownMessage], Sequence[ShownMessage]]:
    """The first messages, and the others; the answer is always among the first."""
    first = list(messages[:UNFOLDED])
    later = [one for one in messages[UNFOLDED:] if one.id == answer]
    shown = [*first[: UNFOLDED - len(later)], *later]
    return shown, [one for one in messages if one not in shown]


def _line(one: ShownMessage, answer: str, counted: str) -> str:
    """A message; that which answered says so."""
    if one.id != answer:
        return f"<p>{_said(one)}</p>"
    return f'<p class="answer">{_said(one)}</p><p class="counted">{counted}</p>'


def _said(one: ShownMessage) -> str:
    return f"<b>{escape(one.name)}</b> {escape(' '.join(one.text.split()))}"


def wait_of(seconds: float, say: Say) -> str:
    """A length of time in its largest fitting unit."""
    for unit, length in (("days", DAY_SECONDS), ("hours", HOUR_SECONDS), ("minutes", MINUTE_SECONDS)):
        if seconds >= 2 * length or (unit == "minutes" and seconds >= length):
            return say(f"report.wait.{unit}", count=f"{seconds / length:.0f}")
    return say("report.wait.seconds", count=f"{seconds:.0f}")
