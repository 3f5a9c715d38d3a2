"""A recording's answers, in the order in which they came: the program asks what was asked, in the same order.

Rule: a question is never asked earlier than it was. What was asked otherwise is named, with both messages.
"""

from __future__ import annotations

from ibnb.wire.recording import RECEIVED, SENT
from ibnb.worlds.recorded import Recorded, ReplayError


class InOrder:
    """Where a program stands in a recording. Times are seconds since it began."""

    #: What was asked otherwise once ends it.
    goes_on = False

    def __init__(self, recorded: Recorded) -> None:
        self._recorded, self._messages = recorded, recorded.messages
        self._at = 0

    def next_due(self, until: float) -> float | None:
        """When the next answer comes, if by then. Raises ReplayError if the recorded program asked before."""
        following = self._messages[self._at] if self._at < len(self._messages) else None
        if following is None or following.t > until:
            return None
        if following.way == SENT:
            raise ReplayError(
                f"{self._recorded.path.name}: this program waits, and the recorded one asked at {following.t:.3f} s: "
                f"{self._recorded.said(following.payload)}"
            )
        return following.t

    def due(self, until: float) -> list[bytes]:
        """What was received by then, and before the next question."""
        found = []
        while self._at < len(self._messages) and (each := self._messages[self._at]).way == RECEIVED and each.t <= until:
            found.append(each.payload)
            self._at += 1
        return found

    def ask(self, payload: bytes, now: float) -> tuple[float, list[bytes]]:
        """A question: the time at which it was asked, and what was received before. Raises ReplayError."""
        name, place = self._recorded.path.name, self._at
        while place < len(self._messages) and self._messages[place].way == RECEIVED:
            place += 1
        if place == len(self._messages):
            raise ReplayError(
                f"{name}: this program asks something that the recorded one, which ended here, didn't ask: "
                f"{self._recorded.said(payload)}"
            )
        wanted = self._messages[place]
        if payload != wanted.payload:
            number = sum(each.way == SENT for each in self._messages[: place + 1])
            raise ReplayError(
                f"{name}, request {number}: this program asks otherwise than the recorded one.\n"
                f"recorded: {self._recorded.said(wanted.payload)}\n"
                f"now:      {self._recorded.said(payload)}"
            )
        before = [each.payload for each in self._messages[self._at : place]]
        self._at = place + 1
        return max(now, wanted.t), before
