"""Odd lots (225), and how exact last prices and sizes are (224): for clients whose version has them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ibnb.gateway import messages as m

from ..asking import AAPL, EURUSD, Asker, error

BID, ASK, BID_SIZE, ASK_SIZE, BID_EXCH, ASK_EXCH = range(105, 111)


def stream(reqId: int = 1, contract: m.Contract = AAPL, generic: str = "mdoff,787") -> m.ReqMktData:
    return m.ReqMktData(reqId=reqId, contract=contract, genericTickList=generic)


def ticks(answers: list[Any]) -> dict[int, Any]:
    """The last value of each tick type."""
    found = {}
    for answer in answers:
        match answer:
            case m.TickPrice():
                found[answer.tickType] = answer.price
            case m.TickSize():
                found[answer.tickType] = answer.size
            case m.TickString():
                found[answer.tickType] = answer.value
    return found


def test_an_odd_lot_is_less_than_a_round_one_at_the_quote() -> None:
    asker = Asker(226)
    asker.ask(stream())
    asker.ask(stream(2, generic=""))
    for _ in range(30):
        asker.wait(1)
    mine = ticks([each for each in asker.said if getattr(each, "reqId", 0) == 1])
    quoted = ticks([each for each in asker.said if getattr(each, "reqId", 0) == 2])
    assert set(range(105, 111)) == set(mine)
    assert (quoted[1], quoted[2]) == (mine[BID], mine[ASK])
    assert {0 < mine[size] < 100 for size in (BID_SIZE, ASK_SIZE)} == {True}
    assert quoted[32] == mine[BID_EXCH]
    sizes = {each.size for each in asker.said if isinstance(each, m.TickSize) and each.tickType == BID_SIZE}
    assert len(sizes) > 3


def test_two_worlds_alike_have_the_same_odd_lots() -> None:
    assert ticks(Asker(226).ask(stream())) == ticks(Asker(226).ask(stream()))


def test_a_closed_market_has_none() -> None:
    asker = Asker(226, start=1749697200.0)  # 11 p.m. in New York
    said = ticks(asker.ask(stream()))
    assert (-1.0, Decimal(0), "") == (said[BID], said[BID_SIZE], said[BID_EXCH])


def test_what_has_no_exchange_on_its_quotes_has_no_odd_lots() -> None:
    assert {} == ticks(Asker(226).ask(stream(contract=EURUSD)))


def test_an_older_client_is_told_that_there_is_no_such_tick() -> None:
    for version in (200, 224):
        code, text = error(Asker(version).ask(stream()))
        assert 321 == code
        assert "Incorrect generic tick list of mdoff,787" in text
        assert "787(" not in text
    assert "787(Odd Lot)" in error(Asker(225).ask(stream(generic="9")))[1]


def test_precision_is_told_from_224_on() -> None:
    for version, told in ((223, (None, None)), (224, (Decimal("0.01"), Decimal("0.0001")))):
        asker = Asker(version)
        [params] = [each for each in asker.ask(stream(generic="")) if isinstance(each, m.TickReqParams)]
        assert told == (params.lastPricePrecision, params.lastSizePrecision)
        details = asker.ask(m.ReqContractDetails(reqId=9, contract=AAPL))[0].details
        assert told == (details.lastPricePrecision, details.lastSizePrecision)
