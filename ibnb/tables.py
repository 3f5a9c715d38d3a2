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

#: Answer → column → dtype. The column that INDEX names becomes the index.
TABLES: dict[str, dict[str, str]] = {
    "bars": {
        "Date": "dates",
        "Open": "float64",
        "High": "float64",
        "Low": "float64",
        "Close": "float64",
        "Volume": "float64",
        "Average": "float64",
        "BarCount": "float64",
    },
    "account": {"tag": "str", "value": "float64", "currency": "str", "text": "str", "account": "str"},
    "portfolio": {
        "symbol": "str",
        "secType": "str",
        "currency": "str",
        "position": "float64",
        "marketPrice": "float64",
        "marketValue": "float64",
        "averageCost": "float64",
        "unrealizedPNL": "float64",
        "realizedPNL": "float64",
        "conId": "int64",
        "account": "str",
        "lastTradeDateOrContractMonth": "str",
        "strike": "float64",
        "right": "str",
        "localSymbol": "str",
        "tradingClass": "str",
    },
    "positions": {
        "symbol": "str",
        "secType": "str",
        "currency": "str",
        "position": "float64",
        "avgCost": "float64",
        "conId": "int64",
        "account": "str",
        "lastTradeDateOrContractMonth": "str",
        "strike": "float64",
        "right": "str",
        "localSymbol": "str",
        "tradingClass": "str",
    },
    "contractDetails": {
        "symbol": "str",
        "secType": "str",
        "exchange": "str",
        "primaryExchange": "str",
        "currency": "str",
        "localSymbol": "str",
        "tradingClass": "str",
        "lastTradeDateOrContractMonth": "str",
        "strike": "float64",
        "right": "str",
        "multiplier": "str",
        "conId": "int64",
        "longName": "str",
        "stockType": "str",
        "minTick": "float64",
        "priceMagnifier": "int64",
        "timeZoneId": "str",
        "tradingHours": "str",
        "liquidHours": "str",
        "validExchanges": "str",
        "orderTypes": "str",
    },
    "symbols": {
        "symbol": "str",
        "secType": "str",
        "primaryExchange": "str",
        "currency": "str",
        "conId": "int64",
        "derivativeSecTypes": "str",
    },
    "trades": {
        "time": "times",
        "price": "float64",
        "size": "float64",
        "exchange": "str",
        "specialConditions": "str",
        "pastLimit": "bool",
        "unreported": "bool",
    },
    "bidAsks": {
        "time": "times",
        "bid": "float64",
        "ask": "float64",
        "bidSize": "float64",
        "askSize": "float64",
        "bidPastLow": "bool",
        "askPastHigh": "bool",
    },
    "midpoints": {"time": "times", "midpoint": "float64"},
    "greeks": {
        "time": "session",
        "impliedVol": "float64",
        "delta": "float64",
        "gamma": "float64",
        "vega": "float64",
        "theta": "float64",
        "optPrice": "float64",
        "pvDividend": "float64",
        "undPrice": "float64",
    },
    "histogram": {"price": "float64", "size": "float64"},
    "book": {
        "position": "int64",
        "bidMarketMaker": "str",
        "bidSize": "float64",
        "bid": "float64",
        "ask": "float64",
        "askSize": "float64",
        "askMarketMaker": "str",
    },
    "depthExchanges": {
        "exchange": "str",
        "secType": "str",
        "listingExch": "str",
        "serviceDataType": "str",
        "aggGroup": "float64",
    },
    "schedule": {"refDate": "days", "start": "times", "end": "times"},
    "config": {"setting": "str", "value": "object"},
    "marketRule": {"lowEdge": "float64", "increment": "float64"},
    "smartComponents": {"exchangeLetter": "str", "exchange": "str", "bitNumber": "int64"},
    "optionParameters": {
        "exchange": "str",
        "tradingClass": "str",
        "multiplier": "str",
        "underlyingConId": "int64",
        "expirations": "object",
        "strikes": "object",
    },
    "optionChain": {
        "expiry": "days",
        "strike": "float64",
        "right": "str",
        "bid": "float64",
        "ask": "float64",
        "last": "float64",
        "bidSize": "float64",
        "askSize": "float64",
        "volume": "float64",
        "impliedVol": "float64",
        "delta": "float64",
        "gamma": "float64",
        "vega": "float64",
        "theta": "float64",
        "optPrice": "float64",
        "pvDividend": "float64",
        "undPrice": "float64",
        "tradingClass": "str",
        "multiplier": "str",
        "localSymbol": "str",
        "conId": "int64",
        "data_type": "str",
    },
    "newsProviders": {"code": "str", "name": "str"},
    "news": {
        "time": "times",
        "providerCode": "str",
        "articleId": "str",
        "headline": "str",
        "metadata": "str",
    },
    "bulletins": {"msgId": "int64", "msgType": "int64", "message": "str", "exchange": "str"},
    "quotes": {
        "symbol": "str",
        "bid": "float64",
        "ask": "float64",
        "last": "float64",
        "close": "float64",
        "bidSize": "float64",
        "askSize": "float64",
        "lastSize": "float64",
        "volume": "float64",
        "open": "float64",
        "high": "float64",
        "low": "float64",
        "data_type": "str",
    },
    "scan": {
        "rank": "int64",
        "symbol": "str",
        "secType": "str",
        "currency": "str",
        "exchange": "str",
        "localSymbol": "str",
        "tradingClass": "str",
        "conId": "int64",
        "distance": "str",
        "benchmark": "str",
        "projection": "str",
    },
    "orders": {
        "orderId": "int64",
        "action": "str",
        "totalQuantity": "float64",
        "symbol": "str",
        "orderType": "str",
        "lmtPrice": "float64",
        "auxPrice": "float64",
        "tif": "str",
        "status": "str",
        "filled": "float64",
        "remaining": "float64",
        "avgFillPrice": "float64",
        "whyHeld": "str",
        "parentId": "int64",
        "permId": "int64",
        "clientId": "int64",
        "account": "str",
    },
    "completedOrders": {
        "symbol": "str",
        "action": "str",
        "totalQuantity": "float64",
        "orderType": "str",
        "lmtPrice": "float64",
        "tif": "str",
        "status": "str",
        "completedStatus": "str",
        "completedTime": "str",
        "permId": "int64",
        "account": "str",
    },
    "orderLog": {
        "time": "moments",
        "message": "str",
        "status": "str",
        "filled": "float64",
        "remaining": "float64",
        "avgFillPrice": "float64",
        "text": "str",
    },
    "executions": {
        "time": "times",
        "orderId": "int64",
        "symbol": "str",
        "side": "str",
        "shares": "float64",
        "price": "float64",
        "exchange": "str",
        "commission": "float64",
        "commissionCurrency": "str",
        "realizedPNL": "float64",
        "execId": "str",
        "permId": "int64",
        "clientId": "int64",
        "account": "str",
        "secType": "str",
        "lastTradeDateOrContractMonth": "str",
        "strike": "float64",
        "right": "str",
        "localSymbol": "str",
        "tradingClass": "str",
        "conId": "int64",
    },
}

