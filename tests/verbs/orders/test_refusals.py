from __future__ import annotations

import pytest

from ibnb import overrideCode, restoreCode
from ibnb.ib.codes import outcome
from ibnb.verbs.orders.refusals import about_change, about_order


@pytest.mark.parametrize(
    ("code", "order", "shown", "change"),
    [
        (201, "refusal", "refusal", "refusal"),
        (110, "refusal", "note", "refusal"),
        (135, "refusal", "note", "refusal"),
        (105, "unknown", "note", "refusal"),
        (2102, "unknown", "note", "refusal"),
        (399, "note", "note", "note"),
        (10349, "note", "note", "note"),
        (2199, "note", "note", "note"),
        (136, "note", "note", "refusal"),
        (161, "note", "note", "refusal"),
        (10147, "note", "note", "refusal"),
        (10148, "note", "note", "refusal"),
        (434, "unknown", "note", "refusal"),
        (1100, "note", "note", "note"),
        (503, "refusal", "refusal", "refusal"),
        (10999, "unknown", "note", "unknown"),
        (333, "refusal", "refusal", "refusal"),
    ],
)
def test_what_a_code_means_for_an_order_one_that_was_shown_and_a_change(
    code: int, order: str, shown: str, change: str
) -> None:
    assert (about_order(code, "", False), about_order(code, "", True), about_change(code, "")) == (order, shown, change)


# IBKR's page "Message Codes" (TWS API documentation), with a word of its text each.
OF_AN_ORDER = {
    116: "dead exchange", 117: "block order", 132: "clearing account", 148: "conditional submission", 152: "hidden",
    154: "halted", 157: "iceberg", 160: "size zero", 168: "discretionary amount", 303: "invalid action", 311: "origin",
    325: "discretionary", 328: "trailing stop attached", 335: "delta", 338: "good after", 342: "pegged", 347: "slot",
    351: "regular hours only", 356: "smart combo", 361: "trigger price", 371: "volatility", 380: "delta hedge",
    383: "size constraint", 388: "minimum size", 389: "routed id", 392: "expired", 400: "algo", 403: "stop price",
    408: "scale increment", 411: "outside regular hours", 419: "scale size", 436: "allocation", 439: "algorithm",
    446: "profit offset", 10000: "cross currency", 10007: "hedge type", 10015: "trading in the API", 10020: "display",
    10236: "AON", 10240: "price cap", 10245: "fractional", 10246: "fractional", 10247: "only SmartRouting",
    10248: "permission", 10249: "order type", 10250: "minimum variation", 10251: "allocation", 10252: "non-close",
    10254: "bond expired", 10292: "restriction", 10297: "not held", 10303: "min trade quantity", 10312: "volatility",
    10317: "cash quantity", 10318: "fractional", 10325: "OCA",
}  # fmt: skip
OF_A_CHANGE = {329: "new type", 422: "clearing", 440: "algorithm", 10241: "monetary", 10242: "fractional", 10326: "OCA"}
OF_ANY_REQUEST = {140: "integer", 141: "double", 312: "combo", 314: "legs", 337: "date", 406: "currency", 407: "symbol"}
LIVES = {131: "will be ignored", 164: "no data to check by", 10233: "preset", 10287: "confirm", 10331: "stop warning"}


@pytest.mark.parametrize("code", [*OF_AN_ORDER, *OF_ANY_REQUEST])
def test_a_field_that_ib_doesnt_accept_refuses_the_order_and_the_change(code: int) -> None:
    """They were codes that nobody knew: the order was told as unconfirmed, and held its shares."""
    assert (about_order(code, "", False), about_change(code, "")) == ("refusal", "refusal")
    assert outcome(code, "", "market_data") == ("fail" if code in OF_ANY_REQUEST else "note")


@pytest.mark.parametrize("code", OF_A_CHANGE)
def test_a_change_that_ib_doesnt_allow_leaves_the_order(code: int) -> None:
    assert (about_order(code, "", True), about_change(code, "")) == ("note", "refusal")


@pytest.mark.parametrize("code", LIVES)
def test_what_only_warns_or_asks_refuses_nothing(code: int) -> None:
    assert about_order(code, "", False) != "refusal"
    assert about_order(code, "", True) == "note"


def test_what_the_user_says_of_a_code_holds() -> None:
    try:
        overrideCode(10999, severity="order", ends=["order"])
        assert about_order(10999, "", taken=True) == "refusal"
        overrideCode(10999, severity="warning", ends=[])
        assert about_order(10999, "", taken=False) == "note"
    finally:
        restoreCode()
