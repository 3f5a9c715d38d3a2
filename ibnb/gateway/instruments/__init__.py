"""What can be traded, and how TWS finds it from what a client says."""

from __future__ import annotations

from .contracts import contract_of
from .futures import ROOTS, Root
from .instrument import MARKET_RULES, Bond, Instrument, Model
from .lookup import ContractLike, Instruments
from .options import CLASSES, MULTIPLIER, Expiration, OptionClass, Options

__all__ = ["CLASSES", "MARKET_RULES", "MULTIPLIER", "ROOTS", "Bond", "ContractLike", "Expiration", "Instrument"]
__all__ += ["Instruments", "Model", "OptionClass", "Options", "Root", "contract_of"]
