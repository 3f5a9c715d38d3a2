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

# Module → the public names that it holds.
_NAMES = {
    "ibnb._connect": ("connect", "reset"),
    "ibnb.app": ("IBApp",),
    "ibnb.core.gate": ("OrderLimits",),
    "ibnb.errors": (
        "AmbiguousContractError",
        "ConnectionLostError",
        "ContractNotFoundError",
        "HistoricalDataError",
        "IBError",
        "MarketDataError",
        "NotConnectedError",
        "OrderRejectedError",
        "PacingError",
        "RequestError",
        "RequestTimeoutError",
        "SafetyError",
        "explain",
    ),
    "ibnb.guard": ("AccountGuard",),
    "ibnb.ib.api": ("Contract", "Order", "ScannerSubscription", "TagValue"),
    "ibnb.ib.codes": ("overrideCode", "restoreCode"),
    "ibnb.ib.conditions": ("createCondition", "createOCA"),
    "ibnb.ib.create": ("createBracket", "createContract", "createOrder", "dataSettings", "roundToTick"),
    "ibnb.plots.accounts": ("plotEquity", "plotMargin", "plotPortfolio"),
    "ibnb.plots.contracts": ("plotHours", "plotPayoff"),
    "ibnb.plots.display": ("displayData",),
    "ibnb.plots.funnel": ("plotFunnel",),
    "ibnb.plots.messages": ("plotRequests", "plotTape", "plotThreads"),
    "ibnb.plots.orders": ("plotOrderStates", "plotOrderTimeline"),
    "ibnb.plots.prices": ("plotBars", "plotCorrelation", "plotData", "plotIndicators"),
    "ibnb.plots.trades": ("plotBracket", "plotFills"),
    "ibnb.verbs.orders.blotter": ("OrderReport",),
    "ibnb.widgets.account": ("AccountPanel",),
    "ibnb.widgets.blotter": ("OrderBlotter",),
    "ibnb.widgets.chain": ("OptionChain",),
    "ibnb.widgets.connection": ("ConnectionPanel",),
    "ibnb.widgets.contract": ("ContractBuilder",),
    "ibnb.widgets.depth": ("DepthLadder",),
    "ibnb.widgets.messages": ("MessageTimeline",),
    "ibnb.widgets.quotes": ("QuoteBoard",),
    "ibnb.widgets.scan": ("ScanBuilder",),
    "ibnb.widgets.ticket": ("OrderTicket",),
    "ibnb.windows": ("OneShot", "RollingWindow", "barsOf"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

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
