"""What an order may cost and contain. Pure: nothing is sent here, and nothing is remembered.

Rule: an order is judged by all that it can do. Its instruments are those that TWS knows under its conId or its legs,
its cost is bounded by a price only where its type says so, and what can't be judged is refused with a way out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Real
from typing import Any

from ibnb.errors import SafetyError
from ibnb.ib.api import Contract, is_unset, to_float
from ibnb.ib.order_types import ORDER_TYPES, named

# Contract → what TWS says about it (ContractDetails, one or several); raises when it can't be asked.
DetailsOf = Callable[[Any], Sequence[Any]]

SELLING = ("SELL", "SSHORT", "SLONG")
# Instruments of which one unit is worth its price, when the details name no multiplier.
WHOLE = frozenset({"STK", "CASH", "CRYPTO", "CMDTY", "CFD", "FUND"})
# Currencies in whose hundredths shares may be quoted: pence, cents, agorot.
_IN_PARTS = ("GBP", "ZAR", "ILS")
# Fields with which TWS trades more, or other things, than the order says. What each of the other ones may do stands in
# tests/core/test_order_fields.py. Scales: IB's user's guide, "Scale Order Columns" and "Scale Order with Restore Size".
_ELSEWHERE = {
    "hedgeType": "TWS itself computes how much a hedge trades",
    "deltaNeutralOrderType": "TWS itself adds an order that hedges it",
    "faMethod": "TWS itself computes how much each account trades",
    "faPercentage": "TWS itself computes how much each account trades",
    "scaleTable": "TWS trades at the prices and sizes of its rows; place an order for each",
    "scaleProfitOffset": "TWS itself adds orders that take profits; place them yourself, or use createBracket",
    "scaleAutoReset": "TWS trades again what has been closed; place the order anew yourself",
}
# Fields that let TWS move an order's prices later.
_MOVES = ("adjustedOrderType", "scalePriceAdjustValue")
_LEVELS = ("adjustedStopPrice", "adjustedStopLimitPrice")
EXERCISE, LAPSE = 1, 2


@dataclass(frozen=True)
class OrderLimits:
    """What an order may be at most; None = no limit.

    max_quantity: units per order; of a combo the units of each leg, of an exercise the shares. max_notional: price ×
    quantity × multiplier per order, in the contract's currency (a combo: all legs, whichever way). Only the limit price
    of a purchase bounds what it can cost (LMT, STP LMT, LIT, LOC, and the cap of REL, MIDPRICE, PEG MID, PEG BEST). Of
    every other order, and of each sale, the value comes from `price_of(contract)`, which returns a price in the
    contract's own unit (London: pence); without it the order is refused. Prices that the order states count if higher.
    cashQty counts as value, and needs price_of to be judged by max_quantity, as does a sale that states a price: TWS
    may turn the sum into units at that price, and sell these at a better one.
    max_orders_per_minute counts modifications too, and exits that TWS attaches (ptOrderType, slOrderType; max_notional
    refuses these), previews not. symbols: the only ones allowed, legs included. allow_short=False refuses to sell more
    of an instrument than the account holds, as far as TWS has told (getPositions()), less what working orders sell
    already; the exits of a bracket may sell what its entry buys.

    Where a contract doesn't say by itself what it is (a conId, a derivative, pence), TWS is asked, once.
    """

    max_quantity: float | None = None
    max_notional: float | None = None
    max_orders_per_minute: int | None = None
    symbols: Collection[str] | None = None
    allow_short: bool = True
    price_of: Callable[[Any], float | None] | None = None

    def __post_init__(self) -> None:
        for name in ("max_quantity", "max_notional", "max_orders_per_minute"):
            value: Any = getattr(self, name)
            if value is not None and not (isinstance(value, Real | Decimal) and float(value) > 0):
                raise ValueError(f"{name} must be above 0, not {value!r}; None means no limit")
        if isinstance(self.symbols, str):
            raise ValueError(f"symbols must be a collection of symbols: {{{self.symbols!r}}}")
        if self.symbols is not None and not all(isinstance(symbol, str) for symbol in self.symbols):
            raise ValueError(f"symbols must be text such as 'AAPL', not {list(self.symbols)!r}")
        if self.price_of is not None and not callable(self.price_of):
            raise ValueError(f"price_of must be a function of a contract, not {self.price_of!r}")
        if self.symbols is not None:
            object.__setattr__(self, "symbols", frozenset(symbol.upper() for symbol in self.symbols))

    @property
    def by_content(self) -> bool:
        """Do they ask what is traded, and not only how many?"""
        return self.symbols is not None or self.max_notional is not None or not self.allow_short


@dataclass(frozen=True)
class Part:
    """One instrument that an order trades: the order's own, or a combo's leg.

    `units`: how many, nan when only the cash is known; `worth`: what one unit's price is multiplied with, nan when TWS
    doesn't say; `price`: the price at which it certainly trades (an exercise's strike), else nan.
    """

    contract: Any
    units: float
    sells: bool
    worth: float = math.nan
    price: float = math.nan

    @property
    def conId(self) -> int:
        return int(self.contract.conId or 0)


@dataclass(frozen=True)
class Intent:
    """All that one order would do; `leg_prices`: its own prices say nothing about its parts."""

    what: str
    parts: tuple[Part, ...]
    order: Any
    cash: float = 0.0
    leg_prices: bool = False
    # Of what TWS calls filled, 1 is so many units of each part: a combo's ratios.
    quantity: float = math.nan
    # The options that an exercise uses up: conId, and how many.
    uses: tuple[int, float] | None = None

    def refuse(self, why: str) -> SafetyError:
        return SafetyError(f"{self.what} refused: {why}")


def intent_of(orderId: int, contract: Any, order: Any, limits: OrderLimits, details_of: DetailsOf) -> Intent:
    """What an order would do. SafetyError when that can't be told."""
    action = str(order.action).strip().upper()
    what = f"order {orderId} ({order.action} {_shown(order.totalQuantity)} {contract.symbol or contract.conId})"
    blank = Intent(what, (), order)
    if action not in ("BUY", *SELLING):
        raise blank.refuse(f"action {order.action!r} is neither BUY nor SELL")
    quantity, cash = (
        _amount(blank, "totalQuantity", order.totalQuantity),
        _amount(blank, "cashQty", _get(order, "cashQty")),
    )
    if not quantity and not cash:
        raise blank.refuse("it says no quantity above 0")
    for field, why in _ELSEWHERE.items():
        if _says(order, field):
            raise blank.refuse(f"{field} is set: {why}, which can't be checked against limits")
    if _get(contract, "deltaNeutralContract"):
        raise blank.refuse("its contract has a deltaNeutralContract, which can't be checked against limits")
    sells, units = action in SELLING, quantity or math.nan
    if str(contract.secType).upper() == "BAG":
        if cash:
            raise blank.refuse("how many of its legs the cashQty of a combo trades isn't known; use totalQuantity")
        parts = tuple(_legs(blank, contract, units, sells, limits, details_of))
        return Intent(what, parts, order, cash, leg_prices=True, quantity=units)
    if _get(contract, "comboLegs"):
        raise blank.refuse(f"its contract has legs, but is of type {contract.secType!r}; a combo's secType is 'BAG'")
    if limits.by_content or (cash and limits.max_quantity is not None):
        part = _part(blank, contract, units, sells, limits, details_of)
    else:
        part = Part(contract, units, sells)
    return Intent(what, (part,), order, cash, quantity=units)


