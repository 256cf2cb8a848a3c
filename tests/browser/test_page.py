"""The local community as a person sees it; the test plays the part of the core."""

import re
from datetime import UTC, datetime

import pytest
from playwright.async_api import Locator, Page, expect

from bot.types import Decision, Message, Reply, State, Thread, Turn, Verdict
from tests.browser.conftest import SIZES, Visitor, at_rest, close_by_escape, dialog, fits, keep_picture
from tests.fakes.local_house import TOKEN, LocalHouse
from tests.fakes.present import present
from tests.fakes.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def write_post(page: Page, text: str) -> None:
    await page.get_by_label("What's on your mind?").fill(text)
    await page.get_by_role("button", name="Post", exact=True).click()


async def newest(house: LocalHouse, text: str) -> Message:
    await house.core.until(lambda core: any(text in message.text for message in core.messages))
    return next(message for message in reversed(house.core.messages) if text in message.text)


def thread_with(page: Page, text: str) -> Locator:
    return page.locator("section.thread", has_text=text)


async def no_sideways_scroll(page: Page) -> None:
    wide, inner = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner


@pytest.mark.parametrize("size", SIZES)
async def test_a_post_is_answered_while_one_watches(visitor: Visitor, house: LocalHouse, size: str) -> None:
    page = await visitor.called("Noor", size)
    text = f"Does anyone know how long pesto keeps? ({size})"
    await write_post(page, text)
    thread = thread_with(page, text)
    await expect(thread.locator("article .name")).to_have_text("Noor")
    await expect(page.get_by_label("What's on your mind?")).to_have_value("")

    post = await newest(house, text)
    await house.adapter.typing(post.thread)
    await expect(thread.get_by_text("Mochi is writing…")).to_be_visible()
    await house.adapter.preview(post.thread, post.id, "turn", "About a week in the fridge, if you cov")
    await expect(thread.locator(".unfinished .text")).to_have_text("About a week in the fridge, if you cov")
    await expect(thread.locator(".unfinished")).to_have_count(1)
    await thread.locator(".unfinished").scroll_into_view_if_needed()
    await keep_picture(page, f"preview-{size}")

    await house.adapter.send(Reply(post.thread, "About a week, if you cover it with oil.", post.id), f"turn-{size}")
    await house.adapter.preview(post.thread, post.id, "turn", None)
    ours = thread.locator("article.ours")
    await expect(ours.locator(".text")).to_have_text("About a week, if you cover it with oil.")
    await expect(ours.locator(".badge")).to_have_text("AI")
    await expect(thread.locator(".unfinished")).to_have_count(0)
    await no_sideways_scroll(page)
    await keep_picture(page, f"answered-{size}")


async def test_every_open_tab_sees_it_at_once(visitor: Visitor) -> None:
    writing, reading = await visitor.called("Noor"), await visitor.open("phone")
    await write_post(writing, "Seen in two places")
    thread = thread_with(reading, "Seen in two places")
    await expect(thread).to_be_visible()
    await thread_with(writing, "Seen in two places").get_by_label("Write a comment").fill("And this too")
    await writing.keyboard.press("Control+Enter")
    await expect(thread.get_by_text("And this too")).to_be_visible()


