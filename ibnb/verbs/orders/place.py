"""The order family: place, watch, change, cancel, list.

Rule: an order is what TWS says it is (`order_state`). Its id is taken and it is sent in one step, above every id that
was sent or seen. Nothing is ever sent twice. The sentences printed here are those of the notebooks that this package
stays compatible with.
"""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from typing import Any

import pandas as pd

from ibnb import tables
from ibnb.core.limits import attached
from ibnb.core.session import Session
from ibnb.errors import ConnectionLostError, NotConnectedError
from ibnb.ib import conditions, create
from ibnb.ib.api import is_unset, to_float
from ibnb.ib.fields import ContractLike, OrderLike
from ibnb.ib.instruments import for_order
from ibnb.ib.values import check, check_order, check_order_id
from ibnb.verbs.orders.blotter import Blotter, OrderReport
from ibnb.verbs.orders.callbacks import OrderCallbacks
from ibnb.verbs.orders.groups import Group
from ibnb.verbs.orders.order_state import DONE, STATUSES, WORKING, Said
from ibnb.verbs.orders.sent import as_new, as_sent
from ibnb.verbs.orders.waiting import Waiting, named, refusal

#: modifyOrder's friendly words → the fields of an Order.
_WORDS = {"quantity": "totalQuantity", "limit_price": "lmtPrice", "stop_price": "auxPrice", "order_type": "orderType"}


