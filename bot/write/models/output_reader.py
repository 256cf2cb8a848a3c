"""Reads a model's stream: shows the answer, and leaves out thoughts, tool calls and the signs of chat templates. Pure.

In prose        code (fences, backticks) passes whole: nothing in it is a sign.
                A sign (`dialects`) begins something hidden, names a speaker or a channel, or ends the message.
Hidden          everything is left out up to the end of what was begun.
Done            a template's sign after the answer began another message, which the model invented.

Wherever the stream is split, the result is the same: what can't be told yet is held back. `text` grows, with one
exception: some templates begin the thoughts themselves, so that only their end arrives; all before it is dropped.
"""

import re
from collections.abc import Callable

from bot.write.models.code import FENCE_MARKS, FENCE_OPENING, closing, span
from bot.write.models.dialects import (
    SPOKEN,
    Meaning,
    Sign,
    begins_tool_call,
    is_list_of_calls,
    is_tool_call,
    json_at,
    may_become_sign,
    sign_at,
)

LONGEST_LOOKAHEAD = 1000  # characters that are waited for to tell what a mark means
LONGEST_ELEMENT = 8000  # characters between two tags that may be meant as words
LONGEST_CLOSING = 60  # characters of the words or marks that end something hidden
_BEGIN = re.compile(r"[`~<\[{◁✿]|assistantfinal|functions\.")
_CLOSING = re.compile(r"[<\[◁✿]")
_FINAL = "assistantfinal"  # the signs around a channel's name, lost
_MAYBE_FINAL = re.compile("(?:" + "|".join(_FINAL[:length] for length in range(len(_FINAL) - 1, 0, -1)) + r")\Z")
_MAYBE_CALL = re.compile("(?<![^\n])(?:" + "|".join("functions."[:length] for length in range(9, 0, -1)) + r")\Z")
_MENTIONED = re.compile(r"[\w,;] "), re.compile(r"[ .,;:!?)]")  # before and after a tag that stands like a word
_STRUCK = re.compile(
    r"<s>[^\n]*?</s>(?=[,;:]|[^\S\n]+[^\s<\[])", re.IGNORECASE
)  # HTML, with more of the sentence behind it
_QUOTED = ('""', "''", "“”", "‘’", "«»", "„“", "「」", "『』")  # around a sign that is talked about
_TOOL_FENCE = re.compile(r"\s*(?:tool|function)s?_?(?:calls?|code|use|outputs?|results?)\s*", re.IGNORECASE)
_THOUGHT_FENCE = re.compile(r"\s*(?:think(?:ing)?|thoughts?|reasoning)\s*", re.IGNORECASE)
_DATA_FENCE = re.compile(r"\s*(?:json)?\s*", re.IGNORECASE)
_DATA = re.compile(r'(functions\.[\w.-]{1,80}(?::\d+)?\s*)?(?:\[?\s*\{\s*"|\[[\w.]+\()')
_MAYBE_DATA = re.compile(r"(?:functions\.[\w.:-]{0,90}\s*)?\[?(?:[\w.]*|\s*(?:\{\s*)?)\Z")
_HEADER = re.compile(r"\s*([a-z_]*)[^<\n]{0,80}(?:<\|constrain\|>[^<\n]{0,40})?(?:<\|(?:message|content)\|>|\n)")
_SPEAKER = re.compile(r"\s*(\w*)[^\S\n]*(?:<\|(?:end_header_id|message|content)\|>|\n)")
_WORD = re.compile(r"\s*([a-z]+\b)?", re.IGNORECASE)
_ASSISTANTS = frozenset({"assistant", "model", "bot", "ai", "gpt"})
_OTHERS = frozenset({"user", "human", "system", "developer", "tool", "observation", "ipython", "environment"})
_LOST_HEADER = re.compile(r"(?:assistant)?(analysis|commentary)?(?:assistant)?(?:final)?\s*")  # its first sign is lost
_VISIBLE = frozenset({"final", "answer", "response", "all", ""})


def read(text: str) -> str:
    """What members may read of a whole answer."""
    reader = OutputReader()
    reader.add(text)
    return reader.end()


