"""Bars that are told at every beat, made when somebody hears them.

Rule: what a beat says depends on its moment alone, so that those of many beats are made together, to the last byte what
each would have said at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ...instruments import Instrument
from ...market import Bars
from ...world import Client, World
from .request import Size


@dataclass(eq=False, repr=False)
class Growing:
    """The bars of one request, of a client that may hear of them later. `answers` makes messages of bars, one of each.

    Called, it gives what the first beat says of which it hasn't been asked yet.
    """

    world: World
    client: Client
    reqId: int
    instrument: Instrument
    what: str
    size: Size
    rth: bool
    answers: Callable[[Bars], Iterable[Any]]
    _beats: list[tuple[float, float]] = field(default_factory=list)
    _made: deque[list[Any]] = field(default_factory=deque)

    def tell(self, start: float, end: float) -> None:
        """Say how the bars of [start, end) stand: at once where there may be none, as when nobody trades, so that a
        stream in which nothing is said isn't taken for one of which something waits."""
        world, market, instrument, last = self.world, self.world.market, self.instrument, end - 1
        trades = market.is_open(instrument, last, self.rth) and not market.may_stand(instrument, last)
        if trades and not market.from_file(instrument) and world.upstream.whole:
            self._beats.append((start, end))
            if self.client.owe(self.reqId, self):
                return
            self._beats.pop()
        for message in self.answers(market.bars(instrument, self.what, self.size, start, end, self.rth)):
            self.client.send(message)

    def __call__(self) -> list[Any]:
        if not self._made:
            bars, many = self.world.market.growing(self.instrument, self.what, self.size, self._beats, self.rth)
            del self._beats[: len(many)]
            answers = iter(self.answers(bars))
            self._made.extend(list(islice(answers, each)) for each in many)
        return self._made.popleft()
