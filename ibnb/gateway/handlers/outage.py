"""What is refused while TWS can't reach IB, or one of its farms.

Rule: whoever asks during an outage is told at once; nobody waits for data that can't come.
"""

from __future__ import annotations

from typing import Any

from .. import messages as m
from ..world import World
from ..world.upstream import DEFINITIONS, HISTORY
from .registry import Refusal, no_history
from .resolve import NO_DEFINITION

_NO_HMDS = "HMDS connection attempt failed. Connection will be re-attempted..."

_DEFINITIONS_ASKED = (m.ReqContractDetails, m.ReqSecDefOptParams)
_HISTORY_ASKED = (
    m.ReqHistoricalData,
    m.ReqHeadTimeStamp,
    m.ReqHistogramData,
    m.ReqHistoricalTicks,
    m.ReqScannerSubscription,
    m.ReqHistoricalNews,
    m.ReqNewsArticle,
)


def check_reachable(world: World, request: Any) -> None:
    """Raise Refusal for a request whose answer would have to come from where TWS can't reach.

    TWS, too, says 200 of contracts that exist while their farm is away.
    """
    upstream = world.upstream
    if isinstance(request, _DEFINITIONS_ASKED) and not upstream.reaches(DEFINITIONS):
        raise Refusal(200, NO_DEFINITION)
    if isinstance(request, _HISTORY_ASKED) and not upstream.reaches(HISTORY):
        raise no_history(_NO_HMDS)
    if isinstance(request, m.ReqRealTimeBars) and not upstream.reaches(HISTORY):
        raise Refusal(420, f"Invalid Real-time Query:{_NO_HMDS}")
