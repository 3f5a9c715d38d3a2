"""A ticket for one order, like the one in TWS: fill it in, look at what it would cost, place it in two steps."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets
import pandas as pd

from ibnb.core.gate import is_paper
from ibnb.ib.create import createOrder
from ibnb.ib.fields import ContractLike
from ibnb.ib.order_types import ORDER_TYPES
from ibnb.ib.values import check, short_name
from ibnb.widgets.live import Live
from ibnb.widgets.markup import GREEN, GREY, RED, badge, code, count, facts, price

# Those of ORDER_TYPES that quantity and two prices say whole.
_TYPES = ("MKT", "LMT", "STP", "STP LMT", "MIT", "LIT", "MOC", "LOC")
_TIFS = ("DAY", "GTC", "IOC", "OPG", "FOK")
_TIMEOUT = 10.0


class OrderTicket(Live):
    """One order: `preview()` asks TWS what it would do (IB's what-if), `place()` asks for confirmation, `confirm()`
    sends it. The badge says whether the account is paper or live. Any change of a field takes the confirmation back.

    `contract` is a contract or the symbol of a US stock. `orderId` is the order's, once it was sent.

    >>> ticket = ibnb.OrderTicket(app, "NVDA", quantity=10)
    >>> ticket.preview()
    >>> ticket.place()
    >>> ticket.confirm()
    New Order ID 2: BUY 10 NVDA (MKT)
    >>> ticket.text.splitlines()[-1]
    'Order 2 was sent.'
    """

    def __init__(
        self,
        app: Any,
        contract: ContractLike | str = "",
        action: str = "BUY",
        quantity: float = 1,
        order_type: str = "MKT",
        limit_price: float | None = None,
        stop_price: float | None = None,
        tif: str = "DAY",
    ) -> None:
        self._given = contract
        self.orderId: int | None = None
        self._preview: pd.Series | None = None
        self._armed: tuple[Any, Any] | None = None
        fixed = not isinstance(contract, str)
        self.symbol = widgets.Text(short_name(contract) if fixed else contract, description="Symbol", disabled=fixed)
        self.action = widgets.Dropdown(
            options=["BUY", "SELL"], value=check("action", action, ("BUY", "SELL")), description="Action"
        )
        self.quantity = widgets.FloatText(quantity, description="Quantity")
        self.order_type = widgets.Dropdown(
            options=_TYPES, value=check("order_type", order_type, _TYPES), description="Type"
        )
        self.limit_price = widgets.FloatText(limit_price or 0.0, description="Limit price", step=0.01)
        self.stop_price = widgets.FloatText(stop_price or 0.0, description="Stop price", step=0.01)
        self.tif = widgets.Dropdown(options=_TIFS, value=check("tif", tif, _TIFS), description="In force")
        fields = (self.action, self.symbol, self.quantity, self.order_type, self.limit_price, self.stop_price, self.tif)
        for each in fields:
            each.layout = widgets.Layout(width="200px")
        form = widgets.HBox(fields, layout=widgets.Layout(flex_flow="row wrap"))
        preview = widgets.Button(description="Preview", tooltip="Ask TWS what this order would do")
        place = widgets.Button(description="Place …", tooltip="Asks for confirmation first")
        self._confirm = widgets.Button(button_style="danger", layout=widgets.Layout(width="auto", display="none"))
        self._back = widgets.Button(description="Back", layout=widgets.Layout(width="auto", display="none"))
        buttons = widgets.HBox([preview, place, self._confirm, self._back], layout=widgets.Layout(flex_flow="row wrap"))
        super().__init__(app, before=[form], after=[buttons])
        for each in fields:
            each.observe(self._changed, "value")
        self._show_prices()
        self.on_click(preview, "Asking", self._ask)
        self.on_click(place, "Looking", self._arm)
        self.on_click(self._confirm, "Sending", self._transmit)
        self._back.on_click(lambda _: self._changed())

    def preview(self) -> None:
        """Show what the order would do to margin and cost, without placing it."""
        self.act("Asking", self._ask)

    def place(self) -> None:
        """Ask whether the order is meant."""
        self.act("Looking", self._arm)

    def confirm(self) -> None:
        """Send the order that `place` has asked about, and show how it stands."""
        self.act("Sending", self._transmit)

    def _pair(self) -> tuple[Any, Any]:
        kind = ORDER_TYPES[self.order_type.value]
        contract = self._given if not isinstance(self._given, str) else self.symbol.value.strip().upper()
        if not contract:
            raise ValueError("Write a symbol first, such as AAPL.")
        prices = {
            "limit_price": kind.limit and self.limit_price.value,
            "stop_price": kind.stop and self.stop_price.value,
        }
        order = createOrder(
            self.action.value,
            _whole(self.quantity.value),
            self.order_type.value,
            tif=self.tif.value,
            **{name: value for name, value in prices.items() if value},
        )
        return contract, order

    def _ask(self) -> str:
        self._preview = None
        self._preview = self._app.previewOrder(*self._pair(), timeout=_TIMEOUT)
        return "This is a preview: nothing was placed."

    def _arm(self) -> str:
        pair = self._pair()
        self._armed = pair
        self._confirm.description = f"Confirm {self._words()} ({'PAPER' if self._paper else 'LIVE, REAL MONEY'})"
        self._confirm.tooltip = "Sends this order"
        self._confirm.layout.display = self._back.layout.display = ""
        return "Nothing is sent yet: confirm, or go back."

    def _transmit(self) -> str:
        armed = self._armed
        if armed is None:
            raise ValueError("Press Place first: an order is sent in two steps.")
        self._disarm()
        self.orderId = self._app.placeOrderNow(*armed)
        # So long that a refusal is told here.
        self._app.waitOrder(self.orderId, ("PreSubmitted", "Submitted"), timeout=_TIMEOUT)
        return f"Order {self.orderId} was sent."

    def _changed(self, _: object = None) -> None:
        self._disarm()
        self._preview = None
        self._show_prices()
        self.say("")
        self.refresh()

    def _disarm(self) -> None:
        self._armed = None
        self._confirm.layout.display = self._back.layout.display = "none"

    def _show_prices(self) -> None:
        kind = ORDER_TYPES[self.order_type.value]
        self.limit_price.layout.display = "" if kind.limit else "none"
        self.stop_price.layout.display = "" if kind.stop else "none"

    @property
    def _paper(self) -> bool:
        return is_paper(self._app.account)

    def _words(self) -> str:
        kind = ORDER_TYPES[self.order_type.value]
        prices = [f"limit {price(self.limit_price.value)}"] * kind.limit
        prices += [f"stop {price(self.stop_price.value)}"] * bool(kind.stop)
        words = (self.action.value, f"{self.quantity.value:g}", self.symbol.value or "?", self.order_type.value)
        return " ".join((*words, *prices, self.tif.value))

    @property
    def code(self) -> str:
        """The same order as a line of Python."""
        kind = ORDER_TYPES[self.order_type.value]
        given = [repr(self.action.value), f"{self.quantity.value:g}", repr(self.order_type.value)]
        given += [f"limit_price={self.limit_price.value:g}"] * kind.limit
        given += [f"stop_price={self.stop_price.value:g}"] * bool(kind.stop)
        given += [f"tif={self.tif.value!r}"] * (self.tif.value != "DAY")
        contract = repr(self.symbol.value) if isinstance(self._given, str) else "contract"
        return f"app.placeOrderNow({contract}, app.createOrder({', '.join(given)}))"

    def view(self) -> str:
        if not self._app.isConnected():
            word = badge(GREY, "NOT CONNECTED")
        elif self._core.gate.readonly:
            word = badge(GREY, "READ-ONLY")
        else:
            word = badge(GREEN, "PAPER") if self._paper else badge(RED, "LIVE")
        rows = [("Account", word), ("Order", html.escape(self._words()))]
        rows += self._foreseen() if self._preview is not None else []
        rows += self._sent() if self.orderId is not None else []
        return facts("Order ticket", rows) + code(self.code)

    def _sent(self) -> list[tuple[str, str]]:
        """How the order stands that was sent last."""
        order = self._app.getBlotter().loc[self.orderId]
        filled, total = order["filled"], order["filled"] + order["remaining"]
        at = f" at {price(order['avgFillPrice'])}" if filled else ""
        return [(f"Order {self.orderId}", f"{order['status']}, {count(filled)} of {count(total)} filled{at}")]

    def _foreseen(self) -> list[tuple[str, str]]:
        said = self._preview
        assert said is not None
        money = said["commissionCurrency"]
        rows = [
            ("Commission", f"{price(said['commission'])} {money}"),
            ("Initial margin", f"{price(said['initMarginAfter'])} ({_signed(said['initMarginChange'])})"),
            ("Maintenance margin", f"{price(said['maintMarginAfter'])} ({_signed(said['maintMarginChange'])})"),
            ("Equity with loan", price(said["equityWithLoanAfter"])),
        ]
        return [*rows, ("Warning", html.escape(said["warningText"]))] if said["warningText"] else rows

    def __repr__(self) -> str:
        return f"OrderTicket({self._words()})"


def _whole(quantity: float) -> float:
    return int(quantity) if quantity == int(quantity) else quantity


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{price(value)}"
