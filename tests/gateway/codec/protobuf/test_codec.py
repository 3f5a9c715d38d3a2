"""The lane by itself: what it is at each version, that it agrees with the text lane, and what it makes of nonsense."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.codec import BadField, ProtobufCodec, TextCodec, UnknownMessage, codec_for, requests
from ibnb.gateway.codec.protobuf import ANSWER_SIDE, NEWEST, OLDEST, REQUEST_SIDE
from ibnb.gateway.codec.text import ANSWER_SIDE as TEXT_ANSWERS
from ibnb.gateway.codec.text import REQUEST_SIDE as TEXT_REQUESTS

from ..samples import ANSWERS, BAG, FUND, LIMIT, REQUESTS, STOCK, example, orders

VARIANTS: list[Any] = [
    *(m.PlaceOrder(orderId=7, contract=contract, order=order) for contract, order in orders()),
    m.PlaceOrder(orderId=1, contract=m.Contract(), order=m.Order()),
    m.ReqMktData(reqId=1, contract=BAG),
]
OPEN: list[Any] = [
    *(m.OpenOrder(orderId=7, contract=c, order=o, orderState=example(m.OrderState)) for c, o in orders()),
    m.OpenOrder(orderId=1, contract=m.Contract(), order=m.Order(), orderState=m.OrderState()),
    m.CompletedOrder(contract=m.Contract(), order=m.Order(), orderState=m.OrderState()),
    m.ContractData(reqId=1, details=replace(example(m.ContractDetails), contract=FUND)),
    m.ContractData(reqId=1, details=m.ContractDetails(contract=m.Contract())),
    m.BondContractData(reqId=1, details=m.ContractDetails(contract=m.Contract(), maturity="20300115")),
    *(replace(example(m.TickByTick), tickType=number) for number in (1, 2, 3, 4)),
    m.HistoricalData(reqId=1),
    m.TickOptionComputation(reqId=1, tickType=13),
    m.Pnl(reqId=1, dailyPnL=None),
    m.CommissionReport(execId="1", commission=1.0, currency="USD"),
]


def name(value: Any) -> str:
    return type(value).__name__


def is_request(value: Any) -> bool:
    return type(value) in REQUEST_SIDE.by_class or type(value) in TEXT_REQUESTS.by_class


def there_and_back(codec: Any, message: Any) -> Any:
    """The message as the other side understands it; None if the version hasn't got it."""
    if is_request(message):
        payload = codec.encode_request(message)
        return codec.decode(payload) if payload else None
    payload = codec.encode(message)
    return codec.decode_answer(payload) if payload else None


@pytest.mark.parametrize("message", [*REQUESTS, *VARIANTS, *ANSWERS, *OPEN], ids=name)
def test_a_message_reads_back_at_every_version(message: Any) -> None:
    for version in range(OLDEST, NEWEST + 1):
        codec = ProtobufCodec(version, strict=True)
        back = there_and_back(codec, message)
        if back is not None:
            assert back == there_and_back(codec, back), version


# What IB has retired and protobuf hasn't got.
RETIRED: dict[str, Any] = {"eTradeOnly": False, "firmQuoteOnly": False, "nbboPriceCap": None, "auctionStrategy": 0}
RETIRED |= {"faProfile": "", "basisPoints": None, "basisPointsType": None}


def unretired(message: Any) -> Any:
    return replace(message, order=replace(message.order, **RETIRED)) if hasattr(message, "order") else message


@pytest.mark.parametrize("message", [*REQUESTS, *VARIANTS, *ANSWERS, *OPEN], ids=name)
def test_both_lanes_say_the_same(message: Any) -> None:
    """What text carries of a message means the same in protobuf, at each version on either side of the change."""
    side = REQUEST_SIDE if is_request(message) else ANSWER_SIDE
    if type(message) not in side.by_class or type(message) not in {**TEXT_REQUESTS.by_class, **TEXT_ANSWERS.by_class}:
        pytest.skip("there is one form only")
    said = unretired(there_and_back(TextCodec(200, strict=True), message))
    since = side.by_class[type(message)].since
    for version in {since - 1, since, 213, 214, 226}:
        assert said == there_and_back(codec_for(version, "US/Eastern"), said), version


