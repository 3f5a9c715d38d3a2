"""ibapi's own Decoder is the oracle on this lane as well; messages are of IB's own generated classes."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import core, speak
from wires import protobuf

from ibnb import IBApp, tables
from ibnb.core.tape import Recorder
from ibnb.ib import api
from ibnb.verbs.history import _row
from ibnb.wire import fast, fast_protobuf
from tests.wire.test_fast import lines

VERSION = 222
pytestmark = pytest.mark.skipif(api.MAX_CLIENT_VER < VERSION, reason="this ibapi has no such protobuf")

figures = st.one_of(
    st.floats(0, 1e7).map(lambda x: round(x, 2)), st.floats(allow_nan=False), st.sampled_from([0.0, -1.0])
)
texts = st.one_of(
    st.integers(0, 10**9).map(str),
    st.floats(0, 1e7).map(lambda x: f"{x:.3f}"),
    st.sampled_from(
        ["", "0", "-1", "1E+3", "1.5E-8", ".5", "5.", "NaN", "1_0", "2147483647", "9223372036854775807", "x"]
    ),
)
numbers = st.one_of(st.integers(-1, 300), st.integers(-(2**31), 2**31 - 1))
DATES = st.sampled_from(
    ["20251102 01:30:00 US/Eastern", "20250611", "20250611 09:30:00 America/Argentina/Buenos_Aires"]
)


def some(**fields: Any) -> Any:
    """Some of these fields: each may be missing, mostly none is."""
    whole = st.fixed_dictionaries(fields)
    return st.one_of(whole, whole, st.fixed_dictionaries({}, optional=fields))


bars = some(
    date=DATES, open=figures, high=figures, low=figures, close=figures, volume=texts, WAP=texts, barCount=numbers
)
prices = some(
    reqId=st.sampled_from([7, 8, 9]),
    tickType=st.sampled_from([0, 1, 2, 4, 6, 37, 66, 68, 75]),
    price=figures,
    size=texts,
    attrMask=st.integers(0, 7),
)
# A field that nobody knows yet, and a message that is cut off.
spoils = st.sampled_from([lambda body: body] * 6 + [lambda body: body + b"\xa2\x06\x01x", lambda body: body[:-1]])


def told(number: int, body: bytes) -> list[tuple[str, tuple[Any, ...]]] | None:
    """What ibapi's Decoder calls; None if it raises."""
    try:
        return recorder().callbacks(200 + number, [body])
    except Exception:
        return None


@cache
def recorder() -> Recorder:
    """Made once: it takes milliseconds."""
    return Recorder(VERSION)


@settings(deadline=None, max_examples=300)
@given(st.lists(bars, max_size=5), spoils)
def test_bars_are_those_of_the_decoder(rows: list[dict[str, Any]], spoil: Any) -> None:
    body = spoil(protobuf(17, "HistoricalData", reqId=1000001, historicalDataBars=rows))
    found = fast_protobuf.decode_bars(body, VERSION)
    if found is None:
        return
    expected = told(17, body)
    assert expected is not None
    assert found.callbacks == len(expected)
    columns = found.calls[0][1][1]
    assert found.calls[0][1][0] == 1000001
    for (_, (_, bar)), row in zip(expected, columns, strict=True):
        assert repr(tuple(map(str, _row(bar)[:1])) + tuple(map(float, _row(bar)[1:]))) == repr(row)


def test_usual_bars_are_taken() -> None:
    row = {"date": "20250611 09:30:00 US/Eastern", "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5}
    row |= {"volume": "1200", "WAP": "1.207", "barCount": 88}
    few = {key: value for key, value in row.items() if key not in ("open", "barCount")}
    for rows in ([row] * 3, [row | {"barCount": -1, "volume": "-1", "WAP": "-1"}] * 2, [row, few], [row] * 300):
        body = protobuf(17, "HistoricalData", reqId=5, historicalDataBars=rows)
        found = fast_protobuf.decode_bars(body, VERSION)
        assert found is not None
        assert len(rows) == found.callbacks
    assert fast_protobuf.decode_bars(protobuf(17, "HistoricalData", reqId=5), VERSION) is None
    assert fast_protobuf.decode_bars(b"\0\0\0\xd9", VERSION) is None


@settings(deadline=None, max_examples=60)
@given(st.lists(prices, max_size=8), st.sampled_from([1, 20]), st.booleans())
def test_a_run_of_prices_does_what_one_after_the_other_does(
    ticks: list[dict[str, Any]], times: int, overridden_twin: bool
) -> None:
    fast_app, slow = IBApp(), IBApp()
    setattr(slow, "tickPriceProtoBuf" if overridden_twin else "tickPrice", lambda *args: None)
    payloads = [protobuf(1, "TickPrice", **fields) for fields in ticks] * times
    kept = []
    for app in (fast_app, slow):
        speak(app, VERSION)
        found, news = lines(app)
        core(app).incoming.take(payloads)
        ticked = [(contract.secType, *map(repr, told)) for _, *told, contract in news.take(1000)]
        kept.append((ticked, [(repr(line.row()), line.slot.done) for line in found.values()], len(app.problems)))
    assert kept[0] == kept[1]
    pd.testing.assert_frame_equal(*(app.tape.drop(columns="time") for app in (fast_app, slow)))


def test_a_usual_run_is_taken_at_once() -> None:
    body = protobuf(1, "TickPrice", reqId=7, tickType=4, price=205.04, size="100", attrMask=1)
    plain = protobuf(1, "TickPrice", reqId=7, tickType=6, price=205.04, size="0", attrMask=0)
    for many in (2, 200):
        found = fast_protobuf.decode_tick_prices([body] * many + [plain], VERSION)
        assert found is not None
        assert 2 * many + 1 == found.callbacks
        reqIds, kinds, values, size_kinds, sizes = found.calls[0][1]
        assert ([7, 7], [4, 6], [205.04] * 2) == (reqIds[-2:], kinds[-2:], values[-2:])
        assert ([5, None], 100.0) == (size_kinds[-2:], sizes[-2])


def test_an_override_or_its_twin_gets_the_next_message() -> None:
    row = {
        "date": "20250611",
        "open": 1.0,
        "high": 2.0,
        "low": 0.5,
        "close": 1.5,
        "volume": "1",
        "WAP": "1",
        "barCount": 1,
    }
    body = protobuf(17, "HistoricalData", reqId=7, historicalDataBars=[row] * 2)
    for name, times in (("", 0), ("historicalData", 2), ("historicalDataProtoBuf", 1)):
        app, got = IBApp(), []
        speak(app, VERSION)
        core(app).incoming.take_one(body)
        if name:
            setattr(app, name, lambda *args, got=got: got.append(args))
        slot = core(app).pending.open(7, "getData")
        core(app).incoming.take_one(body)
        core(app).pending.close(slot)
        assert (times, 2) == (len(got), len(slot.rows))
        assert isinstance(slot.rows, fast.Columns) == (not name)
        assert 1.5 == tables.bars(slot.rows, "America/New_York")["Close"].iloc[0]
