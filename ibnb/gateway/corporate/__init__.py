"""What companies do to their shares: dividends, splits and results, as data that a scenario may change."""

from __future__ import annotations

from .events import Corporate, Dividend, Payer, Report, Split
from .tables import DEFAULT, NOTHING

__all__ = ["DEFAULT", "NOTHING", "Corporate", "Dividend", "Payer", "Report", "Split"]
