"""What a strategy has earned: its own fills, marked to the bars of what it held.

The account's other positions, and what a scenario does to them, aren't in it.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ibnb.core.clock import NEW_YORK
from ibnb.errors import RequestError
from ibnb.ib.api import Contract, to_float
from ibnb.ib.values import BAR_SIZES, check_bar_size
from ibnb.tracebacks import short_errors

if TYPE_CHECKING:
    from ibnb.app import IBApp

# What has no trades of its own is marked to its middle.
_MARKS = {"CASH": "MIDPOINT", "CFD": "MIDPOINT", "CMDTY": "MIDPOINT"}
_CURVE = ["pnl", "exposure", "costs"]


@dataclass(frozen=True, repr=False)
class Results:
    """`trades`: a row per fill, as app.getFills. `curve`: New York's times, at the end of each bar; in `currency`.

    Its columns are `pnl` (fills and what is held at its price, commissions taken off), `exposure` (what is held, long
    and short added up) and `costs` (commissions so far).
    """

    trades: pd.DataFrame
    curve: pd.DataFrame
    currency: str

    @property
    def pnl(self) -> float:
        """What has been earned at last, after costs."""
        return float(self.curve["pnl"].iloc[-1]) if len(self.curve) else 0.0

    @property
    def costs(self) -> float:
        """Commissions in all."""
        return float(self.curve["costs"].iloc[-1]) if len(self.curve) else 0.0

    def equity(self, capital: float) -> pd.Series:
        """What `capital` has become over time, for ibnb.plotEquity."""
        return (capital + self.curve["pnl"]).rename("Equity")

    def figures(self, capital: float) -> pd.Series:
        """Trades, P&L, costs and the highest exposure; the return on `capital`, its deepest fall, and, of two days or
        more, volatility and the Sharpe and Sortino ratios of a year, by empyrical (`pip install 'ibnb[worlds]'`).
        """
        if not capital > 0:
            raise ValueError(f"capital is what the strategy began with, a number above 0, not {capital!r}")
        found: dict[str, float] = {
            "trades": len(self.trades),
            "pnl": self.pnl,
            "costs": self.costs,
            "max_exposure": float(self.curve["exposure"].max()) if len(self.curve) else 0.0,
            "return": self.pnl / capital,
        }
        empyrical = _empyrical()
        steps = pd.concat([pd.Series([capital]), self.equity(capital).reset_index(drop=True)]).pct_change().iloc[1:]
        found["max_drawdown"] = float(empyrical.max_drawdown(steps)) if len(steps) else 0.0
        closes = self.equity(capital).groupby(_days(self.curve)).last()
        daily = pd.concat([pd.Series([capital]), closes.reset_index(drop=True)]).pct_change().iloc[1:]
        enough = len(daily) > 1
        found["volatility"] = float(empyrical.annual_volatility(daily)) if enough else np.nan
        found["sharpe"] = float(empyrical.sharpe_ratio(daily)) if enough else np.nan
        found["sortino"] = float(empyrical.sortino_ratio(daily)) if enough else np.nan
        return pd.Series(found)

    def __repr__(self) -> str:
        money = f"{self.pnl:,.2f} {self.currency}, costs {self.costs:,.2f}"
        return f"<Results of {len(self.trades)} fills: {money}>"


@short_errors
def results(app: IBApp, barSize: str = "1 min", symbols: Collection[str] | None = None) -> Results:
    """Return what this app's own orders have earned since it connected, whatever else its account holds.

    barSize: how finely; the bars are asked for when this is called, so nothing needs to be collected meanwhile.
    symbols: only these, or "EUR.USD" for a pair; needed where fills are in several currencies, which aren't added up.
        A commission in another currency is converted at the middle of that time.

    Raises ValueError, and what getHistory raises.

    >>> app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1), wait="Filled")
    New Order ID 1: BUY 1 NVDA (MKT)
    1
    >>> app.sleep("5 min")
    >>> results(app).curve["costs"].iloc[-1]
    1.0
    """
    size = check_bar_size(barSize, "barSize")
    if isinstance(symbols, str):
        raise ValueError(f"symbols is a list, such as [{symbols!r}]")
    fills = app.getFills()
    fills = fills[fills["secType"] != "BAG"]  # whose legs are fills, too
    if symbols is not None:
        wanted = list(symbols)
        fills = fills[fills["symbol"].isin(wanted) | fills["localSymbol"].isin(wanted)]
    if not len(fills):
        return Results(fills, pd.DataFrame(columns=_CURVE, index=pd.DatetimeIndex([], name="time"), dtype=float), "")
    held = {conId: _details(app, conId) for conId in dict.fromkeys(fills["conId"])}
    currencies = sorted({str(each["currency"]) for each in held.values()})
    if len(currencies) > 1:
        by = {currency: [_name(e) for e in held.values() if e["currency"] == currency] for currency in currencies}
        raise ValueError(
            f"the fills are in several currencies, which aren't added up: call results(app, symbols=…) for {by}"
        )
    marks = _marks(app, held, fills, size)
    paid = fills.assign(commission=fills["commission"].fillna(0.0) * _rates(app, fills, currencies[0], size))
    return Results(fills, _curve(paid, held, marks), currencies[0])


def _name(details: dict[str, Any]) -> str:
    return str(details["localSymbol" if details["secType"] == "CASH" else "symbol"])


def _details(app: IBApp, conId: int) -> dict[str, Any]:
    contract = Contract()
    contract.conId = int(conId)
    row = {str(name): value for name, value in app.getContractDetails(contract).iloc[0].items()}
    scale = to_float(row["multiplier"]) if str(row["multiplier"]).strip() else 1.0
    return {**row, "scale": scale / (to_float(row["priceMagnifier"]) or 1.0)}


def _marks(app: IBApp, held: dict[int, dict[str, Any]], fills: pd.DataFrame, size: str) -> pd.DataFrame:
    """The last price of each instrument (columns) at the end of each bar from the first fill on."""
    start, now = fills.index[0].floor("D"), pd.Timestamp(app.now())
    columns: dict[int, pd.Series] = {}
    for show in dict.fromkeys(_MARKS.get(each["secType"], "TRADES") for each in held.values()):
        wanted = {}
        for conId, each in held.items():
            if _MARKS.get(each["secType"], "TRADES") == show:
                wanted[str(conId)] = contract = Contract()
                contract.conId, contract.exchange = int(conId), each["exchange"]
        history = app.getHistory(wanted, start, None, size, show, useRTH=0)
        for label in wanted:
            closes = history[label]["Close"]
            columns[int(label)] = closes.set_axis(_ends(closes.index, size))
    marks = pd.DataFrame(columns).sort_index().ffill()
    ends = pd.DatetimeIndex(marks.index)
    marks.index = ends.where(ends <= now, now)  # the bar that isn't over yet
    since: pd.DataFrame = marks.loc[marks.index >= fills.index[0]]
    return since


def _rates(app: IBApp, fills: pd.DataFrame, currency: str, size: str) -> Any:
    """What a unit of each fill's commission is in `currency`: the commission of a pair is in the account's own."""
    rates = np.ones(len(fills))
    for other in set(fills["commissionCurrency"]) - {currency, ""}:
        pair, inverted = app.createContract(other, "CASH", "IDEALPRO", currency), False
        try:
            app.getContractDetails(pair)
        except RequestError:  # it is quoted the other way round
            pair, inverted = app.createContract(currency, "CASH", "IDEALPRO", other), True
        history = app.getHistory({"pair": pair}, fills.index[0].floor("D"), None, size, "MIDPOINT", useRTH=0)
        closes = history["pair"]["Close"]
        last = _ends(closes.index, size).searchsorted(fills.index, side="right") - 1
        then = closes.to_numpy()[np.maximum(last, 0)]
        rates = np.where(fills["commissionCurrency"] == other, 1 / then if inverted else then, rates)
    return rates


def _ends(begun: Any, size: str) -> pd.DatetimeIndex:
    """When bars end, in New York's time; one of a day, week or month has the date of its last day."""
    times = pd.DatetimeIndex(begun)
    if times.tz is None:
        return (times + pd.Timedelta(days=1)).tz_localize(NEW_YORK)
    return times.tz_convert(NEW_YORK) + pd.Timedelta(seconds=BAR_SIZES[size])