def exercise_of(reqId: int, contract: Any, action: Any, quantity: Any, details_of: DetailsOf) -> Intent | None:
    """What an exercise buys or sells; None when it lets options lapse. SafetyError when it can't be told."""
    blank = Intent(f"exercise {reqId} ({quantity} {contract.symbol})", (), None)
    if action == LAPSE:
        return None
    if action != EXERCISE:
        raise blank.refuse(f"exerciseAction {action!r} is neither 1 (exercise) nor 2 (lapse)")
    count = _amount(blank, "exerciseQuantity", quantity)
    if not count:
        raise blank.refuse("it says no quantity above 0")
    found = _details(blank, contract, details_of)
    option = found.contract
    multiplier, strike = to_float(option.multiplier), to_float(option.strike)
    right = str(option.right)[:1].upper()
    if not (multiplier > 0 and strike > 0 and right in ("C", "P")):
        raise blank.refuse("multiplier, strike and right of the option aren't known")
    bought = Contract()
    bought.symbol, bought.secType, bought.conId = found.underSymbol, found.underSecType, int(found.underConId or 0)
    bought.currency = option.currency
    if bought.secType == "IND":  # settled in cash: no position comes of it
        part = Part(option, count, False, multiplier / _magnifier(found), strike)
        return replace(blank, parts=(part,), uses=(part.conId, count))
    # An option on a future turns into futures, one each; one on a share into as many shares as its multiplier says.
    units, worth = (count, multiplier) if bought.secType == "FUT" else (count * multiplier, 1.0)
    part = Part(bought, units, right == "P", worth / _magnifier(found), strike)
    return replace(blank, parts=(part,), uses=(int(option.conId), count))