SIMPLE: dict[Any, Any] = {
    int: st.integers(-(2**31) + 2, 2**31 - 2),
    float: st.floats(-1e12, 1e12).map(lambda x: round(x, 4) + 0.0),
    Decimal: st.decimals(-(10**9), 10**9, places=3),
    bool: st.booleans(),
    str: st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6),
}
# What isn't free: a type that decides what follows, a number as text, a time, words between spaces, flags.
KEPT = {"tickType", "multiplier", "lastTradeDateOrContractMonth", "lastTradeTime", "timeZoneId", "maturity", "time"}
KEPT |= {"mask", "liquidation", "secType", "evMultiplier"}


@cache
def filled(cls: type) -> Any:
    """Records of this class with anything in their fields, within what both lanes have room for."""
    made = {}
    for name, hint in get_type_hints(cls).items():
        kinds = [kind for kind in get_args(hint) if kind in SIMPLE]
        if name in KEPT:
            continue
        if hint in SIMPLE:
            made[name] = SIMPLE[hint]
        elif len(kinds) == 1 and type(None) in get_args(hint):
            made[name] = st.none() | SIMPLE[kinds[0]]
        elif hint in (m.Contract, m.Execution, m.Bar):
            made[name] = filled(hint)
    return st.fixed_dictionaries(made).map(lambda values: replace(example(cls), **values))


BOTH = [cls for cls in ANSWER_SIDE.by_class if cls in TEXT_ANSWERS.by_class]


@settings(max_examples=200, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.sampled_from(BOTH).flatmap(filled))
def test_any_answer_means_the_same_on_both_lanes(message: Any) -> None:
    said = unretired(there_and_back(TextCodec(200, strict=True), message))
    assert said == there_and_back(ProtobufCodec(226), said)


def test_an_order_reaches_the_gateway_as_it_was_placed() -> None:
    """All fields of an order, those included that text hasn't got; all six conditions; a price for each leg."""
    order = replace(example(m.Order), orderComboLegs=(1.25, None))
    back = there_and_back(ProtobufCodec(226), m.PlaceOrder(orderId=7, contract=BAG, order=order))
    lost = {f.name for f in fields(order) if getattr(order, f.name) != getattr(back.order, f.name)}
    assert lost == set(RETIRED)
    assert back.contract == BAG


def test_each_message_has_one_form_at_a_version() -> None:
    """wire_protobuf: mixed by message from 201 to 212, no text request from 213 on."""
    for version in range(OLDEST, NEWEST + 1):
        codec = ProtobufCodec(version)
        for message in REQUESTS:
            payload = codec.encode_request(message)
            known = REQUEST_SIDE.by_class.get(type(message))
            binary = known is not None and known.since <= version
            if not payload:
                assert known is not None
                assert known.id > 105
                continue
            number = int.from_bytes(payload[:4], "big")
            assert (number > 200) == binary
            other = number - 200 if binary else number + 200
            with pytest.raises(UnknownMessage):
                codec.decode(other.to_bytes(4, "big") + payload[4:])
            if version >= 213:
                assert binary or number in {72, 73}


def test_the_versions_of_the_lanes() -> None:
    assert {type(codec_for(v, "US/Eastern")) for v in range(100, 201)} == {TextCodec}
    assert {type(codec_for(v, "US/Eastern")) for v in range(201, 227)} == {ProtobufCodec}
    for version in (99, 200, 227):
        with pytest.raises(ValueError, match="201 to 226" if version > 99 else "201 to 226|100 to"):
            ProtobufCodec(version)
    assert set(range(1, 110)) - {26, *range(27, 49), 60} == set(requests())


