"""How much a client may ask in how much time: messages per second, and historical bars of 30 seconds and less.

Rule: pure objects; the time is handed in. They say whether and when, never what is then said or done.

What a scenario enforces stands in its ``Limits``. Every scenario here, the lesson's too, paces small bars, as TWS does,
and leaves bars of a minute and more alone; none refuses messages for their number, and a live one reads them slowly.

Differs from TWS: time is the world's. While a manual clock stands still, six requests in a row are six within two
seconds, however long the person who makes them thinks; moving the clock mends it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from . import messages as m

if TYPE_CHECKING:
    from .scenario import Limits

_SMALL_BARS = frozenset({"1 secs", "5 secs", "10 secs", "15 secs", "30 secs"})


class MessageRate:
    """One connection's messages: at most `most` in any `window` seconds."""

    def __init__(self, most: int, window: float = 1.0) -> None:
        self._window = window
        self._most = most
        self._times: deque[float] = deque()

    def count(self, now: float) -> int:
        """Count a message and return how many there are in the window that ends with it, at most one above `most`."""
        self._forget(now)
        if len(self._times) > self._most:
            self._times.popleft()
        self._times.append(now)
        return len(self._times)

    def wait(self, now: float) -> float:
        """Return how many seconds the next message has to wait so as not to be one too many; 0 for none."""
        self._forget(now)
        return max(0.0, self._times[-self._most] + self._window - now) if len(self._times) >= self._most else 0.0

    def _forget(self, now: float) -> None:
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()


class Paced(NamedTuple):
    """A request for small bars, without its id: the whole of it, what it is a series of, and how much it counts."""

    identity: Any
    series: tuple[Any, ...]
    weight: int


def paced(request: Any) -> Paced | None:
    """Return what counts of a request, or None when it isn't paced. Live bars count for the ten minutes only."""
    if isinstance(request, m.ReqRealTimeBars):
        return Paced(None, (), 1)
    if not isinstance(request, m.ReqHistoricalData) or request.barSizeSetting.strip().lower() not in _SMALL_BARS:
        return None
    what = request.whatToShow.strip().upper()
    return Paced(replace(request, reqId=0), (request.contract, what), 2 if what == "BID_ASK" else 1)


class SmallBars:
    """The three rules for small bars, over all clients of one TWS.

    Not the same request twice within 15 seconds; not six for one contract, exchange and kind of data within 2 seconds;
    not more than 60 in ten minutes, where BID_ASK counts twice. Figures: `Limits`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._asked: deque[tuple[float, Paced]] = deque()

    def violated(self, ask: Paced, now: float) -> bool:
        """Tell whether this request, made now, breaks a rule."""
        limits = self._limits
        while self._asked and self._asked[0][0] <= now - limits.historical_small_bars_seconds:
            self._asked.popleft()
        if sum(each.weight for _, each in self._asked) + ask.weight > limits.historical_small_bars:
            return True
        if ask.identity is None:
            return False
        same = since(self._asked, now - limits.historical_identical_seconds)
        if any(each.identity == ask.identity for each in same):
            return True
        burst = since(self._asked, now - limits.historical_burst_seconds)
        return sum(each.series == ask.series for each in burst) + 1 >= limits.historical_burst

    def note(self, ask: Paced, now: float) -> None:
        """Remember a request that was let through."""
        self._asked.append((now, ask))


def since(asked: deque[tuple[float, Paced]], time: float) -> list[Paced]:
    """Return what was asked after `time`."""
    return [each for when, each in asked if when > time]