def judge(intent: Intent, limits: OrderLimits) -> None:
    """SafetyError when an order breaks a limit that needs no memory (all but shorts and orders per minute)."""
    for part in intent.parts:
        symbol = str(part.contract.symbol).upper()
        if limits.symbols is not None and symbol not in limits.symbols:
            raise intent.refuse(f"only {', '.join(sorted(limits.symbols))} may be traded, and it trades {symbol}")
        if limits.max_quantity is not None and _units(intent, part, limits) > limits.max_quantity:
            raise intent.refuse(f"at most {limits.max_quantity:g} units per order")
    if limits.max_notional is not None:
        if attached(intent.order):
            raise intent.refuse(
                "the prices of the exits that TWS attaches can't be checked against max_notional; use createBracket"
            )
        value = sum(_value(intent, part, limits) for part in intent.parts)
        if value > limits.max_notional:
            raise intent.refuse(f"its value of {value:,.2f} is above {limits.max_notional:,.2f}")


def attached(order: Any) -> list[str]:
    """Which exits TWS is to attach by its own presets: "pt", the profit taker, and "sl", the stop loss."""
    return [name for name in ("pt", "sl") if _says(order, f"{name}OrderType")]


def unknown(contract: Any, limits: OrderLimits) -> list[Any]:
    """The contracts of which TWS must say what they are, so that an order can be judged."""
    return [each for each in traded(contract) if limits.by_content and _asks(each, limits)]


def traded(contract: Any) -> list[Any]:
    """What an order for a contract trades: a combo's legs, else the contract."""
    if str(contract.secType).upper() != "BAG":
        return [contract]
    found = []
    for leg in contract.comboLegs or ():
        named = Contract()
        named.conId, named.exchange = int(leg.conId), leg.exchange
        found.append(named)
    return found


# --- what is traded ----------------------------------------------------------------------------------


def _legs(
    blank: Intent, contract: Any, units: float, sells: bool, limits: OrderLimits, details_of: DetailsOf
) -> list[Part]:
    if not contract.comboLegs:
        raise blank.refuse("a combo without comboLegs can't be checked against limits; give its legs")
    parts, legs = [], traded(contract)
    conIds = [each.conId for each in legs]
    for leg, of in zip(contract.comboLegs, legs, strict=True):
        ratio, action = _amount(blank, "a leg's ratio", leg.ratio), str(leg.action).strip().upper()
        if not ratio or not leg.conId or action not in ("BUY", *SELLING):
            raise blank.refuse("a leg needs conId, ratio and action (BUY or SELL)")
        if conIds.count(of.conId) > 1:
            raise blank.refuse(f"conId {of.conId} stands in two of its legs; write them as one")
        other_way = (action in SELLING) != sells
        if limits.by_content:
            parts.append(_part(blank, of, units * ratio, other_way, limits, details_of))
        else:
            parts.append(Part(of, units * ratio, other_way))
    return parts


