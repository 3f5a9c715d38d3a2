"""What can be traded, and how TWS finds it from what a client says."""

from __future__ import annotations

from .contracts import contract_of
from .futures import Root, roots
from .instrument import Bond, Instrument, Model
from .lookup import Instruments
from .market_rules import MARKET_RULES
from .options import CLASSES, Expiration, OptionClass, Options

__all__ = ["CLASSES", "MARKET_RULES", "Bond", "Expiration", "Instrument"]
__all__ += ["Instruments", "Model", "OptionClass", "Options", "Root", "contract_of", "roots"]
