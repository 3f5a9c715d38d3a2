from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibnb.gateway import messages as m
from ibnb.gateway.codec import BadField, TextCodec, UnknownMessage
from ibnb.gateway.codec.text import ANSWER_SIDE, NEWEST, OLDEST, REQUEST_SIDE
from ibnb.gateway.codec.wire import join_fields, split_fields

from ..samples import BAG, FUND, STOCK, VERSIONS, example, orders

REQUESTS = [example(cls) for cls in REQUEST_SIDE.by_class]
ANSWERS = [example(cls) for cls in ANSWER_SIDE.by_class]

VARIANTS: list[Any] = [
    *(m.PlaceOrder(orderId=7, contract=contract, order=order) for contract, order in orders()),
    m.PlaceOrder(orderId=1, contract=m.Contract(), order=m.Order()),
    m.ReqMktData(reqId=1, contract=BAG),
    m.ReqHistoricalData(reqId=1, contract=BAG),
]
OPEN: list[Any] = [
    *(m.OpenOrder(orderId=7, contract=c, order=o, orderState=example(m.OrderState)) for c, o in orders()),
    m.OpenOrder(orderId=1, contract=m.Contract(), order=m.Order(), orderState=m.OrderState()),
    m.CompletedOrder(contract=m.Contract(), order=m.Order(), orderState=m.OrderState()),
    m.ContractData(reqId=1, details=replace(example(m.ContractDetails), contract=FUND)),
    m.ContractData(reqId=1, details=m.ContractDetails(contract=m.Contract())),
    *(replace(example(m.TickByTick), tickType=number) for number in (0, 1, 2, 3, 4)),
    m.HistoricalData(reqId=1),
    m.TickOptionComputation(reqId=1, tickType=13),
]


def name(value: Any) -> str:
    return type(value).__name__


@pytest.mark.parametrize("request_", [*REQUESTS, *VARIANTS], ids=name)
def test_a_request_reads_back_at_every_version(request_: Any) -> None:
    for version in range(OLDEST, NEWEST + 1):
        codec = TextCodec(version, strict=True)
        payload = codec.encode_request(request_)
        if payload:
            assert payload == codec.encode_request(codec.decode(payload)), version


@pytest.mark.parametrize("answer", [*ANSWERS, *OPEN], ids=name)
def test_an_answer_reads_back_at_every_version(answer: Any) -> None:
    for version in range(OLDEST, NEWEST + 1):
        codec = TextCodec(version, strict=True)
        payload = codec.encode(answer)
        if payload:
            assert payload == codec.encode(codec.decode_answer(payload)), version


# What the newest text version has no field for, or another message carries.
ABSENT: dict[str, set[str]] = {
    "PlaceOrder": set(),
    "TickReqParams": {"lastPricePrecision", "lastSizePrecision"},
    "HistoricalData": {"start", "end"},
    "TickByTick": {"price", "size", "exchange", "specialConditions", "midPoint"},
    "HistoricalTicks": {"ticks"},
    "HistoricalTicksBidAsk": {"ticks"},
    "HistoricalTicksLast": {"ticks"},
}
NESTED = {"contract", "order", "orderState", "details", "contractDescriptions", "rows"}


@pytest.mark.parametrize("message", [*REQUESTS, *ANSWERS], ids=name)
def test_every_field_of_a_message_travels_at_the_newest_version(message: Any) -> None:
    codec = TextCodec(NEWEST, strict=True)
    if type(message) in REQUEST_SIDE.by_class:
        back = codec.decode(codec.encode_request(message))
    else:
        back = codec.decode_answer(codec.encode(message))
    absent = ABSENT.get(name(message), set()) | NESTED
    for field in fields(message):
        if field.name not in absent:
            assert getattr(message, field.name) == getattr(back, field.name), field.name


def test_the_order_that_is_placed_is_the_order_that_arrives() -> None:
    codec = TextCodec(NEWEST, strict=True)
    not_asked = {"orderId", "clientId", "permId", "faProfile", "basisPoints", "basisPointsType", "submitter"}
    not_asked |= {"softDollarTierDisplayName", "bondAccruedInterest", "autoCancelDate", "filledQuantity"}
    not_asked |= {"refFuturesConId", "shareholder", "routeMarketableToBbo", "parentPermId"}
    not_asked |= {"deactivate", "postOnly", "allowPreOpen", "ignoreOpenAuction", "seekPriceImprovement", "whatIfType"}
    not_asked |= {"slOrderId", "slOrderType", "ptOrderId", "ptOrderType", "hedgeMaxSize", "conditionsIncludeOvernight"}
    only_pegged = {"minTradeQty", "minCompeteSize", "competeAgainstBestOffset", "midOffsetAtWhole", "midOffsetAtHalf"}
    full = example(m.Order)
    placed = m.PlaceOrder(orderId=7, contract=BAG, order=full)
    back = codec.decode(codec.encode_request(placed))
    for field in fields(full):
        if field.name not in not_asked | only_pegged:
            assert getattr(full, field.name) == getattr(back.order, field.name), field.name
    assert {"lastTradeDate", "includeExpired", "issuerId", "comboLegsDescrip"} == {
        field.name for field in fields(BAG) if getattr(BAG, field.name) != getattr(back.contract, field.name)
    }


