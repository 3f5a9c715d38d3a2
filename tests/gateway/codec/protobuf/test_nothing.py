"""What clients in all languages put into a number that they don't set, in every numeric field of every request.

foreign_clients, its last section. IB's own generated classes make the messages; the field's absence is what each form
must mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from ibnb.gateway import messages as m
from ibnb.gateway.codec import ProtobufCodec
from ibnb.gateway.codec.protobuf import REQUEST_SIDE
from ibnb.gateway.scenario import LESSON
from tests.gateway.talking import Talk, codes, engine_of

from .. import real_client as real
from ..samples import BAG, LIMIT, STOCK, example
from ..text.test_nothing import FORMS
from .test_layout import FUNDAMENTALS, their_requests

pytestmark = pytest.mark.skipif(real.NEWEST < 226, reason="this release of ibapi knows fewer messages")

CODEC = ProtobufCodec(226)
LARGEST = float.fromhex("0x1.fffffffffffffp+1023")
BY_TYPE: dict[int, list[Any]] = {
    1: [LARGEST, -LARGEST, 1.797693134e308, math.inf, -math.inf, math.nan, 2147483647.0, 9223372036854775807.0],
    3: [2**63 - 1, -(2**63) + 1, -(2**63), 2**31 - 1],
    5: [2**31 - 1, -(2**31) + 1, -(2**31)],
}
DECIMALS = ("totalQuantity", "filledQuantity")  # numbers as text
IDS = {"reqId", "orderId"}


theirs = cache(their_requests)


def numeric(message: Any) -> Iterator[tuple[list[str], Any, int]]:
    """The path of each numeric field, and its forms of nothing; the first of several messages stands for all."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is not None:
            if not field.message_type.GetOptions().map_entry:
                inner = getattr(message, field.name)
                if field.is_repeated:
                    inner = inner[0] if inner else None
                if inner is not None:
                    for path, forms, type in numeric(inner):
                        yield [field.name, *path], forms, type
        elif not field.is_repeated and field.name not in IDS:
            if field.name in DECIMALS:
                yield [field.name], [form for each in FORMS.values() for form in each], field.type
            elif field.type in BY_TYPE:
                yield [field.name], BY_TYPE[field.type], field.type


def at(message: Any, path: list[str]) -> Any:
    """The message that holds the last field of a path."""
    for name in path[:-1]:
        message = getattr(message, name)
        if hasattr(message, "add"):
            message = message[0]
    return message


def sample(number: int, cls: Any) -> Any:
    """What our codec writes of an example, as IB's class reads it; a combination with prices and conditions."""
    request = example(REQUEST_SIDE.by_id[number].cls)
    if isinstance(request, m.PlaceOrder):
        request = m.PlaceOrder(orderId=7, contract=BAG, order=request.order)
    return cls.FromString(CODEC.encode_request(request)[4:])


def read(number: int, message: Any) -> Any:
    return CODEC.decode((number + 200).to_bytes(4, "big") + message.SerializeToString())


@pytest.mark.parametrize("number", sorted(REQUEST_SIDE.by_id.keys() - FUNDAMENTALS))
def test_a_number_that_means_nothing_is_the_fields_absence(number: int) -> None:
    message = sample(number, theirs()[number])
    tried = 0
    for path, forms, _ in list(numeric(message)):
        holder, name = at(message, path), path[-1]
        before = getattr(holder, name)
        holder.ClearField(name)
        without = read(number, message)
        for form in forms:
            if name == "competeAgainstBestOffset" and form == math.inf:
                continue  # as far as the midpoint
            setattr(holder, name, form)
            assert without == read(number, message), (path, form)
            tried += 1
        setattr(holder, name, before)
    assert tried > 350 if number == 3 else tried >= 0


@pytest.mark.parametrize("value", [LARGEST, math.inf, math.nan])
def test_the_first_order_of_another_client_is_accepted(value: float) -> None:
    """foreign_clients 1: a client of protobuf that sets every price, as Java's and C++'s do on text."""
    talk = Talk(engine_of(replace(LESSON, version=226)), 1, 226)
    message = theirs()[3].FromString(
        CODEC.encode_request(m.PlaceOrder(orderId=1, contract=STOCK, order=replace(LIMIT, lmtPrice=50.0)))[4:]
    )
    for field in message.order.DESCRIPTOR.fields:
        if field.type == 1 and field.name != "lmtPrice" and not field.is_repeated:
            if field.name == "competeAgainstBestOffset" and value == math.inf:
                continue
            setattr(message.order, field.name, value)
    payload = (203).to_bytes(4, "big") + message.SerializeToString()
    talk.say(len(payload).to_bytes(4, "big") + payload)
    heard = talk.wait(1)
    assert [] == [code for code in codes(heard) if code != 399]
    assert ["Submitted"] == [answer.status for answer in heard if isinstance(answer, m.OrderStatus)][-1:]
