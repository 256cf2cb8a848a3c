"""The page that asks for the access token, in plain HTML: it is shown before anything else is loaded."""

from bot.console.pages.frame import framed

_ASKING = """<h1>Hello. This door has a key.</h1>
<p>Cameo prints an address with an access token when it starts. Open that address, or paste the token here.</p>
<form method="post" action="/enter">
  {note}
  <label for="token">Access token</label>
  <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
  <button type="submit">Come in</button>
</form>"""
_WRONG = '<p class="wrong" role="alert">That token does not fit. It is in the terminal, and in data/token.</p>'
_LATER = '<p class="wrong" role="alert">Too many wrong tokens came from here. Try again in {seconds} seconds.</p>'


def asking_page(*, wrong: bool = False, wait: int = 0) -> str:
    """The page as HTML; `wrong` adds that the token was rejected, `wait` that none is tried for so many seconds."""
    note = _LATER.format(seconds=wait) if wait else _WRONG if wrong else ""
    return framed(_ASKING.format(note=note))
