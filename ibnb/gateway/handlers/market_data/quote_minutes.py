"""A plain live quote's minutes, each found at once, for whoever hears of all its seconds later.

Rule: the ticks are those that `quote_ticks` and `changed` give second by second, which go on where this ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ... import messages as m
from ...instruments import Instrument
from ...world import World
from .quote_ticks import Column, minute_columns

SECONDS = 60


@dataclass
class Minute:
    """The minute of `start`, from its second `first` on, of which those before `next` have been said. `after`: what has
    been sent of each tick when all have."""

    instrument: Instrument
    start: int
    first: int
    next: int
    news: m.TickMinute
    after: dict[int, Any]

    def say(self) -> m.TickSecond:
        """The next second."""
        self.next += 1
        return m.TickSecond(self.news, self.next - 1)

    def sent(self, world: World) -> dict[int, Any]:
        """What has been sent of each tick by now. Found anew within a minute: hardly anybody stops there."""
        if self.next == SECONDS:
            return self.after
        columns = minute_columns(world, self.instrument, self.start) or []
        return {tick[1]: tick[2] for column in columns for tick in column[self.first : self.next] if tick}


def find_minute(
    world: World, instrument: Instrument, reqId: int, start: int, first: int, sent: dict[int, Any]
) -> Minute | None:
    """The minute of `start` from its second `first` on, after what has been `sent`; None if it isn't a simple one."""
    columns = minute_columns(world, instrument, start)
    if columns is None:
        return None
    after = dict(sent)
    news = m.TickMinute(reqId, [_changes(column, first, after) for column in columns])
    return Minute(instrument, start, first, first, news, after)


def _changes(column: Column, first: int, sent: dict[int, Any]) -> list[tuple[int, m.TickFields]]:
    """The seconds in which a tick is new, with the tick; the last one is noted in `sent`."""
    kind = next((tick[1] for tick in column if tick), -1)
    before, found = sent.get(kind), []
    for second, tick in enumerate(column[first:], first):
        if tick and tick[2] != before:
            before = tick[2]
            found.append((second, tick))
    if found:
        sent[kind] = before
    return found
