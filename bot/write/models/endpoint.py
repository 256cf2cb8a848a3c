"""One OpenAI-compatible server, through the openai SDK. Gives a streamed answer, or a Fault that says what to do."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import cast
from urllib.parse import urlsplit

import openai
import structlog
from openai.types.chat import ChatCompletionMessageParam

from bot.config.model_settings import ModelSettings
from bot.types import Clock
from bot.write.models import complaints, faults
from bot.write.models.addresses import PROBE_SECONDS, is_local, is_loopback
from bot.write.models.bounds import ENCODINGS, bound
from bot.write.models.chat import ChatMessage
from bot.write.models.deadline import Deadline, TooSlow
from bot.write.models.faults import NO_LIST, NOTHING_THERE, Fault, FaultKind
from bot.write.models.finish import Finish
from bot.write.models.form import LIMIT_NAMES, RequestForm
from bot.write.models.progress import OnText, Progress
from bot.write.models.stream import whole_answer

log = structlog.get_logger()

ANSWER_SECONDS = 180.0  # a small computer writes 500 tokens in about 100 s; nobody waits longer
REDIRECTED = "answers with a redirect to another address; write that address as base_url"
LONGEST_MODEL_NAME = 1_000  # characters of a model's name; the longest known ones, paths of files, have some hundreds
WHOLE_SECONDS = 90.0  # for an answer that is not streamed: 2,000 tokens at 25 a second, and nobody waits longer
CONNECT_SECONDS = 5.0
REQUESTS = 8  # of one attempt: each but the last has changed one thing in the form of the next
FORM_STATUSES = frozenset({400, 403, 404, 415, 422, 501})
NO_KEY = "none-needed"  # the SDK requires one; local servers ignore it


class Endpoint:
    """`name` is the model's name at the server. Learns the form of requests that the server takes."""

    def __init__(self, settings: ModelSettings, url: str, key: str | None, name: str | None, clock: Clock):
        self.settings, self.name = settings, name
        self._clock = clock
        self._sdk = _client(url, key)
        # OpenAI renamed the output limit, and its reasoning models reject the old name; nearly all others know only the
        # old one. A server that wants the other name answers with a 400, and is asked again.
        self.form = RequestForm(settings, LIMIT_NAMES[urlsplit(url).hostname == "api.openai.com"])
        self._proven = False

    async def close(self) -> None:
        await self._sdk.close()

    async def listed(self, seconds: float = PROBE_SECONDS) -> list[tuple[str, str]]:
        """The server's models as (id, owner), in its order. Raises Fault: REFUSED, or ABSENT, which has an HTTP status
        if something answers, but not with a list of models."""
        patience = Deadline(self._clock, first=seconds, idle=seconds, total=seconds)
        try:
            answer = await patience.run(self._sdk.get("/models", cast_to=object))
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise Fault(FaultKind.REFUSED, f"HTTP {error.status_code}", status=error.status_code) from error
        except TooSlow as error:
            raise Fault(FaultKind.ABSENT, "does not answer") from error
        except openai.APIConnectionError as error:
            raise Fault(FaultKind.ABSENT, NOTHING_THERE) from error
        except openai.APIStatusError as error:
            if error.response.is_redirect:
                raise _status_fault(error, self._clock) from error
            raise Fault(FaultKind.ABSENT, NO_LIST, status=error.status_code) from error
        except Exception as error:  # whatever a stranger's server sends must not stop Cameo
            raise Fault(FaultKind.ABSENT, NO_LIST, status=200) from error
        data = answer.get("data") if isinstance(answer, Mapping) else None
        if not isinstance(data, list):
            raise Fault(FaultKind.ABSENT, NO_LIST, status=200)
        return [pair for entry in data if isinstance(entry, Mapping) and (pair := _listed_as(entry))]

    async def ask(self, messages: Sequence[ChatMessage], progress: Progress, on_text: OnText | None) -> str:
        """Returns the answer's text, never empty; `progress.ended` tells how it ended. Raises Fault; `progress` then
        holds the text and the usage so far."""
        settings = self.settings
        patience = Deadline(
            self._clock, first=settings.first_token_seconds, idle=settings.idle_seconds, total=ANSWER_SECONDS
        )
        try:
            text = await patience.run(self._ask(messages, progress, on_text, patience))
        except asyncio.CancelledError:
            progress.abandoned = True
            raise
        except TooSlow as error:
            progress.abandoned = True
            if not progress.finish:
                why = "stopped in the middle" if progress.characters else "no first token"
                raise Fault(FaultKind.SLOW, why) from error
            text = progress.visible.end()
        if progress.ended is Finish.CUT_OFF:
            raise Fault(FaultKind.BROKEN, "an error ended the answer")
        if not text:
            why = f"{progress.ended}, {progress.characters} characters of thinking"
            raise Fault(FaultKind.DECLINED if progress.ended is Finish.FILTERED else FaultKind.EMPTY, why)
        self._proven = True
        return text

    async def moderate(self, messages: Sequence[ChatMessage], progress: Progress, on_text: OnText | None) -> str:
        """Asks the moderation endpoint about the last message: "yes" if it is flagged, else "no". Raises Fault."""
        first = self.settings.first_token_seconds
        patience, name = (
            Deadline(self._clock, first=first, idle=first, total=first),
            self.name or "omni-moderation-latest",
        )
        progress.asked = True
        try:
            answer = await patience.run(self._sdk.moderations.create(model=name, input=messages[-1].text))
            flags = [one.flagged for one in answer.results]
        except TooSlow as error:
            raise Fault(FaultKind.SLOW, "no answer") from error
        except openai.APIStatusError as error:
            progress.asked = False
            raise _status_fault(error, self._clock) from error
        except Exception as error:
            raise Fault(FaultKind.BROKEN, "no answer of a moderation endpoint") from error
        if not flags or not all(isinstance(flag, bool) for flag in flags):
            raise Fault(FaultKind.BROKEN, "no answer of a moderation endpoint")
        return "yes" if any(flags) else "no"

    async def _ask(
        self, messages: Sequence[ChatMessage], progress: Progress, on_text: OnText | None, patience: Deadline
    ) -> str:
        stream = await self._begin(messages, progress, patience)
        async with stream, aclosing(whole_answer(stream.response, progress)) as chunks:
            async for chunk in chunks:
                before = progress.visible.text
                if progress.take(chunk):
                    patience.token()
                if on_text and progress.visible.text not in ("", before):
                    progress.previewed = True
                    with patience.paused():
                        await on_text(progress.visible.text)
                if progress.finish:
                    patience.finishing()
                if progress.is_too_much(self.settings.output_tokens):
                    progress.finish = Finish.LENGTH
                    break
        return progress.visible.end()

    async def _begin(
        self, messages: Sequence[ChatMessage], progress: Progress, patience: Deadline
    ) -> "openai.AsyncStream[openai.types.chat.ChatCompletionChunk]":
        """Sends the request; repeats it in another form if the server rejects its form."""
        for _ in range(REQUESTS):
            progress.asked = True
            if not self.form.streams:
                patience.whole(WHOLE_SECONDS)
            try:
                return await self._sdk.chat.completions.create(
                    model=self.name or "default",
                    messages=cast(list[ChatCompletionMessageParam], self.form.messages(messages)),
                    stream=True,  # the SDK then leaves the body to us, also if the form below says False
                    extra_body=self.form.fields(),  # passed on without validation
                )
            except openai.APIStatusError as error:
                progress.asked = False  # an error costs no tokens
                if not self._adapts(error):
                    raise _status_fault(error, self._clock) from error
            except openai.APIConnectionError as error:
                # what never reached the server costs nothing; an answer lost on the way back may cost
                progress.asked = not type(error.__cause__).__name__.startswith("Connect")
                raise Fault(FaultKind.BROKEN, "no connection" if not progress.asked else "hung up") from error
            except (openai.OpenAIError, ValueError, TypeError, RecursionError) as error:
                raise Fault(FaultKind.BROKEN, "no answer of a model server") from error
        raise Fault(FaultKind.DECLINED, "takes no form of our requests")

    def _adapts(self, error: openai.APIStatusError) -> bool:
        """Whether the server may have rejected the form of the request, which is changed then; the manager is told."""
        words = faults.said(faults.without_input(error.body))
        kind = faults.sort(error.status_code, error.body)
        if error.status_code not in FORM_STATUSES or kind is FaultKind.TOO_LONG or complaints.is_about_content(words):
            return False
        only_named = kind is not FaultKind.DECLINED  # a key or a name is more likely to be the cause
        changed = self.form.adapt(words, proven=self._proven, only_named=only_named)
        if changed:
            log.warning("model_adapted", model=self.settings.name, how=changed)
        return changed is not None


