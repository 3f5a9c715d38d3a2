"""What an order can cost and contain: the kinds of orders_and_safety A2 and A3, one by one."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from ibnb.core.limits import OrderLimits, exercise_of, intent_of, judge, unknown
from ibnb.errors import SafetyError
from ibnb.ib import api
from ibnb.ib.order_types import ORDER_TYPES


def contract(symbol: str = "AAPL", secType: str = "STK", **fields: Any) -> Any:
    made = api.Contract()
    made.symbol, made.secType, made.exchange, made.currency = symbol, secType, "SMART", "USD"
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def order(action: str = "BUY", quantity: Any = 1, orderType: str = "LMT", price: Any = None, **fields: Any) -> Any:
    made = api.Order()
    made.action, made.orderType, made.totalQuantity = action, orderType, quantity
    if price is not None:
        made.lmtPrice = price
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def known(symbol: str, secType: str, conId: int, multiplier: str = "", magnifier: int = 1, **fields: Any) -> Any:
    option = {name: fields.pop(name) for name in ("strike", "right") if name in fields}
    named = contract(symbol, secType, conId=conId, multiplier=multiplier, **option)
    return SimpleNamespace(contract=named, priceMagnifier=magnifier, **fields)


AAPL, TSLA, ES, LSE, EUR, BTC, PUT, BOND = 1, 2, 3, 4, 5, 6, 7, 8
SPX, FOP = 9, 10
INSTRUMENTS = {
    AAPL: known("AAPL", "STK", AAPL),
    TSLA: known("TSLA", "STK", TSLA),
    ES: known("ES", "FUT", ES, "50"),
    LSE: known("CSH2", "STK", LSE, magnifier=100),
    EUR: known("EUR", "CASH", EUR),
    BTC: known("BTC", "CRYPTO", BTC),
    PUT: known(
        "AAPL", "OPT", PUT, "100", strike=150.0, right="P", underSymbol="AAPL", underSecType="STK", underConId=1
    ),
    BOND: known("T", "BOND", BOND),
    SPX: known(
        "SPX", "OPT", SPX, "100", strike=6000.0, right="C", underSymbol="SPX", underSecType="IND", underConId=90
    ),
    FOP: known("ES", "FOP", FOP, "50", strike=6000.0, right="PUT", underSymbol="ES", underSecType="FUT", underConId=ES),
}
PRICES = {"AAPL": 200.0, "TSLA": 300.0, "ES": 6000.0, "CSH2": 2500.0, "EUR": 1.1, "BTC": 100000.0, "T": 99.0}


class TWS:
    """What TWS says of contracts; it counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def __call__(self, asked: Any) -> list[Any]:
        self.asked.append(asked)
        if asked.conId:
            return [INSTRUMENTS[asked.conId]]
        return [row for row in INSTRUMENTS.values() if (row.contract.symbol, row.contract.secType) == _names(asked)]


def _names(asked: Any) -> tuple[str, str]:
    return asked.symbol or asked.localSymbol, asked.secType


def passes(of: Any, sent: Any, **limits: Any) -> None:
    made = OrderLimits(**limits)
    judge(intent_of(1, of, sent, made, TWS()), made)


def refused(of: Any, sent: Any, **limits: Any) -> str:
    with pytest.raises(SafetyError) as caught:
        passes(of, sent, **limits)
    return str(caught.value)


def price_of(asked: Any) -> float:
    return PRICES[asked.symbol]


# --- the limits themselves ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max_quantity", "max_notional", "max_orders_per_minute"])
@pytest.mark.parametrize("value", [0, -5, float("nan"), "5", [5]])
def test_a_limit_that_isnt_one_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be above 0"):
        OrderLimits(**{name: value})


def test_symbols_must_be_a_collection() -> None:
    with pytest.raises(ValueError, match="collection"):
        OrderLimits(symbols="AAPL")
    with pytest.raises(ValueError, match=r"symbols must be text such as 'AAPL', not \[5\]"):
        OrderLimits(symbols=[5])  # type: ignore[list-item]
    assert frozenset({"AAPL"}) == OrderLimits(symbols={"aapl"}).symbols


def test_price_of_must_be_a_function() -> None:
    with pytest.raises(ValueError, match="price_of must be a function of a contract, not 5"):
        OrderLimits(price_of=5)  # type: ignore[arg-type]


