"""What a fast decoder makes of a message: columns in place of rows, and the calls in place of callbacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from numpy.typing import NDArray

# Callbacks that come row by row → the name under which handlers get many at once.
COLUMNS = {
    "historicalData": "historicalDataColumns",
    "tickPrice": "tickPriceColumns",
    "tickSize": "tickPriceColumns",
    "tickGeneric": "ticks",
    "tickString": "ticks",
}


class Columns(Sequence[tuple[Any, ...]]):
    """Rows kept as columns: `frames` takes them as they are, whoever looks at one row gets a tuple of plain values."""

    def __init__(self, columns: Sequence[NDArray[Any]]) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        values = [column[at] for column in self.columns]
        return tuple(value.decode() if isinstance(value, bytes) else value.item() for value in values)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        lists = [column.tolist() for column in self.columns]
        dates = [date.decode() for date in lists[0]]
        return zip(dates, *lists[1:], strict=True)


class Bar(NamedTuple):
    """What ibapi's BarData says, with volume and average as floats."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    wap: float
    barCount: int


class Decoded(NamedTuple):
    """What a message says, as calls of handlers; `callbacks` is how many of them ibapi would make.

    0: these are the callbacks themselves, for everybody who wants them.
    """

    callbacks: int
    calls: tuple[tuple[str, tuple[Any, ...]], ...]


#: Decoded of (callbacks, calls), in half the time: for what comes with each question and answer.
as_decoded: Callable[[tuple[Any, ...]], Decoded] = partial(tuple.__new__, Decoded)

Decode = Callable[[bytes, int], Decoded | None]