def test_times_in_utc_end_in_z_from_214_on() -> None:
    stamp = m.HeadTimestamp(reqId=1, headTimestamp="20250611-14:30:00")
    zoned = m.HeadTimestamp(reqId=1, headTimestamp="20250611 14:30:00 US/Eastern")
    for version in (213, 214):
        codec = ProtobufCodec(version)
        assert (b"14:30:00Z" in codec.encode(stamp)) == (version == 214)
        assert codec.decode_answer(codec.encode(stamp)) == stamp
        assert b"Z" not in codec.encode(zoned)
    asked = m.ReqHistoricalData(reqId=1, contract=STOCK, endDateTime="20250611-14:30:00")
    payload = ProtobufCodec(214).encode_request(asked)
    assert b"14:30:00Z" in payload
    assert ProtobufCodec(213).decode(payload).endDateTime == asked.endDateTime


def test_options_of_a_map_come_in_one_order() -> None:
    tags = tuple(m.TagValue(tag=tag, value="1") for tag in "cab")
    order = replace(LIMIT, algoStrategy="Adaptive", algoParams=tags, orderMiscOptions="z=1;y=2;")
    back = there_and_back(ProtobufCodec(226), m.PlaceOrder(orderId=1, contract=STOCK, order=order)).order
    assert ["a", "b", "c"] == [one.tag for one in back.algoParams]
    assert "y=2;z=1;" == back.orderMiscOptions


def test_a_field_in_error_names_itself_and_its_request() -> None:
    payload = ProtobufCodec(226).encode_request(
        m.PlaceOrder(orderId=42, contract=STOCK, order=replace(LIMIT, totalQuantity=Decimal(7777)))
    )
    with pytest.raises(BadField, match="'Total Quantity' for input string: 'many'") as caught:
        ProtobufCodec(226).decode(payload.replace(b"7777", b"many"))
    assert 42 == caught.value.id


def test_bytes_that_are_no_protobuf_name_their_request() -> None:
    payload = ProtobufCodec(226).encode_request(m.ReqHistoricalData(reqId=3000, contract=STOCK))
    with pytest.raises(BadField) as caught:
        ProtobufCodec(226).decode(payload[:-1])
    assert 3000 == caught.value.id
    for payload in (b"", b"\0\0", b"\0\0\0"):
        with pytest.raises(BadField, match="'Message Id'"):
            ProtobufCodec(226).decode(payload)


def test_a_number_that_has_no_room_is_not_said() -> None:
    condition = m.OrderCondition(type=6, volume=5_000_000_000, conId=1, exchange="SMART")
    answer = m.OpenOrder(
        orderId=1, contract=STOCK, order=replace(LIMIT, conditions=(condition,)), orderState=m.OrderState()
    )
    assert 0 == there_and_back(ProtobufCodec(226), answer).order.conditions[0].volume


def test_time_is_recognised_in_both_forms() -> None:
    for version in (201, 212, 213, 226):
        codec = ProtobufCodec(version)
        assert codec.asks_time(codec.encode_request(m.ReqCurrentTime()))
        assert not codec.asks_time(codec.encode_request(m.ReqIds()))


PAYLOADS = {
    version: [p for r in [*REQUESTS, *VARIANTS] if (p := ProtobufCodec(version).encode_request(r))]
    for version in (201, 208, 226)
}
OUTCOMES = {*REQUEST_SIDE.by_class, *TEXT_REQUESTS.by_class, BadField, UnknownMessage}


def outcome(codec: Any, payload: bytes) -> type:
    """What a payload comes to: a request, or one of two errors. Any other exception is a failure."""
    try:
        return type(codec.decode(payload))
    except (BadField, UnknownMessage) as error:
        return type(error)


@settings(max_examples=400)
@given(version=st.sampled_from(sorted(PAYLOADS)), data=st.data())
def test_a_damaged_payload_is_a_request_or_one_of_two_errors(version: int, data: st.DataObject) -> None:
    payload = bytearray(data.draw(st.sampled_from(PAYLOADS[version])))
    for _ in range(data.draw(st.integers(1, 3))):
        spot = data.draw(st.integers(0, len(payload)))
        payload[spot : spot + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    assert outcome(ProtobufCodec(version), bytes(payload)) in OUTCOMES
