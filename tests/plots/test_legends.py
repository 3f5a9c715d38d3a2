"""Names in a figure stand beside what is drawn: lessons 09, 13 and 16 in a browser had a line running through one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ibnb import createContract, plotData, plotEquity, plotFills, plotIndicators, plotPayoff
from ibnb.plots import accounts, contracts, prices, trades
from tests.plots import frames


def _bars() -> Any:
    bars = frames.hourly(3)
    return bars.assign(above=bars["Close"] * 1.02, below=bars["Close"] * 0.98, z=bars["Close"].diff())


def _fills() -> None:
    done = frames.fills(
        ("2025-06-05 10:30", "AAPL", "BOT", 1, 101.0),
        ("2025-06-06 10:30", "AAPL", "SLD", 1, 107.0),
    )
    plotFills(_bars(), done, levels={"profit": 119.0, "stop": 101.0}, equity=_bars()["Close"])


def _payoff() -> None:
    call = createContract("AAPL", "OPT", lastTradeDateOrContractMonth="20250620", strike=200.0, right="C")
    plotPayoff([(call, 1, 3.2)], price=202.0)


DRAWN: dict[str, Callable[[], None]] = {
    "lines": lambda: plotIndicators(_bars(), lines=["above", "below"]),
    "band and score": lambda: plotIndicators(_bars(), band=("below", "above"), score="z"),
    "levels": lambda: plotData(_bars(), levels={"wakes MA": 110.0}),
    "levels of several": lambda: plotData(frames.several(["A", "B"]), relative=False, levels={"stop": 120.0}),
    "fills": _fills,
    "floor": lambda: plotEquity(_bars()["Close"], floor=105.0),
    "pay-off": _payoff,
}


@pytest.mark.parametrize("name", DRAWN)
def test_no_name_stands_where_lines_are_drawn_or_on_another(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Any] = []
    for module in (accounts, contracts, prices, trades):
        monkeypatch.setattr(module, "show", lambda figure, *_: figures.append(figure))
    DRAWN[name]()
    (figure,) = figures
    figure.canvas.draw()
    names = [each for axes in figure.axes for each in axes.texts]
    names += figure.legends + [each for axes in figure.axes if (each := axes.get_legend())]
    places = [each.get_window_extent() for each in names]
    taken = [axes.get_window_extent() for axes in figure.axes]
    taken += [figure.axes[0]._left_title.get_window_extent()]
    assert places
    assert [str(name) for name, place in zip(names, places, strict=True) if place.count_overlaps(taken)] == []
    assert all(place.count_overlaps(places) == 1 for place in places)
