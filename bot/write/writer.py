"""Writes the text of a turn: sends persona, thread and memories to a model, and its draft through the guard."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import structlog

from bot.config.model_settings import POINTER, asked_models
from bot.config.policy import InForce
from bot.decide.budget import Budget
from bot.decide.reasons import Reason
from bot.language.asked_for import Wish
from bot.language.harm import Harms
from bot.remember.memory import Memory
from bot.remember.visibility import Viewer, viewer_of
from bot.types import Adapter, Clock, Message, ModelError, Turn, Usage
from bot.write.abilities import abilities_in
from bot.write.answered import answered_by, chain_above
from bot.write.attachments import around, attached
from bot.write.company import speakers
from bot.write.forbidden import HARMFUL, Forbidden, forbidden_with
from bot.write.guard import look
from bot.write.judge import MAY_COMMENT, MAY_HURT, Query, Ruling, answer_of, compose_judge
from bot.write.lines import Lines, Written, asked_together
from bot.write.models.chat import ChatMessage, TextPart, estimate_tokens
from bot.write.models.failover import Compose, Models
from bot.write.models.progress import OnText
from bot.write.moderation import compose_moderation
from bot.write.names import readable
from bot.write.persona import Persona
from bot.write.pointer import Pointed, Pointer, least
from bot.write.preview import live_preview
from bot.write.prompt import SLIDING, compose
from bot.write.prompt_texts import plainly
from bot.write.room_heads import RoomHeads
from bot.write.second_notes import NOTES, note_of
from bot.write.second_try import EMPTY, UNCHECKED, Occasion, Reviewed, reviewed
from bot.write.tasks import task_of
from bot.write.variety import COMPARED_LINES

log = structlog.get_logger()

THREAD_MESSAGES = 60  # of the thread; the prompt's budget in tokens cuts further
ROOM_MESSAGES = 12  # recent ones of the room, outside the thread
JUDGED_MESSAGES = 16  # of the thread; the judge sees the last of them
RECALLED = 4  # older passages: recall@10 is .65, and most of it comes from the first few
TYPING_EVERY_SECONDS = 4.0  # platforms show "is typing" for 5 to 10 seconds
TYPING_SIGNS = 13  # the last one fades within a minute: nobody types longer without a word


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


@dataclass(frozen=True, slots=True)
class _Job:
    """One turn to write: what all its drafts have in common."""

    turn: Turn
    adapter: Adapter
    persona: Persona
    spending: Spending
    economy: str | None
    occasion: Occasion
    speakers: Collection[str]

    def note(self, reason: str) -> str:
        """What stands at the end of the prompt: that length is welcome, and the reason for a second draft."""
        language = self.persona.prompt_language
        asked = self.occasion.addressed and self.occasion.wishes & {Wish.CODE, Wish.LONG}
        again = note_of(reason, language, addressed=self.turn.addressed) if reason else ""
        return "\n\n".join(filter(None, [NOTES["whole"][language] if asked else "", again]))


class Writer:
    """`lines` are what members get in place of an answer."""

    def __init__(
        self,
        memory: Memory,
        models: Models,
        policy: InForce[Persona],
        lines: Lines,
        clock: Clock,
        harms: Harms,
        pointer: Pointer,
    ):
        self._memory, self._models, self._pointer = memory, models, pointer
        self.lines, self._harms = lines, harms
        self._policy, self._clock = policy, clock
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

    async def judge(
        self, turn: Turn, trigger: Message, model: str, spending: Spending, *, is_read: bool = True
    ) -> Ruling:
        """Asks `model` whether an unprompted turn should be taken; first, if the rules could not read the trigger,
        whether it hurts. The answer is then "no" unless that is plainly denied. Errors count as no answer. Never
        raises."""
        if not is_read and await self._judged(turn, trigger, model, spending, MAY_HURT) is not Ruling.NO:
            return Ruling.NO
        return await self._judged(turn, trigger, model, spending, MAY_COMMENT)

    async def _judged(self, turn: Turn, trigger: Message, model: str, spending: Spending, query: Query) -> Ruling:
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
        return Ruling.NONE

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
        write, the pointer may; else members who called us get an apology and the log gets the error. Never raises."""
        try:
            try:
                return await self._draft(turn, trigger, adapter, spending, economy, plain)
            except ModelError as error:
                pointed = await self._pointed(turn, trigger, adapter, spending, error, plain)
                return pointed or self._apology(turn, trigger, str(_trouble(error.code)), spending)
        except Exception:
            log.exception("writer.failed", turn=turn.id)
            return self._apology(turn, trigger, str(Reason.MODELS_FAILED), spending)

    async def _pointed(
        self, turn: Turn, trigger: Message, adapter: Adapter, spending: Spending, error: ModelError, plain: bool
    ) -> Written | None:
        """What the pointer writes. If it is a writer and no model is there, also that nothing was found, or uncalled a
        pass. Before an apology (for failing models or the day's money) only a find, and only for calls; else None."""
        because = _trouble(error.code)
        is_writer = because is Reason.NO_MODEL and self._is_pointer_next(turn.thread.room.platform)
        if not is_writer:
            log.warning("writer.no_draft", turn=turn.id, code=error.code, detail=str(error))
            if not turn.addressed:
                return None
        persona = plainly(self._persona(turn)) if plain else self._persona(turn)
        now = self._clock.now().astimezone(self._policy.current.zone(trigger.room))
        found = await self._found(turn, trigger, adapter, spending, persona, now)
        if found is None and not is_writer:
            return None
        if because is Reason.NO_MODEL and not is_writer:
            because = Reason.MODELS_FAILED
        told = {"score": found and round(found.score, 3), "least": least(addressed=turn.addressed), "because": because}
        text = found.text if found else self._pointer.nothing(turn, trigger, persona, now) if turn.addressed else ""
        points_at = found.message.id if found else ""
        return Written(text, model=POINTER, usage=spending.usage, points_at=points_at, pointer=told)

    def _is_pointer_next(self, platform: str) -> bool:
        """Whether the pointer is a writer, and no model before it refuses us, which is for somebody to mend."""
        return POINTER in self._policy.current.settings.writer and not self._models.is_refused(platform)

    async def _found(
        self, turn: Turn, trigger: Message, adapter: Adapter, spending: Spending, persona: Persona, now: datetime
    ) -> Pointed | None:
        """What may be pointed at."""
        viewer, addressed = self._viewer(turn, trigger), turn.addressed
        found = await self._pointer.point(turn, trigger, adapter, persona, viewer, addressed=addressed, now=now)
        return found if found and await self._may_be_said(turn, found.text, persona, spending) else None

    async def _may_be_said(self, turn: Turn, text: str, persona: Persona, spending: Spending) -> bool:
        """Whether the guard's floor and the moderation model, if there is one, let a quotation pass. It is somebody's
        words: nothing in it is changed."""
        rule = self._forbidden.rule(text, persona)
        seen = Reviewed(None, rule) if rule else await self._moderated(turn, Reviewed(text), spending)
        if seen.text is None:
            log.warning("writer.guarded", turn=turn.id, why=seen.flaw, model=POINTER)
        return seen.text is not None

    async def _draft(
        self, turn: Turn, trigger: Message, adapter: Adapter, spending: Spending, economy: str | None, plain: bool
    ) -> Written:
        settings = self._policy.current.settings
        persona = plainly(self._persona(turn)) if plain else self._persona(turn)
        viewer = self._viewer(turn, trigger)
        thread = await self._memory.thread(viewer, trigger.thread, THREAD_MESSAGES)
        known = {message.id for message in thread} | {trigger.id}
        own = await self._memory.own_lines(viewer, COMPARED_LINES)
        known |= {message.id for message in own}
        room = [each for each in await self._memory.room(viewer, ROOM_MESSAGES) if each.id not in known]
        answered = await answered_by(self._memory, adapter, viewer, trigger)
        if answered is not None and answered.id not in known:  # out of sight, and so is what it goes on from
            above = await chain_above(self._memory, adapter, viewer, answered)
            above = [one for one in above if one.id not in known]
            thread = [*above, *thread[-(SLIDING - 2 - len(above)) :]]  # few enough that no block of it is dropped
            known |= {one.id for one in above}
            room = [each for each in room if each.id not in known]
        asked = f"{trigger.said}\n{answered.said}" if answered else trigger.said
        recalled = await self._memory.recall(
            viewer, asked, limit=RECALLED, exclude=known | {message.id for message in [*room, answered or trigger]}
        )
        sees = self._sees(economy)
        files = await attached(adapter, around(trigger, thread, answered), sees=sees)
        chat = partial(
            compose,
            persona,
            trigger.room,
            [files.told(message) for message in thread],
            room,
            recalled,
            files.told(trigger),
            task=task_of(turn.decision.reason, addressed=turn.addressed),
            now=self._clock.now().astimezone(self._policy.current.zone(trigger.room)),
            abilities=replace(abilities_in(settings), sees_pictures=sees),
            own=own,
            known=await self._memory.acquaintances(viewer, [one.id for one in speakers(thread, trigger)]),
            answered=files.told(answered) if answered else None,
            others=[name for one in self._policy.current.personas.values() for name in one.called],
            about=self._policy.current.rule(trigger.room).about,
            notes=await self._heads.notes(adapter, trigger.room),
            files=files.others,
        )
        occasion = self.lines.occasion(
            turn, asked_together(thread, trigger), [message.text for message in own], plain=plain
        )
        names = frozenset(readable(one.author.name) for one in (*thread, trigger) if not one.author.is_self)
        return await self._passed(_Job(turn, adapter, persona, spending, economy, occasion, names), chat)

    def _sees(self, economy: str | None) -> bool:
        """Whether a model that may write reads images."""
        settings = self._policy.current.settings
        names = (*asked_models(settings.writer), *([economy] if economy else []))
        models = (settings.models[name] for name in names if name in settings.models)
        return any(model.vision and (model.key_env is None or model.key) for model in models)

    async def _passed(self, job: "_Job", chat: Callable[..., list[ChatMessage]]) -> Written:
        """A draft that may be said. One with a flaw is asked for again, once a turn; `second_try` has the table. A
        first draft that is better than a line is kept, in case the second is worse."""
        turn, spending, kept, reason = job.turn, job.spending, "", ""
        while True:
            draft = await self._reviewed(job, partial(noted, chat, job.note(reason)))
            reason = draft.treatment.note if turn.addressed or draft.treatment.uncalled else ""
            asks = bool(reason) and not spending.has_asked_again
            if draft.flaw and (turn.addressed or asks):
                log.warning("writer.guarded", turn=turn.id, why=draft.flaw, model=spending.model)
            if not asks:
                break
            spending.has_asked_again, kept = True, draft.text or ""
        text = (draft.text or kept) if turn.addressed or not draft.flaw else ""
        if text or not turn.addressed:
            return Written(text=text or "", model=spending.model, usage=spending.usage)
        honest = self.lines.apologise(turn, job.occasion.asked, draft.treatment.line, always=True)  # to each who asks
        return replace(honest, model=spending.model, usage=spending.usage)

    async def _reviewed(self, job: "_Job", composed: Compose) -> Reviewed:
        """One draft, as the guard, the review and the moderation leave it."""
        turn, occasion, forbidden = job.turn, job.occasion, self._forbidden
        async with self._typing(turn, job.adapter), self._preview(job, forbidden) as on_text:
            try:
                draft = await self._models.write(
                    composed, turn.thread.room.platform, job.spending, on_text, economy=job.economy
                )
            except ModelError as error:
                if error.code != EMPTY:
                    raise
                return Reviewed(None, EMPTY)
            seen = look(
                draft.text,
                job.persona,
                addressed=turn.addressed,
                forbidden=forbidden,
                speakers=job.speakers,
                wishes=occasion.wishes,
                asked=occasion.asked,
            )
            return await self._moderated(turn, reviewed(seen, draft.finish, occasion), job.spending)

    @asynccontextmanager
    async def _preview(self, job: "_Job", forbidden: Forbidden) -> AsyncIterator[OnText | None]:
        """Shows the draft while it is written, unless a model must check it first, or it will stand in a thread that
        is still to be started."""
        policy, turn = self._policy.current, job.turn
        if policy.settings.moderation is not None or policy.rule(turn.thread.room).place == "thread":
            yield None
            return
        wishes, asked = job.occasion.wishes, job.occasion.asked
        live = live_preview(job.adapter, turn, job.persona, self._clock, forbidden, job.speakers, wishes, asked)
        async with live as on_text:
            yield on_text

    async def _moderated(self, turn: Turn, seen: Reviewed, spending: Spending) -> Reviewed:
        """Asks the moderation model, if there is one, about a draft that may be said."""
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
            answer = Ruling.NONE
        if answer is Ruling.YES:
            return Reviewed(None, HARMFUL)
        return Reviewed(None, UNCHECKED) if answer is not Ruling.NO and rule.if_down == "hold" else seen

    @asynccontextmanager
    async def _typing(self, turn: Turn, adapter: Adapter) -> AsyncIterator[None]:
        """Shows us as typing while an answer to a call is written. Who was not called may still pass, and a sign after
        which nothing comes is worse than none."""

        async def keep_typing() -> None:
            for _ in range(TYPING_SIGNS if turn.addressed else 0):
                await adapter.typing(turn.thread)
                await self._clock.sleep(TYPING_EVERY_SECONDS)

        task = asyncio.create_task(keep_typing())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def _apology(self, turn: Turn, trigger: Message, trouble: str, spending: Spending) -> Written:
        apology = self.lines.apologise(turn, trigger.text, trouble)
        return replace(apology, model=spending.model, usage=spending.usage)


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
