"""What comes beside the text of a Matrix event, in each of its stable and unstable forms."""

from typing import Any

import pytest

from adapters.matrix.translate import translate
from bot.types import Edit, Message, NewParts, Part, PartKind

from .test_translate import ALICE, EAR, event, message, text

POLL, EMBED, LOCATION = PartKind.POLL, PartKind.EMBED, PartKind.LOCATION
UNSTABLE = "org.matrix.msc3381.poll.start"
BAKERY = Part(LOCATION, "The bakery", "52.5,13.4")


def stable_poll(question: str, *answers: str) -> dict[str, Any]:
    told = [{"m.id": str(n), "m.text": [{"body": answer}]} for n, answer in enumerate(answers)]
    return {"m.poll": {"question": {"m.text": [{"body": question}]}, "answers": told}, "m.text": [{"body": "a poll"}]}


def unstable_poll(question: str, *answers: str) -> dict[str, Any]:
    told = [{"id": str(n), "org.matrix.msc1767.text": answer} for n, answer in enumerate(answers)]
    return {UNSTABLE: {"question": {"org.matrix.msc1767.text": question, "body": question}, "answers": told}}


@pytest.mark.parametrize(
    ("kind", "content", "part"),
    [
        ("m.poll.start", stable_poll("Rye?", "yes", "no"), Part(POLL, "Rye?\n- yes\n- no")),
        (UNSTABLE, unstable_poll("Rye?", "yes", "no"), Part(POLL, "Rye?\n- yes\n- no")),
        (UNSTABLE, unstable_poll("Rye?", "", " "), Part(POLL, "Rye?")),
        ("m.poll.start", stable_poll("Rye?") | {"m.poll": {"question": {"body": "Rye?"}, "answers": [7]}},
         Part(POLL, "Rye?")),
        (UNSTABLE, unstable_poll("x" * 900), Part(POLL, "x" * 500)),
        (
            "m.room.message",
            {"msgtype": "m.location", "body": "The bakery", "geo_uri": "geo:52.5,13.4;u=9"},
            BAKERY,
        ),
        (
            "m.room.message",
            {"msgtype": "m.location", "body": "Location was shared", "org.matrix.msc3488.location":
             {"uri": "geo:52.5,13.4", "description": "The bakery"}},
            BAKERY,
        ),
        (
            "m.room.message",
            {"msgtype": "m.location", "body": "x", "m.location": {"uri": "geo:52.5,13.4", "description": "The bakery"}},
            BAKERY,
        ),
        ("m.room.message", {"msgtype": "m.location", "body": "here", "geo_uri": "file:///x"}, Part(LOCATION, "here")),
        ("m.room.message", {"msgtype": "m.file", "body": "ann.vcf"}, Part(PartKind.FILE, name="ann.vcf")),
        ("m.sticker", {"body": "wave"}, Part(PartKind.STICKER, name="wave")),
        *(
            ("m.room.message", {"msgtype": f"m.{kind}", "body": "x", "file": {"url": "mxc://a/b", "v": "v2"}},
             Part(PartKind(kind), name="x", encrypted=True))
            for kind in ("image", "video", "audio", "file")
        ),
        ("m.room.message", {"msgtype": "m.image", "body": "x", "url": "mxc://a/b", "file": {"url": "mxc://a/b"}},
         Part(PartKind.IMAGE, name="x")),
        ("m.room.message", {"msgtype": "m.image", "body": "x", "file": "mxc://a/b"}, Part(PartKind.IMAGE, name="x")),
        ("m.room.message", {"msgtype": "m.image", "body": "x", "url": 7, "file": {}}, Part(PartKind.IMAGE, name="x")),
    ],
)  # fmt: skip
def test_each_form_is_a_typed_part(kind: str, content: dict[str, Any], part: Part) -> None:
    said = translate(event(content, kind), EAR)
    assert isinstance(said, Message) and (said.text, said.parts) == ("", (part,))


BREAD = {"matched_url": "https://bread.example", "og:title": "Bread", "og:description": "All of it"}


@pytest.mark.parametrize("key", ["com.beeper.linkpreviews", "m.url_previews"])
@pytest.mark.parametrize(
    ("previews", "parts"),
    [
        ([BREAD], [Part(EMBED, "Bread\nAll of it")]),
        ([BREAD | {"og:site_name": "Weekly"}], [Part(EMBED, "Bread\nAll of it", "Weekly")]),
        ([BREAD] * 9, [Part(EMBED, "Bread\nAll of it")] * 5),
        ([{"matched_url": "https://x.example"}, 7], []),
        ("x", []),
    ],
)
def test_previews_that_a_client_has_sent(key: str, previews: object, parts: list[Part]) -> None:
    said = message(text("https://bread.example", **{key: previews}))
    assert (said.text, list(said.parts)) == ("https://bread.example", parts)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (text("waves", msgtype="m.emote"), "*waves*"),
        (text("asks: is it rye?", msgtype="m.emote"), "*asks: is it rye?*"),
        (text("* waves", msgtype="m.emote"), "* waves"),
        (text("sunny", msgtype="m.notice"), "sunny"),
        (text("🎉", msgtype="nic.custom.confetti"), "🎉"),
        (text("two pictures", msgtype="org.matrix.msc4274.gallery"), "two pictures"),
    ],
)
def test_each_way_to_say_something(content: dict[str, Any], shown: str) -> None:
    assert message(content).text == shown


def test_an_emote_may_answer_and_be_edited() -> None:
    relation = {"m.in_reply_to": {"event_id": "$0"}}
    said = message({"msgtype": "m.emote", "body": f"> * <{ALICE}> bakes\n\nwaves", "m.relates_to": relation})
    assert (said.text, said.parts) == ("*waves*", (Part(PartKind.QUOTE, "bakes"),))
    replaces = {"rel_type": "m.replace", "event_id": "$0"}
    new = text("bows", msgtype="m.emote")
    edit = translate(event(text("* bows", **{"m.new_content": new, "m.relates_to": replaces})), EAR)
    assert isinstance(edit, Edit) and edit.text == "*bows*"


def test_an_edited_poll_has_other_options() -> None:
    replaces = {"rel_type": "m.replace", "event_id": "$0"}
    content = {"m.new_content": unstable_poll("Rye?", "maybe"), "m.relates_to": replaces}
    told = translate(event(content, UNSTABLE), EAR)
    assert isinstance(told, NewParts) and (told.message_id, told.kinds) == ("$0", (POLL,))
    assert told.parts == (Part(POLL, "Rye?\n- maybe"),)