class OrderVerbs(Session, listener=OrderCallbacks):
    """Verbs that place and change orders, and the callbacks that tell how they stand."""

    createOrder = staticmethod(create.createOrder)
    createBracket = staticmethod(create.createBracket)
    createCondition = staticmethod(conditions.createCondition)
    createOCA = staticmethod(conditions.createOCA)
    roundToTick = staticmethod(create.roundToTick)

    @property
    def open_orders(self) -> dict[int, tuple[Any, Any]]:
        """orderId → (contract, order), as TWS last showed them; orders that are done are removed."""
        return _orders(self).open_orders

    # --- place ----------------------------------------------------------------------------------

    def placeOrderNow(
        self,
        contract: ContractLike | str,
        order: OrderLike,
        wait: str | Collection[str] | None = None,
        timeout: float | None = None,
    ) -> int:
        """Send an order, print one line, and return its order id.

        Without `wait` it returns at once: sent is not yet accepted. With `wait="Submitted"` or "Filled" (see waitOrder)
        it returns when the order has got so far; an interrupt says how it stands and leaves it working. Raises
        NotConnectedError, SafetyError (limits, read-only), OrderRejectedError when ibapi can't send it, ValueError for
        what is no number, and with `wait` OrderRejectedError when TWS refuses it, RequestTimeoutError.
        With ptOrderType="PRESET", slOrderType="PRESET" on the order (server version 218) TWS attaches a profit taker
        and a stop loss by its own presets; they have the ids after the order's.

        >>> app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1))
        New Order ID 1: BUY 1 NVDA (MKT)
        1
        """
        if self._ibnb.ids.next is None:
            raise NotConnectedError("nextValidId not received yet.")
        contract = for_order(contract, order, "placeOrderNow")
        wanted = None if wait is None else _statuses(wait)
        self._ibnb.limit(timeout, "placeOrderNow")  # what is wrong is said before anything leaves
        sent, exits = as_new(order, "placeOrderNow"), _attached(order)
        self._ibnb.gate.prepare(contract)
        with self._ibnb.placing(1 + len(exits)):
            orderId = self._ibnb.take_order_id()
            for name in exits:
                setattr(sent, f"{name}OrderId", self._ibnb.take_order_id())
            self.placeOrder(orderId, contract, sent)
        _raise_unsent("placeOrderNow", orderId, _blotter(self).rejected(orderId))
        _say_placed(orderId, contract, order)
        for name in exits:
            print(f"New Order ID {getattr(sent, f'{name}OrderId')}: {_ATTACHED[name]} of {orderId}, attached by TWS")
        if wanted is not None:
            try:
                _waiting(self).for_status("placeOrderNow", orderId, wanted, timeout)
            except KeyboardInterrupt:
                print(f"Interrupted: {_waiting(self).standing(orderId)}.")
                raise
        return orderId

    def placeBracket(self, contract: ContractLike | str, bracket: create.Bracket) -> list[int]:
        """Send the three orders of createBracket and return their ids: entry, profit, stop.

        The entry is held at TWS until the last one has arrived. All three leave, or none: what the limits don't let
        pass, or TWS refuses at once, takes the others with it. Raises as placeOrderNow does, and OrderRejectedError;
        RequestTimeoutError for one whose state is unconfirmed (see waitOrder): nothing is withdrawn then.

        >>> ids = app.placeBracket(app.createContract("NVDA"), app.createBracket("BUY", 10, 100, 110, 95))
        New Order ID 1: BUY 10 NVDA (LMT)
        New Order ID 2: SELL 10 NVDA (LMT)
        New Order ID 3: SELL 10 NVDA (STP)
        """
        orders = _three(contract, bracket)
        return _place_group(self, "placeBracket", [(contract, order) for order in orders], bracket=True)

    def placeOrders(self, orders: Iterable[tuple[ContractLike | str, OrderLike]]) -> list[int]:
        """Send several orders, (contract, order) each, as one, and return their ids: all of them leave, or none.

        For orders that mean something only together, such as those of createOCA. What the limits don't let pass, or
        TWS refuses at once, takes the others with it, unless one of them was filled. Raises as placeBracket does.

        >>> nvda = app.createContract("NVDA")
        >>> exits = app.createOCA([app.createOrder("SELL", 1, "LMT", 300), app.createOrder("SELL", 1, "LMT", 400)])
        >>> ids = app.placeOrders([(nvda, order) for order in exits])
        New Order ID 1: SELL 1 NVDA (LMT)
        New Order ID 2: SELL 1 NVDA (LMT)
        """
        return _place_group(self, "placeOrders", _pairs(orders))

    def previewOrder(self, contract: ContractLike | str, order: OrderLike, timeout: float | None = None) -> pd.Series:
        """Return what an order would do to margin, and what it would cost, without placing it (IB's what-if).

        initMarginBefore/Change/After, maintMargin…, equityWithLoan… and commission in the account's currency (NaN where
        TWS doesn't say), commissionCurrency, warningText. Raises OrderRejectedError when TWS would refuse the order.

        >>> bool(app.previewOrder(app.createContract("NVDA"), app.createOrder("BUY", 100))["initMarginChange"] > 0)
        True
        """
        contract = for_order(contract, order, "previewOrder")
        question = as_new(order, "previewOrder")
        question.whatIf, question.transmit = True, True
        core = self._ibnb
        with ExitStack() as stack:
            with core.placing():
                orderId = core.take_order_id()
                slot = stack.enter_context(
                    core.request("previewOrder", reqId=orderId, timeout=timeout, contract=contract, kind="order")
                )
                self.placeOrder(orderId, contract, question)
            slot.wait()
        return _preview(slot.rows[0])

    # --- watch ----------------------------------------------------------------------------------

    def waitOrder(
        self, order_id: int, status: str | Collection[str] = "Filled", timeout: float | None = None
    ) -> OrderReport:
        """Wait until an order has reached `status`, or is done, and return how it stands.

        `status` is one of PendingSubmit, PreSubmitted, Submitted, Filled, Cancelled …, several of them, or "done".
        An order that has got further counts: a market order may be Filled before it was ever Submitted. An order that
        ends otherwise (cancelled) ends the wait too: look at `.status`. What is filled has its price and commission,
        unless TWS doesn't send them within two seconds. A message with an unknown code decides nothing: where TWS shows
        the order neither by itself nor when asked, RequestTimeoutError says that its state is unconfirmed.
        Raises OrderRejectedError with TWS's reason, RequestTimeoutError, ValueError for an unknown id or status.

        >>> orderId = app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1))
        New Order ID 1: BUY 1 NVDA (MKT)
        >>> app.waitOrder(orderId).status
        'Filled'
        """
        self._ibnb.tell_problems()
        wanted = _statuses(status)
        check_order_id(order_id, "waitOrder")
        return _waiting(self).for_status("waitOrder", order_id, wanted, timeout)

    def getBlotter(self) -> pd.DataFrame:
        """Return every order that this session knows, as it stands now: nothing is asked of TWS.

        Index `orderId`; action, totalQuantity, symbol, orderType, lmtPrice, auxPrice, tif, status, filled, remaining,
        avgFillPrice, whyHeld, parentId, permId, clientId, account; and what is traded: secType, currency,
        lastTradeDateOrContractMonth, strike, right, localSymbol, tradingClass, conId, comboLegs (a combination's, as
        text). Orders of others are as getOpenOrders("account") showed them last; one that it doesn't show any more is
        "Uncertain".

        >>> len(app.getBlotter())
        0
        """
        return tables.frame("orders", _blotter(self).rows())

    def getOrderLog(self, order_id: int) -> pd.DataFrame:
        """Return what happened to an order, step by step: index `time`; message, status, filled, remaining,
        avgFillPrice, text. Repetitions are left out. Raises ValueError for an unknown id.

        >>> orderId = app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1, "LMT", 100))
        New Order ID 1: BUY 1 NVDA (LMT)
        >>> report = app.waitOrder(orderId, "Submitted")
        >>> app.getOrderLog(orderId)["status"].iloc[-1]
        'Submitted'
        """
        check_order_id(order_id, "getOrderLog")
        _waiting(self).report(order_id)
        return tables.frame("orderLog", _blotter(self).log(order_id))

    # --- change ---------------------------------------------------------------------------------

    def modifyOrder(
        self,
        order_id: int,
        contract: Any = None,
        new_order: Any = None,
        *,
        wait: bool = False,
        timeout: float | None = None,
        **changes: Any,
    ) -> None:
        """Change a working order: `modifyOrder(27, quantity=5)` keeps everything else as it is.

        `changes` are quantity, limit_price, stop_price, or any field of an Order. Or give a whole `new_order`, which
        replaces the old one with all its fields. An order that TWS only holds (transmit=False) stays held unless
        transmit=True is among the changes. With `wait` it returns when TWS shows the change.
        Raises ValueError when the order isn't working any more, for a field that doesn't exist, or what is no number;
        OrderRejectedError when ibapi can't send the change; with `wait`
        OrderRejectedError when TWS refuses the change (the order then stays as it was), RequestTimeoutError.

        >>> orderId = app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1, "LMT", 100))
        New Order ID 1: BUY 1 NVDA (LMT)
        >>> app.modifyOrder(orderId, limit_price=101, wait=True)
        Modified order 1
        >>> float(app.getBlotter().loc[orderId, "lmtPrice"])
        101.0
        """
        check_order_id(order_id, "modifyOrder")
        known = _blotter(self).order(order_id)
        if known is None:
            self.getOpenOrders(timeout=timeout)
            known = _blotter(self).order(order_id)
        if known is None:
            raise ValueError(
                f"there is no order {order_id!r} of this client to modify. Working: "
                f"{named(_blotter(self).mine(WORKING))}. An order of another client only that one can change, and one "
                "that was entered in TWS by hand only client 0."
            )
        if (status := _waiting(self).report(order_id).status) in DONE:
            raise ValueError(f"order {order_id} is {status}; only a working order can be modified.")
        if new_order is None:
            if not changes:
                raise ValueError("nothing to change: name a field, for instance quantity=5, or give a new_order.")
            new_order = copy.copy(known[1])
        for name, value in changes.items():
            field = _WORDS.get(name, name)
            if not hasattr(new_order, field):
                raise ValueError(
                    f"an order has no field {name!r}; for instance quantity, limit_price, stop_price, tif."
                )
            setattr(new_order, field, value)
        held = not known[1].transmit
        new_order.orderId, new_order.permId = order_id, known[1].permId
        if "transmit" not in changes:
            new_order.transmit = not held
        self._ibnb.limit(timeout, "modifyOrder")
        if wait and held and not new_order.transmit:
            raise ValueError(f"order {order_id} is held (transmit=False): TWS doesn't show changes of it to wait for.")
        contract = known[0] if contract is None else for_order(contract, new_order, "modifyOrder")
        self.placeOrder(order_id, contract, as_sent(new_order, "modifyOrder"))
        _raise_unsent("modifyOrder", order_id, _blotter(self).asked(order_id).answer)
        print(f"Modified order {order_id}")
        if wait:
            _waiting(self).for_answer("modifyOrder", order_id, timeout)

    def cancelOrderById(self, order_id: int, wait: bool = False, timeout: float | None = None) -> None:
        """Ask TWS to cancel an order. With `wait` it returns when the order is done: a fill may come first.

        Raises SafetyError in a read-only session; with `wait` OrderRejectedError when TWS can't cancel it (10147: no
        such order; 10148: already filled or cancelled), RequestTimeoutError.

        >>> orderId = app.placeOrderNow(app.createContract("NVDA"), app.createOrder("BUY", 1, "LMT", 100))
        New Order ID 1: BUY 1 NVDA (LMT)
        >>> app.cancelOrderById(orderId, wait=True)
        Cancel requested for order 1
        """
        check_order_id(order_id, "cancelOrderById")
        self._ibnb.limit(timeout, "cancelOrderById")
        self._ibnb.check_usable("cancelOrderById")
        self.cancelOrder(order_id)
        print(f"Cancel requested for order {order_id}")
        if wait:
            report = _blotter(self).report(order_id)
            if report is None:
                raise ValueError(f"order {order_id} isn't known here, so there is nothing to wait for.")
            _waiting(self).for_answer("cancelOrderById", order_id, timeout, cancel=True)

    def cancelAllOrders(self, scope: str = "mine", wait: bool = False, timeout: float | None = None) -> None:
        """Cancel every working order of this client ("mine"), or of the whole account ("account").

        "account" is IB's global cancel: orders of other programs, and those entered in TWS by hand, die too.
        With `wait` it returns when this client's orders are done; OrderRejectedError for one that TWS won't cancel.

        >>> app.cancelAllOrders()
        Requested cancelation of all live orders.
        """
        everything = check("scope", scope, ("mine", "account")) == "account"
        self._ibnb.limit(timeout, "cancelAllOrders")
        self._ibnb.check_usable("cancelAllOrders")
        if everything:
            self.reqGlobalCancel()
        else:
            shown = _orders(self).ask_open("mine", timeout)
            # What it only holds (transmit=False) TWS doesn't show. A manual order, which client 0 sees as its own, has
            # no id to cancel by.
            for key in dict.fromkeys([*shown, *_blotter(self).mine(WORKING)]):
                if isinstance(key, int):
                    self.cancelOrder(key)
        print("Requested cancelation of all live orders.")
        if wait:
            _waiting(self).for_ends("cancelAllOrders", _blotter(self).mine(WORKING), timeout)

    # --- list -----------------------------------------------------------------------------------

    def listOrders(self, timeout: float | None = None) -> pd.DataFrame:
        """Print this client's live orders, one line each, and return them as getOpenOrders does.

        >>> orders = app.listOrders()
        No live orders.
        """
        ids = _orders(self).ask_open("mine", timeout)
        print("Live Orders from TWS:" if ids else "No live orders.")
        rows = _blotter(self).rows(ids)
        for orderId, action, quantity, symbol, kind, price, *_ in rows:
            limit = f" {price}" if kind == "LMT" else ""
            print(f"ID {orderId}: {action} {to_float(quantity)} {symbol} ({kind}){limit}")
        return tables.frame("orders", rows)

    def getOpenOrders(self, scope: str = "mine", timeout: float | None = None) -> pd.DataFrame:
        """Return the working orders that TWS has, of this client ("mine") or of all clients ("account").

        Columns as in getBlotter. Orders that were entered in TWS by hand have the id 0.

        >>> app.getOpenOrders("account").index.tolist()
        []
        """
        ids = _orders(self).ask_open(check("scope", scope, ("mine", "account")), timeout)
        return tables.frame("orders", _blotter(self).rows(ids))

    # --- ibapi's own calls ------------------------------------------------------------------------

    def placeOrder(self, orderId: int, contract: Any, order: Any) -> None:
        """ibapi's placeOrder; the blotter knows of the order before the answer can come. SafetyError."""
        if orderId is not None or self.isConnected():  # without a connection there is no id, and that is said below
            check_order_id(orderId, "placeOrder")
        check_order(contract, order, "placeOrder")
        self._ibnb.gate.prepare(contract)
        with self._ibnb.placing():
            if order.whatIf:
                super().placeOrder(orderId, contract, order)
                return
            asked = _blotter(self).sent(orderId, contract, copy.copy(order), self._ibnb.now())
            try:
                super().placeOrder(orderId, contract, order)
            except ConnectionLostError:
                raise  # it may have left
            except BaseException:
                _blotter(self).withdraw(orderId, asked)
                raise

    def cancelOrder(self, orderId: int, orderCancel: Any = None) -> None:
        """ibapi's cancelOrder; the second argument, which changes between releases, may be left out. SafetyError."""
        check_order_id(orderId, "cancelOrder")
        asked = _blotter(self).cancelling(orderId, self._ibnb.now())
        try:
            super().cancelOrder(orderId, orderCancel)
        except BaseException:
            if asked is not None:
                _blotter(self).withdraw(orderId, asked)
            raise

    def reqGlobalCancel(self, orderCancel: Any = None) -> None:
        """ibapi's reqGlobalCancel: cancels every open order of the account, not only this program's. SafetyError."""
        super().reqGlobalCancel(orderCancel)
        for orderId in _blotter(self).mine(WORKING):
            _blotter(self).cancelling(orderId, self._ibnb.now())


