"""Twenty threads place orders at once: each order is filled, and ids leave in order, as TWS wants them.

`python -m tests.orders_by_threads 1000` does so with a thousand orders, switching threads a million times a second.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ibnb import createContract, createOrder

THREADS = 20
INTERVAL = 1e-6


@contextmanager
def switching(interval: float = INTERVAL) -> Iterator[None]:
    """Let threads take turns that often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(interval)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def place(app: Any, orders: int, bracket: Any = None) -> tuple[list[int], list[BaseException]]:
    """(order ids as returned, errors) of so many market orders; every twentieth is a bracket, if there is one."""
    nvda, ids, errors = createContract("NVDA"), list[int](), list[BaseException]()

    def work(number: int) -> None:
        try:
            for turn in range(number, orders, THREADS):
                if bracket is not None and turn % 20 == 0:
                    ids.extend(app.placeBracket(createContract("AAPL"), bracket()))
                else:
                    ids.append(app.placeOrderNow(nvda, createOrder("BUY", 1), wait="Filled"))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    with switching():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return ids, errors


def sent(gateway: Any) -> list[int]:
    """The order ids of placeOrder in the order in which the gateway got them."""
    return [row.message.orderId for row in gateway.journal if type(row.message).__name__ == "PlaceOrder"]


def main(orders: int) -> int:
    import ibnb

    app = ibnb.connect("embedded")
    app.pacing.on = False
    ids, errors = place(app, orders)
    filled = (app.getBlotter()["status"] == "Filled").sum()
    in_order = sorted(ids) == list(range(1, orders + 1)) == sent(app.gateway)
    print(f"{len(ids)} orders by {THREADS} threads, {filled} filled, ids in order: {in_order}", *errors[:3], sep="\n")
    ibnb.reset()
    return 0 if filled == orders and in_order and not errors else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
