from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.handlers.market_data.depth import DELETE, INSERT, UPDATE, changes
from ibnb.gateway.market.book import ASK, BID, Row
from ibnb.gateway.scenario import LESSON, Limits

from ..asking import AAPL, EURUSD, SPX, Asker, error, new_york

DIRECT = replace(AAPL, exchange="ARCA")


@pytest.fixture
def asker() -> Asker:
    return Asker()


def smart(reqId: int = 3, **fields: Any) -> m.ReqMktDepth:
    return m.ReqMktDepth(**({"reqId": reqId, "contract": AAPL, "numRows": 8, "isSmartDepth": True} | fields))


def direct(reqId: int = 3, **fields: Any) -> m.ReqMktDepth:
    return m.ReqMktDepth(**({"reqId": reqId, "contract": DIRECT, "numRows": 8} | fields))


def kept(rows: Sequence[Any], book: dict[int, list[Any]] | None = None) -> dict[int, list[Any]]:
    """The book of a client that does what it is told."""
    book = book or {ASK: [], BID: []}
    for row in rows:
        side = book[row.side]
        if row.operation == INSERT:
            assert row.position <= len(side)
            side.insert(row.position, row)
        elif row.operation == UPDATE:
            assert side[row.position].price == row.price
            assert side[row.position].size != row.size
            side[row.position] = row
        else:
            del side[row.position]
    return book


def quote(asker: Asker) -> Any:
    (apple,) = asker.world.instruments.match(AAPL)
    return asker.world.market.quote(apple, asker.world.clock.now())


@pytest.mark.parametrize(("ask", "row"), [(smart(), m.UpdateMktDepthL2), (direct(), m.UpdateMktDepth)])
def test_a_book_begins_with_insertions_of_which_the_first_are_the_quote(asker: Asker, ask: Any, row: type) -> None:
    rows = [answer for answer in asker.ask(ask) if not isinstance(answer, m.ErrorMessage)]
    assert {row} == {type(answer) for answer in rows}
    assert {INSERT} == {answer.operation for answer in rows}
    book, now = kept(rows), quote(asker)
    assert (now.bid, now.bidSize) == (book[BID][0].price, book[BID][0].size)
    assert (now.ask, now.askSize) == (book[ASK][0].price, book[ASK][0].size)
    assert (8, 8) == (len(book[BID]), len(book[ASK]))


@pytest.mark.parametrize("ask", [smart(), smart(numRows=20), direct(), direct(numRows=1)])
def test_a_book_that_is_kept_up_stays_in_order_and_begins_with_the_quote(asker: Asker, ask: m.ReqMktDepth) -> None:
    book = kept([a for a in asker.ask(ask) if not isinstance(a, m.ErrorMessage)])
    operations = set()
    for _ in range(60):
        news = asker.wait(1)
        operations |= {answer.operation for answer in news}
        kept(news, book)
        now = quote(asker)
        assert (now.bid, now.bidSize) == (book[BID][0].price, book[BID][0].size)
        assert (now.ask, now.askSize) == (book[ASK][0].price, book[ASK][0].size)
        bids, asks = [row.price for row in book[BID]], [row.price for row in book[ASK]]
        assert sorted(bids, reverse=True) == bids
        assert sorted(asks) == asks
        assert ask.numRows == len(bids) == len(asks)
        assert all(row.size > 0 for row in book[BID])
    assert {INSERT, UPDATE, DELETE} == operations


def test_smart_depth_names_exchanges_in_a_notice_and_in_each_row(asker: Asker) -> None:
    notice, *rows = asker.ask(smart(numRows=20))
    assert 2152 == notice.code
    assert notice.message.startswith("Exchanges - Depth: NASDAQ; ")
    assert "Top: " in notice.message
    makers = {row.marketMaker for row in rows}
    assert len(makers) > 3
    assert all(f"{maker};" in notice.message for maker in makers)
    assert all(row.isSmartDepth for row in rows)
    memx = [row for row in rows if row.marketMaker == "MEMX" and row.side == BID]
    assert len(memx) <= 1


def test_the_same_book_for_everybody_and_every_number_of_rows(asker: Asker) -> None:
    asker.ask(direct(numRows=3))
    asker.wait(10)
    other = Asker(world=asker.world, clientId=2)
    many = kept(other.ask(direct(numRows=10)))
    book = kept([a for a in asker.said if isinstance(a, m.UpdateMktDepth)])
    assert [(row.price, row.size) for row in many[BID][:3]] == [(row.price, row.size) for row in book[BID]]


