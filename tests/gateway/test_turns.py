"""No client waits for another's long answer."""

from __future__ import annotations

from typing import Any

import pytest

from ibnb.gateway import messages as m

from .handlers.asking import AAPL
from .talking import Talk, engine_of

CHAIN = m.ReqContractDetails(reqId=7, contract=m.Contract(symbol="KO", secType="OPT", exchange="SMART", currency="USD"))
YEARS = m.ReqHistoricalData(
    reqId=7, contract=AAPL, barSizeSetting="1 day", durationStr="15 Y", useRTH=True, whatToShow="TRADES", formatDate=1
)
SCAN = m.ReqScannerSubscription(
    reqId=7,
    subscription=m.ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode="TOP_PERC_GAIN"),
)


@pytest.mark.parametrize(
    ("request_", "last", "most"),
    [(CHAIN, m.ContractDataEnd, 5), (YEARS, m.HistoricalData, 60), (SCAN, m.ScannerData, 5)],
)
def test_while_one_clients_answer_is_long_another_is_answered(request_: Any, last: type, most: int) -> None:
    """#10, Shows 6: years of bars are looked at a quarter at a time."""
    engine = engine_of()
    one, other = Talk(engine, 1, in_steps=True), Talk(engine, 2)
    said = [*one.ask(request_), *one.ask(m.ReqCurrentTime())]
    assert one.session.busy
    assert not [x for x in said if isinstance(x, (last, m.CurrentTime))]
    turns = 0
    while one.session.busy:
        turns += 1
        assert [m.CurrentTime] == [type(x) for x in other.ask(m.ReqCurrentTime())]
        one.session.proceed()
        said += one.heard()
    assert turns > most
    # What was asked later is answered later.
    assert [last, m.CurrentTime] == [type(x) for x in said if isinstance(x, (last, m.CurrentTime))]


def test_steps_change_nothing_of_an_answer() -> None:
    whole = Talk(engine_of(), 1).ask(CHAIN)
    patient = Talk(engine_of(), 1, in_steps=True)
    said = patient.ask(CHAIN)
    while patient.session.busy:
        patient.session.proceed()
        said += patient.heard()
    assert said == whole
    assert len(said) > 500


def test_who_hangs_up_in_the_middle_is_gone() -> None:
    engine = engine_of()
    one = Talk(engine, 1, in_steps=True)
    one.ask(CHAIN)
    one.session.lost()
    assert not one.session.busy
    assert not engine.world.clients
    assert Talk(engine, 1).ask(m.ReqCurrentTime())
