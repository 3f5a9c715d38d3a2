"""What a limit lets pass, by rules that share no code with `ibnb.core`: the judge of tests.limits_machine."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from ibnb import OrderLimits
from ibnb.ib.api import is_unset

# IB's order types with a price that a purchase can't cost more than; those whose auxPrice is a price; that trail.
CAPPED = {"LMT", "STP LMT", "LIT", "LOC", "REL", "MIDPRICE", "PEG MID", "PEG BEST"}
LIMITED = CAPPED | {"TRAIL LIMIT", "PEG MKT"}
WOKEN = {"STP", "STP LMT", "MIT", "LIT", "STP PRT"}
TRAILING = {"TRAIL", "TRAIL LIMIT"}


@dataclass(frozen=True)
class Thing:
    """An instrument: what it really is, and a price above any that it will have."""

    conId: int
    symbol: str
    secType: str
    price: float
    worth: float = 1.0
    currency: str = "USD"
    exchange: str = "SMART"
    fields: tuple[tuple[str, Any], ...] = ()
    # An option's: what an exercise trades.
    strike: float = 0.0
    right: str = ""
    under: int = 0


@dataclass
class Want:
    """One attempt: what it would trade, as it is meant, and what is said."""

    legs: list[tuple[Thing, int, bool]]  # instrument, ratio, does it sell
    order: Any
    contract: Any
    account: str
    units: float  # of the order; nan: only cash
    cash: float = 0.0
    lie: bool = False  # the contract says another symbol than its number
    unclear: bool = False  # quantity, action …: nothing could be said about it


@dataclass
class Truth:
    """What the gateway holds: units by (account, conId), and its orders."""

    held: dict[tuple[str, int], float]
    orders: list[Any]

    def all_selling(self, account: str, conId: int) -> float:
        """Units that working orders may sell, whatever becomes of one another."""
        return sum(sold_by(w, conId) for w in self.orders if not w.final and w.account.code == account)

    def selling(self, account: str, conId: int, but: int | None = None) -> float:
        """Units that working orders may still sell, an exit's beyond what its entry has yet to buy."""
        families: dict[object, float] = {}
        groups: dict[tuple[object, str], float] = {}
        total = 0.0
        for each in self.orders:
            if each.final or each.account.code != account or each.orderId == but:
                continue
            left = sold_by(each, conId)
            if not left:
                continue
            oca = each.order.ocaGroup if each.parent or each.order.ocaType in (1, 2) else ""
            if each.parent is None and not oca:
                total += left
            else:
                groups[each.parent or oca, oca] = max(groups.get((each.parent or oca, oca), 0.0), left)
        for (family, _), left in groups.items():
            families[family] = families.get(family, 0.0) + left
        for family, left in families.items():
            buys = 0.0
            if not isinstance(family, str) and not family.final and family.buys:  # type: ignore[attr-defined]
                buys = float(family.remaining)  # type: ignore[attr-defined]
            total += max(0.0, left - buys)
        return total


def conIds_of(working: Any) -> set[int]:
    return {leg.instrument.conId for leg in working.legs} or {working.instrument.conId}


def sold_by(working: Any, conId: int) -> float:
    """What is left to sell of an instrument by one of the gateway's orders."""
    if working.legs:
        signed = sum(leg.signed for leg in working.legs if leg.instrument.conId == conId)
        return max(0.0, -float(working.remaining) * signed * (1 if working.buys else -1))
    fits = working.instrument.conId == conId and not working.buys
    return float(working.remaining) if fits else 0.0


