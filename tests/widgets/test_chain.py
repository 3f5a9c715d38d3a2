from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from scripted import ScriptedTWS

from ibnb import IBApp, OptionChain


def test_calls_stand_left_and_puts_right_of_their_strike(app: IBApp) -> None:
    chain = OptionChain(app, "AAPL", strikes=4)
    frame = app.getOptionChain("AAPL", 1, 4)
    lines = chain.text.splitlines()
    assert lines[1:3] == ["Calls Puts", "IV Delta Volume Bid Ask Strike Bid Ask Volume Delta IV"]
    for line, (strike, pair) in zip(lines[3:7], frame.groupby("strike"), strict=True):
        call, put = (pair[pair["right"] == right].iloc[0] for right in "CP")
        figures = line.replace("◂ nearest", "").split()
        assert figures[3:8] == [
            f"{call['bid']:.2f}",
            f"{call['ask']:.2f}",
            f"{strike:g}",
            f"{put['bid']:.2f}",
            f"{put['ask']:.2f}",
        ]
        assert [figures[0], figures[-1]] == [f"{call['impliedVol']:.1%}", f"{put['impliedVol']:.1%}"]
    assert chain.text.count("nearest") == 1


def test_prices_come_by_themselves(app: IBApp, until: Callable[[Any, Callable[[str], bool]], None]) -> None:
    chain = OptionChain(app, "AAPL", strikes=2)
    before = chain.text
    app.sleep("2 min")
    until(chain, lambda text: text != before)


def test_another_expiry_ends_the_old_lines(app: IBApp) -> None:
    chain = OptionChain(app, "AAPL", strikes=2)
    assert len(app.streams) == 4
    chain.show("20250620")
    assert "options of 20 Jun 2025" in chain.text
    assert len(app.streams) == 4
    assert repr(chain) == "OptionChain(AAPL 20250620, 4 options)"
    chain.stop()
    assert len(app.streams) == 0


def test_the_largest_is_the_hottest(app: IBApp) -> None:
    chain = OptionChain(app, "AAPL", strikes=4)
    assert "background:rgba(0,114,178,0.45)" in chain.still
    chain._heat.value = "none"
    assert "background:rgba" not in chain.still
    assert "background:rgba" not in chain._shown.value


@pytest.mark.parametrize("expiry", ["20250601", "June"])
def test_an_expiry_that_isnt_there_is_told_with_those_that_are(app: IBApp, expiry: str) -> None:
    with pytest.raises(ValueError, match="'20250613'"):
        OptionChain(app, "AAPL", expiry)


def test_what_has_no_options_is_told(tws: ScriptedTWS) -> None:
    tws.knows("AAPL")
    tws.on("reqSecDefOptParams", ("securityDefinitionOptionParameterEnd", "$id"))
    with pytest.raises(ValueError, match="no options on AAPL"):
        OptionChain(tws.app, "AAPL")