def _orders(app: Session) -> OrderCallbacks:
    return app._ibnb.listener(OrderCallbacks)


def _blotter(app: Session) -> Blotter:
    return _orders(app).blotter


def _waiting(app: Session) -> Waiting:
    return _orders(app).waiting


def _place_group(
    app: OrderVerbs, verb: str, wanted: list[tuple[ContractLike | str, OrderLike]], bracket: bool = False
) -> list[int]:
    core = app._ibnb
    if core.ids.next is None:
        raise NotConnectedError("nextValidId not received yet.")
    pairs = [(for_order(contract, order, verb), as_new(order, verb)) for contract, order in wanted]
    group = Group(app, _blotter(app), verb)
    core.gate.prepare(*(contract for contract, _ in pairs))
    with core.placing(len(pairs)):
        # Ids in a row, the parent's first, whatever other threads place.
        members = [(core.take_order_id(), contract, order) for contract, order in pairs]
        ids = [orderId for orderId, _, _ in members]
        if bracket:
            for _, _, child in members[1:]:
                child.parentId = ids[0]
        group.send(members)
    for member in members:
        _say_placed(*member)
    group.look()
    ends = core.now() + core.limit(None, verb)
    doubted = [orderId for orderId in ids if _waiting(app).clear_doubt(verb, orderId, ends)]
    if doubted:
        group.look()
    return ids


