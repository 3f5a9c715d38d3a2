"""What has traded: each fill with its commission, and which of them a filter asks for.

Rule: a fill is told twice, live (request id -1) and when asked for, in the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from .. import messages as m

SIDES = {"BUY": "BOT", "SELL": "SLD", "SSHORT": "SLD"}


@dataclass(frozen=True)
class Fill:
    """One execution; `details.reqId` is -1. A combination's own has no commission: its legs have. `route`: where the
    order was sent."""

    details: m.ExecDetails
    commission: m.CommissionReport | None = None
    route: str = ""

    def asked(self, reqId: int) -> Iterator[m.ExecDetails | m.CommissionReport]:
        """The same for a request."""
        yield replace(self.details, reqId=reqId)
        if self.commission is not None:
            yield self.commission


def exec_id(seed: int, start: float, number: int) -> str:
    """As TWS's look: the login, the day's count, the part, the correction."""
    return f"{0xE000 + seed % 0x1000:08x}.{int(start) % 0x1000_0000 + number:08x}.01.01"


def select(fills: list[Fill], request: m.ReqExecutions, since: float, zone: ZoneInfo) -> Iterator[Fill]:
    """The fills that a filter asks for, in order; those before `since` only if the filter names days."""
    days = set(request.specificDates)
    for fill in fills:
        execution, contract = fill.details.execution, fill.details.contract
        day = datetime.fromtimestamp(execution.time, zone)
        asked = (
            (request.clientId, execution.clientId),
            (request.acctCode, execution.acctNumber),
            (request.symbol.upper(), contract.symbol),
            (request.secType.upper(), contract.secType),
            (SIDES.get(request.side.upper(), request.side.upper()), execution.side),
        )
        if any(wanted and wanted != has for wanted, has in asked):
            continue
        if request.exchange and request.exchange.upper() not in (execution.exchange, fill.route):
            continue
        if days and int(f"{day:%Y%m%d}") not in days:
            continue
        if execution.time >= since or days:
            yield fill