def _curve(fills: pd.DataFrame, held: dict[int, dict[str, Any]], marks: pd.DataFrame) -> pd.DataFrame:
    curve = pd.DataFrame(0.0, index=marks.index.rename("time"), columns=_CURVE)
    for conId, prices in marks.items():
        own = fills[fills["conId"] == conId]
        units = own["shares"].where(own["side"] == "BOT", -own["shares"]).to_numpy()
        scale, costs = held[int(str(conId))]["scale"], own["commission"].to_numpy()
        # A fill's time is whole seconds: one at a bar's end came after it. What has been filled by now counts at last.
        so_far = own.index.searchsorted(marks.index, side="left")
        so_far[-1:] = len(own)

        def upto(each: Any, so_far: Any = so_far) -> Any:
            return np.concatenate([[0.0], np.cumsum(each)])[so_far]

        # Before its first bar it is worth what was paid last.
        paid = np.concatenate([[0.0], own["price"].to_numpy()])[so_far]
        worth = upto(units) * prices.fillna(pd.Series(paid, prices.index)).to_numpy() * scale
        curve["pnl"] += worth - upto(units * own["price"].to_numpy() * scale) - upto(costs)
        curve["exposure"] += np.abs(worth)
        curve["costs"] += upto(costs)
    return curve


def _days(curve: pd.DataFrame) -> pd.DatetimeIndex:
    """The trading day of each row: midnight ends the day before, and a Sunday evening belongs to Monday."""
    days = (pd.DatetimeIndex(curve.index) - pd.Timedelta(1, "ns")).tz_localize(None).normalize()
    return days + pd.to_timedelta(np.where(days.day_of_week > 4, 7 - days.day_of_week, 0), unit="D")


def _empyrical() -> Any:
    try:
        return importlib.import_module("empyrical")
    except ImportError:
        raise ImportError("these figures are empyrical's: pip install 'ibnb[worlds]'") from None
