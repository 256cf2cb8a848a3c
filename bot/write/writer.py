"""Writes the text of a turn: sends persona, thread and memories to a model, and its draft through the guard."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog

from bot.config.helplines import CountryNumbers, helplines
from bot.config.policy import InForce
from bot.decide.budget import Budget
from bot.decide.care import Care
from bot.decide.floor import SIGN
from bot.decide.reasons import Reason
from bot.language.harm import Harms
from bot.remember.memory import Memory
from bot.remember.visibility import Viewer, viewer_of
from bot.types import Adapter, Clock, Message, ModelError, Turn, Usage
from bot.write.abilities import abilities_in
from bot.write.answered import answered_by
from bot.write.company import speakers
from bot.write.forbidden import HARMFUL, PROMPT, SECRET, Forbidden, forbidden_with
from bot.write.guard import Look, look
from bot.write.judge import MAY_COMMENT, MAY_HURT, Answer, Query, answer_of, compose_judge
from bot.write.models.chat import ChatMessage, TextPart, estimate_tokens
from bot.write.models.endpoint import OnText
from bot.write.models.failover import Models
from bot.write.models.finish import Finish
from bot.write.moderation import compose_moderation
from bot.write.names import readable
from bot.write.persona import Persona
from bot.write.preview import live_preview
from bot.write.prompt import compose
from bot.write.prompt_texts import frame_of, plainly
from bot.write.room_heads import RoomHeads
from bot.write.tasks import task_of

log = structlog.get_logger()

THREAD_MESSAGES = 60  # of the thread; the prompt's budget in tokens cuts further
ROOM_MESSAGES = 12  # recent ones of the room, outside the thread
JUDGED_MESSAGES = 16  # of the thread; the judge sees the last of them
OWN_MESSAGES = 20  # recent ones of ours in the room
RECALLED = 4  # older passages: recall@10 is .65, and most of it comes from the first few
UNCHECKED = "unchecked"  # the moderation model could not be asked; asking for another draft would not help
HELD_BACK = "held_back"
RULES = frozenset({HARMFUL, SECRET, PROMPT, UNCHECKED})  # members get one line for all of these
HONEST = frozenset({"dishonest", HELD_BACK})
REFUSED_DRAFTS = frozenset({"dishonest", HARMFUL, SECRET, PROMPT})  # asked for again, once a turn
LINES = {"dishonest": "honest"}  # catalogue lines whose name differs from the error
TYPING_EVERY_SECONDS = 4.0  # platforms show "is typing" for 5 to 10 seconds


@dataclass(frozen=True, slots=True)
class Written:
    """A text, a sign (an emoji), or with both empty a pass. `error` is a reason code if no model could write;
    `declined` says whether the writer or the judge passed."""

    text: str = ""
    sign: str = ""
    model: str = ""
    usage: Usage = Usage()
    error: str = ""
    declined: Reason = Reason.PASSED


class Signs(Protocol):
    """The catalogue of lines that members get instead of an answer."""

    def sign(self, code: str, language: str = "en", wait: timedelta | None = None) -> str:
        """The line for the reason `code`, with how long to wait, if known."""

    def careful(self, who: str, language: str, country: CountryNumbers | None, *, again: bool) -> str:
        """The fixed text for a call that speaks of danger."""


class Spending:
    """The cost of one turn: reserves the worst case of each model call, also on disk, before the call is made."""

    def __init__(self, budget: Budget, turn: Turn, clock: Clock, keep: Callable[[Usage], Awaitable[None]]):
        """`keep` stores what the turn may have used so far, so that a crash can't hide it. A turn that was interrupted
        by a crash continues from the stored usage."""
        self._budget, self._turn, self._clock, self._keep = budget, turn, clock, keep
        self.usage, self.model = Usage(), ""
        self.has_asked_again = False  # a draft that was refused is asked for again once a turn, whatever the causes

    async def reserve(self, model: str, worst_case_usd: float) -> bool:
        """Reserves `worst_case_usd`. False if the day's budget does not cover the call."""
        worst = self._turn.usage + self.usage + Usage(cost_usd=worst_case_usd)
        if not self._set_aside(worst):
            return False
        if worst_case_usd > 0:
            await self._keep(worst)
        return True

    def charge(self, model: str, usage: Usage) -> None:
        """Replaces the reservation of a finished call by what the call used."""
        self.usage, self.model = self.usage + usage, model
        self._set_aside(self._turn.usage + self.usage)

    def _set_aside(self, usage: Usage) -> bool:
        return self._budget.reserve(self._turn.id, usage.cost_usd, self._clock.now())

    def close(self) -> None:
        """Releases the reservation: from now on the stored turn counts."""
        self._budget.release(self._turn.id)


