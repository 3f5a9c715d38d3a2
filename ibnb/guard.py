"""AccountGuard: what stops a program when its account has lost too much."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any, Self

from ibnb.core.session import Session
from ibnb.errors import IBError
from ibnb.ib.api import EClient, Order, to_decimal, to_float

logger = logging.getLogger("ibnb")


class AccountGuard:
    """Stops trading when an account has lost too much: block, cancel, flatten, disconnect, exactly once.

    `max_loss` is a fraction of the baseline, 0.05 for 5 %. The baseline is the account's NetLiquidation after
    the first complete download, never a half of one. `min_cash` is an amount: TotalCashValue mustn't fall below it.
    Both are in the account's base currency; at least one is needed. TWS sends new values about every three minutes.
    When one of them is broken every new order is refused and all open orders are cancelled; with
    `flatten=True` positions are closed at market, with `disconnect=True` the session ends at last.
    `dry_run=True` only writes down what would be done. `actions` tells what was done.

    >>> with AccountGuard(app, max_loss=0.05, dry_run=True) as guard:       # doctest: +SKIP
    ...     app.sleep("1 h")
    ...     print(guard.actions)
    """

    TAG, CASH = "NetLiquidation", "TotalCashValue"

    def __init__(
        self,
        app: Session,
        max_loss: float | None = None,
        *,
        min_cash: float | None = None,
        flatten: bool = False,
        disconnect: bool = False,
        dry_run: bool = False,
    ) -> None:
        if max_loss is None and min_cash is None:
            raise ValueError("say what to watch: max_loss=0.05 for 5 % below the baseline, or min_cash=1000.")
        if max_loss is not None and not 0 < max_loss < 1:
            raise ValueError(f"max_loss is a fraction between 0 and 1: write 0.05 for 5 %, not {max_loss!r}")
        if min_cash is not None and not math.isfinite(min_cash):
            raise ValueError(f"min_cash is an amount in the base currency, not {min_cash!r}")
        self.max_loss = max_loss
        self.min_cash = min_cash
        self.flatten = flatten
        self.disconnect = disconnect
        self.dry_run = dry_run
        self.baseline: float | None = None
        #: What TWS said last of the account's value and of its cash.
        self.value = self.cash = math.nan
        self.tripped = False
        self.actions: list[str] = []
        self._app = app
        self._account = ""
        self._reqId: int | None = None
        self._positions: list[tuple[Any, float]] = []

    @property
    def floor(self) -> float:
        """The NetLiquidation below which the guard fires; nan before the baseline is known, and without max_loss."""
        known = self.baseline is not None and self.max_loss is not None
        return self.baseline * (1 - self.max_loss) if known else math.nan  # type: ignore[operator]

    def __enter__(self) -> Self:
        """Start watching; returns when the baseline is known. IBError when TWS doesn't tell what is to be watched."""
        app = self._app
        self._account = app.account
        self._reqId = app._ibnb.ids.request()
        app._ibnb.dispatcher.listen("accountSummary", self._row)
        app._ibnb.dispatcher.listen("accountSummaryEnd", self._complete)
        app.reqAccountSummary(self._reqId, "All", f"{self.TAG},{self.CASH}")
        try:
            app._ibnb.wait_until(lambda: self.baseline is not None, None, "AccountGuard")
            if self.min_cash is not None and math.isnan(self.cash):
                raise IBError(f"TWS has sent no {self.CASH} of {self._account}: the guard can't watch its cash.")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop()

    def _stop(self) -> None:
        app = self._app
        app._ibnb.dispatcher.ignore("accountSummary", self._row)
        app._ibnb.dispatcher.ignore("accountSummaryEnd", self._complete)
        if app.isConnected():
            app.cancelAccountSummary(self._reqId)

    def release(self) -> None:
        """Let orders pass again after the guard has fired: a decision for a person."""
        self._app._ibnb.gate.blocked = ""

    def _row(self, reqId: int, account: str, tag: str, value: str, currency: str) -> None:
        if reqId != self._reqId or account != self._account:
            return
        if tag == self.TAG:
            self.value = to_float(value)
        elif tag == self.CASH:
            self.cash = to_float(value)
        if self.baseline is not None:
            self._judge()

    def _complete(self, reqId: int) -> None:
        if reqId == self._reqId and self.baseline is None and self.value > 0:
            self.baseline = self.value
            self._judge()

    def _judge(self) -> None:
        if self.tripped:
            return
        if self.value < self.floor:
            self._fire(
                f"{self.TAG} {self.value:,.2f} is below the floor {self.floor:,.2f} "
                f"(baseline {self.baseline:,.2f}, max_loss {self.max_loss:.1%})"
            )
        elif self.min_cash is not None and self.cash < self.min_cash:
            self._fire(f"{self.CASH} {self.cash:,.2f} is below min_cash {self.min_cash:,.2f}")

    def _fire(self, reason: str) -> None:
        self.tripped = True
        app = self._app
        self._act(f"block new orders: {reason}", lambda: setattr(app._ibnb.gate, "blocked", reason))
        self._act("cancel every open order", lambda: app.reqGlobalCancel())
        if self.flatten:
            self._act("ask for positions, to close them", self._ask_positions)
        elif self.disconnect:
            self._act("disconnect", app.disconnect)

    def _act(self, text: str, action: Callable[[], object]) -> None:
        """Write an action down, and do it unless this is a dry run; one that fails doesn't stop the next."""
        self.actions.append(f"would {text}" if self.dry_run else text)
        logger.warning("account guard: %s", self.actions[-1])
        if not self.dry_run:
            try:
                action()
            except Exception as error:
                self.actions.append(f"failed to {text}: {error}")

    def _ask_positions(self) -> None:
        self._app._ibnb.dispatcher.listen("position", self._position)
        self._app._ibnb.dispatcher.listen("positionEnd", self._close_positions)
        self._app.reqPositions()

    def _position(self, account: str, contract: Any, position: Any, avgCost: float) -> None:
        if account == self._account and to_float(position):
            self._positions.append((contract, to_float(position)))

    def _close_positions(self) -> None:
        app = self._app
        app._ibnb.dispatcher.ignore("position", self._position)
        app._ibnb.dispatcher.ignore("positionEnd", self._close_positions)
        for contract, held in self._positions:
            contract.exchange = contract.exchange or "SMART"
            order = Order()
            order.action, order.orderType = ("SELL" if held > 0 else "BUY"), "MKT"
            order.totalQuantity, order.account = to_decimal(abs(held)), self._account
            order.eTradeOnly = order.firmQuoteOnly = False
            text = f"close {contract.symbol}: {order.action} {abs(held):g} MKT"
            self._act(text, lambda c=contract, o=order: self._send(c, o))  # type: ignore[misc]
        if self.disconnect:
            self._act("disconnect", app.disconnect)

    def _send(self, contract: Any, order: Any) -> None:
        # The one order that may pass while everything is blocked.
        with self._app._ibnb.outgoing.checked():
            EClient.placeOrder(self._app, self._app._ibnb.take_order_id(), contract, order)