def test_quantity_and_symbols() -> None:
    limits = {"max_quantity": 10, "symbols": {"AAPL", "NVDA"}}
    passes(contract(), order(quantity=10, price=5), **limits)
    said = refused(contract(), order(quantity=11, price=5), **limits)
    assert said == "order 1 (BUY 11 AAPL) refused: at most 10 units per order"
    assert "only AAPL, NVDA may be traded, and it trades TSLA" in refused(contract("TSLA"), order(price=5), **limits)


# --- A2: the price that bounds what an order can cost ------------------------------------------------

# (fields of a BUY of 5 that has no bound of its own)
UNBOUNDED = [
    {"orderType": "MKT"},
    {"orderType": "MKT", "price": 1.0},  # a leftover field
    {"orderType": "TRAIL", "auxPrice": 0.05},
    {"orderType": "TRAIL", "trailingPercent": 0.1},
    {"orderType": "TRAIL LIMIT", "auxPrice": 0.05, "price": 1.0, "trailStopPrice": 1.1},
    {"orderType": "REL", "auxPrice": 0.01},
    {"orderType": "REL", "auxPrice": 0.01, "price": 0.0},
    {"orderType": "STP", "auxPrice": 1.9},
    {"orderType": "STP PRT", "auxPrice": 1.9},
    {"orderType": "MIT", "auxPrice": 1.9},
    {"orderType": "MIT", "auxPrice": 1.9, "price": 1.0},
    {"orderType": "MOC", "price": 1.0},
    {"orderType": "MTL", "price": 1.0},
    {"orderType": "PEG MKT", "auxPrice": 0.01, "price": 1.0},
    {"orderType": "PEG BENCH", "startingPrice": 1.0, "price": 1.0},
    {"orderType": "PEG STK", "price": 1.0},
    {"orderType": "SNAP MKT", "price": 1.0},
    {"orderType": "VOL", "price": 1.0},
    {"orderType": "SOMETHING NEW", "price": 1.0},
    {"orderType": "LMT", "price": -1.0},
    {"orderType": "LMT", "price": float("nan")},
    {"orderType": "LMT", "price": "cheap"},
    {"orderType": "LMT", "price": 1.0, "adjustedOrderType": "TRAIL"},
    {"orderType": "LMT", "price": 1.0, "scalePriceAdjustValue": 5.0},
]


@pytest.mark.parametrize("fields", UNBOUNDED, ids=str)
def test_a_price_that_bounds_nothing_isnt_taken_for_one(fields: dict[str, Any]) -> None:
    sent = order("BUY", 5, **fields)
    said = refused(contract(), sent, max_notional=1100)
    assert "without a price of AAPL" in said
    assert "price_of" in said
    # 5 at 200, and a trailing stop a little above it.
    passes(contract(), sent, max_notional=1001.01, price_of=price_of)
    assert "its value of 1,00" in refused(contract(), sent, max_notional=999, price_of=price_of)


@pytest.mark.parametrize("fields", UNBOUNDED, ids=str)
def test_nor_is_it_when_selling(fields: dict[str, Any]) -> None:
    assert "without a price" in refused(contract(), order("SELL", 5, **fields), max_notional=1100)


CAPPED = [name for name, row in ORDER_TYPES.items() if row.caps]


@pytest.mark.parametrize("orderType", CAPPED)
def test_a_purchase_costs_its_limit_at_most(orderType: str) -> None:
    sent = order("BUY", 10, orderType, 100.0, auxPrice=400.0)
    passes(contract(), sent, max_notional=1000)
    assert "its value of 1,000.00 is above 999.00" in refused(contract(), sent, max_notional=999)


@pytest.mark.parametrize("orderType", CAPPED)
def test_a_sale_s_limit_is_a_floor_and_no_ceiling(orderType: str) -> None:
    assert "without a price" in refused(contract(), order("SELL", 5, orderType, 1.9), max_notional=1000)
    passes(contract(), order("SELL", 5, orderType, 1.9), max_notional=1000, price_of=price_of)
    said = refused(contract(), order("SELL", 5, orderType, 500.0), max_notional=1000, price_of=price_of)
    assert "2,500.00" in said


