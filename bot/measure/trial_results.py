"""What a trial of Cameo on recorded history finds: questions that nobody answered, and for each displacement risk what
Cameo would have said. Plain records, which travel from the replaying process to the page and into the report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from bot.types import record

RISKS = (0.05, 0.10, 0.15, 0.25, 0.35, 0.50)
"""The steps of the dial, as `displacement_risk`. Closer together where rooms are usually set (0.1 to 0.35). Below 0.05
hardly anything is said; above 0.5 people no longer go first, and the hold is at its floor in most rooms."""

FIRST_RISK = 0.25  # the default of a room rule; played first, so that something is shown soon

Became = Literal["helped", "pre_empted", "late", "asked", "unknown"]
"""What a reply was to its post: nobody answered it; a person answered later; a person had answered; somebody called us;
the record ends too soon to tell."""


@record
class ShownMessage:
    """A message as moments and questions show it. `text` is at most LONGEST_SHOWN characters; ids are the platform's.
    `reply_to` and `thread` are ids or None; `mentions` are ids of people."""

    id: str
    thread: str | None
    author: str
    name: str
    is_bot: bool
    text: str
    at: datetime
    reply_to: str | None = None
    mentions: tuple[str, ...] = ()


@record
class SpeakingMoment:
    """A moment at which Cameo would have spoken, in its context. `persona` is the name that it would have used.

    `post` is the message that it would have answered, at `at`, after `waited` seconds; `reason` is a code of
    `bot/decide/reasons.py`. `before` are the messages before the post and `after` what people said from then on, both
    oldest first; those of `after` from before `at` came while Cameo waited. `answer` is the id of the message that
    counted as an answer to the post, "" if none or unknown; `answer_sure` how likely that one was answered, 0 to 1:
    1 if a thread or a reply link says so.
    """

    id: str
    room: str
    room_name: str
    persona: str
    reason: str
    post: ShownMessage
    at: datetime
    waited: float
    became: Became
    before: tuple[ShownMessage, ...] = ()
    after: tuple[ShownMessage, ...] = ()
    answer: str = ""
    answer_sure: float = 0.0


@record
class TrialReply:
    """One reply: the id of the message that it answers, the room's id, and when it would have been sent."""

    message: str
    room: str
    at: datetime
    became: Became


@record
class RiskResult:
    """What Cameo would have done at one step of the dial.

    `helped`, `pre_empted`, `late`, `asked` and `unknown` add up to the replies. `share_of_voice` is Cameo's part of all
    messages, 0 to 1; `usd` the estimated cost of all replies; `hold_minutes` the median wait of uncalled replies, None
    without any. `silences` counts turns without a reply by reason.
    """

    risk: float
    replies: tuple[TrialReply, ...]
    moments: tuple[SpeakingMoment, ...]
    helped: int
    pre_empted: int
    late: int
    asked: int
    unknown: int
    share_of_voice: float
    usd: float
    hold_minutes: float | None
    silences: Mapping[str, int]


@record
class OpenQuestion:
    """A question of a person that nobody answered within the horizon, as far as links tell or let infer."""

    room: str
    room_name: str
    post: ShownMessage


@record
class TrialRoom:
    """A room of the history. `match` is the pattern of the rule that fits it, "" if none does. `join` is how Cameo
    plays there; `is_own_rule`: that rule says so. Otherwise it plays `unanswered`, which the rule does not say."""

    id: str
    name: str
    messages: int
    join: str
    persona: str
    match: str
    is_own_rule: bool


@record
class FoundSoFar:
    """What the first step of the dial has found in the first `messages` of the history: questions that nobody answered,
    and replies."""

    messages: int
    unanswered: int
    replies: int


@record
class AssumedPrice:
    """The price by which costs are estimated: US dollars per million tokens. `is_default`: no model in force has a
    price, so that of `model` is assumed."""

    model: str
    input: float
    output: float
    is_default: bool


@record
class HistoryFound:
    """What the history holds, whatever the risk. `rooms` are the largest of `room_count`. `broken` counts rows that
    could not be read; the first of them are `complaints` (file, place, what is wrong). `asked` counts questions of
    people that were open to anybody, `unanswered` those without an answer, of which the best are `questions`.
    `horizon_hours`: within which a message counts as an answer. `is_cut`: there were more messages than a trial reads,
    so only the newest were played."""

    messages: int
    people: int
    begin: datetime
    end: datetime
    rooms: tuple[TrialRoom, ...]
    room_count: int
    broken: int
    complaints: tuple[str, ...]
    asked: int
    unanswered: int
    questions: tuple[OpenQuestion, ...]
    price: AssumedPrice
    horizon_hours: float
    is_cut: bool
