"""How an answer ended, from the providers' reasons to finish. Pure."""

import re
from enum import StrEnum


class Finish(StrEnum):
    STOP = "stop"  # the model has said all it wanted
    LENGTH = "length"  # the output limit, or the context, was used up
    FILTERED = "filtered"  # the provider's filter stopped it
    CUT_OFF = "cut_off"  # an error, a time limit or a lost connection stopped it


# By parts of words, because every provider has names of its own: "max_tokens" (Anthropic), "MAX_TOKENS" (Gemini),
# "model_length" (Mistral), "ERROR_TOXIC" (Cohere), "sensitive" (Zhipu), "insufficient_system_resource" (DeepSeek),
# "abort" (vLLM). The first match applies: "ERROR_LIMIT" is a length.
_REASONS = (
    (Finish.FILTERED, re.compile(r"filter|safety|sensitiv|refus|recit|prohibit|block|moderat|guard|spii|toxic|policy")),
    (Finish.LENGTH, re.compile(r"length|max|(?<!rate.)limit|truncat|window")),
    (
        Finish.CUT_OFF,
        re.compile(r"error|abort|cancel|insufficient|time_?out|fail|load|quota|rate|network|interrupt|incompl"),
    ),
)


def finish_of(reason: str) -> Finish:
    """The meaning of a provider's reason to finish. Unknown words, and none, mean that the model stopped by itself."""
    words = reason.casefold()
    return next((finish for finish, pattern in _REASONS if pattern.search(words)), Finish.STOP)