def _part(blank: Intent, contract: Any, units: float, sells: bool, limits: OrderLimits, details_of: DetailsOf) -> Part:
    if not _asks(contract, limits):
        return Part(contract, units, sells, 1.0)
    try:
        found = _details(blank, contract, details_of)
    except SafetyError:
        if not _speaks_for_itself(contract) or _may_be_pence(contract):
            raise
        # It is what it says, if it is anything.
        return Part(contract, units, sells, 1.0)
    multiplier = to_float(found.contract.multiplier)
    if math.isnan(multiplier) and found.contract.secType in WHOLE:
        multiplier = 1.0
    return Part(found.contract, units, sells, multiplier / _magnifier(found) if multiplier > 0 else math.nan)


def _asks(contract: Any, limits: OrderLimits) -> bool:
    """Must TWS say what this is, so that an order can be judged?"""
    by_price = limits.max_notional is not None or limits.price_of is not None
    return (by_price and _may_be_pence(contract)) or not limits.allow_short or not _speaks_for_itself(contract)


def _may_be_pence(contract: Any) -> bool:
    return contract.currency in ("", *_IN_PARTS)


def _speaks_for_itself(contract: Any) -> bool:
    """Do a contract's own words say what it is, without a number or a local name that may say otherwise?"""
    others = ("conId", "localSymbol", "tradingClass", "secId", "issuerId")
    return bool(contract.symbol) and contract.secType in WHOLE and not any(_get(contract, name) for name in others)


def _details(blank: Intent, contract: Any, details_of: DetailsOf) -> Any:
    """What TWS knows under this contract; SafetyError unless it is one instrument, the one that it says it is."""
    try:
        rows = list(details_of(contract))
    except Exception as error:
        raise blank.refuse(
            f"what it trades can't be checked, as TWS hasn't told ({error}); app.resolve(contract) asks beforehand"
        ) from error
    if len({row.contract.conId for row in rows}) != 1:
        raise blank.refuse(f"its contract names {len(rows)} instruments at TWS; app.resolve(contract) finds the one")
    found = rows[0]
    if contract.conId and int(contract.conId) != int(found.contract.conId):
        raise blank.refuse(f"TWS knows conId {contract.conId} as {found.contract.conId}")
    for name in ("symbol", "secType"):
        said, known = str(_get(contract, name) or "").upper(), str(getattr(found.contract, name)).upper()
        if said and said != known and "CONTFUT" not in said:
            raise blank.refuse(f"its contract says {name} {said!r}, but TWS knows it as {known!r}")
    return found


def _magnifier(details: Any) -> float:
    return float(_get(details, "priceMagnifier") or 1)


# --- what it costs -----------------------------------------------------------------------------------


def _units(intent: Intent, part: Part, limits: OrderLimits) -> float:
    """How many units it trades at most; where only the cash is known, at the price of this moment."""
    stated = 0.0 if math.isnan(part.units) else part.units
    if not intent.cash:
        return stated
    if limits.price_of is None or math.isnan(part.worth):
        raise intent.refuse(
            "how many units its cashQty buys can't be checked against max_quantity; "
            "use totalQuantity, or give OrderLimits a price_of function"
        )
    return max(stated, intent.cash / (_lowest(intent, part, limits) * part.worth))


def _value(intent: Intent, part: Part, limits: OrderLimits) -> float:
    cash = intent.cash
    if cash and part.sells and _levels(intent.order, 1.0, -1):
        # As many units as bring the sum at the lowest price bring more at a higher one.
        cash *= _price(intent, part, limits) / _lowest(intent, part, limits)
    if math.isnan(part.units):
        return cash
    if math.isnan(part.worth):
        raise intent.refuse(
            f"TWS tells no multiplier of {part.contract.symbol or part.conId} ({part.contract.secType}), so that its "
            "value can't be checked against max_notional; use max_quantity for it"
        )
    return max(cash, _price(intent, part, limits) * part.units * part.worth)


