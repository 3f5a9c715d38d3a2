"""The `create*` functions: plain words in, ibapi objects out; nothing is sent.

Rule: what IB would refuse, or worse, accept with another meaning, raises ValueError here.
Any other attribute of the ibapi object can be given by its own name as a keyword.
"""

from __future__ import annotations

import difflib
import inspect
import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from ibnb.ib.api import Contract, Order
from ibnb.ib.fields_shown import fields_shown, show_in_notebooks
from ibnb.ib.order_rules import check_rules
from ibnb.ib.order_types import ORDER_TYPES
from ibnb.ib.values import (
    ACTIONS,
    SEC_TYPES,
    TIFS,
    WHAT_TO_SHOW,
    check,
    check_bar_size,
    check_bars,
    check_duration,
    check_end_date_time,
)
from ibnb.ib.versions import ORDER_FIELDS, needed_ibapi
from ibnb.tracebacks import short_errors

show_in_notebooks()

# The fields that say which instrument a contract is; a combo's legs do so too.
_NAMES = ("symbol", "conId", "localSymbol", "tradingClass", "secId", "issuerId", "comboLegs")


@short_errors
def createContract(
    symbol: str, sec_type: str = "STK", exchange: str = "SMART", currency: str = "USD", **fields: Any
) -> Contract:
    """Return an ibapi Contract with these four fields set, and any other field given by its ibapi name.

    `symbol` may be "" where another field says which instrument it is (conId, localSymbol, secId …).
    Raises ValueError for an unknown security type or field name, and where nothing says which instrument it is.

    >>> createContract("CSH2", "STK", "LSE", "GBP").exchange
    'LSE'
    >>> createContract("AAPL", primaryExchange="NASDAQ").primaryExchange
    'NASDAQ'
    """
    if not isinstance(symbol, str):
        raise ValueError(f"symbol must be text such as 'AAPL', not {symbol!r}; IB's number is conId={symbol!r}.")
    contract = Contract()
    contract.symbol = symbol
    contract.secType = check("sec_type", sec_type, SEC_TYPES)
    contract.exchange = exchange
    contract.currency = currency
    _set_fields(contract, "contract", fields)
    if not any(getattr(contract, name, None) for name in _NAMES):
        raise ValueError(f"symbol is empty; say which instrument by one of {', '.join(_NAMES)}.")
    return contract


@short_errors
def dataSettings(
    durationStr: str,
    barSizeSetting: str,
    endDateTime: Any = "",
    whatToShow: str = "TRADES",
    useRTH: int = 1,
    formatDate: int = 1,
    keepUpToDate: bool = False,
    chartOptions: list[Any] | None = None,
) -> dict[str, Any]:
    """Return the keyword arguments of reqHistoricalData as a dict, checked; hand it to getData.

    `durationStr`: how far back, such as "3 M"; `barSizeSetting`: such as "1 day"; `endDateTime`: "" for now,
    "yyyymmdd hh:mm:ss US/Eastern" (without a date, today's), "yyyymmdd-hh:mm:ss" in UTC, or a datetime with a zone;
    `useRTH`: 1 = regular trading hours only. Raises ValueError that names the legal values.

    >>> dataSettings("3 M", "1 day")["whatToShow"]
    'TRADES'
    """
    duration, size = check_duration(durationStr), check_bar_size(barSizeSetting)
    check_bars(duration, size)
    if int(useRTH) not in (0, 1):
        raise ValueError(f"useRTH {useRTH!r} is not legal: 1 for regular trading hours, 0 for all hours.")
    if formatDate not in (1, 2, 3):
        raise ValueError(f"formatDate {formatDate!r} is not legal: 1 for text, 2 for epoch seconds.")
    if str(whatToShow).upper() == "SCHEDULE":
        raise ValueError(
            "whatToShow 'SCHEDULE' brings trading sessions and no bars: app.getSchedule(contract) asks for it."
        )
    show = check("whatToShow", whatToShow, WHAT_TO_SHOW)
    end = check_end_date_time(endDateTime)
    if show == "ADJUSTED_LAST" and end:
        raise ValueError("whatToShow 'ADJUSTED_LAST' takes no endDateTime: ask up to now and cut.")
    return {
        "endDateTime": end,
        "durationStr": duration,
        "barSizeSetting": size,
        "whatToShow": show,
        "useRTH": int(useRTH),
        "formatDate": formatDate,
        "keepUpToDate": bool(keepUpToDate),
        "chartOptions": [] if chartOptions is None else chartOptions,
    }


