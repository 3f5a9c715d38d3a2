"""What clients own: cash by currency, positions, profit and loss, margin, and the words TWS reports them in."""

from __future__ import annotations

from .figures import Figures, Ledger, Segment
from .ledgers import Account, Holding, Trade
from .register import Accounts, Impact

__all__ = ["Account", "Accounts", "Figures", "Holding", "Impact", "Ledger", "Segment", "Trade"]
