"""What a plain account is told of feeds that it isn't subscribed to."""

from __future__ import annotations

from typing import Any

import pytest

from ibnb.gateway import messages as m

from .asking import AAPL, Asker, error

NOWHERE = m.Contract(symbol="NOWHERE", secType="STK", exchange="SMART")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (m.ReqWshMetaData(reqId=3), 10276),
        (m.CancelWshMetaData(reqId=3), 10280),
        (m.ReqWshEventData(reqId=3, conId=265598), 10282),
        (m.CancelWshEventData(reqId=3), 10284),
        (m.ReqFundamentalData(reqId=3, contract=AAPL, reportType="ReportSnapshot"), 430),
        (m.ReqFundamentalData(reqId=3, contract=AAPL, reportType="Snapshot"), 321),
        (m.ReqFundamentalData(reqId=3, contract=NOWHERE, reportType="RESC"), 200),
    ],
)
def test_each_has_its_code(request_: Any, code: int) -> None:
    answers = Asker().ask(request_)
    assert code == error(answers)[0]
    assert 3 == answers[0].id


def test_the_text_on_fundamentals_is_tws() -> None:
    answers = Asker().ask(m.ReqFundamentalData(reqId=3, contract=AAPL, reportType="ReportSnapshot"))
    assert error(answers)[1].startswith("We are sorry, but fundamentals data for the security specified")


def test_a_cancel_of_fundamentals_is_silent() -> None:
    assert [] == Asker().ask(m.CancelFundamentalData(reqId=3))
