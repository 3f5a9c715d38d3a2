from __future__ import annotations

from datetime import date

import pytest

from ibnb.gateway.instruments import MARKET_RULES, Instruments
from ibnb.gateway.instruments.market_rules import step_at
from ibnb.gateway.messages import Contract

TODAY = Instruments(date(2025, 6, 11))


def match(**fields):
    return TODAY.match(Contract(**fields))


@pytest.mark.parametrize(
    ("conId", "symbol", "currency"),
    [
        (265598, "AAPL", "USD"),
        (4815747, "NVDA", "USD"),
        (12087792, "EUR", "USD"),
        (15016059, "USD", "JPY"),
        (416904, "SPX", "USD"),
        (69067924, "XAUUSD", "USD"),
    ],
)
def test_a_conId_needs_nothing_else(conId, symbol, currency):
    (found,) = match(conId=conId)
    assert (symbol, currency) == (found.symbol, found.currency)
    assert found is TODAY.find(conId)


# Found in public programs and statements, most of them in several (market 31).
PUBLIC = {
    "BRK B": 72063691, "GE": 498843743, "AAL": 139673266, "GME": 36285627, "ROKU": 290651477, "RIVN": 525768800,
    "SNOW": 444884769, "SE": 292735472, "VOO": 136155102, "VTI": 12340041, "HYG": 43652089, "SMH": 229725622,
    "XLK": 4215230, "XLV": 4215205, "IBIT": 677037673, "USO": 418893644, "EFA": 13002510, "TLT": 15547841,
    "XLF": 4215220, "XLE": 4215217, "GLD": 51529211,
}  # fmt: skip


def test_market_31_public_conIds_are_ibs_own():
    found = {
        symbol: {each.conId for each in match(symbol=symbol, secType="STK", currency="USD", exchange="SMART")}
        for symbol in PUBLIC
    }
    assert {symbol: {conId} for symbol, conId in PUBLIC.items()} == found


def test_a_conId_on_an_exchange_that_does_not_list_it():
    assert [] == match(conId=265598, exchange="IDEALPRO")
    assert [] == match(conId=1)
    assert TODAY.find(1) is None


def test_conIds_are_unique_and_stable():
    everything = [*TODAY.listings, *TODAY.futures]
    assert len(everything) == len({i.conId for i in everything})
    again = {(i.localSymbol, i.lastTradeDateOrContractMonth): i.conId for i in Instruments(date(2025, 9, 1)).futures}
    for future in TODAY.futures:
        name = (future.localSymbol, future.lastTradeDateOrContractMonth)
        assert again.get(name, future.conId) == future.conId
    stocks = [i for i in TODAY.listings if i.secType == "STK"]
    assert 150 <= len(stocks)
    assert {"US", "LSE", "IBIS", "BM", "SBF", "AEB", "EBS", "SEHK", "TSEJ"} <= {i.schedule for i in stocks}
    assert all(i.priceMagnifier == (100 if i.schedule == "LSE" else 1) for i in stocks)


