"""A session with one verb, made as the verb families are made, and a TWS that answers it."""

from __future__ import annotations

from typing import Any

from fake_tws import FakeTWS
from inside import core

from ibnb.core.dispatch import on
from ibnb.core.listener import Listener
from ibnb.core.session import Session
from ibnb.ib import api


class Heads(Listener):
    @on("headTimestamp")
    def got(self, reqId: int, headTimestamp: str) -> None:
        self._pending.add(reqId, headTimestamp)
        self._pending.finish(reqId)


class App(Session, listener=Heads):
    """A session with one verb, as the verb families are made."""

    def getHead(self, timeout: float | None = None, reqId: int | None = None) -> str:
        contract = api.Contract()
        with core(self).request(
            "getHead", cancel=self.cancelHeadTimeStamp, timeout=timeout, reqId=reqId, kind="history"
        ) as slot:
            self.reqHeadTimeStamp(slot.key, contract, "TRADES", 1, 1)
            return str(slot.wait()[0])


HEAD = {87: lambda fields: [(88, fields[1], "20000103-14:30:00")]}


def tws_and_app(answers: dict[int, Any] | None = None, version: int = 157) -> tuple[FakeTWS, App]:
    tws, app = FakeTWS(version, answers), App()
    app.pacing.on = False
    tws.pair(app)
    return tws, app
