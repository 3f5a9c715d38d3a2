"""The gate's own part: what it asks of limits and exposure, and what it makes of TWS's messages."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from gates import (
    ACCOUNT,
    IDS,
    contract,
    error,
    fill,
    gate,
    order,
    position,
    refused,
    show,
    shown,
    status,
    told,
)

from ibnb.core.gate import OrderLimits, is_paper
from ibnb.errors import SafetyError
from ibnb.ib import api


@pytest.mark.parametrize(
    ("account", "paper"), [("DU1234567", True), ("DF123", True), ("du1", True), ("U1234567", False), ("F123", False)]
)
def test_the_account_code_decides(account: str, paper: bool) -> None:
    assert paper == is_paper(account)


# --- limits ------------------------------------------------------------------------------------------


def test_orders_are_judged_by_the_limits() -> None:
    made = gate(max_quantity=10, max_notional=1000)
    made.check(1, contract(), order(10))
    assert "order 2 (BUY 11 AAPL) refused: at most 10 units per order" == refused(made, 2, contract(), order(11))
    assert "its value of 1,010.00 is above 1,000.00" in refused(made, 3, contract(), order(10, price=101.0))


def test_orders_per_minute_follow_the_sessions_clock() -> None:
    clock = [0.0]
    made = gate(now=lambda: clock[0], max_orders_per_minute=2)
    made.check(1, contract(), order())
    clock[0] = 30
    made.check(1, contract(), order(2))  # a change counts, too
    assert "at most 2 orders per minute" in refused(made, 3, contract(), order())
    clock[0] = 60
    made.check(3, contract(), order())


def test_previews_neither_hold_nor_count() -> None:
    """A4: a preview of a sale blocked the sale; two used up max_orders_per_minute=2."""
    made = gate(max_orders_per_minute=1, allow_short=False)
    position(made, told(), 100)
    preview = order(100, "SELL", whatIf=True)
    for orderId in range(1, 4):
        made.check(orderId, contract(), preview)
        show(made, orderId, told(), shown(preview, whatIf=True), "PreSubmitted")
    made.check(4, contract(), order(100, "SELL"))


@pytest.mark.parametrize("flag", ["False", "0", 1, "1"])
def test_only_a_true_preview_is_one(flag: Any) -> None:
    assert "at most" in refused(gate(max_quantity=1), 1, contract(), order(2, whatIf=flag))


def test_selling_short_is_judged_by_what_is_known() -> None:
    made = gate(allow_short=False)
    sell = order(5, "SELL")
    assert "no position is known; call getPositions() first" in refused(made, 1, contract(), sell)
    position(made, told(), 8)
    made.check(1, contract(), sell)
    assert "only 8 held, 5 of them already being sold" in refused(made, 2, contract(), sell)
    made.check(1, contract(), order(8, "SELL"))  # a modification replaces the order
    status(made, 1, "Cancelled")
    made.check(3, contract(), order(8, "SELL"))
    assert "selling short" in refused(made, 4, contract(), order(1, "SSHORT"))
    made.check(5, contract(), order(1000))


def test_limits_that_allow_short_sales_ask_for_no_position() -> None:
    made = gate(max_quantity=10)
    made.check(1, contract(), order(5, "SELL"))
    made.check_group([(2, contract(), order(5, "SELL")), (3, contract(), order(5, "SSHORT"))])


def test_a_contract_is_the_same_by_number_and_by_symbol() -> None:
    """Mutants of safety.py:136 and :155: nothing tested contracts with a conId."""
    made = gate(allow_short=False)
    position(made, told(), 8)
    made.check(1, told(), order(5, "SELL"))
    made.check(2, contract(), order(3, "SELL"))
    assert "5 of them" not in refused(made, 3, told("TSLA"), order(1, "SELL"))
    assert "only 8 held, 8 of them" in refused(made, 3, contract(conId=IDS["AAPL"], symbol=""), order(1, "SELL"))


def test_what_it_sells_must_be_known() -> None:
    made = gate(allow_short=False)
    position(made, told(), 8)

    def silent(asked: Any) -> list[Any]:
        raise LookupError("asked in a callback")

    made.details_of = silent
    assert "what it sells isn't known; app.resolve" in refused(made, 1, contract(), order(1, "SELL"))
    made.check(2, contract(), order(1))


@pytest.mark.parametrize(("limits", "asked"), [({"allow_short": False}, ["AAPL", "TSLA"]), ({}, [])])
def test_what_limits_will_ask_is_asked_beforehand(limits: dict[str, Any], asked: list[str]) -> None:
    """Not while the orders of other threads wait; and what can't be asked is the check's to tell."""
    made, heard = gate(**limits), []

    def ask(what: Any) -> list[Any]:
        heard.append(what.symbol)
        raise LookupError("asked in a callback")

    made.details_of = ask
    made.prepare(contract(), contract("TSLA"))
    assert asked == heard


def test_fills_change_what_is_held_at_once() -> None:
    made = gate(allow_short=False)
    position(made, told(), 10)
    made.check(1, contract(), order(10, "SELL"))
    made.filled(-1, told(), fill("SLD", 10))
    status(made, 1, "Filled", 10)
    assert "only 0 held" in refused(made, 2, contract(), order(1, "SELL"))
    made.filled(-1, told(), fill("BOT", 3, "b.01", 7))
    made.check(3, contract(), order(3, "SELL"))


def test_a_purchase_that_only_its_status_tells_of_is_held_once() -> None:
    made = gate(allow_short=False)
    position(made, told(), 0)
    made.check(1, contract(), order(10))
    status(made, 1, "Filled", 10)
    assert "only 10 held" in refused(made, 2, contract(), order(11, "SELL"))
    made.check(2, contract(), order(10, "SELL"))


def test_a_sale_by_cash_or_to_unnamed_accounts_cant_be_judged() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    assert "how many its cashQty sells" in refused(made, 1, contract(), order(0, "SELL", cashQty=100.0))
    for name in ("faGroup", "faProfile", "modelCode"):
        assert "for accounts that it doesn't name" in refused(made, 1, contract(), order(1, "SELL", **{name: "all"}))
    made.check(1, contract(), order(0, cashQty=100.0))


def test_each_account_has_its_own_shares() -> None:
    """A3: the position row that came last counted for all accounts."""
    made = gate(accounts=(ACCOUNT, "DU9"), allow_short=False)
    position(made, told(), 500, ACCOUNT)
    position(made, told(), 0, "DU9")
    made.check(1, contract(), order(100, "SELL"))
    assert "only 0 held" in refused(made, 2, contract(), order(100, "SELL", account="DU9"))
    made.positions_told()
    assert "only 0 held" in refused(made, 2, told("TSLA"), order(1, "SELL", account="DU9"))
    made.forget_positions()
    assert "no position is known" in refused(made, 2, contract(), order(1, "SELL"))


@pytest.mark.parametrize("code", [110, 201, 202, 203, 321, 460])
def test_an_order_that_dies_by_an_error_alone_frees_its_shares(code: int) -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    made.check(1, contract(), order(100, "SELL"))
    error(made, 1, code, "refused")
    made.check(2, contract(), order(100, "SELL"))


@pytest.mark.parametrize("code", [135, 201, 202, 460, 10147])
def test_an_order_that_tws_has_taken_may_end_by_an_error_too(code: int) -> None:
    """Also by the answer to a cancel that there is no such order."""
    made = gate(allow_short=False)
    position(made, told(), 100)
    made.check(1, contract(), order(100, "SELL"))
    show(made, 1, told(), shown(order(100, "SELL")))
    error(made, 1, code, "text")
    made.check(2, contract(), order(100, "SELL"))


@pytest.mark.parametrize("code", [399, 404, 2109, 10349, 161, 136, 10148, 10149])
def test_a_notice_or_a_refused_cancel_frees_nothing(code: int) -> None:
    clock = [0.0]
    made = gate(now=lambda: clock[0], allow_short=False)
    position(made, told(), 100)
    made.check(1, contract(), order(100, "SELL"))
    error(made, 1, code, "a notice")
    for clock[0] in (0.0, 60.0):
        assert "already being sold" in refused(made, 2, contract(), order(1, "SELL"))


@pytest.mark.parametrize("heard", [True, False])
def test_an_unknown_code_frees_shares_only_when_nothing_else_is_heard(heard: bool) -> None:
    clock = [0.0]
    made = gate(now=lambda: clock[0], allow_short=False)
    position(made, told(), 100)
    made.check(1, contract(), order(100, "SELL"))
    error(made, 1, 10999, "Some new notice")
    assert "already being sold" in refused(made, 2, contract(), order(1, "SELL"))
    if heard:
        show(made, 1, told(), shown(order(100, "SELL")))
    clock[0] = 60
    if heard:
        assert "already being sold" in refused(made, 2, contract(), order(1, "SELL"))
    else:
        made.check(2, contract(), order(100, "SELL"))


def test_an_error_of_no_order_frees_none() -> None:
    """A manual order that client 0 has bound may have the id that says "of no request"."""
    made = gate(clientId=0, allow_short=False)
    position(made, told(), 100)
    made.check(-1, contract(), order(100, "SELL"))
    error(made, -1, 201)
    assert "already being sold" in refused(made, 2, contract(), order(1, "SELL"))


def test_a_change_that_tws_refuses_leaves_the_order() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    for code in (104, 110, 134):
        made.check(1, contract(), order(90, "SELL"))
        show(made, 1, told(), shown(order(90, "SELL")))
        made.check(1, contract(), order(1, "SELL"))
        error(made, 1, code, "refused")
        assert "90 of them" in refused(made, 2, contract(), order(11, "SELL"))
    error(made, 1, 202, "cancelled")
    made.check(2, contract(), order(100, "SELL"))


def test_what_wasnt_sent_counts_for_nothing() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    made.check(1, contract(), order(100, "SELL"))
    made.withdraw([1, 2])
    made.check(2, contract(), order(100, "SELL"))


def test_a_part_of_a_group_that_wasnt_sent_is_judged_anew() -> None:
    made = gate(allow_short=False)
    position(made, told(), 10)
    made.check_group([(orderId, contract(), order(5, "SELL")) for orderId in (1, 2)])
    made.withdraw([2])
    made.check(3, contract(), order(5, "SELL"))
    assert "only 10 held, 10 of them" in refused(made, 2, contract(), order(5, "SELL"))


def test_what_account_updates_alone_have_told_isnt_held_when_all_positions_are() -> None:
    made = gate(allow_short=False)
    made.portfolio(told(), 100, 10.0, 1000.0, 9.0, 0.0, 0.0, ACCOUNT)
    made.positions_told()
    assert "only 0 held" in refused(made, 1, contract(), order(1, "SELL"))


@pytest.mark.parametrize("before", [None, OrderLimits(max_quantity=1000)])
def test_an_order_that_left_when_short_sales_were_allowed_counts_too(before: OrderLimits | None) -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    after, made.limits = made.limits, before
    made.check_group([(1, told(), order(60, "SELL"))])
    made.check(1, told(), order(60, "SELL"))
    made.limits = after
    assert "60 of them" in refused(made, 2, contract(), order(41, "SELL"))
    made.withdraw([1])
    made.check(2, contract(), order(100, "SELL"))


def test_orders_of_other_sessions_count_as_tws_shows_them_once() -> None:
    made, other = gate(allow_short=False), gate(clientId=2)
    position(made, told(), 100)
    sale = order(60, "SELL")
    show(other, 5, told(), shown(sale, clientId=2, permId=9))
    # As another client sees it: without its id.
    show(made, 0, told(), shown(sale, clientId=2, permId=9))
    assert "only 100 held, 60 of them" in refused(made, 1, contract(), order(41, "SELL"))
    made.check(1, contract(), order(40, "SELL"))
    status(made, 0, "Cancelled", 0, clientId=2, permId=9)
    made.check(2, contract(), order(60, "SELL"))


def test_a_second_order_under_an_id_counts_beside_the_first_while_that_lives() -> None:
    """nautilus#4564: a change that TWS took for another order. An id may also be used again after the order's end."""
    made = gate(allow_short=False)
    position(made, told(), 100)
    for permId in (9, 10):
        show(made, 1, told(), shown(order(30, "SELL"), permId=permId))
    assert "60 of them" in refused(made, 2, contract(), order(41, "SELL"))
    for permId in (9, 10):
        status(made, 1, "Cancelled", 0, permId=permId)
    made.check(1, contract(), order(70, "SELL"))
    show(made, 1, told(), shown(order(70, "SELL"), permId=11))
    assert "70 of them" in refused(made, 2, contract(), order(31, "SELL"))
    made.check(2, contract(), order(30, "SELL"))