class OutputReader:
    """Takes a stream piece by piece; `text` is what may be shown so far."""

    def __init__(self) -> None:
        self.text = ""
        self._rest = ""  # not read yet, because it can't be told yet what it is
        self._last = False  # whether nothing follows `_rest`
        self._before = "\n"  # the characters before `_rest`
        self._state: Callable[[], bool] = self._beginning
        self._hides: Sign | None = None
        self._until: re.Pattern[str] | None = None  # the end of what is hidden or, in a fence, of the fence
        self._joins = False  # something was left out just before
        self._call = ""  # a tool call written as code: dropped if nothing else is said
        self._wrapper = ""

    def add(self, piece: str) -> None:
        self._rest += piece
        self._run()

    def end(self) -> str:
        """Ends the stream and returns the whole text."""
        self._last = True
        self._run()
        return self.text.rstrip()

    def _run(self) -> None:
        """Each state tells whether it could go on, or has to wait for more."""
        while self._rest and self._state():
            pass

    def _waits(self, end: int, longest: int = 0) -> bool:
        """Whether more of the stream could change what ends at `end`."""
        return not self._last and end >= len(self._rest) and len(self._rest) < (longest or end + 1)

    @property
    def _starts_line(self) -> bool:
        return self._before[-1:] == "\n" or (self._joins and self.text.rstrip(" ")[-1:] in ("", "\n"))

    # --- states --------------------------------------------------------------------------------------

    def _beginning(self) -> bool:
        """Thoughts between sentences, which stand at the beginning of an answer."""
        self._leave_out(len(self._rest) - len(self._rest.lstrip()))
        begun = self._rest[:LONGEST_CLOSING].casefold()
        for words, begins, ends, is_sure in SPOKEN:
            if found := begins.match(self._rest):
                end = ends.search(self._rest, found.end())
                if end and not self._waits(end.end()):
                    return self._leave_out(end.end())
                if not self._last or is_sure:
                    return self._last and self._leave_out(len(self._rest))
            elif words.startswith(begun[: len(words)]) and self._waits(len(self._rest), LONGEST_CLOSING):
                return False
        self._state = self._prose
        return True

    def _prose(self) -> bool:
        begin = _BEGIN.search(self._rest)
        if begin is None:
            held = self._held()
            return self._show(len(self._rest) - held) and not held
        self._show(begin.start())
        if begin[0] == _FINAL:
            return self._drop_before(len(_FINAL))
        if begin[0] in "`~":
            return self._code()
        if self._starts_line and begin[0][0] in "{[f":
            return self._data()
        return self._sign() if begin[0] != "{" else self._show(1)

    def _held(self) -> int:
        """How many characters at the end may be the beginning of a sign that is a word."""
        maybe = _MAYBE_FINAL.search(self._rest) or _MAYBE_CALL.search(self._rest)
        if self._last or not maybe or (maybe[0][0] == "f" and not maybe.start() and not self._starts_line):
            return 0
        return len(maybe[0])

    def _hidden(self) -> bool:
        end = self._end_of_hidden()
        if end >= 0 and not self._waits(end):
            self._state = self._prose
            return self._leave_out(end)
        if end < 0:
            self._leave_out(len(self._rest) if self._last else max(len(self._rest) - LONGEST_LOOKAHEAD, 0))
        return False

    def _fence(self) -> bool:
        assert self._until is not None
        end = self._until.search(self._rest)
        if end and not self._waits(end.end()):
            self._state = self._prose
            return self._show(end.end())
        self._show(len(self._rest) if self._last else self._rest.rfind("\n") + 1)
        return False

    def _channel(self) -> bool:
        """The name of a channel, up to its message."""
        header = _HEADER.match(self._rest)
        if header is None and self._waits(len(self._rest), LONGEST_LOOKAHEAD):
            return False
        header = header or _WORD.match(self._rest)
        assert header is not None
        self._leave_out(header.end())
        if (header[1] or "").casefold() not in _VISIBLE:
            return self._hide(0, Sign(Meaning.CHANNEL, header[1], 0))
        self._state = self._prose
        return True

    def _speaker(self) -> bool:
        """The name of a speaker. What others say is invented."""
        match = _SPEAKER.match(self._rest)
        if match is None and self._waits(len(self._rest), LONGEST_LOOKAHEAD):
            return False
        name = match or _WORD.match(self._rest)
        assert name is not None
        word = (name[1] or "").casefold()
        self._state = self._done if word in _OTHERS else self._prose
        return self._leave_out(name.end() if match or word in _ASSISTANTS | _OTHERS else 0)

    def _done(self) -> bool:
        return self._leave_out(len(self._rest))

    # --- in prose ------------------------------------------------------------------------------------

    def _code(self) -> bool:
        marks = FENCE_MARKS.match(self._rest) if self._rest[0] == "`" or self._starts_line else None
        if marks is None:
            may_be_marks = self._starts_line and self._rest in ("~", "~~") and not self._last
            return not may_be_marks and self._show(1)
        if self._waits(marks.end()):
            return False
        if opening := FENCE_OPENING.match(self._rest):
            return self._fenced(opening)
        end = span(self._rest, 0, marks[0]) if marks[0][0] == "`" else -1
        is_decided = self._last or "\n" in self._rest or len(self._rest) > LONGEST_LOOKAHEAD
        if self._waits(end) if end > 0 else not is_decided:
            return False
        return self._show(end if end > 0 else marks.end())

    def _fenced(self, opening: re.Match[str]) -> bool:
        until = closing(opening[1])
        if _TOOL_FENCE.fullmatch(opening[2]) or _THOUGHT_FENCE.fullmatch(opening[2]):
            return self._hide(opening.end(), None, until)
        if not self.text.strip() and _DATA_FENCE.fullmatch(opening[2]):
            end = until.search(self._rest, opening.end())
            if not self._last and (end is None or self._waits(end.end())):
                return False
            value, _ = json_at(self._rest[opening.end() : end.start() if end else None].strip(), 0)
            if end and is_tool_call(value):
                return self._hold(end.end())
        self._until, self._state = until, self._fence
        return self._show(opening.end())

    def _data(self) -> bool:
        """A tool call as JSON, or as a list of calls, in a paragraph of its own."""
        begins = _DATA.match(self._rest)
        if not begins:
            return self._sign() if self._last or not _MAYBE_DATA.match(self._rest) else False
        end = self._rest.find("\n\n")
        if end < 0 and not self._last:
            return False
        paragraph = self._rest if end < 0 else self._rest[:end]
        value, ends = json_at(paragraph, len(begins[1] or ""))
        if is_tool_call(value) or (begins[1] and ends > 0):
            return self._leave_out(ends)
        if ends < 0 and begins_tool_call(paragraph):
            return self._leave_out(len(paragraph))
        if is_list_of_calls(paragraph) and not self.text.strip():
            return self._hold(len(paragraph))
        return self._show(ends if ends > 0 else 1)

    def _sign(self) -> bool:
        sign = sign_at(self._rest, 0, starts_line=self._starts_line)
        if sign is None:
            return not (may_become_sign(self._rest, 0) and not self._last) and self._show(1)
        if self._waits(sign.end):
            return False
        if self._is_talked_about(sign):
            return self._show(sign.end)
        if sign.is_word and self._is_mentioned(sign):
            sign = sign._replace(is_sure=False)
        if sign.name == "s" and not sign.closes and not self.text.strip():
            if self._waits_for_line():
                return False
            if struck := _STRUCK.match(self._rest):
                return self._show(struck.end())
        return self._sure(sign) if sign.is_sure or sign.meaning is Meaning.WRAPPER else self._unsure(sign)

    def _is_talked_about(self, sign: Sign) -> bool:
        """Whether a sign stands in quotation marks, in indented code or, if no element begins with it, like a word."""
        line = self.text[self.text.rfind("\n") + 1 :]
        is_code = line.startswith(("    ", "\t")) and bool(line.strip())
        is_quoted = self._before[-1:] + self._rest[sign.end : sign.end + 1] in _QUOTED
        is_element = sign.name != "s" and sign.meaning in (Meaning.THOUGHT, Meaning.TOOL, Meaning.WRAPPER)
        return is_code or is_quoted or (not is_element and self._is_mentioned(sign))

    def _is_mentioned(self, sign: Sign) -> bool:
        before, after = _MENTIONED
        return bool(before.fullmatch(self._before) and after.match(self._rest, sign.end))

    def _waits_for_line(self) -> bool:
        return not self._last and "\n" not in self._rest and len(self._rest) < LONGEST_LOOKAHEAD

    def _unsure(self, sign: Sign) -> bool:
        """A tag that may be meant as words: it counts if it is closed."""
        end = None if sign.closes else sign.ending.search(self._rest, sign.end, LONGEST_ELEMENT)
        if not sign.closes and end is None and not self._last and len(self._rest) < LONGEST_ELEMENT:
            return False
        return self._leave_out(end.end()) if end else self._show(sign.end)

    def _sure(self, sign: Sign) -> bool:
        if sign.meaning in (Meaning.THOUGHT, Meaning.TOOL) and not sign.closes:
            return self._hide(sign.end, sign)
        if sign.meaning is Meaning.WRAPPER:
            return self._wrapped(sign)
        if sign.meaning in (Meaning.THOUGHT, Meaning.TOOL):
            return self._drop_before(sign.end) if sign.meaning is Meaning.THOUGHT else self._leave_out(sign.end)
        return self._template(sign)

    def _template(self, sign: Sign) -> bool:
        """A template's sign: after the answer, another message begins, which is invented."""
        if sign.name == "s" and self.text.strip() and (not sign.closes or "<s>" in self.text):
            return self._show(sign.end)  # HTML: struck through
        if sign.name == "inst" and not sign.closes and not self.text.strip():
            return self._hide(sign.end, sign)
        if header := _LOST_HEADER.fullmatch(self.text):
            self.text = ""
            if header[1] and sign.name == "message":
                return self._hide(sign.end, sign._replace(meaning=Meaning.CHANNEL))
        states = {Meaning.CHANNEL: self._channel, Meaning.ROLE: self._speaker}
        is_over = self.text.strip() or sign.name in _OTHERS
        self._state = self._done if is_over else states.get(sign.meaning, self._prose)
        return self._leave_out(sign.end)

    def _wrapped(self, sign: Sign) -> bool:
        """A tag around the answer; what came before it, on other lines, was thinking."""
        if sign.closes and sign.name == self._wrapper:
            return self._leave_out(sign.end)
        if sign.closes or not self._starts_line or (self.text.strip() and not sign.is_sure):
            return self._show(sign.end)
        self._wrapper = sign.name
        return self._drop_before(sign.end)

    # --- what is hidden ------------------------------------------------------------------------------

    def _end_of_hidden(self) -> int:
        """The end of what is hidden, in `_rest`; -1 if it isn't there."""
        if self._until:
            found = self._until.search(self._rest)
            return found.end() if found else -1
        for begin in _CLOSING.finditer(self._rest):
            sign = sign_at(self._rest, begin.start(), starts_line=False)
            if sign and self._hides and self._hides.is_ended_by(sign) and not self._is_quoted(begin.start(), sign.end):
                return begin.start() if sign.begins_message else sign.end
        return -1

    def _is_quoted(self, start: int, end: int) -> bool:
        """Whether a sign stands between two quotation marks or backticks: thoughts speak of signs, too."""
        around = self._rest[max(start - 1, 0) : start], self._rest[end : end + 1]
        return around[0] == around[1] != "" and around[0] in "`'\""

    # --- moving on -----------------------------------------------------------------------------------

    def _take(self, count: int) -> str:
        taken, self._rest = self._rest[:count], self._rest[count:]
        self._before = (self._before + taken)[-2:]
        return taken

    def _show(self, count: int) -> bool:
        shown = self._take(count)
        if self._call:
            self._call += shown
            shown, self._call = (self._call, "") if shown.strip() else ("", self._call)
        if self._joins and self.text[-1:].strip() == "":
            shown = shown.lstrip()
        if shown:
            self._joins = False
            self.text = (self.text + shown) if self.text else shown.lstrip()
        return True

    def _leave_out(self, count: int) -> bool:
        self._take(count)
        self._joins = True
        return True

    def _hide(self, count: int, sign: Sign | None, until: re.Pattern[str] | None = None) -> bool:
        self._hides, self._until, self._state = sign, until, self._hidden
        return self._leave_out(count)

    def _hold(self, count: int) -> bool:
        """Keeps a tool call written as code: something else that is said makes it an example."""
        self._call += self._take(count)
        return True

    def _drop_before(self, count: int) -> bool:
        """The end of thoughts that the template began: all before it was thinking."""
        self.text = self._call = ""
        return self._leave_out(count)
