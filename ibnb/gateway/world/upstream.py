"""What stands behind TWS: its link to IB and the farms that its data come from.

Rule: while something is broken, nothing arrives by itself that would have had to pass there. Streams are silent; news
of orders waits in TWS and comes when the link is back. What is asked meanwhile is ``handlers/outage.py``'s affair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import messages as m

if TYPE_CHECKING:
    from ..instruments import Instruments
    from .client import Client

MARKET, HISTORY, DEFINITIONS = "market", "history", "definitions"

LOST = (1100, "Connectivity between IBKR and Trader Workstation has been lost.")
DATA_LOST = (1101, "Connectivity between IBKR and Trader Workstation has been restored - data lost.")
_DATA_KEPT = "Connectivity between IBKR and Trader Workstation has been restored - data maintained. {}"

# Kind → code and text when it works, code and text when it doesn't.
_SAYS = {
    MARKET: ((2104, "Market data farm connection is OK:"), (2103, "Market data farm connection is broken:")),
    HISTORY: ((2106, "HMDS data farm connection is OK:"), (2105, "HMDS data farm connection is broken:")),
    DEFINITIONS: ((2158, "Sec-def data farm connection is OK:"), (2157, "Sec-def data farm connection is broken:")),
}
_KINDS = {says[0][0]: kind for kind, says in _SAYS.items()}

# What streams: message → the kind of its subscription.
STREAMS: dict[type, str] = {
    m.TickPrice: "mktData",
    m.TickSize: "mktData",
    m.TickString: "mktData",
    m.TickGeneric: "mktData",
    m.TickEFP: "mktData",
    m.TickOptionComputation: "mktData",
    m.TickNews: "mktData",
    m.UpdateMktDepth: "mktDepth",
    m.UpdateMktDepthL2: "mktDepth",
    m.TickByTick: "tickByTick",
    m.RealtimeBar: "realTimeBars",
    m.HistoricalDataUpdate: "historicalData",
    m.ScannerData: "scanner",
    m.Pnl: "pnl",
    m.PnlSingle: "pnlSingle",
}
# What ends when data are lost, and has to be asked for again.
DATA_KINDS = ("mktData", "mktDepth", "tickByTick", "realTimeBars", "scanner")
_FROM_HISTORY = ("realTimeBars", "historicalData", "scanner")
_HELD = (m.OpenOrder, m.OrderStatus, m.ExecDetails, m.CommissionReport, m.Position, m.PositionMulti)
_ORDER_NEWS = (201, 202, 399, 10148)
_EUROPEAN = ("EUR", "GBP", "CHF", "SEK", "NOK", "DKK")


@dataclass
class Farm:
    """One farm and whether TWS reaches it."""

    name: str
    kind: str
    ok: bool = True

    @property
    def notice(self) -> tuple[int, str]:
        code, text = _SAYS[self.kind][not self.ok]
        return code, text + self.name


class Upstream:
    """The link and the farms of one world. `farm_notices`: those of a login where all is well."""

    def __init__(self, farm_notices: tuple[tuple[int, str], ...], instruments: Instruments) -> None:
        self._instruments = instruments
        self.linked = True
        self.farms = [Farm(text.rpartition(":")[2], _KINDS[code]) for code, text in farm_notices if code in _KINDS]
        self.whole = True  # nothing is broken: the one thing that is asked for each message

    @property
    def notices(self) -> list[tuple[int, str]]:
        """What a client hears of it when it comes in."""
        return [*(() if self.linked else (LOST,)), *(farm.notice for farm in self.farms)]

    @property
    def data_kept(self) -> tuple[int, str]:
        """The notice that the link is back and every stream goes on."""
        names = "; ".join(farm.name for farm in self.farms)
        return 1102, _DATA_KEPT.format(f"All data farms are connected: {names}.")

    def set_link(self, linked: bool) -> None:
        """The link breaks or heals, and every farm with it."""
        self.linked = linked
        for farm in self.farms:
            farm.ok = linked
        self.whole = linked

    def set_farm(self, name: str, ok: bool) -> Farm:
        """One farm breaks or heals. Raises ValueError for a name that isn't among them."""
        for farm in self.farms:
            if farm.name == name:
                farm.ok = ok
                self.whole = self.linked and all(each.ok for each in self.farms)
                return farm
        raise ValueError(f"no farm {name!r}; there are {', '.join(farm.name for farm in self.farms)}")

    def reaches(self, kind: str) -> bool:
        """Tell whether some farm of a kind is there; a kind that has none isn't missed."""
        return self.linked and any([farm.ok for farm in self.farms if farm.kind == kind] or [True])

    def stops(self, client: Client, message: Any) -> bool:
        """Tell whether a message doesn't get to its client now; what is only late then waits in ``client.held``."""
        kind = STREAMS.get(type(message))
        if kind is not None:
            return not self.linked or not self._feeds(client, kind, message)
        if self.linked or client.answering:
            return False
        if isinstance(message, _HELD) or (isinstance(message, m.ErrorMessage) and message.code in _ORDER_NEWS):
            client.held.append(message)
            return True
        return False

    def _feeds(self, client: Client, kind: str, message: Any) -> bool:
        """Whether the farm that a stream comes from works; what belongs to no farm always comes."""
        if kind in _FROM_HISTORY:
            return self.reaches(HISTORY)
        subscription = client.subscription(kind, getattr(message, "reqId", getattr(message, "tickerId", -1)))
        contract = getattr(subscription and subscription.request, "contract", None)
        if contract is None:
            return True
        name = _market_farm(self._instruments, contract)
        own = [farm for farm in self.farms if farm.kind == MARKET and farm.name == name]
        return own[0].ok if own else self.reaches(MARKET)


def _market_farm(instruments: Instruments, contract: m.Contract) -> str:
    """The name of the farm that quotes a contract."""
    found = instruments.match(contract)
    secType, currency = (found[0].secType, found[0].currency) if found else (contract.secType, contract.currency)
    if secType == "CASH":
        return "cashfarm"
    if secType in ("FUT", "FOP", "CONTFUT"):
        return "usfuture"
    return "eufarm" if currency in _EUROPEAN else "usfarm"
