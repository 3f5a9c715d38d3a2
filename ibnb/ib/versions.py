"""What today's wire brings, by the server version that has it first, and the ibapi releases that speak it.

Sources: the guards of ibapi's EClient; what each release offers in its hello (10.45 ends at 223, 10.47 at 225).
"""

from __future__ import annotations

from typing import Any

from ibnb.errors import IBError
from ibnb.ib.api import IBAPI_VERSION, MAX_CLIENT_VER, is_unset

CANCEL_CONTRACT_DATA = CANCEL_HISTORICAL_TICKS = 215
CONFIG, UPDATE_CONFIG = 219, 221
#: Field of an order → the server version that knows it.
ORDER_FIELDS = {
    "deactivate": 216,
    "postOnly": 216,
    "allowPreOpen": 216,
    "ignoreOpenAuction": 216,
    "routeMarketableToBbo": 217,
    "seekPriceImprovement": 217,
    "whatIfType": 217,
    "slOrderType": 218,
    "ptOrderType": 218,
    "slOrderId": 218,
    "ptOrderId": 218,
    "hedgeMaxSize": 223,
    "conditionsIncludeOvernight": 226,
}
_RELEASES = ((223, "10.45"), (225, "10.47"), (226, "10.50"))


def needed_ibapi(version: int) -> str:
    """'ibapi 10.45 or newer': the first release seen that speaks a server version of today's wire."""
    return f"ibapi {next(release for newest, release in _RELEASES if version <= newest)} or newer"


def check_order_fields(order: Any, spoken: int) -> None:
    """Raise IBError for a field of an order that a session of this server version can't say."""
    for name, needed in ORDER_FIELDS.items():
        value = getattr(order, name, None)
        if value and needed > spoken and not is_unset(value):
            check_version(f"an order's {name}", needed, spoken)


def check_version(what: str, needed: int, spoken: int) -> None:
    """Raise IBError unless a session that speaks this server version has what was first there at `needed`."""
    if needed > MAX_CLIENT_VER:
        raise IBError(f"{what} needs {needed_ibapi(needed)}; installed is {IBAPI_VERSION}. `ibnb doctor` says how.")
    if spoken < needed:
        raise IBError(
            f"{what} needs server version {needed}, and this session speaks {spoken}: a newer TWS has it "
            "(and connect's serverVersion=, if given, mustn't be lower)."
        )
