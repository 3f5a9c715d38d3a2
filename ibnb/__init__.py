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
    from ibnb._connect import connect as connect
    from ibnb._connect import reset as reset
    from ibnb.app import IBApp as IBApp
    from ibnb.core.gate import OrderLimits as OrderLimits
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
    from ibnb.guard import AccountGuard as AccountGuard
    from ibnb.ib.api import Contract as Contract
    from ibnb.ib.api import Order as Order
    from ibnb.ib.api import ScannerSubscription as ScannerSubscription
    from ibnb.ib.api import TagValue as TagValue
    from ibnb.ib.codes import overrideCode as overrideCode
    from ibnb.ib.codes import restoreCode as restoreCode
    from ibnb.ib.conditions import createCondition as createCondition
    from ibnb.ib.conditions import createOCA as createOCA
    from ibnb.ib.create import createBracket as createBracket
    from ibnb.ib.create import createContract as createContract
    from ibnb.ib.create import createOrder as createOrder
    from ibnb.ib.create import dataSettings as dataSettings
    from ibnb.ib.create import roundToTick as roundToTick
    from ibnb.plots.accounts import plotEquity as plotEquity
    from ibnb.plots.accounts import plotMargin as plotMargin
    from ibnb.plots.accounts import plotPortfolio as plotPortfolio
    from ibnb.plots.contracts import plotHours as plotHours
    from ibnb.plots.contracts import plotPayoff as plotPayoff
    from ibnb.plots.display import displayData as displayData
    from ibnb.plots.funnel import plotFunnel as plotFunnel
    from ibnb.plots.messages import plotRequests as plotRequests
    from ibnb.plots.messages import plotTape as plotTape
    from ibnb.plots.messages import plotThreads as plotThreads
    from ibnb.plots.orders import plotOrderStates as plotOrderStates
    from ibnb.plots.orders import plotOrderTimeline as plotOrderTimeline
    from ibnb.plots.prices import plotBars as plotBars
    from ibnb.plots.prices import plotCorrelation as plotCorrelation
    from ibnb.plots.prices import plotData as plotData
    from ibnb.plots.prices import plotIndicators as plotIndicators
    from ibnb.plots.trades import plotBracket as plotBracket
    from ibnb.plots.trades import plotFills as plotFills
    from ibnb.verbs.orders.blotter import OrderReport as OrderReport
    from ibnb.widgets.account import AccountPanel as AccountPanel
    from ibnb.widgets.blotter import OrderBlotter as OrderBlotter
    from ibnb.widgets.chain import OptionChain as OptionChain
    from ibnb.widgets.connection import ConnectionPanel as ConnectionPanel
    from ibnb.widgets.contract import ContractBuilder as ContractBuilder
    from ibnb.widgets.depth import DepthLadder as DepthLadder
    from ibnb.widgets.messages import MessageTimeline as MessageTimeline
    from ibnb.widgets.quotes import QuoteBoard as QuoteBoard
    from ibnb.widgets.scan import ScanBuilder as ScanBuilder
    from ibnb.widgets.ticket import OrderTicket as OrderTicket
    from ibnb.windows import OneShot as OneShot
    from ibnb.windows import RollingWindow as RollingWindow
    from ibnb.windows import barsOf as barsOf

# Public name → the module that holds it.
_HOME = {
    "AccountGuard": "ibnb.guard",
    "AccountPanel": "ibnb.widgets.account",
    "AmbiguousContractError": "ibnb.errors",
    "ConnectionLostError": "ibnb.errors",
    "ConnectionPanel": "ibnb.widgets.connection",
    "Contract": "ibnb.ib.api",
    "ContractBuilder": "ibnb.widgets.contract",
    "ContractNotFoundError": "ibnb.errors",
    "DepthLadder": "ibnb.widgets.depth",
    "HistoricalDataError": "ibnb.errors",
    "IBApp": "ibnb.app",
    "IBError": "ibnb.errors",
    "MarketDataError": "ibnb.errors",
    "MessageTimeline": "ibnb.widgets.messages",
    "NotConnectedError": "ibnb.errors",
    "OneShot": "ibnb.windows",
    "OptionChain": "ibnb.widgets.chain",
    "Order": "ibnb.ib.api",
    "OrderBlotter": "ibnb.widgets.blotter",
    "OrderLimits": "ibnb.core.gate",
    "OrderRejectedError": "ibnb.errors",
    "OrderReport": "ibnb.verbs.orders.blotter",
    "OrderTicket": "ibnb.widgets.ticket",
    "PacingError": "ibnb.errors",
    "QuoteBoard": "ibnb.widgets.quotes",
    "RequestError": "ibnb.errors",
    "RequestTimeoutError": "ibnb.errors",
    "RollingWindow": "ibnb.windows",
    "SafetyError": "ibnb.errors",
    "ScanBuilder": "ibnb.widgets.scan",
    "ScannerSubscription": "ibnb.ib.api",
    "TagValue": "ibnb.ib.api",
    "barsOf": "ibnb.windows",
    "connect": "ibnb._connect",
    "createBracket": "ibnb.ib.create",
    "createCondition": "ibnb.ib.conditions",
    "createContract": "ibnb.ib.create",
    "createOCA": "ibnb.ib.conditions",
    "createOrder": "ibnb.ib.create",
    "dataSettings": "ibnb.ib.create",
    "displayData": "ibnb.plots.display",
    "explain": "ibnb.errors",
    "overrideCode": "ibnb.ib.codes",
    "plotBars": "ibnb.plots.prices",
    "plotBracket": "ibnb.plots.trades",
    "plotCorrelation": "ibnb.plots.prices",
    "plotData": "ibnb.plots.prices",
    "plotEquity": "ibnb.plots.accounts",
    "plotFills": "ibnb.plots.trades",
    "plotFunnel": "ibnb.plots.funnel",
    "plotHours": "ibnb.plots.contracts",
    "plotIndicators": "ibnb.plots.prices",
    "plotMargin": "ibnb.plots.accounts",
    "plotOrderStates": "ibnb.plots.orders",
    "plotOrderTimeline": "ibnb.plots.orders",
    "plotPayoff": "ibnb.plots.contracts",
    "plotPortfolio": "ibnb.plots.accounts",
    "plotRequests": "ibnb.plots.messages",
    "plotTape": "ibnb.plots.messages",
    "plotThreads": "ibnb.plots.messages",
    "reset": "ibnb._connect",
    "restoreCode": "ibnb.ib.codes",
    "roundToTick": "ibnb.ib.create",
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
    # What Tab offers: not the modules that have been loaded so far.
    return [*__all__, "__all__", "__doc__", "__file__", "__name__", "__path__", "__version__"]
