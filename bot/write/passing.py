"""Recognises a pass in other words: "NO_REPLY", "(stays silent)", "PASS - nothing to add". Pure.

Uncalled, any such word is a pass. Who called gets an answer, so words that may be one ("Skip.", "None.") are said then.
"""

import re

from bot.write.models.code import code_in

_WORDS = r"NO[_ -]?(?:REPLY|RESPONSE|ANSWER|COMMENT|MESSAGE|OUTPUT)(?:[_ ](?:NEEDED|REQUIRED|NECESSARY))?"
_SURE = rf"(?:PASS|SKIP|STAY[_ ]SILENT|{_WORDS})"
_TOKEN = rf"(?:{_SURE}|SILEN(?:T|CE)|IGNORE|ABSTAIN|NO_?OP|N/A|NULL)"
_ALONE = re.compile(rf"\A[\W_]*(?:{_TOKEN}[\W_]*\Z|{_SURE}[\W_]*\n)")
_AT_THE_END = re.compile(rf"\n[\W_]*{_SURE}[\W_]*\Z")
_WITH_REASON = re.compile(
    rf"\A[\W_]*{_SURE}[*_)\]】\"'”]*(?:\s*[-–—:.,;(（：，。]\s*(?=[^\W\d_])|\s(?=because|since))(?!.*\bFAIL)",
    re.DOTALL,
)
_SAID = re.compile(
    r"(?:\bso|\bI(?:['’]ll| will| would| should| choose to| must)?|answer is|decision is)\W+PASS"
    r"(?: here| on this(?: one)?| this time)?\W*\Z"
)
_CHOSEN = re.compile(r"\A我?(?:选择|决定|会)?(?:跳过|略过|不回复|不回应|不说话|保持沉默)[。！.\s]*\Z")
_PASS_UNCALLED = re.compile(r"\A[\W_]*PASS\b(?![\w'’])(?!.*\bFAIL)", re.DOTALL)
_ANY_CASE = re.compile(
    r"\A[\W_]*(?:pass|skip|n/a|ignore|silent|no (?:reply|response|comment))[*_)\]]*\s*[-–—:.,;]\s*", re.IGNORECASE
)
_REASON = re.compile(
    r"(?:I(?:['’]d| would|['’]ll)? (?:have nothing|rather|leave|don['’]t|stay)|nothing (?:to|worth|useful|more)|"
    r"not (?:my|for me|mine|about me|addressed|directed|relevant|needed)|no(?:ne of| need| reply| comment)|"
    r"(?:best )?left? (?:it |this )?(?:to|for) |leave (?:it|this)|this (?:is|message|one)|the (?:user|member|message))",
    re.IGNORECASE,
)
# Silence as stage directions and notes name it, in the shipped languages: English, Chinese, German, Spanish, French,
# Italian, Japanese, Korean, Portuguese, Russian.
_SILENCE = re.compile(
    r"\b(?:silent|silence|quiet|no (?:reply|response|answer|comment|message|output)|(?:says?|adds?|saying) nothing|"
    r"nothing(?: to (?:add|say))?\W*\Z|pass(?:es|ing)?\W*\Z|skip(?:s|ped|ping)?\W*\Z|blank\W*\Z|empty\W*\Z|lurk\w*|"
    r"(?:(?:does|do|will|would|should)(?: not|n['’]t)|not) (?:reply|respond|answer|comment|speak|say)\w*)\b"
    r"|沉默|静默|安静|不(?:予|作|做)?(?:回复|回应|回答|说话|作声|发言|出声|参与)|"
    r"[无無不][需须用]?要?(?:回复|回应|回答|回覆)|跳过|略过|没有回复"
    r"|\bschweig\w*|bleibt still|keine antwort|sagt nichts|\bsilencio|sin respuesta|se calla"
    r"|no (?:responde|dice nada)|silencieu\w+|pas de réponse|ne (?:répond|dit) (?:pas|rien)|se tait|silenzio"
    r"|nessuna risposta|\btace\b|non risponde|沈黙|返信(?:なし|不要|しない)|返事(?:なし|しない)|無言|黙って|何も言わ"
    r"|침묵|답(?:장|변)?(?: ?없음|하지 않)|조용히 있|silêncio|sem resposta|não responde"
    r"|\bмолч\w+|без ответа|не отвеча\w+|нет ответа",
    re.IGNORECASE,
)
_QUOTED_WORD = re.compile(r"\s*`([^`\n]+)`\s*")
_KEEPS_OUT = re.compile(
    r"\bignor(?:es?|ed|ing)\b|\b(?:stay|sit)\w* out|\blistens?\b|\bquietly\b|静静|旁观", re.IGNORECASE
)
# Before other words, "(silent k)" is none.
_PLAINLY_SILENT = re.compile(
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


def passes(text: str, *, addressed: bool) -> bool:
    """Whether the writer declined. `addressed`: somebody waits for an answer. Code declines nothing."""
    text = _prose(text)
    if _ALONE.match(text) or _AT_THE_END.search(text) or _WITH_REASON.match(text) or _SAID.search(text):
        return True
    begun = _ANY_CASE.match(text)
    if begun and _REASON.match(text, begun.end()):
        return True
    bare = " ".join(re.sub(r"[^\w/' ]|_", " ", text.casefold().replace("’", "'")).split())
    if bare in _PLAIN or _CHOSEN.match(text) or _is_silence(text):
        return True
    return not addressed and (bare in _DOUBTFUL or bool(_PASS_UNCALLED.match(text)))


def _prose(text: str) -> str:
    """The text with a word in place of its code; a text that is one word in backticks is that word."""
    if alone := _QUOTED_WORD.fullmatch(text):
        return alone[1]
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
