"""Rows → DataFrame, by one table of columns and dtypes per answer.

Rule: an empty answer has the same columns, dtypes and index as a full one; numbers are float64, IB's "unset" values are
NaN and never 0; names are IB's own, except getData's, which are the ones that the seeds, yfinance and mplfinance use.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from ibnb.errors import IBError
from ibnb.ib.dates import parse_dates, parse_moments
from ibnb.ib.zones import NEW_YORK, zone_name
from ibnb.table_display import Table
from ibnb.wire.fast import Columns

# Kind → the columns that are of it, by their names, in whichever table; all others hold texts.
_KINDS = {
    "dates": "Date",
    "days": "refDate expiry",
    "times": "start end time",
    "session": "lastData since until",
    "int64": (
        "conId priceMagnifier bitNumber underlyingConId msgId msgType rank orderId parentId permId clientId number code"
    ),
    "Int64": "id reqId",
    "bool": "pastLimit unreported bidPastLow askPastHigh",
    "object": "expirations strikes",
    "float64": (
        "Open High Low Close Volume Average BarCount marketPrice marketValue averageCost unrealizedPNL realizedPNL "
        "strike avgCost minTick price size bid ask bidSize askSize midpoint impliedVol delta gamma vega theta optPrice "
        "pvDividend undPrice aggGroup lowEdge increment last volume close lastSize open high low totalQuantity "
        "lmtPrice auxPrice filled remaining avgFillPrice shares commission age seconds latency value position"
    ),
}
# Answer → its columns: "name:kind" where one isn't of its name's usual kind; what stands before "|" becomes the index.
_COLUMNS = {
    "bars": "Date | Open High Low Close Volume Average BarCount",
    "account": "tag | value currency text account",
    "portfolio": (
        "symbol | secType currency position marketPrice marketValue averageCost unrealizedPNL realizedPNL conId "
        "account lastTradeDateOrContractMonth strike right localSymbol tradingClass"
    ),
    "positions": (
        "symbol | secType currency position avgCost conId account lastTradeDateOrContractMonth strike right "
        "localSymbol tradingClass"
    ),
    "contractDetails": (
        "symbol secType exchange primaryExchange currency localSymbol tradingClass lastTradeDateOrContractMonth strike "
        "right multiplier conId longName stockType minTick priceMagnifier timeZoneId tradingHours liquidHours "
        "validExchanges orderTypes"
    ),
    "symbols": "symbol secType primaryExchange currency conId derivativeSecTypes",
    "trades": "time | price size exchange specialConditions pastLimit unreported",
    "bidAsks": "time | bid ask bidSize askSize bidPastLow askPastHigh",
    "midpoints": "time | midpoint",
    "greeks": "time:session | impliedVol delta gamma vega theta optPrice pvDividend undPrice",
    "histogram": "price | size",
    "book": "position:int64 | bidMarketMaker bidSize bid ask askSize askMarketMaker",
    "depthExchanges": "exchange secType listingExch serviceDataType aggGroup",
    "schedule": "refDate | start end",
    "config": "setting | value:object",
    "marketRule": "lowEdge increment",
    "smartComponents": "exchangeLetter | exchange bitNumber",
    "optionParameters": "exchange tradingClass multiplier underlyingConId expirations strikes",
    "optionChain": (
        "expiry strike right bid ask last bidSize askSize volume impliedVol delta gamma vega theta optPrice pvDividend "
        "undPrice tradingClass multiplier localSymbol conId data_type"
    ),
    "newsProviders": "code:str | name",
    "news": "time | providerCode articleId headline metadata",
    "bulletins": "msgId | msgType message exchange",
    "quotes": "symbol | bid ask last close bidSize askSize lastSize volume open high low data_type",
    "scan": "rank | symbol secType currency exchange localSymbol tradingClass conId distance benchmark projection",
    "orders": (
        "orderId | action totalQuantity symbol orderType lmtPrice auxPrice tif status filled remaining avgFillPrice "
        "whyHeld parentId permId clientId account secType currency lastTradeDateOrContractMonth strike right "
        "localSymbol tradingClass conId comboLegs"
    ),
    "completedOrders": (
        "symbol action totalQuantity orderType lmtPrice tif status completedStatus completedTime permId account filled "
        "secType currency lastTradeDateOrContractMonth strike right localSymbol tradingClass conId comboLegs"
    ),
    "orderLog": "time:moments | message status filled remaining avgFillPrice text",
    "executions": (
        "time | orderId symbol side shares price exchange commission commissionCurrency realizedPNL execId permId "
        "clientId account secType lastTradeDateOrContractMonth strike right localSymbol tradingClass conId"
    ),
    # What a session tells of itself; "session": seconds of its clock, shown in New York's time.
    "notices": "time:session reqId:int64 code severity text meaning",
    "problems": "time:session callback where error traceback",
    "farms": "farm | kind state time:session",
    "streams": "stream symbol reqId state lastData age",
    "gaps": "stream symbol since until seconds reason",
    "tape": "number | time:session direction name id latency thread summary",
}


_USUAL = {name: kind for kind, names in _KINDS.items() for name in names.split()}


def _with_kinds(columns: str) -> dict[str, str]:
    split = [each.partition(":") for each in columns.replace("|", "").split()]
    return {name: kind or _USUAL.get(name, "str") for name, _, kind in split}


#: Answer → column → dtype. The column that INDEX names, the first one, becomes the index.
TABLES = {name: _with_kinds(columns) for name, columns in _COLUMNS.items()}
INDEX = {name: next(iter(TABLES[name])) for name, columns in _COLUMNS.items() if "|" in columns}

# Long ones are pandas' own in every way: what people do with them is reckon.
_PLAIN = {"bars", "trades", "bidAsks", "midpoints", "greeks", "histogram"}

# IB marks "no value" with the largest double, 2**127 - 1 as a decimal, or the largest 32-bit or 64-bit integer.
_UNSET_FROM = 1.7e38
_UNSET_INTEGERS = (2**31 - 1, 2**63 - 1)


def frame(name: str, rows: Sequence[Sequence[Any]], zone: str | None = None) -> pd.DataFrame:
    """Return `rows` (tuples in the order of TABLES[name]) as a DataFrame.

    `zone` is the zone that times are shown in, and that times without a zone are read in.
    """
    found = table(TABLES[name], rows, INDEX.get(name), zone)
    return found if name in _PLAIN else Table(found)


def table(
    kinds: Mapping[str, str], rows: Sequence[Sequence[Any]], index: str | None = None, zone: str | None = None
) -> pd.DataFrame:
    """Return rows as a DataFrame whose columns, of these kinds, don't depend on whether there are any rows."""
    columns: Iterable[Any] = [()] * len(kinds)
    if rows:
        columns = rows.columns if isinstance(rows, Columns) else zip(*rows, strict=True)
    data = {name: _column(values, kinds[name], zone) for name, values in zip(kinds, columns, strict=True)}
    labels = pd.RangeIndex(len(rows)) if index is None else pd.Index(data.pop(index), name=index)
    # pandas would look into objects, and find times in some answers and none in others.
    types = {name: "object" if kinds[name] == "object" else None for name in data}
    return pd.DataFrame(
        {name: pd.Series(values, index=labels, dtype=types[name]) for name, values in data.items()}, index=labels
    )


