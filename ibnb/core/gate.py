"""Orders pass through here, whoever sends them: verbs, a raw `placeOrder`, or a message by hand.

The account's code decides between paper and live (paper codes start with D), never the port.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ibnb.errors import SafetyError
from ibnb.ib.api import is_unset, to_float

#: Outgoing message ids that place or change an order (placeOrder, exerciseOptions), and that cancel.
PLACING = frozenset({3, 21})
CANCELLING = frozenset({4, 58})


def is_paper(account: str) -> bool:
    """Paper and demo accounts have a code that starts with D (DU1234567, DF…)."""
    return account.upper().startswith("D")


@dataclass(frozen=True)
class OrderLimits:
    """What an order may be at most; None = no limit.

    max_quantity: units per order. max_notional: price × quantity × multiplier per order, in the
    contract's currency; a market order needs `price_of(contract)` to be judged, and is refused without.
    max_orders_per_minute counts modifications too. symbols: the only ones allowed.
    allow_short=False refuses to sell more than is held, as far as the session knows (getPositions()).
    """

    max_quantity: float | None = None
    max_notional: float | None = None
    max_orders_per_minute: int | None = None
    symbols: frozenset[str] | None = None
    allow_short: bool = True
    price_of: Callable[[Any], float | None] | None = None

    def __post_init__(self) -> None:
        for name in ("max_quantity", "max_notional", "max_orders_per_minute"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be above 0, not {value!r}; None means no limit")
        if isinstance(self.symbols, str):
            raise ValueError(f"symbols must be a collection of symbols: {{{self.symbols!r}}}")
        if self.symbols is not None:
            object.__setattr__(self, "symbols", frozenset(symbol.upper() for symbol in self.symbols))


class OrderGate:
    """Says yes or raises SafetyError, before an order leaves."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.readonly = False
        self.limits: OrderLimits | None = None
        # Why every order is refused, once a guard has fired; "" while orders may pass.
        self.blocked = ""
        self._now = now
        self._sent: deque[float] = deque()
        self._held: dict[int | str, float] = {}
        self._selling: dict[int, tuple[int | str, float]] = {}

    @property
    def armed(self) -> bool:
        """Is there anything to check?"""
        return self.readonly or bool(self.blocked) or self.limits is not None

    def check(self, orderId: int, contract: Any, order: Any) -> None:
        """Raise SafetyError if this order mustn't go; remember it if it may."""
        self.refuse_all("placeOrder")
        limits = self.limits
        if limits is None:
            return
        quantity = 0.0 if is_unset(order.totalQuantity) else to_float(order.totalQuantity)
        what = f"order {orderId} ({order.action} {quantity:g} {contract.symbol})"
        if limits.symbols is not None and contract.symbol.upper() not in limits.symbols:
            raise SafetyError(f"{what} refused: only {', '.join(sorted(limits.symbols))} may be traded")
        if limits.max_quantity is not None and quantity > limits.max_quantity:
            raise SafetyError(f"{what} refused: at most {limits.max_quantity:g} units per order")
        if limits.max_notional is not None:
            self._check_notional(what, contract, order, quantity, limits)
        if not limits.allow_short and order.action.upper() != "BUY":
            self._check_short(what, orderId, contract, order, quantity)
        if limits.max_orders_per_minute is not None:
            now = self._now()
            while self._sent and self._sent[0] <= now - 60:
                self._sent.popleft()
            if len(self._sent) >= limits.max_orders_per_minute:
                raise SafetyError(f"{what} refused: at most {limits.max_orders_per_minute} orders per minute")
            self._sent.append(now)
        if order.action.upper() != "BUY":
            self._selling[orderId] = (_name(contract), quantity)

    def check_group(self, orders: Sequence[tuple[int, Any, Any]]) -> None:
        """Raise SafetyError unless all of these (orderId, contract, order) may go; `check` still judges each."""
        sent, selling = self._sent.copy(), self._selling.copy()
        try:
            for each in orders:
                self.check(*each)
        finally:
            self._sent, self._selling = sent, selling

    def refuse_all(self, call: str) -> None:
        """Raise SafetyError when nothing may be placed at all."""
        self.refuse_readonly(call)
        if self.blocked:
            raise SafetyError(f"{call} refused: {self.blocked}")

    def refuse_readonly(self, call: str) -> None:
        """Raise SafetyError in a read-only session, which mustn't touch orders at all."""
        if self.readonly:
            raise SafetyError(f"{call} refused: this session is read-only; connect with readonly=False to trade")

    def _check_notional(self, what: str, contract: Any, order: Any, quantity: float, limits: OrderLimits) -> None:
        assert limits.max_notional is not None
        notional = 0.0 if is_unset(getattr(order, "cashQty", None)) else to_float(order.cashQty)
        if quantity:
            price = _price(order)
            if math.isnan(price) and limits.price_of is not None:
                price = to_float(limits.price_of(contract))
            if math.isnan(price):
                raise SafetyError(
                    f"{what} refused: its value can't be checked against max_notional without a price; "
                    "use a limit order, or give OrderLimits a price_of function"
                )
            multiplier = to_float(contract.multiplier or 1)
            notional = max(notional, abs(price) * quantity * multiplier)
        if notional > limits.max_notional:
            raise SafetyError(f"{what} refused: its value of {notional:,.2f} is above {limits.max_notional:,.2f}")

    def _check_short(self, what: str, orderId: int, contract: Any, order: Any, quantity: float) -> None:
        name = _name(contract)
        held = self._held.get(name)
        if held is None and contract.conId:
            held = self._held.get(contract.symbol)
        if order.action.upper() == "SSHORT" or held is None:
            raise SafetyError(
                f"{what} refused: selling short isn't allowed"
                + ("" if held is not None else ", and no position is known; call getPositions() first")
            )
        going = sum(left for key, (named, left) in self._selling.items() if named == name and key != orderId)
        if quantity + going > held:
            working = f", {going:g} of them already being sold" if going else ""
            raise SafetyError(f"{what} refused: only {held:g} held{working}, and selling short isn't allowed")

    # --- what the session knows --------------------------------------------------------------------

    def position(self, contract: Any, quantity: Any) -> None:
        """A position as TWS reports it."""
        held = to_float(quantity)
        if contract.secType in ("STK", ""):
            self._held[contract.symbol] = held
        if contract.conId:
            self._held[contract.conId] = held

    def filled(self, contract: Any, side: str, shares: Any) -> None:
        """A fill of this moment changes what is held before TWS reports the new position."""
        change = to_float(shares) * (1 if side.upper().startswith("B") else -1)
        for name in {_name(contract), contract.symbol if contract.secType == "STK" else _name(contract)}:
            if name in self._held:
                self._held[name] += change

    def status(self, orderId: int, status: str, remaining: Any) -> None:
        """An order's progress: what is sold or dead isn't waiting to be sold any more."""
        if orderId in self._selling:
            name, _ = self._selling[orderId]
            left = 0.0 if status in ("Filled", "Cancelled", "ApiCancelled", "Inactive") else to_float(remaining)
            if left:
                self._selling[orderId] = (name, left)
            else:
                del self._selling[orderId]


def _name(contract: Any) -> int | str:
    return int(contract.conId) or str(contract.symbol)


def _price(order: Any) -> float:
    """The most an order's own prices say it can cost; nan for a market order."""
    prices = [to_float(getattr(order, name, None)) for name in ("lmtPrice", "auxPrice")]
    known = [abs(price) for price in prices if not math.isnan(price) and price]
    return max(known) if known else math.nan
