"""The page that asks for the access token, in plain HTML: it is shown before anything else is loaded."""

from html import escape

from bot.console.pages.frame import framed
from bot.explain.words import load_words

_ASKING = """<h1>{title}</h1>
<p>{how}</p>
<form method="post" action="/enter">
  {note}
  <label for="token">{label}</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <button type="submit">{come_in}</button>
</form>"""
_NOTE = '<p class="wrong" role="alert">{text}</p>'


def asking_page(language: str = "en", *, wrong: bool = False, wait: int = 0) -> str:
    """The page as HTML; `wrong` adds that the token was rejected, `wait` that none is tried for so many seconds."""

    def say(key: str, **values: object) -> str:
        return escape(load_words().say(f"sign_in.{key}", language, **values))

    note = _NOTE.format(text=say("wait", seconds=wait) if wait else say("wrong")) if wait or wrong else ""
    words = {key: say(key) for key in ("title", "how", "label", "come_in")}
    return framed(_ASKING.format(note=note, **words), language)
