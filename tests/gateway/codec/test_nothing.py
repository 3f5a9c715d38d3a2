"""A property: an order in whose numbers stands "nothing", in any language's form, is the order without those numbers.

foreign_clients, its last section. Several fields at once, on both wires; each by itself is tried in text/test_nothing
and protobuf/test_nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.codec import ProtobufCodec

from . import real_client as real
from .protobuf.test_layout import their_requests
from .protobuf.test_nothing import at, numeric
from .samples import BAG, CONDITIONS, LIMIT, STOCK, orders
from .text.test_nothing import FORMS, UP_TO_MID, VERSIONS, default, numeric_fields, place, read

ORDERS = [*orders(), (STOCK, replace(LIMIT, conditions=CONDITIONS)), (BAG, replace(LIMIT, orderComboLegs=(1.25, 1.5)))]
TEXT_FORMS = sorted({form for forms in FORMS.values() for form in forms})
CODEC = ProtobufCodec(226)


def only_place(one: list[str], other: list[str]) -> int | None:
    """Where two orders as text differ, if that is in one place."""
    if len(one) != len(other):  # the field brings others along
        return None
    differ = [n for n, (x, y) in enumerate(zip(one, other, strict=True)) if x != y]
    return differ[0] if len(differ) == 1 else None


def nothing(name: str) -> Any:
    return None if default(name) is None else 0


def means_mid(name: str, form: Any) -> bool:
    """Infinity is a price there: as far as the midpoint."""
    return name == UP_TO_MID and str(form).lower().lstrip("+") in ("inf", "infinity")


@given(st.data(), st.sampled_from(VERSIONS), st.integers(0, len(ORDERS) - 1))
def test_as_text(data: st.DataObject, version: int, number: int) -> None:
    contract, order = ORDERS[number]
    values = numeric_fields()
    drawn = data.draw(st.dictionaries(st.sampled_from(sorted(values)), st.sampled_from(TEXT_FORMS), min_size=1))
    without_numbers = replace(order, **{name: nothing(name) for name in drawn})
    base = place(version, contract, without_numbers)
    # Where a number stands depends on which others are there.
    places = {
        name: only_place(base, place(version, contract, replace(without_numbers, **{name: values[name][0]})))
        for name in drawn
    }
    without, said = list(base), list(base)
    for name, form in drawn.items():
        where = places[name]
        if where is not None and not means_mid(name, form):
            without[where], said[where] = "", form
    assert read(version, without) == read(version, said)


@cache
def theirs() -> Any:
    return their_requests()[3]


def message(number: int) -> Any:
    contract, order = ORDERS[number]
    request = m.PlaceOrder(orderId=7, contract=contract, order=order)
    return theirs().FromString(CODEC.encode_request(request)[4:])


def decoded(message: Any) -> Any:
    return CODEC.decode((203).to_bytes(4, "big") + message.SerializeToString())


@pytest.mark.skipif(real.NEWEST < 226, reason="this release of ibapi knows fewer messages")
@given(st.data(), st.integers(0, len(ORDERS) - 1))
def test_as_protobuf(data: st.DataObject, number: int) -> None:
    without, said = message(number), message(number)
    fields = {".".join(path): (path, forms) for path, forms, _ in numeric(said)}
    for name in data.draw(st.sets(st.sampled_from(sorted(fields)), min_size=1)):
        path, forms = fields[name]
        form = data.draw(st.sampled_from(forms))
        if not means_mid(path[-1], form):
            at(without, path).ClearField(path[-1])
            setattr(at(said, path), path[-1], form)
    assert decoded(without) == decoded(said)
