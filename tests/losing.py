"""What tests of a lost connection share: losing it, and what was asked for before."""

from __future__ import annotations

from typing import Any

from fake_tws import FakeTWS
from inside import core
from small_app import App

from ibnb.ib import api

IN_USE = "Unable to connect as the client id is already in use. Retry with a unique client id."
DATA_LOST = "Connectivity between IBKR and Trader Workstation has been restored - data lost."
DATA_KEPT = "Connectivity between IBKR and Trader Workstation has been restored - data maintained."
LOST = "Connectivity between IBKR and Trader Workstation has been lost."


def lose(tws: FakeTWS, app: App) -> None:
    # What was sent before has come there.
    core(app).fence.wait()
    tws.drop()
    core(app).lifecycle.ended.wait(60)


def own_words(app: App) -> list[str]:
    return [notice.text for notice in core(app).status.notices if notice.code == 0]


def contract() -> Any:
    made = api.Contract()
    made.symbol, made.secType, made.exchange, made.currency = "AAPL", "STK", "SMART", "USD"
    return made


def subscribe(app: App, reqId: int = 5) -> None:
    app.reqMktData(reqId, contract(), "", False, False, [])


def stream(app: App) -> Any:
    return core(app).request("streamQuotes", lasting=True, kind="market_data", contract=contract())
