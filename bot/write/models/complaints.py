"""What an error's words complain about: length, content, key, credit, load. Pure.

Not by whole sentences, of which every provider has its own, but by what they must speak of: that a prompt is too long
needs a word for the prompt, one for size, and one for excess. In the languages of the larger providers and proxies.
"""

import re

_OWN_NAMES = re.compile(
    r"max_(new_|completion_|output_)?tokens|(completion|output|max) tokens|invalid.request(_error)?"
    r"|bad.?request|\"\w+\":",
    re.IGNORECASE,
)
_PROMPT = re.compile(
    r"context|prompt|input|message|conversation|history|request|sequence|string|text|content|上下文|输入"
    r"|提示|消息|内容|对话|文本|контекст|запрос|промпт|сообщени|ввод|コンテキスト|入力|プロンプト"
    r"|컨텍스트|입력|프롬프트|메시지|kontext|eingabe|anfrage|nachricht|entrée|requête|entrada|solicitud"
    r"|mensaje",
    re.IGNORECASE,
)
_SIZE = re.compile(
    r"token|length|long|large|size|window|character|context.limit|长|字|大小|длин|токен|больш|長"
    r"|トークン|文字|길|깁|긴|토큰|länge|lang|groß|longueur|jeton|larg|grande|tamaño",
    re.IGNORECASE,
)
_EXCESS = re.compile(
    r"exceed|too.(long|large|big|many)|overflow|(longer|larger|greater|more|less|fewer) than|at most"
    r"|up to|<=| > |maximum|\bmax|limit|reduce|shorten|range of|超|过长|太长|过大|过多|上限|превы"
    r"|слишком|максим|超え|長すぎ|초과|너무|최대|überschr|zu (lang|groß|viel)|dépass|trop|exced|supera"
    r"|demasiad",
    re.IGNORECASE,
)
_TOKENS_ALONE = re.compile(r"(too many|exceed\w*).{0,40}tokens?|tokens?.{0,40}(exceed|超)", re.IGNORECASE)
_PER_TIME = re.compile(
    r"per.(second|minute|hour|day|min\b|sec\b)|rate.?limit|\b[tr]p[md]\b|每(秒|分|小时|天|日)|频率", re.IGNORECASE
)
_ONE_REQUEST = re.compile(r"request too large|must be reduced|too large for", re.IGNORECASE)

