"""Links show where they lead."""

import pytest

from bot.write.links import poses_as_another, unmasked

EVIL = "https://evil.example/x"


@pytest.mark.parametrize(
    "label",
    [
        "https://bank.example",
        "http://bank.example/login",
        "bank.example",
        "www.bank.example",
        "Bank.Example/login",
        "**https://bank.example**",
        "`https://bank.example`",
        "~~bank.example~~",
        "see https://bank.example",
        "bank\\.example",
        "bank&#46;example",
        "bank%2Eexample",
        "bank․example",
        "bank。example",
        "банк.рф",
        "https://evil.example.bank.example",
        "evil.example@bank.example",
        "info@bank.example",
        "@ana:bank.example",
        "https://bank",
        "claude.ai",
        "https://setup.py/x",
        "[bank.example]",
        "https://evil.example and https://bank.example",
    ],
)
@pytest.mark.parametrize("form", ["[{}]({})", "[{}](<{}>)", '[{}]({} "bank.example")', "![{}]({})"])
def test_a_link_that_shows_another_address_becomes_its_own(label: str, form: str) -> None:
    assert unmasked(f"Go to {form.format(label, EVIL)} now.") == f"Go to {EVIL} now."


@pytest.mark.parametrize(
    "text",
    [
        "[the manual](https://docs.example/a)",
        "[docs.example](https://docs.example/a)",
        "[https://docs.example/a](https://docs.example/a)",
        "[www.docs.example](https://docs.example)",
        "[docs.example](https://www.docs.example)",
        "[README.md](https://git.example/README.md)",
        "[asyncio.sleep](https://docs.example/asyncio)",
        "[Node.js 22.1](https://node.example)",
        "[3.5 cups, e.g. rye](https://rye.example)",
        "[info@docs.example](mailto:info@docs.example)",
        "[@ana:home.example](https://matrix.to/#/@ana:home.example)",
        "[小满的食谱](https://docs.example)",
        "`[https://bank.example](https://evil.example)`",
        "```\n[https://bank.example](https://evil.example)\n```",
        "a [b] (c) bank.example [d]",
        "x](y",
    ],
)
def test_other_links_stay(text: str) -> None:
    assert unmasked(text) == text


@pytest.mark.parametrize(
    "address", ["https://evil.example/((a))", "https://evil.example/(a(b)c)", "<https://evil.example"]
)
def test_a_link_with_an_odd_address_is_no_link_any_more(address: str) -> None:
    assert unmasked(f"[bank.example]({address})") == f"[bank.example] ({address})"
    assert unmasked(f"[the bank]({address})") == f"[the bank]({address})"


def test_what_a_browser_opens_counts() -> None:
    assert poses_as_another("bank.example", "https://bank.example@evil.example/")
    assert poses_as_another("bank.example", "https://[bad")
    assert poses_as_another("ana@bank.example", "mailto:eve@evil.example")


def test_a_hostile_text_stays_cheap() -> None:
    for text in ("[" * 20_000 + "](", "[a]" * 6_000 + "](", "[" + "[a]" * 6_000 + "](", "[a](" * 5_000):
        assert unmasked(text)
