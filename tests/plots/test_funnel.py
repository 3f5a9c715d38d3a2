from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ibnb import plotFunnel
from tests.plots.conftest import Shown


@pytest.mark.parametrize("kind", [dict, pd.Series])
def test_a_funnel_tells_its_steps_in_order(shown: Shown, kind: Any) -> None:
    plotFunnel(kind({"all": 1050, "above 5 dollars": 31, "rose": 0}))
    assert shown.alt == "Funnel chart of Filters: all 1,050, above 5 dollars 31, rose 0."


@pytest.mark.parametrize("wrong", [None, {}, [3, 2], {"all": "many"}, {"all": -1}])
def test_anything_but_counts_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"plotFunnel (draws counts|needs at least one)"):
        plotFunnel(wrong)