_NOT_LIKED = re.compile(
    r"content.{0,3}(filter|policy|management|polic)|moderation|flagged|safety|inappropriate"
    r"|data.?inspection|usage.polic|敏感|违规|违禁|不当内容|内容安全",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"api.?key|access.?key|credential|authenti|authori[sz]"
    r"|\btokens?\b.{0,20}(invalid|expired|incorrect|wrong|revoked|not valid)"
    r"|(invalid|expired|incorrect|wrong|missing|bad).{0,20}\btoken\b|login.fail|密钥|令牌|鉴权|认证失败"
    r"|未授权|ключ|キー|키가|schlüssel|\bclé\b|\bclave\b",
    re.IGNORECASE,
)
_CREDIT = re.compile(
    r"\bcredits?\b|\bbalance\b|insufficient.{0,6}(quota|balance|credit|funds)|billing|payment|arrear"
    r"|overdue|good standing|pre-?paid|top.?up|recharge|subscription|exceeded_current_quota|欠费|余额"
    r"|充值|额度|баланс|средств|残高|잔액|guthaben|\bsolde\b|\bsaldo\b",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"\bquotas?\b|\b(usage|spend(ing)?).{0,3}(limits?|caps?)\b|(monthly|weekly|daily).{0,20}(limit|allowance|cap)\b"
    r"|upgrade.{0,20}\bplan\b|配额|квот|クォータ|할당량|kontingent|\bcuota\b",
    re.IGNORECASE,
)
_OF_ONE_PROMPT = re.compile(r"context|prompt|上下文|提示", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"(account|organi[sz]ation|project|workspace|team|user|key|tenant).{0,40}"
    r"(suspend|deactivat|disabl|restrict|block|\bban|terminat|inactive|not active|closed|frozen|verified)"
    r"|(suspended|deactivated|disabled|restricted|terminated) (account|organi[sz]ation|project|key)"
    r"|access.?(denied|terminated)|(permission|access).{0,10}denied|禁用|封禁|封号|停用|冻结|无权"
    r"|accept.{0,40}terms|terms.{0,40}accept",
    re.IGNORECASE,
)
_REGION = re.compile(
    r"(location|countr|region|territor)\w*.{0,30}(not|un)[ _-]?(supported|available|allowed)"
    r"|unsupported.{0,3}(countr|region)|(countr|region|territor)\w*.{0,20}(block|restrict|forbidden)"
    r"|(not|un)[ _-]?(supported|available|allowed).{0,20}(countr|region|territor)"
    r"|(地区|区域|国家).{0,12}(不支持|不可用|限制)|不支持.{0,8}(地区|区域|国家)",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"\bmodel\b.{0,80}(not.{0,4}(exist|found|valid\b|available)|n.t exist|no longer|deprecat|decommission|retired)"
    r"|(unknown|invalid|no such|not a valid|not found|non.?existent).{0,12}\bmodel"
    r"|model.{0,3}(not.?found|decommissioned)|模型.{0,20}(不存在|下线|未开通)",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"rate.?limit|overload|too many requests|capacity|try again later|busy|过载|繁忙|负载", re.IGNORECASE
)
_RETRY = re.compile(r"(retry|try again).{0,12}(delay|in|after).{0,6}\d|retryDelay|retry_after", re.IGNORECASE)


def is_too_long(words: str) -> bool:
    """Whether the prompt is larger than the model's context. Errors about the output limit are not meant."""
    rest = _OWN_NAMES.sub(" ", words)
    if _PER_TIME.search(rest):
        return bool(_ONE_REQUEST.search(rest))
    if _QUOTA.search(rest) and not _OF_ONE_PROMPT.search(rest):  # of the account, however short a prompt is
        return False
    return bool(_TOKENS_ALONE.search(rest) or all(each.search(rest) for each in (_PROMPT, _SIZE, _EXCESS)))


def is_about_content(words: str) -> bool:
    """Whether the provider does not like what the prompt says."""
    return bool(_NOT_LIKED.search(words))


def needs_a_person(words: str) -> bool:
    """Whether the key, the credit, the quota, the account or the model's name must be mended. A limit per minute is no
    quota: it passes."""
    if _QUOTA.search(words) and not _PER_TIME.search(words):
        return True
    return any(each.search(words) for each in (_KEY, _CREDIT, _ACCOUNT, _REGION, _MODEL))


def is_out_of_credit(words: str) -> bool:
    """Whether a 429 means that there is no credit, or no account, rather than a limit that soon passes: then the error
    says when to try again (Gemini speaks of billing in both cases)."""
    said = _CREDIT.search(words) or _ACCOUNT.search(words) or _REGION.search(words)
    return bool(said) and not _RETRY.search(words)


def is_about_money(words: str) -> bool:
    """Whether credit, or a quota that money raises, is used up."""
    return bool(_CREDIT.search(words) or (_QUOTA.search(words) and not _PER_TIME.search(words)))


def is_about_region(words: str) -> bool:
    """Whether the provider does not serve the place where the request comes from."""
    return bool(_REGION.search(words))


def is_about_account(words: str) -> bool:
    """Whether the account, and not this key of it, is closed, restricted or not allowed."""
    return bool(_ACCOUNT.search(words))


def is_about_key(words: str) -> bool:
    return bool(_KEY.search(words))


def is_about_model(words: str) -> bool:
    """Whether there is no model of the name that was asked for."""
    return bool(_MODEL.search(words))


def is_busy(words: str) -> bool:
    return bool(_BUSY.search(words))
