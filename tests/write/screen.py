"""What members see before there is a message, and what only the platform knows."""

from bot.types import Capabilities, Message, Thread, Unavailable


class Screen:
    """Records what members see before there is a message. `elsewhere` are messages that only the platform has."""

    capabilities = Capabilities(live_preview=True)

    def __init__(self) -> None:
        self.previews: list[str | None] = []
        self.typed: list[Thread] = []
        self.elsewhere: dict[str, Message] = {}
        self.looked_up: list[str] = []
        self.trouble: Exception | None = None

    async def typing(self, thread: Thread) -> None:
        self.typed.append(thread)

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        self.previews.append(text)

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        raise Unavailable("no files here")

    def link(self, thread: Thread, message_id: str) -> str:
        return f"https://chat.example/{message_id}"

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        self.looked_up.append(message_id)
        if self.trouble:
            raise self.trouble
        return self.elsewhere.get(message_id)
