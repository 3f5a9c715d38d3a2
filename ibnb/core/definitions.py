"""What contracts are, asked of TWS once a session: contract details, for whoever needs them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from ibnb.core.dispatch import on
from ibnb.core.pending import Pending, Slot
from ibnb.errors import ContractNotFoundError, IBError
from ibnb.ib.versions import CANCEL_CONTRACT_DATA

#: Opens a slot for a request: see Core.request.
Request = Callable[..., AbstractContextManager[Slot]]
#: Real or virtual seconds that a question on the side may take.
PATIENCE = 2.0


@dataclass(eq=False, repr=False)
class Definitions:
    """Contract details by contract. `client` is the EClient that asks, `request` opens its slots."""

    client: Any
    pending: Pending
    request: Request

    def __post_init__(self) -> None:
        self._known: dict[tuple[str, ...], list[Any]] = {}

    def clear(self) -> None:
        """A session begins anew, perhaps on another day, or elsewhere."""
        self._known.clear()

    def known(self, contract: Any) -> list[Any] | None:
        """What is known already of a contract, or None."""
        return self._known.get(key_of(contract))

    def ask(self, contract: Any, verb: str, timeout: float | None = None, anew: bool = False) -> list[Any]:
        """The ContractDetails of all that fits a contract, at least one. Errors: as the verb's, ContractNotFoundError.

        anew: ask TWS although they are known.
        """
        found = None if anew else self.known(contract)
        if found is None:
            with self.request(verb, cancel=self._cancel, timeout=timeout, contract=contract, kind="contract") as slot:
                self.client.reqContractDetails(slot.key, contract)
                found = slot.wait()
            if not found:
                raise ContractNotFoundError(200, "no instrument fits", verb=verb)
            self.keep(contract, found)
        return list(found)

    def _cancel(self, reqId: int) -> None:
        if (self.client.serverVersion() or 0) >= CANCEL_CONTRACT_DATA:
            self.client.cancelContractData(reqId)

    def keep(self, contract: Any, found: list[Any]) -> None:
        """What TWS has answered for a contract."""
        self._known[key_of(contract)] = list(found)

    def hours(self, contract: Any, day: str) -> tuple[str, str]:
        """(liquidHours, timeZoneId) of a contract, which cover a day ("yyyymmdd") unless TWS doesn't say so."""
        try:
            details = self.ask(contract, "streamHours", PATIENCE)[0]
            if day not in details.liquidHours:
                details = self.ask(contract, "streamHours", PATIENCE, anew=True)[0]
        except IBError:
            return "", ""
        return details.liquidHours, details.timeZoneId

    @on("contractDetails")
    @on("bondContractDetails")
    def told(self, reqId: int, contractDetails: Any) -> None:
        self.pending.add(reqId, contractDetails)

    @on("contractDetailsEnd")
    def told_all(self, reqId: int) -> None:
        self.pending.finish(reqId)


def key_of(contract: Any) -> tuple[str, ...]:
    """All that a contract says."""
    return tuple(str(value) for value in vars(contract).values())
