"""Recognises a pass in other words: "NO_REPLY", "(stays silent)", "PASS - nothing to add". Pure.

Uncalled, any such word is a pass. Who called gets an answer, so words that may be one ("Skip.", "None.") are said then.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress

from bot.write.models.code import code_in

_WORDS = r"NO[_ -]?(?:REPLY|RESPONSE|ANSWER|COMMENT|MESSAGE|OUTPUT)(?:[_ ](?:NEEDED|REQUIRED|NECESSARY))?"
_REFUSES = r"DO[_ ]?N[O'’]?T[_ ](?:REPLY|RESPOND|ANSWER)|(?:STAY|REMAIN|KEEP)[_ ](?:SILENT|QUIET)"
_SURE = rf"(?:PASS|SKIP|{_REFUSES}|{_WORDS})"
_TOKEN = rf"(?:{_SURE}|SILEN(?:T|CE)|IGNORE|ABSTAIN|NO_?OP|N/A|NULL)"
_ALONE = re.compile(rf"\A[\W_]*(?:{_TOKEN}[\W_]*\Z|{_SURE}[\W_]*\n)")
_AT_THE_END = re.compile(rf"\n[\W_]*{_SURE}[\W_]*\Z")
_WITH_REASON = re.compile(
    rf"\A[\W_]*{_SURE}[*_)\]】\"'”]*(?:\s*[-–—:.,;(（：，。]\s*(?=[^\W\d_])|\s(?=because|since))(?!.*\bFAIL)",
    re.DOTALL,
)
_SAID = re.compile(
    r"(?:\bso|\bI(?:['’]ll| will| would| should| choose to| must)?|(?i:my) answer is|decision is)\W+PASS"
    r"(?: here| on this(?: one)?| this time)?\W*\Z"
    rf"|\A[\W_]*(?i:(?:(?:my|the|final) ){{0,2}}(?:decision|verdict|action|output|choice|response|reply))"
    rf"\s*[:：=→][\W_]*{_TOKEN}[\W_]*\Z"
)
_HERE = r"(?: (?:here|(?:at )?this time|from me|for now|(?:to|on|in) (?:this|that)(?: \w+)?))*"
_NEEDED = r"(?:needed|required|necessary|warranted|called for|due)"
# A text that is nothing but the announcement of silence, in a sentence of one's own.
_DECLINED = re.compile(
    r"\A\W*(?:there is |there['’]s )?no (?:further )?(?:reply|response|answer|comment)(?: (?:is|was))? "
    rf"{_NEEDED}{_HERE}\W*\Z"
    r"|\A\W*(?:okay, |so )?I(?:['’]ll| will|['’]m going to| should| choose to|['’]d better|['’]d rather| must|['’]m) "
    r"(?:just )?(?:(?:stay|remain|keep|be|staying|remaining|keeping) (?:silent|quiet)|"
    rf"not (?:be )?(?:reply|respond|answer|comment|say anything|replying|responding|commenting)(?:ing)?){_HERE}\W*\Z"
    r"|\A\W*(?:I(?: won['’]t|(?: do not| don['’]t) (?:need|have|want) to|"
    r"(?:(?: am|['’]m)(?: not going| choosing not)|(?:['’]ve| have)? (?:chosen?|decided?) not) to)|"
    rf"(?:there is |there['’]s )?no need (?:for me )?to) (?:reply|respond|answer|comment|say anything){_HERE}\W*\Z",
    re.IGNORECASE,
)
_DECLINED_UNCALLED = re.compile(
    r"\A\W*(?:I think )?I(?:['’]ll| will|['’]m going to| would|['’]d)? (?:just )?"
    r"(?:pass|skip|sit (?:this|that) (?:one )?out|(?:stay|keep) out of (?:this|that|it)|"
    r"(?:let|leave (?:this|it|that)(?: one)? (?:to|for)) \w+(?: (?:answer|handle|take|reply|respond))?)"
    rf"(?: (?:this|that)(?: one)?)?{_HERE}\W*\Z"
    r"|\A\W*staying out of (?:this|that|it)(?: one)?\W*\Z|[.!?…]\s+(?-i:PASS)[.*_]*\s*\Z"
    r"|\A\W*(?:I(?:['’]ve| have) |there['’]s |there is )?nothing (?:more |useful |else |for me )?"
    rf"to (?:add|say){_HERE}\W*\Z"
    rf"|\A[\W_]*\w+(?: \w+)?(?: is|\s*[:：=→])[\W_]*(?-i:{_SURE})[\W_]*\Z",
    re.IGNORECASE,
)
_CHOSEN = re.compile(r"\A我?(?:选择|决定|会)?(?:跳过|略过|不回复|不回应|不说话|保持沉默)[。！.\s]*\Z")
_PASS_UNCALLED = re.compile(  # not the word itself, or a count of tests
    r"\A[\W_]*PASS\b(?![\w'’]|\W*\d|\W+(?:is|was|are|has|means?|stands?|tests?)\b)(?!.*\bFAIL)", re.DOTALL
)
_ANY_CASE = re.compile(
    r"\A[\W_]*(?:pass|skip|n/a|ignore|silent|no (?:reply|response|comment))[*_)\]]*\s*[-–—:.,;]\s*", re.IGNORECASE
)
_REASON = re.compile(
    r"(?:I(?:['’]d| would|['’]ll)? (?:have nothing|rather|leave|don['’]t|stay)|nothing (?:to|worth|useful|more)|"
    r"not (?:my|for me|mine|about me|addressed|directed|relevant|needed)|no(?:ne of| need| reply| comment)|"
    r"(?!you\b)\w+ (?:has |have |had |is |are |was |were )?(?:already |just )?"
    r"(?:answered|covered|handled|helped|replied|helping)\b|"
    r"(?:best )?left? (?:it |this )?(?:to|for) |leave (?:it|this)|this (?:is|message|one)|the (?:user|member|message))",
    re.IGNORECASE,
)
# Silence as stage directions and notes name it, in the shipped languages: English, Chinese, German, Spanish, French,
# Italian, Japanese, Korean, Portuguese, Russian.
_SILENCE = re.compile(
    rf"\b(?:(?:silent|silence|quiet|no (?:reply|response|answer|comment|message|output)(?:(?: is)? {_NEEDED})?)"
    r"(?=\W*\Z|\s*[-,;:.–—]|\s+(?:and|as|here|to|from|for|at|because|since|while|this|now|again|today)\b)|"
    r"(?:is|stay|stays|stayed|staying|remain\w*|keeps?|keeping) (?:\w+ ){0,2}(?:silent|quiet)|"
    r"(?:says?|adds?|saying) nothing|"
    r"nothing(?: to (?:add|say))?\W*\Z|pass(?:es|ing)?\W*\Z|skip(?:s|ped|ping)?\W*\Z|blank\W*\Z|empty\W*\Z|lurk\w*|"
    r"(?:(?:does|do|will|would|should)(?: not|n['’]t)|not) (?:reply|respond|answer|comment|speak|say)\w*)\b"
    r"|沉默|静默|安静|不(?:予|作|做)?(?:回复|回应|回答|说话|作声|发言|出声|参与)|"
    r"[无無不][需须用]?要?(?:回复|回应|回答|回覆)|跳过|略过|"
    r"没有?(?:回复|回应|回答|说话|出声|作声|开口|发言)"
    r"|\bschweig\w*|bleib\w* (?:still|stumm)|kein(?:e antwort| kommentar)|sag\w* nichts|antworte\w* nicht"
    r"|\bsilencio|sin (?:respuesta|comentarios?)|(?:se calla|me callo)"
    r"|no (?:respond[eo]|contest[ao]|di(?:ce|go) nada)|silencieu\w+|(?:pas|sans) (?:de )?(?:réponse|commentaire)"
    r"|ne (?:réponds?|di[st]) (?:pas|rien)|(?:se tait|me tais)|silenzio"
    r"|nessun(?:a risposta| commento)|\btac(?:e|cio)\b|non rispond[eo]"
    r"|沈黙|(?:返信|返事|返答|コメント)(?:なし|不要|しない)|無言|黙って|何も言わ"
    r"|침묵|노코멘트|답(?:장|변)?(?: ?없음|하지 않)|조용히 있"
    r"|silêncio|sem (?:resposta|comentários?)|não (?:respond[eo]|comento)"
    r"|молч\w+|без (?:ответа|комментариев)|не отвеча\w+|нет ответа|ничего не (?:говор|скаж)\w+",
    re.IGNORECASE,
)
_QUOTED_WORD = re.compile(r"\s*(?:`([^`\n]+)`|(```+)\w*\s([^`]*)\2)\s*")
_SAYS_KEY = re.compile(r"(?:final_?)?(?:reply|response|answer|message|text|content|output)", re.IGNORECASE)
_CHOICE_KEY = re.compile(r"action|decision|type|verdict|choice|command", re.IGNORECASE)
_SHOULD_KEY = re.compile(r"(?:should_?|will_?)?(?:reply|respond|answer|speak|post|send)", re.IGNORECASE)
_TOKEN_ANY_CASE = re.compile(rf"[\W_]*{_TOKEN}[\W_]*", re.IGNORECASE)
_KEEPS_OUT = re.compile(
    r"\bignor(?:es?|ed|ing)\b|\b(?:stay|sit)\w* out|\blistens?\b|\bquietly\b|静静|旁观", re.IGNORECASE
)
# Before other words, "(silent k)" is none.
_PLAINLY_SILENT = re.compile(
    r"\b(?:does not|doesn['’]t|will not|won['’]t) (?:reply|respond|answer|comment|speak)\W*\Z|"
    r"\b(?:stay|remain|keep)\w* (?:\w+ ){0,2}(?:silent|quiet)|\bno (?:reply|response|answer)|(?:silent|nothing)\W*\Z"
    r"|沉默|不(?:回复|回应|回答|说话)|无需",
    re.IGNORECASE,
)
_FOR_A_WHILE = re.compile(
    r"moment|second|minute|while|beat|then|at first|before|until|片刻|一会|一下|了很久", re.IGNORECASE
)
_DIRECTION = re.compile(
    r"\A[*_\s]*[\[(（【*_<{「]+\s*"
    r"([^\n\[\]()（）【】*<>{}「」]{1,80}?)\s*[\])）】*_>}」/]+(?=\s|\W?\Z)"
)
_BARE = """
pass; i pass; i'll pass; skip; skipping; silence; silent; none; nothing; null; n/a; ignore; empty; no output; no comment
nothing to add; nothing to say; i have nothing to add; 无; 过; 沉默; 安静; ich passe; passe; schweigen; paso; silencio
je passe; passo; silenzio; パス; スキップ; なし; 패스; 생략; silêncio; пас; пасую; пропуск; пропускаю; молчание
"""
_BARE_FOR_ALL = """
no reply; no response; no reply needed; no response needed; no response required; no reply necessary; stays silent
staying silent; stays quiet; remains silent; 不回复; 不回答; 不作回应; 无需回复; 无需回应; 不用回复; 不需要回复; 无回复
保持沉默; 跳过; 略过; keine antwort; sin respuesta; pas de réponse; nessuna risposta; 返信なし; 返信不要; 沈黙
답변 없음; 답장 없음; 침묵; sem resposta; без ответа; нет ответа
"""


def _phrases(lines: str) -> frozenset[str]:
    return frozenset(one.strip() for line in lines.strip().split("\n") for one in line.split(";"))


_DOUBTFUL, _PLAIN = _phrases(_BARE), _phrases(_BARE_FOR_ALL)


def passes(text: str, *, addressed: bool, called: Sequence[str] = ()) -> bool:
    """Whether the writer declined. `addressed`: somebody waits for an answer. `called` are the persona's names. Code
    declines nothing."""
    if _is_form(text):
        return True
    text = _prose(text)
    if any(form.search(text) for form in (_ALONE, _AT_THE_END, _WITH_REASON, _SAID, _DECLINED)):
        return True
    begun = _ANY_CASE.match(text)
    if begun and _REASON.match(text, begun.end()):
        return True
    bare = " ".join(re.sub(r"[^\w/' ]|_", " ", text.casefold().replace("’", "'")).split())
    if bare in _PLAIN or _CHOSEN.match(text) or _is_silence(text) or _is_told(text, called):
        return True
    return not addressed and (bare in _DOUBTFUL or bool(_PASS_UNCALLED.match(text) or _DECLINED_UNCALLED.search(text)))


def _is_form(text: str) -> bool:
    """Whether the text is a JSON object that holds a decision and nothing to say: {"action": "pass"}."""
    found = re.search(r"\A\s*(?:```+\w*\s)?\s*(\{.*\})\s*(?:```+)?\s*\Z", text, re.DOTALL)
    form: object = None
    with suppress(ValueError, RecursionError):
        form = json.loads(found[1]) if found else None
    if not isinstance(form, dict):
        return False
    said = [value for key, value in form.items() if _SAYS_KEY.fullmatch(key) and not isinstance(value, bool)]
    return not any(map(_says, said)) and (bool(said) or any(_declines(key, value) for key, value in form.items()))


def _says(value: object) -> bool:
    return bool(value) and not (isinstance(value, str) and _TOKEN_ANY_CASE.fullmatch(value))


def _declines(key: str, value: object) -> bool:
    if isinstance(value, bool):
        return bool((_TOKEN_ANY_CASE if value else _SHOULD_KEY).fullmatch(key))
    return bool(_CHOICE_KEY.fullmatch(key) and isinstance(value, str) and _TOKEN_ANY_CASE.fullmatch(value))


def _is_told(text: str, called: Sequence[str]) -> bool:
    """Whether the text only tells that we are silent, in the third person."""
    name = next((one for one in called if text.casefold().startswith(one.casefold())), None)
    rest = text[len(name) :].strip() if name else ""
    is_one = bool(re.fullmatch(r"[^\n.!?。！？,，]{1,60}[.!。！]?", rest))
    return is_one and bool(_PLAINLY_SILENT.search(rest)) and not _FOR_A_WHILE.search(rest)


def _prose(text: str) -> str:
    """The text with a word in place of its code; a text that is one word in backticks or a fence is that word."""
    if alone := _QUOTED_WORD.fullmatch(text):
        word = (alone[1] or alone[3] or "").strip()
        return word if "\n" not in word else "code"
    pieces, at = [], 0
    for start, end in code_in(text):
        pieces += [text[at:start], "code"]
        at = end
    return "".join([*pieces, text[at:]])


def _is_silence(text: str) -> bool:
    """Whether the text is, or begins with, a note or a stage direction that nothing is said."""
    direction = _DIRECTION.match(text)
    if not direction:
        return False
    noted = direction[1].replace("_", " ")
    is_all = not text[direction.end() :].strip()
    is_meant = _SILENCE if is_all else _PLAINLY_SILENT
    return bool(is_meant.search(noted) or (is_all and _KEEPS_OUT.search(noted))) and not _FOR_A_WHILE.search(noted)