def test_an_order_of_the_master_client_counts_once() -> None:
    made = gate(clientId=0, allow_short=False)
    position(made, told(), 100)
    sale = order(60, "SELL")
    made.check(1, contract(), sale)
    show(made, 1, told(), shown(sale, clientId=0))
    made.check(2, contract(), order(40, "SELL"))


def test_manual_orders_without_an_id_are_told_apart_by_permid() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    for permId in (9, 10):
        show(made, 0, told(), shown(order(30, "SELL"), clientId=0, permId=permId))
    assert "60 of them" in refused(made, 1, contract(), order(41, "SELL"))


def test_an_open_combo_and_an_order_by_cash_hold_their_legs() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    leg = api.ComboLeg()
    leg.conId, leg.ratio, leg.action = IDS["AAPL"], 2, "SELL"
    bag = contract("AAPL", secType="BAG", comboLegs=[leg], conId=28812380)
    show(made, 5, bag, shown(order(30), permId=3))
    assert "60 of them" in refused(made, 1, contract(), order(41, "SELL"))
    show(made, 5, bag, shown(order(30, "SELL"), permId=3))
    made.check(1, contract(), order(100, "SELL"))
    status(made, 1, "Cancelled")
    show(made, 6, told(), shown(order(0, "SELL"), permId=4))
    assert "already being sold" in refused(made, 2, contract(), order(1, "SELL"))


