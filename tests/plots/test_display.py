from __future__ import annotations

from typing import Any

import pytest

from ibnb import displayData
from tests.plots.frames import daily


def test_display_prints_the_last_rows_or_all(capsys: pytest.CaptureFixture[str]) -> None:
    df = daily(9)
    displayData(df)
    assert capsys.readouterr().out == df.tail(5).to_string() + "\n"
    displayData(df, rows=None)
    assert capsys.readouterr().out == df.to_string() + "\n"


def test_a_frame_of_the_seed_s_columns_prints_as_pandas_does(capsys: pytest.CaptureFixture[str]) -> None:
    df = daily(9)[["Open", "High", "Low", "Close"]]
    displayData(df, 3)
    assert capsys.readouterr().out == f"{df.tail(3)}\n"


@pytest.mark.parametrize("wrong", [None, [1], "AAPL"])
def test_anything_else_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="displayData prints a frame, such as getData returns, not"):
        displayData(wrong)