class Writer:
    def __init__(
        self,
        memory: Memory,
        models: Models,
        policy: InForce[Persona],
        words: Signs,
        budget: Budget,
        clock: Clock,
        harms: Harms,
    ):
        self._memory, self._models = memory, models
        self._words, self._harms = words, harms
        self._policy, self._budget, self._clock = policy, budget, clock
        self._heads = RoomHeads(memory, clock)

    @property
    def _forbidden(self) -> Forbidden:
        return forbidden_with(self._harms, self._policy.current.settings)

    def name(self, turn: Turn) -> str:
        """The name of a turn's persona."""
        return self._persona(turn).name

    def _persona(self, turn: Turn) -> Persona:
        return self._policy.current.persona(turn.persona, turn.thread.room)

    def _viewer(self, turn: Turn, trigger: Message) -> Viewer:
        """Whom the past is read for. The author of a post that waits for an answer asks, also if they call nobody; what
        is said about every post, nobody has asked for."""
        comments = self._policy.current.rule(trigger.room).join == "every_post"
        return viewer_of(trigger, asks=turn.addressed or not comments)

    def sign(self, turn: Turn) -> Written:
        """The answer over a limit: one honest line per window, then only an emoji."""
        if turn.sign:
            return Written(sign=turn.sign)
        now = self._clock.now()
        limited = self._budget.against(turn.member, turn.thread.room, now)
        wait = limited.until - now if limited else None
        return Written(text=self._words.sign(str(turn.decision.reason), self._language(turn), wait))

    def careful(self, care: Care) -> Written:
        """The fixed text for a call that speaks of danger: without a persona and without a model."""
        country = self._policy.current.settings.country
        numbers = helplines()[country] if country else None
        return Written(text=self._words.careful(str(care.who), care.language, numbers, again=care.again))

    async def judge(
        self, turn: Turn, trigger: Message, model: str, spending: Spending, *, is_read: bool = True
    ) -> Answer:
        """Asks `model` whether an unprompted turn should be taken; first, if the rules could not read the trigger,
        whether it hurts. The answer is then "no" unless that is plainly denied. Errors count as no answer. Never
        raises."""
        if not is_read and await self._judged(turn, trigger, model, spending, MAY_HURT) is not Answer.NO:
            return Answer.NO
        return await self._judged(turn, trigger, model, spending, MAY_COMMENT)

    async def _judged(self, turn: Turn, trigger: Message, model: str, spending: Spending, query: Query) -> Answer:
        try:
            viewer = self._viewer(turn, trigger)
            thread = await self._memory.thread(viewer, trigger.thread, JUDGED_MESSAGES)
            if trigger.reply_to and (kept := await self._memory.find(viewer, trigger.reply_to)).message:
                thread = [*(each for each in thread if each.id != trigger.reply_to), kept.message]
            compose = partial(compose_judge, self.name(turn), thread, trigger, query=query)
            return answer_of(await self._models.ask(model, compose, spending))
        except ModelError as error:
            log.warning("judge.no_answer", turn=turn.id, code=error.code, detail=str(error))
        except Exception:
            log.exception("judge.failed", turn=turn.id)
        return Answer.NONE

    async def write(
        self,
        turn: Turn,
        trigger: Message,
        adapter: Adapter,
        spending: Spending,
        economy: str | None = None,
        *,
        plain: bool = False,
    ) -> Written:
        """Asks a model for the text, `economy` first if it is given; `plain`: without the persona's manner. If none can
        write, members who called us get an apology and the log gets the error. Never raises."""
        try:
            return await self._draft(turn, trigger, adapter, spending, economy, plain)
        except ModelError as error:
            log.warning("writer.no_draft", turn=turn.id, code=error.code, detail=str(error))
            return self._apology(turn, str(_trouble(error.code)), spending)
        except Exception:
            log.exception("writer.failed", turn=turn.id)
            return self._apology(turn, str(Reason.MODELS_FAILED), spending)

    async def _draft(
        self, turn: Turn, trigger: Message, adapter: Adapter, spending: Spending, economy: str | None, plain: bool
    ) -> Written:
        settings = self._policy.current.settings
        persona = plainly(self._persona(turn)) if plain else self._persona(turn)
        viewer = self._viewer(turn, trigger)
        thread = await self._memory.thread(viewer, trigger.thread, THREAD_MESSAGES)
        known = {message.id for message in thread} | {trigger.id}
        own = await self._memory.own_lines(viewer, OWN_MESSAGES)
        known |= {message.id for message in own}
        room = [each for each in await self._memory.room(viewer, ROOM_MESSAGES) if each.id not in known]
        answered = await answered_by(self._memory, adapter, viewer, trigger)
        asked = f"{trigger.said}\n{answered.said}" if answered else trigger.said
        recalled = await self._memory.recall(
            viewer, asked, limit=RECALLED, exclude=known | {message.id for message in [*room, answered or trigger]}
        )
        chat = partial(
            compose,
            persona,
            trigger.room,
            thread,
            room,
            recalled,
            trigger,
            task=task_of(turn.decision.reason, addressed=turn.addressed),
            now=self._clock.now().astimezone(self._policy.current.zone(trigger.room)),
            abilities=abilities_in(settings),
            own=own,
            known=await self._memory.acquaintances(viewer, [one.id for one in speakers(thread, trigger)]),
            answered=answered,
            others=[name for one in self._policy.current.personas.values() for name in one.called],
            about=self._policy.current.rule(trigger.room).about,
            notes=await self._heads.notes(adapter, trigger.room),
        )
        names = frozenset(readable(one.author.name) for one in (*thread, trigger) if not one.author.is_self)
        return await self._passed(turn, adapter, persona, chat, spending, economy, names)

    async def _passed(
        self,
        turn: Turn,
        adapter: Adapter,
        persona: Persona,
        chat: Callable[..., list[ChatMessage]],
        spending: Spending,
        economy: str | None,
        speakers: Collection[str],
    ) -> Written:
        """A draft that may be said. A refused one is asked for again, once a turn; then a call gets an honest line.
        Uncalled, silence is the better answer."""
        forbidden, note, platform = self._forbidden, "", turn.thread.room.platform
        while True:
            shown = self._preview(turn, adapter, persona, forbidden, speakers)
            async with self._typing(turn, adapter), shown as on_text:
                composed = partial(noted, chat, note)
                draft = await self._models.write(composed, platform, spending, on_text, economy=economy)
                if draft.finish is Finish.CUT_OFF:
                    raise ModelError("models_failed", f"{draft.model}: cut off")
                seen = look(draft.text, persona, addressed=turn.addressed, forbidden=forbidden, speakers=speakers)
                seen = await self._moderated(turn, seen, spending)
            if seen.text is not None or not turn.addressed:
                return Written(text=seen.text or "", model=spending.model, usage=spending.usage)
            log.warning("writer.guarded", turn=turn.id, why=seen.reason, model=draft.model)
            if seen.reason not in REFUSED_DRAFTS or spending.has_asked_again:
                trouble = HELD_BACK if seen.reason in RULES else seen.reason
                honest = self.apologise(turn, trouble, always=trouble in HONEST)  # to each who asks
                return replace(honest, model=spending.model, usage=spending.usage)
            spending.has_asked_again, note = True, frame_of(persona).held_back

    @asynccontextmanager
    async def _preview(
        self, turn: Turn, adapter: Adapter, persona: Persona, forbidden: Forbidden, speakers: Collection[str]
    ) -> AsyncIterator[OnText | None]:
        """Shows the draft while it is written, unless a model must check it first."""
        if self._policy.current.settings.moderation is not None:
            yield None
            return
        async with live_preview(adapter, turn, persona, self._clock, forbidden, speakers) as on_text:
            yield on_text

    async def _moderated(self, turn: Turn, seen: Look, spending: Spending) -> Look:
        """Asks the moderation model, if there is one, about a draft that the guard lets pass."""
        rule = self._policy.current.settings.moderation
        if rule is None or seen.text is None:
            return seen
        by_chat = rule.how == "chat"
        messages = compose_moderation(seen.text, by_chat=by_chat)
        try:
            said = await self._models.ask(rule.model, lambda _: messages, spending, moderates=not by_chat)
            answer = answer_of(said)
        except ModelError as error:
            log.warning("moderation.no_answer", turn=turn.id, code=error.code, detail=str(error))
            answer = Answer.NONE
        if answer is Answer.YES:
            return Look(None, HARMFUL)
        return Look(None, UNCHECKED) if answer is not Answer.NO and rule.if_down == "hold" else seen

    @asynccontextmanager
    async def _typing(self, turn: Turn, adapter: Adapter) -> AsyncIterator[None]:
        async def keep_typing() -> None:
            while True:
                await adapter.typing(turn.thread)
                await self._clock.sleep(TYPING_EVERY_SECONDS)

        task = asyncio.create_task(keep_typing())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def _apology(self, turn: Turn, trouble: str, spending: Spending) -> Written:
        return replace(self.apologise(turn, trouble), model=spending.model, usage=spending.usage)

    def apologise(self, turn: Turn, trouble: str, *, always: bool = False) -> Written:
        """An apology if we were called: one line per room and error in a while (`always`: each time), otherwise an
        emoji. Empty if nobody called."""
        text = sign = ""
        now = self._clock.now()
        if turn.addressed and (always or self._budget.apologise(turn.thread.room, trouble, now)):
            wait = self._budget.day_ends(now) - now if trouble == Reason.BUDGET else None
            text = self._words.sign(LINES.get(trouble, trouble), self._language(turn), wait)
        elif turn.addressed:
            sign = SIGN
        return Written(text, sign, error=trouble)

    def _language(self, turn: Turn) -> str:
        return self._persona(turn).language


def _trouble(code: str) -> Reason:
    return {"no_model": Reason.NO_MODEL, "over_budget": Reason.BUDGET}.get(code, Reason.MODELS_FAILED)


def noted(compose: Callable[..., list[ChatMessage]], note: str, room_tokens: int) -> list[ChatMessage]:
    """The prompt within `room_tokens`, with a note of ours at its end."""
    if not note:
        return compose(room_tokens=room_tokens)
    *before, last = compose(room_tokens=room_tokens - estimate_tokens(note) - 2)
    if isinstance(last.content, str):
        return [*before, ChatMessage(last.role, f"{last.content}\n\n{note}")]
    return [*before, ChatMessage(last.role, (*last.content, TextPart(note)))]
