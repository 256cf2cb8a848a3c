"""SIGKILLs at random moments of a turn, in the local community and on a real homeserver: counts replies lost or
doubled."""

import asyncio
from pathlib import Path

from bot.remember.store import Store
from bot.types import State
from tests.bench.report import Report
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.synapse import PYTHON, Synapse
from tests.whole.kills import kill_often, slowly
from tests.whole.places import LocalRoom, Place, matrix_room


async def measure(report: Report) -> None:
    """Runs both places at the same time: a kill is mostly waiting, and a busy machine finds more faults."""
    async with ScriptedModel(slowly) as model, asyncio.TaskGroup() as places:
        places.create_task(_kills(report, "local community", LocalRoom(model.url), seed=11))
        if PYTHON.exists():
            places.create_task(_on_homeserver(report, model.url))
        else:
            report.skip("the kills on a real Synapse: .venv-synapse is not there (`make bench` installs it)")


async def _on_homeserver(report: Report, model_url: str) -> None:
    folder = report.folder / "homeserver"
    folder.mkdir()
    server = Synapse(folder)
    await asyncio.to_thread(server.start)
    try:
        await _kills(report, "real Synapse", await matrix_room(server, model_url, "bench"), seed=12)
    finally:
        await asyncio.to_thread(server.stop)


async def _kills(report: Report, where: str, place: Place, seed: int) -> None:
    folder, kills = report.folder / where.replace(" ", "-"), report.rounds(100, 5)
    toll = await kill_often(folder, place, kills, seed, lambda line: report.progress(f"{where}: {line}"))
    fates = {asked: await _fate(folder, asked) for asked in toll.lost}
    lost = {asked: fate for asked, fate in fates.items() if fate != State.MERGED}
    counts = f"{len(fates) - len(lost)} merged, {len(lost)} lost, {len(toll.doubled)} doubled"
    report.figure(where, f"{toll.kills} kills, {len(toll.asked)} asked, {counts}")
    report.figure(f"{where}: moments", ", ".join(f"{count} {moment}" for moment, count in toll.moments.items()))
    if lost or toll.doubled:
        report.breach(f"{where}: lost {lost}, doubled {toll.doubled}")


async def _fate(folder: Path, trigger: str) -> str:
    """What the store says of a question without a reply of its own. Merged is not lost: a member who asked twice within
    a burst, here on both sides of a quick restart, gets one reply to the last question."""
    store = await Store.open(folder / "data" / "cameo.db", reading_only=True)
    try:
        turn = next((turn for turn in await store.turns(1000) if turn.trigger == trigger), None)
    finally:
        await store.close()
    if turn is None:
        return "never heard"
    return turn.state if turn.state is State.MERGED else f"{turn.state}, {turn.decision.reason} {turn.error}"