def _listed_as(entry: Mapping[str, object]) -> tuple[str, str] | None:
    """The id and the owner of a listed model; None if the id is no name, which requests, logs and pages could hold."""
    name, owner = entry.get("id"), entry.get("owned_by")
    if not (isinstance(name, str) and name.strip() and name.isprintable() and len(name) <= LONGEST_MODEL_NAME):
        return None
    return name, owner if isinstance(owner, str) else ""


def _client(url: str, key: str | None) -> openai.AsyncOpenAI:
    """A client built only from the arguments: by default the SDK also reads OPENAI_* from the environment, and sends
    headers and ids meant for OpenAI to every server."""
    # llama.cpp's server, ours included, closes the connection after each streamed answer without announcing it: a
    # request sent at that moment is lost. A new local connection takes a millisecond, so each request gets its own.
    headers = {"Accept-Encoding": ", ".join(ENCODINGS)} | ({"Connection": "close"} if is_local(url) else {})
    # Proxies apply to remote servers only; this machine is never behind one.
    http = openai.DefaultAsyncHttpxClient(
        trust_env=not is_loopback(url),
        headers=headers,
        event_hooks={"response": [bound]},
        follow_redirects=False,  # the manager chose who gets the prompts: no other address does
    )
    sdk = openai.AsyncOpenAI(
        api_key=key or NO_KEY,
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        base_url=url,
        max_retries=0,
        timeout=openai.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        http_client=http,
    )
    sdk.admin_api_key = sdk.organization = sdk.project = None  # "" above kept the environment out; None sends no header
    sdk._custom_headers = {}  # OPENAI_CUSTOM_HEADERS has no argument that would keep it out
    return sdk


def _status_fault(error: openai.APIStatusError, clock: Clock) -> Fault:
    status = error.status_code
    if error.response.is_redirect:
        return Fault(FaultKind.REFUSED, REDIRECTED, status=status)
    detail = " ".join(filter(None, (f"HTTP {status}", faults.short(error.body))))
    wait = faults.retry_after(error.response.headers, clock.now())
    return Fault(faults.sort(status, error.body), detail, status=status, retry_after=wait, body=error.body)