def numbers(values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return floats from floats, ints, Decimals, texts and None; unset values and texts that are no number are NaN."""
    try:
        found = np.array(values, dtype="float64")
    except (TypeError, ValueError):
        found = np.array([_number(value) for value in values], dtype="float64")
    found[np.abs(found) > _UNSET_FROM] = np.nan
    return found


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, ArithmeticError):
        return float("nan")


def _column(values: Sequence[Any], kind: str, zone: str | None) -> Any:
    if kind == "float64":
        return numbers(values)
    if kind == "int64":
        return np.array([0 if value is None or value in _UNSET_INTEGERS else int(value) for value in values], "int64")
    if kind == "bool":
        return np.array([bool(value) for value in values], dtype="bool")
    if kind == "object":
        return pd.Series(list(values), dtype="object").to_numpy()
    if kind in ("dates", "days", "times"):
        found = _dates(values, None if kind == "days" else zone)
        return found.tz_localize(zone_name(zone or "UTC")) if kind == "times" and found.tz is None else found
    if kind == "session":
        stamps = [None if value is None else datetime.fromtimestamp(value, UTC) for value in values]
        return pd.DatetimeIndex(stamps, dtype="datetime64[us, UTC]").tz_convert(NEW_YORK)
    if kind == "moments":
        return parse_moments(values, zone or NEW_YORK)
    if kind == "str":
        return pd.array(["" if value is None else str(value) for value in values], dtype="str")
    return pd.array(list(values), dtype="Int64")


def _dates(values: Sequence[Any], zone: str | None) -> pd.DatetimeIndex:
    try:
        return parse_dates(values, zone)
    except ValueError as error:
        # Not what a verb was given is wrong, but what it got.
        raise IBError(f"the answer isn't whole: {error}") from error


def bars(rows: Sequence[Sequence[Any]], zone: str | None = None, daily: bool | None = None) -> pd.DataFrame:
    """Return history as columns Open High Low Close Volume Average BarCount, index Date.

    Rows are (date, open, high, low, close, volume, average, barCount). Intraday bars have a tz-aware index in the
    exchange's zone, bars of a day and more a naive, normalised one; `daily` says which when there are no rows.
    Volume, Average and BarCount are NaN where IB sends -1: quotes have none.
    """
    out = frame("bars", rows, zone)
    if len(out):
        for name in ("Volume", "Average", "BarCount"):
            column = out[name].to_numpy()
            if (column < 0).any():
                out[name] = np.where(column < 0, np.nan, column)
    elif daily is False:
        out.index = pd.DatetimeIndex(out.index).tz_localize(zone_name(zone or "UTC"))
    return out


def many_bars(
    labels: Sequence[str], answers: Sequence[Sequence[Sequence[Any]]], zones: Sequence[str | None], daily: bool
) -> pd.DataFrame:
    """Return the bars of many contracts below each other: index symbol, Date; columns as in `bars`."""
    full = [(rows, zone) for rows, zone in zip(answers, zones, strict=True) if len(rows)]
    if len({zone for _, zone in full}) < 2:
        # Joined first, so that times are read once.
        below = bars(_joined([rows for rows, _ in full]), full[0][1] if full else None, daily)
        dates = pd.DatetimeIndex(below.index)
    else:
        parts = [bars(rows, zone, daily) for rows, zone in full]
        zone = pd.DatetimeIndex(parts[0].index).tz
        dates = pd.DatetimeIndex(np.concatenate([part.index.to_numpy("datetime64[ns]") for part in parts]))
        dates = dates.tz_localize("UTC").tz_convert(zone) if zone is not None else dates
        below = pd.concat(parts)
    places = np.repeat(np.arange(len(labels)), [len(rows) for rows in answers])
    codes, moments = pd.factorize(dates, sort=True)
    levels: list[Any] = [pd.Index(pd.array(labels, dtype="str")), moments]
    below.index = pd.MultiIndex(levels, [places.tolist(), codes.tolist()], names=["symbol", "Date"])
    return below


def _joined(answers: list[Sequence[Sequence[Any]]]) -> Sequence[Sequence[Any]]:
    kept = [rows.columns for rows in answers if isinstance(rows, Columns)]
    if len(kept) == len(answers) and kept:
        return Columns([np.concatenate(parts) for parts in zip(*kept, strict=True)])
    return [row for rows in answers for row in rows]


def identity(contract: Any) -> tuple[str, float | None, str, str, str]:
    """What tells one option or future from another: expiry, strike, right, localSymbol, tradingClass."""
    right = "" if contract.right in ("?", "0") else contract.right
    expiry = contract.lastTradeDateOrContractMonth
    return expiry, contract.strike or None, right, contract.localSymbol, contract.tradingClass


def ordered(contract: Any) -> tuple[Any, ...]:
    """What an order trades, beside its symbol: secType, currency, identity, conId, and a combination's legs as text."""
    legs = "; ".join(f"{leg.action} {leg.ratio} of conId {leg.conId}" for leg in contract.comboLegs or ())
    return contract.secType, contract.currency, *identity(contract), contract.conId, legs


def limit_price(contract: Any, order: Any) -> float | None:
    """An order's limit; 0 is one for a combination only."""
    price: float | None = order.lmtPrice
    return price if price or (contract.secType == "BAG" and "LMT" in str(order.orderType)) else None


def account(rows: Sequence[tuple[str, str, str, str]]) -> pd.DataFrame:
    """Return account values from (tag, value, currency, account), all as TWS's texts: numbers and words apart."""
    values = numbers([row[1] for row in rows])
    words = [row[1] if math.isnan(value) else "" for row, value in zip(rows, values, strict=True)]
    joined = [(row[0], value, row[2], text, row[3]) for row, value, text in zip(rows, values, words, strict=True)]
    return frame("account", joined)
