"""Ticks that come together do what they would do one after the other, on both wires."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from fake_tws import payload
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import core, speak
from wires import BOTH, PROTOBUF, TEXT, generic, price, protobuf, size_tick, text_tick

from ibnb import IBApp
from ibnb.ib.api import MAX_CLIENT_VER
from ibnb.verbs.line import Backlog, Line
from ibnb.wire.fast import run_of

ids = st.sampled_from([7, 8, 9, 10, 11])
prices = st.sampled_from([205.04, 0.0, -1.0, -100.0, 0.01, 1e9])
sizes = st.sampled_from([0, 1, 100, 12345])
ticks = st.one_of(
    st.tuples(st.just(price), ids, st.sampled_from([1, 2, 4, 6, 7, 9, 14, 37, 66, 68, 75, 0]), prices, sizes),
    st.tuples(st.just(size_tick), ids, st.sampled_from([0, 3, 5, 8, 21, 69, 74, 1]), sizes),
    st.tuples(st.just(generic), ids, st.sampled_from([49, 23]), prices),
    st.tuples(st.just(text_tick), ids, st.sampled_from([45, 48]), st.sampled_from(["1749650400", "", "1;2;3;4;5;no"])),
)  # fmt: skip


def told(version: int, messages: list[Any], overridden: str = "") -> tuple[Any, ...]:
    """What becomes of messages: news, rows of the frame, problems and the tape."""
    app, news, its_own = IBApp(), Backlog(), Backlog()
    if overridden:
        setattr(app, overridden, lambda *args: None)
    speak(app, version)
    stock, option = app.createContract("AAPL"), app.createContract("NVDA", "OPT")
    lines = []
    for reqId, contract, kept, extras in (
        (7, stock, news, False),
        (8, option, news, False),
        (9, stock, its_own, True),
        (10, option, None, False),
    ):
        line = Line(contract, core(app).pending.open(reqId, "test"), kept, extras)
        line.slot.taker, line.finishes_slot = line, kept is None
        lines.append(line)
    core(app).incoming.take(messages)
    taken = [
        [(each.symbol, each.field, repr(each.value), each.data_type) for each in n.take(999)] for n in (news, its_own)
    ]
    rows = [(repr(line.row()), line.slot.done) for line in lines]
    return (taken, rows, len(app.problems)), app.tape.drop(columns="time")


@pytest.mark.parametrize("version", BOTH)
@settings(deadline=None, max_examples=60)
@given(st.lists(ticks, max_size=14))
def test_ticks_of_all_kinds_do_what_one_after_the_other_does(version: int, some: list[Any]) -> None:
    messages = [make(version, *rest) for make, *rest in some]
    together, one_by_one = told(version, messages), told(version, messages, "tickGeneric")
    assert together[0] == one_by_one[0]
    pd.testing.assert_frame_equal(together[1], one_by_one[1])


@pytest.mark.parametrize("version", BOTH)
def test_what_a_stream_usually_brings_is_taken_at_once(version: int) -> None:
    usual = [
        price(version, 7, 1, 205.03, 300),
        price(version, 7, 4, 205.04, 100),
        size_tick(version, 7, 8, 12345),
        text_tick(version, 7, 45, "1749650400"),
        generic(version, 7, 49, 0.0),
    ]
    others = [price(version, 8, 37, 205.03), text_tick(version, 8, 45, "1749650400")]
    found = run_of(version).decode_ticks([*usual, *others], version)
    assert found is not None
    ((_, (quotes, calls_of)),) = found.calls
    names = ["tickPrice", "tickSize", "tickPrice", "tickSize", "tickSize", "tickString", "tickGeneric"]
    assert [(7, [1, 0, 4, 5, 8]), (8, None)] == [(each.reqId, each.kinds) for each in quotes]
    assert [205.03, 300, 205.04, 100, 12345] == quotes[0].values
    assert [names, ["tickPrice", "tickString"]] == [[name for name, _ in calls_of(each.messages)] for each in quotes]
    assert len(names) + 2 == found.callbacks


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize("reqId", [0, 127, 128, 20_000, 2_097_151, 2_097_152, 2**31 - 1, -1])
def test_a_request_of_any_number_is_known(version: int, reqId: int) -> None:
    found = run_of(version).decode_ticks([size_tick(version, reqId, 8, 5), size_tick(version, 7, 8, 5)], version)
    assert found is not None
    ((_, (quotes, calls_of)),) = found.calls
    assert [("tickSize", (reqId, 8, 5.0))] == calls_of(quotes[0].messages)
    assert quotes[0].reqId == reqId or quotes[0].kinds is None
    assert (7, [8], [5.0]) == quotes[1][:3]


@pytest.mark.parametrize("version", BOTH)
def test_one_that_is_cut_off_costs_no_other(version: int) -> None:
    whole = [price(version, 7, 1, 205.03, 300), size_tick(version, 7, 8, 12345)]
    messages = [*whole, whole[0][:-4], *whole]
    together, one_by_one = told(version, messages), told(version, messages, "tickGeneric")
    assert together[0] == one_by_one[0]
    assert (6, 1) == (len(together[0][0][0]), together[0][2])


def test_one_without_a_request_costs_no_other() -> None:
    usual = size_tick(TEXT, 7, 8, 12345)
    for messages in ([payload(2, 6, "", 8, 5), usual], [usual, payload(2, 6, "", 8, 5), usual]):
        together, one_by_one = told(TEXT, messages), told(TEXT, messages, "tickGeneric")
        assert together[0] == one_by_one[0]
        pd.testing.assert_frame_equal(together[1], one_by_one[1])


@pytest.mark.skipif(MAX_CLIENT_VER < PROTOBUF, reason="this ibapi has no protobuf")
def test_what_a_price_of_the_protobuf_lane_leaves_out_costs_no_other() -> None:
    high = protobuf(1, "TickPrice", reqId=7, tickType=6, price=205.04)
    last = protobuf(1, "TickPrice", reqId=8, tickType=4, price=205.03, size="100")
    messages = [high, size_tick(PROTOBUF, 7, 8, 1), last, size_tick(PROTOBUF, 8, 8, 1)]
    together, one_by_one = told(PROTOBUF, messages), told(PROTOBUF, messages, "tickGeneric")
    assert together[0] == one_by_one[0]
    assert (5, 0) == (len(together[0][0][0]), together[0][2])
    found = run_of(PROTOBUF).decode_ticks(messages, PROTOBUF)
    assert found is not None
    assert [None, [4, 5, 8]] == [each.kinds for each in found.calls[0][1][0]]


def test_a_message_in_between_keeps_its_place() -> None:
    many = [price(TEXT, 7, 4, 205.04, 100), size_tick(TEXT, 7, 8, 1), payload(58, 1, 7, 3), size_tick(TEXT, 7, 8, 2)]
    (taken, _, _), tape = told(TEXT, many)
    assert ["live", "live", "live", "delayed"] == [each[3] for each in taken[0]]
    assert ["tickPrice", "tickSize", "tickSize", "marketDataType", "tickSize"] == tape["name"].tolist()
