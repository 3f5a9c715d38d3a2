"""The settings of TWS that say what becomes of orders, as a client may change them while the world goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..scenario import OrderRules, Precautions


@dataclass
class Settings:
    """`precautions`: None where they are bypassed; `master_client`: who is told of everybody's orders, or None.

    `read_only`: nothing that touches orders is taken. `download_open_orders`: who connects is told of its own.
    """

    precautions: Precautions | None
    master_client: int | None
    read_only: bool
    download_open_orders: bool = True

    @classmethod
    def of(cls, rules: OrderRules) -> Settings:
        return cls(rules.precautions, rules.master_client, rules.read_only)