def test_a_us_stock_by_symbol_currency_and_smart():
    (aapl,) = match(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    assert (265598, "SMART", "NASDAQ", "NMS") == (aapl.conId, aapl.exchange, aapl.primaryExchange, aapl.tradingClass)
    assert aapl.validExchanges.startswith("SMART,")
    assert aapl.validExchanges.count(",") == aapl.marketRuleIds.count(",")
    assert (("ISIN", "US0378331005"),) == aapl.secIdList


def test_the_exchange_of_the_row_is_the_one_asked_for():
    (nasdaq,) = match(symbol="AAPL", secType="STK", exchange="ISLAND", currency="USD")
    assert "NASDAQ" == nasdaq.exchange
    (default,) = match(symbol="AAPL", secType="STK", currency="USD")
    assert "SMART" == default.exchange


@pytest.mark.parametrize("symbol", ["AMD", "SAN", "BBVA", "DB", "LIN"])
def test_without_currency_several_listings_fit(symbol):
    rows = match(symbol=symbol, secType="STK", exchange="SMART")
    assert 1 < len(rows)
    assert len(rows) == len({row.currency for row in rows})
    assert 1 == len(match(symbol=symbol, secType="STK", exchange="SMART", currency="USD"))


def test_primary_exchange_under_its_old_and_new_name():
    for name in ("NASDAQ", "ISLAND"):
        assert 1 == len(match(symbol="AMD", secType="STK", exchange="SMART", primaryExchange=name))
    assert [] == match(symbol="AAPL", secType="STK", exchange="SMART", currency="USD", primaryExchange="NYSE")


def test_an_isin_finds_all_listings_of_one_share():
    rows = match(secIdType="ISIN", secId="DE0005140008", exchange="SMART")
    assert ["USD", "EUR"] == [row.currency for row in rows]


@pytest.mark.parametrize(
    "wrong",
    [
        {"symbol": "NOSUCH"},
        {"secType": "WAR"},
        {"currency": "CHF"},
        {"exchange": "IDEALPRO"},
        {"localSymbol": "AAPL2"},
        {"tradingClass": "NOSUCH"},
        {"multiplier": "100"},
        {"strike": 100.0},
        {"lastTradeDateOrContractMonth": "202506"},
    ],
)
def test_every_field_that_is_set_must_fit(wrong):
    right = {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}
    assert 1 == len(match(**right))
    assert [] == match(**{**right, **wrong})


def test_csh2_is_quoted_in_pence():
    (csh2,) = match(symbol="CSH2", secType="STK", exchange="LSE", currency="GBP")
    assert 100 == csh2.priceMagnifier
    assert 0.01 == csh2.unit
    assert 118_900 == csh2.model.anchor
    assert ("GB-Eire", "Europe/London") == (csh2.timeZoneId, csh2.zone)


def test_gold_as_cfd_needs_no_exchange():
    (cfd,) = match(symbol="XAUUSD", secType="CFD")
    (metal,) = match(symbol="XAUUSD", secType="CMDTY", exchange="SMART")
    assert cfd.conId != metal.conId
    assert not cfd.trades
    assert cfd.quotes


def test_an_unspecified_future_is_the_whole_chain():
    chain = match(symbol="ES", secType="FUT", exchange="CME")
    assert ["ESM5", "ESU5", "ESZ5", "ESH6", "ESM6", "ESU6"] == [row.localSymbol for row in chain]
    # Juneteenth 2026 is a third Friday.
    assert "20260618" == chain[4].lastTradeDateOrContractMonth


@pytest.mark.parametrize("expiry", ["202509", "20250919"])
def test_a_future_by_month_or_day(expiry):
    (row,) = match(symbol="ES", secType="FUT", exchange="CME", lastTradeDateOrContractMonth=expiry)
    assert ("ESU5", "202509", "50") == (row.localSymbol, row.contractMonth, row.multiplier)
    assert date(2025, 9, 19) == row.expiry


def test_expired_futures_only_when_asked_for():
    fields = {"symbol": "ES", "secType": "FUT", "exchange": "CME", "lastTradeDateOrContractMonth": "202503"}
    assert [] == match(**fields)
    (expired,) = match(**fields, includeExpired=True)
    assert TODAY.expired(expired)
    assert expired.conId == TODAY.find(expired.conId).conId
    assert expired not in list(TODAY)


def test_a_future_and_its_continuous_one():
    rows = match(symbol="ES", secType="FUT+CONTFUT", exchange="CME", currency="USD")
    assert {"FUT", "CONTFUT"} == {row.secType for row in rows}


def test_exchanges_that_exist():
    assert {"SMART", "IDEALPRO", "CME", "LSE", "NASDAQ", "ISLAND"} <= TODAY.exchanges
    assert "NOWHERE" not in TODAY.exchanges


def test_search_ranks_the_exact_symbol_first():
    assert "V" == TODAY.search("v")[0].symbol
    assert ["META"] == [i.symbol for i in TODAY.search("meta")]
    assert ["NFLX"] == [i.symbol for i in TODAY.search("Netf")]
    assert {"GOOG", "GOOGL"} == {i.symbol for i in TODAY.search("alphabet")}
    assert "JPM" in {i.symbol for i in TODAY.search("chase")}
    assert [] == TODAY.search("zzzz")
    assert [] == TODAY.search(" ")
    assert 16 == len(TODAY.search("a"))


@pytest.mark.parametrize("instrument", TODAY.listings, ids=lambda i: f"{i.symbol}-{i.secType}-{i.currency}")
def test_every_listing_is_whole(instrument):
    model = instrument.model
    assert sum(weight**2 for _, weight in model.loadings) <= 1
    assert instrument.on_tick(model.anchor)
    assert not instrument.on_tick(model.anchor + instrument.minTick / 3)
    assert not instrument.on_tick(float("inf"))
    assert instrument.price(round(model.anchor / instrument.minTick)) == pytest.approx(model.anchor)
    assert instrument.minTick == step_at(MARKET_RULES[int(instrument.marketRuleIds.split(",")[0])], model.anchor)
    assert instrument.exchange in (*instrument.validExchanges.split(","), "")
    assert (model.volume > 0) == (instrument.trades and instrument.quotes)


def test_prices_print_cleanly():
    eur = TODAY.find(12087792)
    assert "1.14855" == str(eur.price(22971))
    assert "1.148575" == str(eur.price(22971.5))


@pytest.mark.parametrize(("symbol", "currency", "conId"), [
    ("EUR", "GBP", 12087807), ("EUR", "JPY", 14321016), ("EUR", "CHF", 12087802), ("GBP", "JPY", None),
])  # fmt: skip
def test_pairs_without_the_dollar(symbol, currency, conId):
    """foreign_clients 4."""
    (pair,) = match(symbol=symbol, secType="CASH", exchange="IDEALPRO", currency=currency)
    assert f"{symbol}.{currency}" == pair.localSymbol
    assert conId in (pair.conId, None)


@pytest.mark.parametrize("words", ["SMART/AMEX", "SMART/NASDAQ", "SMART:NASDAQ", "smart/island", "SMART"])
def test_routing_words_name_smart(words):
    """foreign_clients 7a, ib_insync#351."""
    (found,) = match(symbol="AAPL", secType="STK", exchange=words, currency="USD")
    assert ("SMART", 265598) == (found.exchange, found.conId)
    assert TODAY.knows(words)


@pytest.mark.parametrize("words", ["SMART/NOWHERE", "NYSE/SMART", "SMART/IDEALPRO", "SMART/LSE"])
def test_routing_words_that_lead_nowhere(words):
    assert [] == match(symbol="AAPL", secType="STK", exchange=words, currency="USD")
    assert TODAY.knows(words) == (words in ("SMART/IDEALPRO", "SMART/LSE"))


@pytest.mark.parametrize("symbol", ["SPY", "IBM", "AAPL"])
def test_every_us_stock_may_be_said_to_be_primary_on_nasdaq(symbol):
    """foreign_clients 7b: lumibot says ISLAND of every stock."""
    for primary in ("ISLAND", "NASDAQ"):
        (found,) = match(symbol=symbol, secType="STK", exchange="SMART", currency="USD", primaryExchange=primary)
        assert symbol == found.symbol
    assert [] == match(symbol="SAP", secType="STK", exchange="SMART", primaryExchange="ISLAND")


def test_old_names_of_futures_exchanges():
    (found,) = match(symbol="ES", secType="FUT", exchange="GLOBEX", lastTradeDateOrContractMonth="202509")
    assert "CME" == found.exchange


@pytest.mark.parametrize(
    ("fields", "under"),
    [
        ({"symbol": "IBM", "currency": "USD"}, 8314),
        ({"symbol": "BMW", "currency": "EUR"}, None),
        ({"symbol": "EUR", "currency": "USD"}, 12087792),
    ],
)
def test_contracts_for_difference(fields, under):
    """foreign_clients 6: those that IB's Testbeds ask for."""
    (cfd,) = match(secType="CFD", exchange="SMART", **fields)
    on = TODAY.find(cfd.underConId)
    assert under in (on.conId, None)
    assert cfd.conId != on.conId
    assert TODAY.find(cfd.conId) == cfd
    assert (on.model.key, on.schedule, True, False) == (cfd.model.key, cfd.schedule, cfd.quotes, cfd.trades)


def test_a_contract_for_difference_must_be_asked_for():
    assert {"STK"} == {row.secType for row in match(symbol="TSLA", exchange="SMART", currency="USD")}
    assert 12 < len({i.conId for i in match(secType="CFD", exchange="SMART")})


@pytest.mark.parametrize(
    ("symbol", "conId"),
    [("COST", 272997), ("PEP", 11017), ("PG", 11054), ("HD", 7930), ("UNH", 13272), ("LLY", 9160), ("CVX", 5684)],
)
def test_conIds_that_are_public(symbol, conId):
    """market 31, foreign_clients 10."""
    (found,) = match(conId=conId)
    assert symbol == found.symbol


def test_few_us_stocks_have_an_invented_conId():
    stocks = [i for i in TODAY.listings if i.secType == "STK" and i.schedule == "US"]
    assert sum(900_000_000 <= i.conId for i in stocks) <= 33


@pytest.mark.parametrize(("symbol", "conId", "index"), [("IBUS500", 111767871, "SPX"), ("IBDE40", 111987422, "DAX")])
def test_contracts_for_difference_on_indices_are_quoted(symbol, conId, index):
    (cfd,) = match(symbol=symbol, secType="CFD", exchange="SMART")
    (under,) = match(symbol=index, secType="IND")
    assert (conId, under.model.key, True) == (cfd.conId, cfd.model.key, cfd.quotes)
    assert TODAY.find(cfd.underConId) is None
