"""The account at a glance: values, profit and loss, the course of its worth above a guard's floor, a kill switch."""

from __future__ import annotations

import html
import math
from collections import deque
from typing import Any

import ipywidgets as widgets

from ibnb.core.gate import is_paper
from ibnb.guard import AccountGuard
from ibnb.ib.accounts import mask
from ibnb.ib.api import to_float
from ibnb.verbs.orders.order_state import WORKING
from ibnb.widgets.live import Live
from ibnb.widgets.markup import GREEN, RED, badge, facts, price, sparkline

_VALUES = {
    "NetLiquidation": "Net liquidation",
    "TotalCashValue": "Cash",
    "GrossPositionValue": "Positions, gross",
    "MaintMarginReq": "Maintenance margin",
    "AvailableFunds": "Available funds",
    "BuyingPower": "Buying power",
}
_PNL = ("Daily P&L", "Unrealized P&L", "Realized P&L")
# The course is one value for each so many seconds of the session's time, so many of them.
_EVERY, _POINTS, _SHORT = 10, 180, 24
_WIDTH, _HEIGHT = 420, 120
_MOST_ACTIONS = 6
# Seconds that orders get to end.
_PATIENCE = 5.0


class AccountPanel(Live):
    """`app.account` as TWS tells of it, until `stop()` or the end of the session.

    The worth between TWS's values (every three minutes) is the last one and what the P&L, which comes each second, has
    changed since. With a `guard` (an AccountGuard) its floor is shown, and a kill switch that fires it: `kill()` asks,
    `confirm()` fires. A guard that isn't running is started; it goes on when the panel stops. Raises as AccountGuard.

    >>> panel = ibnb.AccountPanel(app, ibnb.AccountGuard(app, max_loss=0.05))
    >>> "Floor" in panel.text
    True
    """

    def __init__(self, app: Any, guard: AccountGuard | None = None) -> None:
        self._core = core = app._ibnb
        self._guard = guard
        self._values: dict[str, tuple[float, str]] = {}
        self._pnl = (math.nan,) * 3
        # NetLiquidation as TWS told it, and the daily P&L at that moment.
        self._anchor = (math.nan, math.nan)
        # (which ten seconds, the worth in them)
        self._course: deque[tuple[int, float]] = deque(maxlen=_POINTS)
        self._asked_values, self._asked_pnl = core.ids.request(), core.ids.request()
        self._account = app.account
        if guard is not None and not guard.watched:
            guard.__enter__()
        core.dispatcher.listen("accountUpdateMulti", self._value_told)
        core.dispatcher.listen("pnl", self._pnl_told)
        app.reqAccountUpdatesMulti(self._asked_values, self._account, "", False)
        app.reqPnL(self._asked_pnl, self._account, "")
        core.fence.wait()
        self._kill = widgets.Button(
            description="Kill switch …",
            button_style="danger",
            tooltip="Asks for confirmation first",
        )
        self._confirm = widgets.Button(button_style="danger", layout=widgets.Layout(width="auto", display="none"))
        self._back = widgets.Button(description="Back", layout=widgets.Layout(width="auto", display="none"))
        buttons = [self._kill, self._confirm, self._back] if guard is not None else []
        super().__init__(app, after=[widgets.HBox(buttons, layout=widgets.Layout(flex_flow="row wrap"))])
        self.on_click(self._kill, "Looking", self._arm)
        self.on_click(self._confirm, "Stopping", self._fire)
        self.on_click(self._back, "Going back", self._disarm)

    def kill(self) -> None:
        """Ask whether everything is to be stopped."""
        self.act("Looking", self._arm)

    def confirm(self) -> None:
        """Fire the guard, after `kill`."""
        self.act("Stopping", self._fire)

    def stop(self) -> None:
        """End the subscriptions; the panel stays as it stands, and the guard goes on."""
        super().stop()
        self._core.dispatcher.ignore("accountUpdateMulti", self._value_told)
        self._core.dispatcher.ignore("pnl", self._pnl_told)
        if self._app.isConnected():
            self._app.cancelAccountUpdatesMulti(self._asked_values)
            self._app.cancelPnL(self._asked_pnl)

    # --- what TWS tells, on the reader thread --------------------------------------------------------

    def _value_told(self, reqId: int, account: str, model: str, key: str, value: str, currency: str) -> None:
        if reqId == self._asked_values and key in _VALUES:
            self._values[key] = (_number(value), currency)
            if key == "NetLiquidation":
                self._anchor = (_number(value), self._pnl[0])
                self._note()

    def _pnl_told(self, reqId: int, *figures: float) -> None:
        if reqId == self._asked_pnl:
            daily, unrealized, realized = (to_float(each) for each in figures)
            self._pnl = (daily, unrealized, realized)
            if math.isnan(self._anchor[1]):
                self._anchor = (self._anchor[0], daily)
            self._note()

    def _note(self) -> None:
        worth, place = self.worth, int(self._core.now() // _EVERY)
        if not math.isnan(worth):
            if self._course and self._course[-1][0] == place:
                self._course.pop()
            self._course.append((place, worth))

    @property
    def worth(self) -> float:
        """What the account is worth now, in its base currency."""
        value, then = self._anchor
        gained = self._pnl[0] - then
        return value if math.isnan(gained) else value + gained

    # --- the kill switch -------------------------------------------------------------------------------

    def _arm(self) -> str:
        if self._guard is None:
            raise ValueError("A kill switch needs a guard: AccountPanel(app, ibnb.AccountGuard(app, max_loss=0.05)).")
        if self._guard.tripped:
            return "The guard has fired already."
        self._confirm.description = f"Confirm: {self._means(self._guard)}"
        self._confirm.layout.display = self._back.layout.display = ""
        return "Nothing is stopped yet: confirm, or go back."

    def _fire(self) -> str:
        if self._confirm.layout.display == "none" or self._guard is None:
            raise ValueError("Press the kill switch first: it takes two steps.")
        self._disarm()
        self._guard.fire("the kill switch was pressed")
        if self._guard.dry_run:
            return "Dry run: nothing was stopped."
        # An order takes a moment to end; on the manual clock it ends only if somebody waits.
        self._core.clock.wait(lambda: not self._working(), _PATIENCE)
        left = self._working()
        return f"Stopped; {left} orders are still working." if left else "Stopped: no order is working."

    def _working(self) -> int:
        return int(self._app.getBlotter()["status"].isin(WORKING).sum())

    def _disarm(self) -> str:
        self._confirm.layout.display = self._back.layout.display = "none"
        return ""

    @staticmethod
    def _means(guard: AccountGuard) -> str:
        words = ["block new orders", "cancel all open ones", *["close all positions"] * guard.flatten]
        words += ["disconnect"] * guard.disconnect
        return f"{', '.join(words)}{' (dry run)' if guard.dry_run else ''}"

    # --- what is seen ------------------------------------------------------------------------------------

    def view(self) -> str:
        kind = badge(GREEN, "PAPER") if is_paper(self._account) else badge(RED, "LIVE")
        away = "" if self._app.isConnected() else " (not connected: as it was)"
        rows = [("Account", f"{html.escape(mask(self._account))} {kind}{away}")]
        for key, name in _VALUES.items():
            value, currency = self._values.get(key, (math.nan, ""))
            rows.append((name, f"{price(self.worth if key == 'NetLiquidation' else value)} {html.escape(currency)}"))
        rows += [
            (name, f"{'+' if value > 0 else ''}{price(value)}") for name, value in zip(_PNL, self._pnl, strict=True)
        ]
        # On a scale of its own: above a floor five percent below it would be a straight line.
        rows.append(("Course", sparkline([value for _, value in self._course][-_SHORT:])))
        if self._guard is not None:
            rows += self._guarded(self._guard)
        return facts("Account", [(name, value) for name, value in rows]) + self._drawn()

    def _guarded(self, guard: AccountGuard) -> list[tuple[str, str]]:
        rows = []
        if not math.isnan(guard.floor):
            room = (self.worth - guard.floor) / self.worth if self.worth else math.nan
            rows.append(("Floor", f"{price(guard.floor)} ({room:.2%} below)"))
        if guard.min_cash is not None:
            rows.append(("Least cash", price(guard.min_cash)))
        state = badge(RED, "FIRED") if guard.tripped else badge(GREEN, "WATCHING")
        rows.append(("Guard", f"{state}{' (dry run: it stops nothing)' if guard.dry_run else ''}"))
        return [*rows, *(("", html.escape(each)) for each in guard.actions[-_MOST_ACTIONS:])]

    def _drawn(self) -> str:
        """The course of the worth, and the floor where it is near enough to be seen."""
        values = [value for _, value in self._course]
        if len(values) < 2:
            return ""
        floor = self._guard.floor if self._guard is not None else math.nan
        low, high = min(values), max(values)
        shown = [] if math.isnan(floor) else [floor]
        bottom, top = min([low, *shown]), max([high, *shown])
        span = (top - bottom) or 1.0

        def y(value: float) -> float:
            return 5 + (_HEIGHT - 10) * (1 - (value - bottom) / span)

        step = _WIDTH / (len(values) - 1)
        points = " ".join(f"{place * step:.1f},{y(value):.1f}" for place, value in enumerate(values))
        course = f"from {price(values[0])} to {price(values[-1])}, low {price(low)}, high {price(high)}"
        said = f"Value of the account: {course}"
        line = ""
        if shown:
            said += f"; the guard's floor is {price(floor)}"
            line = (
                f"<line x1='0' x2='{_WIDTH}' y1='{y(floor):.1f}' y2='{y(floor):.1f}' stroke='#d55e00' "
                f"stroke-width='2' stroke-dasharray='6 4'/>"
            )
        return (
            f"<svg role='img' aria-label='{said}' width='{_WIDTH}' height='{_HEIGHT}' "
            f"viewBox='0 0 {_WIDTH} {_HEIGHT}' style='margin:6px 8px;max-width:95%'>"
            f"<polyline points='{points}' fill='none' stroke='#0072b2' stroke-width='2'/>{line}</svg>"
            f"<p class='note' style='margin:0 8px'>{said}.</p>"
        )

    def __repr__(self) -> str:
        guard = "" if self._guard is None else ", guard fired" if self._guard.tripped else ", guarded"
        return f"AccountPanel({mask(self._account)}{guard})"


def _number(text: str) -> float:
    try:
        return to_float(text)
    except (TypeError, ValueError):
        return math.nan