def broken(limits: OrderLimits, want: Want, orderId: int | None, truth: Truth, sent: int) -> list[str]:
    """Which limits an order would break, or what about it can't be judged; `sent`: orders of the last minute."""
    found = []
    by_content = limits.symbols is not None or limits.max_notional is not None or not limits.allow_short
    if want.unclear:
        return ["it can't be read"]
    if want.lie and (by_content or (want.cash and limits.max_quantity is not None)):
        found.append("its symbol is another one's")
    if want.order.action == "SSHORT" and not limits.allow_short:
        found.append("allow_short")
    for thing, ratio, sells in want.legs:
        units = want.units * ratio
        if limits.symbols is not None and thing.symbol not in limits.symbols:
            found.append("symbols")
        if limits.max_quantity is not None:
            bought = (
                want.cash / (lowest(thing, want.order, sells) * thing.worth) if want.cash and limits.price_of else 0.0
            )
            if want.cash and (limits.price_of is None or lowest(thing, want.order, sells) <= 0):
                found.append("cash can't be counted")
            elif max(bought, 0.0 if math.isnan(units) else units) > limits.max_quantity:
                found.append("max_quantity")
        if not limits.allow_short and sells:
            held = max(0.0, truth.held.get((want.account, thing.conId), 0.0))
            going = truth.selling(want.account, thing.conId, but=orderId)
            own = next((each for each in truth.orders if each.orderId == orderId), None)
            done = float(own.filled) if own is not None else 0.0
            if own is not None and units <= float(own.order.totalQuantity) and not own.buys:
                continue  # it sells no more than it did
            if want.cash or units - done * ratio > held - going + 1e-9:
                found.append("allow_short")
    if limits.max_notional is not None:
        value = value_of(limits, want)
        if math.isnan(value) or value > limits.max_notional + 1e-6:
            found.append("max_notional")
    if limits.max_orders_per_minute is not None and sent >= limits.max_orders_per_minute:
        found.append("max_orders_per_minute")
    return found


def value_of(limits: OrderLimits, want: Want) -> float:
    """The most that it can cost; nan where nothing bounds it."""
    if want.cash and math.isnan(want.units):
        return cash_value_of(limits, want)
    order, total = want.order, cash_value_of(limits, want) if want.cash else 0.0
    if len(want.legs) > 1 or want.legs[0][1] != 1 or want.contract.secType == "BAG":
        if limits.price_of is None:
            return math.nan
        return sum(thing.price * want.units * ratio * thing.worth for thing, ratio, _ in want.legs)
    thing, _, sells = want.legs[0]
    kind = order.orderType
    limit = 0.0 if is_unset(order.lmtPrice) or kind not in LIMITED else float(order.lmtPrice)
    if kind in CAPPED and limit > 0 and not sells:
        return max(total, limit * want.units * thing.worth)
    if limits.price_of is None:
        return math.nan
    price = max(thing.price, abs(limit))
    if kind in WOKEN and not is_unset(order.auxPrice):
        price = max(price, float(order.auxPrice))
    if kind in TRAILING:
        percent = 0.0 if is_unset(order.trailingPercent) else float(order.trailingPercent)
        distance = 0.0 if is_unset(order.auxPrice) else float(order.auxPrice)
        stop = 0.0 if is_unset(order.trailStopPrice) else float(order.trailStopPrice)
        price = max(price, stop, thing.price * (1 + percent / 100) if percent else thing.price + distance)
    return max(total, price * want.units * thing.worth)


def stated(thing: Thing, order: Any, sells: bool) -> list[float]:
    """The prices that an order states."""
    kind, prices = order.orderType, []
    if kind in LIMITED and not is_unset(order.lmtPrice):
        prices.append(float(order.lmtPrice))
    if kind in WOKEN and not is_unset(order.auxPrice):
        prices.append(float(order.auxPrice))
    if kind in TRAILING and not is_unset(order.trailStopPrice):
        prices.append(float(order.trailStopPrice))
    prices = [price for price in prices if price]
    if kind in TRAILING:
        way = -1 if sells else 1
        percent = 0.0 if is_unset(order.trailingPercent) else float(order.trailingPercent)
        distance = 0.0 if is_unset(order.auxPrice) else float(order.auxPrice)
        prices.append(thing.price * (1 + way * percent / 100) if percent else thing.price + way * distance)
    return prices


def lowest(thing: Thing, order: Any, sells: bool) -> float:
    """The lowest price at which a sum of money may be turned into units; 0 or less where none is."""
    return min([thing.price, *stated(thing, order, sells)])


def cash_value_of(limits: OrderLimits, want: Want) -> float:
    """What a sum of money comes to at most: a sale that states a price may be made at a better one."""
    thing, _, sells = want.legs[0]
    if not sells or not stated(thing, want.order, sells):
        return want.cash
    low = lowest(thing, want.order, sells)
    if limits.price_of is None or low <= 0:
        return math.nan
    return want.cash * value_of(limits, replace(want, cash=0.0, units=1.0)) / thing.worth / low