def test_what_wakes_an_order_counts_when_it_is_above_the_market() -> None:
    sent = order("BUY", 5, "STP", auxPrice=300.0)
    assert "1,500.00" in refused(contract(), sent, max_notional=1000, price_of=price_of)
    sent = order("BUY", 5, "TRAIL", auxPrice=50.0)
    assert "1,250.00" in refused(contract(), sent, max_notional=1000, price_of=price_of)
    sent = order("BUY", 5, "TRAIL", trailingPercent=50.0)
    assert "1,500.00" in refused(contract(), sent, max_notional=1000, price_of=price_of)
    sent = order("BUY", 5, "TRAIL", trailStopPrice=400.0, auxPrice=1.0)
    assert "2,000.00" in refused(contract(), sent, max_notional=1000, price_of=price_of)
    sent = order("BUY", 5, "STP", auxPrice=200.0, adjustedOrderType="STP LMT", adjustedStopLimitPrice=600.0)
    assert "3,000.00" in refused(contract(), sent, max_notional=1000, price_of=price_of)


def test_discretion_is_part_of_the_price() -> None:
    sent = order("BUY", 10, "LMT", 100.0, discretionaryAmt=5.0)
    assert "1,050.00" in refused(contract(), sent, max_notional=1000)


@pytest.mark.parametrize("given", [None, float("nan"), -5.0, float("inf"), 0, "a lot"])
def test_a_price_that_isnt_one_is_refused(given: Any) -> None:
    said = refused(contract(), order(orderType="MKT"), max_notional=1000, price_of=lambda asked: given)
    assert "price_of" in said
    assert "AAPL" in said


def test_a_share_may_cost_less_than_one() -> None:
    passes(contract(), order(orderType="MKT", quantity=100), max_notional=10, price_of=lambda asked: 0.1)


def test_price_of_may_fail_and_its_reason_is_told() -> None:
    def broken(asked: Any) -> float:
        raise KeyError("no such quote")

    said = refused(contract(), order(orderType="MKT"), max_notional=1000, price_of=broken)
    assert "price_of failed for AAPL: KeyError: 'no such quote'" in said


# --- what a unit is worth ----------------------------------------------------------------------------


def test_a_multiplier_comes_from_tws_whatever_the_contract_says() -> None:
    """A2: ES at 9000 under max_notional=10,000 passed, as createContract doesn't ask for a multiplier."""
    for fields in ({}, {"multiplier": "0.01"}, {"multiplier": "1"}):
        said = refused(contract("ES", "FUT", **fields), order(price=9000.0), max_notional=10_000)
        assert "450,000.00" in said
    passes(contract("ES", "FUT"), order(price=6000.0), max_notional=300_000)
    assert "2,000.00" in refused(contract("AAPL", "OPT", conId=PUT), order(price=20.0), max_notional=1999)


def test_pence_are_a_hundredth_of_the_currency() -> None:
    passes(contract("CSH2", currency="GBP"), order(quantity=10, price=2500.0), max_notional=250)
    assert "250.00" in refused(contract("CSH2", currency="GBP"), order(quantity=10, price=2500.0), max_notional=249)


def test_pairs_and_coins_are_worth_their_price() -> None:
    assert "22,000.00" in refused(contract("EUR", "CASH"), order(quantity=20_000, price=1.1), max_notional=20_000)
    passes(contract("BTC", "CRYPTO"), order(quantity=Decimal("0.01"), price=100_000.0), max_notional=1000)


def test_without_a_multiplier_nothing_is_guessed() -> None:
    assert "tells no multiplier of T" in refused(contract("T", "BOND"), order(price=99.0), max_notional=1e9)
    passes(contract("T", "BOND"), order(price=99.0), max_quantity=1)


def test_a_derivative_that_tws_cant_be_asked_about_is_refused_and_a_stock_taken_by_its_word() -> None:
    def silent(asked: Any) -> list[Any]:
        raise LookupError("asked in a callback")

    limits = OrderLimits(max_notional=1000, symbols={"AAPL", "ES"})
    judge(intent_of(1, contract(), order(price=100.0, quantity=10), limits, silent), limits)
    with pytest.raises(SafetyError, match=r"asked in a callback\); app.resolve\(contract\) asks beforehand"):
        intent_of(1, contract("ES", "FUT"), order(price=1.0), limits, silent)
    with pytest.raises(SafetyError, match="asked in a callback"):
        intent_of(1, contract("AAPL", currency="GBP"), order(price=1.0), limits, silent)
    with pytest.raises(SafetyError, match="asked in a callback"):
        intent_of(1, contract("AAPL", conId=AAPL), order(price=1.0), limits, silent)


