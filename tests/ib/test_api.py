from __future__ import annotations

import math
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from fake_tws import payload

from ibnb.ib import api

OLD = api.IBAPI_VERSION.startswith("9.")


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", " ", math.nan, 1.7976931348623157e308, 2**31 - 1, 2**63 - 1, -(2**63), Decimal(2**127 - 1)),
        *("1.7976931348623157E308", "2147483647", "9223372036854775807"),
    ],
)
def test_every_constant_for_no_value_is_unset_and_becomes_nan(value: object) -> None:
    assert api.is_unset(value)
    assert math.isnan(api.to_float(value))


@pytest.mark.parametrize("value", [0, 0.0, False, True, -1, "0", "12", "AAPL", "1.5", "7 days", Decimal(0)])
def test_zero_and_ordinary_values_are_not_unset(value: object) -> None:
    assert not api.is_unset(value)


def test_numbers_of_every_type_become_floats() -> None:
    assert [1.5, 2.0, 3.25, -1.0] == [api.to_float(x) for x in ("1.5", 2, Decimal("3.25"), -1)]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((7, 200, "no"), (7, 0, 200, "no", "")),
        ((7, 201, "no", "{}"), (7, 0, 201, "no", "{}")),
        ((7, 1749650400000, 200, "no"), (7, 1749650400000, 200, "no", "")),
        ((7, 1749650400000, 201, "no", "{}"), (7, 1749650400000, 201, "no", "{}")),
    ],
)
def test_error_arguments_of_every_release_become_five(args: tuple[object, ...], expected: tuple[object, ...]) -> None:
    assert expected == tuple(api.error_event(args))


@pytest.mark.parametrize("name", ["commission", "commissionAndFees"])
def test_a_commission_report_has_both_names(name: str) -> None:
    raw = SimpleNamespace(
        execId="1", currency="USD", realizedPNL=1.7976931348623157e308, yield_=0.0, yieldRedemptionDate=0
    )
    setattr(raw, name, 1.25)
    report = api.commission_report(raw)
    assert (1.25, 1.25) == (report.commission, report.commissionAndFees)
    assert math.isnan(report.realizedPNL)


@pytest.mark.parametrize(
    ("version", "max_client", "parameters", "cancel_class", "bad"),
    [
        ("9.81.1-1", 157, ("orderId",), False, False),
        ("10.50.02", 226, ("orderId", "orderCancel"), True, False),
        ("10.19.04", 176, ("orderId", "manualCancelOrderTime"), False, False),
        ("9.81.1-1", 226, ("orderId", "orderCancel"), True, True),
        ("10.50.02", 157, ("orderId",), True, True),
        ("9.81.1-1", 157, ("orderId",), True, True),
        ("10.50.02", 226, ("orderId",), True, True),
    ],
)
def test_two_releases_in_one_folder_are_recognised(
    version: str, max_client: int, parameters: tuple[str, ...], cancel_class: bool, bad: bool
) -> None:
    assert bad == (api.mixture(version, max_client, parameters, cancel_class) is not None)


@pytest.mark.parametrize(
    ("parameters", "value", "expected"),
    [((), None, ()), (("manualCancelOrderTime",), None, ("",)), (("manualCancelOrderTime",), "t", ("t",))],
)
def test_older_cancel_calls_get_the_arguments_they_take(
    parameters: tuple[str, ...], value: object, expected: tuple[object, ...]
) -> None:
    assert expected == api.order_cancel(parameters, value)


@pytest.mark.skipif(OLD, reason="OrderCancel came with 10.30")
@pytest.mark.parametrize(("value", "time"), [(None, ""), ("20250611-14:00:00", "20250611-14:00:00")])
def test_newer_cancel_calls_get_an_order_cancel(value: str | None, time: str) -> None:
    (made,) = api.order_cancel(("orderCancel",), value)
    assert time == made.manualOrderCancelTime


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (157, b"\0\0\0\x05" + b"49\x001\x00"),
        (201, b"\0\0\0\x06" + b"\0\0\x00\x31" + b"1\0"),
        (213, b"\0\0\0\x04" + b"\0\0\x00\xf9"),
    ],
)
def test_the_fence_is_asked_in_the_form_of_the_server(version: int, expected: bytes) -> None:
    assert expected == api.current_time_request(version)
    assert api.message_id(expected[4:], version) in (49, 249)


def test_the_real_decoder_calls_the_wrapper() -> None:
    calls: list[tuple[object, ...]] = []
    wrapper = SimpleNamespace(nextValidId=lambda n: calls.append(("id", n)), historicalData=lambda *a: calls.append(a))
    interpret = api.make_interpreter(wrapper, 157)
    interpret(9, payload(9, 1, 42))
    body = payload(17, 5, "20250610", "20250611", 1, "20250611", 1.0, 3.0, 0.5, 2.0, 100, 1.5, 7)
    wrapper.historicalDataEnd = lambda *a: calls.append(a)
    interpret(17, body)
    assert ("id", 42) == calls[0]
    bar: Any = calls[1][1]
    average = bar.average if OLD else bar.wap
    told = (bar.date, bar.open, bar.high, bar.low, bar.close, bar.volume, float(average), bar.barCount)
    assert ("20250611", 1.0, 3.0, 0.5, 2.0, 100, 1.5, 7) == told
    assert (5, "20250610", "20250611") == calls[2]


def test_what_ibapi_finds_out_about_its_callbacks_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """#14: 170 signatures with each connection, a fifth of the time that a session in this process takes to open."""
    api.make_interpreter(SimpleNamespace(), 157)
    looks: list[object] = []
    monkeypatch.setattr(api.Decoder, "discoverParams", looks.append)
    asked: list[tuple[object, ...]] = []
    api.make_interpreter(SimpleNamespace(nextValidId=lambda *args: asked.append(args)), 157)(9, payload(9, 1, 27))
    assert (asked, looks) == ([(27,)], [])


@pytest.mark.skipif(api.MAX_CLIENT_VER < 213, reason="this ibapi has no protobuf")
def test_protobuf_messages_reach_the_same_callbacks() -> None:
    from ibapi.protobuf.NextValidId_pb2 import NextValidId

    calls: list[int] = []
    wrapper = SimpleNamespace(nextValidId=calls.append, nextValidIdProtoBuf=lambda message: None)
    message = (209).to_bytes(4, "big") + NextValidId(orderId=42).SerializeToString()
    api.make_interpreter(wrapper, 213)(api.message_id(message, 213), message)
    assert [42] == calls


def test_the_newest_version_that_is_offered_carries_an_order_for_any_contract() -> None:
    """10.37 stops at 203 with AttributeError, if a contract names its primaryExchange; so it is offered 202 there."""
    sent: list[bytes] = []
    client = api.EClient(api.EWrapper())
    client.conn = SimpleNamespace(sendMsg=sent.append, isConnected=lambda: True, disconnect=lambda: None)
    client.setConnState(client.CONNECTED)
    client.serverVersion_ = api.MAX_CLIENT_VER
    contract = api.Contract()
    for name, value in vars(contract).items():
        if value == "" and name not in ("multiplier", "lastTradeDateOrContractMonth"):
            setattr(contract, name, "ISLAND")
    order = api.Order()
    order.action, order.orderType, order.totalQuantity = "BUY", "MKT", api.to_decimal(1)
    client.placeOrder(1, contract, order)
    assert b"ISLAND" in sent[0]
