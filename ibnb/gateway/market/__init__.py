"""One simulated market: every bar, quote and trade of it comes from one path per instrument."""

from __future__ import annotations

from .bars import WHAT, Bars
from .market import Market, NoMarketData
from .quote import DayStats, Quote, Seconds, Tick
from .regimes import Regime

__all__ = ["WHAT", "Bars", "DayStats", "Market", "NoMarketData", "Quote", "Regime", "Seconds", "Tick"]
