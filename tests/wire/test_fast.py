"""ibapi's own Decoder is the oracle: whatever it says about a message, the fast way must say the same."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd
import pytest
from fake_tws import payload
from hypothesis import given, settings
from hypothesis import strategies as st
from inside import core, speak

from ibnb import IBApp, IBError, tables
from ibnb.core.pending import Slot
from ibnb.core.tape import Recorder
from ibnb.ib import api
from ibnb.verbs.history import _row
from ibnb.verbs.line import Backlog, Line
from ibnb.wire import fast, fast_text

OLD = api.IBAPI_VERSION.startswith("9.")
VERSIONS = [version for version in (100, 123, 124, 157, 176, 195, 196, 200) if version <= api.MAX_CLIENT_VER]

prices = st.one_of(
    st.floats(0, 1e7).map(lambda value: f"{value:.2f}"),
    st.floats(-1e6, 1e12).map(repr),
    st.sampled_from(["0", "-1", "1.0E-4", "2.5E7", "1.7976931348623157E308", "0.1", ".5", "5.", "-0.0", "", "007"]),
    st.integers(-(10**6), 10**17).map(str),
)
whole = st.one_of(st.integers(-1, 10**12).map(str), st.sampled_from(["", "2147483647", "9223372036854775807"]))
sizes = whole if OLD else st.one_of(prices, whole)
averages = prices if OLD else sizes
DATES = ["20251102 01:30:00 US/Eastern", "20250611", "1749650400", "20250611 09:30:00 Europe/Berlin", ""]


@st.composite
def bars_messages(draw: st.DrawFn) -> tuple[bytes, int]:
    version = draw(st.sampled_from(VERSIONS))
    count = draw(st.integers(0, 6))
    head: list[Any] = [17] + [3] * (version < 124) + [7] + ["20250610", "20250611"] * (version < 196)
    fields = [*head, count]
    for _ in range(count):
        fields += [draw(st.sampled_from(DATES)), *(draw(prices) for _ in range(4)), draw(sizes), draw(averages)]
        fields += ["false"] * (version < 124) + [draw(whole)]
    # A message may be cut, or longer than it says.
    end = draw(st.sampled_from([None, None, None, None, len(fields) - 1]))
    return payload(*fields[:end], *draw(st.sampled_from([[], [], ["more"]]))), version


@settings(deadline=None)
@given(bars_messages())
def test_bars_are_those_of_the_decoder(message: tuple[bytes, int]) -> None:
    body, version = message
    found = fast_text.decode_bars(body, version)
    if found is None:
        return
    told = Recorder(version).callbacks(17, [body])
    assert found.callbacks == len(told)
    rows = [_row(args[1]) for name, args in told if name == "historicalData"]
    columns = found.calls[0][1][1]
    assert [row[0] for row in rows] == [row[0] for row in columns]
    for one, other in zip(rows, columns, strict=True):
        for expected, value in zip(one[1:], other[1:], strict=True):
            expected = float(expected)
            # All that is so large means "unset", and becomes NaN when the frame is made.
            assert repr(value) == repr(expected) or min(abs(value), abs(expected)) > 1.7e38
    assert [each for each in told if each[0] == "historicalDataEnd"] == list(found.calls[1:])


SHAPES = {
    "usual": (["20250611 09:30:00 US/Eastern", "205.04", "205.3", "204.9", "205.1", "1200", "205.07", "88"], True),
    "a quote": (["20250611", "1.1", "1.2", "1.0", "1.15", "-1", "-1", "-1"], True),
    "small prices": (["1749650400", "1.0E-4", "2.0E-4", "1.0E-5", "1.5E-4", "1", "1.7E-4", "1"], True),
    "many digits": (["20250611", "0.30000000000000004", "1", "1", "1", "1", "205.04567890123456", "1"], True),
    "an empty price": (["20250611", "", "1", "1", "1", "1", "1", "1"], False),
    "an unset volume": (["20250611", "1", "1", "1", "1", "9223372036854775807", "1", "1"], False),
    "a count with a point": (["20250611", "1", "1", "1", "1", "1", "1", "1.5"], False),
    "no number": (["20250611", "1", "one", "1", "1", "1", "1", "1"], False),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_usual_is_taken_and_what_is_not_is_left_to_the_decoder(shape: str, version: int) -> None:
    fields, taken = SHAPES[shape]
    fields = [*fields[:7], *["false"] * (version < 124), fields[7]]
    head = [17] + [3] * (version < 124) + [7] + ["a", "b"] * (version < 196)
    assert taken == (fast_text.decode_bars(payload(*head, 3, *fields * 3), version) is not None)


def ask(app: IBApp, body: bytes, version: int) -> Any:
    """Give a message to an app that waits for the bars of request 7."""
    speak(app, version)
    slot = core(app).pending.open(7, "getData")
    core(app).incoming.take_one(body)
    core(app).pending.close(slot)
    return slot


@settings(deadline=None, max_examples=60)
@given(bars_messages())
def test_frames_of_both_ways_are_the_same(message: tuple[bytes, int]) -> None:
    body, version = message
    fast, slow = IBApp(), IBApp()
    slow.historicalData = lambda *args: None
    one, other = ask(fast, body, version), ask(slow, body, version)
    assert (one.done, len(fast.problems)) == (other.done, len(slow.problems))
    try:
        expected = tables.bars(other.rows, "America/New_York")
    except IBError:
        with pytest.raises(IBError, match="date"):
            tables.bars(one.rows, "America/New_York")
        return
    pd.testing.assert_frame_equal(tables.bars(one.rows, "America/New_York"), expected, check_exact=True)
    pd.testing.assert_frame_equal(fast.tape.drop(columns="time"), slow.tape.drop(columns="time"))


BODY = payload(17, 7, "a", "b", 2, *SHAPES["usual"][0] * 2)


def test_columns_are_kept_until_somebody_wants_rows() -> None:
    app = IBApp()
    slot = ask(app, BODY, 157)
    assert isinstance(slot.rows, fast.Columns)
    assert slot.rows[0] == slot.rows[1] == next(iter(slot.rows))
    assert slot.rows[-1:] == [slot.rows[0]]
    assert ["historicalData", "historicalData", "historicalDataEnd"] == app.tape["name"].tolist()


def test_rows_that_follow_columns_are_added() -> None:
    app = IBApp()
    slot = core(app).pending.open(7, "getData")
    columns = fast_text.decode_bars(BODY, 157).calls[0][1][1]
    slot.add_all(columns)
    slot.add(("later",))
    slot.add_all(columns)
    assert [2, 1, 2] == [len(columns), slot.rows.count(("later",)), slot.rows[3:].count(columns[0])]


def test_an_override_put_on_the_object_gets_the_next_message_and_its_end_the_one_after() -> None:
    app, got = IBApp(), []
    ask(app, BODY, 157)
    app.historicalData = lambda reqId, bar: got.append(bar.close)
    ask(app, BODY, 157)
    assert [205.1, 205.1] == got
    del app.historicalData
    assert isinstance(ask(app, BODY, 157).rows, fast.Columns)
    app.historicalDataEnd = lambda *args: got.append(args)
    assert isinstance(ask(app, BODY, 157).rows, list)
    assert (7, "a", "b") == got[-1]


def test_ibapis_info_log_still_shows_every_bar(caplog: pytest.LogCaptureFixture) -> None:
    app = IBApp()
    ask(app, BODY, 157)
    assert [] == caplog.records
    with caplog.at_level(logging.INFO):
        ask(app, BODY, 157)
    assert 2 == sum("ANSWER historicalData " in record.getMessage() for record in caplog.records)


def test_a_handler_inside_that_wants_single_bars_gets_them() -> None:
    app, got = IBApp(), []
    ask(app, BODY, 157)
    core(app).dispatcher.listen("historicalData", lambda reqId, bar: got.append(bar.close))
    ask(app, BODY, 157)
    assert [205.1, 205.1] == got


# --- ticks ---------------------------------------------------------------------------------------


@st.composite
def tick_messages(draw: st.DrawFn) -> tuple[int, bytes, int]:
    version, kind = draw(st.sampled_from(VERSIONS)), draw(st.integers(-1, 104))
    fields = [1, 6, 7, kind, draw(prices), draw(sizes), draw(st.integers(0, 7))]
    others = [[2, 6, 7, kind, draw(sizes)], [45, 6, 7, kind, draw(prices)], [46, 6, 7, kind, draw(st.text("a1; é"))]]
    fields = draw(st.sampled_from([fields, *others]))
    return int(fields[0]), payload(*fields), version


@settings(deadline=None)
@given(tick_messages())
def test_ticks_are_those_of_the_decoder(message: tuple[int, bytes, int]) -> None:
    msg_id, body, version = message
    decode, _ = fast.find_decoder(msg_id, version)
    assert decode is not None
    found = decode(body, version)
    if found is None:
        return
    told = Recorder(version).callbacks(msg_id, [body])
    assert [name for name, _ in told] == [name for name, _ in found.calls]
    assert found.callbacks == len(told)
    for (_, expected), (_, args) in zip(told, found.calls, strict=True):
        assert expected[:2] == args[:2]
        read = str if msg_id == 46 else api.to_float
        assert repr(read(expected[2])) == repr(read(args[2]))
        assert [vars(each) for each in expected[3:]] == [vars(each) for each in args[3:]]


@st.composite
def bar_updates(draw: st.DrawFn) -> bytes:
    fields: list[Any] = [90, 7, draw(whole), draw(st.sampled_from(DATES)), *(draw(prices) for _ in range(4))]
    fields += [draw(averages), draw(sizes)]
    return payload(*fields[: draw(st.sampled_from([None, None, None, len(fields) - 1]))])


@settings(deadline=None)
@given(bar_updates(), st.sampled_from(VERSIONS))
def test_growing_bars_are_those_of_the_decoder(body: bytes, version: int) -> None:
    found = fast_text.decode_bar_update(body, version)
    if found is not None:
        [(name, (reqId, bar))] = Recorder(version).callbacks(90, [body])
        assert (name, reqId) == (found.calls[0][0], found.calls[0][1][0])
        expected, told = _row(bar), _row(found.calls[0][1][1])
        assert [expected[0], *map(float, expected[1:])] == [told[0], *map(float, told[1:])]


SOME = st.lists(st.tuples(st.sampled_from([7, 8, 9]), st.sampled_from([1, 2, 4, 6, 9, 37, 66, 67, 75]), prices, sizes))


def lines(app: IBApp) -> Any:
    """A stream of two lines, one of them with a quote's end, fed from `messages`."""
    stock, option = app.createContract("AAPL"), app.createContract("NVDA", "OPT")
    news = Backlog()
    found = {}
    for reqId, contract, kept in ((7, stock, news), (8, option, news), (9, stock, None)):
        line = found[reqId] = Line(contract, Slot(reqId, "test"), kept)
        line.finishes_slot = kept is None
        line.slot = core(app).pending.open(reqId, "test")
        line.slot.taker = line
    return found, news