def test_a_message_that_a_version_has_not_got_is_not_sent() -> None:
    end = m.HistoricalDataEnd(reqId=1, start="20250610 10:00:00 US/Eastern", end="20250611 10:00:00 US/Eastern")
    assert b"" == TextCodec(195).encode(end)
    assert b"108\x001\x0020250610 10:00:00 US/Eastern\x0020250611 10:00:00 US/Eastern\x00" == TextCodec(196).encode(end)


def test_a_request_that_a_version_has_not_got_is_unknown() -> None:
    payload = TextCodec(200).encode_request(m.ReqUserInfo(reqId=1))
    with pytest.raises(UnknownMessage) as caught:
        TextCodec(166).decode(payload)
    assert 104 == caught.value.messageId


@pytest.mark.parametrize("number", [0, -1, 3000, 26, 106])
def test_unknown_numbers(number: int) -> None:
    with pytest.raises(UnknownMessage):
        TextCodec(200).decode(b"%d\x001\x00" % number)


@pytest.mark.parametrize("payload", [b"", b"\0", b"x\0", b"\xff\xfe", b"1.0\0"])
def test_a_payload_without_a_number(payload: bytes) -> None:
    with pytest.raises(BadField, match="'Message Id'"):
        TextCodec(200).decode(payload)


def test_a_field_in_error_names_itself_and_its_request() -> None:
    payload = TextCodec(200).encode_request(m.ReqHistoricalData(reqId=42, contract=STOCK, useRTH=7777))
    with pytest.raises(BadField) as caught:
        TextCodec(200).decode(payload.replace(b"7777", b"yes"))
    assert (320, 42) == (caught.value.code, caught.value.id)
    assert "Error reading request. Unable to parse field: 'Use RTH' for input string: 'yes'" == caught.value.message


def test_the_real_case_of_executions_without_dates() -> None:
    with pytest.raises(BadField, match="'Last NDays' for input string: ''") as caught:
        TextCodec(200).decode(join_fields(["7", "3", "9", "0", "", "", "", "", "", ""]))
    assert 9 == caught.value.id


def test_fields_too_many_are_overlooked_unless_strict() -> None:
    payload = b"2\x002\x005\x00more\x00"
    assert m.CancelMktData(reqId=5) == TextCodec(200).decode(payload)
    with pytest.raises(BadField, match="'End Of Message' for input string: 'more'"):
        TextCodec(200, strict=True).decode(payload)


def test_older_clients_count_the_calculators_options() -> None:
    asked = example(m.CalculateOptionPrice)
    texts = split_fields(TextCodec(200).encode_request(asked))
    counted = join_fields([*texts[:-1], "0", texts[-1]])
    assert TextCodec(200).decode(counted) == TextCodec(200, strict=True).decode(join_fields(texts))


def test_the_echo_of_a_delta_neutral_type_that_says_none() -> None:
    """A real gateway says ``None`` and its block; a client that sends the order again sends both."""
    codec = TextCodec(200, strict=True)
    told = codec.encode(OPEN[0])
    assert 2 == split_fields(told).count("None")
    echo = replace(codec.decode_answer(told).order, deltaNeutralOrderType="?", adjustedOrderType="?")
    payload = codec.encode_request(m.PlaceOrder(orderId=7, contract=STOCK, order=echo))
    order = codec.decode(payload.replace(b"\0?\0", b"\0None\0")).order
    assert ("", "", 187.5) == (order.deltaNeutralOrderType, order.adjustedOrderType, order.lmtPrice)


@pytest.mark.parametrize("version", [99, 227])
def test_versions_that_have_no_text(version: int) -> None:
    with pytest.raises(ValueError, match="100 to 226"):
        TextCodec(version)


def test_every_request_and_answer_number_of_the_text_protocol_is_laid_out() -> None:
    gaps = {26, *range(27, 49), 60}
    assert set(range(1, 106)) - gaps == set(REQUEST_SIDE.by_id)
    answers = {*range(1, 22), 45, 46, 47, *range(49, 110)} - {48, 60}
    assert answers == set(ANSWER_SIDE.by_id)


OUTCOMES = {*REQUEST_SIDE.by_class, BadField, UnknownMessage}


def outcome(codec: TextCodec, payload: bytes) -> type:
    """What a payload comes to: a request, or one of two errors. Any other exception is a failure."""
    try:
        return type(codec.decode(payload))
    except (BadField, UnknownMessage) as error:
        return type(error)


PAYLOADS = [TextCodec(200).encode_request(request) for request in [*REQUESTS, *VARIANTS]]


@settings(max_examples=400)
@given(payload=st.sampled_from(PAYLOADS), data=st.data(), version=st.sampled_from(VERSIONS))
def test_a_damaged_payload_is_a_request_or_one_of_two_errors(payload: bytes, data: st.DataObject, version: int) -> None:
    texts = split_fields(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        spot = data.draw(st.integers(0, len(texts)))
        junk = st.text(max_size=8) | st.sampled_from(["-1", "1e999", "999999999", "Infinity", "2147483648", "\udcff"])
        texts[spot : spot + data.draw(st.integers(0, 2))] = data.draw(st.lists(junk, max_size=2))
    damaged = "\0".join(texts).encode("utf-8", "backslashreplace")
    assert outcome(TextCodec(version), damaged) in OUTCOMES


@given(st.binary(max_size=200))
def test_garbage_is_a_request_or_one_of_two_errors(payload: bytes) -> None:
    for start in (b"", b"3\x00", b"20\x00"):
        assert outcome(TextCodec(200), start + payload) in OUTCOMES
