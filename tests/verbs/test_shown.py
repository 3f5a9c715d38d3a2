"""What shows itself in a notebook: streams, account updates, order reports, histories, guards (first_use B7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import ibnb


@pytest.fixture
def app() -> Iterator[Any]:
    yield ibnb.connect()
    ibnb.reset()


def test_a_quote_stream_says_of_what_and_shows_its_frame(app: Any) -> None:
    stream = app.streamQuotes(["AAPL", "MSFT"])
    assert repr(stream) == "<QuoteStream of AAPL, MSFT: not open>"
    with stream:
        assert repr(stream) == "<QuoteStream of AAPL, MSFT: open>"
        page = stream._repr_html_()
    assert page.startswith("<p><b>QuoteStream of AAPL, MSFT: open</b></p>")
    assert "<th>AAPL</th>" in page
    assert repr(stream) == "<QuoteStream of AAPL, MSFT: closed>"


@pytest.mark.parametrize(
    "begin",
    [
        lambda app: app.streamTicks("AAPL"),
        lambda app: app.streamDepth("AAPL"),
        lambda app: app.streamBars("AAPL", app.dataSettings("1 D", "1 min")),
        lambda app: app.streamRealTimeBars("AAPL"),
    ],
)
def test_every_stream_says_how_it_stands(app: Any, begin: Any) -> None:
    stream = begin(app)
    name = type(stream).__name__
    assert repr(stream) == f"<{name} of AAPL: not open, 0 rows>"
    with stream:
        app.sleep(10)
        assert repr(stream) == f"<{name} of AAPL: open, {len(stream.df)} rows>"
        assert len(stream.df)
        assert "<table" in stream._repr_html_()
        assert stream._repr_html_().count("<tr>") <= 12
    assert f"{name} of AAPL: closed" in repr(stream)


def test_account_updates_a_report_and_a_guard_are_readable(app: Any) -> None:
    updates = app.getAccountUpdates()
    assert (
        repr(updates)
        == f"<AccountUpdates at {updates.time}: {len(updates.portfolio)} positions, {len(updates.values)} values>"
    )
    assert updates._repr_html_().count("<table") == 2
    app.placeOrderNow("AAPL", app.createOrder("BUY", 1), wait="Filled")
    page = app.waitOrder(1, "Filled")._repr_html_()
    assert page.startswith("<p><b>Order 1</b></p>")
    assert "<td>Filled</td>" in page
    guard = ibnb.AccountGuard(app, max_loss=0.05)
    assert repr(guard) == "<AccountGuard isn't watching, 0 actions>"
    with guard:
        assert repr(guard).startswith("<AccountGuard watches (DU*****67: ")
    assert "isn't watching" in repr(guard)
    assert (
        repr(ibnb.AccountGuard(app, max_loss=0.05, dry_run=True)) == "<AccountGuard isn't watching, dry run, 0 actions>"
    )


def test_a_history_shows_its_symbols(app: Any) -> None:
    history = app.getHistory(["AAPL", "MSFT"], "2025-05-30", barSize="1 hour")
    page = history._repr_html_()
    assert page.startswith("<p><b>History of 2 symbols: ")
    assert "<th>MSFT</th>" in page
