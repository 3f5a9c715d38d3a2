from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from inside import core
from scripted import ScriptedTWS

from ibnb import ContractNotFoundError, MarketDataError, RequestTimeoutError, createContract

AAPL, NVDA = createContract("AAPL"), createContract("NVDA")
BURST = (
    ("marketDataType", "$id", 1),
    ("tickPrice", "$id", 1, 204.9, None),
    ("tickSize", "$id", 0, Decimal(300)),
    ("tickPrice", "$id", 2, 205.1, None),
    ("tickPrice", "$id", 4, 205.0, None),
    ("tickSize", "$id", 8, Decimal(1_000_000)),
    ("tickPrice", "$id", 9, 203.5, None),
)


def test_a_quote_has_its_columns_and_leaves_no_line_open(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", *BURST)
    tws.record("cancelMktData")
    quote = tws.app.getQuote(AAPL)
    assert quote.name == "AAPL"
    assert quote[["bid", "ask", "last", "close"]].tolist() == [204.9, 205.1, 205.0, 203.5]
    assert quote[["bidSize", "volume"]].tolist() == [300.0, 1_000_000.0]
    assert quote["data_type"] == "live"
    assert math.isnan(quote["open"])
    (_, asked), (_, cancelled) = tws.asked
    assert asked[0] == cancelled[0]


def test_delayed_ticks_are_in_the_same_columns_and_say_so(tws: ScriptedTWS) -> None:
    tws.on(
        "reqMktData",
        ("marketDataType", "$id", 3),
        ("error", "$id", 10167, "Requested market data is not subscribed. Displaying delayed market data."),
        ("tickPrice", "$id", 66, 204.9, None),
        ("tickPrice", "$id", 67, 205.1, None),
        ("tickPrice", "$id", 68, 205.0, None),
        ("tickPrice", "$id", 75, 203.5, None),
    )
    quote = tws.app.getQuote(AAPL)
    assert quote[["bid", "ask", "last", "close", "data_type"]].tolist() == [204.9, 205.1, 205.0, 203.5, "delayed"]


def test_sentinel_prices_are_nan(tws: ScriptedTWS) -> None:
    tws.on(
        "reqMktData",
        ("tickPrice", "$id", 4, 205.04, None),
        ("tickPrice", "$id", 1, -1.0, None),
        ("tickPrice", "$id", 2, -1.0, None),
        ("tickPrice", "$id", 14, 0.0, None),
    )
    quote = tws.app.getQuote(AAPL)
    assert quote["last"] == 205.04
    assert all(math.isnan(quote[name]) for name in ("bid", "ask", "open"))


def test_an_option_may_be_bid_at_zero(tws: ScriptedTWS) -> None:
    option = createContract("AAPL", "OPT")
    tws.on("reqMktData", *(("tickPrice", "$id", tick, price, None) for tick, price in ((1, 0.0), (2, 0.05), (4, 0.05))))
    assert tws.app.getQuote(option)["bid"] == 0.0


def test_fx_is_complete_without_a_last_price(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", ("tickPrice", "$id", 1, 1.0841, None), ("tickPrice", "$id", 2, 1.0842, None))
    assert tws.app.getQuote(createContract("EUR", "CASH", "IDEALPRO"))["ask"] == 1.0842


def test_what_came_before_the_timeout_is_an_answer_but_nothing_is_an_error(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", ("tickPrice", "$id", 9, 203.5, None))
    tws.record("cancelMktData")
    assert tws.app.getQuote(AAPL, timeout=0.01)["close"] == 203.5
    tws.on("reqMktData")
    with pytest.raises(RequestTimeoutError):
        tws.app.getQuote(AAPL, timeout=0.01)
    assert tws.names() == ["reqMktData", "cancelMktData"] * 2


def test_a_snapshot_ends_by_itself(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", *BURST, ("tickSnapshotEnd", "$id"))
    tws.record("cancelMktData")
    assert tws.app.getQuote(AAPL, snapshot=True)["close"] == 203.5
    assert tws.names() == ["reqMktData"]
    assert tws.asked[0][1][3] is True


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (354, "Requested market data is not subscribed.", MarketDataError),
        (200, "No security definition has been found for the request", ContractNotFoundError),
    ],
)
def test_a_refused_line_raises_and_is_not_cancelled(
    tws: ScriptedTWS, code: int, text: str, kind: type[Exception]
) -> None:
    tws.refuse("reqMktData", code, text)
    tws.record("cancelMktData")
    with pytest.raises(kind):
        tws.app.getQuote(AAPL)
    assert tws.names() == ["reqMktData"]


def test_many_quotes_are_asked_for_at_once(tws: ScriptedTWS) -> None:
    def answer(reqId: int, *rest: Any) -> None:
        if tws.names().count("reqMktData") == 2:
            for each in [args[0] for name, args in tws.asked if name == "reqMktData"]:
                for tick in (1, 2, 4):
                    tws.tell("tickPrice", each, tick, float(each), None)

    tws.on("reqMktData", answer)
    tws.record("cancelMktData")
    quotes = tws.app.getQuotes([AAPL, NVDA])
    assert quotes.index.tolist() == ["AAPL", "NVDA"]
    assert quotes.loc["NVDA", "last"] == quotes.loc["AAPL", "last"] + 1
    assert tws.names().count("cancelMktData") == 2


def test_no_contracts_give_an_empty_frame(tws: ScriptedTWS) -> None:
    assert tws.app.getQuotes([]).columns.tolist()[0] == "bid"


def test_a_stream_gives_ticks_and_a_frame_and_closes_its_lines(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", *BURST)
    tws.record("cancelMktData")
    with tws.app.streamQuotes([AAPL, NVDA]) as quotes:
        assert quotes.df.loc[["AAPL", "NVDA"], "last"].tolist() == [205.0, 205.0]
        first = next(iter(quotes))
        assert (first.symbol, first.field, first.value, first.data_type) == ("AAPL", "bid", 204.9, "live")
        assert first.contract is AAPL
        assert first.time.tz is not None
        assert len(quotes.waiting()) == 2 * 6 - 1
        with pytest.raises(RequestTimeoutError):
            quotes.next(timeout=0.01)
    assert tws.names() == ["reqMktData"] * 2 + ["cancelMktData"] * 2


def test_a_stream_goes_on_without_a_line_that_tws_refused(tws: ScriptedTWS) -> None:
    def answer(reqId: int, contract: Any, *rest: Any) -> None:
        if contract is NVDA:
            tws.tell("error", reqId, 354, "Requested market data is not subscribed.")
        else:
            tws.tell("tickPrice", reqId, 4, 205.0, None)

    tws.on("reqMktData", answer)
    with tws.app.streamQuotes([NVDA, AAPL]) as quotes:
        assert quotes.next().symbol == "AAPL"
        assert isinstance(quotes.failures["NVDA"], MarketDataError)
    with tws.app.streamQuotes([NVDA]) as quotes, pytest.raises(MarketDataError):
        quotes.next()


def test_a_stream_that_cannot_open_closes_what_it_has_opened(tws: ScriptedTWS) -> None:
    def answer(reqId: int, contract: Any, *rest: Any) -> None:
        if contract is NVDA:
            raise RuntimeError("the wire broke")

    tws.on("reqMktData", answer)
    tws.record("cancelMktData")
    with pytest.raises(RuntimeError), tws.app.streamQuotes([AAPL, NVDA]):
        pass
    assert tws.names().count("cancelMktData") == 2
    assert len(core(tws.app).pending) == 0
