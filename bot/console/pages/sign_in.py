"""The small page that asks for the access token, in plain HTML: it must work before anything else does."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cameo</title>
<style>
  :root {{ color-scheme: light dark; --ground: #f6f4ef; --card: #fffefb; --ink: #26231e; --soft: #6a6459;
           --line: #ddd6c9; --accent: #9a4a2f; --on-accent: #fff; }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --ground: #191816; --card: #22201d; --ink: #ece7de; --soft: #a8a196; --line: #3a3733;
             --accent: #e0997d; --on-accent: #2a140b; }} }}
  * {{ box-sizing: border-box }}
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; color: var(--ink);
          background: var(--ground); font: 1rem/1.55 system-ui, sans-serif }}
  main {{ max-width: 26rem; width: 100%; padding: 2rem; background: var(--card); border: 1px solid var(--line);
          border-radius: 1rem }}
  h1 {{ margin: 0 0 .5rem; font-size: 1.35rem }}
  p {{ margin: 0 0 1.25rem; color: var(--soft) }}
  label {{ display: block; margin-bottom: .35rem; font-weight: 600 }}
  input {{ width: 100%; padding: .65rem .8rem; font: inherit; color: inherit; background: transparent;
           border: 1px solid var(--line); border-radius: .6rem }}
  button {{ width: 100%; margin-top: .9rem; padding: .7rem; font: inherit; font-weight: 600; border: 0;
            border-radius: .6rem; background: var(--accent); color: var(--on-accent); cursor: pointer }}
  :focus-visible {{ outline: 3px solid var(--accent); outline-offset: 2px }}
  .wrong {{ color: var(--accent); font-weight: 600 }}
</style>
</head>
<body>
<main>
  <h1>Hello. This door has a key.</h1>
  <p>Cameo prints an address with an access token when it starts. Open that address, or paste the token here.</p>
  <form method="post" action="/enter">
    {note}
    <label for="token">Access token</label>
    <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
    <button type="submit">Come in</button>
  </form>
</main>
</body>
</html>
"""

_WRONG = '<p class="wrong" role="alert">That token does not fit. It is in the terminal, and in data/token.</p>'


def asking_page(*, wrong: bool = False) -> str:
    return _PAGE.format(note=_WRONG if wrong else "")
