"""What all clients share: the world, the clients in it, what stands behind TWS, and what is staged to go wrong."""

from __future__ import annotations

from .client import Client, Subscription
from .world import Entry, World

__all__ = ["Client", "Entry", "Subscription", "World"]
