"""Removes thoughts, tool calls and endings that models write in forms of their own. The signs of templates are the
reader's (`models/output_reader.py`). Pure; code stays as it is.

Each form counts only where no sentence would have it: in a line of its own, or closed, or around the whole draft.
"""

import json
import re

from bot.write.models.code import code_in
from bot.write.models.dialects import is_tool_call, json_at

_THINKS = (
    r"(?:(?:my |inner |internal )?(?:think(?:ing|s)?|thoughts?(?: process)?|reasoning|monologue|gedanken"
    r"|pensamientos?|pensées?|мысли|размышления)|思考(?:过程|過程)?|推理(?:过程)?|内心(?:独白|想法)?|想法|考え|생각)"
)
_LEFT, _RIGHT = r"(?:[<＜【{]|&lt;) ?", r" ?(?:[>＞】}]|&gt;)"
_THOUGHTS = (
    rf"^[^\S\n]*{_LEFT}(?P<tag>{_THINKS}){_RIGHT}.{{0,8000}}?{_LEFT}/\s*(?P=tag){_RIGHT}",
    rf"^[^\S\n]*<!--\s*(?:{_THINKS}|internal|plan|analysis|note to self)\b.{{0,8000}}?-->",
    rf"^[^\S\n]*<details\b[^>]*>\s*<summary>[^<\n]{{0,12}}{_THINKS}\b[^<\n]{{0,60}}</summary>.{{0,8000}}?</details>",
    rf"^[^\S\n]*(?P<mark>[*_(（\[]){_THINKS}\s*[:：][^*_()（）\[\]\n]{{1,600}}[*_)）\]](?=[\s\u3000-\u9fff]|\Z)",
    rf"\A\s*(?:#{{1,6}}\s*|\*\*)(?!reasoning|推理){_THINKS}\s*[:：]?(?:\*\*)?[:：]?\s*\n.*?\n[^\S\n]*(?:#{{1,6}}\s*|\*\*)"
    r"(?:(?:final |my )?(?:response|answer|reply)|回复|回答|答案|antwort|respuesta|réponse)"
    r"[:：]?(?:\*\*)?[:：]?[^\S\n]*$",
)
_TOOL = (
    r"(?:(?:default_api|functions|tools?)\.\w+"
    r"|\w*(?:web|internet|google|brave|bing|wiki\w*|duckduckgo|image|news|knowledge)_?(?:search|lookup|query|fetch|browse)\w*|(?:search|look_?up|fetch|browse|query|open|get|generate)_?(?:the_)?"
    r"(?:web|internet|google|url|pages?|images?|weather|news|wiki\w*|knowledge\w*))"
)
_CALLS = (
    rf"^[^\S\n]*(?:await )?(?:print\(\s*)?{_TOOL}\([^\n]*\)[^\S\n]*$\n?",
    r"^[^\S\n]*\[(?:calling|using|invoking|running|called|used)[ :]+(?:the )?(?:tool|function)\b[^\n]*\][^\S\n]*$\n?",
    r"^[^\S\n]*Action:[^\S\n]*\w+(?:\[[^\]\n]*\][^\S\n]*|\s*\nAction Input:[^\n]*)$\n?",
)
_ENDS = (
    r"(?<=[.!?…。！？\n])[^\S\n]*[<\[]/?(?:EOS|EOT|EOM|END|STOP|END[_ ]OF[_ ](?:TURN|TEXT|MESSAGE|RESPONSE))[>\]]\s*\Z",
    r"\A\s*/(?-i:no_?think|think)(?:\s*\n|\s+(?-i:(?=[A-Z\u3400-\u9fff])))|\n[^\S\n]*/(?-i:no_?think|think)\s*\Z",
)
_FORMS = [re.compile(form, re.IGNORECASE | re.MULTILINE | re.DOTALL) for form in (*_THOUGHTS, *_CALLS, *_ENDS)]
_JSON_CALL = re.compile(
    r"(?:^[^\S\n]*(?:(?:tool|function)[_ ]?(?:call|use|request)s?\s*[:：]"
    r"|(?:commentary )?to=[\w.]+(?:[^\S\n]+(?:code|json))?)"
    r"|^|(?<=[.!?…。！？]))[^\S\n]*(?=\{\s*\")",
    re.IGNORECASE | re.MULTILINE,
)
_ANSWERS = ("reply", "response", "answer", "final_answer", "final_reply")
_BESIDE = {"thought", "thoughts", "thinking", "reasoning", "analysis", "plan", "action", "mood", "emotion", "role"}


def without_leftovers(text: str) -> str:
    """The draft without what was never meant to be read; empty if nothing else was said."""
    text = _unwrapped(text)
    for form in _FORMS:
        text = _without(form, text)
    return _without_json_calls(text)


def _without(form: re.Pattern[str], text: str) -> str:
    code = [*code_in(text)]

    def outside(found: re.Match[str]) -> str:
        begins = found.end() - len(found[0].lstrip())
        return found[0] if _in_code(begins, code) else ""

    return form.sub(outside, text)


def _in_code(at: int, code: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in code)


def _unwrapped(text: str) -> str:
    """The answer of a draft that is one JSON object around it."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    said = [value[key] for key in _ANSWERS if isinstance(value.get(key), str) and value[key].strip()]
    return said[0] if len(said) == 1 and {*value} <= {*_ANSWERS, *_BESIDE} else text


def _without_json_calls(text: str) -> str:
    """Without a tool's call as JSON behind a sentence, or behind words that name it as one."""
    code, at = [*code_in(text)], 0
    while begins := _JSON_CALL.search(text, at):
        value, end = json_at(text, at := begins.end())
        is_named = bool(begins[0].strip())
        is_alone = end > 0 and not text[end:].partition("\n")[0].strip()
        if isinstance(value, dict) and (is_named or (is_alone and is_tool_call(value))) and not _in_code(at, code):
            text, at = text[: begins.start()] + text[end:].lstrip(), begins.start()
            code = [*code_in(text)]
        else:
            at += 1
    return text
