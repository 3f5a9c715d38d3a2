"""A board of quotes as they come: which are old is shaded and said, and a word of blocks shows where each came from."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import ipywidgets as widgets
import pandas as pd

from ibnb.core.clock import NEW_YORK
from ibnb.ib.fields import ContractLike
from ibnb.ib.instruments import as_contracts
from ibnb.ib.values import short_name
from ibnb.verbs.line import STALE
from ibnb.widgets.live import Live
from ibnb.widgets.markup import FALLS, NOTHING, RISES, Cell, count, note, price, shade, sparkline, table

# The state of the data stands first: in a narrow window the last columns are out of sight.
_COLUMNS = ("Symbol", "Data", "Bid size", "Bid", "Ask", "Ask size", "Last", "Change", "Course", "Volume")
_SORTS = {"as added": "", "symbol": "Symbol", "last": "Last", "change": "Change", "volume": "Volume"}
# The course is one price for each so many seconds of the session's time, so many of them.
_EVERY, _POINTS = 10, 18


class QuoteBoard(Live):
    """Quotes of some contracts (or symbols of US stocks), subscribed to until `stop()` or the end of the session.

    A row is stale when nothing has come for `staleAfter` seconds of the session's time, or while the connection is
    lost. `add`, `remove` and `sort` are what the buttons do. One market data line for each row.

    >>> board = ibnb.QuoteBoard(app, ["AAPL", "NVDA"])
    >>> [line.split()[0] for line in board.text.splitlines()[2:]]
    ['AAPL', 'NVDA']
    """

    def __init__(
        self,
        app: Any,
        contracts: ContractLike | str | list[ContractLike | str] | tuple[ContractLike | str, ...] = (),
        staleAfter: float = 60.0,
    ) -> None:
        self._stale_after = staleAfter
        self._rows: dict[str, _Row] = {}
        self._by = "as added"
        self._symbol = widgets.Text(description="Symbol", placeholder="AAPL", layout=widgets.Layout(width="220px"))
        add = widgets.Button(description="Add", tooltip="Subscribe to this symbol")
        self._gone = widgets.Dropdown(description="Remove", layout=widgets.Layout(width="220px"))
        remove = widgets.Button(description="Remove", tooltip="End this symbol's subscription")
        self._order = widgets.Dropdown(options=list(_SORTS), description="Sort by")
        bar = widgets.HBox([self._symbol, add, self._gone, remove, self._order], layout=_WRAP)
        super().__init__(app, before=[bar])
        self.on_click(add, "Subscribing", lambda: self._add(self._symbol.value.strip().upper()))
        self.on_click(remove, "Ending it", lambda: self._remove(self._gone.value or ""))
        self._order.observe(lambda change: self.sort(change["new"]), "value")
        if contracts:
            for each in as_contracts(contracts, "QuoteBoard"):
                self._subscribe(each)
        self._core.fence.wait()
        self.refresh()

    def add(self, contract: ContractLike | str) -> None:
        """Subscribe to one more contract, or symbol of a US stock. ValueError, NotConnectedError, and what TWS refuses
        at once."""
        name = self._subscribe(as_contracts(contract, "QuoteBoard")[0])
        self._core.fence.wait()
        for error in self._rows[name].stream.failures.values():
            self._remove(name)
            raise error
        self.refresh()

    def remove(self, symbol: str) -> None:
        """End the subscription of a row. ValueError for one that isn't there."""
        self._remove(symbol)
        self.refresh()

    def sort(self, by: str) -> None:
        """Sort the rows: "as added", "symbol", or what is largest first: "last", "change", "volume"."""
        if by not in _SORTS:
            raise ValueError(f"by {by!r} is not legal: {', '.join(map(repr, _SORTS))}.")
        self._by = self._order.value = by
        self.refresh()

    def stop(self) -> None:
        """End all subscriptions; the board stays as it stands."""
        super().stop()
        for row in self._rows.values():
            row.stream.__exit__(None, None, None)

    def _add(self, symbol: str) -> str:
        if not symbol:
            raise ValueError("Write a symbol first, such as AAPL.")
        self.add(symbol)
        self._symbol.value = ""
        return f"{symbol} added."

    def _remove(self, symbol: str) -> str:
        with self._lock:
            row = self._rows.pop(symbol, None)
            self._offer()
        if row is None:
            raise ValueError(f"there is no row {symbol!r}; there are {', '.join(self._rows) or 'none'}.")
        row.stream.__exit__(None, None, None)
        return f"{symbol} removed."

    def _subscribe(self, contract: Any) -> str:
        name: str = contract.localSymbol or short_name(contract)
        if name in self._rows:
            return name
        row = _Row(self._app.streamQuotes([contract]).__enter__(), self._core.now())
        with self._lock:
            self._rows[name] = row
            self._offer()
        return name

    def _offer(self) -> None:
        """Offer to remove any row."""
        self._gone.options = list(self._rows)
        self._gone.index = 0 if self._rows else None

    def view(self) -> str:
        with self._lock:
            rows = {name: row.read() for name, row in self._rows.items()}
            names = self._sorted(rows)
            now = self._core.now()
            states = [self._state(self._rows[name], rows[name], now) for name in names]
        if not names:
            return note("No symbols yet: add one.")
        cells = [_cells(name, rows[name], self._rows[name], *state) for name, state in zip(names, states, strict=True)]
        kinds = ["stale" if old else "" for _, old in states]
        title = f"Quotes at {pd.Timestamp(now, unit='s', tz=NEW_YORK):%H:%M:%S} New York"
        way = "ascending" if self._by == "symbol" else "descending"
        return table(title, _COLUMNS, cells, left=("Course", "Data"), kinds=kinds, by=_SORTS[self._by], way=way)

    def _sorted(self, rows: dict[str, pd.Series]) -> list[str]:
        if self._by == "as added":
            return list(rows)
        if self._by == "symbol":
            return sorted(rows)
        values = {name: _change(row) if self._by == "change" else float(row[self._by]) for name, row in rows.items()}
        return sorted(rows, key=lambda name: math.inf if math.isnan(values[name]) else -values[name])

    def _state(self, row: _Row, quote: pd.Series, now: float) -> tuple[str, bool]:
        """What is said of a row's data, and whether they are old."""
        if not self._app.isConnected():
            return "stale: not connected", True
        if row.stream.failures:
            return " ".join(str(next(iter(row.stream.failures.values()))).split())[:80], True
        if quote["data_type"] == STALE:
            return "stale: connection lost", True
        age = now - row.heard
        if age > self._stale_after:
            return f"stale: {age:,.0f} s old", True
        return str(quote["data_type"]) or "waiting", False

    def __repr__(self) -> str:
        return f"QuoteBoard({', '.join(self._rows) or 'empty'})"


