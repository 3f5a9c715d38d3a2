"""The book of an instrument as a ladder: asks above, bids below, a bar for each size."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from ibnb.ib.fields import ContractLike
from ibnb.widgets.live import Live
from ibnb.widgets.markup import FALLS, RISES, Cell, bar, count, note, price, table

_COLUMNS = ("Bid size", "Price", "Ask size", "Where")


class DepthLadder(Live):
    """The book of a contract (or of a US stock's symbol) as it changes, until `stop()` or the end of the session.

    `numRows` rows of each side; rows of the same price are one step of the ladder. TWS allows three books at a time.
    Raises as streamDepth does.

    >>> ladder = ibnb.DepthLadder(app, "AAPL")
    >>> "spread" in ladder.text
    True
    """

    def __init__(
        self, app: Any, contract: ContractLike | str, numRows: int = 5, isSmartDepth: bool | None = None
    ) -> None:
        self._name = contract if isinstance(contract, str) else contract.localSymbol or contract.symbol
        self._stream = app.streamDepth(contract, numRows, isSmartDepth).__enter__()
        super().__init__(app)

    def stop(self) -> None:
        """End the subscription; the ladder stays as it stands."""
        super().stop()
        self._stream.__exit__(None, None, None)

    def view(self) -> str:
        book = self._stream.df
        asks = _steps(book, "ask")
        bids = _steps(book, "bid")
        if not (asks or bids):
            return note(f"No book of {self._name}: nobody offers anything, or the connection is lost.")
        most = max(size for _, size, _ in (*asks, *bids))
        rows: list[list[str | Cell]] = [
            ["", price(level), Cell(count(size), bar(FALLS, size / most, "right")), where]
            for level, size, where in reversed(asks)
        ]
        if asks and bids:
            rows.append(["", f"spread {price(asks[0][0] - bids[0][0])}", "", ""])
        rows += [
            [Cell(count(size), bar(RISES, size / most, "left")), price(level), "", where] for level, size, where in bids
        ]
        state = "" if self._app.isConnected() else " (not connected: as it was)"
        return table(f"Book of {self._name}{state}", _COLUMNS, rows, head=1, left=("Where",))

    def __repr__(self) -> str:
        return f"DepthLadder({self._name})"


def _steps(book: Any, side: str) -> list[tuple[float, float, str]]:
    """(price, size, who) of a side from the best on; the sizes of one price are one step."""
    rows = book[[side, f"{side}Size", f"{side}MarketMaker"]].dropna(subset=[side]).itertuples(index=False, name=None)
    steps = []
    for level, group in groupby(rows, key=lambda row: float(row[0])):
        parts = list(group)
        who = ", ".join(dict.fromkeys(str(row[2]) for row in parts if row[2]))
        steps.append((level, sum(float(row[1]) for row in parts), who))
    return steps