# --- groups ------------------------------------------------------------------------------------------


def bracket(quantity: float = 10) -> list[tuple[int, Any, Any]]:
    entry = order(quantity, transmit=False)
    exits = [order(quantity, "SELL", 110.0, parentId=1), order(quantity, "SELL", 90.0, parentId=1)]
    return [(orderId, contract(), each) for orderId, each in enumerate([entry, *exits], 1)]


def test_a_bracket_is_judged_as_a_whole_and_then_passes_order_by_order() -> None:
    made = gate(allow_short=False, max_orders_per_minute=3)
    made.positions_told()
    made.check_group(bracket())
    for each in bracket():
        made.check(*each)
    assert "at most 3 orders per minute" in refused(made, 4, contract(), order())
    assert "at most 3 orders per minute" in refused(made, 1, contract(), order())


@pytest.mark.parametrize("limits", [{"max_orders_per_minute": 2}, {"max_quantity": 9}, {"max_notional": 999}])
def test_a_group_of_which_a_part_is_refused_counts_for_nothing(limits: dict[str, Any]) -> None:
    made = gate(price_of=lambda asked: 100.0, allow_short=False, **limits)
    made.positions_told()
    with pytest.raises(SafetyError):
        made.check_group(bracket())
    assert "only 0 held" in refused(made, 2, contract(), order(1, "SELL", parentId=1))
    made.check(7, contract(), order(2))
    made.check(8, contract(), order(2))