def check_settings(settings: Any, verb: str) -> dict[str, Any]:
    """What dataSettings makes of `settings` (what it has returned, or a dict of its arguments); ValueError."""
    advice = "app.dataSettings('3 M', '1 day') makes them."
    if not isinstance(settings, Mapping):
        raise ValueError(f"{verb}: the settings are {settings!r}, which isn't a dict; {advice}")
    names = list(inspect.signature(dataSettings).parameters)
    for name in settings:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{verb}: settings have no {name!r}.{hint} Legal: {', '.join(names)}; {advice}")
    for name in ("durationStr", "barSizeSetting"):
        if name not in settings:
            raise ValueError(f"{verb}: the settings lack {name}; {advice}")
    return dataSettings(**settings)


@short_errors
def createOrder(
    action: str = "BUY",
    quantity: Any = 100,
    order_type: str = "MKT",
    limit_price: float | None = None,
    *,
    stop_price: float | None = None,
    tif: str = "DAY",
    transmit: bool = True,
    parentId: int = 0,
    details: Any = None,
    **fields: Any,
) -> Order:
    """Return an ibapi Order.

    `limit_price` is the worst price you accept, `stop_price` the price that wakes a stop (auxPrice; for TRAIL the first
    stop), both in the contract's own currency and unit (London quotes are pence). A price may be below 0, as a combo's
    may and some futures' may. `fields` are ibapi's: postOnly, allowPreOpen, or deactivate=True, which keeps the order
    from the market until modifyOrder(…, deactivate=False), need an ibapi and a TWS of today (server version 216).
    Prices of 0 or None where the type needs one raise ValueError, as does a limit price
    that the type would ignore.
    With `details` (what getContractDetails returns for one contract, or a ContractDetails) the order is checked against
    the instrument, too: ValueError for a type that it doesn't take, or a price off its grid, as `app.checkOrder`.

    >>> createOrder("BUY", 1, "LMT", 212).lmtPrice
    212.0
    """
    kind = check("order_type", order_type, ORDER_TYPES)
    row = ORDER_TYPES[kind]
    prices = {"limit_price": limit_price, "stop_price": stop_price}
    for name in row.needs:
        if prices[name] is None:
            raise ValueError(f"a {kind} order needs {name}.")
    if limit_price is not None and not row.limit:
        raise ValueError(f"a {kind} order takes no limit_price; did you mean order_type='LMT'?")
    if stop_price is not None and not row.stop:
        raise ValueError(f"a {kind} order takes no stop_price; did you mean order_type='STP'?")
    if row.trails and not {"auxPrice", "trailingPercent"} & set(fields):
        raise ValueError(f"a {kind} order needs auxPrice (the distance) or trailingPercent.")
    if row.trails and row.limit and limit_price is None and "lmtPriceOffset" not in fields:
        raise ValueError(f"a {kind} order needs lmtPriceOffset or limit_price.")

    order = Order()
    order.action = check("action", action, ACTIONS)
    order.orderType = kind
    order.totalQuantity = _quantity(quantity, "cashQty" in fields)
    order.tif = check("tif", tif, TIFS)
    order.transmit = transmit
    order.parentId = parentId
    if limit_price is not None:
        order.lmtPrice = _price("limit_price", limit_price)
    if stop_price is not None:
        setattr(order, row.stop, _price("stop_price", stop_price))
    # PyPI's ibapi of 2020 switches these on; today's TWS rejects such an order (10268, 10269).
    for name in ("eTradeOnly", "firmQuoteOnly"):
        if hasattr(order, name):
            setattr(order, name, False)
    _set_fields(order, "order", fields)
    if details is not None:
        check_rules(order, details)
    return order


