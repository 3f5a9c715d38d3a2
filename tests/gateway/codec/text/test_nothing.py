"""What clients in all languages send in a number that they don't set, in every numeric field of an order.

foreign_clients 1, 2 and its last section: Java's discretionaryAmt, C++'s `%.10g`, .NET Framework's fifteen digits, the
NaN of its and Go's decimals.
"""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec import TextCodec
from ibnb.gateway.codec.wire import frame
from tests.gateway.talking import Talk, engine_of

from ..samples import BAG, CONDITIONS, LIMIT, STOCK, orders

FORMS = {
    "empty": [""],
    "Python": ["1.7976931348623157e+308", "2147483647", "9223372036854775807", str(2**127 - 1)],
    "Java": ["1.7976931348623157E308", "2147483647", "9223372036854775807", "Infinity", "NaN"],
    ".NET": ["1.7976931348623157E+308", "1.79769313486232E+308", "2147483647"],
    "C++": ["1.797693135e+308", "1.7976931348623157e+308", "2147483647", "-SNaN", "inf"],
    "Go": ["1.7976931348623157e+308", "NaN", "+Inf", "9223372036854775807", "-9223372036854775808"],
    "negative": ["-1.7976931348623157e+308", "-2147483647", "-2147483648", "-Infinity"],
}
VERSIONS = (157, 176, 187, 200)
# Infinity is a price here: as far as the midpoint.
UP_TO_MID = "competeAgainstBestOffset"


def numeric_fields() -> dict[str, Any]:
    """The numeric fields of an order with two values for each, and what it is without."""
    found = {}
    for name, hint in get_type_hints(m.Order).items():
        kinds = {kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)}
        for kind in (int, float, Decimal):
            if kinds == {kind} and name not in ("orderId", "clientId", "permId"):
                found[name] = (kind(7), kind(9))
    return found


def place(version: int, contract: m.Contract, order: m.Order) -> list[str]:
    payload = TextCodec(version).encode_request(m.PlaceOrder(orderId=1, contract=contract, order=order))
    return payload.decode().split("\0")


def read(version: int, parts: list[str]) -> Any:
    return TextCodec(version).decode("\0".join(parts).encode())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("language", FORMS)
def test_an_order_is_what_it_would_be_without_the_field(language: str, version: int) -> None:
    tried = set()
    for contract, order in [*orders(), (STOCK, replace(LIMIT, conditions=CONDITIONS))]:
        for name, (one, other) in numeric_fields().items():
            a, b = (place(version, contract, replace(order, **{name: value})) for value in (one, other))
            places = [n for n, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
            if len(places) != 1:
                continue  # this order has no such field
            (at,) = places
            base = place(version, contract, replace(order, **{name: None if default(name) is None else 0}))
            without = read(version, [*base[:at], "", *base[at + 1 :]])
            for form in FORMS[language]:
                if name == UP_TO_MID and "inf" in form.lower() and "-" not in form:
                    continue
                assert without == read(version, [*base[:at], form, *base[at + 1 :]]), (name, form)
            tried.add(name)
    assert 45 <= len(tried)


def default(name: str) -> Any:
    return next(field.default for field in fields(m.Order) if field.name == name)


@pytest.mark.parametrize("form", sorted({form for forms in FORMS.values() for form in forms}))
def test_a_leg_without_a_price(form: str) -> None:
    order = replace(LIMIT, orderComboLegs=(1.25, 1.5))
    parts = place(176, BAG, order)
    at = parts.index("1.25")
    assert (None, 1.5) == read(176, [*parts[:at], form, *parts[at + 1 :]]).order.orderComboLegs


# What IB's own clients send besides what the user sets.
BY_CLIENT = {
    "Java": {"discretionaryAmt": "1.7976931348623157E308"},
    "C++": dict.fromkeys(
        ("triggerPrice", "adjustedStopPrice", "adjustedStopLimitPrice", "adjustedTrailingAmount", "lmtPriceOffset"),
        "1.797693135e+308",
    ),
    ".NET Framework": dict.fromkeys(
        ("triggerPrice", "adjustedStopPrice", "adjustedStopLimitPrice", "adjustedTrailingAmount", "lmtPriceOffset"),
        "1.79769313486232E+308",
    ),
}


@pytest.mark.parametrize("client", BY_CLIENT)
def test_the_first_order_of_another_client_is_accepted(client: str) -> None:
    talk = Talk(engine_of(), 1)
    order = replace(LIMIT, lmtPrice=50.0, totalQuantity=Decimal(1))
    parts = place(176, STOCK, order)
    for name, text in BY_CLIENT[client].items():
        one, other = numeric_fields()[name]
        a, b = (place(176, STOCK, replace(order, **{name: value})) for value in (one, other))
        (at,) = (n for n, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
        parts[at] = text
    talk.say(frame("\0".join(parts).encode()))
    statuses = [answer.status for answer in talk.wait(1) if isinstance(answer, m.OrderStatus)]
    assert ["Submitted"] == statuses[-1:]


def test_an_order_by_cash_without_a_quantity() -> None:
    """foreign_clients 2: C++ and Go send a quantity of NaN with a cash quantity."""
    for text in ("-SNaN", "NaN", ""):
        talk = Talk(engine_of(), 1)
        order = m.Order(action="BUY", orderType="MKT", totalQuantity=Decimal(123457), tif="DAY", cashQty=10_000.0)
        parts = place(176, m.Contract(symbol="EUR", secType="CASH", exchange="IDEALPRO", currency="USD"), order)
        parts[parts.index("123457")] = text
        talk.say(frame("\0".join(parts).encode()))
        statuses = [answer.status for answer in talk.wait(2) if isinstance(answer, m.OrderStatus)]
        assert "Filled" in statuses
