"""Sessions at every version: what is negotiated, in which form a client is answered, and that it is never silence."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ibnb.gateway import Gateway
from ibnb.gateway import messages as m
from ibnb.gateway.codec import NEWEST, ProtobufCodec
from ibnb.gateway.codec.wire import FrameBuffer, frame
from ibnb.gateway.scenario import LESSON
from ibnb.gateway.session import Session, State
from tests.gateway.talking import Talk, codes, engine_of

TODAY = replace(LESSON, version=NEWEST)
STOCK = m.Contract(symbol="NVDA", secType="STK", exchange="SMART", currency="USD")
BUY = m.Order(action="BUY", orderType="LMT", lmtPrice=100.0, totalQuantity=Decimal(1), tif="DAY", transmit=True)


def greeted(hello: str, version: int) -> tuple[Session, str]:
    session = Session(engine_of(replace(LESSON, version=version)))
    session.receive(b"API\0" + frame(hello.encode()))
    said = b"".join(session.outgoing())
    return session, said[4:].split(b"\0")[0].decode() if said else ""


@pytest.mark.parametrize(
    ("hello", "served", "spoken"),
    [
        ("v100..226", 226, "226"),
        ("v100..226", 222, "222"),
        ("v100..226", 176, "176"),
        ("v213..225", 226, "225"),
        ("v213..300", 226, "226"),
        ("v100..157", 226, "157"),
        ("v157..178", 226, "178"),
        ("v213..225", 200, ""),
        ("v227..230", 226, ""),
    ],
)
def test_the_version_spoken(hello: str, served: int, spoken: str) -> None:
    session, said = greeted(hello, served)
    assert spoken == said
    assert session.closed == (spoken == "")


@pytest.mark.parametrize("version", range(201, NEWEST + 1))
def test_a_session_at_every_version(version: int) -> None:
    """Numbers in four bytes, each message in the one form that its version has for it, as an order goes its way."""
    talk = Talk(engine_of(TODAY), 1, version)
    assert {m.ManagedAccounts, m.NextValidId} <= {type(each) for each in talk.greeting}
    assert talk.session.state is State.READY
    heard = talk.ask(
        m.ReqMktData(reqId=1, contract=STOCK),
        m.ReqContractDetails(reqId=2, contract=STOCK),
        m.PlaceOrder(orderId=7, contract=STOCK, order=BUY),
        m.ReqCurrentTime(),
    )
    heard += talk.wait(5)
    kinds = {type(each) for each in heard}
    assert {m.TickPrice, m.ContractData, m.ContractDataEnd, m.OpenOrder, m.OrderStatus, m.CurrentTime} <= kinds
    assert [] == [each for each in heard if isinstance(each, m.ErrorMessage) and each.code in (320, 321, 322)]
    numbers = {int.from_bytes(payload[:4], "big") for payload in FrameBuffer().feed(talk.raw)}
    assert ({3, 5, 203, 205} & numbers) == ({203, 205} if version >= 203 else {3, 5})
    assert ({49, 249} & numbers) == ({249} if version >= 213 else {49})
    assert not {number for number in numbers if number < 200} or version < 213


def test_what_is_over_before_it_is_cancelled() -> None:
    talk = Talk(engine_of(TODAY), 1, NEWEST)
    assert [] == talk.ask(m.CancelContractData(reqId=5), m.CancelHistoricalTicks(reqId=6))


NEW_FIELDS: dict[str, Any] = {"whatIfType": 1, "hedgeMaxSize": 5}


@pytest.mark.parametrize("name", NEW_FIELDS)
def test_an_order_with_a_field_of_today_is_refused_by_name(name: str) -> None:
    talk = Talk(engine_of(TODAY), 1, NEWEST)
    order = replace(BUY, **{name: NEW_FIELDS[name]})
    heard = talk.ask(m.PlaceOrder(orderId=7, contract=STOCK, order=order))
    assert [321] == codes(heard)
    assert "is not simulated" in heard[0].message  # type: ignore[attr-defined]


def test_an_unreadable_request_costs_nothing_but_itself() -> None:
    talk = Talk(engine_of(TODAY), 1, NEWEST)
    good = ProtobufCodec(NEWEST).encode_request(m.ReqContractDetails(reqId=77, contract=STOCK))
    said = talk.say(frame(good[:-2]) + frame(b"\0\0\3\xe7") + frame(b"\0\0\0\7" + b"7\0003\0") + frame(good))
    heard = [ProtobufCodec(NEWEST).decode_answer(payload) for payload in FrameBuffer().feed(said)]
    assert [(77, 320), (-1, 320), (-1, 320)] == [(e.id, e.code) for e in heard if isinstance(e, m.ErrorMessage)]
    assert isinstance(heard[-1], m.ContractDataEnd)


@pytest.mark.parametrize("version", [99, 227, 0])
def test_versions_that_nobody_speaks(version: int) -> None:
    with pytest.raises(ValueError, match="version is a server version from 100 to 226"):
        Gateway("lesson", version=version)


def test_a_gateways_version_is_a_word() -> None:
    assert 178 == Gateway("lesson", version=178).scenario.version