def test_tws_isnt_asked_where_the_answer_doesnt_matter() -> None:
    tws = TWS()
    for limits in (OrderLimits(max_quantity=1), OrderLimits(symbols={"AAPL"}, max_notional=1)):
        assert unknown(contract(), limits) == []
        intent_of(1, contract(), order(price=1.0), limits, tws)
    assert tws.asked == []
    intent_of(1, contract(conId=AAPL), order(price=1.0), OrderLimits(symbols={"AAPL"}), tws)
    assert len(tws.asked) == 1


# --- A3: what a contract really is -------------------------------------------------------------------


def test_the_number_decides_what_a_contract_is() -> None:
    only = {"symbols": {"AAPL"}}
    passes(contract("", "", conId=AAPL), order(price=1.0), **only)
    assert "it trades TSLA" in refused(contract("", "", conId=TSLA), order(price=1.0), **only)
    assert "it trades TSLA" in refused(contract("", "STK", localSymbol="TSLA"), order(price=1.0), **only)
    said = refused(contract("AAPL", conId=TSLA), order(price=1.0), **only)
    assert "its contract says symbol 'AAPL', but TWS knows it as 'TSLA'" in said
    assert "says secType" in refused(contract("AAPL", "STK", conId=PUT), order(price=1.0), **only)


def test_a_contract_that_is_several_or_none_is_refused() -> None:
    limits = OrderLimits(symbols={"AAPL"})
    of = contract("AAPL", "OPT")
    for rows in ([], [INSTRUMENTS[PUT], INSTRUMENTS[SPX]]):
        with pytest.raises(SafetyError, match=f"names {len(rows)} instruments"):
            intent_of(1, of, order(price=1.0), limits, lambda asked, rows=rows: rows)
    # The same one on two exchanges is one.
    intent_of(1, of, order(price=1.0), limits, lambda asked: [INSTRUMENTS[PUT], INSTRUMENTS[PUT]])
    with pytest.raises(SafetyError, match="TWS knows conId 1 as 2"):
        intent_of(1, contract("", "", conId=AAPL), order(price=1.0), limits, lambda asked: [INSTRUMENTS[TSLA]])


def leg(conId: int, action: str = "BUY", ratio: Any = 1) -> Any:
    made = api.ComboLeg()
    made.conId, made.ratio, made.action, made.exchange = conId, ratio, action, "SMART"
    return made


def combo(*legs: Any, symbol: str = "AAPL") -> Any:
    return contract(symbol, "BAG", comboLegs=list(legs))


SPREAD = combo(leg(AAPL), leg(TSLA, "SELL"))


def test_a_combo_is_its_legs() -> None:
    sent = order(quantity=10, price=-100.0)
    assert "it trades TSLA" in refused(SPREAD, sent, symbols={"AAPL"})
    passes(SPREAD, sent, symbols={"AAPL", "TSLA"}, max_quantity=10)
    assert "at most 10 units" in refused(combo(leg(AAPL, ratio=1000)), order(price=1.0), max_quantity=10)
    # The net price says nothing about the legs.
    assert "without a price of AAPL" in refused(SPREAD, sent, max_notional=1000)
    passes(SPREAD, sent, max_notional=5000, price_of=price_of)
    assert "5,000.00" in refused(SPREAD, sent, max_notional=4999, price_of=price_of)
    assert "20,000.00" in refused(combo(leg(PUT)), order(price=1.0), max_notional=1999, price_of=price_of)


def test_a_combo_by_cash_cant_be_judged() -> None:
    """Found by tests.limits_machine: one leg was sold short."""
    assert "use totalQuantity" in refused(SPREAD, order(quantity=0, orderType="MKT", cashQty=100.0), max_notional=1000)


def test_each_leg_goes_its_own_way() -> None:
    def ways(action: str) -> list[tuple[int, bool, float]]:
        limits = OrderLimits(allow_short=False)
        made = intent_of(1, combo(leg(AAPL, ratio=2), leg(TSLA, "SELL")), order(action, 5, price=1.0), limits, TWS())
        return [(part.conId, part.sells, part.units) for part in made.parts]

    assert ways("BUY") == [(AAPL, False, 10.0), (TSLA, True, 5.0)]
    assert ways("SELL") == [(AAPL, True, 10.0), (TSLA, False, 5.0)]


