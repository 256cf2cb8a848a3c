"""What Cameo has answered to the visitor's commands, below the box where they were typed. Nobody else sees it."""

import base64

from adapters.local.answers import Given
from adapters.local.page.tags import Tag, button, markup
from adapters.local.page.visit import Visit
from bot.types import AnswerFile


class AnswersView:
    """The answers in one thread, or (None) in the room itself."""

    def __init__(self, visit: Visit, room_id: str, root: str | None):
        self._visit, self._room_id, self._root = visit, room_id, root
        self._boxes: dict[str, Tag] = {}  # by the id of the command
        self._list = Tag("div", css="answers", role="status")
        self.sync()

    def sync(self) -> None:
        """Shows the answers that the visitor has got by now."""
        wanted = {given.asked.id: given for given in self._given()}
        for id_ in [id_ for id_ in self._boxes if id_ not in wanted]:
            self._boxes.pop(id_).delete()
        for id_, given in wanted.items():
            if id_ not in self._boxes:
                with self._list:
                    self._boxes[id_] = self._draw(given)
                self._boxes[id_].move(target_index=0)  # the newest is nearest to the box where it was asked

    def _given(self) -> list[Given]:
        visit = self._visit
        if visit.author is None:
            return []
        here = (self._room_id, self._root)
        given = visit.community.answers.of(visit.author.id)
        return [one for one in given if (one.asked.room.id, one.asked.thread.root) == here]

    def _draw(self, given: Given) -> Tag:
        box = Tag("div", css="private-answer")
        with box:
            with Tag("header"):
                Tag("span", self._visit.say("only_you"), "soft")
                close = button("×", "quiet", aria_label=self._visit.say("dismiss"))
                close.on("click", lambda: self._dismiss(given.asked.id))
            Tag("code", f"/cameo {given.asked.text}".strip(), "asked")
            markup(self._visit.html(given.answer.text), "text")
            if given.answer.file:
                _draw_file(given.answer.file)
        return box

    def _dismiss(self, asked_id: str) -> None:
        if self._visit.author:
            self._visit.community.answers.dismiss(self._visit.author.id, asked_id)
        self.sync()


def _draw_file(file: AnswerFile) -> None:
    data = base64.b64encode(file.data).decode()
    Tag("a", file.name, "file", href=f"data:application/octet-stream;base64,{data}", download=file.name)
