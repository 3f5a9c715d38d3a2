"""What Tab offers (first_use: 459 names of app, 357 of them ibapi's own; 74 of ibnb, 31 of them modules)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ibnb
from ibnb.ib import api


def test_verbs_and_requests_are_offered_and_nothing_else_of_ibapis() -> None:
    names = dir(ibnb.IBApp())
    assert {"getData", "placeOrderNow", "streamQuotes", "sleep", "now", "tape", "nextOrderId", "connect"} <= set(names)
    assert {"reqMktData", "reqHistoricalData", "cancelMktData", "placeOrder", "host", "port"} <= set(names)
    callbacks = {"tickPrice", "orderStatus", "historicalData", "nextValidId"}
    inside = {"sendMsg", "msg_queue", "decoder", "conn", "wrapper", "logRequest", "serverVersion_"}
    assert not (callbacks | inside) & set(names)
    assert [name for name in names if name.endswith("ProtoBuf")] == []
    assert len([name for name in names if not name.startswith("_")]) < 180


def test_what_isnt_offered_is_there() -> None:
    app = ibnb.IBApp()
    assert callable(app.tickPrice)
    assert all(hasattr(app, name) for name in dir(api.EWrapper))


def test_a_users_own_names_are_offered() -> None:
    class App(ibnb.IBApp):
        def tickPrice(self, *args: object) -> None: ...

        def mine(self) -> None: ...

    app = App()
    app.seen = []  # type: ignore[attr-defined]
    assert {"mine", "seen", "tickPrice"} <= set(dir(app))


def test_the_package_offers_its_public_names_whatever_has_been_loaded() -> None:
    code = "import ibnb; ibnb.connect().disconnect(); print([n for n in dir(ibnb) if n[0] != '_'] == ibnb.__all__)"
    root = Path(__file__).parents[2]
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root).stdout
    assert told.strip() == "True"