@pytest.mark.parametrize(
    "of",
    [
        combo(),
        combo(leg(0)),
        combo(leg(AAPL, "HOLD")),
        combo(leg(AAPL, ratio=-1)),
        combo(leg(AAPL, ratio=0)),
        contract(comboLegs=[leg(AAPL)]),
        contract(deltaNeutralContract=object()),
    ],
)
def test_a_combo_that_cant_be_read_is_refused(of: Any) -> None:
    refused(of, order(price=1.0), max_quantity=10)


# --- quantities --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "quantity",
    [0, -1000, float("nan"), float("inf"), "many", "-5", "nan", None, "", Decimal("NaN"), Decimal(-1), object(),
     api.UNSET_DECIMAL],
)  # fmt: skip
@pytest.mark.parametrize("action", ["BUY", "SELL"])
def test_a_quantity_that_isnt_one_is_refused(quantity: Any, action: str) -> None:
    refused(contract(), order(action, quantity, price=1.0), max_quantity=10)


def test_a_quantity_that_is_no_number_is_shown_as_it_was_given() -> None:
    assert "(BUY 'many' AAPL)" in refused(contract(), order(quantity="many", price=1.0), max_quantity=10)
    assert "(BUY 0 AAPL)" in refused(contract(), order(quantity=api.UNSET_DECIMAL, price=1.0), max_quantity=10)


def test_quantities_may_be_text_and_parts_of_one() -> None:
    passes(contract(), order(quantity="5", price=1.0), max_quantity=5)
    assert "at most" in refused(contract(), order(quantity="6", price=1.0), max_quantity=5)
    passes(contract(), order(quantity=Decimal("0.5"), price=1.0), max_quantity=0.5)
    assert "(BUY 0.6 AAPL)" in refused(contract(), order(quantity=Decimal("0.6"), price=1.0), max_quantity=0.5)


@pytest.mark.parametrize("action", ["", "HOLD", "BUYS", None])
def test_an_action_that_isnt_one_is_refused(action: Any) -> None:
    assert "neither BUY nor SELL" in refused(contract(), order(action, price=1.0), max_quantity=10)


def test_a_cash_quantity_is_judged_by_value_and_by_what_it_buys() -> None:
    """A3: BUY 0 with cashQty=1,000,000 passed max_quantity=10, and bought 4991 shares."""
    sent = order(quantity=0, orderType="MKT", cashQty=5000.0)
    assert "5,000.00" in refused(contract(), sent, max_notional=1000)
    passes(contract(), sent, max_notional=5000)
    assert "cashQty buys can't be checked" in refused(contract(), sent, max_quantity=100)
    passes(contract(), sent, max_quantity=25, price_of=price_of)
    assert "at most 24" in refused(contract(), sent, max_quantity=24, price_of=price_of)
    # Found by tests.limits_machine: pounds buy a hundred times as many shares as pence would.
    pence = contract("CSH2", currency="GBP")
    assert "at most" in refused(pence, sent, max_quantity=100, price_of=price_of)
    passes(pence, sent, max_quantity=200, price_of=price_of)
    both = order(quantity=5, price=100.0, cashQty=5000.0)
    assert "5,000.00" in refused(contract(), both, max_notional=4999)
    assert "at most" in refused(contract(), both, max_quantity=10, price_of=price_of)
    for wrong in (-5.0, float("inf"), "much"):
        refused(contract(), order(quantity=5, price=1.0, cashQty=wrong), max_quantity=10)


@pytest.mark.parametrize(
    "fields",
    [{"hedgeType": "D"}, {"deltaNeutralOrderType": "MKT"}, {"faMethod": "PctChange"}, {"faPercentage": "50"}],
)
def test_what_tws_makes_of_an_order_by_itself_cant_be_judged(fields: dict[str, Any]) -> None:
    sent = order(price=1.0)
    for name, value in fields.items():
        setattr(sent, name, value)  # faMethod isn't in every release
    assert f"{next(iter(fields))} is set" in refused(contract(), sent, max_quantity=10)
    passes(contract(), order(price=1.0, deltaNeutralOrderType="NONE"), max_quantity=10)


# --- exercising options ------------------------------------------------------------------------------


def exercise(conId: int, quantity: Any = 5, action: int = 1, **limits: Any) -> Any:
    made = OrderLimits(**limits)
    row = INSTRUMENTS[conId]
    intent = exercise_of(1, contract(row.contract.symbol, row.contract.secType, conId=conId), action, quantity, TWS())
    if intent is not None:
        judge(intent, made)
    return intent