@settings(deadline=None, max_examples=40)
@given(SOME, st.booleans())
def test_a_run_of_prices_does_what_one_after_the_other_does(ticks: list[tuple[int, int, str, str]], live: bool) -> None:
    fast, slow = IBApp(), IBApp()
    slow.tickPrice = lambda *args: None
    payloads = [payload(1, 6, reqId, kind, price, size, 1) for reqId, kind, price, size in ticks]
    kept = []
    for app in (fast, slow):
        speak(app, 157)
        found, news = lines(app)
        found[7].data_type = "live" if live else ""
        core(app).incoming.take(payloads)
        ticked = [(contract.secType, *map(repr, told)) for _, *told, contract in news.take(1000)]
        kept.append((ticked, [(repr(line.row()), line.slot.done) for line in found.values()], len(app.problems)))
    assert kept[0] == kept[1]
    shown = [app.tape.drop(columns="time") for app in (fast, slow)]
    pd.testing.assert_frame_equal(*shown)


def test_a_run_is_decoded_at_once_but_not_for_an_override() -> None:
    body = payload(1, 6, 7, 4, 205.04, 100, 1)
    size = payload(2, 6, 7, 5, 100)
    found_runs = list(fast.runs([body, body, b"x", body, b"y", body, size]))
    assert [([body, body], True), ([b"x"], True), ([body], True), ([b"y"], True), ([body, size], False)] == found_runs
    found = fast_text.decode_tick_prices([body, body], 157)
    assert found is not None
    assert (4, ([7, 7], [4, 4], [205.04] * 2, [5, 5], [100] * 2)) == (found.callbacks, found.calls[0][1])
    assert fast_text.decode_tick_prices([body, b"1\0006\0"], 157) is None


