"""IB's legal words, as tables, and the checks that run before anything is sent.

TWS answers a misspelt bar size with error 321 seconds later, and some misspellings with silence. So every string
parameter is looked up here first; a miss raises ValueError with the legal values and the nearest one.
Sources: IBKR's historical data and order type pages; the unit limits are TWS's own 321 texts.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
import re
from collections.abc import Collection
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

#: Bar size → seconds. A month is 30 days here: good enough to count bars, never used for dates.
BAR_SIZES: dict[str, int] = {
    "1 secs": 1,
    "5 secs": 5,
    "10 secs": 10,
    "15 secs": 15,
    "30 secs": 30,
    "1 min": 60,
    "2 mins": 120,
    "3 mins": 180,
    "4 mins": 240,
    "5 mins": 300,
    "10 mins": 600,
    "15 mins": 900,
    "20 mins": 1200,
    "30 mins": 1800,
    "1 hour": 3600,
    "2 hours": 7200,
    "3 hours": 10800,
    "4 hours": 14400,
    "8 hours": 28800,
    "1 day": 86400,
    "1W": 604800,
    "1M": 2592000,
}

#: Other spellings that TWS takes for the same size.
BAR_SIZE_ALIASES = {"1 week": "1W", "1 month": "1M"}

#: Duration unit → (its name, seconds, the largest count TWS takes). Which bars go with which unit, TWS decides: its
#: table says less than it does (60 S of any bar from 5 secs to 1 day came from a paper TWS, stoqey/ib#270).
DURATION_UNITS: dict[str, tuple[str, int, int]] = {
    "S": ("seconds", 1, 86400),
    "D": ("days", 86400, 365),
    "W": ("weeks", 604800, 52),
    "M": ("months", 2592000, 12),
    "Y": ("years", 31536000, 68),
}

WHAT_TO_SHOW = (
    "TRADES",
    "MIDPOINT",
    "BID",
    "ASK",
    "BID_ASK",
    "ADJUSTED_LAST",
    "HISTORICAL_VOLATILITY",
    "OPTION_IMPLIED_VOLATILITY",
    "FEE_RATE",
    "AGGTRADES",
    "YIELD_BID",
    "YIELD_ASK",
    "YIELD_BID_ASK",
    "YIELD_LAST",
)

SEC_TYPES = (
    "STK",
    "OPT",
    "FUT",
    "CONTFUT",
    "FUT+CONTFUT",
    "IND",
    "FOP",
    "CASH",
    "BAG",
    "WAR",
    "IOPT",
    "BOND",
    "BILL",
    "CMDTY",
    "NEWS",
    "FUND",
    "CFD",
    "CRYPTO",
    "EC",
)

ACTIONS = ("BUY", "SELL", "SSHORT")

TIFS = ("DAY", "GTC", "IOC", "GTD", "OPG", "FOK", "DTC", "AUC", "GTX", "Minutes")

#: Market data type number → the word that quotes carry.
DATA_TYPES = {1: "live", 2: "frozen", 3: "delayed", 4: "delayed-frozen"}


# What people say, and what IB calls it: only for the question "did you mean".
_SPOKEN = {
    "market": "MKT",
    "limit": "LMT",
    "stop": "STP",
    "stop market": "STP",
    "stop limit": "STP LMT",
    "stop loss": "STP",
    "take profit": "LMT",
    "trailing": "TRAIL",
    "trailing stop": "TRAIL",
    "trailing stop limit": "TRAIL LIMIT",
    "market on close": "MOC",
    "limit on close": "LOC",
    "market if touched": "MIT",
    "limit if touched": "LIT",
    "market to limit": "MTL",
    "relative": "REL",
    "stock": "STK",
    "share": "STK",
    "equity": "STK",
    "etf": "STK",
    "option": "OPT",
    "future": "FUT",
    "future option": "FOP",
    "continuous future": "CONTFUT",
    "forex": "CASH",
    "fx": "CASH",
    "currency": "CASH",
    "index": "IND",
    "commodity": "CMDTY",
    "warrant": "WAR",
    "combo": "BAG",
    "spread": "BAG",
    "mutual fund": "FUND",
    "coin": "CRYPTO",
    "b": "BUY",
    "long": "BUY",
    "bot": "BUY",
    "s": "SELL",
    "sld": "SELL",
    "short": "SSHORT",
    "sell short": "SSHORT",
    "good till cancelled": "GTC",
    "good till canceled": "GTC",
    "good till date": "GTD",
    "fill or kill": "FOK",
    "immediate or cancel": "IOC",
    "at the opening": "OPG",
    "last": "TRADES",
    "price": "TRADES",
    "mid": "MIDPOINT",
    "quote": "BID_ASK",
    "adjusted": "ADJUSTED_LAST",
    "adjusted close": "ADJUSTED_LAST",
    "hv": "HISTORICAL_VOLATILITY",
    "iv": "OPTION_IMPLIED_VOLATILITY",
    "borrow fee": "FEE_RATE",
}

# A unit of time as everybody else writes it → seconds. "m" is a minute wherever a number of seconds is looked for.
_TIME_UNITS = {
    "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60, "t": 60,
    "h": 3600, "hr": 3600, "hour": 3600,
    "d": 86400, "day": 86400,
    "w": 604800, "wk": 604800, "week": 604800,
    "mo": 2592000, "mon": 2592000, "month": 2592000,
    "y": 31536000, "yr": 31536000, "year": 31536000,
}  # fmt: skip


def check(name: str, value: object, legal: Collection[str], aliases: dict[str, str] | None = None) -> str:
    """Return the legal spelling of `value`, whatever its case, or raise ValueError that names the legal values.

    >>> check("barSizeSetting", "1 Hour", BAR_SIZES)
    '1 hour'
    """
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text such as {next(iter(legal))!r}, not {value!r}")
    if value in legal:
        return value
    folded = {word.lower(): word for word in legal} | (aliases or {})
    word = " ".join(value.lower().split())
    if word in folded:
        return folded[word]
    meant = _meant(word, folded)
    hint = f" Did you mean {meant!r}?" if meant else ""
    raise ValueError(f"{name} {value!r} is not legal.{hint} Legal values: {', '.join(legal)}.")


def _meant(word: str, legal: dict[str, str]) -> str | None:
    """The legal word that somebody who wrote `word` probably wants, or None. `legal`: in small letters → as it is."""
    plain = re.sub(r"[\s_-]+", " ", word)
    if plain in legal:
        return legal[plain]
    for spoken in (_SPOKEN.get(plain), _SPOKEN.get(plain.removesuffix("s")), plain.replace(" ", "_")):
        if spoken is not None and spoken.lower() in legal:
            return legal[spoken.lower()]
    seconds = _seconds(plain)
    for name, each in BAR_SIZES.items():
        if each == seconds and name.lower() in legal:
            return name
    near = difflib.get_close_matches(word, legal, n=1, cutoff=0.5)
    return legal[near[0]] if near else None


def _seconds(text: str) -> int | None:
    """ "1h", "90 min", "2 days" → seconds; None for what is no such text."""
    match = re.fullmatch(r"(\d{1,6}) ?([a-z]+?)s?", text.lower()) or re.fullmatch(r"(\d{1,6}) ?(s)", text.lower())
    unit = _TIME_UNITS.get(match[2]) if match else None
    return int(match[1]) * unit if match and unit else None


# What protobuf refuses without a name, where text takes it.
_CONTRACT_FIELDS: dict[str, tuple[tuple[type, ...], str]] = {
    "conId": ((Integral,), "a whole number"),
    "strike": ((Real, Decimal), "a number"),
    "symbol": ((str,), "text"),
    "secType": ((str,), "text, such as 'STK'"),
    "exchange": ((str,), "text, such as 'SMART'"),
    "currency": ((str,), "text, such as 'USD'"),
    "lastTradeDateOrContractMonth": ((str,), "text, such as '20251219' or '202512'"),
}


def check_contract(contract: Any, verb: str) -> Any:
    """Return `contract` if it is one (an object with IB's fields); ValueError says how to get one, or
    which field isn't what ibapi can send on every wire.

    >>> check_contract(5, "getData")
    Traceback (most recent call last):
    ValueError: getData: 5 isn't a contract; app.createContract('AAPL') makes one.
    """
    # A table's row has such columns, and is none.
    if not (hasattr(contract, "secType") and hasattr(contract, "conId")) or hasattr(contract, "iloc"):
        raise ValueError(f"{verb}: {_short(contract)} isn't a contract; {_instead_of_contract(contract)}.")
    for name, (kinds, legal) in _CONTRACT_FIELDS.items():
        value = getattr(contract, name, None)
        if value is not None and not isinstance(value, kinds):
            raise ValueError(f"{verb}: the contract's {name} is {value!r}; it must be {legal}.")
    return contract


def check_order(contract: Any, order: Any, verb: str) -> None:
    """ValueError unless these are a contract and an order, in this order."""
    if hasattr(contract, "orderType"):
        raise ValueError(f"{verb}: the contract comes first, then the order; they are the other way round.")
    check_contract(contract, verb)
    if not (hasattr(order, "orderType") and hasattr(order, "totalQuantity")):
        raise ValueError(f"{verb}: {_short(order)} isn't an order; app.createOrder('BUY', 100) makes one.")
    for each in getattr(order, "conditions", None) or ():
        if not hasattr(each, "isConjunctionConnection"):
            raise ValueError(
                f"{verb}: {_short(each)} isn't a condition; createCondition('price', '>=', 200, contract) makes one."
            )


def check_order_id(order_id: Any, verb: str) -> None:
    """ValueError unless it is a whole number; True isn't 1 here."""
    if not isinstance(order_id, Integral) or isinstance(order_id, bool):
        raise ValueError(
            f"{verb}: order id {order_id!r} must be a whole number: placeOrderNow returns it, listOrders shows it."
        )


def check_number(name: str, value: Any, verb: str) -> Any:
    """Return a field of an order as a number that every release of ibapi sends; ValueError for what is none, and NaN.

    >>> check_number("lmtPrice", "101.5", "modifyOrder")
    101.5
    """
    plain = value.item() if hasattr(value, "item") else value  # numpy's
    try:
        number = math.nan if isinstance(plain, bool) else float(plain)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise ValueError(f"{verb}: {name} is {value!r}, which is no number.")
    return number if isinstance(plain, str) else plain


def check_timeout(timeout: Any, verb: str) -> float:
    """Return how many seconds to wait; ValueError unless it is a number, 0 or more."""
    if isinstance(timeout, Real) and float(timeout) >= 0:
        return float(timeout)
    raise ValueError(f"{verb}: timeout {timeout!r} is not legal: seconds, 0 or more; None for app.timeout.")


def short_name(contract: Any) -> str:
    """A contract in a few words, as far as it says what it is.

    >>> from ibnb.ib.create import createContract
    >>> short_name(createContract("AAPL")), short_name(createContract("EUR", "CASH", "IDEALPRO"))
    ('AAPL', 'EUR.USD')
    >>> short_name(createContract("SPY", "OPT", lastTradeDateOrContractMonth="20250620", strike=600.0, right="C"))
    'SPY OPT 20250620 600 C'
    """
    symbol = contract.symbol or contract.localSymbol or f"conId {contract.conId}"
    if contract.secType == "CASH" and contract.currency:
        return f"{symbol}.{contract.currency}"
    kind = "" if contract.secType in ("", "STK") else contract.secType
    expiry = contract.lastTradeDateOrContractMonth
    strike = f"{contract.strike:g}" if expiry and contract.right and 0 < contract.strike < 1e9 else ""
    return " ".join(filter(None, (symbol, kind, expiry, strike, contract.right)))


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _instead_of_contract(value: Any) -> str:
    if isinstance(value, str):
        return f"app.createContract({value!r}) makes one, app.resolve({value!r}) asks TWS"
    if hasattr(value, "iloc"):
        return "app.createContract('', conId=int(row['conId'])) makes one of a table's row"
    if hasattr(getattr(value, "contract", None), "secType"):
        return "but its .contract is one"
    return "app.createContract('AAPL') makes one"


def check_bar_size(value: object, name: str = "barSizeSetting") -> str:
    """Return IB's spelling of a bar size; "15 min" raises and asks whether "15 mins" was meant, "1h" '1 hour'."""
    if value == "1m":
        raise ValueError(f"{name} '1m' could be a minute or a month: write '1 min' or '1M'.")
    return check(name, value, BAR_SIZES, BAR_SIZE_ALIASES)


def check_duration(value: object) -> str:
    """Return a duration as IB writes it ("3 M"), or raise ValueError with the legal units and the reason."""
    form = "a duration is a whole number, a space and a unit: S, D, W, M or Y, for instance '3 M'"
    match = re.fullmatch(r"\s*(\d+)(\s*)([A-Za-z]*)\s*", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"durationStr {value!r} is not legal: {form}.")
    count, gap, unit = int(match[1]), match[2], match[3].upper() or "S"
    if unit not in DURATION_UNITS or (match[3] and not gap):
        meant = _meant_duration(count, match[3].lower())
        raise ValueError(f"durationStr {value!r} is not legal: {form}.{meant}")
    words, _, most = DURATION_UNITS[unit]
    if not 1 <= count <= most:
        raise ValueError(f"durationStr {value!r} is not legal: from 1 to {most} {words}; use a larger unit for more.")
    return f"{count} {unit}"


def _meant_duration(count: int, unit: str) -> str:
    """The question "did you mean"; M is a month, and there is no unit for minutes and hours."""
    seconds = _TIME_UNITS.get(unit.removesuffix("s") or unit)
    if unit == "m":
        return f" '{count} M' are months; {count} minutes are '{count * 60} S'."
    if seconds in (60, 3600):
        return f" Did you mean '{count * seconds} S'?"
    return f" Did you mean '{count} {unit[0].upper()}'?" if seconds else ""


def check_bars(durationStr: str, barSizeSetting: str) -> None:
    """Raise ValueError for a duration and a bar size that can't go together (both already in IB's spelling)."""
    count, unit = durationStr.split(" ")
    if BAR_SIZES[barSizeSetting] == 1 and int(count) * DURATION_UNITS[unit][1] > 2000:
        raise ValueError(f"bars of '1 secs' reach back 2000 S at most, not {durationStr!r}.")


_END = re.compile(r"(\d{8} +)?\d{1,2}:\d\d:\d\d( +[\w/+-]+)?|\d{8}-\d{1,2}:\d\d:\d\d")


def check_end_date_time(value: object) -> str:
    """Return an end time as IB takes it: "" for now, or `yyyymmdd-hh:mm:ss` in UTC for a datetime that has a zone.

    Text is passed on once its shape is one of those that TWS's error 10314 names: `[yyyymmdd ]hh:mm:ss[ Zone/Name]`
    (without a date, today's) or `yyyymmdd-hh:mm:ss`. A date alone TWS refuses with that error.
    """
    if value is None or value == "":
        return ""
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError(f"endDateTime {value} has no time zone; give it one, for instance ZoneInfo('US/Eastern').")
        return value.astimezone(dt.UTC).strftime("%Y%m%d-%H:%M:%S")
    if isinstance(value, str) and _END.fullmatch(value):
        return value
    legal = (
        "Legal: '' for now, 'yyyymmdd hh:mm:ss US/Eastern' (yyyymmdd and US/Eastern are optional), "
        "'yyyymmdd-hh:mm:ss' in UTC, or a datetime that has a time zone."
    )
    if isinstance(value, dt.date) or (isinstance(value, str) and re.fullmatch(r"\d{8}|\d{4}-\d\d-\d\d", value)):
        day = f"{value:%Y%m%d}" if isinstance(value, dt.date) else value.replace("-", "")
        hint = f"a date alone is refused by TWS (10314); did you mean '{day} 23:59:59 US/Eastern'?"
        raise ValueError(f"endDateTime {value!r} is not legal: {hint} {legal}")
    raise ValueError(f"endDateTime {value!r} is not legal. {legal}")
