"""Waiting for orders: until one has got so far, or until TWS has answered a change or a cancel.

Rules: what TWS shows decides. A message with an unknown code decides nothing: TWS gets a moment to show the order, then
it is asked for its open orders, and if that doesn't settle it either, the error says that the state is unconfirmed,
never that the order was rejected. A timeout says how the order stands, and that it goes on without us.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from math import isnan
from typing import Any

from ibnb.core.core import Core
from ibnb.errors import (
    ConnectionLostError,
    IBError,
    NotConnectedError,
    OrderRejectedError,
    RequestTimeoutError,
    request_error,
)
from ibnb.ib.api import is_unset, to_float
from ibnb.verbs.orders.blotter import Blotter, Key, OrderReport
from ibnb.verbs.orders.order_state import CONFIRMED, DEACTIVATED, DONE, UNCERTAIN, WORKING, Said, number

_WAY = ("ApiPending", "PendingSubmit", "PreSubmitted", "Submitted")
#: What an order of a status has left behind: waiting for one of those is over.
_BEHIND = {status: frozenset(_WAY[:step]) for step, status in enumerate(_WAY)}
# What follows a message of TWS's at once does so within this many seconds: a commission its fill, an order a notice.
GRACE = 2.0
_PATIENCE = 10.0


class Waiting:
    """Waits for the orders of one session. `ask_open(scope, timeout)` has TWS show its open orders."""

    def __init__(self, core: Core, blotter: Blotter, ask_open: Callable[[str, float], list[Key]]) -> None:
        self._core, self._blotter, self._ask_open = core, blotter, ask_open

    def for_status(self, verb: str, orderId: int, wanted: set[str], timeout: float | None) -> OrderReport:
        """Until the order has reached one of `wanted`, or is done; with the commissions of what is filled by then.

        OrderRejectedError, RequestTimeoutError, ValueError for an unknown order.
        """
        blotter, what = self._blotter, f"{verb}({orderId})"
        self.report(orderId)
        ends = self._core.now() + self._core.limit(timeout, verb)

        def over() -> bool:
            return blotter.rejected(orderId) is not None or self._reached(orderId, wanted)

        self._until(lambda: over() or blotter.doubted(orderId) is not None, ends, what, orderId)
        if not over():
            self.clear_doubt(verb, orderId, ends)
            self._until(over, ends, what, orderId)
        # It has come to an end, and if the connection is lost in just that moment, it is none the less so. But what was
        # inactive may work after all.
        while blotter.unexplained(orderId):
            with suppress(IBError):
                self._core.wait_until(lambda: not blotter.unexplained(orderId), GRACE, what)
            if over():
                break
            self._until(over, ends, what, orderId)
        refused = blotter.rejected(orderId)
        if refused is not None:
            # An unknown instrument is named: of several orders it is one.
            report = self.report(orderId)
            about = report.symbol if refused[0] == 200 else ""
            bought = f"What was filled before stays: {self.standing(orderId)}." if report.filled else ""
            raise OrderRejectedError(*refused, reqId=orderId, verb=verb, about=about, advice=bought)
        if self.report(orderId).done:
            # The fill is what was asked for; a commission that doesn't come is NaN.
            with suppress(IBError):
                self._core.wait_until(lambda: not blotter.incomplete(orderId), GRACE, what)
        return self.report(orderId)

    def for_answer(self, verb: str, orderId: int, timeout: float | None, cancel: bool = False) -> None:
        """Until TWS has made the newest change, or (`cancel`) has ended whatever works under the order's id.

        OrderRejectedError when it refuses, RequestTimeoutError.
        """
        asked, what = self._blotter.asked(orderId), f"{verb}({orderId})"
        ends = self._core.now() + self._core.limit(timeout, verb)

        def answered() -> bool:
            if cancel and asked.answer in (None, CONFIRMED):
                return self.report(orderId).done
            return asked.answer is not None

        def over() -> bool:
            return answered() or self.report(orderId).done

        self._until(lambda: over() or asked.doubt is not None, ends, what, orderId)
        if not answered():
            # The order ended before the change, or nobody knows what a message meant.
            self._clear_up(answered, ends, what, orderId, asked.doubt)
        if asked.answer not in (None, CONFIRMED):
            raise refusal(asked.answer, orderId, verb)

    def clear_doubt(self, verb: str, orderId: int, ends: float) -> bool:
        """Has a message with an unknown code come? Then until TWS has shown the order, else RequestTimeoutError."""
        blotter = self._blotter
        if (said := blotter.doubted(orderId)) is None:
            return False
        self._clear_up(lambda: blotter.doubted(orderId) is None, ends, f"{verb}({orderId})", orderId, said)
        return True

    def for_ends(self, verb: str, orderIds: list[int], timeout: float | None) -> None:
        """Until each of these orders has ended, or TWS has refused to cancel it: OrderRejectedError for the first."""
        cancels = {orderId: self._blotter.asked(orderId) for orderId in orderIds}

        def open_still() -> list[int]:
            return [each for each, asked in cancels.items() if asked.answer is None and not self.report(each).done]

        def standing() -> str:
            return "; ".join(self.standing(each) for each in open_still())

        ends = self._core.now() + self._core.limit(timeout, verb)
        self._wait(lambda: not open_still(), ends, verb, standing, standing)
        for orderId, asked in cancels.items():
            if asked.answer not in (None, CONFIRMED) and not self.report(orderId).done:
                raise refusal(asked.answer, orderId, verb)

    def report(self, orderId: int) -> OrderReport:
        """How the order stands; ValueError for an unknown one."""
        report = self._blotter.report(orderId)
        if report is None:
            raise ValueError(f"order {orderId!r} isn't known here. Known: {named(self._blotter.mine())}.")
        return report

    def standing(self, orderId: int) -> str:
        """How the order stands, in words: "order 1 (BUY 1 NVDA LMT) is Submitted, 0 of 1 filled, limit 100.00"."""
        report, known = self.report(orderId), self._blotter.order(orderId)
        assert known is not None
        order = known[1]
        units = report.filled + report.remaining
        # How many a sum of money buys only TWS knows.
        whole = f"{number(order, 'cashQty'):g} of cash in" if isnan(units) else f"{units:g}"
        text = f"order {orderId} ({report.action} {whole} {report.symbol} {report.orderType}) is {report.status}, "
        text += f"{report.filled:g}{'' if isnan(units) else f' of {whole}'} filled"
        for word, name in (("limit", "lmtPrice"), ("stop", "auxPrice")):
            price = to_float(getattr(order, name))
            if not is_unset(price) and price:
                text += f", {word} {_price(price)}"
        return f"{text}; {_prospect(report, order)}"

    def _reached(self, orderId: int, wanted: set[str]) -> bool:
        status = self.report(orderId).status
        return status in wanted or status in DONE or not wanted.isdisjoint(_BEHIND.get(status, ()))

    def _until(self, done: Callable[[], bool], ends: float, what: str, orderId: int) -> None:
        self._wait(done, ends, what, lambda: self.standing(orderId), lambda: self._told(orderId))

    def _wait(
        self, done: Callable[[], bool], ends: float, what: str, standing: Callable[[], str], told: Callable[[], str]
    ) -> None:
        try:
            self._core.wait_until(done, self._left(ends), what, standing=told)
        except (ConnectionLostError, NotConnectedError) as error:
            # It may have gone before the wait began. Who takes the order for lost with it sends it twice.
            if done():
                return
            raise ConnectionLostError(
                f"{error}\nWhen last heard of, {standing()}.\n"
                "Nothing is sent again: look at TWS, or ask it (getOpenOrders, getExecutions), before you decide."
            ) from None

    def _left(self, ends: float) -> float:
        return max(0.0, ends - self._core.now())

    def _told(self, orderId: int) -> str:
        said = "".join(f"\nTWS said {message}" for message in self.report(orderId).messages[-3:])
        others = [f"permId {permId} ({status})" for permId, status in self._blotter.others(orderId)]
        more = f"\nTWS has more orders under this id, getBlotter() shows them: {', '.join(others)}" if others else ""
        return self.standing(orderId) + more + said

    def _clear_up(self, clear: Callable[[], bool], ends: float, what: str, orderId: int, said: Said | None) -> None:
        """Give TWS a moment, then ask it for its open orders; RequestTimeoutError if that doesn't tell either."""
        with suppress(RequestTimeoutError):
            self._core.wait_until(clear, min(GRACE, self._left(ends)), what)
        if not clear():
            with suppress(IBError):
                self._ask_open("mine", _PATIENCE)
        if not clear():
            why = "" if said is None else f" TWS said {said.code}: {said.text}"
            raise RequestTimeoutError(
                f"{what}: state unconfirmed: {self.standing(orderId)}.{why}\n"
                "Nothing is sent again: look at TWS, or ask again (getOpenOrders, getExecutions), before you decide.",
                verb=what,
            )


def named(keys: Sequence[Key]) -> str:
    """Orders in words: "27, 28", or "none"."""
    return ", ".join(map(str, keys)) or "none"


def refusal(said: Said, orderId: int, verb: str, advice: str = "") -> OrderRejectedError:
    """The exception for what TWS refused about an order."""
    error = request_error(*said, reqId=orderId, verb=verb, kind="order")
    if isinstance(error, OrderRejectedError) and not advice:
        return error
    return OrderRejectedError(*said, reqId=orderId, verb=verb, advice=advice)


def _prospect(report: OrderReport, order: Any) -> str:
    if report.status == "PendingSubmit" and not order.transmit:
        return "it is held at TWS until it is transmitted (transmit=True)"
    if report.status == "PendingSubmit" and not report.permId:
        return "TWS hasn't shown it yet"
    if report.status == UNCERTAIN:
        return "TWS knows nothing of it now"
    if report.status == DEACTIVATED:
        return "it is kept from the market until modifyOrder(..., deactivate=False)"
    return "it goes on working at TWS" if report.status in WORKING else "it is over"


def _price(price: float) -> str:
    return f"{price:.2f}" if round(price, 2) == price else f"{price:g}"