def _price(intent: Intent, part: Part, limits: OrderLimits) -> float:
    """The most that a unit can cost, as far as that can be said."""
    if not math.isnan(part.price):
        return part.price
    if intent.leg_prices:
        return _asked(intent, part, limits)
    order = intent.order
    row = ORDER_TYPES.get(named(str(order.orderType)))
    limit = _stated(order, "lmtPrice")
    if row is not None and row.caps and limit > 0 and not part.sells and not _moves(order):
        return limit + max(_stated(order, "discretionaryAmt"), 0.0)
    asked = _asked(intent, part, limits)
    return max([asked, *(abs(level) for level in _levels(order, asked, 1))])


def _lowest(intent: Intent, part: Part, limits: OrderLimits) -> float:
    """The lowest price at which a sum of money may be turned into units. IB doesn't say which one TWS takes: the
    market's, or one that the order states."""
    asked = _asked(intent, part, limits)
    found = min([asked, *_levels(intent.order, asked, -1 if part.sells else 1)])
    if found <= 0:
        raise intent.refuse("how many units its cashQty trades can't be told from its prices; use totalQuantity")
    return found


def _levels(order: Any, market: float, way: int) -> list[float]:
    """The prices that an order states: its limit, what wakes it, what that is adjusted to, and where its trail begins,
    above the market (`way` 1) or below (-1)."""
    row = ORDER_TYPES.get(named(str(order.orderType)))
    limit = _stated(order, "lmtPrice") if row is None or row.limit else 0.0
    stop = _stated(order, row.stop) if row is not None and row.stop else 0.0
    levels = [each for each in (limit, stop, *(_stated(order, name) for name in _LEVELS if _moves(order))) if each]
    if row is not None and row.trails:
        # A buy's stop begins above the market; it never goes further away.
        percent, distance = _stated(order, "trailingPercent"), _stated(order, "auxPrice")
        levels.append(market * (1 + way * percent / 100) if percent else market + way * distance)
    return levels


def _moves(order: Any) -> bool:
    """Does an order's price move to where its own fields don't bound it?"""
    return any(_says(order, name) for name in _MOVES)


def _asked(intent: Intent, part: Part, limits: OrderLimits) -> float:
    symbol = part.contract.symbol or part.conId
    if limits.price_of is None:
        raise intent.refuse(
            "its value can't be checked against max_notional without a price of "
            f"{symbol}; buy with a limit order, or give OrderLimits a price_of function"
        )
    try:
        given = limits.price_of(part.contract)
        price = math.nan if given is None else float(given)
    except Exception as error:
        raise intent.refuse(f"price_of failed for {symbol}: {type(error).__name__}: {error}") from error
    if not (math.isfinite(price) and price > 0):
        raise intent.refuse(f"price_of gave {given!r} for {symbol}, which is no price")
    return price


# --- numbers -----------------------------------------------------------------------------------------


def _get(record: Any, name: str) -> Any:
    """A field that not every release of ibapi has."""
    return getattr(record, name, None)


def _says(order: Any, name: str) -> bool:
    """Is a field set, to anything but TWS's word for nothing?"""
    value = _get(order, name)
    return not is_unset(value) and str(value or "NONE").strip().upper() != "NONE"


def _amount(blank: Intent, name: str, value: Any) -> float:
    """A number above 0, or 0.0 when there is none; SafetyError for anything else."""
    if is_unset(value) and not _is_nan(value):
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise blank.refuse(f"{name} {value!r} isn't a number above 0; the side is said by action")
    return number


def _shown(quantity: Any) -> str:
    try:
        return f"{0.0 if is_unset(quantity) else float(quantity):g}"
    except (TypeError, ValueError):
        return repr(quantity)


def _is_nan(value: Any) -> bool:
    return bool(value != value)


def _stated(order: Any, name: str) -> float:
    """A price that an order states, 0.0 when it states none."""
    try:
        price = to_float(_get(order, name))
    except ValueError:
        return 0.0
    return price if math.isfinite(price) else 0.0