def _raise_unsent(verb: str, orderId: int, said: Said | None) -> None:
    """ibapi's own errors, 500 to 599, tell at once of an order that it hasn't sent: there is nothing to wait for."""
    if said is not None and said.code // 100 == 5:
        raise refusal(said, orderId, verb)


# What TWS may attach to an order, by how the names of its fields begin.
_ATTACHED = {"pt": "the profit taker", "sl": "the stop loss"}


def _attached(order: Any) -> list[str]:
    """Which orders TWS is to attach, as far as nobody has given them an id."""
    return [name for name in attached(order) if is_unset(getattr(order, f"{name}OrderId") or None)]


def _say_placed(orderId: int, contract: Any, order: Any) -> None:
    quantity, kind = order.totalQuantity, order.orderType
    print(f"New Order ID {orderId}: {order.action} {quantity} {contract.symbol} ({kind})")


def _three(contract: Any, bracket: Any) -> list[Any]:
    """The orders of a bracket, entry first. ValueError for what isn't one, or for the two exchanged."""
    if isinstance(contract, create.Bracket):
        raise ValueError("placeBracket: the contract comes first, then the bracket; they are the other way round.")
    if isinstance(bracket, Iterable):
        orders = list(bracket)
        if len(orders) > 1 and all(hasattr(each, "orderType") for each in orders):
            return orders
    said = reprlib.repr(bracket)
    raise ValueError(f"placeBracket: {said} isn't a bracket; app.createBracket('BUY', 10, 100, 110, 95) makes one.")