class Bracket(NamedTuple):
    """Three linked orders; only the last one carries transmit=True, so that all three start together."""

    parent: Order
    takeProfit: Order
    stopLoss: Order

    def __repr__(self) -> str:
        orders = [f"{name}={fields_shown(order)}" for name, order in zip(self._fields, self, strict=True)]
        return f"Bracket({', '.join(orders)})"


@short_errors
def createBracket(
    action: str, quantity: Any, limit_price: float | None, take_profit: float, stop_loss: float, **fields: Any
) -> Bracket:
    """Return an entry order with a profit-taking limit and a protective stop; send it with placeBracket.

    `limit_price=None` enters at the market. `fields` (tif, account, …) go to all three. Raises ValueError when the
    stop is on the wrong side of the profit.

    >>> createBracket("BUY", 10, 100.0, 110.0, 95.0).stopLoss.action
    'SELL'
    """
    way = check("action", action, ACTIONS)
    levels = [stop_loss, *([] if limit_price is None else [limit_price]), take_profit]
    if way != "BUY":
        levels.reverse()
    if levels != sorted(set(levels)):
        order = "stop_loss < limit_price < take_profit" if way == "BUY" else "take_profit < limit_price < stop_loss"
        raise ValueError(f"a {way} bracket needs {order}.")
    back = "SELL" if way == "BUY" else "BUY"
    entry = "MKT" if limit_price is None else "LMT"
    return Bracket(
        parent=createOrder(way, quantity, entry, limit_price, transmit=False, **fields),
        takeProfit=createOrder(back, quantity, "LMT", take_profit, transmit=False, **fields),
        stopLoss=createOrder(back, quantity, "STP", stop_price=stop_loss, transmit=True, **fields),
    )


_ROUNDINGS = {"nearest": ROUND_HALF_UP, "down": ROUND_FLOOR, "up": ROUND_CEILING}


@short_errors
def roundToTick(price: float, tick: Any, rounding: str = "nearest") -> float:
    """Return `price` on the contract's price grid; TWS answers an off-grid price with error 110.

    `tick` is the smallest step, or anything that has a `minTick` (a row of getContractDetails, ContractDetails);
    `rounding` is "nearest", "down" or "up".

    >>> roundToTick(211.3777, 0.01)
    211.38
    """
    mode = _ROUNDINGS[check("rounding", rounding, _ROUNDINGS)]
    step = Decimal(repr(float(getattr(tick, "minTick", tick))))
    if not step.is_finite() or step <= 0:
        raise ValueError(f"tick must be a number above 0, not {tick!r}.")
    steps = (Decimal(repr(float(price))) / step).to_integral_value(mode)
    return float(steps * step)


def _price(name: str, value: Any) -> float:
    try:
        price = float(value)
    except (TypeError, ValueError):
        price = math.nan
    if not math.isfinite(price) or not price:
        raise ValueError(
            f"{name} must be a number other than 0, not {value!r} (for a combo at even set it on the order yourself)."
        )
    return price


def _quantity(value: Any, cash: bool) -> Any:
    try:
        fine = not isinstance(value, bool) and math.isfinite(value) and (value > 0 or (cash and value == 0))
    except TypeError:
        fine = False
    if not fine:
        raise ValueError(f"quantity must be a number above 0, not {value!r}; the side is said by action.")
    # Numpy's numbers print as themselves on the wire, but not in every release of ibapi.
    return value.item() if hasattr(value, "item") else value


def _set_fields(target: Any, kind: str, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if not hasattr(target, name):
            near = difflib.get_close_matches(name, vars(target), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            if name in ORDER_FIELDS:
                hint = f" It needs {needed_ibapi(ORDER_FIELDS[name])}."
            raise ValueError(f"an ibapi {kind} has no field {name!r}.{hint}")
        setattr(target, name, value)
