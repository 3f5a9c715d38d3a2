"""Learn, teach and research with the Interactive Brokers TWS API in a notebook.

>>> import ibnb
>>> app = ibnb.connect()                                    # a simulated TWS, no account needed
>>> contract = app.createContract("CSH2", "STK", "LSE", "GBP")
>>> df = app.getData(contract, app.dataSettings("3 M", "1 day"))

Public names load when first used, so that `import ibnb` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibnb._compat import Contract as Contract
    from ibnb._compat import Order as Order
    from ibnb._compat import ScannerSubscription as ScannerSubscription
    from ibnb._compat import TagValue as TagValue
    from ibnb.app import IBApp as IBApp
    from ibnb.blotter import OrderReport as OrderReport
    from ibnb.codes import overrideCode as overrideCode
    from ibnb.codes import restoreCode as restoreCode
    from ibnb.conditions import createCondition as createCondition
    from ibnb.conditions import createOCA as createOCA
    from ibnb.connect import connect as connect
    from ibnb.connect import reset as reset
    from ibnb.create import createBracket as createBracket
    from ibnb.create import createContract as createContract
    from ibnb.create import createOrder as createOrder
    from ibnb.create import dataSettings as dataSettings
    from ibnb.create import roundToTick as roundToTick
    from ibnb.errors import AmbiguousContractError as AmbiguousContractError
    from ibnb.errors import ConnectionLostError as ConnectionLostError
    from ibnb.errors import ContractNotFoundError as ContractNotFoundError
    from ibnb.errors import HistoricalDataError as HistoricalDataError
    from ibnb.errors import IBError as IBError
    from ibnb.errors import MarketDataError as MarketDataError
    from ibnb.errors import NotConnectedError as NotConnectedError
    from ibnb.errors import OrderRejectedError as OrderRejectedError
    from ibnb.errors import PacingError as PacingError
    from ibnb.errors import RequestError as RequestError
    from ibnb.errors import RequestTimeoutError as RequestTimeoutError
    from ibnb.errors import SafetyError as SafetyError
    from ibnb.errors import explain as explain
    from ibnb.plots import displayData as displayData
    from ibnb.plots import plotBars as plotBars
    from ibnb.plots import plotData as plotData
    from ibnb.plots import plotMargin as plotMargin
    from ibnb.plots import plotOrderTimeline as plotOrderTimeline
    from ibnb.plots import plotTape as plotTape
    from ibnb.safety import AccountGuard as AccountGuard
    from ibnb.safety import OrderLimits as OrderLimits
    from ibnb.widgets.blotter import OrderBlotter as OrderBlotter
    from ibnb.widgets.connection import ConnectionPanel as ConnectionPanel

# Public name → the module that holds it.
_HOME = {
    "AccountGuard": "ibnb.safety",
    "AmbiguousContractError": "ibnb.errors",
    "ConnectionLostError": "ibnb.errors",
    "ConnectionPanel": "ibnb.widgets.connection",
    "Contract": "ibnb._compat",
    "ContractNotFoundError": "ibnb.errors",
    "HistoricalDataError": "ibnb.errors",
    "IBApp": "ibnb.app",
    "IBError": "ibnb.errors",
    "MarketDataError": "ibnb.errors",
    "NotConnectedError": "ibnb.errors",
    "Order": "ibnb._compat",
    "OrderBlotter": "ibnb.widgets.blotter",
    "OrderLimits": "ibnb.safety",
    "OrderRejectedError": "ibnb.errors",
    "OrderReport": "ibnb.blotter",
    "PacingError": "ibnb.errors",
    "RequestError": "ibnb.errors",
    "RequestTimeoutError": "ibnb.errors",
    "SafetyError": "ibnb.errors",
    "ScannerSubscription": "ibnb._compat",
    "TagValue": "ibnb._compat",
    "connect": "ibnb.connect",
    "createBracket": "ibnb.create",
    "createCondition": "ibnb.conditions",
    "createContract": "ibnb.create",
    "createOCA": "ibnb.conditions",
    "createOrder": "ibnb.create",
    "dataSettings": "ibnb.create",
    "displayData": "ibnb.plots",
    "explain": "ibnb.errors",
    "overrideCode": "ibnb.codes",
    "plotBars": "ibnb.plots",
    "plotData": "ibnb.plots",
    "plotMargin": "ibnb.plots",
    "plotOrderTimeline": "ibnb.plots",
    "plotTape": "ibnb.plots",
    "reset": "ibnb.connect",
    "restoreCode": "ibnb.codes",
    "roundToTick": "ibnb.create",
}

__all__ = sorted(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ibnb' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
