from __future__ import annotations

import math
from decimal import Decimal
from types import SimpleNamespace

import pandas as pd
import pytest
from inside import core, open_ids
from scripted import ScriptedTWS

from ibnb import MarketDataError, RequestTimeoutError, createContract

AAPL = createContract("AAPL")
ARCA = createContract("AAPL", exchange="ARCA")
ASK, BID = 0, 1
INSERT, UPDATE, DELETE = 0, 1, 2
ROWS = (
    ("updateMktDepth", "$id", 0, INSERT, BID, 204.9, Decimal(300)),
    ("updateMktDepth", "$id", 1, INSERT, BID, 204.8, Decimal(100)),
    ("updateMktDepth", "$id", 0, INSERT, ASK, 205.1, Decimal(200)),
)


def test_a_book_is_a_ladder_with_the_best_first(tws: ScriptedTWS) -> None:
    tws.on("reqMktDepth", *ROWS)
    tws.record("cancelMktDepth")
    with tws.app.streamDepth(ARCA, 3) as book:
        rows = book.df
    assert rows.index.name == "position"
    assert rows.columns.tolist() == ["bidMarketMaker", "bidSize", "bid", "ask", "askSize", "askMarketMaker"]
    assert rows[["bidSize", "bid", "ask", "askSize"]].loc[0].tolist() == [300.0, 204.9, 205.1, 200.0]
    assert math.isnan(rows.loc[1, "ask"])
    (_, asked), (_, cancelled) = tws.asked
    assert asked[1:] == (ARCA, 3, False, [])
    assert cancelled == (asked[0], False)


def test_insertions_move_rows_down_and_deletions_move_them_up(tws: ScriptedTWS) -> None:
    tws.on("reqMktDepth", *ROWS)
    with tws.app.streamDepth(ARCA, 2) as book:
        (reqId,) = open_ids(tws.app)
        tws.tell("updateMktDepth", reqId, 0, INSERT, BID, 205.0, Decimal(50))
        assert book.df["bid"].tolist() == [205.0, 204.9]
        tws.tell("updateMktDepth", reqId, 1, UPDATE, BID, 204.9, Decimal(10))
        tws.tell("updateMktDepth", reqId, 0, DELETE, BID, 0.0, Decimal(0))
        tws.tell("updateMktDepth", reqId, 0, DELETE, ASK, 0.0, Decimal(0))
        assert book.df[["bid", "bidSize"]].to_numpy().tolist() == [[204.9, 10.0], [204.8, 100.0]]
        assert book.df["ask"].isna().all()
        changes = book.waiting()
    assert [change.operation for change in changes[-4:]] == ["insert", "update", "delete", "delete"]
    assert changes[-1].side == "ask"
    assert changes[0][1:] == ("bid", "insert", 0, 204.9, 300.0, "")
    assert changes[0].time.tz is not None


def test_positions_that_do_not_exist_harm_nothing(tws: ScriptedTWS) -> None:
    with tws.app.streamDepth(ARCA) as book:
        (reqId,) = open_ids(tws.app)
        tws.tell("updateMktDepth", reqId, 7, DELETE, BID, 0.0, Decimal(0))
        tws.tell("updateMktDepth", reqId, 7, UPDATE, BID, 204.0, Decimal(1))
        assert book.df["bid"].tolist() == [204.0]
    assert len(tws.app.problems) == 0


def test_a_smart_book_names_exchanges(tws: ScriptedTWS) -> None:
    tws.on(
        "reqMktDepth",
        ("error", "$id", 2152, "Exchanges - Depth: NASDAQ; Top: BYX; "),
        ("updateMktDepthL2", "$id", 0, "NASDAQ", INSERT, BID, 204.9, Decimal(300), True),
    )
    with tws.app.streamDepth(AAPL) as book:
        assert book.df.loc[0, "bidMarketMaker"] == "NASDAQ"
    assert tws.asked[0][1][3] is True


def test_an_empty_book_has_the_same_columns_and_dtypes(tws: ScriptedTWS) -> None:
    with tws.app.streamDepth(ARCA) as book:
        empty = book.df
        tws.tell("updateMktDepth", next(iter(open_ids(tws.app))), 0, INSERT, BID, 204.9, Decimal(300))
        pd.testing.assert_series_equal(empty.dtypes, book.df.dtypes)
        assert len(empty) == 0


@pytest.mark.parametrize(("code", "asked"), [(316, 2), (317, 1)])
def test_a_reset_book_starts_empty_and_a_halted_one_is_asked_for_again(tws: ScriptedTWS, code: int, asked: int) -> None:
    tws.record("reqMktDepth", "cancelMktDepth")
    with tws.app.streamDepth(ARCA) as book:
        (reqId,) = open_ids(tws.app)
        tws.tell("updateMktDepth", reqId, 0, INSERT, BID, 204.9, Decimal(300))
        tws.tell("error", reqId, code, "Market depth data has been HALTED or RESET.")
        assert len(book.df) == 0
    assert tws.names().count("reqMktDepth") == asked
    assert tws.names()[-1] == "cancelMktDepth"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (10092, "Deep market data is not supported for this combination of security type/exchange"),
        (309, "Max number (3) of market depth requests has been reached."),
        (354, "Requested market data is not subscribed."),
    ],
)
def test_a_refused_book_raises_on_entering(tws: ScriptedTWS, code: int, text: str) -> None:
    tws.refuse("reqMktDepth", code, text)
    tws.record("cancelMktDepth")
    with pytest.raises(MarketDataError), tws.app.streamDepth(ARCA):
        pass
    assert tws.names() == ["reqMktDepth"]
    assert len(core(tws.app).pending) == 0


def test_waiting_for_a_change_ends(tws: ScriptedTWS) -> None:
    with tws.app.streamDepth(ARCA) as book, pytest.raises(RequestTimeoutError):
        book.next(timeout=0.01)
    with pytest.raises(ValueError, match="numRows"):
        tws.app.streamDepth(ARCA, 0)


def test_the_exchanges_that_have_books(tws: ScriptedTWS) -> None:
    row = SimpleNamespace(
        exchange="NASDAQ", secType="STK", listingExch="", serviceDataType="Deep2", aggGroup=2147483647
    )
    tws.on("reqMktDepthExchanges", ("mktDepthExchanges", [row]))
    found = tws.app.getDepthExchanges()
    assert found.loc[0, ["exchange", "serviceDataType"]].tolist() == ["NASDAQ", "Deep2"]
    assert math.isnan(found.loc[0, "aggGroup"])
    tws.on("reqMktDepthExchanges", ("mktDepthExchanges", []))
    pd.testing.assert_series_equal(found.dtypes, tws.app.getDepthExchanges().dtypes)
