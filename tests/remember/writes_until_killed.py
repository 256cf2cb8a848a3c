"""A process that writes and prints what is committed, until it is killed. Usage: PATH FIRST_NUMBER."""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from bot.remember.store import Store
from bot.remember.transaction import Transaction

from .makers import message, turn


async def hear(store: Store, number: int) -> None:
    async def work(tx: Transaction) -> None:
        await tx.add_messages([message(f"m{number}", f"word{number} said")])
        await tx.put_turns([turn(f"t{number}", f"m{number}")])
        await tx.put_state("local", {f"heard/{number}": "yes"})

    await store.write(work)
    os.write(1, f"{number}\n".encode())  # one write, so that no line is lost or cut


async def main(path: str, first: str) -> None:
    store = await Store.open(Path(path))
    os.write(1, b"open\n")
    numbers = count(int(first))

    async def caller() -> None:
        for number in numbers:
            await hear(store, number)

    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(caller())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
