"""A session with one verb, made as the verb families are made, and a TWS that answers it."""

from __future__ import annotations

from typing import Any

from fake_tws import FakeTWS

from ibnb.core.dispatch import on
from ibnb.core.session import Session
from ibnb.ib import api


class App(Session):
    """A session with one verb, as the verb families are made."""

    @on("headTimestamp")
    def _got(self, reqId: int, headTimestamp: str) -> None:
        slot = self._pending.get(reqId)
        if slot is not None:
            slot.add(headTimestamp)
            slot.finish()

    def getHead(self, timeout: float | None = None, reqId: int | None = None, tolerate: tuple[int, ...] = ()) -> str:
        contract = api.Contract()
        with self._request(
            "getHead", cancel=self.cancelHeadTimeStamp, timeout=timeout, reqId=reqId, kind="history", tolerate=tolerate
        ) as slot:
            self.reqHeadTimeStamp(slot.key, contract, "TRADES", 1, 1)
            return str(slot.wait()[0])


HEAD = {87: lambda fields: [(88, fields[1], "20000103-14:30:00")]}


def tws_and_app(answers: dict[int, Any] | None = None, version: int = 157) -> tuple[FakeTWS, App]:
    tws, app = FakeTWS(version, answers), App()
    app.pacing.on = False
    tws.pair(app)
    return tws, app