# What a session tells of itself; "session": seconds of its clock, shown in New York's time.
TABLES |= {
    "notices": {
        "time": "session",
        "reqId": "int64",
        "code": "int64",
        "severity": "str",
        "text": "str",
        "meaning": "str",
    },
    "problems": {"time": "session", "callback": "str", "where": "str", "error": "str", "traceback": "str"},
    "farms": {"farm": "str", "kind": "str", "state": "str", "time": "session"},
    "streams": {
        "stream": "str",
        "symbol": "str",
        "reqId": "Int64",
        "state": "str",
        "lastData": "session",
        "age": "float64",
    },
    "gaps": {
        "stream": "str",
        "symbol": "str",
        "since": "session",
        "until": "session",
        "seconds": "float64",
        "reason": "str",
    },
    "tape": {
        "number": "int64",
        "time": "session",
        "direction": "str",
        "name": "str",
        "id": "Int64",
        "latency": "float64",
        "thread": "str",
        "summary": "str",
    },
}

INDEX = {
    "farms": "farm",
    "tape": "number",
    "bars": "Date",
    "account": "tag",
    "portfolio": "symbol",
    "positions": "symbol",
    "trades": "time",
    "greeks": "time",
    "bidAsks": "time",
    "midpoints": "time",
    "histogram": "price",
    "book": "position",
    "schedule": "refDate",
    "config": "setting",
    "smartComponents": "exchangeLetter",
    "newsProviders": "code",
    "news": "time",
    "bulletins": "msgId",
    "quotes": "symbol",
    "scan": "rank",
    "orders": "orderId",
    "orderLog": "time",
    "executions": "time",
}

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


def account(rows: Sequence[tuple[str, str, str, str]]) -> pd.DataFrame:
    """Return account values from (tag, value, currency, account), all as TWS's texts: numbers and words apart."""
    values = numbers([row[1] for row in rows])
    words = [row[1] if math.isnan(value) else "" for row, value in zip(rows, values, strict=True)]
    joined = [(row[0], value, row[2], text, row[3]) for row, value, text in zip(rows, values, words, strict=True)]
    return frame("account", joined)
