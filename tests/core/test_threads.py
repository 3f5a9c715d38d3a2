from __future__ import annotations

import threading
from typing import Any

import pytest
from orders_by_threads import place, sent, switching
from twenty_threads import THREADS, interrogate

import ibnb
from ibnb import IBApp, createBracket, createContract, createOrder
from ibnb.gateway import Gateway


@pytest.mark.parametrize("turns", [6])
def test_twenty_threads_each_get_their_own_answers(turns: int) -> None:
    with Gateway("lesson") as gateway:
        app: Any = IBApp()
        app.connect(gateway.host, gateway.port, 1)
        app.pacing.on = False
        assert (THREADS * turns, []) == interrogate(app, lambda turn: turn < turns)
        app.disconnect()


def test_so_they_do_on_the_embedded_clock() -> None:
    app: Any = ibnb.connect("embedded")
    assert (THREADS * 3, []) == interrogate(app, lambda turn: turn < 3)
    ibnb.reset()


def test_orders_of_twenty_threads_are_all_filled_and_their_ids_in_order() -> None:
    """A6: 8 of 100 orders were overtaken on the way, and refused with 103."""
    app: Any = ibnb.connect("embedded")
    app.pacing.on = False
    placed, errors = place(app, 100, lambda: createBracket("BUY", 1, 500.0, 600.0, 1.0))
    app.sleep("1 min")  # nobody need have waited since the last bracket was placed
    assert errors == []
    assert sorted(placed) == list(range(1, 111)) == sent(app.gateway)
    status = app.getBlotter()["status"]
    assert 100 == (status == "Filled").sum()
    assert 10 == status.isin(["Submitted", "PreSubmitted"]).sum()
    ibnb.reset()


def test_so_they_are_through_a_port_beside_orders_by_hand_and_previews() -> None:
    with Gateway("lesson") as gateway:
        app: Any = IBApp()
        app.connect(gateway.host, gateway.port, 1)
        app.pacing.on = False
        nvda, errors = app.createContract("NVDA"), list[BaseException]()

        def work(number: int) -> None:
            try:
                for turn in range(5):
                    if (number + turn) % 5 == 0:
                        app.previewOrder(nvda, app.createOrder("BUY", 1))
                    else:
                        app.placeOrderNow(nvda, app.createOrder("BUY", 1))
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
        with switching():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert errors == []
        assert list(range(1, 101)) == sent(gateway)
        app.getOpenOrders()
        assert 80 == len(app.getBlotter())
        assert 103 not in set(app.notices["code"])  # 201 there is: TWS takes twenty orders of a kind at once
        app.disconnect()


class Chained(IBApp):
    """Answers each of its first fills with another order, from the reader thread."""

    left = 10
    msft = createContract("MSFT")

    def execDetails(self, reqId: int, contract: Any, execution: Any) -> None:
        if self.left:
            self.left -= 1
            self.placeOrderNow(self.msft, createOrder("BUY", 1))


def test_orders_from_callbacks_leave_between_those_of_threads() -> None:
    app: Any = ibnb.connect("embedded", app_class=Chained)
    app.pacing.on = False
    placed, errors = place(app, 40, lambda: createBracket("BUY", 1, 500.0, 600.0, 1.0))
    app.sleep("1 min")
    assert errors == []
    assert len(app.problems) == 0
    assert 44 == len(placed)
    assert list(range(1, 55)) == sent(app.gateway)
    ibnb.reset()