def test_a_group_whose_last_order_sells_too_much_is_refused_whole() -> None:
    made = gate(allow_short=False)
    position(made, told(), 10)
    pair = [(1, contract(), order(6, "SELL")), (2, contract(), order(6, "SELL"))]
    with pytest.raises(SafetyError, match="only 10 held, 6 of them"):
        made.check_group(pair)
    for _, _, each in pair:
        each.ocaGroup, each.ocaType = "exit", 1
    made.check_group(pair)
    made.check(*pair[0])
    assert "only 10 held" in refused(made, 3, contract(), order(5, "SELL"))


def test_an_oca_group_without_block_may_fill_both() -> None:
    made = gate(allow_short=False)
    position(made, told(), 10)
    group = [(n, contract(), order(10, "SELL", ocaGroup="exit", ocaType=3)) for n in (1, 2)]
    with pytest.raises(SafetyError, match="only 10 held"):
        made.check_group(group)


@pytest.mark.parametrize("name", ["", None])
def test_an_oca_type_without_a_group_is_none(name: str | None) -> None:
    made = gate(allow_short=False)
    position(made, told(), 10)
    group = [(n, contract(), order(6, "SELL", ocaGroup=name, ocaType=1)) for n in (1, 2)]
    with pytest.raises(SafetyError, match="only 10 held, 6 of them"):
        made.check_group(group)


def test_an_order_that_ended_before_its_fills_were_known_sold_nothing() -> None:
    made = gate(allow_short=False)
    position(made, told(), 100)
    show(made, 1, told(), shown(order(60, "SELL"), permId=9))
    ended = shown(order(60, "SELL"), permId=9)
    made.completed(told(), ended, SimpleNamespace(status="Cancelled"))
    made.check(2, contract(), order(100, "SELL"))


def test_an_order_that_is_changed_after_its_group_was_judged_is_judged_again() -> None:
    made = gate(allow_short=False, max_quantity=10)
    position(made, told(), 10)
    made.check_group([(1, contract(), order(5, "SELL"))])
    assert "at most 10" in refused(made, 1, contract(), order(11, "SELL"))
    made.check_group([(1, contract(), order(5, "SELL"))])
    made.check(1, contract(), order(10, "SELL"))
    assert "10 of them" in refused(made, 2, contract(), order(1, "SELL"))


def test_an_empty_group_is_nothing() -> None:
    gate(max_quantity=1).check_group([])
