"""`privacy ...` and `quiet`: what is kept about the asker, and what they wish about that. Each does the same however
often it is carried out."""

import json

from bot.commands.desk import Desk
from bot.commands.request import Request
from bot.explain.held_lines import held_lines
from bot.remember.person import Person
from bot.types import Answer, AnswerFile


async def show_kept(desk: Desk, request: Request) -> Answer:
    counts = await desk.persons.show(_asker(request))
    keep_days = desk.policy.current.settings.keep_days
    lines = held_lines(counts, desk.words, request.language, keep_days=keep_days)
    export, erase = request.wording.use("privacy export"), request.wording.use("privacy delete")
    return Answer("\n".join([*lines, request.say("privacy.more", export=export, delete=erase)]))


async def export_kept(desk: Desk, request: Request) -> Answer:
    found = await desk.persons.export(_asker(request))
    data = json.dumps(found, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    return Answer(request.say("privacy.exported"), file=AnswerFile("cameo-about-you.json", data))


async def erase_kept(desk: Desk, request: Request) -> Answer:
    """Erases only what was confirmed: the first time it says what will be gone."""
    if not request.text("confirm"):
        return Answer(request.say("privacy.confirm", example=request.wording.use("privacy delete yes")))
    await desk.persons.erase(_asker(request))
    return Answer(request.say("privacy.erased", out=request.wording.use("privacy opt-out")))


async def opt_out(desk: Desk, request: Request) -> Answer:
    await desk.persons.opt_out(_asker(request))
    back, erase = request.wording.use("privacy opt-in"), request.wording.use("privacy delete")
    return Answer(request.say("privacy.out", back=back, delete=erase))


async def opt_in(desk: Desk, request: Request) -> Answer:
    await desk.persons.opt_in(_asker(request))
    return Answer(request.say("privacy.back"))


async def be_quiet(desk: Desk, request: Request) -> Answer:
    wanted = request.text("value") != "off"
    await desk.persons.be_quiet(_asker(request), wanted=wanted)
    off = request.wording.use("quiet off")
    return Answer(request.say("quiet.on", off=off) if wanted else request.say("quiet.off"))


def _asker(request: Request) -> Person:
    asked = request.asked
    return Person(asked.room.platform, asked.author.id, (asked.author.name,) if asked.author.name else ())
