"""A process whose files can't grow any more, which looks like a full disk at a commit. Usage: PATH."""

import asyncio
import resource
import sys
from pathlib import Path

from bot.remember.store import Store
from bot.types import StoreError

from .makers import KITCHEN, ids, message


async def main(path: Path) -> None:
    store = await Store.open(path)
    await store.write(lambda writing: writing.add_messages([message("before")]))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = path.with_name(path.name + "-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 100, most))
    try:
        await store.write(lambda writing: writing.add_messages([message("lost")]))
        print("acknowledged")
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    await store.write(lambda writing: writing.add_messages([message("after")]))
    print(*ids(await store.messages(KITCHEN, 9)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
