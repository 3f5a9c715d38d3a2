"""An option chain by strike: calls on the left, puts on the right, and heat where a figure is high."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import pandas as pd

from ibnb.core.clock import NEW_YORK
from ibnb.ib.fields import ContractLike
from ibnb.ib.values import short_name
from ibnb.widgets.live import Live
from ibnb.widgets.markup import NOTHING, RISES, Cell, count, note, price, shade, table

_SIDE = ("impliedVol", "delta", "volume", "bid", "ask")
# Prices stand next to the strike on both sides, the bid left of the ask.
_PUTS = ("bid", "ask", "volume", "delta", "impliedVol")
_NAMES = {"impliedVol": "IV", "delta": "Delta", "volume": "Volume", "bid": "Bid", "ask": "Ask"}
_COLUMNS = (*(_NAMES[each] for each in _SIDE), "Strike", *(_NAMES[each] for each in _PUTS))
_GROUPS = (("Calls", len(_SIDE)), ("", 1), ("Puts", len(_PUTS)))
_HEATS = {"implied volatility": "impliedVol", "volume": "volume", "delta": "delta", "none": ""}


class OptionChain(Live):
    """The options of one expiry on a contract (or a US stock's symbol), until `stop()` or the end of the session.

    Bid, ask and volume come as they change, on two market data lines for each strike; implied volatility and delta are
    those of the moment when the chain was asked for. `show(expiry)` is what the drop-down does; `expiry` "20250620" is
    the next one unless given, `strikes` as in getOptionChain. Raises as getOptionChain does.

    >>> chain = ibnb.OptionChain(app, "AAPL", strikes=4)
    >>> len(chain.text.splitlines()) - 4
    4
    """

    def __init__(
        self,
        app: Any,
        underlying: ContractLike | str,
        expiry: str | None = None,
        strikes: int | slice | list[float] = 10,
    ) -> None:
        self._underlying = underlying
        self._strikes = strikes
        self._frame: pd.DataFrame = pd.DataFrame()
        self._stream: Any = None
        self._at = 0.0
        found = app.getOptionParameters(underlying)
        dates = sorted({date for each in found["expirations"] for date in each})
        if not dates:
            raise ValueError(f"there are no options on {self._name}.")
        if expiry is not None and expiry not in dates:
            raise ValueError(f"expiry {expiry!r} is not legal: {', '.join(map(repr, dates[:12]))} …")
        self._expiry = widgets.Dropdown(options=dates, value=expiry or dates[0], description="Expiry")
        self._heat = widgets.Dropdown(options=list(_HEATS), description="Heat by")
        again = widgets.Button(description="Ask again", tooltip="New volatilities and deltas")
        bar = widgets.HBox([self._expiry, self._heat, again], layout=widgets.Layout(flex_flow="row wrap"))
        self._core = app._ibnb
        self._app = app
        self._load(self._expiry.value)
        super().__init__(app, before=[bar])
        self._expiry.observe(lambda change: self.start("Asking", lambda: self._load(change["new"])), "value")
        self._heat.observe(lambda _: self.refresh(), "value")
        self.on_click(again, "Asking", lambda: self._load(self._expiry.value))

    def show(self, expiry: str) -> None:
        """Show the options of another expiry. ValueError for one that there isn't."""
        if expiry not in self._expiry.options:
            raise ValueError(f"expiry {expiry!r} is not legal: {', '.join(map(repr, self._expiry.options[:12]))} …")
        self._expiry.value = expiry

    def stop(self) -> None:
        """End the subscriptions; the chain stays as it stands."""
        super().stop()
        if self._stream is not None:
            self._stream.__exit__(None, None, None)

    def _load(self, expiry: str) -> str:
        frame = self._app.getOptionChain(self._underlying, [expiry], self._strikes)
        symbol = self._underlying if isinstance(self._underlying, str) else self._underlying.symbol
        options = [self._app.createContract(symbol, "OPT", conId=int(each)) for each in frame["conId"]]
        old, stream = self._stream, self._app.streamQuotes(options) if options else None
        if old is not None:
            old.__exit__(None, None, None)
        if stream is not None:
            stream.__enter__()
        self._frame, self._stream, self._at = frame, stream, self._core.now()
        self._core.fence.wait()
        return ""

    def view(self) -> str:
        frame, stream = self._frame, self._stream
        if not len(frame) or stream is None:
            return note(f"No options on {self._name} fit.")
        quotes = stream.df
        shown = frame.assign(
            **{name: quotes[name].where(quotes[name].notna(), frame[name].to_numpy()).to_numpy() for name in _SIDE[2:]}
            if len(quotes) == len(frame)
            else {}
        )
        heat = _HEATS[self._heat.value]
        low, high = (shown[heat].abs().min(), shown[heat].abs().max()) if heat else (0.0, 0.0)
        under = float(shown["undPrice"].iloc[0])
        strikes = sorted(set(shown["strike"]))
        nearest = min(strikes, key=lambda each: abs(each - under)) if under == under else None
        rows = []
        for strike in strikes:
            cells: list[str | Cell] = []
            for right, side in (("C", _SIDE), ("P", _PUTS)):
                found = shown[(shown["strike"] == strike) & (shown["right"] == right)]
                cells += [_cell(found.iloc[0] if len(found) else None, name, heat, low, high) for name in side]
                if right == "C":
                    text = f"{strike:g}" + (" ◂ nearest" if strike == nearest else "")
                    cells.append(Cell(f"<b>{text}</b>", kind="c"))
            rows.append(cells)
        date = pd.Timestamp(shown["expiry"].iloc[0])
        at = f"{pd.Timestamp(self._at, unit='s', tz=NEW_YORK):%H:%M:%S}"
        away = "" if self._app.isConnected() else " Not connected: prices are as they were."
        title = f"{self._name} {price(under)}, options of {date:%d %b %Y}"
        return table(title, _COLUMNS, rows, head=len(_SIDE), groups=_GROUPS) + note(
            f"Prices and volumes as they come; IV, delta and the price of {self._name} of {at}.{away}"
        )

    @property
    def _name(self) -> str:
        return self._underlying if isinstance(self._underlying, str) else short_name(self._underlying)

    def __repr__(self) -> str:
        return f"OptionChain({self._name} {self._expiry.value}, {len(self._frame)} options)"


def _cell(option: Any, name: str, heat: str, low: float, high: float) -> Cell:
    if option is None or option[name] != option[name]:
        return Cell(NOTHING)
    value = float(option[name])
    text = {"impliedVol": f"{value:.1%}", "delta": f"{value:.2f}", "volume": count(value)}.get(name) or price(value)
    share = (abs(value) - low) / (high - low) if name == heat and high > low else 0.0
    return Cell(text, shade(RISES, share) if share else "")