def test_the_end_of_the_connection_drops_the_rest() -> None:
    app, got = IBApp(), []
    speak(app, 157)

    def end(*args: Any) -> None:
        got.append(args)
        core(app).lifecycle.connection = object()

    app.tickPrice = end
    core(app).incoming.take([payload(1, 6, 7, 4, 205.04, 100, 1)] * 3)
    assert 1 == len(got)


def test_usual_ticks_are_taken() -> None:
    assert fast_text.decode_tick_price(payload(1, 6, 7, 4, 205.04, 100, 1), 157) is not None
    assert fast_text.decode_tick_size(payload(2, 6, 7, 8, 12345), 157) is not None
    assert fast_text.decode_tick_generic(payload(45, 6, 7, 49, "0.0"), 157) is not None
    assert fast_text.decode_tick_string(payload(46, 6, 7, 45, "1749650400"), 157) is not None


def test_usual_growing_bars_are_taken() -> None:
    bar = payload(90, 7, 88, "20250611 09:30:00 US/Eastern", 205.04, 205.1, 205.3, 204.9, 205.07, 1200)
    assert fast_text.decode_bar_update(bar, 157) is not None


def test_raw_text_has_no_fast_way() -> None:
    assert fast.find_decoder(17, 200)[0] is fast_text.decode_bars
    assert fast.find_decoder(17, 201) == (None, ())