def test_nasdaq_names_its_market_makers(asker: Asker) -> None:
    rows = asker.ask(direct(contract=replace(AAPL, exchange="ISLAND")))
    assert {m.UpdateMktDepthL2} == {type(row) for row in rows}
    assert {("NSDQ", False)} == {(row.marketMaker, row.isSmartDepth) for row in rows}


def test_currencies_have_a_book_too(asker: Asker) -> None:
    book = kept(asker.ask(direct(contract=EURUSD)))
    assert 0 < book[BID][0].price - book[BID][-1].price < 0.01
    assert Decimal(1_000_000) <= book[BID][-1].size


def test_the_book_empties_at_the_close_and_fills_at_the_open() -> None:
    asker = Asker(start=new_york(11, 19, 59, 58))
    book = kept(asker.ask(direct()))
    kept(asker.wait(5), book)
    assert {ASK: [], BID: []} == book
    morning = Asker(start=new_york(12, 3, 59, 58))
    assert [] == morning.ask(direct())
    assert 8 == len(kept(morning.wait(2))[BID])


def test_a_cancelled_book_is_silent_and_one_that_is_not_there_is_named(asker: Asker) -> None:
    asker.ask(direct())
    assert [] == asker.ask(m.CancelMktDepth(reqId=3))
    assert [] == asker.wait(10)
    code, text = error(asker.ask(m.CancelMktDepth(reqId=3)))
    assert (310, "Can't find the subscribed market depth with tickerId:3") == (code, text)


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        (smart(isSmartDepth=False), 10092, "Deep market data is not supported"),
        (direct(isSmartDepth=True), 10092, "Deep market data is not supported"),
        (direct(contract=SPX), 10092, "Deep market data is not supported"),
        (direct(contract=replace(AAPL, exchange="MEMX")), 10092, "Deep market data is not supported"),
        (direct(contract=replace(AAPL, symbol="NOPE")), 200, "No security definition"),
        (direct(numRows=0), 321, "number of rows"),
    ],
)
def test_what_has_no_book_is_refused(asker: Asker, request_: m.ReqMktDepth, code: int, says: str) -> None:
    found = error(asker.ask(request_))
    assert code == found[0]
    assert says in found[1]
    assert [] == asker.client.open("mktDepth")


def test_a_book_that_is_not_paid_for_is_refused() -> None:
    asker = Asker(scenario=replace(LESSON, not_subscribed=frozenset({"AAPL"})))
    assert 354 == error(asker.ask(direct()))[0]


def test_an_id_in_use_and_one_book_too_many_are_refused() -> None:
    asker = Asker(scenario=replace(LESSON, limits=Limits(depth=1)))
    asker.ask(direct(1))
    assert "Duplicate ticker id" in error(asker.ask(direct(1)))[1]
    other = Asker(world=asker.world, clientId=2)
    code, text = error(other.ask(direct(2)))
    assert 309 == code
    assert text.startswith("Max number (1) of market depth requests has been reached.")


def test_the_exchanges_that_have_books(asker: Asker) -> None:
    (answer,) = asker.ask(m.ReqMktDepthExchanges())
    rows = {(row.exchange, row.secType): row.serviceDataType for row in answer.depthMktDataDescriptions}
    assert "Deep2" == rows["NASDAQ", "STK"]
    assert "Deep" == rows["IDEALPRO", "CASH"] == rows["CBOE", "OPT"]
    assert ("SMART", "STK") not in rows
    assert ("MEMX", "STK") not in rows


sides = st.lists(
    st.tuples(st.integers(1, 30), st.integers(1, 3), st.sampled_from("AB")),
    max_size=8,
    unique_by=lambda r: (r[0], r[2]),
).map(lambda rows: [Row(float(price), Decimal(size), venue) for price, size, venue in sorted(rows)])


@given(sides, sides)
@example([Row(1.0, Decimal(1), "A"), Row(1.0, Decimal(2), "B")], [Row(1.0, Decimal(2), "B"), Row(1.0, Decimal(3), "A")])
def test_changes_turn_any_side_into_any_other(old: list[Row], new: list[Row]) -> None:
    side = list(old)
    for position, operation, row in changes(old, new):
        if operation == INSERT:
            side.insert(position, row)
        elif operation == DELETE:
            del side[position]
        else:
            side[position] = row
    assert new == side