_WRAP = widgets.Layout(flex_flow="row wrap")


class _Row:
    """One stream, and what it has brought."""

    def __init__(self, stream: Any, now: float) -> None:
        self.stream = stream
        self.heard = now
        # (which ten seconds, the last price in them)
        self._course: deque[tuple[int, float]] = deque(maxlen=_POINTS)

    def read(self) -> pd.Series:
        """The quote as it stands; the news since the last time go into the course."""
        for tick in self.stream.waiting():
            self.heard = tick.moment
            if tick.field == "last" and tick.value == tick.value:
                slot = int(tick.moment // _EVERY)
                if self._course and self._course[-1][0] == slot:
                    self._course.pop()
                self._course.append((slot, tick.value))
        quote: pd.Series = self.stream.df.iloc[0]
        return quote

    @property
    def course(self) -> list[float]:
        return [value for _, value in self._course]


def _change(quote: pd.Series) -> float:
    return float(quote["last"] / quote["close"] - 1) if quote["close"] else math.nan


def _cells(name: str, quote: pd.Series, row: _Row, state: str, old: bool) -> list[str | Cell]:
    change = _change(quote)
    ground = "" if old or math.isnan(change) else shade(RISES if change >= 0 else FALLS, abs(change) / 0.03)
    return [
        name,
        state,
        count(quote["bidSize"]),
        price(quote["bid"]),
        price(quote["ask"]),
        count(quote["askSize"]),
        price(quote["last"]),
        Cell(NOTHING if math.isnan(change) else f"{change:+.2%}", ground),
        Cell(sparkline(row.course)),
        count(quote["volume"]),
    ]
