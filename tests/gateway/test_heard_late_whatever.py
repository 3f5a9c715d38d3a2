"""Whoever hears later, whatever is done meanwhile, hears what he would have heard at once (issue 14, Build 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.codec import codec_for
from ibnb.gateway.codec.wire import frame
from ibnb.gateway.engine import Engine
from ibnb.gateway.pipe import Pipe
from ibnb.gateway.scenario import LESSON, Halt, new_york
from ibnb.gateway.session import Session
from ibnb.gateway.zones import LOGIN_ZONE

from .talking import engine_of

START = new_york(9, 30)
SCENARIO = replace(
    LESSON,
    halts=(Halt("MSFT", START + 60, 60), Halt("AAPL", START + 180, 120)),
    delayed_only=frozenset({"NVDA"}),
)
SHARE = m.Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
CONTRACTS = (
    SHARE,
    replace(SHARE, symbol="MSFT"),
    replace(SHARE, symbol="NVDA"),
    m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"),
    m.Contract(symbol="SPX", secType="IND", exchange="CBOE", currency="USD"),
    m.Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
    m.Contract(symbol="ES", secType="FUT", exchange="CME", currency="USD", lastTradeDateOrContractMonth="202506"),
    replace(SHARE, secType="OPT", lastTradeDateOrContractMonth="20250620", strike=200.0, right="C"),
)
ids = st.integers(1, 4)
contracts = st.sampled_from(CONTRACTS)
requests = st.one_of(
    st.builds(
        m.ReqMktData,
        reqId=ids,
        contract=contracts,
        genericTickList=st.sampled_from(["", "", "", "233,221", "mdoff,292"]),
        snapshot=st.sampled_from([False, False, False, True]),
    ),
    st.builds(m.CancelMktData, reqId=ids),
    st.builds(m.ReqMarketDataType, marketDataType=st.integers(1, 4)),
    st.builds(m.ReqRealTimeBars, reqId=ids, contract=contracts, whatToShow=st.sampled_from(["TRADES", "MIDPOINT"]),
              useRTH=st.booleans()),
    st.builds(m.CancelRealTimeBars, reqId=ids),
    st.builds(
        m.ReqHistoricalData, reqId=ids, contract=contracts, durationStr=st.just("600 S"),
        barSizeSetting=st.sampled_from(["5 secs", "1 min", "1 hour"]), keepUpToDate=st.just(True),
        whatToShow=st.sampled_from(["TRADES", "MIDPOINT"]), useRTH=st.booleans(), formatDate=st.just(2),
    ),
    st.builds(m.CancelHistoricalData, reqId=ids),
    st.builds(m.ReqTickByTickData, reqId=ids, contract=contracts, tickType=st.sampled_from(["Last", "BidAsk"])),
    st.builds(m.CancelTickByTickData, reqId=ids),
    st.builds(m.ReqMktDepth, reqId=ids, contract=contracts),
    st.builds(m.CancelMktDepth, reqId=ids),
    st.builds(
        lambda id, contract, action, kind, price: m.PlaceOrder(
            orderId=id, contract=contract,
            order=m.Order(action=action, orderType=kind, totalQuantity=Decimal(1), lmtPrice=price),
        ),
        st.integers(1, 40), contracts, st.sampled_from(["BUY", "SELL"]), st.sampled_from(["MKT", "LMT"]),
        st.sampled_from([1.0, 200.0, 5000.0]),
    ),
)  # fmt: skip
faults = st.sampled_from(
    [
        ("farm", "usfarm", False),
        ("farm", "usfarm", True),
        ("farm", "ushmds", False),
        ("farm", "ushmds", True),
        ("link_lost",),
        ("link_restored",),
        ("link_restored", True),
        ("fractional_sizes", 0.5),
        ("fractional_sizes", 0),
        ("stop_streams",),
        ("slow", 2.0),
        ("slow", 0),
        ("drop", 2),
    ]
)
steps = st.one_of(
    st.tuples(st.just("ask"), st.integers(1, 2), requests),
    st.tuples(st.just("ask"), st.integers(1, 2), requests),
    st.tuples(st.just("wait"), st.integers(1, 100)),
    st.tuples(st.just("read"), st.integers(1, 2)),
    st.tuples(st.just("fault"), faults),
)
Heard = list[tuple[float, bytes]]


class Peer:
    """One client, who hears at once or when he reads."""

    def __init__(self, engine: Engine, clientId: int, version: int, late: bool) -> None:
        self.now = engine.world.clock.now
        self.pipe = Pipe(engine, lambda do: do(), lambda: None) if late else None
        self.session = self.pipe.session if self.pipe else Session(engine)
        self.codec = codec_for(version, LOGIN_ZONE)
        self.heard: Heard = []
        self.session.receive(b"API\0" + frame(f"v100..{version}".encode()))
        self.ask(m.StartApi(clientId=clientId))

    def ask(self, request: object) -> None:
        self.session.receive(frame(self.codec.encode_request(request)))

    def settle(self) -> None:
        if self.pipe:
            self.pipe.flush()
        else:
            self.note(self.now(), b"".join(map(bytes, self.session.outgoing())))

    def read(self) -> None:
        while self.pipe:
            try:
                said = self.pipe.recv(4096)
            except TimeoutError:
                return
            if not said:
                return
            self.note(self.pipe.said_at, said)

    def note(self, moment: float, said: bytes) -> None:
        if said and self.heard and self.heard[-1][0] == moment:
            moment, before = self.heard.pop()
            said = before + said
        if said:
            self.heard.append((moment, said))


def said(version: int, start: float, some: Iterable[Any], late: bool) -> list[Heard]:
    """What two clients hear, and when it was said, as they and the world do all these things."""
    engine = engine_of(replace(SCENARIO, start=start))
    peers = [Peer(engine, clientId, version, late) for clientId in (1, 2)]
    for what, *rest in [*some, ("wait", 130), ("read", 1), ("read", 2)]:
        if what == "ask":
            peers[rest[0] - 1].ask(rest[1])
        elif what == "read":
            peers[rest[0] - 1].read()
        elif what == "fault":
            getattr(engine.faults, rest[0][0])(*rest[0][1:])
        clock, until = engine.world.clock, engine.world.clock.now() + (rest[0] if what == "wait" else 0)
        while True:
            for each in peers:
                each.settle()
            if clock.now() >= until:
                break
            engine.run_until(min(until, clock.next_due() or until))
    return [each.heard for each in peers]


STREAMED = ("ask", 1, m.ReqMktData(reqId=1, contract=SHARE))
BETWEEN = [
    [("fault", ("farm", "usfarm", False)), ("fault", ("farm", "usfarm", True))],
    [("fault", ("farm", "usfarm", True))],
    [("fault", ("link_lost",)), ("fault", ("link_restored",))],
]


@pytest.mark.parametrize("version", [176, 226])
@pytest.mark.parametrize("happens", BETWEEN)
def test_what_breaks_and_heals_between_two_beats_has_all_said_again_at_the_next(
    version: int, happens: list[Any]
) -> None:
    """What was owed was made after that, as if all had been forgotten earlier; and the minute went on in news only."""
    some = [STREAMED, ("wait", 20), *happens, ("wait", 30)]
    late, _ = said(version, START - 600, some, late=True)
    assert late == said(version, START - 600, some, late=False)[0]
    news = [len(each) for moment, each in late if moment > START - 580]
    assert news[0] > max(news[1:])


@settings(deadline=None, max_examples=25)
@given(
    st.sampled_from([157, 176, 203, 226]),
    st.sampled_from([START - 100, START - 0.5, START, new_york(15, 58), new_york(16, 58), new_york(19, 57)]),
    st.lists(contracts, max_size=4, unique=True),
    st.lists(steps, max_size=25),
)
def test_what_is_heard_late_is_what_would_have_been_heard_at_once(
    version: int, start: float, streamed: list[Any], some: list[Any]
) -> None:
    some = [*(("ask", 1, m.ReqMktData(reqId=n, contract=each)) for n, each in enumerate(streamed, 1)), *some]
    assert said(version, start, some, late=True) == said(version, start, some, late=False)
