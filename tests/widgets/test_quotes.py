from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scripted import ScriptedTWS

from ibnb import ContractNotFoundError, IBApp, QuoteBoard


def symbols(board: QuoteBoard) -> list[str]:
    return [line.split()[0] for line in board.text.splitlines()[2:]]


def test_each_symbol_has_a_row_with_its_quote(app: IBApp) -> None:
    board = QuoteBoard(app, ["AAPL", "NVDA"])
    quote = app.getQuote("AAPL")
    row = board.text.splitlines()[2].split()
    assert row[0] == "AAPL"
    assert [row[1], row[3], row[4], row[6]] == ["live", *(f"{quote[name]:.2f}" for name in ("bid", "ask", "last"))]
    assert row[7] == f"{quote['last'] / quote['close'] - 1:+.2%}"
    assert repr(board) == "QuoteBoard(AAPL, NVDA)"


def test_it_goes_on_by_itself_and_draws_the_course(
    app: IBApp, until: Callable[[Any, Callable[[str], bool]], None]
) -> None:
    board = QuoteBoard(app, "AAPL")
    app.sleep("2 min")
    until(board, lambda text: "10:02:00" in text and "█" in text)


def test_a_click_subscribes_and_another_ends_it(app: IBApp) -> None:
    board = QuoteBoard(app, ["AAPL"])
    board._symbol.value = "nvda"
    _, add, _, remove, _ = board.children[0].children
    add.click()
    assert symbols(board) == ["AAPL", "NVDA", "NVDA"]  # the last line says that it was added
    assert len(app.streams) == 2
    board._gone.value = "AAPL"
    remove.click()
    assert symbols(board)[0] == "NVDA"
    assert len(app.streams) == 1


def test_a_symbol_that_tws_refuses_is_told_and_no_row(app: IBApp) -> None:
    board = QuoteBoard(app, ["AAPL"])
    with pytest.raises(ContractNotFoundError):
        board.add("NOSUCH")
    board._symbol.value = "NOSUCH"
    board.children[0].children[1].click()
    assert "No security definition" in board.text
    assert repr(board) == "QuoteBoard(AAPL)"


def test_rows_are_sorted_as_asked(app: IBApp) -> None:
    board = QuoteBoard(app, ["NVDA", "AAPL", "MSFT"])
    assert symbols(board) == ["NVDA", "AAPL", "MSFT"]
    board.sort("symbol")
    assert symbols(board) == ["AAPL", "MSFT", "NVDA"]
    board.sort("last")
    quotes = app.getQuotes(["NVDA", "AAPL", "MSFT"])
    assert symbols(board) == quotes["last"].sort_values(ascending=False).index.tolist()
    assert "aria-sort=descending>Last" in board.still
    with pytest.raises(ValueError, match="'change'"):
        board.sort("size")


def test_a_quiet_row_is_shaded_and_called_stale(tws: ScriptedTWS) -> None:
    tws.on("reqMktData", ("tickPrice", "$id", 4, 205.5, None))
    board = QuoteBoard(tws.app, "AAPL", staleAfter=60)
    assert "stale" not in board.text
    now = tws.app.now().timestamp()
    board._core.now = lambda: now + 61  # type: ignore[method-assign]
    board.refresh()
    assert "stale: 61 s old" in board.text
    assert "<tr class='stale'>" in board.still


def test_after_the_connection_is_lost_all_rows_are_stale(app: IBApp) -> None:
    board = QuoteBoard(app, ["AAPL"])
    app.disconnect()
    board.refresh()
    assert "stale: not connected" in board.text


def test_stopping_ends_the_subscriptions(app: IBApp) -> None:
    board = QuoteBoard(app, ["AAPL", "NVDA"])
    assert len(app.streams) == 2
    board.stop()
    assert len(app.streams) == 0
    assert symbols(board)[:2] == ["AAPL", "NVDA"]


def test_an_empty_board_says_what_to_do(app: IBApp) -> None:
    assert QuoteBoard(app).text == "No symbols yet: add one."
