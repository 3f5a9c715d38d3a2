"""Greeks as a stream: what TWS computes of an option, as it comes.

TWS computes of the bid, the offer and the last trade each, and of a model of its own, and sends each anew when it
changes (tick types 10 to 13; delayed ones 80 to 83).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from ibnb import tables
from ibnb.core.clock import NEW_YORK
from ibnb.core.pending import Key, Slot
from ibnb.core.session import Session
from ibnb.ib.fields import ContractLike
from ibnb.verbs.line import Line
from ibnb.verbs.stream import Stream

#: What is computed of what: tick types, live and delayed.
COMPUTED_OF = {"bid": (10, 80), "ask": (11, 81), "last": (12, 82), "model": (13, 83)}
#: What an option computation holds, in the order of tickOptionComputation.
COMPUTED = ("impliedVol", "delta", "optPrice", "pvDividend", "gamma", "vega", "theta", "undPrice")


class Greeks(NamedTuple):
    """One option computation: `time` is when it arrived, in New York; the other fields are as in getOptionChain."""

    time: pd.Timestamp
    impliedVol: float
    delta: float
    gamma: float
    vega: float
    theta: float
    optPrice: float
    pvDividend: float
    undPrice: float


class GreekLine(Line):
    """A market data line of which only the computations of one kind are wanted."""

    def __init__(self, stream: GreekStream, contract: Any, slot: Slot, of: str) -> None:
        super().__init__(contract, slot, None)
        self._stream, self._types = stream, COMPUTED_OF[of]

    def compute(self, tickType: int, figures: dict[str, float], now: float) -> None:
        """A computation from TWS. Runs on the reader thread."""
        if tickType in self._types:
            self._stream.put((now, *(figures[name] for name in Greeks._fields[1:])))


class GreekStream(Stream[Greeks]):
    """Option computations while the block lasts; see streamGreeks."""

    verb = "streamGreeks"
    request = "reqMktData"

    def __init__(self, app: Session, contract: ContractLike | str, of: str, timeout: float | None) -> None:
        super().__init__(app, contract, timeout, "", False, False, [])
        self._of = of

    def _ask(self, reqId: Key) -> None:
        assert self._slot is not None
        self._slot.taker = GreekLine(self, self._contract, self._slot, self._of)
        super()._ask(reqId)

    @property
    def df(self) -> pd.DataFrame:
        """The computations so far: index `time` (New York), columns as in Greeks."""
        self._app._ibnb.catch_up()
        return tables.frame("greeks", list(self._rows))

    def _item(self, raw: tuple[float, ...]) -> Greeks:
        return Greeks(pd.Timestamp(datetime.fromtimestamp(raw[0], NEW_YORK)), *raw[1:])
