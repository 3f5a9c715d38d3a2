"""What all clients share: the world, the clients in it, what stands behind TWS, and what is staged to go wrong."""

from __future__ import annotations

from .client import Client, Later, Subscription
from .journal import Entry
from .world import World

__all__ = ["Client", "Entry", "Later", "Subscription", "World"]