def test_an_exercise_is_the_shares_that_it_buys_or_sells() -> None:
    """A3: five puts under max_quantity=1 made 100 AAPL into -400."""
    [part] = exercise(PUT).parts
    assert (part.conId, part.units, part.sells) == (AAPL, 500.0, True)
    for limits in ({"max_quantity": 499}, {"max_notional": 74_999}, {"symbols": {"MSFT"}}):
        with pytest.raises(SafetyError):
            exercise(PUT, **limits)
    exercise(PUT, max_quantity=500, max_notional=75_000, symbols={"AAPL"})
    assert exercise(PUT, action=2, max_quantity=1) is None


def test_an_index_option_is_settled_in_cash_and_a_futures_option_in_futures() -> None:
    [part] = exercise(SPX, 2, max_quantity=2, max_notional=1_200_000).parts
    assert (part.sells, part.units) == (False, 2.0)
    with pytest.raises(SafetyError, match=r"1,200,000\.00"):
        exercise(SPX, 2, max_notional=1_199_999)
    [part] = exercise(FOP, 2, max_quantity=2, max_notional=600_000).parts
    assert (part.conId, part.sells, part.units) == (ES, True, 2.0)


def test_a_sum_of_money_is_turned_into_units_at_a_price_that_the_order_states() -> None:
    """Found by tests.limits_machine: 100 dollars at a limit of 1.94 were 51 shares of AAPL, sold for 9,876."""
    sale = order("SELL", quantity=0, price=1.94, cashQty=100.0)
    assert "without a price of AAPL" in refused(contract(), sale, max_notional=2000)
    assert "its value of" in refused(contract(), sale, max_notional=2000, price_of=price_of)
    passes(contract(), sale, max_notional=100 * 200 / 1.94 + 1, price_of=price_of)
    passes(contract(), order("SELL", quantity=0, price=200.0, cashQty=100.0), max_notional=100, price_of=price_of)
    passes(contract(), order("SELL", quantity=0, orderType="MKT", price=None, cashQty=100.0), max_notional=100)
    purchase = order(quantity=0, price=2.0, cashQty=100.0)
    passes(contract(), purchase, max_notional=100)
    assert "at most 49" in refused(contract(), purchase, max_quantity=49, price_of=price_of)
    trail = order("SELL", quantity=0, orderType="TRAIL", price=None, auxPrice=100.0, cashQty=100.0)
    passes(contract(), trail, max_notional=300, price_of=price_of)
    assert "its value of" in refused(contract(), trail, max_notional=299, price_of=price_of)
    trail.auxPrice = 200.0  # it begins at nothing
    assert "can't be told from its prices" in refused(contract(), trail, max_notional=1e9, price_of=price_of)


def test_an_index_option_s_strike_in_pence_is_a_hundredth_of_the_currency() -> None:
    pence = known(
        "UKX", "OPT", 11, "10", 100, strike=9000.0, right="C", underSymbol="UKX", underSecType="IND", underConId=9
    )
    intent = exercise_of(1, contract("UKX", "OPT", conId=11), 1, 2, lambda asked: [pence])
    assert intent is not None
    [part] = intent.parts
    assert 2 * 10 * 90.0 == part.units * part.worth * part.price


@pytest.mark.parametrize(("quantity", "action"), [(0, 1), (-1, 1), (float("nan"), 1), (1, 3), (1, 0)])
def test_an_exercise_that_cant_be_read_is_refused(quantity: Any, action: int) -> None:
    with pytest.raises(SafetyError):
        exercise(PUT, quantity, action)


def test_what_isnt_an_option_cant_be_judged() -> None:
    with pytest.raises(SafetyError, match="multiplier, strike and right"):
        exercise(AAPL)


def test_an_option_on_what_has_no_number_is_exercised_into_none() -> None:
    """An index of which TWS tells no conId; never the contract that happens to have number 1. (Mutant of limits.py.)"""
    nameless = known(
        "XYZ", "OPT", 11, "100", strike=10.0, right="C", underSymbol="XYZ", underSecType="STK", underConId=0
    )
    intent = exercise_of(1, contract("XYZ", "OPT", conId=11), 1, 1, lambda asked: [nameless])
    assert intent is not None
    assert 0 == intent.parts[0].conId
