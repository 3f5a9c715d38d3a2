"""The orders of a session as a table with a Cancel button per working order, like the one in TWS."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from ibnb.verbs.orders.order_state import WORKING
from ibnb.widgets.live import Live
from ibnb.widgets.markup import NOTHING, count, price, table

_COLUMNS = ("ID", "Action", "Symbol", "Type", "Price", "TIF", "Quantity", "Fill price", "Status")
_CANCEL_TIMEOUT = 10.0
# As high as a row of the table, and as its head (caption and column names).
_ROW, _HEAD = "26px", "52px"


class OrderBlotter(Live):
    """Shows `app`'s orders as they change; `cancel(order_id)` is what the buttons do.

    >>> ibnb.OrderBlotter(app).text
    'No orders yet.'
    """

    def __init__(self, app: Any) -> None:
        #: orderId → its Cancel button, for the orders of this session that are working.
        self.buttons: dict[int, Any] = {}
        self._orders = app.getBlotter()
        # The rows beside which buttons stand.
        self._placed: list[Any] = []
        self._side = widgets.VBox(layout=widgets.Layout(margin="2px 0 0 8px"))
        super().__init__(app)
        # The buttons stand beside the table, each at its order's row.
        self.children = (widgets.HBox([self._shown, self._side]), self._message)

    def refresh(self) -> None:
        """Show the orders as they are now."""
        with self._lock:
            self._orders = self._app.getBlotter()
            super().refresh()
            self._put_buttons()

    def view(self) -> str:
        if not len(self._orders):
            return "<p style='margin:4px 8px'>No orders yet.</p>"
        rows = [_row(orderId, order) for orderId, order in self._orders.iterrows()]
        return table("Orders", _COLUMNS, rows, left=("Action", "Symbol", "Type", "TIF", "Status"))

    def cancel(self, order_id: int) -> None:
        """Cancel an order, wait for TWS's answer, and show how it ended."""
        self.act(f"Cancelling order {order_id}", lambda: self._cancel(order_id))

    def _cancel(self, order_id: int) -> str:
        self._app.cancelOrder(order_id)
        report = self._app.waitOrder(order_id, "done", timeout=_CANCEL_TIMEOUT)
        return f"Order {order_id}: {report.status}."

    def _put_buttons(self) -> None:
        rows = list(self._orders.index)
        # Without an id of this session's (0: another program's, or typed in by hand) there is nothing to cancel by.
        working = {key for key, status in self._orders["status"].items() if status in WORKING and key}
        if not self._app.isConnected():
            working.clear()
        if rows == self._placed and working == self.buttons.keys():
            return
        self._placed = rows
        self.buttons = {key: self.buttons.get(key) or self._button(key) for key in rows if key in working}
        places = [self.buttons.get(key) or widgets.Box(layout=widgets.Layout(height=_ROW)) for key in rows]
        self._side.children = [widgets.Box(layout=widgets.Layout(height=_HEAD, flex="0 0 auto")), *places]

    def _button(self, orderId: int) -> Any:
        button = widgets.Button(
            description=f"Cancel {orderId}",
            tooltip=f"Cancel order {orderId}",
            layout=widgets.Layout(width="90px", height="24px", margin="1px 0", flex="0 0 auto"),
        )
        self.on_click(button, f"Cancelling order {orderId}", lambda: self._cancel(orderId))
        return button

    def __repr__(self) -> str:
        # Notebooks store this beside the picture: nothing that differs from run to run.
        working = int(self._orders["status"].isin(WORKING).sum())
        return f"OrderBlotter({len(self._orders)} orders, {working} working)"


def _row(orderId: Any, order: Any) -> tuple[str, ...]:
    total = order["filled"] + order["remaining"]
    limit = order["auxPrice"] if order["orderType"] == "STP" else order["lmtPrice"]
    return (
        str(orderId),
        order["action"],
        order["symbol"],
        order["orderType"],
        price(limit),
        order["tif"],
        f"{count(order['filled'])}/{count(total)}",
        price(order["avgFillPrice"]) if order["filled"] else NOTHING,
        order["status"],
    )
