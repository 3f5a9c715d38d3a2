from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ibnb

PUBLIC = [
    "AccountGuard",
    "AccountPanel",
    "AmbiguousContractError",
    "ConnectionLostError",
    "ConnectionPanel",
    "Contract",
    "ContractBuilder",
    "ContractNotFoundError",
    "DepthLadder",
    "HistoricalDataError",
    "IBApp",
    "IBError",
    "MarketDataError",
    "MessageTimeline",
    "NotConnectedError",
    "OneShot",
    "OptionChain",
    "Order",
    "OrderBlotter",
    "OrderLimits",
    "OrderRejectedError",
    "OrderReport",
    "OrderTicket",
    "PacingError",
    "QuoteBoard",
    "RequestError",
    "RequestTimeoutError",
    "RollingWindow",
    "SafetyError",
    "ScanBuilder",
    "ScannerSubscription",
    "TagValue",
    "barsOf",
    "connect",
    "createBracket",
    "createCondition",
    "createContract",
    "createOCA",
    "createOrder",
    "dataSettings",
    "displayData",
    "explain",
    "overrideCode",
    "plotBars",
    "plotBracket",
    "plotCorrelation",
    "plotData",
    "plotEquity",
    "plotFills",
    "plotFunnel",
    "plotHours",
    "plotIndicators",
    "plotMargin",
    "plotOrderStates",
    "plotOrderTimeline",
    "plotPayoff",
    "plotPortfolio",
    "plotRequests",
    "plotTape",
    "plotThreads",
    "reset",
    "restoreCode",
    "roundToTick",
]


def test_the_public_names_are_these() -> None:
    assert ibnb.__all__ == PUBLIC
    assert set(PUBLIC) <= set(dir(ibnb))


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(ibnb, name)
    assert callable(value)
    # ibapi's own classes have no docstrings.
    if value.__module__.startswith("ibnb"):
        assert value.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'conect'"):
        ibnb.conect


def _run(code: str) -> str:
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    return done.stdout.strip()


def test_import_loads_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'matplotlib', 'ipywidgets', 'ibapi'}"
    assert _run(f"import sys, ibnb; print({heavy} & set(sys.modules))") == "set()"


def test_an_app_loads_no_matplotlib_and_no_widgets() -> None:
    heavy = "{'matplotlib', 'ipywidgets', 'IPython'}"
    assert _run(f"import sys, ibnb; ibnb.IBApp(); print({heavy} & set(sys.modules))") == "set()"


def test_connect_is_a_function_and_no_module() -> None:
    assert _run("import ibnb._connect, ibnb, types; print(type(ibnb.connect) is types.FunctionType)") == "True"