def _pairs(orders: Any) -> list[tuple[Any, Any]]:
    """Pairs of contract and order. ValueError for what isn't such a list."""
    wanted = "a list of pairs is wanted, [(contract, order), …]"
    if isinstance(orders, str) or not isinstance(orders, Iterable):
        raise ValueError(f"placeOrders: {wanted}, not {reprlib.repr(orders)}.")
    pairs = list(orders)
    for each in pairs:
        if not (isinstance(each, tuple | list) and len(each) == 2):
            raise ValueError(f"placeOrders: {wanted}; {reprlib.repr(each)} isn't such a pair.")
    return pairs


def _statuses(words: str | Collection[str]) -> set[str]:
    if not isinstance(words, Iterable):
        raise ValueError(f"a status is text such as 'Filled', or several in a list, not {reprlib.repr(words)}.")
    return {check("status", word, (*STATUSES, "done")) for word in ([words] if isinstance(words, str) else words)}


_MARGINS = tuple(
    f"{what}{when}"
    for what in ("initMargin", "maintMargin", "equityWithLoan")
    for when in ("Before", "Change", "After")
)


def _preview(state: Any) -> pd.Series:
    values: dict[str, Any] = {name: to_float(getattr(state, name)) for name in _MARGINS}
    # 10.37 renamed commission… to commissionAndFees…; one name here.
    suffix = "AndFees" if hasattr(state, "commissionAndFees") else ""
    for name in ("commission", "minCommission", "maxCommission"):
        values[name] = to_float(getattr(state, name + suffix))
    values["commissionCurrency"] = getattr(state, f"commission{suffix}Currency")
    values["warningText"] = state.warningText
    return pd.Series(values, name="preview", dtype="object")