async def test_who_writes_a_comment_gives_signs_of_it(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("Typing Tom")
    await write_post(page, "Shall I say more?")
    post, tom = await newest(house, "Shall I say more?"), house.community.author("Typing Tom").id
    box = thread_with(page, "Shall I say more?").get_by_label("Write a comment")
    keys = """box => {
      for (let n = 0; n < 10; n++) box.dispatchEvent(new KeyboardEvent("keydown", {key: "x", bubbles: true}));
    }"""  # at once: the browser decides which of them the server hears of
    await box.evaluate(keys)
    await until(lambda: (post.thread, tom) in house.core.signs)
    await box.fill("I think so")
    await box.press("Control+Enter")
    await newest(house, "I think so")
    assert len(house.core.signs) < 10, "not one for each key"


async def test_a_stopped_turn_takes_its_preview_away(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    place = Thread(house.community.rooms["kitchen"], "seed04")
    await house.adapter.preview(place, "seed04", "k", "Half a thought")
    await expect(page.get_by_text("Half a thought")).to_be_visible()
    await house.adapter.preview(place, "seed04", "k", None)
    await expect(page.get_by_text("Half a thought")).to_have_count(0)


async def test_markup_is_shown_not_run(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("<b>Eve</b>")
    attack = (
        "<img src=x onerror=\"document.title='run'\"> {{ constructor.constructor('document.title=1')() }} </script>"
    )
    await write_post(page, attack)
    thread = page.locator("section.thread").first
    await expect(thread.locator(".text").first).to_have_text(attack)
    await expect(thread.locator(".name").first).to_have_text("<b>Eve</b>")
    post = await newest(house, "onerror")
    await house.adapter.preview(post.thread, post.id, "x", attack)
    await expect(thread.locator(".unfinished .text")).to_have_text(attack)
    await house.adapter.send(Reply(post.thread, attack, post.id), "xss")
    await expect(thread.locator("article.ours .text")).to_have_text(attack)
    await house.adapter.preview(post.thread, post.id, "x", None)
    await page.reload()
    await expect(page.locator("section.thread").first.locator(".text").first).to_have_text(attack)
    assert await page.title() == "Cameo"
    assert await page.locator(".thread img, .thread script").count() == 0


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_texts_break_nothing(visitor: Visitor, house: LocalHouse, size: str) -> None:
    page = await visitor.open(size, room="workshop")
    zalgo = "".join(letter + "\u0301\u0316\u0337\u0359\u036e" * 8 for letter in "he comes for the layout")
    arabic = "مرحبا بالعالم، هذا نص طويل من اليمين إلى اليسار"
    texts = ["a\n" * 900, "W" * 100_000, arabic, "\u202eevil\u202c " * 30, zalgo]
    for number, text in enumerate(texts):
        await house.community.post("workshop", f"\u202eX{zalgo[:60]}{number}", text)
    await expect(page.locator("section.thread .text").first).to_have_text(zalgo)
    await no_sideways_scroll(page)
    await keep_picture(page, f"hostile-{size}")
    tall = page.locator("article", has_text="a\na\na").first
    assert present(await tall.bounding_box())["height"] < 1_000
    long = thread_with(page, "WWWW").first
    assert len(await long.locator(".text").inner_text()) < 2_000
    await long.get_by_role("button", name="Show all 100,000 characters").click()
    await expect(long.locator(".text")).to_have_text("W" * 100_000)
    await no_sideways_scroll(page)


async def test_own_messages_can_be_changed_and_taken_back(visitor: Visitor) -> None:
    page = await visitor.called("Noor")
    await write_post(page, "Frist version")
    await expect(thread_with(page, "Frist version")).to_be_visible()
    thread = page.locator("section.thread").first  # during an edit, the text isn't on the page
    await thread.get_by_role("button", name="Edit").click()
    await thread.get_by_label("Edit").fill("First version\nwith a second line")
    await thread.get_by_role("button", name="Save").click()
    thread = thread_with(page, "First version")
    await expect(thread.get_by_text("edited")).to_be_visible()
    assert await thread.locator(".text").inner_text() == "First version\nwith a second line"
    await thread.get_by_role("button", name="Delete").click()
    await (await dialog(page)).get_by_role("button", name="Delete").click()
    await expect(thread).to_have_count(0)
    others = thread_with(page, "supermarket")
    await expect(others.get_by_role("button", name="Edit")).to_have_count(0)


async def test_a_deleted_post_leaves_a_gap_above_its_comments(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    post = await house.community.post("kitchen", "Ana", "Soon regretted")
    await house.community.post("kitchen", "Ben", "Too late, I saw it", thread=post.id)
    await expect(thread_with(page, "Too late")).to_contain_text("Soon regretted")
    await house.community.delete(post.id)
    thread = thread_with(page, "Too late")
    await expect(thread).to_contain_text("This post was deleted.")
    await expect(thread).to_have_attribute("aria-label", "This post was deleted.")
    assert "regretted" not in await page.content()


async def test_long_threads_and_rooms_begin_with_their_end(visitor: Visitor, house: LocalHouse) -> None:
    for number in range(14):
        post = await house.community.post("feed", "Ana", f"Post number {number:02}.")
    for number in range(12):
        await house.community.post("feed", "Ben", f"Comment number {number:02}.", thread=post.id)
    page = await visitor.open("phone", room="feed")
    await expect(page.locator("section.thread")).to_have_count(12)
    thread = page.locator("section.thread").first
    await expect(thread.locator(".comments article")).to_have_count(8)
    await house.community.post("feed", "Ben", "One more comment", thread=post.id)
    await expect(thread.locator(".comments article")).to_have_count(9)
    await thread.get_by_role("button", name="Show earlier comments (4)").click()
    await expect(thread.locator(".comments article")).to_have_count(13)
    shown = await thread.locator(".comments .text").all_inner_texts()
    assert shown == [f"Comment number {number:02}." for number in range(12)] + ["One more comment"]
    await page.get_by_role("button", name="Show older posts").click()
    await expect(page.get_by_text("Post number 00.")).to_be_visible()


async def test_reactions_go_on_and_off(visitor: Visitor) -> None:
    page = await visitor.called("Noor")
    thread = thread_with(page, "supermarket")
    await thread.get_by_role("button", name="React").first.click()
    await (await dialog(page)).get_by_role("button", name="🎉").click()
    chip = thread.locator(".chip")
    await expect(chip).to_have_attribute("aria-pressed", "true")
    await chip.click()
    await expect(chip).to_have_count(0)


FACTS = {
    "signals": ["question", "newcomer"],
    "asked": ["joins_only_when_called", "is_for_others"],
    "hold": {"seconds": 4440, "how": "auto", "risk": 0.25, "share": 0.25, "posts": 312, "days": 60, "from": "room"},
    "asked_again": ["was_answered", "is_too_loud"],
    "voice": [11, 50],
    "share_of_voice": 0.2,
}


@pytest.mark.parametrize("size", SIZES)
async def test_why_tells_the_reason_and_how_it_came_about(visitor: Visitor, house: LocalHouse, size: str) -> None:
    page = await visitor.called("Noor", size, room="workshop")
    await write_post(page, f"Does it rise twice? ({size})")
    post = await newest(house, f"rise twice? ({size})")
    decision = Decision(Verdict.SILENT, "share_of_voice", None, FACTS)
    stopped = Turn(f"why-{size}", post.thread, post.id, "noor", "mochi", decision, State.STOPPED, datetime.now(UTC))
    house.turns[post.id] = stopped
    opener = thread_with(page, f"rise twice? ({size})").get_by_role("button", name="Why?")
    await opener.click()
    window = await dialog(page)
    await expect(window.locator("p")).to_have_text("I had said my share in this room.")
    await keep_picture(page, f"why-{size}")
    await expect(window.locator("dl")).to_be_hidden()
    await window.get_by_text("How that came about").click()
    await expect(window.locator("dt")).to_have_text(["what it is", "when heard", "hold", "after it", "facts", "result"])
    marked = window.locator("dd.passed, dd.objected")
    await expect(marked).to_have_text(
        [
            "✓it may speak here uncalled",
            "✓it is not meant for somebody else",
            "✓no person has answered yet",
            "✗its share of voice allows one more",
        ]
    )
    await expect(window.get_by_role("img", name="no:")).to_have_count(1)
    await expect(window).to_contain_text("waits 74 min: after that, 25 % of the posts here still got a person's answer")
    await fits(window)  # it is moved once it has grown
    await at_rest(window)
    await keep_picture(page, f"why-more-{size}")
    await no_sideways_scroll(page)
    await close_by_escape(page, opener)


async def test_a_name_is_chosen_first_remembered_and_never_ours(visitor: Visitor) -> None:
    page = await visitor.open()
    await write_post(page, "Nobody in particular")
    await expect(page.get_by_text("Choose a name first.")).to_be_visible()
    await page.get_by_label("Your name").fill("M0chi")
    await expect(page.get_by_text("That name belongs to the AI here")).to_be_visible()
    await page.get_by_label("Your name").fill("Ada")
    await page.wait_for_function("localStorage.getItem('cameo-name') === 'Ada'")
    await page.reload()
    await expect(page.get_by_label("Your name")).to_have_value("Ada")


async def test_rooms_say_how_we_join_and_what_is_new(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    await expect(page.locator("nav")).to_contain_text("Mochi answers when called: @Mochi")
    await expect(page.locator("nav")).to_contain_text("Pip looks in on every post")
    await expect(page.get_by_text("a toy, so expect little")).to_be_visible()
    await house.community.post("feed", "Rosa", "The heron is back")
    feed = page.get_by_role("button", name="# feed")
    await expect(feed.get_by_text("new", exact=True)).to_be_visible()
    await feed.click()
    await expect(page.get_by_text("The heron is back")).to_be_visible()
    await expect(feed.get_by_text("new", exact=True)).to_be_hidden()
    await expect(page).to_have_url(re.compile(r"room=feed"))
    await keep_picture(page, "feed-desktop")


async def test_a_draft_survives_what_others_say(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("Noor")
    thread = thread_with(page, "supermarket")
    await thread.get_by_label("Write a comment").press_sequentially("Half a sent")
    await house.community.post("kitchen", "Ana", "An interruption", thread="seed04")
    await house.community.put_reaction("seed04", "Ana", "👏")
    await expect(thread.get_by_text("An interruption")).to_be_visible()
    await expect(thread.get_by_label("Write a comment")).to_have_value("Half a sent")


async def test_the_keyboard_is_enough(visitor: Visitor) -> None:
    page = await visitor.called("Noor", room="workshop")
    await page.get_by_label("What's on your mind?").focus()
    await page.keyboard.type("Typed, sent, never clicked")
    await page.keyboard.press("Control+Enter")
    thread = thread_with(page, "never clicked")
    await expect(thread).to_be_visible()
    await thread.get_by_role("button", name="Reply").focus()
    await page.keyboard.press("Enter")
    await expect(thread.get_by_label("Write a comment")).to_be_focused()
    await page.keyboard.type("me again")
    await page.keyboard.press("Control+Enter")
    mine = thread.locator("article", has_text="me again")
    await expect(mine).to_be_visible()
    edit = mine.get_by_role("button", name="Edit", exact=True)
    comment = thread.locator("article").nth(1)  # while it is edited, its text is not on the page
    await edit.press("Enter")
    await expect(comment.get_by_label("Edit")).to_be_focused()
    await page.keyboard.type("!")
    await expect(comment.get_by_label("Edit")).to_have_value("me again!")
    await page.keyboard.press("Escape")
    await expect(edit).to_be_focused()
    react = mine.get_by_role("button", name="React")
    await react.press("Enter")
    picker = await dialog(page)
    await expect(picker.get_by_role("button", name="👍")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(picker.get_by_role("button", name="❤️")).to_be_focused()
    await page.keyboard.press("End")
    await expect(picker.get_by_role("button", name="👀")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(picker.get_by_role("button", name="👍")).to_be_focused()
    await close_by_escape(page, react)
    await mine.get_by_role("button", name="Delete").press("Enter")
    await (await dialog(page)).get_by_role("button", name="Delete").press("Enter")
    await expect(mine).to_have_count(0)
    await expect(page.locator("article").nth(1)).to_be_focused()


async def test_the_page_follows_the_system_and_the_language(visitor: Visitor) -> None:
    page = await visitor.open("phone", color_scheme="dark", locale="zh-CN", room="feed")
    await expect(page.locator("nav")).to_contain_text("叫 @Mochi，Mochi 就会回答")
    dark = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(23, 22, 19)"
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    await keep_picture(page, "dark-phone")


async def test_the_door_asks_for_the_token(visitor: Visitor) -> None:
    page = await visitor.open(token=None)
    await expect(page.get_by_text("This door has a key")).to_be_visible()
    await keep_picture(page, "door-desktop")
    await page.get_by_label("Access token").fill("wrong")
    await page.get_by_role("button", name="Come in").click()
    await expect(page.get_by_role("alert")).to_contain_text("does not fit")
    await page.get_by_label("Access token").fill(TOKEN)
    await page.get_by_role("button", name="Come in").click()
    await page.locator(".composer").first.wait_for()
    assert "token" not in page.url
    cookies = await page.context.cookies()
    assert [(cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [(True, "Strict")]
    assert TOKEN not in str(cookies)
