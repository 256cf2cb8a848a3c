"""`limits`: how much of each limit is used up. What others have cost the operator is told as a share only."""

from bot.commands.desk import Desk
from bot.commands.request import Request
from bot.decide.budget import Use
from bot.decide.reasons import Reason
from bot.types import Answer

FULL = 100


async def tell_limits(desk: Desk, request: Request) -> Answer:
    uses = desk.budget.uses("", request.room, request.now)
    member = request.say("limits.member_limit", limit=desk.budget.limits.replies_per_member_hour)
    alerts = [alert.text for alert in desk.alerts()] if request.language.startswith("en") else []
    return Answer("\n".join([*(_line(use, request) for use in uses), member, *alerts]))


def _line(use: Use, request: Request) -> str:
    if use.reason is Reason.BUDGET:
        return request.say("limits.budget", share=min(FULL, round(use.share * FULL)))
    return request.say(f"limits.{use.reason}", used=f"{use.used:g}", limit=f"{use.limit:g}")
