"""What can be traded, and how TWS finds it from what a client says."""

from __future__ import annotations

from .futures import ROOTS, Root
from .instrument import MARKET_RULES, Instrument, Model
from .lookup import ContractLike, Instruments

__all__ = ["MARKET_RULES", "ROOTS", "ContractLike", "Instrument", "Instruments", "Model", "Root"]
