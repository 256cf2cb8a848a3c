"""Words of ours that count as said in their room, and were not: kept as a deleted message of ours is, so that nothing
shows or recalls them, and a room that is rebuilt counts them."""

from bot.remember.rows import message_values
from bot.remember.transaction import ADD, Transaction
from bot.types import Message


async def add_unsaid(tx: Transaction, word: Message) -> None:
    await tx.run(ADD, [message_values(word) | {"deleted": True}])
