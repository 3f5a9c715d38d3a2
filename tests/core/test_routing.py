"""A message with an unknown code decides nothing: what follows it does (orders_and_safety 3.6)."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from fake_tws import FakeTWS
from inside import core
from small_app import App
from virtual import on_virtual_time

from ibnb import IBApp, MarketDataError, createContract
from ibnb.errors import RequestError

UNKNOWN = 99999


def ask(answer: Any, timeout: float = 60.0) -> tuple[str, float]:
    """(what getHead returns, seconds of the session's clock that it took)."""
    tws, app = FakeTWS(answers={87: answer}), App()
    tws.pair(app)
    clock = on_virtual_time(app)
    before = clock.now()
    try:
        return app.getHead(timeout), clock.now() - before
    finally:
        app.disconnect()
        tws.close()


def test_the_answer_that_follows_an_unknown_code_is_the_answer() -> None:
    def answer(fields: list[str]) -> list[tuple[Any, ...]]:
        return [(4, 2, fields[1], UNKNOWN, "a new notice"), (88, fields[1], "20000103-14:30:00")]

    assert ask(answer)[0] == "20000103-14:30:00"


@pytest.mark.parametrize(("timeout", "waited"), [(60.0, 2.0), (1.0, 0.5)])
def test_an_unknown_code_that_nothing_follows_was_the_answer(timeout: float, waited: float) -> None:
    with pytest.raises(RequestError, match="something new") as caught:
        ask(lambda fields: [(4, 2, fields[1], UNKNOWN, "something new")], timeout)
    assert caught.value.code == UNKNOWN


class Quotes:
    """A TWS that says something unknown about each quote, and then gives it, or doesn't."""

    def __init__(self, *ticks: tuple[int, float]) -> None:
        self.tws = FakeTWS(answers={1: lambda fields: self.answer(fields[2])})
        self.ticks = ticks
        self.app: Any = IBApp()
        self.tws.pair(self.app)
        self.app.pacing.on, self.app.timeout = False, 1.0
        on_virtual_time(self.app)

    def answer(self, reqId: str) -> list[tuple[Any, ...]]:
        prices = [(1, 6, reqId, kind, price, 100, 0) for kind, price in self.ticks]
        return [(4, 2, reqId, UNKNOWN, "a new notice"), *prices]

    def close(self) -> None:
        self.app.disconnect()
        self.tws.close()


def test_a_quote_comes_after_an_unknown_code() -> None:
    """99999 with ticks following was a MarketDataError."""
    peer = Quotes((1, 100.0), (2, 100.1), (4, 100.05))
    try:
        assert peer.app.getQuote(createContract("NVDA"))["bid"] == 100.0
    finally:
        peer.close()


def test_no_quote_comes_after_an_unknown_code() -> None:
    peer = Quotes()
    try:
        with pytest.raises(MarketDataError, match="a new notice"):
            peer.app.getQuote(createContract("NVDA"))
    finally:
        peer.close()


def test_a_stream_goes_on_after_an_unknown_code() -> None:
    peer = Quotes((1, 100.0))
    try:
        with peer.app.streamQuotes([createContract("NVDA")]) as quotes:
            assert core(peer.app).clock.wait(lambda: quotes.df["bid"].tolist() == [100.0], 5.0)
            assert len(peer.app.streams) == 1
    finally:
        peer.close()
    assert not [each for each in threading.enumerate() if each.name == "ibnb reader"]
