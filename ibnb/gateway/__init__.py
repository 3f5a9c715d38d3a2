"""A simulated TWS that speaks the real wire protocol, so that any TWS client works with no account.

It never imports the client, nor ibapi; the TWS socket protocol is the only seam between them.
"""

from __future__ import annotations

from .scenario import LESSON, Scenario
from .server import Gateway

__all__ = ["LESSON", "Gateway", "Scenario"]
