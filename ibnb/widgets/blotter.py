"""The orders of a session as a table with a Cancel button per working order, like the one in TWS.

It shows what was true when it was made or last refreshed: by `refresh()`, its button, or a click on Cancel, always in
the main thread.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from ibnb.errors import IBError
from ibnb.verbs.orders.order_state import WORKING

if TYPE_CHECKING:
    from ibnb.app import IBApp

_COLUMNS = {
    "ID": "70px",
    "Action": "60px",
    "Symbol": "80px",
    "Type": "80px",
    "Price": "90px",
    "TIF": "50px",
    "Quantity": "90px",
    "Fill price": "90px",
    "Status": "110px",
    "": "90px",
}
_CANCEL_TIMEOUT = 10.0


class OrderBlotter(widgets.VBox):  # type: ignore[misc]
    """Shows `app`'s orders; `refresh()` brings it up to date, `cancel(order_id)` is what the buttons do."""

    def __init__(self, app: IBApp) -> None:
        self._app = app
        self._rows = widgets.VBox()
        self._message = widgets.HTML()
        button = widgets.Button(description="Refresh", icon="refresh", tooltip="Bring this table up to date")
        button.on_click(lambda _: self.refresh())
        #: orderId → its Cancel button, for the orders that are working.
        self.buttons: dict[int, Any] = {}
        super().__init__([button, self._rows, self._message])
        self.refresh()

    def refresh(self) -> None:
        """Show the orders as they are now."""
        orders = self._app.getBlotter()
        self.buttons = {}
        rows = [_line([_cell(name, width, bold=True) for name, width in _COLUMNS.items()])]
        rows += [self._row(orderId, order) for orderId, order in orders.iterrows()]
        self._rows.children = rows
        self._message.value = "" if len(orders) else "No orders yet."

    def cancel(self, order_id: int) -> None:
        """Cancel an order, wait for TWS's answer, and show how it ended."""
        try:
            self._app.cancelOrder(order_id)
            report = self._app.waitOrder(order_id, "done", timeout=_CANCEL_TIMEOUT)
            said = f"Order {order_id}: {report.status}."
        except IBError as error:
            said = f"Order {order_id}: {error}"
        self.refresh()
        self._message.value = html.escape(said)

    @property
    def text(self) -> str:
        """What the table says, a line per order, without markup."""
        lines = [" ".join(html.unescape(cell.value) for cell in row.children[:-1]) for row in self._rows.children[1:]]
        return "\n".join([*lines, html.unescape(self._message.value)]).strip()

    def _row(self, orderId: Any, order: Any) -> Any:
        total = order["filled"] + order["remaining"]
        price = order["auxPrice"] if order["orderType"] == "STP" else order["lmtPrice"]
        values = (
            orderId,
            order["action"],
            order["symbol"],
            order["orderType"],
            _number(price),
            order["tif"],
            f"{order['filled']:g}/{total:g}",
            _number(order["avgFillPrice"]),
            order["status"],
        )
        cells = [_cell(str(value), width) for value, width in zip(values, _COLUMNS.values(), strict=False)]
        if order["status"] not in WORKING:
            return _line([*cells, _cell("", _COLUMNS[""])])
        button = widgets.Button(
            description="Cancel",
            tooltip=f"Cancel order {orderId}",
            layout=widgets.Layout(width=_COLUMNS[""]),
        )
        button.on_click(lambda _: self.cancel(orderId))
        self.buttons[orderId] = button
        return _line([*cells, button])

    def __repr__(self) -> str:
        # Notebooks store this beside the picture: nothing that differs from run to run.
        return f"OrderBlotter({len(self._rows.children) - 1} orders, {len(self.buttons)} working)"


def _line(children: list[Any]) -> Any:
    return widgets.HBox(children)


def _cell(text: str, width: str, bold: bool = False) -> Any:
    shown = html.escape(text)
    return widgets.HTML(f"<b>{shown}</b>" if bold else shown, layout=widgets.Layout(width=width))


def _number(value: float) -> str:
    return "–" if value != value else f"{value:,.2f}"
