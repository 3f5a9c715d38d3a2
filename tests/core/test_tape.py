from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from ibnb.core.tape import Tape, brief
from ibnb.ib import api


def make(size: int = 100) -> Tape:
    tape = Tape(lambda: 1749650400.0, size)
    contract = api.Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = "AAPL", "STK", "SMART", "USD"
    tape.request("reqHistoricalData", {"self": object(), "reqId": 5, "contract": contract, "durationStr": "3 M"})
    contract.symbol = "changed later"
    tape.answer("historicalDataEnd", (5, "a", "b"))
    tape.answer("nextValidId", (9,))
    return tape


def test_requests_and_callbacks_in_order_with_id_and_summary() -> None:
    table = make().frame()
    assert ["→", "←", "←"] == list(table["direction"])
    assert ["reqHistoricalData", "historicalDataEnd", "nextValidId"] == list(table["name"])
    assert [5, 5, None] == [None if x is None or x != x else x for x in table["id"].astype(object).where(table["id"].notna(), None)]  # fmt: skip  # noqa: E501
    assert "reqId=5, contract=AAPL STK SMART USD, durationStr='3 M'" == table["summary"].iloc[0]
    assert "2025-06-11 10:00:00-04:00" == str(table["time"].iloc[0])


def test_an_error_is_shown_without_the_time_that_only_newer_versions_tell() -> None:
    """Lesson 01's table was another one with ibapi 9.81.1, where that time is 0 (#12)."""
    tape = Tape(lambda: 0.0)
    for told in (0, 1749650400000):
        tape.answer("error", (-1, told, 2104, "Market data farm connection is OK:usfarm", ""))
    assert {"-1, 2104, 'Market data farm connection is OK:usfarm', ''"} == set(tape.frame()["summary"])


def test_the_ring_is_bounded_and_keeps_its_numbers() -> None:
    tape = make(2)
    assert [2, 3] == list(tape.frame().index)
    tape.clear()
    assert 0 == len(tape)
    assert ["time", "direction", "name", "id", "latency", "thread", "summary"] == list(tape.frame().columns)


def test_switched_off_it_records_no_requests() -> None:
    tape = make()
    tape.on = False
    tape.request("reqIds", {"numIds": 1})
    assert 3 == len(tape)


def test_large_messages_are_let_go_of_early() -> None:
    tape = make(1000)
    for _ in range(50):
        tape.messages(600, 17, [b"bytes"], 176)
    assert 1000 == len(tape)
    assert 3 >= sum(entry[2] == "message" for entry in tape._entries())


def test_many_messages_are_read_by_one_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    # To make ibapi's Decoder takes 3 ms, because it looks at each of its callbacks: 46 s for two minutes of streams.
    made: list[int] = []

    def make_interpreter(wrapper: object, version: int) -> object:
        made.append(version)
        return lambda msg_id, payload: wrapper.tickSize(msg_id, 0, payload)  # type: ignore[attr-defined]

    monkeypatch.setattr(api, "make_interpreter", make_interpreter)
    tape = Tape(lambda: 0.0)
    for _ in range(10):
        tape.messages(1, 7, [b"1"], 176)
    assert [row[3] for row in tape.rows()] == ["tickSize"] * 10
    assert made == [176]


def test_the_numbers_are_right_after_many_requests() -> None:
    tape = make(1000)
    for at in range(12_345):
        tape.answer("nextValidId", (at,))
    table = tape.frame()
    assert list(range(3 + 12_345 - 999, 3 + 12_346)) == list(table.index)
    assert "12344" == table["summary"].iloc[-1]
    tape.clear()
    tape.answer("nextValidId", (9,))
    assert [3 + 12_346] == list(tape.frame().index)


def test_what_is_recorded_while_the_time_is_told_is_counted() -> None:
    """Two of 40,000 were lost when a thread gave way there, and the others had filled the ring before it went on."""
    others = [range(3_000)]

    def now() -> float:
        for at in others.pop() if others else ():
            tape.answer("nextValidId", (at,))
        return 0.0

    tape = Tape(now, 1000)
    tape.answer("nextValidId", (1,))
    assert 3_001 == tape.frame().index[-1]


def test_threads_that_record_at_once_lose_nothing() -> None:
    tape = Tape(lambda: 0.0, 1000)
    threads = [
        threading.Thread(target=lambda: [tape.answer("nextValidId", (at,)) for at in range(5_000)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 40_000 == tape.frame().index[-1]
    assert 1000 == len(tape.frame())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "'x'"),
        (3, "3"),
        ("y" * 200, "'" + "y" * 76 + "..."),
        (SimpleNamespace(action="BUY", totalQuantity=5, orderType="LMT", lmtPrice=2.5), "BUY 5 LMT 2.5"),
        (
            SimpleNamespace(action="BUY", totalQuantity=5, orderType="MKT", lmtPrice=1.7976931348623157e308),
            "BUY 5 MKT",
        ),
        # The same on both wires: what isn't known is a number on the one and nothing on the other.
        (
            SimpleNamespace(status="Submitted", initMarginChange="1.7976931348623157E308", warningText=""),
            "Submitted",
        ),
        (SimpleNamespace(status="PreSubmitted", initMarginChange="", warningText=""), "PreSubmitted"),
        ([1, "x"], "[1, 'x']"),
        # Their text, not the place in memory that their repr begins with.
        ([api.TagValue("a", "b")], f"[{api.TagValue('a', 'b')}]"),
        (list(range(10**6)), f"[{', '.join(map(str, range(80)))}"[:77] + "..."),
    ],
)
def test_arguments_are_shown_by_what_matters(value: object, text: str) -> None:
    assert text == brief(value)


def test_latency_is_from_the_request_of_the_id_to_each_of_its_callbacks() -> None:
    moments = iter((0.0, 0.25, 1.0, 2.0, 2.5, 3.0))
    tape = Tape(lambda: next(moments))
    tape.request("reqHistoricalData", {"self": object(), "reqId": 5})
    tape.request("reqHistoricalData", {"self": object(), "reqId": 6})
    tape.answer("historicalDataEnd", (6, "a", "b"))
    tape.answer("historicalDataEnd", (5, "a", "b"))
    tape.answer("currentTime", (1749650400,))
    tape.answer("tickPrice", (9, 1, 1.0))
    latency = tape.frame()["latency"]
    assert [750.0, 2000.0] == latency.iloc[2:4].tolist()
    assert latency.isna().tolist() == [True, True, False, False, True, True]


def test_the_thread_is_the_one_that_sent_or_called_back() -> None:
    tape, go_on = Tape(lambda: 0.0), threading.Event()
    recorded = threading.Barrier(3)

    def record() -> None:
        tape.answer("nextValidId", (1,))
        recorded.wait(60)
        go_on.wait(60)

    names = ("ibnb reader 127.0.0.1:7497", "worker")
    threads = [threading.Thread(target=record, name=name) for name in names]
    for thread in threads:
        thread.start()
    recorded.wait(60)
    tape.request("reqIds", {"numIds": 1})
    try:
        assert {"reader", "worker", "MainThread"} == set(tape.frame()["thread"])
    finally:
        go_on.set()
    for thread in threads:
        thread.join()
    assert {"ended", "MainThread"} == set(tape.frame()["thread"])
